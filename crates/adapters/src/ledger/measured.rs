//! What the probe found out about the two accounts of a connection, and the test orders that it may have left in the
//! shop. What a fact means is not known here.

use super::connections::{require_connection, stir};
use super::rows::{Row, kept};
use super::{Ledger, Result, statements};
use domain::ids::Token;
use domain::time::Moment;
use sqlx::query;

/// The last result about one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredRecord {
    pub fact: String,
    pub verdict: String,
    /// Milliseconds or a number of things, as the fact says.
    pub amount: Option<i64>,
    pub detail: String,
    pub api_version: String,
    pub at: Moment,
}

statements! {
    PUT = "insert into measured (connection, fact, verdict, amount, detail, api_version, at) \
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (connection, fact) do update set verdict = excluded.verdict, \
        amount = excluded.amount, detail = excluded.detail, api_version = excluded.api_version, at = excluded.at";
    MEASURED = "select fact, verdict, amount, detail, api_version, at from measured where connection = $1 order by fact";
    NOTE = "insert into test_order (connection, token, at) values ($1, $2, $3) on conflict do nothing";
    NOTED = "select token from test_order where connection = $1 order by token";
    FORGET = "delete from test_order where connection = $1 and token = $2";
}

impl Ledger {
    /// Stores results over earlier ones of the same facts; needs no lease.
    pub async fn put_measured(&self, name: &str, results: &[MeasuredRecord]) -> Result<()> {
        self.in_time(results.len(), async {
            let mut transaction = self.begin_write().await?;
            stir(&mut transaction, name).await?;
            for result in results {
                query(PUT)
                    .bind(name)
                    .bind(result.fact.as_str())
                    .bind(result.verdict.as_str())
                    .bind(result.amount)
                    .bind(kept(&result.detail))
                    .bind(kept(&result.api_version))
                    .bind(result.at.0)
                    .execute(&mut *transaction)
                    .await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// The last result about each fact that was measured.
    pub async fn measured(&self, name: &str) -> Result<Vec<MeasuredRecord>> {
        let rows = self.rows(query(MEASURED).bind(name)).await?;
        rows.iter()
            .map(|row| {
                let row = Row(row);
                Ok(MeasuredRecord {
                    fact: row.text("fact")?,
                    verdict: row.text("verdict")?,
                    amount: row.number_or_none("amount")?,
                    detail: row.text("detail")?,
                    api_version: row.text("api_version")?,
                    at: row.moment("at")?,
                })
            })
            .collect()
    }

    /// Writes down that a test order with this token may be in the shop from now on.
    pub async fn note_test_order(&self, name: &str, token: &Token, now: Moment) -> Result<()> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            require_connection(&mut transaction, name).await?;
            query(NOTE).bind(name).bind(token.as_str()).bind(now.0).execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    /// Tokens of test orders that may be in the shop.
    pub async fn test_orders(&self, name: &str) -> Result<Vec<Token>> {
        let rows = self.rows(query(NOTED).bind(name)).await?;
        rows.iter().map(|row| Ok(Token::stored(Row(row).text("token")?))).collect()
    }

    /// The test order is surely not in the shop any more.
    pub async fn forget_test_order(&self, name: &str, token: &Token) -> Result<()> {
        self.in_time(1, async {
            let mut transaction = self.begin_write().await?;
            query(FORGET).bind(name).bind(token.as_str()).execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        })
        .await
    }
}
