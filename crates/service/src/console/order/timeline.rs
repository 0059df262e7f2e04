//! What happened to an order, newest first: steps of its exports, requests, people's commands with what became of them,
//! problems, reports to JOOR and what followed an export.

use super::Facts;
use crate::console::activity::{asked_for, deed_words};
use crate::console::words::{full_stop, sentence, when};
use crate::show::order::follow_up_words;
use adapters::ledger::records::{AttemptRecord, Command, DeedRecord, EventRecord, FollowUp, ProblemRecord};
use console::look::{Link, Tone};
use console::pages::order::Step;
use domain::ids::ExportKey;
use domain::problem::{Severity, title};
use domain::time::Moment;
use std::collections::BTreeSet;

/// Before the number of a deed.
pub const DEED: &str = "d";

/// Steps that the page shows at first.
const STEPS_MAX: usize = 40;

/// With a link where not all are shown.
pub fn steps(facts: &Facts, href: &str, now: Moment, all: bool) -> (Vec<Step>, Option<Link>) {
    // Of what happened at the same moment, what a person asked for stands before what came of it.
    let mut told: Vec<(Moment, Step)> = facts.commands.iter().map(|one| command(one, now)).collect();
    told.extend(events(facts, href, now));
    for problem in &facts.problems {
        told.push(opened(problem, now));
        told.extend(solved(problem, now));
    }
    told.extend(facts.deeds.iter().map(|one| deed(one, href, now)));
    told.sort_by_key(|(at, _)| *at);
    let count = told.len();
    let shown = if all { count } else { STEPS_MAX };
    let more =
        (count > shown).then(|| Link::here(&format!("Show all {count} steps"), format!("{href}?all=yes")));
    (told.into_iter().rev().take(shown).map(|(_, step)| step).collect(), more)
}

/// What the program will still do by itself.
pub fn to_do(facts: &Facts, now: Moment) -> Vec<String> {
    let again = |step: &FollowUp| match step.tries {
        0 => String::new(),
        tries => format!(" (tried {tries} times, again {})", when(step.due, now).relative()),
    };
    let exported: BTreeSet<&ExportKey> = facts
        .exports
        .iter()
        .filter(|row| row.export.state.word() == "exported")
        .map(|row| &row.export.key)
        .collect();
    let open = facts.follow_ups.iter().filter(|step| !step.done && exported.contains(&step.key));
    let steps = open.map(|step| full_stop(&format!("{}{}", follow_up_words(step.kind), again(step))));
    let due = facts.order.report_due.map(|due| {
        let again = when(due, now).relative();
        match facts.order.report_tries {
            0 => "tell JOOR how the order stands.".to_owned(),
            tries => format!("tell JOOR how the order stands (tried {tries} times, again {again})."),
        }
    });
    steps.chain(due).collect()
}

fn step(at: Moment, now: Moment, tone: Tone, words: String, detail: &str) -> Step {
    let detail = if detail.is_empty() { String::new() } else { sentence(detail) };
    Step { when: when(at, now), tone, words, detail, by: String::new(), wire: None }
}

fn command(command: &Command, now: Moment) -> (Moment, Step) {
    let (tone, detail) = match &command.outcome {
        None => (Tone::Wait, "The next cycle does it".to_owned()),
        Some((true, words)) => (Tone::Idle, format!("Done: {words}")),
        Some((false, words)) => (Tone::Bad, format!("Not done: {words}")),
    };
    let asked = asked_for(&command.verb, &command.arguments);
    let words = match &command.outcome {
        Some((false, _)) => format!("“{asked}” was refused"),
        Some((true, _)) | None => format!("“{asked}” was asked for"),
    };
    let shown = step(command.at, now, tone, words, &detail);
    (command.at, Step { by: command.by.clone(), ..shown })
}

fn opened(problem: &ProblemRecord, now: Moment) -> (Moment, Step) {
    let tone = match problem.told.severity {
        Severity::Outage | Severity::Blocker => Tone::Bad,
        Severity::Partial | Severity::Warning => Tone::Wait,
        Severity::Notice => Tone::Idle,
    };
    let words = title(problem.told.code).to_owned();
    (problem.opened, step(problem.opened, now, tone, words, &problem.told.sentence))
}

fn solved(problem: &ProblemRecord, now: Moment) -> Option<(Moment, Step)> {
    let at = problem.closed?;
    Some((at, step(at, now, Tone::Good, format!("Over: {}", title(problem.told.code)), "")))
}

fn deed(deed: &DeedRecord, href: &str, now: Moment) -> (Moment, Step) {
    let (tone, words) = what_words(&deed.what, &deed.detail);
    let wire = deed.wired.then(|| format!("{href}/wire/{}", deed_number(deed)));
    (deed.at, Step { wire, ..step(deed.at, now, tone, words, &deed.detail) })
}

/// What was done, as a person says it.
pub fn what_words(what: &str, detail: &str) -> (Tone, String) {
    let (tone, words) = match what {
        "created_customer" => (Tone::Good, "The customer was created in Shopify"),
        "not_created_customer" => (Tone::Bad, "The customer could not be created in Shopify"),
        "unclear_customer" => {
            (Tone::Wait, "Shopify gave no clear answer when the customer was to be created")
        }
        "reported_success" => (Tone::Good, "JOOR was told that the order is exported"),
        "reported_failed" => (Tone::Idle, "JOOR was told why the order is not exported"),
        "report_refused" => (Tone::Bad, "JOOR refused to be told how the order stands"),
        "report_unclear" => (Tone::Wait, "JOOR gave no clear answer when it was told how the order stands"),
        "reported_undefined" => (Tone::Idle, "JOOR was told that the order is not exported"),
        "read_back" if detail.is_empty() => {
            (Tone::Good, "The Shopify order was read back and is what was sent")
        }
        "read_back" => (Tone::Wait, "The Shopify order was read back and differs from what was sent"),
        "moved_to_location" => (Tone::Good, "The order was assigned to its location"),
        "not_moved_to_location" => (Tone::Bad, "The order could not be assigned to its location"),
        "unclear_move" => {
            (Tone::Wait, "Shopify gave no clear answer when the order was to be assigned to its location")
        }
        "unclear_address" => (
            Tone::Wait,
            "Shopify gave no clear answer when the customer's default address was to be put back",
        ),
        "unclear_fulfilment" => (
            Tone::Wait,
            "Shopify gave no clear answer when a fulfilment of the earlier order was to be cancelled",
        ),
        // Given up, with the reason.
        "restored_address" if !detail.is_empty() => {
            (Tone::Bad, "The customer's default address was not put back")
        }
        "restored_address" => (Tone::Good, "The customer's default address was put back"),
        "not_restored_address" => (Tone::Bad, "The customer's default address could not be put back"),
        "cancelled_fulfilment" => (Tone::Good, "A fulfilment of the earlier order was cancelled"),
        "not_cancelled_fulfilment" => (Tone::Bad, "A fulfilment of the earlier order could not be cancelled"),
        "asked_to_cancel" => (Tone::Idle, "Shopify was asked to cancel the earlier order"),
        "cancelled_earlier" => (Tone::Good, "Shopify cancelled the earlier order"),
        other => return (Tone::Idle, deed_words(other)),
    };
    (tone, words.to_owned())
}

fn events(facts: &Facts, href: &str, now: Moment) -> Vec<(Moment, Step)> {
    let keys: BTreeSet<&ExportKey> = facts.events.iter().map(|event| &event.key).collect();
    let shown = |event: &EventRecord| {
        // A request belongs to the event of the version that wrote it down.
        let written = |one: &&AttemptRecord| one.key == event.key && one.version == event.version;
        let attempt = facts.attempts.iter().find(written);
        let (tone, words) = event_words(&event.word, &event.key);
        let words = match keys.len() {
            0 | 1 => words,
            _ => format!("{words} ({})", part_words(&event.key)),
        };
        // The problem itself says more, and stands beside it.
        let told = facts.problems.iter().any(|problem| problem.opened == event.at);
        let detail = if event.state == "held" && told { "" } else { event.detail.as_str() };
        let by = by_hand(event, &facts.commands).map(|command| command.by.clone()).unwrap_or_default();
        let is_kept = attempt.is_some() || event.wired;
        let wire = is_kept.then(|| format!("{href}/wire/{}", number(&event.key, event.version)));
        let shown = step(event.at, now, tone, words, detail);
        // What a person wrote stays as they wrote it.
        let detail = match by.is_empty() || detail.is_empty() {
            true => shown.detail,
            false => full_stop(detail),
        };
        (event.at, Step { by, wire, detail, ..shown })
    };
    facts.events.iter().map(shown).collect()
}

/// How the page of what was said at an event is called, or of the request that it wrote down.
pub fn number(key: &ExportKey, version: i64) -> String {
    format!("{}.{}.{version}", key.generation.0, key.part.0)
}

/// How the page of what was said at a deed is called.
pub fn deed_number(deed: &DeedRecord) -> String {
    format!("{DEED}{}", deed.id)
}

fn part_words(key: &ExportKey) -> String {
    match (key.generation.0, key.part.0) {
        (generation, 1) => format!("export {generation}"),
        (generation, part) => format!("export {generation}, part {part}"),
    }
}

/// The command that this came of: both are stored in the same moment.
fn by_hand<'a>(event: &EventRecord, commands: &'a [Command]) -> Option<&'a Command> {
    const BY_HAND: [&str; 6] = ["opened", "closed_by_hand", "given_up", "reopened", "said_absent", "linked"];
    let of_hand = BY_HAND.contains(&event.word.as_str());
    commands.iter().find(|command| of_hand && command.applied == Some(event.at))
}

/// What happened, as a person says it.
pub fn event_words(word: &str, key: &ExportKey) -> (Tone, String) {
    let (tone, words) = match word {
        "opened" if key.generation.0 > 1 => (Tone::Idle, "A further export was opened"),
        "opened" if key.part.0 > 1 => (Tone::Idle, "A further part was opened"),
        "opened" => (Tone::Idle, "Approved in JOOR and read"),
        "cleared" => (Tone::Idle, "Checked and ready"),
        "held" => (Tone::Bad, "Held"),
        "skipped" => (Tone::Idle, "Left out"),
        "waits" => (Tone::Wait, "Waits, and is tried again by itself"),
        "asked" => (Tone::Idle, "The request was written down and sent"),
        "created" => (Tone::Good, "Shopify created the order"),
        "not_executed" => (Tone::Wait, "Shopify did not carry the request out"),
        "refused" => (Tone::Bad, "Shopify refused the request"),
        "lost" => (Tone::Wait, "No clear answer came"),
        "found" => (Tone::Good, "The order was found in Shopify"),
        "found_other" => (Tone::Bad, "Another order with its token was found in Shopify"),
        "looked_empty" => (Tone::Wait, "Looked for in Shopify: not there"),
        "looked_blind" => (Tone::Wait, "Looked for in Shopify: no clear answer"),
        "linked" => (Tone::Good, "An order in Shopify was linked by hand"),
        "said_absent" => (Tone::Idle, "Somebody searched Shopify: it is not there"),
        "closed_by_hand" => (Tone::Idle, "Closed by hand"),
        "given_up" => (Tone::Idle, "The re-export was given up"),
        "reopened" => (Tone::Idle, "The closing was taken back"),
        other => return (Tone::Idle, deed_words(other)),
    };
    (tone, words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{Generation, JoorOrderId, Part};

    fn event(word: &str, generation: u32, at: i64) -> EventRecord {
        let key =
            ExportKey { order: JoorOrderId::new("7"), generation: Generation(generation), part: Part(1) };
        let (word, state) = (word.to_owned(), "exported".to_owned());
        let (version, at, epoch, detail, wired) = (1, Moment(at), 1, String::new(), false);
        EventRecord { key, version, at, epoch, word, state, detail, wired }
    }

    #[test]
    fn events_that_end_in_the_same_state_are_told_apart() {
        let said = |event: EventRecord| event_words(&event.word, &event.key).1;
        let words = ["created", "found", "linked"].map(|word| said(event(word, 1, 0)));
        assert_eq!(
            words,
            [
                "Shopify created the order",
                "The order was found in Shopify",
                "An order in Shopify was linked by hand"
            ]
        );
        assert_eq!(said(event("of_a_later_release", 1, 0)), "Of a later release");
    }

    #[test]
    fn what_a_person_did_bears_their_name_and_what_only_happened_then_does_not() {
        let command = |applied| Command {
            id: 1,
            verb: "re_export".to_owned(),
            arguments: String::new(),
            by: "ada".to_owned(),
            at: Moment(1),
            outcome: None,
            applied,
        };
        let by = |event: EventRecord, applied: i64| {
            let commands = [command(None), command(Some(Moment(applied)))];
            by_hand(&event, &commands).map(|command| command.by.clone())
        };
        assert_eq!(by(event("opened", 2, 5), 5).as_deref(), Some("ada"));
        assert_eq!(by(event("opened", 2, 6), 5), None);
        assert_eq!(by(event("created", 2, 5), 5), None);
    }
}
