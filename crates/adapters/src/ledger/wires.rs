//! What was said with JOOR or Shopify at a step: beside events of exports and beside deeds. Requests that create orders
//! are among the attempts.

use super::records::WireRecord;
use super::rows::{Asked, Row, beginning, keyed};
use super::sights::detail;
use super::{Ledger, Result, statements};
use crate::witness::Wire;
use domain::ids::{ExportKey, JoorOrderId};
use sqlx::{AnyConnection, query};

/// Longer texts are cut; whoever made them kept them shorter.
const CHARS_MAX: usize = 20_000;

macro_rules! event {
    () => {
        "where connection = $1 and joor_order = $2 and generation = $3 and part = $4 "
    };
}

statements! {
    PUT_EVENT = concat!("update export_event set request = $5, answer = $6 ", event!(), "and version = (select \
        version from export ", event!(), ")");
    FORGET_EARLIER = concat!("update export_event set request = null, answer = null ", event!(), "and request is not null \
        and word = $5 and version < $6");
    WORD = concat!("select word, version from export_event ", event!(), "and version = (select version from export ", event!(), ")");
    PUT_DEED = "update deed set request = $5, answer = $6 where id = (select max(id) from deed \
        where connection = $1 and joor_order = $2 and what = $3 and detail = $4)";
    OF_WORDS = "select at, what, request, answer from deed where connection = $1 and joor_order = $2 and what = $3 \
        and detail = $4 and request is not null order by id desc limit 1";
    OF_EVENT = concat!("select at, word as what, request, answer from export_event ", event!(), "and version = $5 \
        and request is not null");
    OF_DEED = "select at, what, request, answer from deed where connection = $1 and joor_order = $2 and id = $3 \
        and request is not null";
}

impl Ledger {
    /// What was said at the event that made this version of an export; `None`: nothing is kept.
    pub async fn event_wire(&self, name: &str, key: &ExportKey, version: i64) -> Result<Option<WireRecord>> {
        let row = self.row(keyed(query(OF_EVENT), name, key).bind(version)).await?;
        row.map(|row| wire_from(&Row(&row))).transpose()
    }

    /// What was said at the last deed of this kind and these words.
    pub async fn wire_of_words(
        &self,
        name: &str,
        order: &JoorOrderId,
        what: &str,
        words: &str,
    ) -> Result<Option<WireRecord>> {
        let asked = query(OF_WORDS).bind(name).bind(order.as_str()).bind(what).bind(detail(words));
        let row = self.row(asked).await?;
        row.map(|row| wire_from(&Row(&row))).transpose()
    }

    /// What was said at this deed about an order; `None`: nothing is kept.
    pub async fn deed_wire(&self, name: &str, order: &JoorOrderId, id: i64) -> Result<Option<WireRecord>> {
        let row = self.row(query(OF_DEED).bind(name).bind(order.as_str()).bind(id)).await?;
        row.map(|row| wire_from(&Row(&row))).transpose()
    }
}

/// Of events with the same word only the last keeps what was said: a look that shows nothing is repeated for long.
pub(super) async fn of_event(
    connection: &mut AnyConnection,
    name: &str,
    key: &ExportKey,
    wire: &Wire,
) -> Result<()> {
    bound(keyed(query(PUT_EVENT), name, key), Some(wire)).execute(&mut *connection).await?;
    if let Some(row) = keyed(query(WORD), name, key).fetch_optional(&mut *connection).await? {
        let (word, version) = (Row(&row).text("word")?, Row(&row).number("version")?);
        keyed(query(FORGET_EARLIER), name, key).bind(word).bind(version).execute(connection).await?;
    }
    Ok(())
}

pub(super) async fn of_deed(
    connection: &mut AnyConnection,
    name: &str,
    order: &JoorOrderId,
    (what, words): (&str, &str),
    wire: &Wire,
) -> Result<()> {
    let asked = query(PUT_DEED).bind(name).bind(order.as_str()).bind(what).bind(detail(words));
    bound(asked, Some(wire)).execute(connection).await?;
    Ok(())
}

/// The two columns of a wire.
pub(super) fn bound<'q>(asked: Asked<'q>, wire: Option<&Wire>) -> Asked<'q> {
    let request = wire.map(|wire| beginning(&wire.request, CHARS_MAX));
    let answer = wire.and_then(|wire| wire.answer.as_ref()).map(|answer| beginning(answer, CHARS_MAX));
    asked.bind(request).bind(answer)
}

fn wire_from(row: &Row) -> Result<WireRecord> {
    Ok(WireRecord {
        at: row.moment("at")?,
        what: row.text("what")?,
        wire: Wire { request: row.text("request")?, answer: row.text_or_none("answer")? },
    })
}
