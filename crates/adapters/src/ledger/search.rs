//! Orders as a list that people search, filter and sort. Which orders a page shows is answered from indexes alone: an
//! order's row holds the whole text that JOOR gave, and none is read that the page does not show. What is looked for is in
//! `wanted`, what a page shows of it in `listed`.

use super::listed::ListedOrder;
use super::rows::{Row, STATE_WORDS};
use super::wanted::{OrderSearch, OrderSort, StateCounts, ranks};
use super::{Ledger, Result, statements};
use domain::ids::JoorOrderId;
use sqlx::query;

/// Orders on one page, at most.
const PAGE_MAX: u32 = 200;
const LINESHEETS_MAX: i64 = 500;

/// One page of all orders in the order of an index.
macro_rules! walk {
    ($sorted:literal) => {
        concat!(
            "select o.connection, o.id from joor_order o where ($1 = '' or o.connection = $1) order by ",
            $sorted,
            " limit $2 offset $3"
        )
    };
}
/// The same of the orders in one state.
macro_rules! in_state {
    ($sorted:literal) => {
        concat!(
            "select o.connection, o.id from joor_order o where o.state_rank = $4 and ($1 = '' or o.connection = $1) \
             order by ",
            $sorted,
            " limit $2 offset $3"
        )
    };
}
/// Every filter. Numbers of orders are compared before pairs with their connections, which take SQLite longer. A column
/// stands within `coalesce` where its own index must not be taken, since that would read the rows.
macro_rules! filtered {
    () => {
        "from joor_order o where ($1 = '' or o.connection = $1) and ($2 = 1 or o.state_rank in ($3, $4, $5, $6, $7, \
         $8, $9, $10, $11)) and coalesce(o.approved, '') between $12 and $13 \
         and coalesce(o.ship_start, '') between $14 and $15 \
         and coalesce(o.value_sort, -9223372036854775807) between $16 and $17 \
         and ($18 = '' or o.linesheet_key = $18) \
         and ($19 = '' or o.found_by like $19 escape '\\' or ($20 <> '' and o.found_by like $20 escape '\\')) \
         and ($21 = '' or (o.id in (select p.joor_order from problem p where p.code = $21 and p.closed is null) \
         and (o.connection, o.id) in (select p.connection, p.joor_order from problem p \
         where p.code = $21 and p.closed is null))) "
    };
}
macro_rules! search {
    ($sorted:literal) => {
        concat!("select o.connection, o.id ", filtered!(), "order by ", $sorted, " limit $22 offset $23")
    };
}

statements! {
    WALK_APPROVED = walk!("o.approved nulls first, o.connection, o.id");
    WALK_APPROVED_DOWN = walk!("o.approved desc nulls last, o.connection desc, o.id desc");
    WALK_SHIPS = walk!("o.ship_start nulls first, o.connection, o.id");
    WALK_SHIPS_DOWN = walk!("o.ship_start desc nulls last, o.connection desc, o.id desc");
    WALK_VALUE = walk!("o.value_sort nulls first, o.connection, o.id");
    WALK_VALUE_DOWN = walk!("o.value_sort desc nulls last, o.connection desc, o.id desc");
    WALK_RETAILER = walk!("o.retailer_key, o.connection, o.id");
    WALK_RETAILER_DOWN = walk!("o.retailer_key desc, o.connection desc, o.id desc");
    WALK_NUMBER = walk!("length(o.id), o.id, o.connection");
    WALK_NUMBER_DOWN = walk!("length(o.id) desc, o.id desc, o.connection desc");
    WALK_STATE = walk!("o.state_rank nulls first, o.approved nulls first, o.connection, o.id");
    WALK_STATE_DOWN =
        walk!("o.state_rank desc nulls last, o.approved desc nulls last, o.connection desc, o.id desc");
    IN_STATE = in_state!("o.approved nulls first, o.connection, o.id");
    IN_STATE_DOWN = in_state!("o.approved desc nulls last, o.connection desc, o.id desc");
    SEARCH_APPROVED = search!("coalesce(o.approved, ''), o.connection, o.id");
    SEARCH_APPROVED_DOWN = search!("coalesce(o.approved, '') desc, o.connection desc, o.id desc");
    SEARCH_SHIPS = search!("coalesce(o.ship_start, ''), o.connection, o.id");
    SEARCH_SHIPS_DOWN = search!("coalesce(o.ship_start, '') desc, o.connection desc, o.id desc");
    SEARCH_VALUE = search!("coalesce(o.value_sort, -9223372036854775807), o.connection, o.id");
    SEARCH_VALUE_DOWN =
        search!("coalesce(o.value_sort, -9223372036854775807) desc, o.connection desc, o.id desc");
    SEARCH_RETAILER = search!("coalesce(o.retailer_key, ''), o.connection, o.id");
    SEARCH_RETAILER_DOWN = search!("coalesce(o.retailer_key, '') desc, o.connection desc, o.id desc");
    SEARCH_NUMBER = search!("coalesce(length(o.id), 0), o.id, o.connection");
    SEARCH_NUMBER_DOWN = search!("coalesce(length(o.id), 0) desc, o.id desc, o.connection desc");
    SEARCH_STATE = search!("coalesce(o.state_rank, -1), coalesce(o.approved, ''), o.connection, o.id");
    SEARCH_STATE_DOWN = search!(
        "coalesce(o.state_rank, -1) desc, coalesce(o.approved, '') desc, o.connection desc, o.id desc"
    );
    COUNT = "select o.state_rank, count(*) as orders from joor_order o where ($1 = '' or o.connection = $1) \
        group by o.state_rank";
    COUNT_FOUND = concat!(
        "select min(o.state_rank) as state_rank, count(*) as orders ",
        filtered!(),
        "group by coalesce(o.state_rank, -1)"
    );
    /// Steps from one linesheet to the next, so that not every order is looked at.
    LINESHEETS = "with recursive known (name) as (select min(linesheet_key) from joor_order where connection = $1 \
        and linesheet_key > '' union all select (select min(o.linesheet_key) from joor_order o \
        where o.connection = $1 and o.linesheet_key > known.name) from known where known.name is not null) \
        select name from known where name is not null limit $2";
    OPEN_CODES = "select code, count(*) as problems from problem where closed is null \
        and ($1 = '' or connection = $1) group by code order by code";
}

impl Ledger {
    /// One page of the orders that are looked for.
    pub async fn search_orders(&self, wanted: &OrderSearch) -> Result<Vec<ListedOrder>> {
        let Some(ranks) = ranks(&wanted.states) else { return Ok(Vec::new()) };
        let (limit, offset) = (i64::from(wanted.limit.min(PAGE_MAX)), i64::from(wanted.offset));
        let connection = wanted.connection.as_deref().unwrap_or_default();
        let walked = |statement| query(statement).bind(connection).bind(limit).bind(offset);
        let asked = match (wanted.is_narrowed(), ranks.as_slice(), wanted.sort) {
            (false, [], sort) => walked(walk_by(sort, wanted.descending)),
            (false, [rank], OrderSort::Approved) => {
                walked(if wanted.descending { IN_STATE_DOWN } else { IN_STATE }).bind(*rank)
            }
            (_, _, sort) => {
                let asked = query(search_by(sort, wanted.descending));
                wanted.bound_to(asked, connection, &ranks).bind(limit).bind(offset)
            }
        };
        let rows = self.rows(asked).await?;
        let ids = rows
            .iter()
            .map(|row| Ok((Row(row).text("connection")?, JoorOrderId::new(Row(row).text("id")?))))
            .collect::<Result<Vec<_>>>()?;
        self.listed_orders(&ids).await
    }

    /// How many orders are found on all pages together.
    pub async fn count_orders(&self, wanted: &OrderSearch) -> Result<u64> {
        Ok(self.order_states(wanted).await?.matching(&wanted.states))
    }

    /// How the orders that are looked for are spread over all states, not only over the wanted ones.
    pub async fn order_states(&self, wanted: &OrderSearch) -> Result<StateCounts> {
        let connection = wanted.connection.as_deref().unwrap_or_default();
        let asked = if wanted.is_narrowed() {
            wanted.bound_to(query(COUNT_FOUND), connection, &[])
        } else {
            query(COUNT).bind(connection)
        };
        let mut counts = StateCounts { states: STATE_WORDS.map(|word| (word, 0)).to_vec(), none: 0 };
        for row in self.rows(asked).await? {
            let row = Row(&row);
            let orders = row.amount("orders")?;
            let state = row.state_of_order()?;
            match counts.states.iter_mut().find(|(word, _)| Some(*word) == state) {
                Some((_, known)) => *known = orders,
                None => counts.none = orders,
            }
        }
        Ok(counts)
    }

    /// Linesheets that orders name, sorted; a long name is cut.
    pub async fn linesheets(&self, connection: Option<&str>) -> Result<Vec<String>> {
        let connections = match connection {
            Some(name) => vec![name.to_owned()],
            None => self.connections().await?.into_iter().map(|found| found.name).collect(),
        };
        let mut found = Vec::new();
        for name in &connections {
            for row in self.rows(query(LINESHEETS).bind(name).bind(LINESHEETS_MAX)).await? {
                found.push(Row(&row).text("name")?);
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Codes of which problems are open, and how many.
    pub async fn open_codes(&self, connection: Option<&str>) -> Result<Vec<(&'static str, u64)>> {
        let rows = self.rows(query(OPEN_CODES).bind(connection.unwrap_or_default())).await?;
        rows.iter().map(|row| Ok((Row(row).code()?, Row(row).amount("problems")?))).collect()
    }
}

fn walk_by(sort: OrderSort, descending: bool) -> &'static str {
    match (sort, descending) {
        (OrderSort::Approved, false) => WALK_APPROVED,
        (OrderSort::Approved, true) => WALK_APPROVED_DOWN,
        (OrderSort::Ships, false) => WALK_SHIPS,
        (OrderSort::Ships, true) => WALK_SHIPS_DOWN,
        (OrderSort::Value, false) => WALK_VALUE,
        (OrderSort::Value, true) => WALK_VALUE_DOWN,
        (OrderSort::Retailer, false) => WALK_RETAILER,
        (OrderSort::Retailer, true) => WALK_RETAILER_DOWN,
        (OrderSort::Number, false) => WALK_NUMBER,
        (OrderSort::Number, true) => WALK_NUMBER_DOWN,
        (OrderSort::State, false) => WALK_STATE,
        (OrderSort::State, true) => WALK_STATE_DOWN,
    }
}

fn search_by(sort: OrderSort, descending: bool) -> &'static str {
    match (sort, descending) {
        (OrderSort::Approved, false) => SEARCH_APPROVED,
        (OrderSort::Approved, true) => SEARCH_APPROVED_DOWN,
        (OrderSort::Ships, false) => SEARCH_SHIPS,
        (OrderSort::Ships, true) => SEARCH_SHIPS_DOWN,
        (OrderSort::Value, false) => SEARCH_VALUE,
        (OrderSort::Value, true) => SEARCH_VALUE_DOWN,
        (OrderSort::Retailer, false) => SEARCH_RETAILER,
        (OrderSort::Retailer, true) => SEARCH_RETAILER_DOWN,
        (OrderSort::Number, false) => SEARCH_NUMBER,
        (OrderSort::Number, true) => SEARCH_NUMBER_DOWN,
        (OrderSort::State, false) => SEARCH_STATE,
        (OrderSort::State, true) => SEARCH_STATE_DOWN,
    }
}
