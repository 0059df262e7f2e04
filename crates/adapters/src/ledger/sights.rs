//! What people read about an order beside its exports: what its last check saw, how JOOR shows it since an edit, and what
//! was done about it. What the texts mean is not known here.

use super::commit::Writing;
use super::records::{DeedRecord, SightRecord};
use super::rows::{Row, beginning, kept};
use super::{Ledger, Result, next_number, statements, wires};
use crate::witness::Wire;
use domain::ids::JoorOrderId;
use sqlx::{AnyConnection, query, query_scalar};

/// Of deeds that may be told again with other words, such as refusals that name a time.
const OF_A_KIND_MAX: i64 = 10;
/// Longer words about one deed are cut.
const DETAIL_CHARS_MAX: usize = 1000;

statements! {
    PUT_SIGHT = "insert into sight (connection, joor_order, at, seen) values ($1, $2, $3, $4) \
        on conflict (connection, joor_order) do update set at = excluded.at, seen = excluded.seen";
    SIGHT = "select at, seen as words from sight where connection = $1 and joor_order = $2";
    PUT_EDIT = "insert into edit (connection, joor_order, at, content) values ($1, $2, $3, $4) \
        on conflict (connection, joor_order) do update set at = excluded.at, content = excluded.content";
    EDIT = "select at, content as words from edit where connection = $1 and joor_order = $2";
    APPEND = "insert into deed (connection, joor_order, at, what, detail, request, answer, id) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    SAME = "select max(id) from deed where connection = $1 and joor_order = $2 and what = $3 and detail = $4";
    AGAIN = "update deed set at = $2, request = $3, answer = $4 where id = $1";
    PRUNE = "delete from deed where connection = $1 and joor_order = $2 and what = $3 and id not in (select id from deed \
        where connection = $1 and joor_order = $2 and what = $3 order by id desc limit $4)";
    DEEDS = "select id, at, what, detail, case when request is null then 0 else 1 end as wired from deed \
        where connection = $1 and joor_order = $2 order by at, id";
}

impl Ledger {
    /// What the last check of an order saw, with the time of the check that saw it first.
    pub async fn sight(&self, name: &str, order: &JoorOrderId) -> Result<Option<SightRecord>> {
        self.words(SIGHT, name, order).await
    }

    /// How JOOR shows an order that was edited after its export.
    pub async fn edit(&self, name: &str, order: &JoorOrderId) -> Result<Option<SightRecord>> {
        self.words(EDIT, name, order).await
    }

    /// What was done about an order, oldest first.
    pub async fn deeds(&self, name: &str, order: &JoorOrderId) -> Result<Vec<DeedRecord>> {
        let rows = self.rows(query(DEEDS).bind(name).bind(order.as_str())).await?;
        let deed = |row: &Row| {
            Ok(DeedRecord {
                id: row.number("id")?,
                at: row.moment("at")?,
                what: row.text("what")?,
                detail: row.text("detail")?,
                wired: row.truth("wired")?,
            })
        };
        rows.iter().map(|row| deed(&Row(row))).collect()
    }

    async fn words(
        &self,
        statement: &'static str,
        name: &str,
        order: &JoorOrderId,
    ) -> Result<Option<SightRecord>> {
        let row = self.row(query(statement).bind(name).bind(order.as_str())).await?;
        row.map(|row| Ok(SightRecord { at: Row(&row).moment("at")?, words: Row(&row).text("words")? }))
            .transpose()
    }
}

pub(super) async fn put_sight(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: &JoorOrderId,
    seen: &str,
) -> Result<()> {
    put(connection, PUT_SIGHT, writing, order, seen).await
}

pub(super) async fn put_edit(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: &JoorOrderId,
    content: &str,
) -> Result<()> {
    put(connection, PUT_EDIT, writing, order, content).await
}

async fn put(
    connection: &mut AnyConnection,
    statement: &'static str,
    writing: &Writing<'_>,
    order: &JoorOrderId,
    words: &str,
) -> Result<()> {
    let asked = query(statement).bind(writing.name).bind(order.as_str()).bind(writing.now.0);
    asked.bind(kept(words)).execute(connection).await?;
    Ok(())
}

/// What was done, as it is stored.
pub(super) struct Deed<'a> {
    pub what: &'a str,
    pub detail: &'a str,
    pub wire: Option<&'a Wire>,
}

pub(super) async fn note(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: &JoorOrderId,
    deed: &Deed<'_>,
) -> Result<()> {
    let id = next_number(connection, "deed").await?;
    let asked = query(APPEND).bind(writing.name).bind(order.as_str()).bind(writing.now.0);
    let asked = wires::bound(asked.bind(deed.what).bind(detail(deed.detail)), deed.wire);
    asked.bind(id).execute(connection).await?;
    Ok(())
}

/// In the place of the one with the same words; of one kind the last few are kept.
pub(super) async fn note_again(
    connection: &mut AnyConnection,
    writing: &Writing<'_>,
    order: &JoorOrderId,
    deed: &Deed<'_>,
) -> Result<()> {
    let same = query_scalar(SAME).bind(writing.name).bind(order.as_str()).bind(deed.what);
    let same: Option<i64> = same.bind(detail(deed.detail)).fetch_one(&mut *connection).await?;
    match same {
        Some(id) => {
            let again = query(AGAIN).bind(id).bind(writing.now.0);
            wires::bound(again, deed.wire).execute(connection).await?;
        }
        None => {
            note(connection, writing, order, deed).await?;
            let prune = query(PRUNE).bind(writing.name).bind(order.as_str()).bind(deed.what);
            prune.bind(OF_A_KIND_MAX).execute(connection).await?;
        }
    }
    Ok(())
}

/// What is kept of one line for people.
pub(super) fn detail(words: &str) -> String {
    beginning(words, DETAIL_CHARS_MAX)
}
