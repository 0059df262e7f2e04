//! What is due in the ledger: reports to JOOR. Which report is wanted is the caller's judgement.

use super::records::OrderRecord;
use super::rows::Row;
use super::{Ledger, OrderQuery, Result, statements};
use domain::cycle::Due;
use domain::ids::JoorOrderId;
use sqlx::query;

statements! {
    REPORTS_DUE = "select id from joor_order where connection = $1 and report_due is not null \
        and (report_due <= $2 or report_due > $3) order by report_due, id";
}

impl Ledger {
    /// Orders whose report to JOOR is due by now.
    pub async fn reports_due(&self, name: &str, due: impl Into<Due>) -> Result<Vec<OrderRecord>> {
        let due: Due = due.into();
        let rows = self.rows(query(REPORTS_DUE).bind(name).bind(due.now.0).bind(due.latest().0)).await?;
        let ids =
            rows.iter().map(|row| Ok(JoorOrderId::new(Row(row).text("id")?))).collect::<Result<Vec<_>>>()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.orders(name, &OrderQuery { ids: Some(ids), ..OrderQuery::default() }).await
    }
}
