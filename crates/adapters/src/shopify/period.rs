//! What a period of Shopify's orders looks like: for the proof, which compares them with what was asked for.

use super::ShopClient;
use super::documents;
use super::input;
use super::read;
use super::wire;
use super::write::SOURCE_NAME;
use crate::ports::{CallError, Frozen};
use domain::ids::{CustomerId, VariantId};
use domain::orders::proof::Units;
use domain::orders::shelf::ShopOrder;
use jiff::civil::Date;
use serde_json::Value;

/// 100 orders each; more in one period is a filter that Shopify ignored.
const PAGES_MAX: usize = 2_000;

impl ShopClient {
    /// Every order that this program, or a copy of it, made on this day or later, as far as Shopify shows it.
    pub(super) async fn made_since(&self, day: Date) -> Result<Vec<ShopOrder>, CallError> {
        let document = &documents::ORDERS_SINCE;
        let search = format!("source_name:{SOURCE_NAME} created_at:>='{day}T00:00:00Z'");
        let mut found = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let variables = input::Search { search: &search, after: after.take() };
            let (page, warnings): (wire::OrdersBySource, _) = self.caller.search(document, variables).await?;
            if let Some(warning) = warnings.first() {
                let reason = format!("the search filter was ignored ({warning})");
                return Err(self.caller.call(document.name).garbled(reason));
            }
            after = page.orders.next();
            found.extend(page.orders.nodes.into_iter().map(read::order));
            if after.is_none() {
                return Ok(found);
            }
        }
        Err(self.caller.call(document.name).garbled("the list of orders does not end"))
    }
}

/// Units of each variant that a stored request asks for; `None` if the text is no request of ours.
pub fn units_asked(request: &Frozen) -> Option<Units> {
    let body: Value = serde_json::from_str(&request.body).ok()?;
    let lines = body.pointer("/variables/order/lineItems")?.as_array()?;
    let mut units = Units::new();
    for line in lines {
        let variant = VariantId::new(line.get("variantId")?.as_str()?);
        *units.entry(variant).or_default() += line.get("quantity")?.as_i64()?;
    }
    Some(units)
}

/// The customer to whom a stored request gives the order; `None` if it names none or is no request of ours.
pub fn customer_asked(request: &Frozen) -> Option<CustomerId> {
    let body: Value = serde_json::from_str(&request.body).ok()?;
    let id = body.pointer("/variables/order/customer/toAssociate/id")?;
    id.as_str().map(CustomerId::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::Token;
    use domain::money::{Currency, Decimal, Money};

    fn request(body: &str) -> Frozen {
        let expected = Money::new(Decimal::ONE, Currency::from_code("USD").unwrap());
        let token = Token::stored("sandbox-1-7-1-1");
        Frozen { token, body: body.to_owned(), fingerprint: String::new(), expected, units: 1 }
    }

    #[test]
    fn the_units_of_a_request_are_summed_by_variant() {
        let line =
            |variant: &str, quantity: i64| format!("{{\"variantId\":\"{variant}\",\"quantity\":{quantity}}}");
        let lines = [line("a", 2), line("b", 1), line("a", 3)].join(",");
        let body = format!("{{\"variables\":{{\"order\":{{\"lineItems\":[{lines}]}}}}}}");
        let expected = Units::from([(VariantId::new("a"), 5), (VariantId::new("b"), 1)]);
        assert_eq!(units_asked(&request(&body)), Some(expected));
    }

    #[test]
    fn the_customer_of_a_request_is_the_one_it_names() {
        let id = "gid://shopify/Customer/7";
        let body = format!(
            "{{\"variables\":{{\"order\":{{\"customer\":{{\"toAssociate\":{{\"id\":\"{id}\"}}}}}}}}}}"
        );
        assert_eq!(customer_asked(&request(&body)), Some(CustomerId::new(id)));
        assert_eq!(customer_asked(&request("{}")), None);
    }

    #[test]
    fn other_texts_are_no_request() {
        for body in ["", "{}", "{\"variables\":{\"order\":{\"lineItems\":[{\"quantity\":1}]}}}"] {
            assert_eq!(units_asked(&request(body)), None, "{body}");
        }
    }
}
