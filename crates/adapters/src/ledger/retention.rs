//! Removing what may name people from orders that were settled long ago: JOOR's text of an order, requests, answers, and
//! what checks saw. Numbers, states, totals and fingerprints stay, so that nothing is exported twice because of it.

use super::rows::Row;
use super::{Ledger, Result, statements};
use domain::ids::JoorOrderId;
use domain::time::Moment;
use sqlx::{AnyConnection, query};

/// Orders that are looked up at once.
const TOGETHER: i64 = 200;

macro_rules! of_order {
    () => {
        "where connection = $1 and joor_order = $2"
    };
}

statements! {
    // Skipped, closed by hand, exported.
    OLD_TEXTS = "select o.id from joor_order o where o.connection = $1 and o.last_seen < $2 and o.state_rank in (6, 7, 8) \
        and (o.head <> '' or exists (select 1 from deed d where d.connection = o.connection and d.joor_order = o.id \
        and d.request is not null) or exists (select 1 from export_event e where e.connection = o.connection \
        and e.joor_order = o.id and e.request is not null)) order by o.id limit $3";
    REMOVE_TEXTS = "update joor_order set head = '', exported_content = null where connection = $1 and id = $2";
    REMOVE_REQUESTS = concat!("update export set request_body = null ", of_order!());
    REMOVE_ATTEMPTS = concat!("update attempt set body = '', answer = null, decided = null ", of_order!());
    REMOVE_EVENTS = concat!("update export_event set request = null, answer = null ", of_order!(), " and request is not null");
    // What the other side says of a try in vain may name anybody.
    REMOVE_DEEDS = concat!("update deed set request = null, answer = null, detail = case when what like 'not%' or \
        what like 'unclear%' or what in ('report_refused', 'report_unclear') then '' else detail end ", of_order!(),
        " and request is not null");
    REMOVE_SIGHTS = concat!("delete from sight ", of_order!());
    REMOVE_EDITS = concat!("delete from edit ", of_order!());
}

impl Ledger {
    /// Settled orders that nobody heard of since then and whose texts are still here, some at a time.
    pub async fn old_texts(&self, name: &str, before: Moment) -> Result<Vec<JoorOrderId>> {
        let rows = self.rows(query(OLD_TEXTS).bind(name).bind(before.0).bind(TOGETHER)).await?;
        rows.iter().map(|row| Ok(JoorOrderId::new(Row(row).text("id")?))).collect()
    }
}

pub(super) async fn remove(connection: &mut AnyConnection, name: &str, order: &JoorOrderId) -> Result<()> {
    let texts = [REMOVE_TEXTS, REMOVE_REQUESTS, REMOVE_ATTEMPTS, REMOVE_EVENTS, REMOVE_DEEDS];
    for statement in texts.into_iter().chain([REMOVE_SIGHTS, REMOVE_EDITS]) {
        query(statement).bind(name).bind(order.as_str()).execute(&mut *connection).await?;
    }
    Ok(())
}
