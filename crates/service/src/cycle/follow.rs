//! Follow-ups of an export, each with its own retries: read back and compare, move to the location (`moving`), put the
//! customer's default address back (`address`). An order is never created again because of them.

mod address;
mod moving;

use super::{Stage, Stop, Turned, Worker, cancelling};
use adapters::ledger::records::{Change, ExportRecord, FollowUp, FollowUpKind};
use adapters::ports::{CallError, ShopOrderState};
use adapters::shopify::units_asked;
use adapters::witness::{self, Said, Wire};
use domain::cycle::back_off;
use domain::ids::{ExportKey, JoorOrderId, LocationId, ShopOrderId, VariantId};
use domain::orders::export::State;
use domain::orders::proof::Units;
use domain::orders::shelf::Variant;
use domain::problem::Problem;
use domain::time::Moment;
use std::collections::{BTreeMap, BTreeSet};

/// Orders that are read back with one call.
const READ_TOGETHER: usize = 50;

/// Reads after which an order that Shopify does not show counts as taken away by somebody.
const READ_BACK_TRIES: u32 = 5;

impl Worker {
    pub(super) async fn follow_up(&mut self, turned: &mut Turned) -> Stage<()> {
        let mut due = self.ledger.follow_ups_due(&self.name, self.due()).await?;
        due.retain(|step| !cancelling::is_one(step));
        if due.is_empty() {
            return Ok(());
        }
        let mut ready: Vec<(FollowUp, ShopOrderId, ExportRecord)> = Vec::new();
        let mut addresses: Vec<(FollowUp, ExportRecord)> = Vec::new();
        let mut rows: BTreeMap<ExportKey, ExportRecord> = BTreeMap::new();
        for step in due {
            if !rows.contains_key(&step.key) {
                for row in self.exports_of(&step.key.order).await? {
                    rows.insert(row.export.key.clone(), row);
                }
            }
            if let Some(row) = rows.get(&step.key)
                && let State::Exported { order, .. } = &row.export.state
            {
                match step.kind {
                    FollowUpKind::RestoreAddress => addresses.push((step, row.clone())),
                    FollowUpKind::ReadBack
                    | FollowUpKind::MoveToLocation
                    | FollowUpKind::CancelEarlier
                    | FollowUpKind::SeeCancelled => ready.push((step, order.clone(), row.clone())),
                }
            }
        }
        for chunk in ready.chunks(READ_TOGETHER) {
            let mut ids: Vec<ShopOrderId> = chunk.iter().map(|(_, order, _)| order.clone()).collect();
            ids.sort();
            ids.dedup();
            let (states, said) = witness::of(self.shop.orders(&ids)).await;
            let states = match states {
                Ok(states) => states,
                Err(error) if concerns_all(&error) => return Err(Stop::Shopify(error)),
                Err(error) => {
                    tracing::warn!(reason = %error, "orders could not be read back yet");
                    for (step, _, _) in chunk {
                        let changes = self.step_changes(step, Outcome::Again(None), None);
                        self.commit(turned, &changes).await?;
                    }
                    continue;
                }
            };
            for (step, order, row) in chunk {
                let state = states.get(order).cloned().flatten();
                let said = said.about(order.as_str());
                self.one_step(turned, step, row, (state, said)).await?;
            }
        }
        self.put_addresses_back(turned, addresses).await
    }

    async fn one_step(
        &mut self,
        turned: &mut Turned,
        step: &FollowUp,
        row: &ExportRecord,
        (state, read): (Option<ShopOrderState>, Said),
    ) -> Stage<()> {
        self.memory.counts.follow_ups += 1;
        let mut said = read;
        let outcome = match (step.kind, &state) {
            (FollowUpKind::ReadBack, Some(state)) if self.still_moves(step).await? => {
                Outcome::Again(differences(row, state, Vec::new()))
            }
            (FollowUpKind::ReadBack, Some(state)) => {
                Outcome::Done(differences(row, state, self.below_zero(step, state).await?))
            }
            (FollowUpKind::ReadBack | FollowUpKind::MoveToLocation, None) if step.tries < READ_BACK_TRIES => {
                Outcome::Again(None)
            }
            (FollowUpKind::ReadBack, None) => Outcome::Done(gone(row)),
            (FollowUpKind::MoveToLocation, None) => Outcome::Moot,
            (FollowUpKind::MoveToLocation, Some(state)) => {
                let (outcome, moved) = witness::of(self.move_order(turned, step, state)).await;
                if let Err(Stop::Shopify(error)) = &outcome {
                    self.lost(turned, step, error, &moved).await?;
                }
                said = moved.or(said);
                outcome?
            }
            (FollowUpKind::RestoreAddress | FollowUpKind::CancelEarlier | FollowUpKind::SeeCancelled, _) => {
                Outcome::Again(None)
            }
        };
        let changes = self.step_changes(step, outcome, said.wire());
        Ok(self.commit(turned, &changes).await?)
    }

    /// A call without an answer ends the turn. What was asked for can still be read beside the order, and its next try
    /// comes after those of the others, which it keeps back no longer.
    async fn lost(
        &mut self,
        turned: &mut Turned,
        step: &FollowUp,
        error: &CallError,
        said: &Said,
    ) -> Stage<()> {
        let CallError::NoAnswer { .. } = error else { return Ok(()) };
        let mut changes = self.step_changes(step, Outcome::Again(None), None);
        if let Some(what) = unclear_deed(step.kind) {
            changes.extend(self.new_vain(&step.key.order, what, &error.to_string(), said).await?);
        }
        Ok(self.commit(turned, &changes).await?)
    }

    /// A try in vain, if it is not what the last one of its kind was.
    pub(super) async fn new_vain(
        &self,
        order: &JoorOrderId,
        what: &'static str,
        detail: &str,
        said: &Said,
    ) -> Stage<Option<Change>> {
        let Some(wire) = said.wire() else { return Ok(None) };
        let kept = self.ledger.wire_of_words(&self.name, order, what, detail).await?;
        if kept.is_some_and(|kept| kept.wire.request == wire.request) {
            return Ok(None);
        }
        Ok(Some(Change::DeedAgain {
            order: order.clone(),
            what,
            detail: detail.to_owned(),
            wire: Some(wire),
        }))
    }

    /// The stock of a location is compared only after the order was moved there, so the move goes first.
    async fn still_moves(&self, step: &FollowUp) -> Stage<bool> {
        if step.subject.is_empty() {
            return Ok(false);
        }
        let open = self.ledger.follow_ups(&self.name).await?;
        Ok(open.iter().any(|other| other.key == step.key && other.kind == FollowUpKind::MoveToLocation))
    }

    /// What the location lacks now that the order left it: something else sold there in the same moment.
    async fn below_zero(&self, step: &FollowUp, state: &ShopOrderState) -> Stage<Vec<String>> {
        if step.subject.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids: Vec<VariantId> = state.lines.iter().filter_map(|(variant, _)| variant.clone()).collect();
        ids.sort();
        ids.dedup();
        let variants = match self.shop.variants(&ids).await {
            Ok(variants) => variants,
            Err(error) if concerns_all(&error) => return Err(Stop::Shopify(error)),
            Err(_) => return Ok(Vec::new()),
        };
        let location = LocationId::new(step.subject.clone());
        Ok(lacking(variants.into_values().flatten(), &location, &self.place(&location)))
    }

    /// What people call a location, where its name was read in this process.
    fn place(&self, id: &LocationId) -> String {
        let known = self.memory.facts.iter().flat_map(|facts| &facts.locations);
        let name = known.into_iter().find(|place| place.id == *id).map(|place| place.name.clone());
        name.unwrap_or_else(|| format!("location {}", id.number()))
    }

    fn step_changes(&self, step: &FollowUp, outcome: Outcome, wire: Option<Wire>) -> Vec<Change> {
        let order = Some(step.key.order.clone());
        let mut changes = Vec::new();
        let was_done = matches!(outcome, Outcome::Done(_));
        let (done, problem) = match outcome {
            Outcome::Done(problem) => (true, problem),
            Outcome::Moot => (true, None),
            Outcome::Again(problem) => (false, problem),
        };
        match &problem {
            Some(problem) => changes.push(Change::ProblemOpened {
                order: order.clone(),
                told: problem.told(step.key.order.as_str()),
            }),
            None if done => {
                changes.push(Change::ProblemClosed { order: order.clone(), code: step_code(step.kind) })
            }
            None => {}
        }
        let detail = problem.map(|problem| problem.told(step.key.order.as_str()).sentence);
        let order = step.key.order.clone();
        if was_done {
            let (what, detail) = (step_deed(step.kind), detail.unwrap_or_default());
            changes.push(Change::Deed { order, what, detail, wire });
        } else if let (Some(detail), Some(what), Some(_)) = (detail, vain_deed(step.kind), &wire) {
            changes.push(Change::DeedAgain { order, what, detail, wire });
        }
        let tries = step.tries + 1;
        let due: Moment = self.now().plus(back_off(tries, self.chance.number() as u32));
        changes.push(Change::FollowUp(FollowUp { tries, due, done, ..step.clone() }));
        changes
    }
}

/// Errors that every further call would meet too.
fn concerns_all(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Throttled { .. }
            | CallError::Unauthorized { .. }
            | CallError::TokenUnavailable { .. }
            | CallError::Closed { .. }
            | CallError::NoAnswer { .. }
    )
}

/// Shopify's words about why a step was not done.
pub(super) fn reason_of(error: &CallError) -> String {
    match error {
        CallError::Refused { reasons } => {
            reasons.iter().map(|r| r.message.as_str()).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

#[derive(Clone)]
enum Outcome {
    /// Over, perhaps with a finding.
    Done(Option<Problem>),
    /// Over without a deed: there is nothing left to do it to.
    Moot,
    /// To be tried again, perhaps with a reason that people should know.
    Again(Option<Problem>),
}

fn step_code(kind: FollowUpKind) -> &'static str {
    match kind {
        FollowUpKind::ReadBack => "DEST_READBACK_DIFFERS",
        FollowUpKind::MoveToLocation => "LOC_ASSIGN_FAILED",
        FollowUpKind::RestoreAddress => "CUST_DEFAULT_ADDRESS_CHANGED",
        FollowUpKind::CancelEarlier | FollowUpKind::SeeCancelled => "DUP_LIVE_EXPORT",
    }
}

/// What was done once a step is over.
fn step_deed(kind: FollowUpKind) -> &'static str {
    match kind {
        FollowUpKind::ReadBack => "read_back",
        FollowUpKind::MoveToLocation => "moved_to_location",
        FollowUpKind::RestoreAddress => "restored_address",
        FollowUpKind::CancelEarlier | FollowUpKind::SeeCancelled => "cancelled_earlier",
    }
}

/// What nobody knows to be done; `None`: it only reads.
fn unclear_deed(kind: FollowUpKind) -> Option<&'static str> {
    match kind {
        FollowUpKind::MoveToLocation => Some("unclear_move"),
        FollowUpKind::RestoreAddress => Some("unclear_address"),
        FollowUpKind::ReadBack | FollowUpKind::CancelEarlier | FollowUpKind::SeeCancelled => None,
    }
}

/// What was tried in vain; `None`: it only reads.
fn vain_deed(kind: FollowUpKind) -> Option<&'static str> {
    match kind {
        FollowUpKind::MoveToLocation => Some("not_moved_to_location"),
        FollowUpKind::RestoreAddress => Some("not_restored_address"),
        FollowUpKind::ReadBack | FollowUpKind::CancelEarlier | FollowUpKind::SeeCancelled => None,
    }
}

/// Variants of which the location has less than nothing, in words.
fn lacking(variants: impl IntoIterator<Item = Variant>, location: &LocationId, place: &str) -> Vec<String> {
    let short = |variant: Variant| {
        let units = *variant.available.get(location)?;
        (units < 0).then(|| {
            let name = if variant.sku.is_empty() { variant.product_title } else { variant.sku };
            format!("{place} has {units} of {name} now")
        })
    };
    variants.into_iter().filter_map(short).collect()
}

/// The order was created and is not shown any more.
fn gone(row: &ExportRecord) -> Option<Problem> {
    let State::Exported { name, .. } = &row.export.state else { return None };
    Some(Problem::DestReadbackDiffers {
        shop_order: name.clone(),
        sent: row.request.as_ref().map(|request| request.expected),
        found: None,
        differences: vec!["Shopify shows no such order any more: somebody deleted it".to_owned()],
    })
}

/// Where the order in Shopify differs from what was sent, beside what is `lacking` at its location.
fn differences(row: &ExportRecord, state: &ShopOrderState, lacking: Vec<String>) -> Option<Problem> {
    let request = row.request.as_ref()?;
    let order = &state.order;
    let mut differences = lacking;
    let found = order.currency.map(|currency| domain::money::Money::new(order.total, currency));
    if found != Some(request.expected) && !order.cancelled {
        let shown = found.map_or_else(|| order.total.to_string(), |money| money.to_string());
        differences.push(format!("total {shown} instead of {}", request.expected));
    }
    if order.units != request.units && !order.cancelled {
        differences.push(format!("{} units instead of {}", order.units, request.units));
    }
    let loose = state.lines.iter().filter(|(variant, _)| variant.is_none()).count();
    if loose > 0 {
        differences.push(format!("{loose} lines without a product"));
    }
    if !order.cancelled
        && let Some(asked) = units_asked(request)
    {
        differences.extend(swapped(&asked, &state.lines));
    }
    (!differences.is_empty()).then(|| Problem::DestReadbackDiffers {
        shop_order: order.name.clone(),
        sent: Some(request.expected),
        found,
        differences,
    })
}

/// Variants of which the order holds another number of units than was asked for.
fn swapped(asked: &Units, lines: &[(Option<VariantId>, i64)]) -> Vec<String> {
    let mut shown = Units::new();
    for (variant, units) in lines.iter().filter_map(|(variant, units)| Some((variant.as_ref()?, units))) {
        *shown.entry(variant.clone()).or_default() += units;
    }
    let of = |units: &Units, variant: &VariantId| units.get(variant).copied().unwrap_or_default();
    let all: BTreeSet<&VariantId> = asked.keys().chain(shown.keys()).collect();
    all.into_iter()
        .map(|variant| (variant.number(), of(&shown, variant), of(asked, variant)))
        .filter(|(_, shown, asked)| shown != asked)
        .map(|(variant, shown, asked)| format!("{shown} units of variant {variant} instead of {asked}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::ProductId;
    use domain::orders::shelf::{ProductState, WhenSoldOut};

    #[test]
    fn variants_that_were_swapped_are_named_though_units_and_total_agree() {
        let id = |number: &str| VariantId::from_number(number).unwrap();
        let asked = Units::from([(id("1"), 5), (id("2"), 3)]);
        let shown = |lines: &[(&str, i64)]| -> Vec<(Option<VariantId>, i64)> {
            lines.iter().map(|(number, units)| (Some(id(number)), *units)).collect()
        };
        assert!(swapped(&asked, &shown(&[("1", 2), ("2", 3), ("1", 3)])).is_empty());
        assert_eq!(
            swapped(&asked, &shown(&[("1", 3), ("3", 5)])),
            [
                "3 units of variant 1 instead of 5",
                "0 units of variant 2 instead of 3",
                "5 units of variant 3 instead of 0"
            ]
        );
    }

    #[test]
    fn stock_below_zero_at_the_location_is_named_after_the_order_left_it() {
        let here = LocationId::from_number("7").unwrap();
        let there = LocationId::from_number("8").unwrap();
        let variant = |sku: &str, units: i64, at: &LocationId| Variant {
            id: VariantId::from_number("1").unwrap(),
            product: ProductId::from_number("1").unwrap(),
            product_title: "Shirt".to_owned(),
            product_state: ProductState::Active,
            title: "M".to_owned(),
            sku: sku.to_owned(),
            barcode: String::new(),
            when_sold_out: WhenSoldOut::Stop,
            tracked: true,
            available: BTreeMap::from([(at.clone(), units)]),
        };
        let after = [variant("A", -2, &here), variant("B", 0, &here), variant("C", -5, &there)];
        assert_eq!(lacking(after, &here, "Lyon"), ["Lyon has -2 of A now"]);
    }
}
