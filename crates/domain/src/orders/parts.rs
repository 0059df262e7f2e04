//! Cuts a checked order into the drafts that become Shopify orders: one, or several that sum to the whole.
//! Everything was decided before; here it is only divided, and compared once more.

use crate::money::{Currency, Decimal, Money, share};
use crate::orders::customer;
use crate::orders::decide::{Addresses, CustomerMatch, Facts};
use crate::orders::draft::{Draft, DraftLine, DraftShipping, DraftTax, shopify_total};
use crate::orders::lines::{self, Live};
use crate::orders::note::{capped, one_line};
use crate::orders::order::Order;
use crate::orders::shelf::Variant;
use crate::orders::stock::{self, Effective};
use crate::orders::tax::{self, Base, Tax};
use crate::orders::texts::{PartOf, texts};
use crate::problem::Problem;
use crate::settings::{LINES_MAX, Splitting};

const TEXT_CHARS_MAX: usize = 255;

/// The parts of an order's total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    pub currency: Currency,
    pub base: Base,
    pub tax: Option<Tax>,
}

impl Sums {
    /// What the order must cost in the shop.
    pub fn total(&self) -> Decimal {
        let tax = self.tax.as_ref().map_or(Decimal::ZERO, |tax| tax.amount);
        self.base.goods - self.base.discount + self.base.shipping + tax
    }
}

/// A checked order with everything that its drafts need; `variants` are those of the live lines, in their order.
pub struct Cut<'a> {
    pub order: &'a Order,
    pub facts: &'a Facts<'a>,
    pub effective: &'a Effective,
    pub addresses: &'a Addresses,
    pub sums: &'a Sums,
    pub live: &'a [Live<'a>],
    pub variants: &'a [&'a Variant],
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    pub drafts: Vec<Draft>,
    pub problems: Vec<Problem>,
    pub marks: Vec<Problem>,
}

/// The drafts of an order. With problems among them they are not to be sent.
pub fn drafts(cut: &Cut<'_>) -> Built {
    let mut built = Built::default();
    let (lines, shipping_tax) = taxed_lines(cut);
    if lines.is_empty() {
        return built;
    }
    if lines.len() > LINES_MAX && cut.facts.settings.orders.splitting == Splitting::Hold {
        built.problems.push(Problem::OrdTooManyLines { lines: lines.len(), limit: LINES_MAX });
    }
    let chunks: Vec<&[DraftLine]> = lines.chunks(LINES_MAX).collect();
    let goods: Vec<Decimal> = chunks.iter().map(|chunk| goods_of(chunk)).collect();
    let discounts = share(cut.sums.base.discount, &goods, cut.sums.currency);
    let parts = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
    for (index, (chunk, discount)) in chunks.into_iter().zip(discounts).enumerate() {
        let part = PartOf { part: u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1), parts };
        let shipping = shipping(cut, part, shipping_tax.clone());
        draft(cut, part, chunk.to_vec(), discount, shipping, &mut built);
    }
    let whole: Decimal = built.drafts.iter().map(shopify_total).sum();
    compare("total", &money(cut, cut.sums.total()), &money(cut, whole), &mut built.problems);
    let units: i64 = built.drafts.iter().map(|draft| draft.units).sum();
    let ordered: i64 = cut.live.iter().map(|live| live.quantity).sum();
    compare("number of units", &ordered.to_string(), &units.to_string(), &mut built.problems);
    built
}

fn money(cut: &Cut<'_>, amount: Decimal) -> String {
    // Not rounded: the gap may be smaller than a minor unit.
    format!("{} {}", amount.normalize(), cut.sums.currency)
}

fn compare(what: &str, joor: &str, built: &str, problems: &mut Vec<Problem>) {
    // A token that could not be made leaves a part out; that problem is there already.
    if joor != built && problems.is_empty() {
        let (joor, built) = (joor.to_owned(), built.to_owned());
        problems.push(Problem::MoneyTotalDiffers { what: what.to_owned(), joor, built });
    }
}

fn goods_of(lines: &[DraftLine]) -> Decimal {
    lines.iter().map(|line| line.unit_price * Decimal::from(line.quantity)).sum()
}

/// All lines of the whole order at prices in minor units, each with its share of the tax; and the tax of shipping.
fn taxed_lines(cut: &Cut<'_>) -> (Vec<DraftLine>, Option<DraftTax>) {
    let Sums { currency, base, tax } = cut.sums;
    let mut lines: Vec<DraftLine> = Vec::with_capacity(cut.live.len());
    for (live, variant) in cut.live.iter().zip(cut.variants) {
        lines.extend(lines::split_price(live, *currency).into_iter().map(|(quantity, unit_price)| {
            DraftLine { variant: variant.id.clone(), quantity, unit_price, tax: None }
        }));
    }
    let Some(tax) = tax else { return (lines, None) };
    let totals: Vec<Decimal> =
        lines.iter().map(|line| line.unit_price * Decimal::from(line.quantity)).collect();
    let (shares, shipping) = tax::shares(tax, &totals, *base, *currency);
    let draft_tax = |amount| DraftTax { name: tax.name.clone(), rate: tax.rate, amount };
    for (line, amount) in lines.iter_mut().zip(shares) {
        line.tax = Some(draft_tax(amount));
    }
    (lines, tax.on_shipping.then(|| draft_tax(shipping)))
}

/// Shipping is paid once, with the first part; the others only say how they travel.
fn shipping(cut: &Cut<'_>, part: PartOf, tax: Option<DraftTax>) -> Option<DraftShipping> {
    let method = &cut.order.shipping_method;
    let text = |text: &str| capped(&one_line(text), TEXT_CHARS_MAX).0;
    let (name, code) = (text(&method.name), text(&method.code));
    let first = part.part == 1;
    let price = if first { cut.sums.base.shipping } else { Decimal::ZERO };
    let nothing_to_say = name.is_empty() && code.is_empty() && (cut.order.shipping_price.is_none() || !first);
    let title = [name, code.clone(), cut.facts.settings.orders.shipping_label.clone()];
    (!nothing_to_say).then(|| DraftShipping {
        title: title.into_iter().find(|text| !text.is_empty()).unwrap_or_default(),
        code,
        price,
        tax: tax.filter(|tax| first && (!price.is_zero() || !tax.amount.is_zero())),
    })
}

fn draft(
    cut: &Cut<'_>,
    part: PartOf,
    lines: Vec<DraftLine>,
    discount: Decimal,
    shipping: Option<DraftShipping>,
    built: &mut Built,
) {
    let (order, facts, settings) = (cut.order, cut.facts, &cut.facts.settings.orders);
    let texts = texts(order, facts.settings, cut.addresses, part);
    let new = |problems: &[Problem], known: &[Problem]| -> Vec<Problem> {
        problems.iter().filter(|problem| !known.contains(problem)).cloned().collect()
    };
    built.problems.extend(new(&texts.problems, &built.problems));
    built.marks.extend(new(&texts.marks, &built.marks));
    let token = match (facts.tokens)(part.part) {
        Ok(token) => token,
        Err(problem) => return built.problems.extend(new(&[problem], &built.problems)),
    };
    let mut draft = Draft {
        token,
        currency: cut.sums.currency,
        units: lines.iter().map(|line| line.quantity).sum(),
        lines,
        discount,
        discount_label: settings.discount_label.clone(),
        shipping,
        customer: match &facts.customer {
            CustomerMatch::Known(customer) => Some(customer.id.clone()),
            CustomerMatch::ToCreate
            | CustomerMatch::LinkDead(_)
            | CustomerMatch::Several(_)
            | CustomerMatch::Taken { .. }
            | CustomerMatch::NotFound { .. } => None,
        },
        email: customer::email(order).unwrap_or_default(),
        ship_to: cut.addresses.ship_to.address.clone(),
        bill_to: cut.addresses.bill_to.address.clone(),
        payment: settings.payment,
        fulfilment: stock::fulfilment(&cut.effective.fulfilment, facts.locations),
        claim: stock::claim(cut.effective.stock),
        note: texts.note,
        attributes: texts.attributes,
        tags: texts.tags,
        po_number: capped(&one_line(&order.po_number), TEXT_CHARS_MAX).0,
        source_url: settings.order_page.replace("{order}", order.id.as_str()),
        processed_on: order.approved.map(|approved| approved.min(facts.today)),
        expected: Money::new(cut.sums.total(), cut.sums.currency),
    };
    if part.parts > 1 {
        // A part's own sum; that all parts make up the whole is compared in the end.
        draft.expected.amount = shopify_total(&draft);
    }
    built.drafts.push(draft);
}
