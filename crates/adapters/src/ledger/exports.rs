//! Exports: their states, their history, every request that was written down for them, and refusals. A state is
//! stored together with its event; which state follows is decided by the domain.

use super::commit::Writing;
use super::records::{EventRecord, ExportRecord};
use super::rows::{
    GIVEN_UP, Row, STATE_WORDS, kept, keyed, money_columns, state_rank, state_word, with_state,
};
use super::{Ledger, LedgerError, Result, refusals, statements};
use crate::ports::Frozen;
use domain::ids::{ExportKey, JoorOrderId, Token};
use domain::money::Money;
use domain::orders::export::{Export, State};
use domain::time::Moment;
use sqlx::{AnyConnection, query};

macro_rules! exports {
    () => {
        "select e.joor_order, e.generation, e.part, e.token, e.state, e.wait_until, e.sending_epoch, e.deadline, \
         e.unclear_cause, e.looks, e.empty_looks, e.next_look, e.shop_order, e.shop_name, e.attempts, e.version, \
         e.request_body, e.request_fingerprint, e.request_expected_amount, e.request_expected_currency, \
         e.request_units, e.total_amount, e.total_currency, e.cancelled, e.changed, e.shop_created, r.fingerprint, r.times, r.at, \
         r.code, r.severity, r.who, r.sentence, r.resolution from export e left join refusal r \
         on r.connection = e.connection and r.joor_order = e.joor_order and r.generation = e.generation \
         and r.part = e.part where e.connection = $1 "
    };
}
macro_rules! sorted {
    () => {
        "order by length(e.joor_order), e.joor_order, e.generation, e.part "
    };
}
macro_rules! keyed {
    () => {
        "where connection = $1 and joor_order = $2 and generation = $3 and part = $4 "
    };
}

statements! {
    EXPORTS = concat!(
        exports!(),
        "and e.state in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ",
        sorted!(),
        "limit $12"
    );
    EXPORTS_OF_ORDER = concat!(exports!(), "and e.joor_order = $2 ", sorted!());
    OPEN = "insert into export (connection, joor_order, generation, part, token, state, state_rank, wait_until, \
        sending_epoch, deadline, unclear_cause, looks, empty_looks, next_look, shop_order, shop_name, attempts, \
        version, cancelled, changed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
        $17, $18, 0, $19) on conflict do nothing";
    TOKEN_HOLDER = "select connection, joor_order, generation, part from export where token = $1";
    MOVE = concat!(
        "update export set state = $5, state_rank = $6, wait_until = $7, sending_epoch = $8, deadline = $9, \
         unclear_cause = $10, looks = $11, empty_looks = $12, next_look = $13, shop_order = $14, shop_name = $15, \
         attempts = $16, version = version + 1, changed = $17, request_body = coalesce($18, request_body), \
         request_fingerprint = coalesce($19, request_fingerprint), \
         request_expected_amount = coalesce($20, request_expected_amount), \
         request_expected_currency = coalesce($21, request_expected_currency), \
         request_units = coalesce($22, request_units), total_amount = coalesce($23, total_amount), \
         total_currency = coalesce($24, total_currency) ",
        keyed!(),
        "and version = $25"
    );
    VERSION = concat!("select state, version from export ", keyed!());
    INSERT_EVENT = "insert into export_event (connection, joor_order, generation, part, version, at, epoch, word, \
        state, detail) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    EVENTS = "select joor_order, generation, part, version, at, epoch, word, state, detail, \
        case when request is null then 0 else 1 end as wired from export_event \
        where connection = $1 and joor_order = $2 order by at, generation, part, version";
    INSERT_ATTEMPT = concat!(
        "insert into attempt (connection, joor_order, generation, part, version, attempt, at, body, fingerprint, \
         expected_amount, expected_currency, units) select connection, joor_order, generation, part, version, $5, $6, \
         request_body, request_fingerprint, request_expected_amount, request_expected_currency, request_units \
         from export ",
        keyed!(),
        "and request_body is not null on conflict do nothing"
    );
    REQUESTS = "select a.body, a.fingerprint, a.expected_amount, a.expected_currency, a.units, e.token \
        from attempt a join export e on e.connection = a.connection and e.joor_order = a.joor_order \
        and e.generation = a.generation and e.part = a.part where a.connection = $1 and a.joor_order = $2 \
        and a.generation = $3 and a.part = $4 order by a.version";
    FREEZE = concat!(
        "update export set request_body = $5, request_fingerprint = $6, request_expected_amount = $7, \
         request_expected_currency = $8, request_units = $9, changed = $10 ",
        keyed!(),
        "and state not in ('sending', 'unconfirmed', 'exported')"
    );
    SET_MADE = concat!("update export set shop_created = $5 ", keyed!());
    SET_CANCELLED = concat!("update export set cancelled = $5, changed = $6 ", keyed!());
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportQuery {
    /// `None`: of all orders.
    pub order: Option<JoorOrderId>,
    /// State words; empty: all.
    pub states: Vec<&'static str>,
    pub limit: Option<u32>,
}

/// The state word of an order: that of the least finished of these parts; `None` without any.
pub fn order_state<'a>(parts: impl IntoIterator<Item = &'a State>) -> Option<&'static str> {
    parts.into_iter().map(state_rank).min().and_then(|rank| state_word(rank).ok())
}

impl Ledger {
    /// Exports by order, generation and part.
    pub async fn exports(&self, name: &str, wanted: &ExportQuery) -> Result<Vec<ExportRecord>> {
        let words = || STATE_WORDS.into_iter().chain([GIVEN_UP]);
        let states = if wanted.states.is_empty() { words().collect() } else { wanted.states.clone() };
        if let Some(order) = &wanted.order {
            // An order has a handful of exports: they are picked here, so that the order's index is used for sure.
            let mut found = self.exports_of(name, order).await?;
            found.retain(|record| states.contains(&record.export.state.word()));
            found.truncate(wanted.limit.map_or(usize::MAX, |limit| limit as usize));
            return Ok(found);
        }
        let mut asked = query(EXPORTS).bind(name);
        for word in words() {
            asked = asked.bind(if states.contains(&word) { word } else { "" });
        }
        let limit = wanted.limit.map_or(i64::MAX, i64::from);
        let rows = self.rows(asked.bind(limit)).await?;
        rows.iter().map(|row| export_from(&Row(row))).collect()
    }

    async fn exports_of(&self, name: &str, order: &JoorOrderId) -> Result<Vec<ExportRecord>> {
        let rows = self.rows(query(EXPORTS_OF_ORDER).bind(name).bind(order.as_str())).await?;
        rows.iter().map(|row| export_from(&Row(row))).collect()
    }

    /// Every request that was ever written down for this export, oldest first.
    pub async fn requests(&self, name: &str, key: &ExportKey) -> Result<Vec<Frozen>> {
        let rows = self.rows(keyed(query(REQUESTS), name, key)).await?;
        let mut requests = Vec::with_capacity(rows.len());
        for row in &rows {
            requests.extend(Row(row).frozen_or_none("")?);
        }
        Ok(requests)
    }

    /// The history of an order over all its generations and parts, oldest first.
    pub async fn events(&self, name: &str, order: &JoorOrderId) -> Result<Vec<EventRecord>> {
        let rows = self.rows(query(EVENTS).bind(name).bind(order.as_str())).await?;
        rows.iter()
            .map(|row| {
                let row = Row(row);
                Ok(EventRecord {
                    key: row.key()?,
                    version: row.number("version")?,
                    at: row.moment("at")?,
                    epoch: row.number("epoch")?,
                    word: row.text("word")?,
                    state: row.text("state")?,
                    detail: row.text("detail")?,
                    wired: row.truth("wired")?,
                })
            })
            .collect()
    }
}

/// A new export. One that is there already, by key or by token, is an error: it would be exported twice.
pub(super) async fn open(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    export: &Export,
) -> Result<()> {
    let asked = keyed(query(OPEN), writing.name, &export.key).bind(export.token.as_str());
    let opened = with_state(asked, &export.state)
        .bind(i64::from(export.attempts))
        .bind(export.version)
        .bind(writing.now.0)
        .execute(&mut *connection)
        .await?;
    if opened.rows_affected() == 0 {
        return Err(already_there(connection, writing.name, export).await?);
    }
    insert_event(connection, writing, export, "opened", "").await
}

async fn already_there(connection: &mut AnyConnection, name: &str, export: &Export) -> Result<LedgerError> {
    if stored_version(connection, name, &export.key).await?.is_some() {
        return Ok(LedgerError::Exists(format!("export {}", export.key)));
    }
    let row = query(TOKEN_HOLDER).bind(export.token.as_str()).fetch_optional(connection).await?;
    let holder = match row {
        Some(row) => {
            format!(" (export {} of connection {})", Row(&row).key()?, Row(&row).text("connection")?)
        }
        None => String::new(),
    };
    Ok(LedgerError::Exists(format!("export token {}{holder}", export.token)))
}

/// An export after an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved<'a> {
    pub export: &'a Export,
    pub event: &'static str,
    pub detail: &'a str,
    pub request: Option<&'a Frozen>,
    pub total: Option<&'a Money>,
}

/// Stores the next version of an export with its event, and the request that is about to leave.
pub(super) async fn step(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    moved: &Moved<'_>,
) -> Result<()> {
    let Moved { export, request, .. } = *moved;
    if let Some(request) = request {
        require_token(&export.key, &export.token, request)?;
    }
    let expected = export.version - 1;
    let (expected_amount, expected_currency) = money_columns(request.map(|r| &r.expected));
    let (total_amount, total_currency) = money_columns(moved.total);
    let asked = with_state(keyed(query(MOVE), writing.name, &export.key), &export.state)
        .bind(i64::from(export.attempts))
        .bind(writing.now.0)
        .bind(request.map(|r| r.body.as_str()))
        .bind(request.map(|r| r.fingerprint.as_str()))
        .bind(expected_amount)
        .bind(expected_currency)
        .bind(request.map(|r| r.units))
        .bind(total_amount)
        .bind(total_currency)
        .bind(expected);
    if asked.execute(&mut *connection).await?.rows_affected() == 0 {
        return Err(stale(connection, writing.name, &export.key, expected).await?);
    }
    insert_event(connection, writing, export, moved.event, moved.detail).await?;
    let leaves = matches!(export.state, State::Sending { .. });
    if leaves || request.is_some() { write_down(connection, writing, export, leaves).await } else { Ok(()) }
}

/// Keeps the stored request among all requests of the export. No request leaves that was not written down, and no
/// attempt is made twice.
async fn write_down(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    export: &Export,
    leaves: bool,
) -> Result<()> {
    let attempt = leaves.then_some(i64::from(export.attempts));
    let written = keyed(query(INSERT_ATTEMPT), writing.name, &export.key)
        .bind(attempt)
        .bind(writing.now.0)
        .execute(&mut *connection)
        .await?;
    if written.rows_affected() == 1 {
        return Ok(());
    }
    let requests = keyed(query(REQUESTS), writing.name, &export.key).fetch_all(connection).await?;
    Err(if requests.is_empty() {
        LedgerError::NotFound(format!("the request of export {}", export.key))
    } else {
        LedgerError::Exists(format!("attempt {} of export {}", export.attempts, export.key))
    })
}

/// The request of a part that has not left yet.
pub(super) async fn freeze(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    key: &ExportKey,
    request: &Frozen,
) -> Result<()> {
    let (amount, currency) = money_columns(Some(&request.expected));
    let frozen = keyed(query(FREEZE), writing.name, key)
        .bind(request.body.as_str())
        .bind(request.fingerprint.as_str())
        .bind(amount)
        .bind(currency)
        .bind(request.units)
        .bind(writing.now.0)
        .execute(&mut *connection)
        .await?;
    if frozen.rows_affected() == 1 {
        return Ok(());
    }
    Err(match stored_version(connection, writing.name, key).await? {
        None => not_there(key),
        Some((state, _)) => LedgerError::Stale {
            key: key.clone(),
            what: format!("is {state}, so its request cannot be replaced any more"),
        },
    })
}

pub(super) async fn set_cancelled(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    key: &ExportKey,
    cancelled: bool,
) -> Result<()> {
    let set = keyed(query(SET_CANCELLED), writing.name, key)
        .bind(i64::from(cancelled))
        .bind(writing.now.0)
        .execute(connection)
        .await?;
    if set.rows_affected() == 1 { Ok(()) } else { Err(not_there(key)) }
}

pub(super) async fn set_made(
    connection: &mut AnyConnection,
    name: &str,
    key: &ExportKey,
    at: Moment,
) -> Result<()> {
    let set = keyed(query(SET_MADE), name, key).bind(at.0).execute(connection).await?;
    if set.rows_affected() == 1 { Ok(()) } else { Err(not_there(key)) }
}

async fn insert_event(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    export: &Export,
    word: &str,
    detail: &str,
) -> Result<()> {
    keyed(query(INSERT_EVENT), writing.name, &export.key)
        .bind(export.version)
        .bind(writing.now.0)
        .bind(writing.epoch.0)
        .bind(word)
        .bind(export.state.word())
        .bind(kept(detail))
        .execute(connection)
        .await?;
    Ok(())
}

/// State word and version as stored.
async fn stored_version(
    connection: &mut AnyConnection,
    name: &str,
    key: &ExportKey,
) -> Result<Option<(String, i64)>> {
    let row = keyed(query(VERSION), name, key).fetch_optional(connection).await?;
    row.map(|row| Ok((Row(&row).text("state")?, Row(&row).number("version")?))).transpose()
}

pub(super) async fn require_export(
    connection: &mut AnyConnection,
    name: &str,
    key: &ExportKey,
) -> Result<()> {
    stored_version(connection, name, key).await?.map(|_| ()).ok_or_else(|| not_there(key))
}

async fn stale(
    connection: &mut AnyConnection,
    name: &str,
    key: &ExportKey,
    expected: i64,
) -> Result<LedgerError> {
    Ok(match stored_version(connection, name, key).await? {
        None => not_there(key),
        Some((state, version)) => LedgerError::Stale {
            key: key.clone(),
            what: format!(
                "is {state} in version {version} by now, the change was made for version {expected}"
            ),
        },
    })
}

fn not_there(key: &ExportKey) -> LedgerError {
    LedgerError::NotFound(format!("export {key}"))
}

/// A request with another export's token must never leave.
fn require_token(key: &ExportKey, token: &Token, request: &Frozen) -> Result<()> {
    if request.token == *token {
        return Ok(());
    }
    Err(LedgerError::Stale {
        key: key.clone(),
        what: format!("has the token {token}, but the request carries {}", request.token),
    })
}

fn export_from(row: &Row) -> Result<ExportRecord> {
    Ok(ExportRecord {
        export: Export {
            key: row.key()?,
            token: Token::stored(row.text("token")?),
            state: row.state()?,
            attempts: row.count("attempts")?,
            version: row.number("version")?,
        },
        request: row.frozen_or_none("request_")?,
        refusal: refusals::from_row(row)?,
        total: row.money_or_none("total")?,
        cancelled: row.truth("cancelled")?,
        changed: row.moment("changed")?,
        shop_created: row.moment_or_none("shop_created")?,
    })
}
