//! Moves the work of an order to its location, and believes only what Shopify shows afterwards: without the right scope
//! the work is not refused but left out, and of items that the location does not stock a rest may stay where it was.

use super::{Outcome, READ_BACK_TRIES, concerns_all, reason_of};
use crate::cycle::{Stage, Stop, Turned, Worker};
use crate::doctor::FULFILMENT_SCOPE;
use adapters::ledger::records::FollowUp;
use adapters::ports::{FulfilmentOrder, ShopOrderState};
use adapters::witness;
use domain::ids::LocationId;
use domain::problem::Problem;

impl Worker {
    pub(super) async fn move_order(
        &mut self,
        turned: &mut Turned,
        step: &FollowUp,
        state: &ShopOrderState,
    ) -> Stage<Outcome> {
        if state.order.cancelled || state.fulfilled {
            return Ok(Outcome::Moot);
        }
        let wanted = LocationId::new(step.subject.clone());
        let (shop_order, location) = (state.order.name.clone(), self.place(&wanted));
        let failed =
            |reason: String| Outcome::Again(Some(Problem::LocAssignFailed { shop_order, location, reason }));
        let mut moved = false;
        for work in state.fulfilment_orders.iter().filter(|work| is_elsewhere(work, &wanted)) {
            match self.shop.move_to_location(&work.id, &wanted).await {
                Ok(()) => moved = true,
                Err(error) if concerns_all(&error) => return Err(Stop::Shopify(error)),
                Err(error) => return Ok(failed(reason_of(&error))),
            }
        }
        let works = match moved {
            true => match self.work_of(state).await? {
                Some(works) => works,
                None => return Ok(Outcome::Again(None)),
            },
            false => state.fulfilment_orders.clone(),
        };
        match standing(&works, &wanted) {
            Standing::There => Ok(Outcome::Done(None)),
            Standing::Over => Ok(Outcome::Moot),
            Standing::Elsewhere => {
                Ok(failed("Shopify still shows a part of it at another location".to_owned()))
            }
            Standing::NotShown if !self.may_move(turned).await? => {
                let reason =
                    format!("the app lacks the access scope {FULFILMENT_SCOPE}, so Shopify hides the work");
                Ok(failed(reason))
            }
            // Shopify makes the work of an order a moment after the order.
            Standing::NotShown if step.tries < READ_BACK_TRIES => Ok(Outcome::Again(None)),
            Standing::NotShown => Ok(failed("Shopify shows no work for the order".to_owned())),
        }
    }

    /// What the shop allows is no part of what is said about one order.
    async fn may_move(&mut self, turned: &mut Turned) -> Stage<bool> {
        let (facts, _) = witness::of(self.shop_facts(turned)).await;
        Ok(facts?.scopes.contains(FULFILMENT_SCOPE))
    }

    /// The work as it is after a move; `None` if that cannot be read just now.
    async fn work_of(&self, state: &ShopOrderState) -> Stage<Option<Vec<FulfilmentOrder>>> {
        match self.shop.orders(std::slice::from_ref(&state.order.id)).await {
            Ok(mut states) => {
                Ok(states.remove(&state.order.id).flatten().map(|state| state.fulfilment_orders))
            }
            Err(error) if concerns_all(&error) => Err(Stop::Shopify(error)),
            Err(_) => Ok(None),
        }
    }
}

/// Where the work of an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Shopify shows none of it.
    NotShown,
    /// Some of it is open at another location.
    Elsewhere,
    There,
    /// People finished all of it where it was.
    Over,
}

fn standing(works: &[FulfilmentOrder], wanted: &LocationId) -> Standing {
    if works.is_empty() {
        Standing::NotShown
    } else if works.iter().any(|work| is_elsewhere(work, wanted)) {
        Standing::Elsewhere
    } else if works.iter().any(|work| work.location.as_ref() == Some(wanted)) {
        Standing::There
    } else {
        Standing::Over
    }
}

fn is_elsewhere(work: &FulfilmentOrder, wanted: &LocationId) -> bool {
    work.open && work.location.as_ref() != Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_that_is_seen_at_the_location_counts_as_moved() {
        let place = |number: &str| LocationId::from_number(number).unwrap();
        let work = |open: bool, number: &str| FulfilmentOrder {
            id: "w".to_owned(),
            open,
            location: Some(place(number)),
        };
        let nowhere = FulfilmentOrder { id: "w".to_owned(), open: true, location: None };
        let table = [
            (vec![], Standing::NotShown),
            (vec![nowhere], Standing::Elsewhere),
            (vec![work(true, "8")], Standing::Elsewhere),
            (vec![work(true, "7"), work(true, "8")], Standing::Elsewhere),
            (vec![work(true, "7")], Standing::There),
            (vec![work(true, "7"), work(false, "8")], Standing::There),
            (vec![work(false, "7")], Standing::There),
            (vec![work(false, "8")], Standing::Over),
        ];
        for (works, expected) in table {
            assert_eq!(standing(&works, &place("7")), expected, "{works:?}");
        }
    }
}
