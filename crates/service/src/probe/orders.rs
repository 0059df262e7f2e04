//! The test orders of a probe: each is noted in the ledger before it is sent, looked for, and removed at the end, also
//! those of a probe that was killed.

use super::facts::TAG;
use crate::cycle::Stop;
use adapters::ledger::{Ledger, LedgerError};
use adapters::ports::{
    CallError, Cancelling, Clock, Created, Frozen, Shop, ShopOrderState, TestLines, TestOrder, Units,
};
use adapters::settings::Trial;
use adapters::shopify::ORDER_QUOTA;
use domain::ids::{Epoch, ShopOrderId, Token};
use domain::money::Currency;
use domain::orders::shelf::ShopOrder;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Longer than any call, so that a probe in good order never loses it.
pub const LEASE: Duration = Duration::from_secs(90);
const CREATE_TIMEOUT: Duration = Duration::from_secs(30);
/// Development stores take five orders a minute.
const QUOTA_PAUSE: Duration = Duration::from_secs(61);
/// Orders with one token beyond which nobody goes on removing.
const ROUNDS_MAX: usize = 10;
const NOTE: &str =
    "Made by `joor-shopify connection probe` to measure what this shop does. Not a sale; may be deleted.";

/// The hands of one probe in one shop.
pub struct Bench<'a> {
    pub name: &'a str,
    pub ledger: &'a Ledger,
    pub shop: &'a dyn Shop,
    pub clock: Arc<dyn Clock>,
    pub trial: Trial,
    pub epoch: Epoch,
    pub currency: Currency,
    /// What all tokens of this probe begin with.
    pub run: String,
    /// Orders that are known to be there.
    pub known: BTreeSet<ShopOrderId>,
}

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    Within(Duration),
    /// Given up after so long.
    NotWithin(Duration),
}

/// What became of the test orders.
#[derive(Debug, Default)]
pub struct Removed {
    pub deleted: usize,
    /// Orders that stay, with the reason.
    pub left: Vec<String>,
    /// One of them is not even cancelled, or could not be deleted just now: the next probe tries again.
    pub again: bool,
}

pub type Step<T> = Result<T, Stop>;

impl Bench<'_> {
    pub fn token(&self, number: u32) -> Token {
        Token::stored(format!("{}-{number}", self.run))
    }

    /// How long an order is looked for before it counts as not shown.
    pub fn seen_max(&self) -> Duration {
        match self.trial {
            Trial::On => Duration::from_secs(4),
            Trial::Off => Duration::from_secs(180),
        }
    }

    fn pause(&self) -> Duration {
        match self.trial {
            Trial::On => Duration::from_millis(100),
            Trial::Off => Duration::from_secs(1),
        }
    }

    /// Waits a little and keeps the connection to itself.
    pub async fn pass(&self, span: Duration) -> Step<()> {
        self.clock.wait(span).await;
        self.keep().await
    }

    async fn keep(&self) -> Step<()> {
        match self.ledger.renew_lease(self.name, self.epoch, self.clock.now(), LEASE).await? {
            true => Ok(()),
            false => {
                Err(LedgerError::Fenced { connection: self.name.to_owned(), epoch: self.epoch.0 }.into())
            }
        }
    }

    pub fn request(&self, number: u32, lines: TestLines) -> Frozen {
        self.shop.freeze_test(&TestOrder {
            token: self.token(number),
            currency: self.currency,
            lines,
            tag: TAG.to_owned(),
            note: NOTE.to_owned(),
        })
    }

    /// Noted, then sent. Only a shop that takes no more orders in this minute is asked again.
    pub async fn send(&mut self, request: &Frozen) -> Step<Created> {
        self.ledger.note_test_order(self.name, &request.token, self.clock.now()).await?;
        loop {
            self.keep().await?;
            let created = self.shop.create_order(request, CREATE_TIMEOUT).await;
            match &created {
                Created::Order { order, .. } => drop(self.known.insert(order.id.clone())),
                Created::Refused(reasons) if reasons.iter().any(|reason| reason.code == ORDER_QUOTA) => {
                    self.pass(QUOTA_PAUSE).await?;
                    continue;
                }
                Created::Refused(_) | Created::NotExecuted(_) | Created::Unclear { .. } => {}
            }
            return Ok(created);
        }
    }

    /// Until the look-up by custom id shows an order.
    pub async fn until_looked_up(&self, token: &Token) -> Step<Took> {
        let began = self.clock.mono();
        loop {
            let found = self.shop.find_exports(std::slice::from_ref(token)).await.map_err(Stop::Shopify)?;
            let passed = self.clock.mono().since(began);
            if found.orders.contains_key(token) {
                return Ok(Took::Within(passed));
            }
            if passed >= self.seen_max() {
                return Ok(Took::NotWithin(passed));
            }
            self.pass(self.pause()).await?;
        }
    }

    /// Until the search by source identifier shows this order, counted from now.
    pub async fn until_found(&self, token: &Token, order: &ShopOrderId) -> Step<Took> {
        let began = self.clock.mono();
        loop {
            let hits = self.search(token).await?;
            let passed = self.clock.mono().since(began);
            if hits.iter().any(|hit| hit.id == *order) {
                return Ok(Took::Within(passed));
            }
            if passed >= self.seen_max() {
                return Ok(Took::NotWithin(passed));
            }
            self.pass(self.pause()).await?;
        }
    }

    /// A search that shows strangers shows nothing.
    pub async fn search(&self, token: &Token) -> Step<Vec<ShopOrder>> {
        match self.shop.search_source(token).await {
            Err(CallError::Garbled { .. }) => Ok(Vec::new()),
            other => other.map_err(Stop::Shopify),
        }
    }

    /// Removes whatever carries a noted token. `all_seen`: the search has shown an order that was made after all others,
    /// so that tokens without any order can be forgotten.
    pub async fn clean_up(&mut self, all_seen: bool) -> Step<Removed> {
        let mut removed = Removed::default();
        let mut done = BTreeSet::new();
        let tokens = self.ledger.test_orders(self.name).await?;
        for id in std::mem::take(&mut self.known) {
            self.remove(&id, &mut removed).await?;
            done.insert(id);
        }
        for token in &tokens {
            for _ in 0..ROUNDS_MAX {
                let found =
                    self.shop.find_exports(std::slice::from_ref(token)).await.map_err(Stop::Shopify)?;
                let mut ids: BTreeSet<ShopOrderId> =
                    found.orders.into_values().map(|order| order.id).collect();
                ids.extend(self.search(token).await?.into_iter().map(|order| order.id));
                let fresh: Vec<ShopOrderId> = ids.into_iter().filter(|id| !done.contains(id)).collect();
                if fresh.is_empty() {
                    break;
                }
                for id in fresh {
                    self.remove(&id, &mut removed).await?;
                    done.insert(id);
                }
            }
            if all_seen && !removed.again {
                self.ledger.forget_test_order(self.name, token).await?;
            }
        }
        Ok(removed)
    }

    async fn remove(&self, id: &ShopOrderId, removed: &mut Removed) -> Step<()> {
        let Some(state) = self.state(id).await? else { return Ok(()) };
        let name = state.order.name.clone();
        if !state.order.cancelled
            && let Err(reason) = self.cancel(id, &state).await?
        {
            removed.left.push(format!("{name} (it stands: {reason})"));
            removed.again = true;
            return Ok(());
        }
        match self.shop.delete_order(id).await {
            Ok(()) => removed.deleted += 1,
            Err(CallError::Refused { reasons }) => {
                let words: Vec<String> = reasons.into_iter().map(|reason| reason.message).collect();
                removed.left.push(format!("{name} (cancelled; not deleted: {})", words.join("; ")));
            }
            // Whether it is gone is read, not guessed.
            Err(error) => match self.state(id).await? {
                None => removed.deleted += 1,
                Some(_) => {
                    removed.left.push(format!("{name} (cancelled; not deleted: {error})"));
                    removed.again = true;
                }
            },
        }
        Ok(())
    }

    /// Cancels and waits until Shopify shows it. Units go back only where a product was taken.
    async fn cancel(&self, id: &ShopOrderId, state: &ShopOrderState) -> Step<Result<(), String>> {
        let units = match state.lines.iter().any(|(variant, _)| variant.is_some()) {
            true => Units::GoBack,
            false => Units::Stay,
        };
        // Whether it is cancelled is read, also after an answer that proves nothing.
        let late = match self.shop.cancel_order(id, units, NOTE).await {
            Cancelling::Accepted => "Shopify has not carried out the cancellation yet".to_owned(),
            Cancelling::Unclear { reason } => reason,
            Cancelling::Refused(reasons) => {
                let words: Vec<String> = reasons.into_iter().map(|reason| reason.message).collect();
                return Ok(Err(words.join("; ")));
            }
            Cancelling::NotExecuted(error) => return Ok(Err(error.to_string())),
        };
        let began = self.clock.mono();
        while self.state(id).await?.is_some_and(|state| !state.order.cancelled) {
            if self.clock.mono().since(began) >= self.seen_max() {
                return Ok(Err(late));
            }
            self.pass(self.pause()).await?;
        }
        Ok(Ok(()))
    }

    pub async fn state(&self, id: &ShopOrderId) -> Step<Option<ShopOrderState>> {
        let mut states = self.shop.orders(std::slice::from_ref(id)).await.map_err(Stop::Shopify)?;
        Ok(states.remove(id).flatten())
    }
}
