//! Activity: what cycles did, who did what, and which mails went out.

use super::Console;
use super::answers::{Answer, page};
use super::visit::Visit;
use super::words::{address, full_stop, sentence, when};
use crate::cycle::commands::Arguments;
use adapters::ledger::records::{AuditRecord, Command, CycleRecord, MailRecord, Role};
use adapters::ledger::{Ledger, LedgerError};
use axum::extract::{Extension, Query, State};
use console::Place;
use console::look::{Tone, count, counted, span};
use console::pages::activity::{Activity, Audited, Cycle, Mail};
use domain::problem::title;
use domain::time::Moment;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

const CYCLES: u32 = 30;
const MAILS: u32 = 30;
const DEEDS: u32 = 50;
const GOOD: &str = "good";
const SENT: &str = "sent";
/// What the ledger notes of a deed that is a command, before its number.
const COMMAND: &str = "command ";

/// What a cycle counts, and what comes after the number. Nothing that is zero is said, except what was read.
const COUNTED: [(&str, &str); 11] = [
    ("listed", "read"),
    ("new", "new"),
    ("decided", "checked"),
    ("ready", "ready"),
    ("exported", "exported"),
    ("adopted", "found in Shopify"),
    ("unconfirmed", "uncertain"),
    ("reported", "told to JOOR"),
    ("customers_created", "added as customer"),
    ("follow_ups", "followed up"),
    ("mails", "mailed"),
];

/// Deeds whose words are not those of the ledger.
const DEED_WORDS: [(&str, &str); 25] = [
    ("retry", "Check again"),
    ("retry_cause", "Check all orders of a cause again"),
    ("re_export", "Export once more"),
    ("give_up", "Give the re-export up"),
    ("link_order", "Link a Shopify order"),
    ("link_item", "Link an item"),
    ("unlink_item", "Take an item's link back"),
    ("item_linked", "Item linked"),
    ("item_unlinked", "Item not linked any more"),
    ("not_there", "Not in Shopify: send again"),
    ("close", "Close by hand"),
    ("reopen", "Take a closing back"),
    ("settings", "Change settings"),
    ("go_live", "Go live"),
    ("create_person", "Add somebody"),
    ("set_role", "Set a role"),
    ("set_password", "Set a password"),
    ("disable_person", "Keep somebody out"),
    ("enable_person", "Let somebody in again"),
    ("lock_person", "Locked for a while"),
    ("end_session", "Sign out"),
    ("end_sessions", "Sign out everywhere"),
    ("create_token", "Make a token"),
    ("revoke_token", "Revoke a token"),
    ("create_connection", "Make a connection"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Only what was done before the deed of this number.
    before: String,
}

pub async fn activity(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<Asked>,
) -> Answer {
    let (ledger, now) = (console.ledger(), console.now());
    let (mut cycles, mut mails) = (Vec::new(), Vec::new());
    for connection in ledger.connections().await? {
        let own = ledger.cycles(&connection.name, CYCLES).await?;
        cycles.extend(own.into_iter().map(|cycle| (connection.name.clone(), cycle)));
        mails.extend(ledger.mails(&connection.name, MAILS).await?);
    }
    cycles.sort_by_key(|(_, cycle)| std::cmp::Reverse(cycle.started));
    mails.sort_by_key(|mail| std::cmp::Reverse((mail.queued, mail.id)));
    // One more than is shown says whether there is more.
    let mut deeds = ledger.audit(None, asked.before.parse().ok(), DEEDS + 1).await?;
    let has_more = deeds.len() > DEEDS as usize;
    deeds.truncate(DEEDS as usize);
    let oldest = deeds.last().filter(|_| has_more);
    let asked_by_deed = commands_of(ledger, &deeds).await?;
    page(&Activity {
        frame: console.frame(&visit, Place::Activity).await,
        cycles: cycles
            .iter()
            .take(CYCLES as usize)
            .map(|(name, cycle)| cycle_row(name, cycle, now))
            .collect(),
        mails: mails.iter().take(MAILS as usize).map(|mail| mail_row(mail, &visit, now)).collect(),
        older: oldest.map(|oldest| address("/activity", &[("before", &oldest.id.to_string())])),
        audit: deeds.iter().map(|deed| deed_row(deed, &asked_by_deed, &visit, now)).collect(),
    })
}

fn cycle_row(connection: &str, cycle: &CycleRecord, now: Moment) -> Cycle {
    let (tone, words) = match cycle.outcome.as_str() {
        GOOD => (Tone::Good, "Good"),
        code => (Tone::Bad, title(code)),
    };
    Cycle {
        connection: connection.to_owned(),
        when: when(cycle.started, now),
        tone,
        words: words.to_owned(),
        counts: counts_words(&cycle.counts),
        took: span(i64::try_from(cycle.finished.since(cycle.started).as_secs()).unwrap_or(i64::MAX)),
        credits: cycle.joor_credits,
        points: cycle.shopify_points,
    }
}

/// The counts of a cycle, as the ledger keeps them, in words.
fn counts_words(counts: &str) -> String {
    let counts: BTreeMap<String, u64> = serde_json::from_str(counts).unwrap_or_default();
    let said: Vec<String> = COUNTED
        .iter()
        .filter_map(|(key, words)| {
            let number = counts.get(*key).copied().filter(|number| *number > 0 || *key == "listed")?;
            Some(format!("{} {words}", count(usize::try_from(number).unwrap_or(usize::MAX))))
        })
        .collect();
    said.join(", ")
}

/// The commands of these deeds, by the word that a deed has of its command: "command 12".
async fn commands_of(
    ledger: &Ledger,
    deeds: &[AuditRecord],
) -> Result<BTreeMap<String, Command>, LedgerError> {
    let number = |deed: &AuditRecord| deed.detail.strip_prefix(COMMAND)?.parse::<i64>().ok();
    // Every command has a deed of its own, so that those of a page of deeds stand in a row.
    let Some(newest) = deeds.iter().filter_map(number).max() else { return Ok(BTreeMap::new()) };
    let commands = ledger.commands(None, Some(newest.saturating_add(1)), DEEDS).await?;
    Ok(commands.into_iter().map(|(_, command)| (format!("{COMMAND}{}", command.id), command)).collect())
}

/// What a command asks for, in the words of the button that asks for it.
pub fn asked_for(verb: &str, arguments: &str) -> String {
    let arguments: Arguments = serde_json::from_str(arguments).unwrap_or_default();
    let of_retry = [
        (arguments.export_anyway, "Export it anyway"),
        (arguments.confirm_prices, "The prices are right"),
        (arguments.link_customer.is_some(), "Choose the customer"),
    ];
    let said: Vec<&str> = of_retry.into_iter().filter_map(|(given, words)| given.then_some(words)).collect();
    match verb {
        "retry" if !said.is_empty() => said.join(", "),
        "re_export" if arguments.cancel_previous => "Cancel it and export again".to_owned(),
        _ => deed_words(verb),
    }
}

/// What became of a command.
fn outcome_words(command: &Command) -> String {
    match &command.outcome {
        None => "Waits for the next cycle.".to_owned(),
        Some((true, words)) => sentence(words),
        Some((false, words)) => full_stop(&format!("Not done: {words}")),
    }
}

fn deed_row(deed: &AuditRecord, commands: &BTreeMap<String, Command>, visit: &Visit, now: Moment) -> Audited {
    let command = commands.get(&deed.detail).filter(|command| command.verb == deed.what);
    let named = match deed.what.as_str() {
        "retry_cause" => title(&deed.subject),
        _ => deed.subject.as_str(),
    };
    let subject = match (&deed.connection, named) {
        (Some(connection), subject) if subject.is_empty() || subject == connection => connection.clone(),
        (Some(connection), subject) => format!("{subject} ({connection})"),
        (None, subject) => subject.to_owned(),
    };
    // From where somebody signed in concerns them and whoever looks after people.
    let is_private = deed.what == "sign_in" && deed.subject != visit.name && !visit.may(Role::Admin);
    Audited {
        when: when(deed.at, now),
        by: deed.by.clone(),
        what: match command {
            Some(command) => asked_for(&command.verb, &command.arguments),
            None => deed_words(&deed.what),
        },
        subject,
        detail: match command {
            Some(command) => outcome_words(command),
            None if is_private => String::new(),
            None => deed.detail.clone(),
        },
    }
}

pub fn deed_words(what: &str) -> String {
    if let Some((_, words)) = DEED_WORDS.iter().find(|(known, _)| *known == what) {
        return (*words).to_owned();
    }
    let mut chars = what.chars().map(|c| if c == '_' { ' ' } else { c });
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn mail_row(mail: &MailRecord, visit: &Visit, now: Moment) -> Mail {
    let (outcome, tone) = match (&mail.outcome, mail.tries) {
        (None, 0) => ("Waits to be sent".to_owned(), Tone::Idle),
        (None, tries) => {
            let tried = counted(usize::try_from(tries).unwrap_or(usize::MAX), "time");
            (format!("Tried {tried}, again {}", when(mail.due, now).relative()), Tone::Wait)
        }
        (Some(outcome), _) if outcome == SENT => ("Sent".to_owned(), Tone::Good),
        (Some(why), _) if visit.may(Role::Operator) => (format!("Given up: {why}"), Tone::Bad),
        // The reason may name an address.
        (Some(_), _) => ("Given up".to_owned(), Tone::Bad),
    };
    let to = &mail.letter.to;
    Mail {
        when: when(mail.queued, now),
        subject: mail.letter.subject.clone(),
        // Addresses are of use to those who act.
        to: match visit.may(Role::Operator) {
            true => to.join(", "),
            false => counted(to.len(), "recipient"),
        },
        outcome,
        tone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_deeds_are_said_in_words() {
        let counts = serde_json::to_string(&crate::cycle::Counts {
            listed: 1200,
            exported: 2,
            ..crate::cycle::Counts::default()
        });
        assert_eq!(counts_words(&counts.unwrap()), "1,200 read, 2 exported");
        assert_eq!(counts_words(r#"{"listed":0}"#), "0 read");
        assert_eq!(counts_words("nonsense"), "");
        let all = serde_json::to_value(crate::cycle::Counts::default()).unwrap();
        for key in all.as_object().unwrap().keys() {
            assert!(COUNTED.iter().any(|(known, _)| known == key), "{key} has no words");
        }
        assert_eq!(deed_words("re_export"), "Export once more");
        assert_eq!(deed_words("sign_in"), "Sign in");
        assert_eq!(deed_words(""), "");
    }

    #[test]
    fn what_was_asked_for_is_said_by_the_words_of_its_button() {
        for (verb, arguments, words) in [
            ("retry", "{}", "Check again"),
            ("retry", r#"{"order":"7","export_anyway":true}"#, "Export it anyway"),
            ("retry", r#"{"confirm_prices":true}"#, "The prices are right"),
            ("retry", r#"{"link_customer":"12"}"#, "Choose the customer"),
            (
                "retry",
                r#"{"export_anyway":true,"confirm_prices":true}"#,
                "Export it anyway, The prices are right",
            ),
            ("re_export", "{}", "Export once more"),
            ("re_export", r#"{"cancel_previous":true}"#, "Cancel it and export again"),
            ("pause", "{}", "Pause"),
            ("retry", "of a later release", "Check again"),
        ] {
            assert_eq!(asked_for(verb, arguments), words, "{arguments}");
        }
    }
}
