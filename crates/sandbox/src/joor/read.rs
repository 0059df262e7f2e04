//! JOOR's GET calls: filters, sorting and paging over the account. Reading marks nothing.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::account::Account;
use super::http::{BadRequest, BrokenRow, Parameters};
use super::order::{ExportState, OrderSeed, Status};
use super::wire;

const PAGE_SIZE_DEFAULT: usize = 50;
const PAGE_SIZE_MAX: usize = 200;

pub fn orders(
    account: &Account,
    parameters: &Parameters,
    now: Timestamp,
    broken: &BrokenRow,
) -> Result<Value, BadRequest> {
    let options = &account.options;
    let wanted = Filter::read(parameters, options.ignores_export_filter)?;
    let page = Page::read(parameters, Some(PAGE_SIZE_DEFAULT))?;
    let mut found: Vec<&OrderSeed> = match ids(parameters, "order_ids", options.order_ids_max)? {
        Some(ids) => ids.iter().filter_map(|id| account.order(id)).collect(),
        None => account.listed(now).collect(),
    };
    found.retain(|order| wanted.takes(order));
    sort(&mut found, parameters)?;
    let rows = page.cut(found).into_iter().map(|order| wire::order_row(order, options)).collect();
    Ok(wire::envelope(break_row(rows, "id", broken), options))
}

pub fn sku_line_items(
    account: &Account,
    parameters: &Parameters,
    broken: &BrokenRow,
) -> Result<Value, BadRequest> {
    let options = &account.options;
    let orders = ids(parameters, "order_ids", options.line_order_ids_max)?;
    let lines = ids(parameters, "line_item_ids", options.line_order_ids_max)?;
    let page = Page::read(parameters, options.line_page_size)?;
    if orders.is_none() && lines.is_none() {
        return Err(BadRequest("One of order_ids and line_item_ids is required".to_owned()));
    }
    let mut rows = Vec::new();
    for order in account.current() {
        if orders.as_ref().is_some_and(|ids| !ids.contains(&order.id.as_str())) {
            continue;
        }
        for line in &order.lines {
            if lines.as_ref().is_none_or(|ids| ids.contains(&line.id.as_str())) {
                rows.push(wire::line_row(&order.id, line, options));
            }
        }
    }
    Ok(wire::envelope(break_row(page.cut(rows), "order_id", broken), options))
}

pub fn skus(account: &Account, parameters: &Parameters) -> Result<Value, BadRequest> {
    let options = &account.options;
    let products = ids(parameters, "product_ids", options.sku_product_ids_max)?
        .ok_or_else(|| BadRequest("The parameter product_ids is required".to_owned()))?;
    let page = Page::read(parameters, None)?;
    let found = products.iter().flat_map(|product| account.skus_of(product)).collect();
    let rows = page.cut(found).into_iter().map(|sku| wire::sku_row(sku, options)).collect();
    Ok(wire::envelope(rows, options))
}

pub fn price_types(account: &Account) -> Value {
    let rows = account.price_types.iter().map(wire::price_type_row).collect();
    wire::envelope(rows, &account.options)
}

/// A list of ids, each once. `None` where the parameter is not there.
fn ids<'a>(parameters: &'a Parameters, name: &str, most: usize) -> Result<Option<Vec<&'a str>>, BadRequest> {
    let Some(text) = parameters.get(name) else {
        return Ok(None);
    };
    let mut ids: Vec<&str> = Vec::new();
    for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.len() > most {
        return Err(BadRequest(format!("{name} takes at most {most} ids, {} were given", ids.len())));
    }
    Ok(Some(ids))
}

fn break_row(mut rows: Vec<Value>, key: &str, broken: &BrokenRow) -> Vec<Value> {
    if let Some((order, field, value)) = broken {
        for row in rows.iter_mut().filter(|row| row[key].as_str() == Some(order)) {
            wire::put(row, field, value.clone());
        }
    }
    rows
}

struct Filter {
    status: Option<Status>,
    export_status: Option<ExportState>,
    approved_from: Option<Date>,
    approved_to: Option<Date>,
    modified_from: Option<Date>,
}

impl Filter {
    fn read(parameters: &Parameters, ignore_export_status: bool) -> Result<Filter, BadRequest> {
        let export_status = match parameters.get("export_status") {
            Some(text) => Some(ExportState::from_text(text).ok_or_else(|| unknown("export_status", text))?),
            None => None,
        };
        let status = match parameters.get("status") {
            Some(text) => Some(Status::from_word(text).ok_or_else(|| unknown("status", text))?),
            None => None,
        };
        Ok(Filter {
            status,
            export_status: export_status.filter(|_| !ignore_export_status),
            approved_from: day(parameters, "date_approved_start")?,
            approved_to: day(parameters, "date_approved_end")?,
            modified_from: day(parameters, "last_modified")?,
        })
    }

    fn takes(&self, order: &OrderSeed) -> bool {
        self.status.is_none_or(|status| order.status == status)
            && self.export_status.is_none_or(|state| order.export_status == state)
            && self.approved_from.is_none_or(|from| order.date_approved.is_some_and(|day| day >= from))
            && self.approved_to.is_none_or(|to| order.date_approved.is_some_and(|day| day <= to))
            && self.modified_from.is_none_or(|from| order.date_modified.is_some_and(|day| day >= from))
    }
}

fn unknown(name: &str, text: &str) -> BadRequest {
    BadRequest(format!("{name} does not know the value {text}"))
}

fn day(parameters: &Parameters, name: &str) -> Result<Option<Date>, BadRequest> {
    match parameters.get(name) {
        Some(text) => {
            text.parse().map(Some).map_err(|_| BadRequest(format!("{name} must be YYYY-MM-DD, not {text}")))
        }
        None => Ok(None),
    }
}

/// Without a wish by order number, so that pages fit together.
fn sort(orders: &mut [&OrderSeed], parameters: &Parameters) -> Result<(), BadRequest> {
    orders.sort_by_key(|order| (order.id.len(), order.id.clone()));
    match parameters.get("sort_by").map(String::as_str) {
        None | Some("id") => {}
        Some("date_created") => orders.sort_by_key(|order| order.date_created),
        Some("date_approved") => orders.sort_by_key(|order| order.date_approved),
        Some("date_modified") => orders.sort_by_key(|order| order.date_modified),
        Some(other) => return Err(unknown("sort_by", other)),
    }
    match parameters.get("sort_order").map(String::as_str) {
        None | Some("ASCENDING") => {}
        Some("DESCENDING") => orders.reverse(),
        Some(other) => return Err(unknown("sort_order", other)),
    }
    Ok(())
}

struct Page {
    skip: usize,
    /// `None`: everything.
    size: Option<usize>,
}

impl Page {
    fn read(parameters: &Parameters, size_default: Option<usize>) -> Result<Page, BadRequest> {
        let whole = |name: &str| match parameters.get(name) {
            Some(text) => match text.parse::<usize>() {
                Ok(value) if value > 0 => Ok(Some(value)),
                Ok(_) | Err(_) => {
                    Err(BadRequest(format!("{name} must be a whole number from 1, not {text}")))
                }
            },
            None => Ok(None),
        };
        let page = whole("page")?.unwrap_or(1);
        let size = whole("page_size")?;
        if size.is_some_and(|size| size > PAGE_SIZE_MAX) {
            return Err(BadRequest(format!("page_size must be from 1 to {PAGE_SIZE_MAX}")));
        }
        let size = size.or(size_default).or((page > 1).then_some(PAGE_SIZE_DEFAULT));
        Ok(Page { skip: (page - 1).saturating_mul(size.unwrap_or(0)), size })
    }

    fn cut<T>(&self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.skip).take(self.size.unwrap_or(usize::MAX)).collect()
    }
}
