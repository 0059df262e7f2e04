//! The judgement at the end of every story, whatever it was about: nothing twice, nothing without a JOOR order, nothing
//! left in the air, nothing refused that was not meant to be.

use super::World;
use super::world::joor_number;
use std::collections::BTreeMap;

impl World {
    pub async fn finish(mut self) {
        if self.log().contains("running") {
            self.stop_service().await;
        }
        self.nothing_twice();
        self.nothing_refused();
        if !self.may_stay_unconfirmed {
            for state in ["unconfirmed", "sending"] {
                let listed = self.run(&["orders", "list", "--state", state]).await.must_end_with(0).json;
                assert_eq!(listed["orders"], serde_json::json!([]), "orders are left {state}");
            }
        }
    }

    /// One live order for each token, and all live orders of a JOOR order belong to one generation.
    fn nothing_twice(&self) {
        let mut generations: BTreeMap<String, String> = BTreeMap::new();
        let mut tokens: BTreeMap<String, String> = BTreeMap::new();
        for order in self.sandbox.shop.orders() {
            let number = joor_number(&order).unwrap_or_else(|| panic!("{} names no JOOR order", order.name));
            assert!(
                self.sandbox.joor.order(&number).is_some(),
                "{} names no order of JOOR: {number}",
                order.name
            );
            if !order.is_live() {
                continue;
            }
            let token = order.source_identifier.clone().unwrap_or_default();
            if let Some(other) = tokens.insert(token.clone(), order.name.clone()) {
                panic!("{other} and {} are both live for {token}", order.name);
            }
            let (generation, _part) = token.rsplit_once('-').expect("a token ends with its part");
            if let Some(other) = generations.insert(number.clone(), generation.to_owned()) {
                assert_eq!(other, generation, "two generations of {number} are live");
            }
        }
    }

    /// Without a script Shopify executes every call: no THROTTLED, no invalid document, no lost token.
    fn nothing_refused(&self) {
        if self.may_be_refused || !self.sandbox.faults.hits().is_empty() {
            return;
        }
        let (asked, executed) = (self.sandbox.shop.operations().len(), self.sandbox.shop.costs().len());
        assert_eq!(asked, executed, "Shopify refused calls: {:?}", self.sandbox.shop.operations());
        assert!(self.sandbox.joor.credits_left() > 0, "JOOR's credits are spent");
    }
}
