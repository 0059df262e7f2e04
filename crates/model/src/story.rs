//! A counterexample as a story that a person can follow.

use crate::Setup;
use crate::act::{Act, Command, Passing, Reading, Reply, Search, Sees, Shopify, Step, Wish};
use crate::world::{Answer, At, Sight, World, key_of};
use domain::orders::export::Step as Next;
use stateright::Model;
use std::collections::HashSet;

/// The shortest way to a world of which the property does not hold. The searcher says that there is one, by a way that may
/// go on after it; people want this one.
pub fn shortest(setup: &Setup, property: &'static str) -> Option<String> {
    let holds = setup.property(property).condition;
    let mut known: HashSet<World> = setup.init_states().into_iter().collect();
    // Each world with the place of the one before it and the step between them.
    let mut walked: Vec<(World, usize, Option<Act>)> =
        setup.init_states().into_iter().map(|world| (world, 0, None)).collect();
    let mut at = 0;
    while at < walked.len() {
        let world = walked[at].0.clone();
        if !holds(setup, &world) {
            return Some(tell(&walked, at));
        }
        for (act, after) in setup.next_steps(&world) {
            if known.insert(after.clone()) {
                walked.push((after, at, Some(act)));
            }
        }
        at += 1;
    }
    None
}

/// One line for each step on the way to a world.
fn tell(walked: &[(World, usize, Option<Act>)], end: usize) -> String {
    let mut steps = Vec::new();
    let mut at = end;
    while let (after, before, Some(act)) = &walked[at] {
        steps.push(sentence(act, &walked[*before].0, after));
        at = *before;
    }
    let line = |(number, sentence): (usize, &String)| format!("{:>3}. {sentence}", number + 1);
    steps.iter().rev().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn sentence(act: &Act, before: &World, after: &World) -> String {
    match act {
        Act::Process(who, step) => {
            let name = if *who == 0 { "Process A" } else { "Process B" };
            format!("{name} {}.", of_process(*who, *step, before, after))
        }
        Act::Shop(_, step) => format!("Shopify {}.", of_shop(*step, before, after)),
        Act::Person(wish) => format!("A person {}.", of_person(*wish)),
        Act::Time(Passing::Tick) => "Five minutes pass.".to_owned(),
        Act::Time(Passing::Jump) => "The wall clock jumps five minutes ahead.".to_owned(),
    }
}

fn of_process(who: usize, step: Step, before: &World, after: &World) -> String {
    match step {
        Step::Start => "starts".to_owned(),
        Step::Crash => "dies".to_owned(),
        Step::Discover(Reading::Now) => format!("reads the order in JOOR; {}", exports(after)),
        Step::Discover(Reading::Behind) => format!("reads a list of JOOR that is behind; {}", exports(after)),
        Step::Look(sees) => format!("looks for the order in Shopify and {}", sight(who, sees, after)),
        Step::Judge(search) => format!("records that look{}; {}", of_search(search), exports(after)),
        Step::Decide(_) => match &after.processes[who].at {
            At::Clear(_) => "decides, looks first and sees nothing in Shopify".to_owned(),
            _ => format!("decides; {}", exports(after)),
        },
        Step::WriteDown => format!("writes the create request down; {}", exports(after)),
        Step::Leave => match &after.processes[who].at {
            At::Waiting(_) => "sends the create request".to_owned(),
            _ => "does not send the request: its deadline is over".to_owned(),
        },
        Step::GiveUp => "gives up waiting for the answer".to_owned(),
        Step::Record => format!("records {}; {}", answer(who, before), exports(after)),
        Step::HoldRefused => format!("holds the refused order; {}", exports(after)),
        Step::Report => "compares what JOOR should hold with what it holds".to_owned(),
        Step::WriteReport(Reply::Arrives) => format!("writes to JOOR, which shows {}", mark(after)),
        Step::WriteReport(Reply::IsLost) => "writes to JOOR and the answer is lost".to_owned(),
        Step::WriteReport(Reply::NeverWas) => "writes to JOOR and the request is lost".to_owned(),
        Step::ReadBack => "reads JOOR back and records the report".to_owned(),
        Step::Obey(command) => format!("obeys: {}; {}", of_command(command), exports(after)),
    }
}

fn exports(world: &World) -> String {
    let row = |row: &crate::world::Row| {
        let (generation, part) = key_of(&row.export);
        let due = match domain::orders::export::next(&row.export) {
            Next::Look { .. } => ", to be looked for",
            Next::Check | Next::Send | Next::Wait { .. } | Next::Rest => "",
        };
        format!("export {generation}/{part} is {}{due}", row.export.state.word())
    };
    match world.ledger.rows.is_empty() {
        true => "the ledger knows no export".to_owned(),
        false => world.ledger.rows.iter().map(row).collect::<Vec<_>>().join(", "),
    }
}

fn sight(who: usize, sees: Sees, after: &World) -> String {
    match (&after.processes[who].at, sees) {
        (_, Sees::Nothing) => "the answer proves nothing".to_owned(),
        (At::Looked { sight: Sight::Order(number, _), .. }, _) => format!("sees #{}", number + 1),
        (At::Looked { quiet, .. }, _) => {
            format!("sees nothing (quiet time {})", if *quiet { "is over" } else { "is not over" })
        }
        (..) => "nothing is due".to_owned(),
    }
}

fn of_search(search: Search) -> &'static str {
    match search {
        Search::WhatIsThere => "",
        Search::Behind => ", with a search that is behind",
        Search::Broken => ", with a search that cannot be trusted",
    }
}

fn answer(who: usize, before: &World) -> &'static str {
    match &before.processes[who].at {
        At::Answered(_, Answer::Created(_)) => "that the order was created",
        At::Answered(_, Answer::NotExecuted) => "that nothing was executed",
        At::Answered(_, Answer::Refused) => "the refusal",
        At::Answered(_, Answer::Unclear) => "that no clear answer came",
        _ => "that the report may not have arrived",
    }
}

fn mark(world: &World) -> String {
    format!("{:?}", world.joor.export_state).to_uppercase()
}

fn of_shop(step: Shopify, before: &World, after: &World) -> String {
    let created = after.shop.len() > before.shop.len();
    let what = match (step, created) {
        (Shopify::Throttle, _) => "throttles the request".to_owned(),
        (Shopify::Refuse, _) => "refuses the request".to_owned(),
        (Shopify::Execute(_), true) => format!("executes the request: #{} exists", after.shop.len()),
        (Shopify::Execute(_), false) => "refuses the request: its custom id is taken".to_owned(),
    };
    let reached = before.processes.iter().zip(&after.processes).any(|(old, new)| old.at != new.at);
    if reached { what } else { format!("{what}, and nobody hears of it") }
}

fn of_person(wish: Wish) -> String {
    match wish {
        Wish::SetToReexport => "sets the order to re-export".to_owned(),
        Wish::Unapprove => "takes the approval back".to_owned(),
        Wish::Approve => "approves the order again".to_owned(),
        Wish::Cancel(number) => format!("cancels #{} in Shopify", number + 1),
        Wish::RestoreBackup => "puts back a backup of the ledger from before the order".to_owned(),
    }
}

fn of_command(command: Command) -> &'static str {
    match command {
        Command::NotThere => "the order is not there",
        Command::Link => "that Shopify order is the export",
        Command::Close => "close by hand",
        Command::GiveUp => "give up the re-export",
        Command::AskAgain => "export once more",
        Command::LeaveIt => "leave it as it is",
        Command::Retry => "try again",
    }
}

/// The settings of a search in one line.
pub fn circumstances(setup: &Setup) -> String {
    let also = [
        (setup.retaken, ", leases retaken at once"),
        (setup.frozen_reports, ", reports of frozen processes"),
    ];
    let also: String = also.into_iter().filter(|(is, _)| *is).map(|(_, words)| words).collect();
    format!(
        "custom id {:?}, {} part(s), {} processes, quiet time {}, late execution up to {}, hidden for {}, {} faults, {} wishes, {} jumps{also}",
        setup.custom_id,
        setup.parts,
        setup.processes,
        setup.quiet,
        setup.late_max,
        setup.hidden,
        setup.faults,
        setup.wishes,
        setup.jumps
    )
}
