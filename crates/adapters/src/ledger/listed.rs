//! What a list shows of its orders: their rows without the long texts, what was exported of them, and their open
//! problems, each asked for once for the whole page.

use super::rows::{Asked, Row};
use super::{Ledger, Result, statements};
use domain::ids::{JoorOrderId, ShopOrderId};
use domain::money::Money;
use domain::problem::Severity;
use domain::time::Moment;
use jiff::civil::Date;
use sqlx::query;
use std::collections::{BTreeMap, BTreeSet};

/// Orders that one statement asks for; a shorter list ends with names that no order has, so that there is one statement
/// only.
const ORDERS_AT_ONCE: usize = 50;

/// The orders of a page. `cross join` tells SQLite to go from them to the rest, and not from all exports to them.
macro_rules! these {
    () => {
        "with these (connection, id) as (values \
         ($1, $2), ($3, $4), ($5, $6), ($7, $8), ($9, $10), ($11, $12), ($13, $14), ($15, $16), ($17, $18), \
         ($19, $20), ($21, $22), ($23, $24), ($25, $26), ($27, $28), ($29, $30), ($31, $32), ($33, $34), \
         ($35, $36), ($37, $38), ($39, $40), ($41, $42), ($43, $44), ($45, $46), ($47, $48), ($49, $50), \
         ($51, $52), ($53, $54), ($55, $56), ($57, $58), ($59, $60), ($61, $62), ($63, $64), ($65, $66), \
         ($67, $68), ($69, $70), ($71, $72), ($73, $74), ($75, $76), ($77, $78), ($79, $80), ($81, $82), \
         ($83, $84), ($85, $86), ($87, $88), ($89, $90), ($91, $92), ($93, $94), ($95, $96), ($97, $98), \
         ($99, $100)) "
    };
}

statements! {
    THESE_ORDERS = concat!(
        these!(),
        "select o.connection, o.id, o.status, o.approved, o.modified, o.retailer, o.retailer_id, o.po_number, \
         o.linesheet, o.ship_start, o.ship_end, o.value_amount, o.value_currency, o.units, o.first_seen, o.last_seen, \
         o.approval_seen, o.generation, o.state_rank from these t cross join joor_order o \
         where o.connection = t.connection and o.id = t.id"
    );
    THESE_EXPORTS = concat!(
        these!(),
        "select o.connection, o.id, e.shop_order, e.shop_name, e.total_amount, e.total_currency from these t \
         cross join joor_order o cross join export e where o.connection = t.connection and o.id = t.id \
         and e.connection = o.connection and e.joor_order = o.id and e.generation = o.generation \
         and e.state = 'exported' order by e.part"
    );
    THESE_PROBLEMS = concat!(
        these!(),
        "select p.connection, p.joor_order as id, p.code, p.severity from these t cross join problem p \
         where p.connection = t.connection and p.joor_order = t.id and p.closed is null order by p.code"
    );
}

/// An order as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedOrder {
    pub connection: String,
    pub id: JoorOrderId,
    /// JOOR's status, in lower-case words.
    pub status: String,
    pub approved: Option<Date>,
    pub modified: Option<Date>,
    pub retailer: String,
    pub retailer_id: String,
    pub po_number: String,
    pub linesheet: String,
    pub ship_start: Option<Date>,
    pub ship_end: Option<Date>,
    pub value: Option<Money>,
    pub units: Option<i64>,
    pub first_seen: Moment,
    pub last_seen: Moment,
    /// When the order was first seen approved.
    pub approval_seen: Option<Moment>,
    /// The current generation; what follows is of it.
    pub generation: u32,
    /// The state word of the least finished part; `None`: never approved, and nothing to export.
    pub state: Option<&'static str>,
    /// Shopify's orders with their names, by part.
    pub shop_orders: Vec<(ShopOrderId, String)>,
    /// What Shopify's orders come to; `None`: nothing is exported, or in several currencies.
    pub total: Option<Money>,
    /// Codes of open problems, the worst first.
    pub open: Vec<(&'static str, Severity)>,
}

type Key = (String, JoorOrderId);

impl Ledger {
    /// These orders in this sequence; those that are not there are left out.
    pub async fn listed_orders(&self, ids: &[(String, JoorOrderId)]) -> Result<Vec<ListedOrder>> {
        let mut found = BTreeMap::new();
        let each: Vec<Key> = ids.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        for some in each.chunks(ORDERS_AT_ONCE) {
            for row in self.rows(these(THESE_ORDERS, some)).await? {
                let listed = listed_from(&Row(&row))?;
                found.insert((listed.connection.clone(), listed.id.clone()), listed);
            }
            self.add_exports(some, &mut found).await?;
            self.add_problems(some, &mut found).await?;
        }
        Ok(ids.iter().filter_map(|key| found.remove(key)).collect())
    }

    async fn add_exports(&self, some: &[Key], found: &mut BTreeMap<Key, ListedOrder>) -> Result<()> {
        let mut totals: BTreeMap<Key, Vec<Option<Money>>> = BTreeMap::new();
        for row in self.rows(these(THESE_EXPORTS, some)).await? {
            let row = Row(&row);
            let key = key_of(&row)?;
            totals.entry(key.clone()).or_default().push(row.money_or_none("total")?);
            if let Some(listed) = found.get_mut(&key) {
                listed.shop_orders.push((ShopOrderId::new(row.text("shop_order")?), row.text("shop_name")?));
            }
        }
        for (key, totals) in totals {
            if let Some(listed) = found.get_mut(&key) {
                listed.total = sum(&totals);
            }
        }
        Ok(())
    }

    async fn add_problems(&self, some: &[Key], found: &mut BTreeMap<Key, ListedOrder>) -> Result<()> {
        for row in self.rows(these(THESE_PROBLEMS, some)).await? {
            let row = Row(&row);
            if let Some(listed) = found.get_mut(&key_of(&row)?) {
                listed.open.push((row.code()?, row.severity()?));
                listed.open.sort_by_key(|(_, severity)| std::cmp::Reverse(*severity));
            }
        }
        Ok(())
    }
}

fn these<'q>(statement: &'static str, some: &[Key]) -> Asked<'q> {
    let mut asked = query(statement);
    for index in 0..ORDERS_AT_ONCE {
        let (connection, id) =
            some.get(index).map_or(("", ""), |(connection, id)| (connection.as_str(), id.as_str()));
        asked = asked.bind(connection.to_owned()).bind(id.to_owned());
    }
    asked
}

fn key_of(row: &Row) -> Result<Key> {
    Ok((row.text("connection")?, JoorOrderId::new(row.text("id")?)))
}

/// `None` if a part has no total, or another currency than the first.
fn sum(totals: &[Option<Money>]) -> Option<Money> {
    let mut sum: Option<Money> = None;
    for total in totals {
        let total = (*total)?;
        sum = Some(match sum {
            None => total,
            Some(sum) if sum.currency == total.currency => {
                Money::new(sum.amount.checked_add(total.amount)?, sum.currency)
            }
            Some(_) => return None,
        });
    }
    sum
}

fn listed_from(row: &Row) -> Result<ListedOrder> {
    Ok(ListedOrder {
        connection: row.text("connection")?,
        id: JoorOrderId::new(row.text("id")?),
        status: row.text("status")?,
        approved: row.date_or_none("approved")?,
        modified: row.date_or_none("modified")?,
        retailer: row.text("retailer")?,
        retailer_id: row.text("retailer_id")?,
        po_number: row.text("po_number")?,
        linesheet: row.text("linesheet")?,
        ship_start: row.date_or_none("ship_start")?,
        ship_end: row.date_or_none("ship_end")?,
        value: row.money_or_none("value")?,
        units: row.number_or_none("units")?,
        first_seen: row.moment("first_seen")?,
        last_seen: row.moment("last_seen")?,
        approval_seen: row.moment_or_none("approval_seen")?,
        generation: row.count("generation")?,
        state: row.state_of_order()?,
        shop_orders: Vec::new(),
        total: None,
        open: Vec::new(),
    })
}
