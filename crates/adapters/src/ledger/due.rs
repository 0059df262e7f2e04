//! What is due in the ledger: reports to JOOR. Which report is wanted is the caller's judgement.

use super::records::OrderRecord;
use super::rows::Row;
use super::{Ledger, OrderQuery, Result, statements};
use domain::ids::JoorOrderId;
use domain::time::Moment;
use sqlx::query;

statements! {
    REPORTS_DUE = "select id from joor_order where connection = $1 and report_due is not null \
        and report_due <= $2 order by report_due, id";
}

impl Ledger {
    /// Orders whose report to JOOR is due by now.
    pub async fn reports_due(&self, name: &str, now: Moment) -> Result<Vec<OrderRecord>> {
        let rows = self.rows(query(REPORTS_DUE).bind(name).bind(now.0)).await?;
        let ids =
            rows.iter().map(|row| Ok(JoorOrderId::new(Row(row).text("id")?))).collect::<Result<Vec<_>>>()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.orders(name, &OrderQuery { ids: Some(ids), ..OrderQuery::default() }).await
    }
}
