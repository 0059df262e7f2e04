//! JOOR, API v4: the `Wholesale` port. Here are the settings of the client and which calls answer which question.
//!
//! One call with credits, token and status is in `call.rs`, one batch of lines or SKUs in `gather.rs`; JOOR's field names are in `wire.rs`, `read.rs` and
//! `write.rs` only. No order is judged here, and no call is repeated except after a renewed token and in smaller
//! batches.

mod batch;
mod call;
mod credits;
mod form;
mod gather;
mod read;
mod said;
mod token;
mod wire;
mod write;

pub use credits::{Accounts, Quota};
pub use form::{Form, export_state_form};

use crate::http::{BaseUrl, Transport};
use crate::ports::{
    BrokenRow, CallError, Clock, JoorUsage, OrderFilter, OrderRow, PriceType, Report, Reported, Row, Skus,
    Wholesale,
};
use crate::vault::Secret;
use async_trait::async_trait;
use batch::{BatchSize, Because, Silent, Work};
use call::{Failure, Paging, Query, Rejection, Rows};
use credits::{Cost, Shared};
use domain::ids::{JoorOrderId, JoorStyleId};
use domain::orders::order::{Line, OrderStatus};
use domain::time::Mono;
use gather::{CATALOGUE_LIFE, KeptSkus, Lines, joined, warn_of};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use token::Tokens;
use wire::{ApiError, Envelope, Value};

/// The login that JOOR issues for one brand.
#[derive(Clone, Debug)]
pub struct JoorLogin {
    pub client_id: String,
    pub client_secret: Secret,
    pub username: String,
    pub password: Secret,
}

#[derive(Clone, Debug)]
pub struct JoorConfig {
    /// With the version: `https://api.jooraccess.com/v4`.
    pub api_url: BaseUrl,
    /// As JOOR writes it, with its last slash: `https://atlas.jooraccess.com/auth/`.
    pub token_url: BaseUrl,
    pub account: String,
    pub login: JoorLogin,
    /// Rows of a page of orders; 200 is the most that clients in use ask for [O].
    pub page_size: usize,
    /// How many ids are asked for or reported at once until JOOR refuses so many.
    pub batch_size: usize,
    /// So of orders without their lines: with ids of ten digits their address stays under 1.2 kB.
    pub order_batch_size: usize,
    pub timeout: Duration,
    pub quota: Quota,
    /// Where credits are counted, together with other clients of the account.
    pub accounts: Accounts,
}

impl JoorConfig {
    pub fn new(
        api_url: BaseUrl,
        token_url: BaseUrl,
        account: impl Into<String>,
        login: JoorLogin,
    ) -> JoorConfig {
        JoorConfig {
            api_url,
            token_url,
            account: account.into(),
            login,
            page_size: 200,
            batch_size: 50,
            order_batch_size: 100,
            timeout: Duration::from_secs(30),
            quota: Quota::default(),
            accounts: Accounts::default(),
        }
    }
}

/// A client of one JOOR account. Keeps its token and what it learned for as long as it lives; credits are counted
/// together with the account's other clients, where they share [`Accounts`].
pub struct JoorClient {
    config: JoorConfig,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    tokens: Tokens,
    credits: Shared,
    credits_spent: AtomicU64,
    requests: AtomicU64,
    offset: Mutex<Option<i64>>,
    order_batch: BatchSize,
    line_batch: BatchSize,
    style_batch: BatchSize,
    report_batch: BatchSize,
    lines_complete: AtomicUsize,
    skus_complete: AtomicUsize,
    price_types: Mutex<Option<(Mono, Vec<PriceType>)>>,
    skus: Mutex<KeptSkus>,
}

impl JoorClient {
    pub fn new(config: JoorConfig, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> JoorClient {
        let batch = || BatchSize::new(config.batch_size);
        JoorClient {
            tokens: Tokens::new(),
            credits: config.accounts.of(format!("{} {}", config.api_url, config.account), config.quota),
            credits_spent: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            offset: Mutex::new(None),
            order_batch: BatchSize::new(config.order_batch_size),
            line_batch: batch(),
            style_batch: batch(),
            report_batch: batch(),
            lines_complete: AtomicUsize::new(0),
            skus_complete: AtomicUsize::new(0),
            price_types: Mutex::new(None),
            skus: Mutex::new(BTreeMap::new()),
            config,
            transport,
            clock,
        }
    }

    async fn first_page(&self, mut query: Query) -> Result<Rows, Failure> {
        query.extend([("page", "1".to_owned()), ("page_size", self.config.page_size.to_string())]);
        let path = ["orders"];
        let answer = self.get(&path, &query).await?;
        let body = answer.text();
        let envelope = self.envelope(&path, &body)?;
        let rows = envelope.data.iter().map(|row| row.raw().to_owned()).collect();
        Ok(Rows { rows, errors: envelope.errors })
    }

    async fn report_piece(&self, reports: &[Report]) -> Result<Reported, Failure> {
        let path = ["orders", "bulk_update"];
        let answer = self.post(&path, write::reports(reports)).await?;
        let body = answer.text();
        let Some(envelope) = Envelope::read(&body) else {
            let reason = "neither `data` nor `errors` in it, or not JSON at all".to_owned();
            return Err(CallError::Garbled { endpoint: path.join("/"), reason }.into());
        };
        Ok(write::reported(reports, &envelope))
    }
}

impl JoorClient {
    async fn by_id(&self, ids: &[JoorOrderId], cost: Cost) -> Result<Vec<Row<OrderRow>>, CallError> {
        let (ids, mut all) = askable(ids);
        let mut work = Work::new(&ids, &self.order_batch);
        while let Some(piece) = work.next() {
            let query: Query = vec![("order_ids", joined(piece.iter().map(JoorOrderId::as_str)))];
            let paging = Paging::Named { ids: piece, size: self.config.page_size, cost };
            let asked = self.clock.mono();
            match self.list(&["orders"], &query, paging).await {
                Ok(found) => {
                    work.taken(piece);
                    all.extend(order_rows(&found));
                }
                Err(Failure::Rejected(rejection)) => {
                    let refused = work.refused(piece, because(&rejection));
                    all.extend(refused.map(|id| Err(rejected(id, &rejection))));
                }
                Err(Failure::Call(error)) => {
                    let alone = self.silent(&mut work, piece, asked, &error)?;
                    all.extend(alone.map(|id| Err(unanswered(id, &error))));
                }
            }
        }
        Ok(all)
    }

    /// Goes on with the others after a piece without an answer; an id that gets none alone is given back.
    fn silent<'a, T>(
        &self,
        work: &mut Work<'a, T>,
        piece: &'a [T],
        asked: Mono,
        error: &CallError,
    ) -> Result<Option<&'a T>, CallError> {
        let (CallError::NoAnswer { .. } | CallError::Garbled { .. }) = error else {
            return Err(error.clone());
        };
        match work.silent(piece, asked, self.clock.mono()) {
            Silent::Away => Err(error.clone()),
            Silent::Alone(id) => Ok(Some(id)),
            Silent::Later => {
                tracing::warn!(ids = piece.len(), reason = %error, "JOOR does not answer; asking in halves");
                Ok(None)
            }
        }
    }
}

#[async_trait]
impl Wholesale for JoorClient {
    async fn orders(&self, filter: &OrderFilter) -> Result<Vec<Row<OrderRow>>, CallError> {
        let paging = Paging::Sized(self.config.page_size);
        let found =
            self.list(&["orders"], &write::filter(filter), paging).await.map_err(Failure::into_error)?;
        Ok(order_rows(&found))
    }

    async fn newest_orders(&self, status: &OrderStatus) -> Result<Vec<Row<OrderRow>>, CallError> {
        let found = match self.first_page(write::newest(status)).await {
            // A field that JOOR does not sort by; any page is better than none.
            Err(Failure::Rejected(_)) => self.first_page(write::in_status(status)).await,
            other => other,
        };
        Ok(order_rows(&found.map_err(Failure::into_error)?))
    }

    async fn orders_by_id(&self, ids: &[JoorOrderId]) -> Result<Vec<Row<OrderRow>>, CallError> {
        self.by_id(ids, Cost::Read).await
    }

    async fn orders_to_report(&self, ids: &[JoorOrderId]) -> Result<Vec<Row<OrderRow>>, CallError> {
        self.by_id(ids, Cost::ReadToReport).await
    }

    async fn lines(&self, ids: &[JoorOrderId]) -> Result<BTreeMap<JoorOrderId, Row<Vec<Line>>>, CallError> {
        let (ids, odd) = askable::<Vec<Line>>(ids);
        let mut all: Lines =
            odd.into_iter().filter_map(|row| Some((row.as_ref().err()?.order.clone()?, row))).collect();
        let mut work = Work::new(&ids, &self.line_batch);
        while let Some(piece) = work.next() {
            let asked = self.clock.mono();
            match self.lines_of(piece).await {
                Ok(Some(found)) => {
                    work.taken(piece);
                    all.extend(found);
                }
                Ok(None) => {
                    tracing::warn!(
                        orders = piece.len(),
                        "A line of JOOR names no order that was asked for; asking in halves"
                    );
                    work.refused(piece, Because::Unclear);
                }
                Err(Failure::Rejected(rejection)) => {
                    let refused = work.refused(piece, because(&rejection));
                    all.extend(refused.map(|id| (id.clone(), Err(rejected(id, &rejection)))));
                }
                Err(Failure::Call(error)) => {
                    let alone = self.silent(&mut work, piece, asked, &error)?;
                    all.extend(alone.map(|id| (id.clone(), Err(unanswered(id, &error)))));
                }
            }
        }
        Ok(all)
    }

    async fn sku_identifiers(&self, styles: &[JoorStyleId]) -> Result<Skus, CallError> {
        let (known, missing) = self.kept_skus(styles);
        let mut found = Skus { known, ..Skus::default() };
        let missing: Vec<JoorStyleId> =
            missing.into_iter().filter(|style| is_askable(style.as_str())).collect();
        let mut work = Work::new(&missing, &self.style_batch);
        while let Some(piece) = work.next() {
            let asked = self.clock.mono();
            match self.fetch_skus(piece).await {
                Ok(Some(Skus { known, unreadable })) => {
                    work.taken(piece);
                    found.known.extend(known);
                    found.unreadable.extend(unreadable);
                }
                Ok(None) => drop(work.refused(piece, Because::Unclear)),
                Err(Failure::Rejected(rejection)) => {
                    if let Some(style) = work.refused(piece, because(&rejection)) {
                        found.unreadable.insert(style.clone(), gather::refused_skus(&rejection.words()));
                    }
                }
                Err(Failure::Call(error)) => {
                    if let Some(style) = self.silent(&mut work, piece, asked, &error)? {
                        found.unreadable.insert(style.clone(), gather::refused_skus(&error.to_string()));
                    }
                }
            }
        }
        Ok(found)
    }

    async fn price_types(&self) -> Result<Vec<PriceType>, CallError> {
        let now = self.clock.mono();
        if let Some((read, kept)) = &*self.price_types.lock().unwrap_or_else(PoisonError::into_inner)
            && now.since(*read) < CATALOGUE_LIFE
        {
            return Ok(kept.clone());
        }
        let path = ["price_types"];
        let answer = self.get(&path, &Query::new()).await.map_err(Failure::into_error)?;
        let body = answer.text();
        let envelope = self.envelope(&path, &body).map_err(Failure::into_error)?;
        warn_of(&envelope.errors);
        let mut all = Vec::with_capacity(envelope.data.len());
        for row in envelope.data {
            match read::price_type(row) {
                Ok(price_type) => all.push(price_type),
                Err(fault) => {
                    tracing::warn!(field = %fault.field, "A price type of JOOR cannot be read and is left out")
                }
            }
        }
        if !all.is_empty() {
            *self.price_types.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, all.clone()));
        }
        Ok(all)
    }

    async fn report(&self, reports: &[Report]) -> Result<Reported, CallError> {
        let mut all = Reported::default();
        let mut any_sent = false;
        let mut work = Work::new(reports, &self.report_batch);
        while let Some(piece) = work.next() {
            match self.report_piece(piece).await {
                Ok(reported) => {
                    any_sent = true;
                    work.taken(piece);
                    all.acknowledged.extend(reported.acknowledged);
                    all.refused.extend(reported.refused);
                }
                // Too large an answer comes after the write; only a refusal proves that nothing was written.
                Err(Failure::Rejected(rejection)) if !rejection.answer_too_large => {
                    any_sent = true;
                    let refused = work.refused(piece, because(&rejection));
                    all.refused.extend(refused.map(|report| (report.order.clone(), rejection.words())));
                }
                // What was reported before stands; the rest is in neither list, hence unclear.
                Err(failure) if any_sent => {
                    tracing::warn!(reason = %failure.into_error(), "Not all results were reported to JOOR");
                    return Ok(all);
                }
                Err(failure) => return Err(failure.into_error()),
            }
        }
        Ok(all)
    }

    fn clock_offset_seconds(&self) -> Option<i64> {
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn usage(&self) -> JoorUsage {
        JoorUsage {
            credits: self.credits_spent.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
            orders_at_once: self.order_batch.largest_taken(),
            lines_at_once: self.line_batch.largest_taken(),
        }
    }
}

/// The rows of a list of orders, with orders that JOOR names in `errors` as broken ones.
fn order_rows(found: &Rows) -> Vec<Row<OrderRow>> {
    let mut rows: Vec<Row<OrderRow>> =
        found.rows.iter().map(|text| read::order_row(Value::kept(text))).collect();
    for error in &found.errors {
        let Some(id) = error.order().map(JoorOrderId::new) else {
            warn_of(std::slice::from_ref(error));
            continue;
        };
        // An order that is not there is absent, which is an answer.
        if error.status.eq_ignore_ascii_case("NOT_FOUND") {
            continue;
        }
        let about = |row: &Row<OrderRow>| match row {
            Ok(row) => row.order.id == id,
            Err(broken) => broken.order.as_ref() == Some(&id),
        };
        let mut broken = read::refused(&id, error);
        if let Some(Ok(row)) = rows.iter().find(|row| about(row)) {
            broken.raw.clone_from(&row.raw);
        }
        rows.retain(|row| !about(row));
        rows.push(Err(broken));
    }
    rows
}

/// An id with a comma would ask for other orders.
fn is_askable(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= read::ID_BYTES_MAX
        && !id.chars().any(|c| c == ',' || c.is_control() || c.is_whitespace())
}

/// Each id once; those that cannot be asked for as broken rows.
fn askable<T>(ids: &[JoorOrderId]) -> (Vec<JoorOrderId>, Vec<Row<T>>) {
    let mut ids: Vec<JoorOrderId> = ids.to_vec();
    ids.sort();
    ids.dedup();
    let (good, odd): (Vec<JoorOrderId>, Vec<JoorOrderId>) =
        ids.into_iter().partition(|id| is_askable(id.as_str()));
    let broken = odd.into_iter().map(|id| {
        Err(BrokenRow {
            field: "id".to_owned(),
            expected: "an id without blanks and commas".to_owned(),
            found: id.as_str().chars().take(60).collect(),
            raw: String::new(),
            status: None,
            export_state: None,
            order: Some(id),
        })
    });
    (good, broken.collect())
}

fn because(rejection: &Rejection) -> Because {
    if rejection.too_many() { Because::TooMany } else { Because::Unclear }
}

/// An order of which JOOR says nothing when asked for alone, while it answers about others.
fn unanswered(id: &JoorOrderId, error: &CallError) -> BrokenRow {
    read::refused(id, &ApiError { message: error.to_string(), ..ApiError::default() })
}

/// An order that JOOR refuses even when asked for alone.
fn rejected(id: &JoorOrderId, rejection: &Rejection) -> BrokenRow {
    let said = ApiError { message: rejection.words(), ..ApiError::default() };
    read::refused(id, &said)
}
