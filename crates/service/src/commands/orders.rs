//! `orders list`, `orders show` and `problems`: reads the ledger and hands it to the tables.

use super::act::{self, About, find};
use super::{Outcome, Session};
use crate::cli::{OrdersCommand, OrdersListArgs, ProblemsArgs, exit};
use crate::cycle::seen::raw_of;
use crate::show::counted;
use crate::show::order::{self, Row, Story};
use adapters::ledger::{ExportQuery, Ledger, LedgerError, OrderQuery, ProblemQuery};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub async fn run(session: &Session, command: OrdersCommand) -> Outcome {
    let ledger = session.ledger().await?;
    match command {
        OrdersCommand::List(wanted) => list(session, &ledger, &wanted).await,
        OrdersCommand::Show { id, choice } => show(session, &ledger, &id, choice.connection.as_deref()).await,
        OrdersCommand::Retry(retry) => act::retry(session, &ledger, &retry).await,
        OrdersCommand::LinkItem(link) => act::link_item(session, &ledger, &link).await,
        OrdersCommand::UnlinkItem { id, line, choice } => {
            act::unlink_item(session, &ledger, &id, &line, choice.connection.as_deref()).await
        }
        OrdersCommand::ReExport { id, give_up, choice, .. } => {
            act::re_export(session, &ledger, &id, give_up, choice.connection.as_deref()).await
        }
        OrdersCommand::Close { id, note, choice } => {
            act::close(session, &ledger, &id, &note, choice.connection.as_deref()).await
        }
        OrdersCommand::Reopen { id, choice } => {
            act::reopen(session, &ledger, &id, choice.connection.as_deref()).await
        }
        OrdersCommand::Preview(_) => unreachable!("handed to the caller before"),
    }
}

/// The rows of `orders list` for one connection; the demo and `sync --once` print the same table.
pub async fn rows(ledger: &Ledger, connection: &str, wanted: &OrderQuery) -> Result<Vec<Row>, LedgerError> {
    let orders = ledger.orders(connection, wanted).await?;
    let mut exports = BTreeMap::<_, Vec<_>>::new();
    for export in ledger.exports(connection, &ExportQuery::default()).await? {
        exports.entry(export.export.key.order.clone()).or_default().push(export);
    }
    let mut problems = BTreeMap::<_, Vec<_>>::new();
    let open = ProblemQuery { order: None, open_only: true };
    for problem in ledger.problems(connection, &open).await? {
        if let Some(order) = problem.order.clone() {
            problems.entry(order).or_default().push(problem.told);
        }
    }
    Ok(orders
        .into_iter()
        .map(|record| {
            let exports = exports.remove(&record.id).unwrap_or_default();
            let problems = problems.remove(&record.id).unwrap_or_default();
            Row::new(connection, record, exports, problems)
        })
        .collect())
}

async fn list(session: &Session, ledger: &Ledger, wanted: &OrdersListArgs) -> Outcome {
    let query = OrderQuery {
        states: wanted.state.clone(),
        problem: wanted.problem.as_ref().map(|code| code.to_uppercase()),
        limit: Some(wanted.limit),
        ..OrderQuery::default()
    };
    let connections = session.connections(ledger, wanted.choice.connection.as_deref()).await?;
    let mut shown = Vec::new();
    for connection in &connections {
        shown.extend(rows(ledger, &connection.name, &query).await?);
    }
    if shown.is_empty() {
        session.voice.talk("No orders match");
    } else {
        session.voice.text(&order::table_of(&shown, connections.len() > 1));
    }
    session.voice.data(json!({ "orders": shown.iter().map(Row::json).collect::<Vec<Value>>() }));
    if shown.len() >= wanted.limit as usize {
        session
            .voice
            .talk(&format!("hint: only the first {} are shown; see more with --limit", wanted.limit));
    }
    Ok(exit::OK)
}

async fn show(session: &Session, ledger: &Ledger, id: &str, connection: Option<&str>) -> Outcome {
    let about = find(session, ledger, connection, id).await?;
    let record = session.connection(ledger, &about.connection).await;
    let page = match record.and_then(|record| session.checked(&record)) {
        Ok(checked) => checked.settings.orders.order_page.replace("{order}", about.order.id.as_str()),
        Err(_) => String::new(),
    };
    let story = story_of(ledger, &about, page).await?;
    session.voice.text(&story.text());
    session.voice.data(story.json());
    Ok(exit::OK)
}

/// Everything that the ledger knows of an order.
pub async fn story_of(ledger: &Ledger, about: &About, page: String) -> Result<Story, LedgerError> {
    let name = &about.connection;
    let wanted = ExportQuery { order: Some(about.order.id.clone()), ..ExportQuery::default() };
    let exports = ledger.exports(name, &wanted).await?;
    let query = ProblemQuery { order: Some(about.order.id.clone()), open_only: true };
    let problems = ledger.problems(name, &query).await?.into_iter().map(|problem| problem.told).collect();
    let mut follow_ups = ledger.follow_ups(name).await?;
    follow_ups.retain(|follow_up| follow_up.key.order == about.order.id);
    let mut commands = ledger.pending_commands(name).await?;
    commands.retain(|command| names_order(&command.arguments, about.order.id.as_str()));
    let row = Row::new(name, about.order.clone(), exports, problems);
    let is_broken = row.problems.iter().any(|told| told.code == "SRC_BAD_PAYLOAD");
    let sight = if is_broken { ledger.sight(name, &about.order.id).await? } else { None };
    Ok(Story {
        unreadable: sight.and_then(|sight| raw_of(&sight.words).map(str::to_owned)),
        row,
        events: ledger.events(name, &about.order.id).await?,
        follow_ups,
        commands,
        page,
    })
}

fn names_order(arguments: &str, order: &str) -> bool {
    serde_json::from_str::<Value>(arguments).is_ok_and(|value| value["order"] == order)
}

/// Exit code 1 if anything open needs a person, so that a script can ask "is all well?".
pub async fn problems(session: &Session, wanted: &ProblemsArgs) -> Outcome {
    let ledger = session.ledger().await?;
    let connections = session.connections(&ledger, wanted.choice.connection.as_deref()).await?;
    let mut found = Vec::new();
    for connection in &connections {
        let query = ProblemQuery { order: None, open_only: !wanted.all };
        for problem in ledger.problems(&connection.name, &query).await? {
            found.push((connection.name.clone(), problem));
        }
    }
    found.sort_by_key(|(_, problem)| (std::cmp::Reverse(problem.told.severity), problem.opened));
    if found.is_empty() {
        session.voice.text("No problems");
    } else {
        session.voice.text(&order::problem_table(&found, connections.len() > 1));
    }
    let values: Vec<Value> = found.iter().map(|(name, problem)| order::problem_json(name, problem)).collect();
    let value = json!({ "problems": values });
    match found.iter().filter(|(_, problem)| order::needs_person(problem)).count() {
        0 => {
            session.voice.data(value);
            Ok(exit::OK)
        }
        open => {
            let need = if open == 1 { "needs" } else { "need" };
            let what = format!("{} {need} a person", counted(open, "problem"));
            session.voice.bad(value, &what, "do what stands in `resolution` beside each");
            Ok(exit::FAILED)
        }
    }
}
