//! Steps after an export, each with retries of its own. What they do, and when the next try is due, is decided
//! elsewhere.

use super::exports::require_export;
use super::records::{FollowUp, FollowUpKind};
use super::rows::{Row, keyed, kind_from, kind_word};
use super::{Ledger, Result, statements};
use domain::cycle::Due;
use domain::ids::{ExportKey, JoorOrderId, ShopOrderId};
use sqlx::{AnyConnection, query};

statements! {
    PUT = "insert into follow_up (connection, joor_order, generation, part, kind, subject, shop_order, \
        tries, due, done) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        on conflict (connection, joor_order, generation, part, kind, subject) do update set \
        shop_order = excluded.shop_order, tries = excluded.tries, due = excluded.due, done = excluded.done";
    DROP_OPEN = "update follow_up set done = 1 where connection = $1 and joor_order = $2 and generation = $3 \
        and part = $4 and done = 0";
    WAITING = "select joor_order, generation, part, kind, subject, shop_order, tries, due, done from follow_up \
        where connection = $1 and done = 0 and (due <= $2 or due > $3) and exists (select 1 from export e \
        where e.connection = follow_up.connection and e.joor_order = follow_up.joor_order \
        and e.generation = follow_up.generation and e.part = follow_up.part and e.state = 'exported') order by due, length(joor_order), joor_order, generation, \
        part, kind";
    OPEN_OF_KIND = "select joor_order, generation, part, kind, subject, shop_order, tries, due, done from follow_up \
        where connection = $1 and done = 0 and kind = $2 order by due, length(joor_order), joor_order, generation, part";
    OF_ORDER = "select joor_order, generation, part, kind, subject, shop_order, tries, due, done from follow_up \
        where connection = $1 and joor_order = $2 order by due, generation, part, kind";
}

impl Ledger {
    /// All follow-ups of an order, done or not.
    pub async fn follow_ups_of(&self, name: &str, order: &JoorOrderId) -> Result<Vec<FollowUp>> {
        let rows = self.rows(query(OF_ORDER).bind(name).bind(order.as_str())).await?;
        rows.iter().map(|row| follow_up_from(&Row(row))).collect()
    }

    /// Follow-ups of exported orders that are not done, whenever they are due.
    pub async fn follow_ups(&self, name: &str) -> Result<Vec<FollowUp>> {
        self.waiting(name, i64::MAX, i64::MAX).await
    }

    /// Those of them that are due.
    pub async fn follow_ups_due(&self, name: &str, due: impl Into<Due>) -> Result<Vec<FollowUp>> {
        let due: Due = due.into();
        self.waiting(name, due.now.0, due.latest().0).await
    }

    /// Steps of this kind that are not done, of exports in every state.
    pub async fn open_steps(&self, name: &str, kind: FollowUpKind) -> Result<Vec<FollowUp>> {
        let rows = self.rows(query(OPEN_OF_KIND).bind(name).bind(kind_word(kind))).await?;
        rows.iter().map(|row| follow_up_from(&Row(row))).collect()
    }

    async fn waiting(&self, name: &str, by: i64, later_than: i64) -> Result<Vec<FollowUp>> {
        let rows = self.rows(query(WAITING).bind(name).bind(by).bind(later_than)).await?;
        rows.iter().map(|row| follow_up_from(&Row(row))).collect()
    }
}

/// What an earlier attempt would have been followed by is not wanted any more.
pub(super) async fn drop_open(connection: &mut AnyConnection, name: &str, key: &ExportKey) -> Result<()> {
    keyed(query(DROP_OPEN), name, key).execute(connection).await?;
    Ok(())
}

/// A follow-up is there once for each export, kind and subject.
pub(super) async fn put(connection: &mut AnyConnection, name: &str, follow_up: &FollowUp) -> Result<()> {
    require_export(connection, name, &follow_up.key).await?;
    keyed(query(PUT), name, &follow_up.key)
        .bind(kind_word(follow_up.kind))
        .bind(follow_up.subject.as_str())
        .bind(follow_up.shop_order.as_str())
        .bind(i64::from(follow_up.tries))
        .bind(follow_up.due.0)
        .bind(i64::from(follow_up.done))
        .execute(connection)
        .await?;
    Ok(())
}

fn follow_up_from(row: &Row) -> Result<FollowUp> {
    Ok(FollowUp {
        key: row.key()?,
        kind: kind_from(&row.text("kind")?)?,
        shop_order: ShopOrderId::new(row.text("shop_order")?),
        subject: row.text("subject")?,
        tries: row.count("tries")?,
        due: row.moment("due")?,
        done: row.truth("done")?,
    })
}
