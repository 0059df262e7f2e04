//! Shopify's client against scripted answers, recorded answers, the schema and the sandbox. What follows from an answer
//! is proven in the rooms that act on it.

mod create;
mod customers;
mod reads;
mod recorded;
mod request;
mod sandbox_shop;
mod schema;
mod token;
mod variants;

use adapters::clock::StoppedClock;
use adapters::http::{Answer, BaseUrl, Mode, Request, SendError, Transport};
use adapters::ports::{Created, Frozen, Shop};
use adapters::shopify::{Credentials, ShopClient, ShopConfig};
use adapters::vault::Secret;
use async_trait::async_trait;
use domain::ids::{CustomerId, LocationId, Token, VariantId};
use domain::money::{Currency, Decimal, Money};
use domain::orders::draft::{
    Claim, Draft, DraftAddress, DraftFulfilment, DraftLine, DraftShipping, DraftTax,
};
use domain::settings::Payment;
use domain::time::Moment;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 2026-10-01, 12:00 UTC.
const NOON: Moment = Moment(1_790_856_000_000);

/// Answers with what was scripted, in order, and keeps what was asked. An unexpected call panics.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Answer, SendError>>>,
    asked: Mutex<Vec<Request>>,
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request) -> Result<Answer, SendError> {
        self.asked.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().expect("the script foresees no further call")
    }
}

struct Stage {
    script: Arc<Script>,
    clock: Arc<StoppedClock>,
    shop: ShopClient,
}

impl Stage {
    fn new(answers: Vec<Result<Answer, SendError>>) -> Stage {
        Stage::with(Credentials::Static(Secret::new("shpat_test")), answers)
    }

    fn with(credentials: Credentials, answers: Vec<Result<Answer, SendError>>) -> Stage {
        let script = Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() });
        let clock = Arc::new(StoppedClock::at(NOON));
        let base_url = BaseUrl::parse("https://brand.myshopify.com", Mode::Real).unwrap();
        let config = ShopConfig::new(base_url, credentials);
        Stage { shop: ShopClient::new(config, script.clone(), clock.clone()), script, clock }
    }

    /// The bodies of all GraphQL requests so far.
    fn bodies(&self) -> Vec<Value> {
        let asked = self.script.asked.lock().unwrap();
        let graphql = asked.iter().filter(|request| request.url.path().ends_with("graphql.json"));
        graphql.map(|request| serde_json::from_slice(request.body.as_ref().unwrap()).unwrap()).collect()
    }

    fn calls(&self) -> usize {
        self.script.asked.lock().unwrap().len()
    }

    /// Panics if the script foresaw more calls.
    fn is_played(&self) {
        assert!(self.script.answers.lock().unwrap().is_empty(), "an answer was never asked for");
    }
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Result<Answer, SendError> {
    let headers = [("content-type", "application/json"), ("x-shopify-api-version", "2026-07")];
    Ok(Answer {
        status,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body: body.into(),
    })
}

fn with_header(answer: Result<Answer, SendError>, name: &str, value: &str) -> Result<Answer, SendError> {
    answer.map(|mut answer| {
        answer.headers.insert(name.to_owned(), value.to_owned());
        answer
    })
}

fn ok(body: Value) -> Result<Answer, SendError> {
    answer(200, body.to_string())
}

/// An answer with data and a bucket that is nearly full.
fn data(data: Value) -> Result<Answer, SendError> {
    ok(json!({ "data": data, "extensions": { "cost": {
        "requestedQueryCost": 10, "actualQueryCost": 10.0,
        "throttleStatus": { "maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0 }
    } } }))
}

fn throttled(requested: i64, available: i64, rate: i64) -> Result<Answer, SendError> {
    ok(json!({
        "errors": [{ "message": "Throttled", "extensions": { "code": "THROTTLED" } }],
        "extensions": { "cost": { "requestedQueryCost": requested, "actualQueryCost": null, "throttleStatus": {
            "maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": rate } } }
    }))
}

fn error(code: &str, path: Value) -> Value {
    json!({ "message": format!("{code} it is"), "path": path, "extensions": { "code": code } })
}

fn order_json(id: &str, token: &str) -> Value {
    json!({
        "id": id, "name": "#1001", "sourceIdentifier": token, "cancelledAt": null, "currencyCode": "EUR",
        "subtotalLineItemsQuantity": 12,
        "totalPriceSet": { "shopMoney": { "amount": "31.9", "currencyCode": "EUR" } },
        "displayFinancialStatus": "PENDING"
    })
}

fn token(order: &str) -> Token {
    Token::stored(format!("sandbox-42-{order}-1-1"))
}

fn euro() -> Currency {
    Currency::from_code("EUR").unwrap()
}

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

fn plain_draft() -> Draft {
    Draft {
        token: token("7100412"),
        currency: euro(),
        lines: vec![DraftLine {
            variant: VariantId::from_number("11").unwrap(),
            quantity: 2,
            unit_price: cents(1200),
            tax: None,
        }],
        discount: Decimal::ZERO,
        discount_label: String::new(),
        shipping: None,
        customer: None,
        email: String::new(),
        ship_to: DraftAddress::default(),
        bill_to: DraftAddress::default(),
        payment: Payment::Pending,
        fulfilment: DraftFulfilment::Unfulfilled,
        claim: Claim::Nothing,
        note: String::new(),
        attributes: Vec::new(),
        tags: Vec::new(),
        po_number: String::new(),
        source_url: String::new(),
        processed_on: None,
        expected: Money::new(cents(2400), euro()),
        units: 2,
    }
}

/// A draft that fills every field that a request can have.
fn full_draft() -> Draft {
    let tax = |amount| DraftTax { name: "VAT".to_owned(), rate: Decimal::new(100, 3), amount };
    let address = DraftAddress {
        first_name: "Ann".to_owned(),
        last_name: "Day".to_owned(),
        company: "Shop & Co".to_owned(),
        line_1: "1 St".to_owned(),
        line_2: "2nd floor".to_owned(),
        city: "New York".to_owned(),
        region_code: "NY".to_owned(),
        country_code: "US".to_owned(),
        postcode: "10001".to_owned(),
        phone: "+12125550100".to_owned(),
    };
    let mut draft = plain_draft();
    draft.lines[0].tax = Some(tax(cents(240)));
    draft.discount = cents(50);
    draft.discount_label = "Wholesale".to_owned();
    draft.shipping = Some(DraftShipping {
        title: "Ground".to_owned(),
        code: "GROUND".to_owned(),
        price: cents(500),
        tax: Some(tax(cents(50))),
    });
    draft.customer = CustomerId::from_number("5");
    draft.email = "buyer@example.com".to_owned();
    draft.bill_to = DraftAddress { line_2: String::new(), ..address.clone() };
    draft.ship_to = address;
    draft.payment = Payment::Paid;
    draft.fulfilment = DraftFulfilment::Fulfilled(LocationId::from_number("3"));
    draft.claim = Claim::ObeyingPolicy;
    draft.note = "Net 30\n\"urgent\" 🌹".to_owned();
    draft.attributes = vec![("JOOR order".to_owned(), "7100412".to_owned())];
    draft.tags = vec!["JOOR 7100412".to_owned(), "wholesale".to_owned()];
    draft.po_number = "PO-77".to_owned();
    draft.source_url = "https://www.joor.com/orders/7100412".to_owned();
    draft.processed_on = Some(jiff::civil::date(2026, 10, 1));
    draft.expected = Money::new(cents(3140), euro());
    draft
}

fn frozen(shop: &ShopClient) -> Frozen {
    shop.freeze(&plain_draft())
}

async fn created_by(answer: Result<Answer, SendError>) -> Created {
    let stage = Stage::new(vec![answer]);
    let request = frozen(&stage.shop);
    let created = stage.shop.create_order(&request, Duration::from_secs(20)).await;
    assert_eq!(stage.calls(), 1, "a create is sent once, whatever the answer");
    created
}
