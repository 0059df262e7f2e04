//! Problems by cause: one fix, and every order that waits on it.

use super::Console;
use super::answers::{Answer, No, done, page};
use super::overview::{needs, needs_somebody};
use super::visit::Visit;
use super::words::{Places, amount, full_stop, is_late, tone, when, who_words};
use crate::cli::{ConnectionChoice, RetryArgs};
use crate::commands::act::{About, note, retry_of};
use adapters::ledger::OpenProblem;
use axum::extract::{Extension, Path, State};
use console::Place;
use console::look::{counted, day};
use console::pages::problems::{OneCause, Problems, Solved, WaitingOrder};
use domain::problem::{Severity, title};
use domain::time::Moment;
use std::sync::Arc;

const SOLVED_SINCE_MS: i64 = 24 * 3_600_000;
const SOLVED_MAX: u32 = 20;
/// Orders of one cause on one page.
const SHOWN_MAX: usize = 200;

pub async fn all(State(console): State<Arc<Console>>, Extension(visit): Extension<Visit>) -> Answer {
    let (ledger, now) = (console.ledger(), console.now());
    let open = ledger.open_problems(None).await?;
    let solved = ledger.solved_problems(None, Moment(now.0 - SOLVED_SINCE_MS), SOLVED_MAX).await?;
    let mut of_connections = Vec::new();
    for connection in ledger.connections().await? {
        let places = Places::of(&connection, console.house.trial);
        let own = open.iter().filter(|one| one.connection == connection.name && one.problem.order.is_none());
        of_connections.extend(own.map(|one| {
            let mut shown = places.problem(&one.problem.told, None, Some(when(one.problem.opened, now)));
            shown.who = format!("{}: {}", connection.name, shown.who);
            shown
        }));
    }
    page(&Problems {
        frame: console.frame(&visit, Place::Problems).await,
        needs: needs(&open, now),
        of_connections,
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

pub async fn cause(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, code)): Path<(String, String)>,
) -> Answer {
    let (ledger, now) = (console.ledger(), console.now());
    let record = ledger.connection(&connection).await?;
    let record = record.ok_or_else(|| No::NotFound(format!("There is no connection {connection}.")))?;
    let places = Places::of(&record, console.house.trial);
    let mut open = ledger.open_problems(Some(&connection)).await?;
    open.retain(|one| one.problem.told.code == code && one.problem.order.is_some());
    let Some(first) = open.first() else {
        return Err(No::NotFound(format!("“{}” is solved: no order waits on it.", title(&code))));
    };
    let told = &first.problem.told;
    let severity = open.iter().map(|one| one.problem.told.severity).max().unwrap_or(Severity::Partial);
    let releases = format!(
        "{} on it. When it is put right, the next cycle lets {} go by itself.",
        match open.len() {
            1 => "1 order waits".to_owned(),
            number => format!("{} wait", counted(number, "order")),
        },
        if open.len() == 1 { "it" } else { "them" }
    );
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
        resolution: full_stop(&told.resolution),
        releases,
        links: places.fixes(told, None),
        subjects: Vec::new(),
        retry_all: open.iter().any(needs_somebody).then(|| format!("/problems/{connection}/{code}/retry")),
        orders: open.iter().take(SHOWN_MAX).filter_map(|one| waiting(one, now)).collect(),
    })
}

fn waiting(one: &OpenProblem, now: Moment) -> Option<WaitingOrder> {
    let order = one.problem.order.as_ref()?;
    Some(WaitingOrder {
        id: order.to_string(),
        href: format!("/orders/{}/{order}", one.connection),
        retailer: one.retailer.clone(),
        value: one.value.as_ref().map(amount),
        ships: one.ship_start.map(day).unwrap_or_default(),
        is_late: is_late(one.ship_start, now.day()),
        sentence: full_stop(&one.problem.told.sentence),
        since: when(one.problem.opened, now),
    })
}

/// Has all orders of one cause checked again.
pub async fn retry_all(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, code)): Path<(String, String)>,
) -> Answer {
    let ledger = console.ledger();
    let mut noted = 0;
    for one in ledger.open_problems(Some(&connection)).await? {
        let Some(id) = one.problem.order.filter(|_| one.problem.told.code == code) else { continue };
        let Some(order) = ledger.order(&connection, &id).await? else { continue };
        let about = About::of(ledger, &connection, order).await?;
        let arguments = RetryArgs {
            id: id.to_string(),
            link_customer: None,
            export_anyway: false,
            confirm_prices: false,
            link_order: None,
            not_there: false,
            choice: ConnectionChoice { connection: None },
        };
        // What is being sent or is done by now needs no check.
        if let Ok(ask) = retry_of(&about, &arguments) {
            note(ledger, &ask, &visit.name, console.now()).await?;
            noted += 1;
        }
    }
    done(
        &format!("/problems/{connection}/{code}"),
        &format!(
            "Noted: {} checked again in the next cycle.",
            match noted {
                1 => "1 order is".to_owned(),
                number => format!("{} are", counted(number, "order")),
            }
        ),
    )
}
