//! One example of every problem. Nothing real is in it.

use crate::ids::{ShopOrderId, Token};
use crate::money::{Currency, Decimal, Money};
use crate::problem::{AddressKind, LineRef, Problem, Shortage};
use crate::time::Moment;
use jiff::civil::Date;
use std::time::Duration;

/// 2026-11-23 10:00 UTC.
const MOMENT: Moment = Moment(1_795_428_000_000);
const DAY: Date = jiff::civil::date(2026, 11, 23);

pub fn all() -> Vec<Problem> {
    [
        connections(),
        reading(),
        choosing(),
        customers(),
        items(),
        stock(),
        money(),
        shopify(),
        duplicates(),
        afterwards(),
    ]
    .concat()
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|one| text(one)).collect()
}

fn line(label: &str, identifier: &str) -> LineRef {
    LineRef {
        label: text(label),
        style_number: text("RS-100"),
        identifier: text(identifier),
        ..LineRef::default()
    }
}

fn rose() -> LineRef {
    line("Rose Dress Red M", "ROSE-M")
}

fn lily() -> LineRef {
    line("Lily Coat Black S", "LILY-S")
}

fn euros(cents: i64) -> Option<Money> {
    Currency::from_code("EUR").map(|currency| Money::new(Decimal::new(cents, 2), currency))
}

fn token() -> Token {
    Token::stored("production-42-7100412-1-1")
}

fn connections() -> Vec<Problem> {
    vec![
        Problem::ConnJoorAuth { status: 401, endpoint: text("/orders") },
        Problem::ConnShopifyAuth { shop: text("brand.myshopify.com"), status: 401 },
        Problem::ConnShopifyToken { since: MOMENT, reason: text("no answer") },
        Problem::ConnShopifyScope { missing: texts(&["write_orders"]), purpose: text("create orders") },
        Problem::ConnShopUnavailable { shop: text("brand.myshopify.com"), answer: text("HTTP 402") },
        Problem::ConnApiVersion { asked: text("2026-07"), answered: text("2026-10") },
        Problem::ConnWrongAccount { was: text("brand.myshopify.com"), is: text("other.myshopify.com") },
        Problem::ConnSettings { reason: text("orders.stock is \"sometimes\"") },
        Problem::SysSilence { since: MOMENT, for_at_least: Duration::from_secs(6 * 3_600) },
        Problem::SysStore { reason: text("the disk is full") },
        Problem::SysClock { seconds: -95 },
        Problem::SysUnexpected { id: text("5f3a9c"), step: text("decide") },
    ]
}

fn reading() -> Vec<Problem> {
    vec![
        Problem::SrcUnavailable { endpoint: text("/orders"), reason: text("no answer within 30 seconds") },
        Problem::SrcRateLimit { until: MOMENT },
        Problem::SrcBadPayload {
            field: text("quantity"),
            expected: text("a whole number"),
            found: text("1.5"),
        },
        Problem::SrcFieldMissing { fields: texts(&["ship_start", "warehouse"]) },
        Problem::SrcOrderVanished { seen: MOMENT },
        Problem::SrcMissedOrder { approved: Some(DAY) },
    ]
}

fn choosing() -> Vec<Problem> {
    vec![
        Problem::OrdNotApproved { status: text("pending") },
        Problem::OrdBeforeStart { approved: Some(jiff::civil::date(2026, 11, 20)), start: DAY },
        Problem::OrdOnStartDay { start: DAY, approved: DAY },
        Problem::OrdRuledOut { rule: text("samples") },
        Problem::OrdEmpty { rows: 3 },
        Problem::OrdTooManyLines { lines: 312, limit: 250 },
    ]
}

fn customers() -> Vec<Problem> {
    let shop = || text("Boutique Rosa");
    vec![
        Problem::CustNotFound { retailer: shop(), tried: texts(&["code", "e-mail"]) },
        Problem::CustAmbiguous {
            retailer: shop(),
            candidates: texts(&["Rosa Vidal (5512)", "Rosa GmbH (5519)"]),
        },
        Problem::CustContactTaken { retailer: shop(), field: text("e-mail") },
        Problem::CustEmailInvalid { email: text("rosa@") },
        Problem::CustLinkDead { retailer: shop(), customer: text("5512") },
        Problem::CustDefaultAddressChanged { customer: text("5512"), reason: text("no answer") },
        Problem::AddrIncomplete { kind: AddressKind::Shipping, parts: texts(&["city", "postcode"]) },
        Problem::AddrRegionUnknown {
            kind: AddressKind::Billing,
            region: text("Kalifornien"),
            country: text("United States"),
        },
        Problem::AddrPhoneInvalid { phone: text("0123") },
    ]
}

fn items() -> Vec<Problem> {
    let meanings = || vec![(rose(), texts(&["UPC: variant 44", "SKU: variant 51"]))];
    vec![
        Problem::ItemNotFromShopify { lines: vec![rose(), lily()], total: 12 },
        Problem::ItemNotFound { lines: vec![rose()], total: 12 },
        Problem::ItemAmbiguous { lines: meanings() },
        Problem::ItemIdsDisagree { lines: meanings() },
        Problem::ItemRemoved { lines: vec![lily()] },
        Problem::ItemLinkDead {
            lines: vec![(rose(), texts(&["linked by ada to variant 44, which is not in Shopify"]))],
        },
    ]
}

fn stock() -> Vec<Problem> {
    let shortage = |line, promised_before| Shortage { line, ordered: 6, available: 4, promised_before };
    vec![
        Problem::StockShort {
            short: vec![shortage(rose(), 0), shortage(lily(), 4)],
            lines: 12,
            place: text("Lyon"),
        },
        Problem::StockClaimFailed,
        Problem::StockNotHeldAtLocation { lines: vec![rose()], location: text("Lyon") },
        Problem::StockUntracked { lines: vec![lily()] },
        Problem::LocUnmapped { location: text("77001") },
        Problem::LocInactive { location: text("Lyon") },
        Problem::LocAssignFailed {
            shop_order: text("#1001"),
            location: text("Lyon"),
            reason: text("no answer"),
        },
    ]
}

fn money() -> Vec<Problem> {
    let stand_ins = vec![(rose(), Some(Decimal::new(100, 2))), (lily(), None)];
    vec![
        Problem::MoneyCurrency {
            found: text("XYZ"),
            allowed: Currency::from_code("EUR").into_iter().collect(),
        },
        Problem::MoneyTotalDiffers { what: text("sum of units"), joor: text("60"), built: text("54") },
        Problem::MoneyRounded { lines: vec![rose()] },
        Problem::PricePlaceholder { lines: stand_ins },
        Problem::DiscountUnmappable { readings: texts(&["10 % is 123.40", "the amount is 120.00"]) },
        Problem::TaxRuleMissing { country: text("FR") },
        Problem::TaxConflict { first: text("JOOR says 20.00"), second: text("the rule for FR says 24.68") },
        Problem::MapTemplate { target: text("note"), reason: text("line 2 divides by zero") },
        Problem::MapTooLong { target: text("Tag 1"), limit: 40 },
    ]
}

fn shopify() -> Vec<Problem> {
    vec![
        Problem::DestRateLimit { until: MOMENT },
        Problem::DestOrderQuota { until: MOMENT },
        Problem::DestUnavailable { reason: text("HTTP 503") },
        Problem::DestUnconfirmed { token: token(), since: MOMENT, looks: 2 },
        Problem::DestRejected { message: text("Price is invalid"), field: text("order.lineItems.0") },
        Problem::DestDateInvalid { date: text("2026-11-24") },
        Problem::DestReadbackDiffers {
            shop_order: text("#1001"),
            sent: euros(123_400),
            found: euros(123_399),
            differences: texts(&["ROSE-M: 5 units instead of 6"]),
        },
    ]
}

fn duplicates() -> Vec<Problem> {
    vec![
        Problem::DupLiveExport { shop_orders: texts(&["#1001"]) },
        Problem::DupFoundUnledgered {
            shop_order: text("#1001"),
            id: ShopOrderId::new("gid://shopify/Order/88001"),
            cancelled: false,
        },
        Problem::DupLookupBlind { token: token(), reason: text("it is older than 60 days") },
        Problem::DupSecondExporter {
            description: text("JOOR shows order 7100412 as exported, but not by this program"),
        },
    ]
}

fn afterwards() -> Vec<Problem> {
    vec![
        Problem::ChgJoorEdited {
            shop_order: text("#1001"),
            changes: texts(&["ROSE-M: 8 units instead of 6"]),
        },
        Problem::ChgJoorReapproved { shop_order: text("#1001") },
        Problem::ChgJoorCancelled { shop_order: text("#1001") },
        Problem::ChgShopifyCancelled { shop_order: text("#1001") },
        Problem::BackStatusFailed { reason: text("HTTP 503"), status_changed: None },
    ]
}
