//! Problems of orders and connections: when each opened and closed, and what people were told of it. A problem is open
//! at most once per order and code. Which problems there are is decided elsewhere.

use super::commit::Writing;
use super::records::ProblemRecord;
use super::rows::{Row, kept, unreadable};
use super::{Ledger, Result, next_number, statements};
use domain::ids::{ExportKey, JoorOrderId};
use domain::problem::{Severity, Subject, Told, one_per_code};
use serde_json::{Value, json};
use sqlx::{AnyConnection, query, query_scalar};
use std::str::FromStr;

macro_rules! problems {
    () => {
        "select id, joor_order, code, severity, who, sentence, resolution, subjects, opened, closed, mailed, \
         closing_mailed \
         from problem "
    };
}

statements! {
    OF_CONNECTION = concat!(problems!(), "where connection = $1 order by id");
    OPEN_OF_CONNECTION = concat!(problems!(), "where connection = $1 and closed is null order by id");
    OF_ORDER = concat!(problems!(), "where connection = $1 and joor_order = $2 order by id");
    OPEN_OF_ORDER = concat!(
        problems!(),
        "where connection = $1 and joor_order = $2 and closed is null order by id"
    );
    OPEN_UNTOLD = concat!(
        problems!(),
        "where connection = $1 and closed is null and (mailed is null or mailed <> severity) order by id"
    );
    CLOSED_UNTOLD = concat!(
        problems!(),
        "where connection = $1 and closed is not null and mailed is not null and closing_mailed = 0 order by id"
    );
    TOLD_NOT_OVER = "select max(id) from problem where connection = $1 and joor_order = $2 and code = $3 \
        and closed is not null and mailed is not null and closing_mailed = 0";
    ORDERS_OF_CAUSE = "select joor_order from problem where connection = $1 and code = $2 and closed is null \
        and joor_order <> '' order by joor_order limit $3";
    /// Of exports that have not left yet. A refusal of an earlier generation says why it still stands.
    REFUSED_OF_CAUSE = "select r.joor_order, r.generation, r.part from problem p cross join joor_order o \
        cross join refusal r cross join export e where p.connection = $1 and p.code = $2 and p.closed is null \
        and o.connection = p.connection and o.id = p.joor_order and r.connection = o.connection \
        and r.joor_order = o.id and r.generation = o.generation and e.connection = r.connection \
        and e.joor_order = r.joor_order and e.generation = r.generation and e.part = r.part \
        and e.state in ('seen', 'held', 'waiting', 'ready', 'skipped') order by r.joor_order, r.part limit $3";
    INSERT = "insert into problem (id, connection, joor_order, code, severity, who, sentence, resolution, opened, \
        closing_mailed, subjects) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10)";
    UPDATE = "update problem set severity = $2, who = $3, sentence = $4, subjects = $6, closed = null, \
        mailed = case when mailed is null or mailed <> $2 or resolution = $5 or (subjects = $6 and who = $3) \
        then mailed else '' end, resolution = $5 where id = $1";
    CLOSE = "update problem set closed = $2 where id = $1";
    CLOSE_CODE = "update problem set closed = $4 where connection = $1 and joor_order = $2 and code = $3 \
        and closed is null";
    OPENING_MAILED = "update problem set mailed = severity where id = $1 and connection = $2";
    CLOSING_MAILED = "update problem set closing_mailed = 1 where id = $1 and connection = $2";
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProblemQuery {
    /// `None`: of all orders, and of the connection itself.
    pub order: Option<JoorOrderId>,
    pub open_only: bool,
}

impl Ledger {
    /// Problems, oldest first.
    pub async fn problems(&self, name: &str, wanted: &ProblemQuery) -> Result<Vec<ProblemRecord>> {
        let asked = match (&wanted.order, wanted.open_only) {
            (Some(order), true) => query(OPEN_OF_ORDER).bind(name).bind(order.as_str()),
            (Some(order), false) => query(OF_ORDER).bind(name).bind(order.as_str()),
            (None, true) => query(OPEN_OF_CONNECTION).bind(name),
            (None, false) => query(OF_CONNECTION).bind(name),
        };
        let rows = self.rows(asked).await?;
        rows.iter().map(|row| problem_from(&Row(row))).collect()
    }

    /// Orders that wait on one cause, at most so many.
    pub async fn orders_of_cause(&self, name: &str, code: &str, limit: u32) -> Result<Vec<JoorOrderId>> {
        let asked = query(ORDERS_OF_CAUSE).bind(name).bind(code).bind(i64::from(limit));
        let rows = self.rows(asked).await?;
        rows.iter().map(|row| Ok(JoorOrderId::new(Row(row).text("joor_order")?))).collect()
    }

    /// Those of their exports whose request was refused, and which may be tried again.
    pub async fn refused_of_cause(&self, name: &str, code: &str, limit: u32) -> Result<Vec<ExportKey>> {
        let asked = query(REFUSED_OF_CAUSE).bind(name).bind(code).bind(i64::from(limit));
        let rows = self.rows(asked).await?;
        rows.iter().map(|row| Row(row).key()).collect()
    }

    /// What people were not told yet: open problems that are new or worse than told, and told ones that are over.
    /// Notices are among them; whether to mail those is decided by the caller.
    pub async fn news(&self, name: &str) -> Result<Vec<ProblemRecord>> {
        let mut news = Vec::new();
        for row in self.rows(query(OPEN_UNTOLD).bind(name)).await? {
            let problem = problem_from(&Row(&row))?;
            if is_worse_than_told(&problem) {
                news.push(problem);
            }
        }
        for row in self.rows(query(CLOSED_UNTOLD).bind(name)).await? {
            news.push(problem_from(&Row(&row))?);
        }
        news.sort_by_key(|problem| problem.id);
        Ok(news)
    }
}

fn is_worse_than_told(problem: &ProblemRecord) -> bool {
    let told = problem.mailed.as_deref().and_then(|word| Severity::from_str(word).ok());
    told.is_none_or(|told| told < problem.told.severity)
}

/// These are the open problems now: others close, known ones take the new words, the rest opens.
pub(super) async fn replace(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: Option<&JoorOrderId>,
    told: &[Told],
) -> Result<()> {
    let told = one_per_code(told.to_vec());
    for known in open_ones(connection, writing, order).await? {
        if !told.iter().any(|new| new.code == known.told.code) {
            query(CLOSE).bind(known.id).bind(writing.now.0).execute(&mut *connection).await?;
        }
    }
    for new in &told {
        open(connection, writing, order, new).await?;
    }
    Ok(())
}

/// Opens a problem, or gives an open one its new words. One that closed without people being told so goes on being
/// open instead: they were told that it is open, so there is no news.
pub(super) async fn open(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: Option<&JoorOrderId>,
    told: &Told,
) -> Result<()> {
    let open = open_ones(connection, writing, order).await?;
    let known = match open.into_iter().find(|known| known.told.code == told.code) {
        Some(known) if known.told == *told => return Ok(()),
        Some(known) => Some(known.id),
        None => {
            query_scalar(TOLD_NOT_OVER)
                .bind(writing.name)
                .bind(column(order))
                .bind(told.code)
                .fetch_one(&mut *connection)
                .await?
        }
    };
    match known {
        Some(id) => {
            query(UPDATE)
                .bind(id)
                .bind(told.severity.word())
                .bind(told.who.word())
                .bind(kept(&told.sentence))
                .bind(kept(&told.resolution))
                .bind(subjects_text(&told.subjects))
                .execute(connection)
                .await?;
        }
        None => insert(connection, writing, order, told).await?,
    }
    Ok(())
}

pub(super) async fn close(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: Option<&JoorOrderId>,
    code: &str,
) -> Result<()> {
    query(CLOSE_CODE)
        .bind(writing.name)
        .bind(column(order))
        .bind(code)
        .bind(writing.now.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn mailed(
    connection: &mut AnyConnection,
    name: &str,
    opened: &[i64],
    closed: &[i64],
) -> Result<()> {
    for id in opened {
        query(OPENING_MAILED).bind(*id).bind(name).execute(&mut *connection).await?;
    }
    for id in closed {
        query(CLOSING_MAILED).bind(*id).bind(name).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: Option<&JoorOrderId>,
    told: &Told,
) -> Result<()> {
    let id = next_number(connection, "problem").await?;
    query(INSERT)
        .bind(id)
        .bind(writing.name)
        .bind(column(order))
        .bind(told.code)
        .bind(told.severity.word())
        .bind(told.who.word())
        .bind(kept(&told.sentence))
        .bind(kept(&told.resolution))
        .bind(writing.now.0)
        .bind(subjects_text(&told.subjects))
        .execute(connection)
        .await?;
    Ok(())
}

async fn open_ones(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: Option<&JoorOrderId>,
) -> Result<Vec<ProblemRecord>> {
    let rows = query(OPEN_OF_ORDER).bind(writing.name).bind(column(order)).fetch_all(connection).await?;
    rows.iter().map(|row| problem_from(&Row(row))).collect()
}

fn subjects_text(subjects: &[Subject]) -> String {
    let rows = subjects.iter().map(|one| json!([one.kind.word(), one.id, one.label]));
    kept(&Value::Array(rows.collect()).to_string())
}

pub(super) fn subjects_from(text: &str) -> Result<Vec<Subject>> {
    let rows: Vec<(String, String, String)> =
        serde_json::from_str(text).map_err(|_| unreadable("subjects", "a list of subjects"))?;
    // A kind of a later release is left out: the words say it all the same.
    let known =
        |(kind, id, label): (String, String, String)| Some(Subject { kind: kind.parse().ok()?, id, label });
    Ok(rows.into_iter().filter_map(known).collect())
}

/// The connection itself is stored as an empty order id, because a unique index takes nulls for different.
fn column(order: Option<&JoorOrderId>) -> &str {
    order.map_or("", JoorOrderId::as_str)
}

pub(super) fn problem_from(row: &Row) -> Result<ProblemRecord> {
    let order = row.text("joor_order")?;
    Ok(ProblemRecord {
        id: row.number("id")?,
        order: (!order.is_empty()).then(|| JoorOrderId::new(order)),
        told: Told { subjects: subjects_from(&row.text("subjects")?)?, ..row.told()? },
        opened: row.moment("opened")?,
        closed: row.moment_or_none("closed")?,
        mailed: row.text_or_none("mailed")?,
        closing_mailed: row.truth("closing_mailed")?,
    })
}
