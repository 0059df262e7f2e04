//! Orders as last seen in JOOR, with what is known about reporting them, and the equation of all orders. What was
//! exported of them is in `exports`.

use super::records::OrderRecord;
use super::rows::{
    Row, STATE_WORDS, date_column, export_state_from, export_state_word, kept, moment_column, money_columns,
    state_word,
};
use super::{Ledger, LedgerError, Result, statements, wanted};
use domain::ids::JoorOrderId;
use domain::orders::equation::Counted;
use domain::orders::reexport::Track;
use domain::time::Moment;
use sqlx::{AnyConnection, query};
use std::collections::BTreeMap;

/// Ids that one statement asks for; a shorter list repeats its last id, so that there is one statement only.
const IDS_AT_ONCE: usize = 50;

/// The rank of the least finished part of the current generation. An approved order without any export must not be
/// forgotten: it counts as held (rank 5) if its number can stand in no token, which its problem says, else as seen (3).
macro_rules! rank {
    () => {
        concat!(
            "coalesce(",
            least_finished!("and e.generation = o.generation and e.state <> 'given_up'"),
            // The re-export was given up: what was exported before it counts.
            ", ",
            least_finished!(
                "and e.generation < o.generation and e.state = 'exported' and exists (select 1 from export g \
                 where g.connection = o.connection and g.joor_order = o.id and g.generation = o.generation)"
            ),
            ", ",
            least_finished!("and e.generation = o.generation"),
            ", case when o.status = 'approved' then case when exists (select 1 from problem p where \
             p.connection = o.connection and p.joor_order = o.id and p.code = 'SRC_BAD_PAYLOAD' and p.closed is null) \
             then 5 else 3 end end)"
        )
    };
}

macro_rules! least_finished {
    ($of:literal) => {
        concat!(
            "(select min(e.state_rank) from export e where e.connection = o.connection and e.joor_order = o.id ",
            $of,
            ")"
        )
    };
}

macro_rules! orders {
    () => {
        concat!(
            "select o.id, o.head, o.status, o.export_state, o.approved, o.modified, o.retailer, \
             o.retailer_id, o.po_number, o.linesheet, o.ship_start, o.value_amount, o.value_currency, \
             o.units, o.first_seen, o.last_seen, o.generation, o.track_acknowledged, o.track_seen, \
             o.track_undefined_since, o.track_left_approved, o.track_approved_at_export, \
             o.reported_state, o.reported_description, o.report_in_flight, o.report_tries, \
             o.report_due, o.exported_content, o.export_anyway, o.prices_confirmed, o.ship_end \
             from joor_order o where o.connection = $1 and ($2 = '' or $2 like '%' || cast(",
            rank!(),
            " as text) || '%') and ($3 = '' or exists (select 1 from problem p where p.connection = o.connection \
             and p.joor_order = o.id and p.code = $3 and p.closed is null)) "
        )
    };
}

statements! {
    PUT = "insert into joor_order (connection, id, head, status, export_state, approved, modified, retailer, retailer_id, \
        po_number, linesheet, ship_start, value_amount, value_currency, units, first_seen, \
        last_seen, generation, track_acknowledged, track_seen, track_undefined_since, \
        track_left_approved, track_approved_at_export, reported_state, reported_description, \
        report_in_flight, report_tries, report_due, exported_content, export_anyway, \
        prices_confirmed, ship_end, approval_seen, found_by, retailer_key, linesheet_key, value_sort) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
        $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37) \
        on conflict (connection, id) do update set head = excluded.head, status = excluded.status, export_state = excluded.export_state, \
        approved = excluded.approved, modified = excluded.modified, retailer = excluded.retailer, \
        retailer_id = excluded.retailer_id, po_number = excluded.po_number, \
        linesheet = excluded.linesheet, ship_start = excluded.ship_start, \
        value_amount = excluded.value_amount, value_currency = excluded.value_currency, \
        units = excluded.units, last_seen = excluded.last_seen, generation = excluded.generation, \
        track_acknowledged = excluded.track_acknowledged, track_seen = excluded.track_seen, \
        track_undefined_since = excluded.track_undefined_since, \
        track_left_approved = excluded.track_left_approved, \
        track_approved_at_export = excluded.track_approved_at_export, \
        reported_state = excluded.reported_state, \
        reported_description = excluded.reported_description, \
        report_in_flight = excluded.report_in_flight, report_tries = excluded.report_tries, \
        report_due = excluded.report_due, exported_content = excluded.exported_content, \
        export_anyway = excluded.export_anyway, prices_confirmed = excluded.prices_confirmed, \
        ship_end = excluded.ship_end, approval_seen = coalesce(joor_order.approval_seen, excluded.approval_seen), \
        found_by = excluded.found_by, retailer_key = excluded.retailer_key, \
        linesheet_key = excluded.linesheet_key, value_sort = excluded.value_sort";
    SET_RANK = concat!(
        "update joor_order as o set state_rank = ", rank!(), " where o.connection = $1 and o.id = $2 \
         and o.state_rank is distinct from ", rank!()
    );
    ORDERS = concat!(
        orders!(),
        "order by coalesce(o.approved, '9999-12-31'), length(o.id), o.id limit $4 offset $5"
    );
    ORDERS_BY_ID = concat!(
        orders!(),
        "and o.id in ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
         $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, \
         $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53)"
    );
    ORDER = concat!(orders!(), "and o.id = $4");
    SET_REPORT_DUE = "update joor_order set report_due = $3 where connection = $1 and id = $2";
    EQUATION = concat!(
        "select ", rank!(), " as state_rank, o.id, o.value_amount, o.value_currency, o.units, case when \
         exists (select 1 from problem p where p.connection = o.connection and p.joor_order = o.id and p.closed is null) \
         or exists (select 1 from follow_up f where f.connection = o.connection and f.joor_order = o.id and f.done = 0) \
         then 1 else 0 end as has_open_issue from joor_order o where o.connection = $1 order by length(o.id), o.id"
    );
}

/// Which orders; everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderQuery {
    /// `None`: all.
    pub ids: Option<Vec<JoorOrderId>>,
    /// State words; empty: all. The state of an order is that of the least finished part of its current generation, or
    /// exported if that one was given up and an earlier one was.
    pub states: Vec<String>,
    /// Orders on which a problem of this code is open.
    pub problem: Option<String>,
    pub limit: Option<u32>,
    pub offset: u32,
}

impl Ledger {
    /// Orders by day of approval, then by number.
    pub async fn orders(&self, name: &str, wanted: &OrderQuery) -> Result<Vec<OrderRecord>> {
        let Some(states) = ranks(&wanted.states) else { return Ok(Vec::new()) };
        let problem = wanted.problem.as_deref().unwrap_or_default();
        let limit = wanted.limit.map_or(i64::MAX, i64::from);
        if let Some(ids) = &wanted.ids {
            let mut found = self.orders_by_id(name, ids, &states, problem).await?;
            found.sort_by_key(|order| (order.approved.is_none(), order.approved, id_rank(&order.id)));
            found.dedup_by(|one, other| one.id == other.id);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            return Ok(found.into_iter().skip(wanted.offset as usize).take(limit).collect());
        }
        let asked = query(ORDERS).bind(name).bind(states.as_str()).bind(problem);
        let rows = self.rows(asked.bind(limit).bind(i64::from(wanted.offset))).await?;
        rows.iter().map(|row| order_from(&Row(row))).collect()
    }

    pub async fn order(&self, name: &str, id: &JoorOrderId) -> Result<Option<OrderRecord>> {
        let row = self.row(query(ORDER).bind(name).bind("").bind("").bind(id.as_str())).await?;
        row.map(|row| order_from(&Row(&row))).transpose()
    }

    /// One row for every order that has an export or should have one.
    pub async fn equation_rows(&self, name: &str) -> Result<Vec<Counted>> {
        Ok(self.counted(name).await?.into_values().collect())
    }

    /// How each order counts that has an export or should have one.
    pub async fn counted(&self, name: &str) -> Result<BTreeMap<JoorOrderId, Counted>> {
        let mut found = BTreeMap::new();
        for row in self.rows(query(EQUATION).bind(name)).await? {
            let row = Row(&row);
            if let Some(rank) = row.number_or_none("state_rank")? {
                let counted = Counted {
                    state: state_word(rank)?,
                    has_issues: row.truth("has_open_issue")?,
                    value: row.money_or_none("value")?,
                    units: row.number_or_none("units")?,
                };
                found.insert(JoorOrderId::new(row.text("id")?), counted);
            }
        }
        Ok(found)
    }

    async fn orders_by_id(
        &self,
        name: &str,
        ids: &[JoorOrderId],
        states: &str,
        problem: &str,
    ) -> Result<Vec<OrderRecord>> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(IDS_AT_ONCE) {
            let mut asked = query(ORDERS_BY_ID).bind(name).bind(states).bind(problem);
            for index in 0..IDS_AT_ONCE {
                asked = asked.bind(some[index.min(some.len() - 1)].as_str());
            }
            for row in self.rows(asked).await? {
                found.push(order_from(&Row(&row))?);
            }
        }
        Ok(found)
    }
}

/// The wanted ranks as digits; empty: all; `None`: none of the words is a state, so nothing can match.
fn ranks(words: &[String]) -> Option<String> {
    let digits: String = (0..STATE_WORDS.len())
        .filter(|rank| words.iter().any(|word| word == STATE_WORDS[*rank]))
        .map(|rank| rank.to_string())
        .collect();
    (words.is_empty() || !digits.is_empty()).then_some(digits)
}

/// Ids are numbers as text: the shorter one is the smaller one.
fn id_rank(id: &JoorOrderId) -> (usize, String) {
    (id.as_str().len(), id.as_str().to_owned())
}

/// Notes how far from finished the order is; part of every commit that touches it or its exports.
pub(super) async fn set_rank(connection: &mut AnyConnection, name: &str, order: &JoorOrderId) -> Result<()> {
    query(SET_RANK).bind(name).bind(order.as_str()).execute(connection).await?;
    Ok(())
}

/// Inserts or replaces an order; when it was first seen, and first seen approved, stays.
pub(super) async fn put(connection: &mut AnyConnection, name: &str, order: &OrderRecord) -> Result<()> {
    let (amount, currency) = money_columns(order.value.as_ref());
    let track = &order.track;
    query(PUT)
        .bind(name)
        .bind(order.id.as_str())
        .bind(kept(&order.head))
        .bind(kept(&order.status))
        .bind(kept(&order.export_state))
        .bind(date_column(order.approved))
        .bind(date_column(order.modified))
        .bind(kept(&order.retailer))
        .bind(kept(&order.retailer_id))
        .bind(kept(&order.po_number))
        .bind(kept(&order.linesheet))
        .bind(date_column(order.ship_start))
        .bind(amount)
        .bind(currency)
        .bind(order.units)
        .bind(order.first_seen.0)
        .bind(order.last_seen.0)
        .bind(i64::from(order.generation))
        .bind(i64::from(track.acknowledged))
        .bind(i64::from(track.seen))
        .bind(moment_column(track.undefined_since))
        .bind(i64::from(track.left_approved))
        .bind(date_column(track.approved_at_export))
        .bind(order.reported.as_ref().map(|(state, _)| export_state_word(*state)))
        .bind(order.reported.as_ref().map(|(_, text)| kept(text)))
        .bind(i64::from(order.report_in_flight))
        .bind(i64::from(order.report_tries))
        .bind(moment_column(order.report_due))
        .bind(order.exported_content.as_deref().map(kept))
        .bind(i64::from(order.export_anyway))
        .bind(i64::from(order.prices_confirmed))
        .bind(date_column(order.ship_end))
        .bind((order.status == "approved").then_some(order.last_seen.0))
        .bind(wanted::found_by(order))
        .bind(wanted::retailer_key(&order.retailer))
        .bind(wanted::linesheet_key(&order.linesheet))
        .bind(order.value.as_ref().and_then(|value| wanted::value_sort(value.amount)))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn set_report_due(
    connection: &mut AnyConnection,
    name: &str,
    order: &JoorOrderId,
    due: Option<Moment>,
) -> Result<()> {
    let set = query(SET_REPORT_DUE)
        .bind(name)
        .bind(order.as_str())
        .bind(moment_column(due))
        .execute(connection)
        .await?;
    if set.rows_affected() == 1 { Ok(()) } else { Err(LedgerError::NotFound(format!("order {order}"))) }
}

fn order_from(row: &Row) -> Result<OrderRecord> {
    let reported = match (row.text_or_none("reported_state")?, row.text_or_none("reported_description")?) {
        (Some(state), Some(description)) => Some((export_state_from(&state)?, description)),
        (None, _) | (_, None) => None,
    };
    Ok(OrderRecord {
        id: JoorOrderId::new(row.text("id")?),
        head: row.text("head")?,
        status: row.text("status")?,
        export_state: row.text("export_state")?,
        approved: row.date_or_none("approved")?,
        modified: row.date_or_none("modified")?,
        retailer: row.text("retailer")?,
        retailer_id: row.text("retailer_id")?,
        po_number: row.text("po_number")?,
        linesheet: row.text("linesheet")?,
        ship_start: row.date_or_none("ship_start")?,
        value: row.money_or_none("value")?,
        units: row.number_or_none("units")?,
        first_seen: row.moment("first_seen")?,
        last_seen: row.moment("last_seen")?,
        generation: row.count("generation")?,
        track: Track {
            acknowledged: row.truth("track_acknowledged")?,
            seen: row.truth("track_seen")?,
            undefined_since: row.moment_or_none("track_undefined_since")?,
            left_approved: row.truth("track_left_approved")?,
            approved_at_export: row.date_or_none("track_approved_at_export")?,
        },
        reported,
        report_in_flight: row.truth("report_in_flight")?,
        report_tries: row.count("report_tries")?,
        report_due: row.moment_or_none("report_due")?,
        exported_content: row.text_or_none("exported_content")?,
        export_anyway: row.truth("export_anyway")?,
        prices_confirmed: row.truth("prices_confirmed")?,
        ship_end: row.date_or_none("ship_end")?,
    })
}
