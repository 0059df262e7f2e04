//! Puts the default address of a customer back, which Shopify overwrites with that of every new order. Orders of one
//! customer may overlap: a later one was then written down while an earlier order's address was the default, so what it
//! remembers is not the customer's own. The address from before the first of them is put back, once for all of them.

use super::{Outcome, concerns_all, reason_of};
use crate::cycle::{Stage, Stop, Turned, Worker};
use adapters::ledger::records::{Change, ExportRecord, FollowUp, FollowUpKind};
use adapters::ports::{CallError, CustomerKey};
use adapters::shopify::customer_asked;
use adapters::witness::{self, Said};
use domain::ids::{CustomerId, ShopOrderId};
use domain::orders::shelf::Customer;
use domain::problem::Problem;
use std::collections::BTreeMap;

/// Refusals after which an address is not put back any more.
const TRIES_MAX: u32 = 8;

/// A step that is not done, and the Shopify order after which it is to be done; `None`: not known to exist.
#[derive(Clone, Debug)]
struct Open {
    step: FollowUp,
    order: Option<ShopOrderId>,
}

impl Worker {
    pub(super) async fn put_addresses_back(
        &mut self,
        turned: &mut Turned,
        due: Vec<(FollowUp, ExportRecord)>,
    ) -> Stage<()> {
        if due.is_empty() {
            return Ok(());
        }
        let nothing = Said::default();
        let mut of_customers: BTreeMap<CustomerId, Vec<FollowUp>> = BTreeMap::new();
        for (step, row) in due {
            match customer_of(&row) {
                Some(customer) => of_customers.entry(customer).or_default().push(step),
                None => self.end_steps(turned, &[step], &Outcome::Moot, &nothing, Vec::new()).await?,
            }
        }
        let mut open = self.open_address_steps().await?;
        // Read only now: what the orders showed is from before the steps of this turn.
        let keys: Vec<CustomerKey> = of_customers.keys().cloned().map(CustomerKey::Id).collect();
        let (known, read) = witness::of(self.shop.customers(&keys)).await;
        let known = match known {
            Ok(known) => known,
            Err(error) if concerns_all(&error) => return Err(Stop::Shopify(error)),
            Err(error) => {
                tracing::warn!(reason = %error, "customers could not be read yet");
                for steps in of_customers.values() {
                    self.end_steps(turned, steps, &Outcome::Again(None), &nothing, Vec::new()).await?;
                }
                return Ok(());
            }
        };
        for (id, steps) in of_customers {
            let open = open.remove(&id).unwrap_or_default();
            let read = read.about(id.as_str());
            match known.get(&CustomerKey::Id(id)).and_then(|found| found.first()) {
                Some(customer) => self.put_back(turned, (customer, read), steps, open).await?,
                None => self.end_steps(turned, &steps, &Outcome::Moot, &nothing, Vec::new()).await?,
            }
        }
        Ok(())
    }

    async fn put_back(
        &mut self,
        turned: &mut Turned,
        (customer, read): (&Customer, Said),
        due: Vec<FollowUp>,
        open: Vec<Open>,
    ) -> Stage<()> {
        let Some(former) = former_address(&open) else { return Ok(()) };
        let mut said = read;
        if customer.default_address.as_deref() != Some(former.as_str()) {
            let (answer, put) = witness::of(self.shop.set_default_address(&customer.id, &former)).await;
            said = put;
            match answer {
                Ok(()) => {}
                Err(error) if concerns_all(&error) => {
                    for step in &due {
                        self.lost(turned, step, &error, &said).await?;
                    }
                    return Err(Stop::Shopify(error));
                }
                Err(error) => {
                    let customer = customer.name.clone();
                    let problem = Problem::CustDefaultAddressChanged { customer, reason: reason_of(&error) };
                    if let Some(first) = given_up(&open, &former, &error) {
                        // What later orders remember is tried next.
                        return self
                            .end_steps(turned, &[first], &Outcome::Done(Some(problem)), &said, Vec::new())
                            .await;
                    }
                    let again = Outcome::Again(Some(problem));
                    return self.end_steps(turned, &due, &again, &said, Vec::new()).await;
                }
            }
        }
        // It is done for every order that is there, due or not. What may still come was written down meanwhile and takes
        // the address over: what it remembers may be that of an order.
        let (there, to_come): (Vec<Open>, Vec<Open>) = open.into_iter().partition(|one| one.order.is_some());
        let there: Vec<FollowUp> = there.into_iter().map(|one| one.step).collect();
        let taken_over = to_come.into_iter().map(|one| one.step).filter(|step| step.subject != former);
        let changes = taken_over.flat_map(|step| {
            let instead = FollowUp { subject: former.clone(), ..step.clone() };
            [Change::FollowUp(FollowUp { done: true, ..step }), Change::FollowUp(instead)]
        });
        self.end_steps(turned, &there, &Outcome::Done(None), &said, changes.collect()).await
    }

    async fn end_steps(
        &mut self,
        turned: &mut Turned,
        steps: &[FollowUp],
        outcome: &Outcome,
        said: &Said,
        mut changes: Vec<Change>,
    ) -> Stage<()> {
        self.memory.counts.follow_ups += steps.len() as u64;
        for step in steps {
            changes.extend(self.step_changes(step, outcome.clone(), said.wire()));
        }
        Ok(self.commit(turned, &changes).await?)
    }

    /// By customer: of orders that are there, and of those of which nobody knows yet.
    async fn open_address_steps(&self) -> Stage<BTreeMap<CustomerId, Vec<Open>>> {
        let mut open: BTreeMap<CustomerId, Vec<Open>> = BTreeMap::new();
        for step in self.ledger.open_steps(&self.name, FollowUpKind::RestoreAddress).await? {
            let rows = self.exports_of(&step.key.order).await?;
            let Some(row) = rows.into_iter().find(|row| row.export.key == step.key) else { continue };
            let Some(customer) = customer_of(&row) else { continue };
            let order = row.export.state.shop_order().map(|(order, _)| order.clone());
            open.entry(customer).or_default().push(Open { step, order });
        }
        Ok(open)
    }
}

/// Whose order it is. The request says it also of an order of which nobody knows yet whether it exists.
fn customer_of(row: &ExportRecord) -> Option<CustomerId> {
    row.request.as_ref().and_then(customer_asked)
}

/// What the first of these orders found. Shopify counts its orders up, so the one with the lowest number was made first,
/// and only an order from before it, whose step would be open too, could have changed what it found.
fn former_address(open: &[Open]) -> Option<String> {
    let there = open.iter().filter_map(|one| Some((one.order.as_ref()?, &one.step.subject)));
    let first = there.min_by_key(|(order, _)| (order.number().len(), order.number().to_owned()));
    first.map(|(_, subject)| subject.clone())
}

/// A step whose address Shopify keeps refusing, such as one that was deleted since: it keeps no other order's back.
fn given_up(open: &[Open], former: &str, error: &CallError) -> Option<FollowUp> {
    let refused = matches!(error, CallError::Refused { .. });
    let there = open.iter().filter(|one| one.order.is_some() && one.step.subject == former);
    there.map(|one| &one.step).find(|step| refused && step.tries >= TRIES_MAX).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{ExportKey, Generation, JoorOrderId, Part};
    use domain::time::Moment;

    fn open(subject: &str, order: Option<&str>) -> Open {
        Open {
            step: FollowUp {
                key: ExportKey { order: JoorOrderId::new("71"), generation: Generation(1), part: Part(1) },
                kind: FollowUpKind::RestoreAddress,
                shop_order: ShopOrderId::new(""),
                subject: subject.to_owned(),
                tries: 0,
                due: Moment(0),
                done: false,
            },
            order: order.map(|number| ShopOrderId::from_number(number).unwrap()),
        }
    }

    #[test]
    fn the_address_from_before_the_first_order_that_is_there_counts() {
        let mut steps =
            vec![open("of an order", Some("1000")), open("its own", Some("999")), open("who knows", None)];
        assert_eq!(former_address(&steps).as_deref(), Some("its own"));
        steps.reverse();
        assert_eq!(former_address(&steps).as_deref(), Some("its own"));
        assert_eq!(former_address(&[open("who knows", None)]), None);
    }

    #[test]
    fn an_address_that_shopify_refuses_again_and_again_is_given_up_after_eight_tries() {
        let refused = CallError::Refused { reasons: Vec::new() };
        let away = CallError::NoAnswer { endpoint: "shop".to_owned(), reason: "503".to_owned() };
        let tried = |tries, subject: &str, order| {
            let mut one = open(subject, order);
            one.step.tries = tries;
            [one, open("of a later order", Some("1001"))]
        };
        let there = Some("1000");
        let first = tried(8, "deleted since", there);
        assert_eq!(given_up(&first, "deleted since", &refused), Some(first[0].step.clone()));
        assert_eq!(
            given_up(&first, "deleted since", &away),
            None,
            "an outage is no answer about the address"
        );
        assert_eq!(given_up(&tried(7, "deleted since", there), "deleted since", &refused), None);
        assert_eq!(given_up(&tried(8, "another", there), "deleted since", &refused), None);
        assert_eq!(given_up(&tried(8, "deleted since", None), "deleted since", &refused), None);
    }
}
