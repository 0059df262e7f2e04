//! Orders that are no sale: what they look like, and deleting them. They carry a source name of their own, so that no
//! list of exports holds them, and the custom id of exports, since that is what is tried out.

use super::ShopClient;
use super::call::body;
use super::documents;
use super::input;
use super::wire;
use super::write;
use crate::ports::{CallError, Frozen, TestLines, TestOrder};
use domain::ids::ShopOrderId;
use domain::money::{Decimal, Money};
use serde::Serialize;

const SOURCE_NAME: &str = "joor-shopify-probe";
const LINE_TITLE: &str = "Not a sale";

#[derive(Serialize)]
struct Variables<'a> {
    order: Order<'a>,
    options: input::Options,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    currency: &'a str,
    line_items: Vec<LineItem<'a>>,
    financial_status: &'static str,
    note: &'a str,
    tags: [&'a str; 1],
    source_name: &'static str,
    source_identifier: &'a str,
    metafields: [input::Metafield<'a>; 1],
    test: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineItem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'static str>,
    quantity: i64,
    price_set: input::MoneyBag,
    requires_shipping: bool,
    taxable: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToDelete<'a> {
    order_id: &'a str,
}

pub(super) fn freeze(order: &TestOrder) -> Frozen {
    let price = || input::MoneyBag {
        shop_money: input::Money {
            amount: order.currency.text(Decimal::ZERO),
            currency_code: order.currency.code(),
        },
    };
    let line = |variant_id, title, requires_shipping| LineItem {
        variant_id,
        title,
        quantity: 1,
        price_set: price(),
        requires_shipping,
        taxable: false,
    };
    let (line_items, inventory_behaviour): (Vec<LineItem<'_>>, _) = match &order.lines {
        TestLines::OfNoProduct(count) => {
            ((0..*count).map(|_| line(None, Some(LINE_TITLE), false)).collect(), "BYPASS")
        }
        TestLines::OneUnitOf(variant) => {
            (vec![line(Some(variant.as_str()), None, true)], "DECREMENT_OBEYING_POLICY")
        }
    };
    let units = i64::try_from(line_items.len()).unwrap_or(i64::MAX);
    let token = order.token.as_str();
    let variables = Variables {
        order: Order {
            currency: order.currency.code(),
            line_items,
            financial_status: "PENDING",
            note: &order.note,
            tags: [&order.tag],
            source_name: SOURCE_NAME,
            source_identifier: token,
            metafields: [input::Metafield {
                namespace: write::NAMESPACE,
                key: write::ORDER_KEY,
                kind: write::CUSTOM_ID_TYPE,
                value: token,
            }],
            test: true,
        },
        options: input::Options { inventory_behaviour, send_receipt: false, send_fulfillment_receipt: false },
    };
    Frozen {
        token: order.token.clone(),
        body: body(&documents::ORDER_CREATE, &documents::ORDER_CREATE.query(), variables),
        fingerprint: String::new(),
        expected: Money::new(Decimal::ZERO, order.currency),
        units,
    }
}

impl ShopClient {
    pub(super) async fn delete(&self, id: &ShopOrderId) -> Result<(), CallError> {
        let variables = ToDelete { order_id: id.as_str() };
        let payload: wire::Payload =
            self.caller.change(&documents::ORDER_DELETE, "orderDelete", variables).await?;
        super::refused(payload.user_errors)
    }
}
