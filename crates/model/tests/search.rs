//! Searches both kinds of shop, with the product's rules and with each of them broken. `JOOR_SHOPIFY_MODEL`, such as
//! `faults=3 wishes=2`, searches a bigger world; every test prints how many worlds there were.

use model::properties::*;
use model::setup::CustomId;
use model::{Mutation, Setup, ends, story};
use stateright::{Checker, HasDiscoveries, Model};
use std::collections::BTreeSet;

const KINDS: [CustomId; 2] = [CustomId::Enforced, CustomId::NotEnforced];

fn setup(custom_id: CustomId, bounds: &str) -> Setup {
    Setup::usual(custom_id).with(bounds).expect("bounds as `faults=3 wishes=2`")
}

/// Searches everything in both kinds of shop. `occur`: what has to be possible within these bounds.
fn nothing_goes_wrong(bounds: &str, occur: &[&str]) {
    for kind in KINDS {
        let setup = setup(kind, bounds);
        let words = story::circumstances(&setup);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let checker = setup.checker().threads(threads).spawn_bfs().join();
        let (worlds, steps) = (checker.unique_state_count(), checker.state_count());
        println!("{words}\n    {worlds} worlds, {steps} steps, at most {} in a row", checker.max_depth());
        let found = checker.discoveries();
        for property in ALL_RULES {
            if found.contains_key(property) {
                let story = story::shortest(checker.model(), property).unwrap_or_default();
                panic!("{words}: not so: {property}\n{story}");
            }
        }
        for name in occur {
            assert!(found.contains_key(name), "{words}: this never occurs: {name}");
        }
    }
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

#[test]
fn nothing_goes_wrong_with_two_processes_and_faults_of_every_kind() {
    nothing_goes_wrong("processes=2 faults=2 wishes=1", &[REPORTED, EXECUTED_LATE, ASKED_AGAIN]);
}

#[test]
fn nothing_goes_wrong_whatever_people_wish() {
    nothing_goes_wrong("processes=1 faults=1 wishes=3", &[REPORTED, SECOND_GENERATION, QUESTION, CAUGHT_UP]);
}

/// A ledger that begins again is behind by generations that were closed, cancelled or linked.
#[test]
fn nothing_goes_wrong_when_an_old_ledger_is_put_back() {
    nothing_goes_wrong("processes=1 faults=0 wishes=4", &[REPORTED, CAUGHT_UP, USED_UP]);
}

#[test]
fn nothing_goes_wrong_with_an_order_in_two_parts() {
    nothing_goes_wrong("processes=1 faults=1 wishes=1 parts=2", &[REPORTED, EXECUTED_LATE, ASKED_AGAIN]);
}

#[test]
fn nothing_goes_wrong_when_the_wall_clock_jumps() {
    nothing_goes_wrong("processes=2 faults=1 wishes=0 jumps=1", &[REPORTED, EXECUTED_LATE, ASKED_AGAIN]);
}

#[test]
fn nothing_goes_wrong_in_a_bigger_world() {
    if let Ok(bounds) = std::env::var("JOOR_SHOPIFY_MODEL") {
        nothing_goes_wrong(&bounds, &[REPORTED]);
    }
}

#[test]
fn a_quiet_time_shorter_than_the_longest_late_execution_doubles_an_order_where_shopify_lets_it() {
    let bounds = "processes=1 faults=0 wishes=0 quiet=2 late=3";
    let story = counterexample(setup(CustomId::NotEnforced, bounds), TWICE);
    assert!(story.contains("#2 exists"), "{story}");
    // The custom id closes the gap where Shopify enforces it.
    nothing_goes_wrong_in(CustomId::Enforced, bounds);
}

fn nothing_goes_wrong_in(kind: CustomId, bounds: &str) {
    let checker = setup(kind, bounds).checker().spawn_bfs().join();
    for rule in ALL_RULES {
        checker.assert_no_discovery(rule);
    }
}

/// From everywhere an end is reachable: exported and reported, or waiting for a person with a reason.
#[test]
fn there_are_no_dead_ends() {
    for bounds in ["processes=2 faults=1 wishes=1", "processes=1 faults=1 wishes=2"] {
        for kind in KINDS {
            let setup = setup(kind, bounds);
            let ends = ends::search(&setup);
            println!(
                "{}\n    {} worlds, {} steps, {} good ends",
                story::circumstances(&setup),
                ends.worlds,
                ends.steps,
                ends.good
            );
            assert!(ends.good > 0 && ends.dead.is_none(), "no good end can be reached from {:#?}", ends.dead);
        }
    }
}

/// Two limits that no rule of ours can remove; the guide names them. If one of these stories is not found any more, the
/// guide is out of date.
#[test]
fn what_cannot_be_excluded_is_known() {
    // JOOR has no way to write "only if nobody changed it".
    let mut frozen = setup(CustomId::Enforced, "processes=2 faults=2 wishes=1");
    frozen.frozen_reports = true;
    counterexample(frozen, LOST_CLICK);
    // JOOR shows days, so two approvals on one day look the same.
    let mut same_day = setup(CustomId::Enforced, "processes=1 faults=0 wishes=1");
    same_day.same_day = true;
    counterexample(same_day, UNCALLED_GENERATION);
}

/// Each rule, broken, is noticed by the property that it serves.
#[test]
fn every_broken_rule_is_noticed() {
    use CustomId::{Enforced, NotEnforced};
    use Mutation::*;
    let one = "processes=1 faults=0 wishes=0";
    let fault = "processes=1 faults=1 wishes=0";
    let wish = "processes=1 faults=0 wishes=1";
    let both = "processes=1 faults=1 wishes=1";
    let wishes = "processes=1 faults=0 wishes=2";
    let three = "processes=1 faults=0 wishes=3";
    let pair = "processes=2 faults=1 wishes=0";
    let mut unnoticed = Vec::new();
    for (mutation, kind, bounds, rule) in [
        (CreateAfterOneEmptyLook, NotEnforced, one, UNPROVEN_CREATE),
        (CreateAfterOneEmptyLook, NotEnforced, one, TWICE),
        (ForgetQuietTime, NotEnforced, fault, UNPROVEN_CREATE),
        (ForgetQuietTime, Enforced, fault, UNPROVEN_CREATE),
        (QuietTimeByWallClock, NotEnforced, "processes=1 faults=1 wishes=0 jumps=1", UNPROVEN_CREATE),
        (QuietTimeOfAnEarlierRequest, NotEnforced, fault, UNPROVEN_CREATE),
        (QuietTimeAskedAfterTheLook, NotEnforced, fault, UNPROVEN_CREATE),
        (SkipTheSearch, NotEnforced, one, UNPROVEN_CREATE),
        (BlindLookCounts, NotEnforced, fault, UNPROVEN_CREATE),
        (TreatUnclearAsRefused, NotEnforced, one, UNPROVEN_CREATE),
        (TreatUnclearAsNotExecuted, NotEnforced, one, TWICE),
        (BelieveRefusals, NotEnforced, "processes=1 faults=2 wishes=0", UNPROVEN_CREATE),
        (SkipLookFirst, NotEnforced, wish, TWICE),
        (OverlookLaterGenerations, Enforced, three, TWO_GENERATIONS),
        (OverlookLaterGenerations, NotEnforced, three, TWO_GENERATIONS),
        (LeaveAfterTheDeadline, NotEnforced, pair, TWICE),
        (IgnoreEpoch, NotEnforced, pair, STALE_WRITE),
        (CancelledFoundCountsAsExport, Enforced, wish, ADOPTED_DEAD),
        (ReapprovalIsReexport, Enforced, wish, UNCALLED_GENERATION),
        (OneReadIsReexport, Enforced, one, UNCALLED_GENERATION),
        (ReexportWithoutCancelled, NotEnforced, wish, TWO_GENERATIONS),
        (BelieveNotThereAtOnce, NotEnforced, wish, UNPROVEN_CREATE),
        (RepeatWhatArrived, Enforced, both, LOST_CLICK),
        (AnsweredIsStillReported, Enforced, "processes=1 faults=1 wishes=3", LOST_CLICK),
        (BelieveLists, Enforced, wishes, UNCALLED_GENERATION),
    ] {
        let mut mutated = setup(kind, bounds);
        mutated.mutation = Some(mutation);
        match against(&mutated, rule) {
            Ok(worlds) => println!("{mutation:?} in {kind:?}: {worlds} worlds until not so: {rule}"),
            Err(nothing) => unnoticed.push(nothing),
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

#[test]
fn broken_rules_that_only_forget_are_noticed_as_dead_ends() {
    for (mutation, bounds) in [
        (Mutation::AdoptDoesNotRecord, "processes=1 faults=0 wishes=0"),
        (Mutation::AnySuccessIsOurs, "processes=1 faults=0 wishes=2"),
    ] {
        let mut setup = setup(CustomId::Enforced, bounds);
        assert!(ends::search(&setup).dead.is_none());
        setup.mutation = Some(mutation);
        assert!(ends::search(&setup).dead.is_some(), "{mutation:?}");
    }
}
