//! Problems by cause: one fix, and every order that waits on it.

use super::Console;
use super::answers::{Answer, No, done, page};
use super::connections::find;
use super::overview::{needs, needs_somebody};
use super::visit::Visit;
use super::words::{Places, amount, full_stop, noted_words, tone, urgency, when, who_words};
use crate::commands::act::{note, retry_cause_of};
use crate::console::buttons::resolution;
use crate::cycle::CAUSE_ORDERS_MAX;
use adapters::ledger::OpenProblem;
use adapters::ledger::records::Role;
use axum::extract::{Extension, Path, Query, State};
use console::Place;
use console::look::{count, counted, day};
use console::pages::problems::{OneCause, Problems, Released, Solved, SolvedCause, WaitingOrder};
use domain::problem::{Problem, Severity, title};
use domain::time::Moment;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

mod subjects;

const SOLVED_SINCE_MS: i64 = 24 * 3_600_000;
const SOLVED_MAX: u32 = 20;
/// Among so many of all causes, those of one cause are looked for.
const SOLVED_OF_ALL_MAX: u32 = 500;
/// Orders of one cause on one page.
const SHOWN_MAX: usize = 200;

/// What narrows a list of problems.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// A subject of the cause, as `KIND:ID`.
    on: String,
    page: String,
}

pub async fn all(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<Asked>,
) -> Answer {
    let (ledger, now) = (console.ledger(), console.now());
    let mut open = ledger.open_problems(None).await?;
    open.retain(|one| is_found(one, &asked.q));
    let since = Moment(now.0 - SOLVED_SINCE_MS);
    let solved = ledger.solved_problems(None, since, SOLVED_MAX).await?;
    let released = ledger.solved_counts(since).await?;
    let mut of_connections = Vec::new();
    for connection in ledger.connections().await? {
        let places = Places::of(&connection, console.house.trial, visit.role);
        let own = open.iter().filter(|one| one.connection == connection.name && one.problem.order.is_none());
        of_connections.extend(own.map(|one| {
            let mut shown = places.problem(&one.problem.told, None, Some(when(one.problem.opened, now)));
            shown.who = format!("{}: {}", connection.name, shown.who);
            shown
        }));
    }
    page(&Problems {
        frame: console.frame(&visit, Place::Problems).await,
        q: asked.q,
        needs: needs(&open, now),
        of_connections,
        released: released
            .into_iter()
            .map(|((connection, code), orders)| Released {
                title: title(code).to_owned(),
                connection,
                orders: counted(usize::try_from(orders).unwrap_or(usize::MAX), "order"),
            })
            .collect(),
        solved: solved.iter().filter_map(|one| solved_one(one, now)).collect(),
    })
}

fn solved_one(one: &OpenProblem, now: Moment) -> Option<Solved> {
    let order = one.problem.order.as_ref()?;
    Some(Solved {
        title: title(one.problem.told.code).to_owned(),
        order: order.to_string(),
        href: format!("/orders/{}/{order}", one.connection),
        when: when(one.problem.closed?, now),
    })
}

/// Is every word of it in the number, the retailer, the words or a subject?
fn is_found(one: &OpenProblem, wanted: &str) -> bool {
    let told = &one.problem.told;
    let order = one.problem.order.as_ref().map(|order| order.as_str()).unwrap_or_default();
    let labels = told.subjects.iter().flat_map(|subject| [subject.label.as_str(), subject.id.as_str()]);
    let texts = [order, &one.retailer, &one.po_number, told.code, title(told.code), &told.sentence];
    let all = texts.into_iter().chain(labels).collect::<Vec<_>>().join("\n").to_lowercase();
    wanted.to_lowercase().split_whitespace().all(|word| all.contains(word))
}

pub async fn cause(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, code)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let (ledger, now) = (console.ledger(), console.now());
    let places = Places::of(&find(&console, &connection).await?, console.house.trial, visit.role);
    let all = ledger.open_problems(Some(&connection)).await?;
    let is_of_cause = |one: &&OpenProblem| one.problem.told.code == code && one.problem.order.is_some();
    let mut open: Vec<&OpenProblem> = all.iter().filter(is_of_cause).collect();
    let released = released(&console, &connection, &code).await?;
    open.sort_by_key(|one| (one.ship_start.is_none(), one.ship_start, one.problem.opened, one.problem.id));
    let Some(first) = open.first().copied() else {
        return solved(&console, &visit, &connection, &code, released).await;
    };
    let told = &first.problem.told;
    let severity = open.iter().map(|one| one.problem.told.severity).max().unwrap_or(Severity::Partial);
    let here = format!("/problems/{connection}/{code}");
    let may_retry = visit.may(Role::Operator) && open.iter().any(|one| needs_somebody(one));
    let pages = subjects::Pages::of(&open, &asked, &here);
    page(&OneCause {
        frame: console.frame(&visit, Place::Problems).await,
        title: title(told.code).to_owned(),
        code: told.code.to_owned(),
        tone: tone(severity),
        who: who_words(told.who).to_owned(),
        meaning: match open.len() {
            1 => full_stop(&told.sentence),
            _ => format!("For example: {}", full_stop(&told.sentence)),
        },
        resolution: full_stop(&resolution(told, false)),
        releases: releases(&open, &all),
        released,
        links: match open.len() {
            1 => places.fixes(told, first.problem.order.as_ref()),
            _ => places.general(told, None),
        },
        subjects: subjects::of(&open, &places, &here),
        on: if pages.chosen.is_some() { asked.on } else { String::new() },
        q: asked.q,
        chosen: pages.chosen,
        orders: pages.shown.iter().filter_map(|one| waiting(one, now)).collect(),
        range: pages.range,
        previous: pages.previous,
        next: pages.next,
        retry_all: may_retry.then(|| format!("{here}/retry")),
        retry_words: match open.len() {
            1 => "Check it now".to_owned(),
            many => format!("Check all {} now", counted(many, "order")),
        },
        connection,
    })
}

/// Good news in the same place: whoever has the page open sees it turn, and back again if the cause comes back.
async fn solved(
    console: &Console,
    visit: &Visit,
    connection: &str,
    code: &str,
    released: Option<String>,
) -> Answer {
    if !Problem::CODES.contains(&code) {
        return Err(No::NotFound(format!("No problem is called “{code}”.")));
    }
    let now = console.now();
    let since = Moment(now.0 - SOLVED_SINCE_MS);
    let mut solved = console.ledger().solved_problems(Some(connection), since, SOLVED_OF_ALL_MAX).await?;
    solved.retain(|one| one.problem.told.code == code);
    page(&SolvedCause {
        frame: console.frame(visit, Place::Problems).await,
        title: title(code).to_owned(),
        code: code.to_owned(),
        words: format!("Solved: no order of {connection} waits on it."),
        released,
        solved: solved.iter().take(SOLVED_MAX as usize).filter_map(|one| solved_one(one, now)).collect(),
    })
}

/// How many orders the cause let go lately.
async fn released(console: &Console, connection: &str, code: &str) -> Result<Option<String>, No> {
    let released = console.ledger().solved_counts(Moment(console.now().0 - SOLVED_SINCE_MS)).await?;
    let own = released.into_iter().find(|((name, known), _)| name == connection && *known == code);
    Ok(own.map(|(_, orders)| released_words(usize::try_from(orders).unwrap_or(usize::MAX))))
}

/// How many orders go on once this is put right, and how many wait on something else too.
fn releases(open: &[&OpenProblem], all: &[OpenProblem]) -> String {
    let elsewhere: BTreeSet<_> = all
        .iter()
        .filter(|one| open.first().is_some_and(|first| first.problem.told.code != one.problem.told.code))
        .filter(|one| one.problem.told.severity >= Severity::Blocker)
        .filter_map(|one| one.problem.order.as_ref())
        .collect();
    let also =
        open.iter().filter_map(|one| one.problem.order.as_ref()).filter(|id| elsewhere.contains(id)).count();
    let text = match open.len() {
        1 => "1 order waits on it. When it is put right, the next cycle lets it go by itself.".to_owned(),
        number => format!(
            "{} wait on it. When it is put right, the next cycle lets them go by itself.",
            counted(number, "order")
        ),
    };
    match (also, open.len()) {
        (0, _) => text,
        (_, 1) => format!("{text} It waits on something else too."),
        (1, _) => format!("{text} 1 of them waits on something else too."),
        (also, _) => format!("{text} {} of them wait on something else too.", count(also)),
    }
}

fn released_words(orders: usize) -> String {
    match orders {
        1 => "1 order no longer waits on it since yesterday.".to_owned(),
        many => format!("{} no longer wait on it since yesterday.", counted(many, "order")),
    }
}

fn waiting(one: &OpenProblem, now: Moment) -> Option<WaitingOrder> {
    let order = one.problem.order.as_ref()?;
    Some(WaitingOrder {
        id: order.to_string(),
        href: format!("/orders/{}/{order}", one.connection),
        retailer: one.retailer.clone(),
        value: one.value.as_ref().map(amount),
        ships: one.ship_start.map(day).unwrap_or_default(),
        urgency: urgency(one, now.day()),
        sentence: full_stop(&one.problem.told.sentence),
        since: when(one.problem.opened, now),
    })
}

/// Has all orders of one cause checked again, by one command.
pub async fn retry_all(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, code)): Path<(String, String)>,
) -> Answer {
    let ledger = console.ledger();
    let record = find(&console, &connection).await?;
    let href = format!("/problems/{connection}/{code}");
    let orders = ledger.orders_of_cause(&connection, &code, CAUSE_ORDERS_MAX).await?.len();
    if orders == 0 {
        let words =
            format!("“{}” is solved: no order waits on it, so nothing had to be checked.", title(&code));
        return done(&href, &words);
    }
    note(ledger, &retry_cause_of(&connection, &code), &visit.name, console.now()).await?;
    let words = match (record.paused, orders) {
        (true, _) => noted_words(&connection, true),
        (false, 1) => "Noted: 1 order is checked again in the next cycle.".to_owned(),
        (false, many) => format!("Noted: {} are checked again in the next cycle.", counted(many, "order")),
    };
    done(&href, &words)
}

#[cfg(test)]
#[path = "problems_tests.rs"]
mod tests;
