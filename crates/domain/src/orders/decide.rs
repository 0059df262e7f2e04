//! Decides over one order: all checks run, all problems are told together, and what passes becomes drafts.
//! Everything it needs was read before; it calls nothing.

use crate::ids::{CustomerId, JoorSkuId, Token, VariantId};
use crate::money::{Currency, Decimal};
use crate::orders::address::{self, Mapped};
use crate::orders::customer;
use crate::orders::discount;
use crate::orders::draft::Draft;
use crate::orders::lines::{self, AMOUNT_MAX, Index, Live};
use crate::orders::linked::ItemLinks;
use crate::orders::note;
use crate::orders::order::{Line, Order, OrderStatus, SkuIdentifiers};
use crate::orders::parts::{self, Cut, Sums};
use crate::orders::shelf::{Customer, Location, Variant};
use crate::orders::stock::{self, Checked, Effective, Level, Want};
use crate::orders::tax::{self, Base};
use crate::problem::{AddressKind, LineRef, Problem};
use crate::settings::Settings;
use jiff::civil::Date;
use std::collections::BTreeMap;

pub use crate::orders::start::Start;
pub use crate::orders::stock::{ScarceKey, scarce_key};

/// Longer order numbers would not fit into a tag with the word before them, and no tag with a number is ever cut.
const ORDER_ID_CHARS_MAX: usize = 30;

/// All that is known when an order is decided.
pub struct Facts<'a> {
    pub settings: &'a Settings,
    /// Today in UTC.
    pub today: Date,
    /// The first day that is exported.
    pub start: Start,
    /// A person said that this very order is to be exported: start day and skipping rules do not count.
    pub export_anyway: bool,
    /// What the order's price type says; `None` if the price type is unknown to JOOR.
    pub currency: Option<Currency>,
    /// The price type's own word for its currency, for the message when `currency` is `None`.
    pub currency_word: &'a str,
    pub skus: &'a BTreeMap<JoorSkuId, SkuIdentifiers>,
    /// Every variant read for this cycle, by id.
    pub variants: &'a BTreeMap<VariantId, Variant>,
    /// What people said about single items.
    pub item_links: &'a ItemLinks,
    pub locations: &'a [Location],
    pub customer: CustomerMatch,
    /// The custom id of a customer to create, see [`customer::custom_id`]; `None` if none can be made.
    pub customer_custom_id: Option<String>,
    /// The token of each part.
    pub tokens: &'a dyn Fn(u32) -> Result<Token, Problem>,
    /// A person confirmed the prices of this order although they look like stand-ins.
    pub prices_confirmed: bool,
}

/// Which Shopify customer belongs to the retailer; found out before deciding by
/// [`customer::choose`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerMatch {
    Known(Customer),
    /// None there; it is to be created (and will be known on the next decision).
    ToCreate,
    /// A numeric code or a remembered link names a customer that Shopify does not have.
    LinkDead(CustomerId),
    /// The code is not a customer id, there is no link, and several customers share the e-mail.
    Several(Vec<String>),
    /// Creating it failed because this field is taken by another customer.
    Taken {
        field: String,
    },
    /// Not looked for, because the order has nothing to look with or because creation is off; what was tried.
    NotFound {
        tried: Vec<String>,
    },
}

/// What becomes of an order.
#[allow(
    clippy::large_enum_variant,
    reason = "few decisions live at a time, and most of them are the large one"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// One draft, or several parts that sum to the whole. The customer to create comes first; its drafts name no
    /// customer yet, so the order is decided again when the customer is known.
    Export {
        drafts: Vec<Draft>,
        marks: Vec<Problem>,
        create_customer: Option<NewCustomer>,
    },
    Held(Vec<Problem>),
    Skipped(Vec<Problem>),
}

/// A customer to create: never applied to an existing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCustomer {
    /// Unique per retailer: letters, digits and `-`.
    pub custom_id: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// E.164; empty: none.
    pub phone: String,
    pub tags: Vec<String>,
    pub address: crate::orders::draft::DraftAddress,
}

/// Units promised to earlier orders of the same cycle, per variant. Where they will be taken from is Shopify's choice, so
/// they count as taken everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promised(pub BTreeMap<VariantId, i64>);

/// Why the order is none of our business, from its head alone. Whoever asks before reading lines saves the calls.
pub fn ruled_out(order: &Order, settings: &Settings, start: Start, export_anyway: bool) -> Option<Problem> {
    if order.status != OrderStatus::Approved {
        let status = note::capped(&note::one_line(order.status.word()), 60).0;
        return Some(Problem::OrdNotApproved { status });
    }
    if export_anyway {
        return None;
    }
    if order.approved.is_some_and(|approved| approved < start.unclear.0) {
        return Some(Problem::OrdBeforeStart { approved: order.approved, start: start.day });
    }
    stock::effective(order, settings).skip.map(|rule| Problem::OrdRuledOut { rule })
}

/// Everything found so far. Nothing stops at the first problem.
#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    marks: Vec<Problem>,
}

/// Decides over `order` and, if it is exported, adds its units to `promised`.
pub fn decide(order: &Order, lines: &[Line], facts: &Facts<'_>, promised: &mut Promised) -> Decision {
    let settings = facts.settings;
    if let Some(reason) = ruled_out(order, settings, facts.start, facts.export_anyway) {
        return Decision::Skipped(vec![reason]);
    }
    let mut found = Findings::default();
    found.problems.extend(check_head(order, facts));
    let addresses = Addresses::of(order, &mut found);
    let create_customer = customer_of(order, facts, &addresses, &mut found);

    let (live, problems) = lines::live(order, lines);
    let countable = !problems.iter().any(|problem| matches!(problem, Problem::SrcBadPayload { .. }));
    found.problems.extend(problems);
    found.problems.extend(lines::check_prices(&live, &settings.orders, facts.prices_confirmed));
    let index = Index::new(facts.variants, &settings.orders);
    let (variants, problems) =
        lines::match_all(&live, facts.skus, facts.item_links, &settings.orders, &index);
    found.problems.extend(problems);

    let effective = stock::effective(order, settings);
    let promise = check_stock(&live, &variants, &effective, facts, promised, &mut found);
    let sums = facts
        .currency
        .filter(|_| countable)
        .and_then(|currency| sums(order, &live, currency, facts, &mut found));
    let variants: Option<Vec<&Variant>> = variants.into_iter().collect();
    let drafts = match (&sums, &variants) {
        (Some(sums), Some(variants)) => {
            let cut = Cut {
                order,
                facts,
                effective: &effective,
                addresses: &addresses,
                sums,
                live: &live,
                variants,
            };
            let built = parts::drafts(&cut);
            found.problems.extend(built.problems);
            found.marks.extend(built.marks);
            built.drafts
        }
        (Some(_), None) | (None, Some(_)) | (None, None) => Vec::new(),
    };
    conclude(found, drafts, create_customer, promise, promised)
}

fn conclude(
    found: Findings,
    drafts: Vec<Draft>,
    create_customer: Option<NewCustomer>,
    promise: BTreeMap<VariantId, i64>,
    promised: &mut Promised,
) -> Decision {
    if !found.problems.is_empty() {
        return Decision::Held(without_repeats(found.problems));
    }
    if drafts.is_empty() {
        // No draft and no reason would be a fault of these rules; the order must not vanish because of it.
        return Decision::Held(vec![Problem::SysUnexpected {
            id: "no-draft".to_owned(),
            step: "decide".to_owned(),
        }]);
    }
    for (variant, units) in promise {
        *promised.0.entry(variant).or_insert(0) += units;
    }
    Decision::Export { drafts, marks: without_repeats(found.marks), create_customer }
}

fn without_repeats(problems: Vec<Problem>) -> Vec<Problem> {
    let mut once: Vec<Problem> = Vec::with_capacity(problems.len());
    for problem in problems {
        if !once.contains(&problem) {
            once.push(problem);
        }
    }
    once
}

/// What the head of the order says by itself.
fn check_head(order: &Order, facts: &Facts<'_>) -> Vec<Problem> {
    let settings = facts.settings;
    let mut problems = Vec::new();
    if let Some(approved) = order.approved.filter(|day| facts.start.is_unclear(*day)) {
        let start = facts.start.day;
        let is_included = settings.schedule.include_start_day && approved >= start;
        if !is_included && !facts.export_anyway {
            problems.push(Problem::OrdOnStartDay { start, approved });
        }
    }
    let id = order.id.as_str();
    if id.chars().count() > ORDER_ID_CHARS_MAX {
        problems.push(Problem::SrcBadPayload {
            field: "order id".to_owned(),
            expected: format!("at most {ORDER_ID_CHARS_MAX} characters"),
            found: note::capped(&note::one_line(id), ORDER_ID_CHARS_MAX).0,
        });
    }
    let empty = |name: &String| note::field(order, name).is_none_or(|text| text.is_empty());
    let mut fields: Vec<String> =
        settings.orders.required_fields.iter().filter(|name| empty(name)).cloned().collect();
    // Without a day of approval nobody can say whether the order is older than the start.
    if order.approved.is_none() && !facts.export_anyway && !fields.iter().any(|name| name == "approved") {
        fields.push("approved".to_owned());
    }
    if !fields.is_empty() {
        problems.push(Problem::SrcFieldMissing { fields });
    }
    let allowed = &settings.orders.currencies;
    if !facts.currency.is_some_and(|currency| allowed.contains(&currency)) {
        let word = note::capped(&note::one_line(facts.currency_word), 30).0;
        let found = facts.currency.map_or(word, |currency| currency.to_string());
        problems.push(Problem::MoneyCurrency { found, allowed: allowed.clone() });
    }
    problems.extend(customer::check_email(order));
    problems.extend(customer::check(order, &facts.customer));
    problems
}

/// Both addresses with codes.
pub struct Addresses {
    pub ship_to: Mapped,
    pub bill_to: Mapped,
}

impl Addresses {
    fn of(order: &Order, found: &mut Findings) -> Addresses {
        let map = |kind, given| address::map(kind, given, &order.buyer_name, &order.retailer.name);
        let ship_to = map(AddressKind::Shipping, &order.ship_to);
        let bill_to = map(AddressKind::Billing, &order.bill_to);
        for mapped in [&ship_to, &bill_to] {
            found.problems.extend(mapped.problems.iter().cloned());
            found.marks.extend(mapped.marks.iter().cloned());
        }
        Addresses { ship_to, bill_to }
    }
}

fn customer_of(
    order: &Order,
    facts: &Facts<'_>,
    addresses: &Addresses,
    found: &mut Findings,
) -> Option<NewCustomer> {
    if facts.customer != CustomerMatch::ToCreate {
        return None;
    }
    match &facts.customer_custom_id {
        Some(custom_id) => Some(customer::new_customer(
            order,
            custom_id.clone(),
            &addresses.ship_to.address,
            &facts.settings.orders,
        )),
        None => {
            let id = note::capped(&note::one_line(&order.retailer.joor_id), 60).0;
            let tried = vec![format!("JOOR retailer id \"{id}\", which cannot name a customer")];
            found.problems.push(Problem::CustNotFound { retailer: customer::retailer(order), tried });
            None
        }
    }
}

/// Stock of the lines that are known, even where others are not: all problems are told together.
fn check_stock(
    live: &[Live<'_>],
    variants: &[Option<&Variant>],
    effective: &Effective,
    facts: &Facts<'_>,
    promised: &Promised,
    found: &mut Findings,
) -> BTreeMap<VariantId, i64> {
    let wants = wants(live, variants, facts);
    let Checked { problems, marks, promise } =
        stock::check(&wants, effective, facts.settings, facts.locations, promised);
    found.problems.extend(problems);
    found.marks.extend(marks);
    promise
}

/// What a decision sees of an order, whatever it decides: for people who look at it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    pub lines: Vec<SeenLine<'a>>,
    /// The parts of the total; `None` where JOOR's numbers do not add up, or the currency is unknown.
    pub sums: Option<Sums>,
}

/// A live line with the shelf that it was checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLine<'a> {
    pub line: &'a Line,
    pub quantity: i64,
    pub identifier: String,
    /// Who said which variant it is; `None`: its identifiers do.
    pub linked_by: Option<String>,
    /// `None`: the line leads to no variant, or to one whose units Shopify does not count.
    pub level: Option<Level>,
}

/// Looks at an order as [`decide`] does. `promised` is what it was before the decision.
pub fn look<'a>(order: &Order, lines: &'a [Line], facts: &Facts<'_>, promised: &Promised) -> Seen<'a> {
    let settings = facts.settings;
    let (live, problems) = lines::live(order, lines);
    let countable = !problems.iter().any(|problem| matches!(problem, Problem::SrcBadPayload { .. }));
    let index = Index::new(facts.variants, &settings.orders);
    let (variants, _) = lines::match_all(&live, facts.skus, facts.item_links, &settings.orders, &index);
    let wants = wants(&live, &variants, facts);
    let effective = stock::effective(order, settings);
    let mut levels = stock::levels(&wants, &effective, settings, facts.locations, promised).into_iter();
    let seen = live.iter().zip(&variants).map(|(live, variant)| SeenLine {
        line: live.line,
        quantity: live.quantity,
        identifier: lines::reference(live.line, facts.skus.get(&live.line.sku)).identifier,
        linked_by: facts.item_links.of(live.line).map(|link| link.by.clone()),
        level: variant.and_then(|_| levels.next().flatten()),
    });
    let lines = seen.collect();
    let sums = facts
        .currency
        .filter(|_| countable)
        .and_then(|currency| sums(order, &live, currency, facts, &mut Findings::default()));
    Seen { lines, sums }
}

/// The lines whose variant is known.
fn wants<'a>(live: &[Live<'_>], variants: &[Option<&'a Variant>], facts: &Facts<'_>) -> Vec<Want<'a>> {
    let want = |(live, variant): (&Live<'_>, &Option<&'a Variant>)| {
        let variant = (*variant)?;
        let line = LineRef {
            product: Some(variant.product.clone()),
            variant: Some(variant.id.clone()),
            ..lines::reference(live.line, facts.skus.get(&live.line.sku))
        };
        Some(Want { line, variant, quantity: live.quantity })
    };
    live.iter().zip(variants).filter_map(want).collect()
}

/// The parts of the order's total, from JOOR's numbers alone.
fn sums(
    order: &Order,
    live: &[Live<'_>],
    currency: Currency,
    facts: &Facts<'_>,
    found: &mut Findings,
) -> Option<Sums> {
    let exact_goods: Decimal =
        live.iter().map(|live| lines::price(live) * Decimal::from(live.quantity)).sum();
    let goods: Decimal = live.iter().map(|live| lines::line_total(live, currency)).sum();
    let given_shipping = order.shipping_price.unwrap_or_default();
    let expected = "an amount of money".to_owned();
    if goods > AMOUNT_MAX {
        let field = "sum of all lines".to_owned();
        found.problems.push(Problem::SrcBadPayload { field, expected, found: goods.to_string() });
        return None;
    }
    if given_shipping < Decimal::ZERO || given_shipping > AMOUNT_MAX {
        let field = "shipping price".to_owned();
        found.problems.push(Problem::SrcBadPayload { field, expected, found: given_shipping.to_string() });
        return None;
    }
    found.marks.extend(lines::rounded(live, currency));
    let shipping = currency.round(given_shipping);
    let discount = match discount::amount(&order.discount, exact_goods, goods, currency) {
        Ok(discount) => discount,
        Err(problem) => {
            found.problems.push(problem);
            return None;
        }
    };
    let base = Base { goods, discount, shipping };
    let exempt = match &facts.customer {
        CustomerMatch::Known(customer) => customer.tax_exempt,
        CustomerMatch::ToCreate
        | CustomerMatch::LinkDead(_)
        | CustomerMatch::Several(_)
        | CustomerMatch::Taken { .. }
        | CustomerMatch::NotFound { .. } => false,
    };
    match tax::tax(order, &facts.settings.tax, base, exempt, currency) {
        Ok(tax) => Some(Sums { currency, base, tax }),
        Err(problem) => {
            found.problems.push(problem);
            None
        }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
