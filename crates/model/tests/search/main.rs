//! Searches both kinds of shop, with the product's rules and with each of them broken. `JOOR_SHOPIFY_MODEL`, such as
//! `faults=3 wishes=2`, searches a bigger world; every test prints how many worlds there were, and compares that with what
//! the guide says.

mod guide;

use model::act::{Act, Passing, Reading, Reply, Search, Shopify, Step, Wish};
use model::properties::*;
use model::setup::CustomId;
use model::{Mutation, Setup, World, disturbances, ends, story};
use stateright::{Checker, HasDiscoveries, Model};
use std::collections::BTreeSet;

const KINDS: [CustomId; 2] = [CustomId::Enforced, CustomId::NotEnforced];

fn setup(custom_id: CustomId, bounds: &str) -> Setup {
    Setup::usual(custom_id).with(bounds).expect("bounds as `faults=3 wishes=2`")
}

/// What is searched: the name of the test, and its bounds.
struct Searched {
    test: &'static str,
    bounds: &'static str,
}

/// Everything is searched in both kinds of shop. `occur`: what has to be possible within these bounds, beside every
/// disturbance that they allow.
fn nothing_goes_wrong(Searched { test, bounds }: &Searched, occur: &[&str]) {
    for kind in KINDS {
        let setup = setup(kind, bounds);
        let words = story::circumstances(&setup);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let checker = setup.clone().checker().threads(threads).spawn_bfs().join();
        let (worlds, steps) = (checker.unique_state_count(), checker.state_count());
        println!("{words}\n    {worlds} worlds, {steps} steps, at most {} in a row", checker.max_depth());
        let found = checker.discoveries();
        for property in promised(&setup) {
            if found.contains_key(property) {
                let story = story::shortest(checker.model(), property).unwrap_or_default();
                panic!("{words}: not so: {property}\n{story}");
            }
        }
        for name in occur {
            assert!(found.contains_key(name), "{words}: this never occurs: {name}");
        }
        assert_eq!(disturbances::missed(&setup), [""; 0], "{words}: this never disturbs it");
        guide::says(test, bounds, worlds, steps);
    }
}

/// Where a process may report after it froze, a click may be lost: see `what_cannot_be_excluded_is_known`.
fn promised(setup: &Setup) -> impl Iterator<Item = &'static str> {
    ALL_RULES.into_iter().filter(|rule| *rule != LOST_CLICK || !setup.frozen_reports)
}

/// The shortest story against a rule.
fn counterexample(setup: Setup, rule: &'static str) -> String {
    let worlds = against(&setup, rule).unwrap_or_else(|nothing| panic!("{nothing}"));
    let story = story::shortest(&setup, rule).expect("the searcher found one");
    println!("{}\n    against \"{rule}\" after {worlds} worlds:\n{story}", story::circumstances(&setup));
    story
}

/// How many worlds were searched until the rule was found broken.
fn against(setup: &Setup, rule: &'static str) -> Result<usize, String> {
    let words = format!("{}, {:?}", story::circumstances(setup), setup.mutation);
    let wanted = HasDiscoveries::AllOf(BTreeSet::from([rule]));
    let checker = setup.clone().checker().finish_when(wanted).spawn_bfs().join();
    let worlds = checker.unique_state_count();
    match checker.discovery(rule) {
        Some(_) => Ok(worlds),
        None => Err(format!("{words}\n    nothing against \"{rule}\" in {worlds} worlds")),
    }
}

/// The searches of the guide's table.
const TWO_PROCESSES: Searched = Searched {
    test: "nothing_goes_wrong_with_two_processes_and_faults_of_every_kind",
    bounds: "processes=2 retaken=1 faults=2 wishes=1",
};
const ON_A_FILE: Searched = Searched {
    test: "nothing_goes_wrong_when_a_process_dies_and_starts_at_once",
    bounds: "processes=1 retaken=1 faults=3 wishes=1",
};
const FROZEN: Searched = Searched {
    test: "nothing_but_a_click_is_lost_when_a_process_freezes_before_its_report",
    bounds: "processes=2 frozen=1 faults=1 wishes=1",
};
const WISHES: Searched = Searched {
    test: "nothing_goes_wrong_whatever_people_wish",
    bounds: "processes=1 retaken=1 faults=1 wishes=3",
};
const OLD_LEDGER: Searched = Searched {
    test: "nothing_goes_wrong_when_an_old_ledger_is_put_back",
    bounds: "processes=1 faults=0 wishes=4",
};
const TWO_PARTS: Searched = Searched {
    test: "nothing_goes_wrong_with_an_order_in_two_parts",
    bounds: "processes=1 retaken=1 faults=1 wishes=1 parts=2",
};
const JUMPS: Searched = Searched {
    test: "nothing_goes_wrong_when_the_wall_clock_jumps",
    bounds: "processes=2 retaken=1 faults=1 wishes=0 jumps=1",
};
const BIGGER: &str = "nothing_goes_wrong_in_a_bigger_world";
/// Searched when somebody asks for them.
const BIGGER_BOUNDS: [&str; 3] = [
    "processes=2 retaken=1 faults=2 wishes=2",
    "processes=2 frozen=1 faults=2 wishes=1",
    "processes=1 retaken=1 faults=4 wishes=2",
];

#[test]
fn nothing_goes_wrong_with_two_processes_and_faults_of_every_kind() {
    nothing_goes_wrong(&TWO_PROCESSES, &[REPORTED, EXECUTED_LATE, ASKED_AGAIN]);
}

/// As on a file, where nobody waits for the end of a lease: a request of the process that died may leave even then.
#[test]
fn nothing_goes_wrong_when_a_process_dies_and_starts_at_once() {
    nothing_goes_wrong(&ON_A_FILE, &[REPORTED, EXECUTED_LATE, ASKED_AGAIN]);
}

#[test]
fn nothing_but_a_click_is_lost_when_a_process_freezes_before_its_report() {
    nothing_goes_wrong(&FROZEN, &[LOST_CLICK, REPORTED, EXECUTED_LATE, ASKED_AGAIN]);
}

#[test]
fn nothing_goes_wrong_whatever_people_wish() {
    nothing_goes_wrong(&WISHES, &[REPORTED, SECOND_GENERATION, QUESTION, CAUGHT_UP]);
}

/// A ledger that begins again is behind by generations that were closed, cancelled or linked.
#[test]
fn nothing_goes_wrong_when_an_old_ledger_is_put_back() {
    nothing_goes_wrong(&OLD_LEDGER, &[REPORTED, CAUGHT_UP, USED_UP]);
}

#[test]
fn nothing_goes_wrong_with_an_order_in_two_parts() {
    nothing_goes_wrong(&TWO_PARTS, &[REPORTED, EXECUTED_LATE, ASKED_AGAIN]);
}

#[test]
fn nothing_goes_wrong_when_the_wall_clock_jumps() {
    nothing_goes_wrong(&JUMPS, &[REPORTED, EXECUTED_LATE, ASKED_AGAIN]);
}

#[test]
fn nothing_goes_wrong_in_a_bigger_world() {
    if let Ok(bounds) = std::env::var("JOOR_SHOPIFY_MODEL") {
        nothing_goes_wrong(&Searched { test: BIGGER, bounds: bounds.leak() }, &[REPORTED]);
    }
}

#[test]
fn a_quiet_time_shorter_than_the_longest_late_execution_doubles_an_order_where_shopify_lets_it() {
    let bounds = "processes=1 faults=0 wishes=0 quiet=2 late=3";
    let story = counterexample(setup(CustomId::NotEnforced, bounds), TWICE);
    assert!(story.contains("#2 exists"), "{story}");
    guide::tells(&story);
    // The custom id closes the gap where Shopify enforces it.
    nothing_goes_wrong_in(CustomId::Enforced, bounds);
}

fn nothing_goes_wrong_in(kind: CustomId, bounds: &str) {
    let checker = setup(kind, bounds).checker().spawn_bfs().join();
    for rule in ALL_RULES {
        checker.assert_no_discovery(rule);
    }
}

const NO_DEAD_ENDS: &str = "there_are_no_dead_ends";
const ENDS: [&str; 6] = [
    "processes=2 faults=1 wishes=1",
    "processes=2 frozen=1 faults=1 wishes=1",
    "processes=1 retaken=1 faults=1 wishes=2",
    "processes=1 retaken=1 faults=1 wishes=0 parts=2",
    "processes=1 faults=0 wishes=1 parts=2",
    "processes=2 faults=1 wishes=0 jumps=1",
];

/// From everywhere an end is reachable: exported and reported, or waiting for a person with a reason.
#[test]
fn there_are_no_dead_ends() {
    for bounds in ENDS {
        for kind in KINDS {
            let setup = setup(kind, bounds);
            let ends = ends::search(&setup);
            let (words, worlds, steps) = (story::circumstances(&setup), ends.worlds, ends.steps);
            println!("{words}\n    {worlds} worlds, {steps} steps, {} good ends", ends.good);
            assert!(ends.good > 0 && ends.dead.is_none(), "no good end can be reached from {:#?}", ends.dead);
            assert_eq!(disturbances::missed(&setup), [""; 0], "{words}: this never disturbs it");
            guide::says(NO_DEAD_ENDS, bounds, worlds, steps);
        }
    }
}

/// Two limits that no rule of ours can remove; the guide names them. If one of these stories is not found any more, the
/// guide is out of date.
#[test]
fn what_cannot_be_excluded_is_known() {
    // JOOR has no way to write "only if nobody changed it".
    counterexample(setup(CustomId::Enforced, FROZEN.bounds), LOST_CLICK);
    // JOOR shows days, so two approvals on one day look the same.
    let mut same_day = setup(CustomId::Enforced, "processes=1 faults=0 wishes=1");
    same_day.same_day = true;
    counterexample(same_day, UNCALLED_GENERATION);
}

/// A report that was frozen for a whole re-export names the earlier order; who works then reads that and writes over it.
#[test]
fn what_a_frozen_report_leaves_in_joor_is_written_over() {
    let setup = setup(CustomId::Enforced, "processes=2 frozen=1 faults=1 wishes=2");
    let (now, there) = (Step::Discover(Reading::Now), Step::Decide(Search::WhatIsThere));
    let export = |who| {
        let process = |step| Act::Process(who, step);
        let executed = Act::Shop(0, Shopify::Execute(Reply::Arrives));
        [process(there), process(Step::WriteDown), process(Step::Leave), executed, process(Step::Record)]
    };
    let report = |who| {
        [Step::Report, Step::WriteReport(Reply::Arrives), Step::ReadBack].map(|step| Act::Process(who, step))
    };
    let tick = Act::Time(Passing::Tick);
    let mut acts = vec![Act::Process(0, now)];
    acts.extend(export(0));
    acts.extend([Act::Process(0, Step::Report), tick, tick, Act::Process(1, Step::Start)]);
    acts.extend(report(1));
    acts.extend([Act::Person(Wish::SetToReexport), Act::Person(Wish::Cancel(0))]);
    acts.extend([Act::Process(1, now), tick, Act::Process(1, now)]);
    acts.extend(export(1));
    acts.extend(report(1));
    acts.push(tick);
    let world = acts.into_iter().fold(World::start(&setup), |world, act| {
        setup.next_state(&world, act).unwrap_or_else(|| panic!("{act:?} changes nothing in {world:#?}"))
    });
    assert_eq!(world.joor.description, "Shopify order #2");
    let woken = setup.next_state(&world, report(0)[1]).expect("it writes");
    assert_eq!(woken.joor.description, "Shopify order #1");
    assert!(ends::is_within_reach(&setup, &world));
    assert!(ends::is_within_reach(&setup, &woken), "{woken:#?}");
}

/// How a broken rule shows.
enum Noticed {
    /// In these kinds of shop and bounds, against these properties.
    Against(&'static [(CustomId, &'static str, &'static str)]),
    /// As a world from which no good end can be reached, within these bounds.
    DeadEnd(&'static str),
}

const ONE: &str = "processes=1 faults=0 wishes=0";
const FAULT: &str = "processes=1 faults=1 wishes=0";
const AT_ONCE: &str = "processes=1 retaken=1 faults=1 wishes=0";
const WISH: &str = "processes=1 faults=0 wishes=1";
const PAIR: &str = "processes=2 faults=1 wishes=0";
const THREE: &str = "processes=1 faults=0 wishes=3";

/// Each rule, broken, is noticed by the property that it serves.
fn noticed(mutation: Mutation) -> Noticed {
    use CustomId::{Enforced, NotEnforced};
    use Mutation::*;
    use Noticed::{Against, DeadEnd};
    match mutation {
        CreateAfterOneEmptyLook => Against(&[(NotEnforced, ONE, UNPROVEN_CREATE), (NotEnforced, ONE, TWICE)]),
        ForgetQuietTime => {
            Against(&[(NotEnforced, FAULT, UNPROVEN_CREATE), (Enforced, FAULT, UNPROVEN_CREATE)])
        }
        QuietTimeFromTheMeeting => Against(&[
            (NotEnforced, AT_ONCE, UNPROVEN_CREATE),
            (Enforced, AT_ONCE, UNPROVEN_CREATE),
            (NotEnforced, AT_ONCE, TWICE),
        ]),
        QuietTimeByWallClock => {
            Against(&[(NotEnforced, "processes=1 faults=1 wishes=0 jumps=1", UNPROVEN_CREATE)])
        }
        QuietTimeOfAnEarlierRequest => Against(&[(NotEnforced, FAULT, UNPROVEN_CREATE)]),
        QuietTimeAskedAfterTheLook => Against(&[(NotEnforced, FAULT, UNPROVEN_CREATE)]),
        SkipTheSearch => Against(&[(NotEnforced, ONE, UNPROVEN_CREATE)]),
        BlindLookCounts => Against(&[(NotEnforced, FAULT, UNPROVEN_CREATE)]),
        TreatUnclearAsRefused => Against(&[(NotEnforced, ONE, UNPROVEN_CREATE)]),
        TreatUnclearAsNotExecuted => Against(&[(NotEnforced, ONE, TWICE)]),
        BelieveRefusals => Against(&[(NotEnforced, "processes=1 faults=2 wishes=0", UNPROVEN_CREATE)]),
        SkipLookFirst => Against(&[(NotEnforced, WISH, TWICE)]),
        OverlookLaterGenerations => {
            Against(&[(Enforced, THREE, TWO_GENERATIONS), (NotEnforced, THREE, TWO_GENERATIONS)])
        }
        LeaveAfterTheDeadline => Against(&[(NotEnforced, PAIR, TWICE)]),
        IgnoreEpoch => Against(&[(NotEnforced, PAIR, STALE_WRITE)]),
        CancelledFoundCountsAsExport => Against(&[(Enforced, WISH, ADOPTED_DEAD)]),
        AdoptDoesNotRecord => DeadEnd(ONE),
        ReapprovalIsReexport => Against(&[(Enforced, WISH, UNCALLED_GENERATION)]),
        RepeatWhatArrived => Against(&[(Enforced, "processes=1 faults=1 wishes=1", LOST_CLICK)]),
        AnySuccessIsOurs => DeadEnd("processes=1 faults=0 wishes=2"),
        AnsweredIsStillReported => Against(&[(Enforced, "processes=1 faults=1 wishes=3", LOST_CLICK)]),
        BelieveLists => Against(&[(Enforced, "processes=1 faults=0 wishes=2", UNCALLED_GENERATION)]),
        OneReadIsReexport => Against(&[(Enforced, ONE, UNCALLED_GENERATION)]),
        ReexportWithoutCancelled => Against(&[(NotEnforced, WISH, TWO_GENERATIONS)]),
        BelieveNotThereAtOnce => Against(&[(NotEnforced, WISH, UNPROVEN_CREATE)]),
        HoldWithoutReason => Against(&[(Enforced, FAULT, INVISIBLE)]),
        SeeWithoutOpening => Against(&[(Enforced, ONE, INVISIBLE)]),
        ReportBeforeAllParts => {
            Against(&[(Enforced, "processes=1 faults=0 wishes=0 parts=2", FALSE_SUCCESS)])
        }
        RecordWhatLetsLeave => Against(&[(Enforced, ONE, BROKEN_RULE)]),
    }
}

#[test]
fn every_broken_rule_is_noticed_and_every_property_notices_one() {
    let mut unnoticed = Vec::new();
    let mut useful: BTreeSet<&str> = BTreeSet::new();
    for mutation in Mutation::ALL {
        let Noticed::Against(rules) = noticed(*mutation) else { continue };
        for (kind, bounds, rule) in rules {
            let mut mutated = setup(*kind, bounds);
            mutated.mutation = Some(*mutation);
            useful.insert(rule);
            match against(&mutated, rule) {
                Ok(worlds) => println!("{mutation:?} in {kind:?}: {worlds} worlds until not so: {rule}"),
                Err(nothing) => unnoticed.push(nothing),
            }
        }
    }
    println!("{} broken rules", Mutation::ALL.len());
    guide::counts_broken_rules(Mutation::ALL.len());
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
    assert_eq!(useful, BTreeSet::from(ALL_RULES));
}

#[test]
fn broken_rules_that_only_forget_are_noticed_as_dead_ends() {
    for mutation in Mutation::ALL {
        let Noticed::DeadEnd(bounds) = noticed(*mutation) else { continue };
        let mut setup = setup(CustomId::Enforced, bounds);
        assert!(ends::search(&setup).dead.is_none());
        setup.mutation = Some(*mutation);
        assert!(ends::search(&setup).dead.is_some(), "{mutation:?}");
    }
}

#[test]
fn the_guide_counts_what_is_searched_and_nothing_else() {
    let searches = [TWO_PROCESSES, ON_A_FILE, FROZEN, WISHES, OLD_LEDGER, TWO_PARTS, JUMPS];
    let bigger = BIGGER_BOUNDS.map(|bounds| Searched { test: BIGGER, bounds });
    let ends = ENDS.map(|bounds| Searched { test: NO_DEAD_ENDS, bounds });
    let all = searches.iter().chain(&bigger).chain(&ends);
    let here: Vec<(&str, &str)> = all.map(|searched| (searched.test, searched.bounds)).collect();
    assert_eq!(guide::searches(), here);
}
