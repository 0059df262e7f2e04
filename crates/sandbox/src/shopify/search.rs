//! Shopify's search language over flat records: fields, comparisons, AND, OR, NOT, brackets, quotes. An unknown field
//! restricts nothing and leaves a warning, as in the real index.

use super::order_objects::fulfillment_status;
use super::roots::stamp;
use super::state::{Customer, Order, State, Variant};
use super::time::moment;

/// The searchable fields of one object; a field may hold several values.
pub(crate) struct Record {
    fields: Vec<(&'static str, Vec<String>)>,
    metafields: Vec<(String, String)>,
    /// What a search without a field sees beside the fields.
    texts: Vec<String>,
}

/// How a value is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Whole value, case ignored.
    Exact,
    /// Words in a row anywhere in the value.
    Words,
    Moment,
    Number,
}

const ORDER_FIELDS: [(&str, Kind); 15] = [
    ("source_identifier", Kind::Exact),
    ("source_name", Kind::Exact),
    ("tag", Kind::Exact),
    ("name", Kind::Exact),
    ("po_number", Kind::Exact),
    ("email", Kind::Words),
    ("customer_id", Kind::Number),
    ("id", Kind::Number),
    ("created_at", Kind::Moment),
    ("processed_at", Kind::Moment),
    ("updated_at", Kind::Moment),
    ("financial_status", Kind::Exact),
    ("fulfillment_status", Kind::Exact),
    ("status", Kind::Exact),
    ("sku", Kind::Words),
];
const CUSTOMER_FIELDS: [(&str, Kind); 9] = [
    ("email", Kind::Words),
    ("phone", Kind::Words),
    ("first_name", Kind::Words),
    ("last_name", Kind::Words),
    ("tag", Kind::Exact),
    ("id", Kind::Number),
    ("created_at", Kind::Moment),
    ("updated_at", Kind::Moment),
    ("country", Kind::Exact),
];
const VARIANT_FIELDS: [(&str, Kind); 8] = [
    ("sku", Kind::Words),
    ("barcode", Kind::Words),
    ("title", Kind::Words),
    ("product_id", Kind::Number),
    ("id", Kind::Number),
    ("product_status", Kind::Exact),
    ("updated_at", Kind::Moment),
    ("inventory_quantity", Kind::Number),
];

fn known_fields(kind: &str) -> &'static [(&'static str, Kind)] {
    match kind {
        "Order" => &ORDER_FIELDS,
        "Customer" => &CUSTOMER_FIELDS,
        _ => &VARIANT_FIELDS,
    }
}

impl Record {
    pub(crate) fn of_order(order: &Order) -> Record {
        let status = match (order.cancelled_at, order.closed_at) {
            (Some(_), _) => vec!["cancelled", "closed"],
            (None, Some(_)) => vec!["closed", "not_cancelled"],
            (None, None) => vec!["open", "not_closed"],
        };
        let skus = order.lines.iter().filter_map(|line| line.sku.clone()).collect();
        let metafields = order
            .metafields
            .iter()
            .map(|held| (format!("metafields.{}.{}", held.namespace, held.key), held.value.clone()));
        Record {
            fields: vec![
                ("source_identifier", order.source_identifier.iter().cloned().collect()),
                ("source_name", order.source_name.iter().cloned().collect()),
                ("tag", order.tags.clone()),
                ("name", vec![order.name.clone()]),
                ("po_number", order.po_number.iter().cloned().collect()),
                ("email", order.email.iter().cloned().collect()),
                ("customer_id", order.customer.iter().map(u64::to_string).collect()),
                ("id", vec![order.id.to_string()]),
                ("created_at", vec![stamp(order.created_at)]),
                ("processed_at", vec![stamp(order.processed_at)]),
                ("updated_at", vec![stamp(order.updated_at)]),
                ("financial_status", order.financial.iter().cloned().collect()),
                ("fulfillment_status", vec![fulfillment_status(order).to_owned()]),
                ("status", status.into_iter().map(str::to_owned).collect()),
                ("sku", skus),
            ],
            metafields: metafields.collect(),
            texts: Vec::new(),
        }
    }

    pub(crate) fn of_customer(id: u64, customer: &Customer) -> Record {
        let country = customer.default_address().and_then(|address| address.country_code.clone());
        Record {
            fields: vec![
                ("email", customer.email.iter().cloned().collect()),
                ("phone", customer.phone.iter().cloned().collect()),
                ("first_name", customer.first_name.iter().cloned().collect()),
                ("last_name", customer.last_name.iter().cloned().collect()),
                ("tag", customer.tags.clone()),
                ("id", vec![id.to_string()]),
                ("created_at", vec![stamp(customer.created_at)]),
                ("updated_at", vec![stamp(customer.updated_at)]),
                ("country", country.into_iter().collect()),
            ],
            metafields: Vec::new(),
            texts: customer
                .default_address()
                .and_then(|address| address.company.clone())
                .into_iter()
                .collect(),
        }
    }

    pub(crate) fn of_variant(id: u64, variant: &Variant, state: &State) -> Record {
        let product = state.products.get(&variant.product);
        let status = product.map(|product| product.status.to_lowercase());
        Record {
            fields: vec![
                ("sku", variant.sku.iter().cloned().collect()),
                ("barcode", variant.barcode.iter().cloned().collect()),
                ("title", vec![variant.title.clone()]),
                ("product_id", vec![variant.product.to_string()]),
                ("id", vec![id.to_string()]),
                ("product_status", status.into_iter().collect()),
                ("updated_at", vec![stamp(variant.updated_at)]),
                ("inventory_quantity", vec![state.sellable(variant).to_string()]),
            ],
            metafields: Vec::new(),
            texts: product.into_iter().map(|product| product.title.clone()).collect(),
        }
    }

    fn values(&self, field: &str) -> Vec<&String> {
        let plain = self.fields.iter().filter(|(name, _)| *name == field).flat_map(|(_, values)| values);
        plain
            .chain(self.metafields.iter().filter(|(name, _)| name == field).map(|(_, value)| value))
            .collect()
    }
}

/// Who matched, and which field names meant nothing.
pub(crate) struct Outcome {
    pub(crate) kept: Vec<u64>,
    pub(crate) warnings: Vec<String>,
}

/// Filters records of one kind by a query.
pub(crate) fn matches(query: &str, kind: &str, records: &[(u64, Record)], ignore_filters: bool) -> Outcome {
    let tokens = tokens(query);
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let wanted = if tokens.is_empty() { Term::All } else { parser.any() };
    let mut warnings = Vec::new();
    wanted.unknown(kind, ignore_filters, &mut warnings);
    let keep = |record: &Record| wanted.holds(record, kind, ignore_filters);
    Outcome { kept: records.iter().filter(|(_, record)| keep(record)).map(|(id, _)| *id).collect(), warnings }
}

#[derive(Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Or,
    And,
    Not,
    Term { field: Option<String>, comparison: String, value: String },
}

#[derive(Debug)]
enum Term {
    All,
    And(Vec<Term>),
    Or(Vec<Term>),
    Not(Box<Term>),
    Field { field: Option<String>, comparison: String, value: String },
}

fn tokens(query: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '(' | ')' => {
                found.push(if first == '(' { Token::Open } else { Token::Close });
                1
            }
            '-' => {
                found.push(Token::Not);
                1
            }
            _ => {
                let (token, length) = term(rest);
                found.push(token);
                length
            }
        };
        rest = rest[taken..].trim_start();
    }
    found
}

/// One word or `field:value`; quotes of both kinds keep blanks and brackets together.
fn term(text: &str) -> (Token, usize) {
    let mut field = None;
    let mut comparison = String::new();
    let mut value = String::new();
    let mut is_quoted = false;
    let mut chars = text.char_indices().peekable();
    let mut end = text.len();
    while let Some((at, letter)) = chars.next() {
        match letter {
            '"' | '\'' => {
                is_quoted = true;
                while let Some((_, inner)) = chars.next() {
                    match inner {
                        '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
                        found if found == letter => break,
                        found => value.push(found),
                    }
                }
            }
            ':' if field.is_none() && !value.is_empty() => {
                field = Some(std::mem::take(&mut value));
                while let Some((_, sign)) = chars.next_if(|(_, next)| matches!(next, '<' | '>' | '=')) {
                    comparison.push(sign);
                }
            }
            ' ' | '\t' | '\n' | '(' | ')' => {
                end = at;
                break;
            }
            other => value.push(other),
        }
    }
    // Within quotes even these are words.
    let token = match (&field, value.as_str()) {
        (None, "OR") if !is_quoted => Token::Or,
        (None, "AND") if !is_quoted => Token::And,
        (None, "NOT") if !is_quoted => Token::Not,
        _ => Token::Term { field, comparison, value },
    };
    (token, end.max(1))
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Term {
        let mut choices = vec![self.all()];
        while self.tokens.get(self.at) == Some(&Token::Or) {
            self.at += 1;
            choices.push(self.all());
        }
        Term::Or(choices)
    }

    fn all(&mut self) -> Term {
        let mut parts = Vec::new();
        loop {
            match self.tokens.get(self.at) {
                None | Some(Token::Or | Token::Close) => return Term::And(parts),
                Some(Token::And) => self.at += 1,
                Some(Token::Open | Token::Not | Token::Term { .. }) => parts.push(self.single()),
            }
        }
    }

    fn single(&mut self) -> Term {
        let token = self.tokens.get(self.at);
        self.at += 1;
        match token {
            Some(Token::Not) => Term::Not(Box::new(self.single())),
            Some(Token::Open) => {
                let inner = self.any();
                self.at += 1;
                inner
            }
            Some(Token::Term { field, comparison, value }) => {
                Term::Field { field: field.clone(), comparison: comparison.clone(), value: value.clone() }
            }
            Some(Token::Close | Token::Or | Token::And) | None => Term::All,
        }
    }
}

impl Term {
    fn unknown(&self, kind: &str, ignore: bool, warnings: &mut Vec<String>) {
        match self {
            Term::All => {}
            Term::And(parts) | Term::Or(parts) => {
                parts.iter().for_each(|part| part.unknown(kind, ignore, warnings))
            }
            Term::Not(inner) => inner.unknown(kind, ignore, warnings),
            Term::Field { field: Some(field), .. } if ignore || comparison_kind(kind, field).is_none() => {
                warnings.push(field.clone());
            }
            Term::Field { .. } => {}
        }
    }

    fn holds(&self, record: &Record, kind: &str, ignore: bool) -> bool {
        match self {
            Term::All => true,
            Term::And(parts) => parts.iter().all(|part| part.holds(record, kind, ignore)),
            Term::Or(parts) => parts.iter().any(|part| part.holds(record, kind, ignore)),
            Term::Not(inner) => !inner.holds(record, kind, ignore),
            Term::Field { field: Some(field), comparison, value } => match comparison_kind(kind, field) {
                Some(found) if !ignore => {
                    record.values(field).iter().any(|held| compared(found, held, comparison, value))
                }
                Some(_) | None => true,
            },
            Term::Field { field: None, value, .. } => record
                .fields
                .iter()
                .flat_map(|(_, values)| values)
                .chain(&record.texts)
                .any(|held| compared(Kind::Words, held, "", value)),
        }
    }
}

fn comparison_kind(kind: &str, field: &str) -> Option<Kind> {
    if kind == "Order" && field.starts_with("metafields.") {
        return Some(Kind::Exact);
    }
    known_fields(kind).iter().find(|(name, _)| *name == field).map(|(_, found)| *found)
}

fn compared(kind: Kind, held: &str, comparison: &str, wanted: &str) -> bool {
    if wanted == "*" {
        return true;
    }
    match kind {
        Kind::Exact => match wanted.strip_suffix('*') {
            Some(prefix) => held.to_lowercase().starts_with(&prefix.to_lowercase()),
            None => held.to_lowercase() == wanted.to_lowercase(),
        },
        Kind::Words => in_a_row(&words(held), &words(wanted), wanted.ends_with('*')),
        Kind::Moment => match (moment(held), moment(wanted)) {
            (Some(held), Some(wanted)) => ordered(held.cmp(&wanted), comparison),
            (_, _) => false,
        },
        Kind::Number => {
            match (held.parse::<i128>(), wanted.rsplit('/').next().unwrap_or(wanted).parse::<i128>()) {
                (Ok(held), Ok(wanted)) => ordered(held.cmp(&wanted), comparison),
                (_, _) => false,
            }
        }
    }
}

fn ordered(found: std::cmp::Ordering, comparison: &str) -> bool {
    match comparison {
        ">" => found.is_gt(),
        ">=" => found.is_ge(),
        "<" => found.is_lt(),
        "<=" => found.is_le(),
        _ => found.is_eq(),
    }
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The index knows words, not punctuation: `AB-1` also finds `AB-1-RED`. With an asterisk the last word is a beginning.
fn in_a_row(held: &[String], wanted: &[String], begins: bool) -> bool {
    let Some((last, before)) = wanted.split_last() else { return false };
    held.windows(wanted.len()).any(|window| match window.split_last() {
        Some((end, start)) => start == before && (end == last || begins && end.starts_with(last)),
        None => false,
    })
}
