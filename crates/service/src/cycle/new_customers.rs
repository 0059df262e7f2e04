//! Creates the customers that ready orders need, before the orders are asked for.

use super::deciding::Verdict;
use super::follow::reason_of;
use super::gather::Gathered;
use super::{Stage, Stop, Turned, Worker};
use adapters::ledger::records::Change;
use adapters::ports::{CallError, Refusal};
use adapters::witness::{self, Said};
use domain::ids::JoorOrderId;
use domain::orders::decide::{CustomerMatch, Promised};
use domain::orders::shelf::Customer;
use domain::problem::Problem;
use std::collections::BTreeSet;

impl Worker {
    /// Creates the customers that ready orders need, one per retailer, each in a call of its own. A retailer about whom
    /// Shopify gives no answer keeps only its own orders back, and what was said instead is returned; if the next one gets
    /// none either, it is Shopify. Where it goes on, it becomes a problem of those orders.
    pub(super) async fn prepare_customers(
        &mut self,
        turned: &mut Turned,
        gathered: &mut Gathered,
        ready: &[JoorOrderId],
    ) -> Stage<Option<CallError>> {
        let mut done = BTreeSet::new();
        let (mut silent, mut unanswered) = (false, None);
        for id in ready {
            let retailer =
                gathered.heads.orders.get(id).map(|order| order.retailer.joor_id.clone()).unwrap_or_default();
            let wanted = matches!(gathered.matches.get(id), Some(CustomerMatch::ToCreate));
            if !wanted || self.is_stopping() || !done.insert(retailer.clone()) {
                continue;
            }
            let Verdict { create_customer: Some(wanted), .. } =
                self.verdict(turned, gathered, id, &mut Promised::default())?
            else {
                continue;
            };
            self.keep_lease(turned).await?;
            let silent_before = std::mem::take(&mut silent);
            let (answer, said) = witness::of(self.shop.create_customer(&wanted)).await;
            self.note_customer(turned, (id, &retailer), &answer, &said).await?;
            let outcome = match answer {
                Ok(customer) => CustomerMatch::Known(customer),
                Err(CallError::Refused { reasons }) => {
                    match reasons.iter().find(|reason| reason.code == TAKEN) {
                        Some(reason) => CustomerMatch::Taken { field: field_name(reason) },
                        None => {
                            let reason = reasons.first().cloned().unwrap_or_default();
                            let problem =
                                Problem::DestRejected { message: reason.message, field: reason.field };
                            gathered.refused_customers.insert(retailer, problem);
                            continue;
                        }
                    }
                }
                // Something about this customer: its orders wait, the others go on.
                Err(CallError::Garbled { reason, .. }) => {
                    let problem = Problem::DestRejected { message: reason, field: "customer".to_owned() };
                    gathered.refused_customers.insert(retailer, problem);
                    continue;
                }
                Err(error @ CallError::NoAnswer { .. }) if !silent_before => {
                    silent = true;
                    let tries = self.memory.silent_customers.entry(retailer.clone()).or_default();
                    *tries += 1;
                    if *tries < SILENT_TRIES {
                        unanswered = Some(error);
                    } else {
                        let (message, field) = (error.to_string(), "customer".to_owned());
                        gathered.refused_customers.insert(retailer, Problem::DestRejected { message, field });
                    }
                    continue;
                }
                Err(error) => return Err(Stop::Shopify(error)),
            };
            self.memory.silent_customers.remove(&retailer);
            gathered.set_match(id, &retailer, &outcome);
        }
        Ok(unanswered)
    }

    /// Who the retailer is in Shopify from now on, and what can be read about it beside the order.
    async fn note_customer(
        &mut self,
        turned: &mut Turned,
        (order, retailer): (&JoorOrderId, &str),
        answer: &Result<Customer, CallError>,
        said: &Said,
    ) -> Stage<()> {
        let changes: Vec<Change> = match answer {
            Ok(customer) => {
                self.memory.counts.customers_created += 1;
                let link = Change::CustomerLinked {
                    retailer_id: retailer.to_owned(),
                    customer: customer.id.clone(),
                    by: "created".to_owned(),
                };
                let what = "created_customer";
                let deed =
                    Change::Deed { order: order.clone(), what, detail: String::new(), wire: said.wire() };
                std::iter::once(deed).chain((!retailer.is_empty()).then_some(link)).collect()
            }
            // A retailer whom Shopify refuses is tried in every cycle: what says the same is not stored again.
            Err(error @ CallError::Refused { .. }) => {
                let detail = reason_of(error);
                self.new_vain(order, "not_created_customer", &detail, said).await?.into_iter().collect()
            }
            Err(error @ (CallError::NoAnswer { .. } | CallError::Garbled { .. })) => {
                let detail = error.to_string();
                self.new_vain(order, "unclear_customer", &detail, said).await?.into_iter().collect()
            }
            Err(_) => Vec::new(),
        };
        Ok(self.commit(turned, &changes).await?)
    }
}

/// After so many tries in a row without an answer it is no moment's trouble.
const SILENT_TRIES: u32 = 3;

/// Shopify's code for an e-mail or phone that another customer has.
const TAKEN: &str = "TAKEN";

/// The last part of the field's path, such as `email`.
fn field_name(reason: &Refusal) -> String {
    let name = reason.field.rsplit('.').next().unwrap_or_default();
    match name {
        "" | "email" => "e-mail".to_owned(),
        other => other.to_owned(),
    }
}
