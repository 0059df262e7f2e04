//! Sends ready orders: read again, decide again, look first, write down, call once, record. The protocol of the design
//! stands here in this order and nowhere else.

use super::deciding::Verdict;
use super::discover::moved;
use super::gather::Gathered;
use super::settle::broken_rule;
use super::{CREATE_TIMEOUT, SEND_CHUNK, Stage, Stop, Turned, Worker};
use adapters::ledger::records::{Change, ExportRecord, FollowUp, FollowUpKind, OrderRecord};
use adapters::ports::{CallError, Created, Frozen, Heard, Refusal, Shop};
use domain::ids::{JoorOrderId, ShopOrderId};
use domain::money::Money;
use domain::orders::decide::Promised;
use domain::orders::draft::Draft;
use domain::orders::export::{Event, State, apply};
use domain::problem::Problem;
use domain::time::{Moment, Mono};
use futures::StreamExt;
use std::time::Duration;

/// An export that may leave: its row, its request, and what follows it.
pub(super) struct Leaving {
    pub row: ExportRecord,
    pub request: Frozen,
    /// `None` for a part that was frozen before.
    pub draft: Option<Draft>,
    pub circumstances: String,
    pub record: OrderRecord,
    pub follow_ups: Vec<(FollowUpKind, String)>,
    /// Until when the request may leave, on the clock that never jumps; set when it is written down.
    pub latest: Mono,
    /// What Shopify answered, once it did.
    pub answer: Option<String>,
}

/// After so long a backlog is read anew, and other work gets its turn.
const SEND_TIME_MAX: Duration = Duration::from_secs(300);

/// Problems that can keep a part of a split order behind.
const LEFT_BEHIND: [&str; 7] = [
    "DEST_UNCONFIRMED",
    "DEST_REJECTED",
    "STOCK_CLAIM_FAILED",
    "DUP_LOOKUP_BLIND",
    "DUP_FOUND_UNLEDGERED",
    "SRC_BAD_PAYLOAD",
    "SRC_ORDER_VANISHED",
];

impl Leaving {
    /// Keeps what Shopify answered beside the request.
    fn answer_change(&self) -> Option<Change> {
        let answer = self.answer.clone()?;
        Some(Change::AnswerNoted { key: self.row.export.key.clone(), answer })
    }

    /// Everything that must follow this attempt, in place of what an earlier one would have been followed by.
    fn follow_up_changes(&self, now: Moment) -> Vec<Change> {
        let key = &self.row.export.key;
        let dropped = Change::FollowUpsDropped { key: key.clone() };
        let wanted = self.follow_ups.iter().map(|(kind, subject)| {
            Change::FollowUp(FollowUp {
                key: key.clone(),
                kind: *kind,
                shop_order: ShopOrderId::new(""),
                subject: subject.clone(),
                tries: 0,
                due: now,
                done: false,
            })
        });
        std::iter::once(dropped).chain(wanted).collect()
    }
}

impl Worker {
    pub(super) async fn send(
        &mut self,
        turned: &mut Turned,
        mut gathered: Gathered,
        ready: Vec<JoorOrderId>,
    ) -> Stage<()> {
        if ready.is_empty() {
            return Ok(());
        }
        let unanswered = self.prepare_customers(turned, &mut gathered, &ready).await?;
        let mut promised = self.promised_before(&gathered);
        let begun = self.clock.mono();
        for (index, chunk) in ready.chunks(SEND_CHUNK).enumerate() {
            if self.is_stopping() {
                return Ok(());
            }
            if index > 0 && self.is_called(begun).await? {
                self.memory.unsent = true;
                return Ok(());
            }
            let leaving = self.fresh_chunk(turned, &mut gathered, chunk, &mut promised).await?;
            let leaving = self.look_first(turned, leaving).await?;
            self.create_all(turned, leaving).await?;
        }
        unanswered.map_or(Ok(()), |error| Err(Stop::Shopify(error)))
    }

    /// A person waits for something, or this has gone on for long. What is left goes with a cycle that follows at once.
    async fn is_called(&self, begun: Mono) -> Stage<bool> {
        let long = self.clock.mono().since(begun) >= SEND_TIME_MAX;
        Ok(long || !self.ledger.pending_commands(&self.name).await?.is_empty())
    }

    /// Reads a chunk of ready orders again, decides again, and freezes what may leave.
    async fn fresh_chunk(
        &mut self,
        turned: &mut Turned,
        gathered: &mut Gathered,
        chunk: &[JoorOrderId],
        promised: &mut Promised,
    ) -> Stage<Vec<Leaving>> {
        self.keep_lease(turned).await?;
        self.refresh(turned, gathered, chunk).await?;
        let mut leaving = Vec::new();
        let mut changes = Vec::new();
        for id in chunk {
            if self.has_left(gathered, id) {
                leaving.extend(self.frozen_parts(gathered, id, &mut changes));
                continue;
            }
            if !gathered.heads.orders.contains_key(id) {
                let seen = gathered.heads.records[id].last_seen;
                let told = vec![Problem::SrcOrderVanished { seen }.told(id.as_str())];
                let verdict = Verdict {
                    event: Event::Held,
                    told,
                    drafts: Vec::new(),
                    create_customer: None,
                    seen: None,
                };
                changes.extend(self.verdict_changes(gathered, id, &verdict).await?);
                continue;
            }
            let verdict = self.verdict(turned, gathered, id, promised)?;
            let sendable = verdict.event == Event::Cleared && verdict.create_customer.is_none();
            changes.extend(self.verdict_changes(gathered, id, &verdict).await?);
            if sendable {
                let frozen = self.freeze(gathered, id, &verdict);
                if frozen.len() > 1 {
                    // Every part is stored before the first one leaves, and never cut again.
                    let now = self.now();
                    for part in &frozen {
                        let key = part.row.export.key.clone();
                        changes.push(Change::RequestFrozen { key, request: part.request.clone() });
                        changes.extend(part.follow_up_changes(now));
                    }
                }
                leaving.extend(frozen);
            }
        }
        self.commit(turned, &changes).await?;
        for part in &mut leaving {
            // The rows as the commit left them.
            let rows = self.exports_of(&part.row.export.key.order).await?;
            if let Some(row) = rows.into_iter().find(|row| row.export.key == part.row.export.key) {
                part.row = row;
            }
        }
        leaving.retain(|part| part.row.export.state == State::Ready);
        Ok(leaving)
    }

    /// Several creates at a time; stops handing out new ones at the first answer that concerns them all.
    async fn create_all(&mut self, turned: &mut Turned, leaving: Vec<Leaving>) -> Stage<()> {
        let mut waiting = leaving.into_iter();
        loop {
            let group: Vec<Leaving> = waiting.by_ref().take(self.create_concurrency.max(1)).collect();
            if group.is_empty() || self.is_stopping() {
                return Ok(());
            }
            let mut asked = Vec::with_capacity(group.len());
            for part in group {
                asked.push(self.write_down(turned, part).await?);
            }
            let shop = self.shop.clone();
            let clock = self.clock.clone();
            let answers: Vec<(Leaving, Heard)> = futures::stream::iter(asked)
                .map(|part| {
                    let (shop, clock) = (shop.clone(), clock.clone());
                    async move {
                        let sending = (&part.row.export.state, &part.request);
                        let now = (clock.now(), clock.mono());
                        let answer = call_once(shop.as_ref(), now, part.latest, sending).await;
                        (part, answer)
                    }
                })
                .buffer_unordered(self.create_concurrency.max(1))
                .collect()
                .await;
            let mut stop = None;
            for (mut part, heard) in answers {
                part.answer = heard.answer;
                // Every answer is recorded, whatever happens around another one.
                match self.record_answer(turned, part, heard.created).await {
                    Ok(None) => {}
                    Ok(Some(error)) => stop = Some(Stop::Shopify(error)),
                    Err(Stop::Ledger(error)) => return Err(Stop::Ledger(error)),
                    Err(other) => stop = Some(other),
                }
            }
            if let Some(stop) = stop {
                return Err(stop);
            }
        }
    }

    /// Commits the exact request, its deadline and everything that must follow it, before anything leaves.
    async fn write_down(&mut self, turned: &mut Turned, mut part: Leaving) -> Stage<Leaving> {
        self.keep_lease(turned).await?;
        let now = self.now();
        let event = Event::Asked { epoch: turned.epoch, deadline: now.plus(CREATE_TIMEOUT) };
        let export = apply(&part.row.export, &event).map_err(broken_rule)?;
        let mut changes = vec![
            Change::Order(Box::new(part.record.clone())),
            Change::ExportMoved {
                export: export.clone(),
                event: event.word(),
                detail: format!("request {} for {} written down", export.attempts, part.request.expected),
                request: Some(part.request.clone()),
                total: None,
            },
        ];
        // A part that was frozen before left nothing but its request: what was seen then is what was seen last.
        if let Some(sight) = self.ledger.sight(&self.name, &part.record.id).await? {
            changes.push(Change::DecisionNoted { key: export.key.clone(), decided: sight.words });
        }
        if part.draft.is_some() {
            changes.extend(part.follow_up_changes(now));
        }
        self.commit(turned, &changes).await?;
        // Only now: a request that was not written down may be written down by another process.
        self.memory.quiet.asked(&export, self.clock.mono(), CREATE_TIMEOUT);
        part.latest = Mono(self.clock.mono().0 + CREATE_TIMEOUT);
        part.row.export = export;
        part.row.request = Some(part.request.clone());
        Ok(part)
    }

    /// Records what an answer proves. Returns the error if it concerns every further create too.
    async fn record_answer(
        &mut self,
        turned: &mut Turned,
        mut part: Leaving,
        answer: Created,
    ) -> Stage<Option<CallError>> {
        let now = self.now();
        match answer {
            Created::Order { order, warnings } => {
                self.record_created(turned, &mut part, order, &warnings).await?;
                Ok(None)
            }
            Created::NotExecuted(error) => {
                self.move_answered(turned, &mut part, &Event::NotExecuted, &error.to_string()).await?;
                match error {
                    // This request was refused before it ran; others may well be fine.
                    CallError::Refused { reasons } => self.hold_refused(turned, part, &reasons).await,
                    error => Ok(Some(error)),
                }
            }
            Created::Unclear { reason } => {
                self.memory.counts.unconfirmed += 1;
                self.move_answered(turned, &mut part, &Event::Lost { now }, &reason).await?;
                let token = part.row.export.token.clone();
                let told =
                    Problem::DestUnconfirmed { token, since: now, looks: 0 }.told(part.record.id.as_str());
                let change = Change::ProblemOpened { order: Some(part.record.id.clone()), told };
                self.commit(turned, &[change]).await?;
                Ok(None)
            }
            Created::Refused(reasons) => self.record_refused(turned, part, reasons).await,
        }
    }

    /// As [`Worker::move_export`], with the answer behind it.
    pub(super) async fn move_answered(
        &mut self,
        turned: &mut Turned,
        part: &mut Leaving,
        event: &Event,
        detail: &str,
    ) -> Stage<()> {
        let export = apply(&part.row.export, event).map_err(broken_rule)?;
        let mut changes = vec![moved(&export, event, detail)];
        changes.extend(part.answer_change());
        self.commit(turned, &changes).await?;
        part.row.export = export;
        Ok(())
    }

    async fn record_created(
        &mut self,
        turned: &mut Turned,
        part: &mut Leaving,
        order: domain::orders::shelf::ShopOrder,
        warnings: &[Refusal],
    ) -> Stage<()> {
        let id = part.record.id.clone();
        let event = Event::Created { order: order.id.clone(), name: order.name.clone() };
        let export = apply(&part.row.export, &event).map_err(broken_rule)?;
        let total = order.currency.map(|currency| Money::new(order.total, currency));
        let mut detail = format!("created in Shopify as {}", order.name);
        if let Some(warning) = warnings.first() {
            detail.push_str(&format!(", with the remark \"{}\"", warning.message));
        }
        let mut changes = vec![
            Change::ExportMoved { export: export.clone(), event: event.word(), detail, request: None, total },
            Change::RefusalNoted { key: export.key.clone(), refusal: None },
            Change::ReportDue { order: id.clone(), due: Some(self.now()) },
        ];
        changes.extend(part.answer_change());
        if part.draft.is_none() {
            // A part that was left behind: what kept it is over.
            let closed = |code| Change::ProblemClosed { order: Some(id.clone()), code };
            changes.extend(LEFT_BEHIND.into_iter().map(closed));
        }
        if total != Some(part.request.expected) {
            let problem = Problem::DestReadbackDiffers {
                shop_order: order.name.clone(),
                sent: Some(part.request.expected),
                found: total,
                differences: vec![format!("total instead of {}", part.request.expected)],
            };
            changes.push(Change::ProblemOpened { order: Some(id.clone()), told: problem.told(id.as_str()) });
        }
        self.commit(turned, &changes).await?;
        self.memory.counts.exported += 1;
        tracing::info!(order.number = %id, shop.order = %order.name, "exported order {id} as {}", order.name);
        part.row.export = export;
        Ok(())
    }
}

/// Sends a stored request once, if its deadline still lies ahead on both clocks.
async fn call_once(
    shop: &dyn Shop,
    (now, mono): (Moment, Mono),
    latest: Mono,
    (state, request): (&State, &Frozen),
) -> Heard {
    match state {
        State::Sending { deadline, .. } if now < *deadline && mono < latest => {
            shop.ask_for_order(request, deadline.since(now).min(latest.since(mono))).await
        }
        _ => {
            let created = Created::NotExecuted(CallError::NoAnswer {
                endpoint: "order creation".to_owned(),
                reason: "the deadline passed before the request left".to_owned(),
            });
            Heard { created, answer: None }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapters::clock::StoppedClock;
    use adapters::http::{Answer, BaseUrl, Mode, Request, SendError, Transport};
    use adapters::shopify::{Credentials, ShopClient, ShopConfig};
    use adapters::vault::Secret;
    use domain::ids::{Epoch, Token};
    use domain::money::{Currency, Decimal};
    use domain::orders::export::Unclear;
    use futures::future::BoxFuture;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    const DEADLINE: Moment = Moment(1_790_856_030_000);
    const LATEST: Mono = Mono(Duration::from_secs(90));
    const EARLY: Mono = Mono(Duration::from_secs(89));

    /// Loses every request, and counts those that reached it.
    #[derive(Default)]
    struct Socket {
        reached: AtomicU32,
    }

    impl Transport for Socket {
        fn send<'a, 'b>(&'a self, _: Request) -> BoxFuture<'b, Result<Answer, SendError>>
        where
            'a: 'b,
            Self: 'b,
        {
            self.reached.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err(SendError::TooLarge { limit: 1 }) })
        }
    }

    async fn sent(state: State, now: Moment, mono: Mono) -> (Created, u32) {
        let socket = Arc::new(Socket::default());
        let base_url = BaseUrl::parse("https://brand.myshopify.com", Mode::Real).unwrap();
        let config = ShopConfig::new(base_url, Credentials::Static(Secret::new("shpat_test")));
        let shop = ShopClient::new(config, socket.clone(), Arc::new(StoppedClock::at(now)));
        let request = Frozen {
            token: Token::stored("sandbox-42-7-1-1"),
            body: "{}".to_owned(),
            fingerprint: String::new(),
            expected: Money::new(Decimal::ONE, Currency::from_code("USD").unwrap()),
            units: 1,
        };
        let heard = call_once(&shop, (now, mono), LATEST, (&state, &request)).await;
        (heard.created, socket.reached.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_request_leaves_before_its_deadline_and_never_at_it_or_later() {
        let sending = || State::Sending { epoch: Epoch(1), deadline: DEADLINE };
        let before = sent(sending(), Moment(DEADLINE.0 - 1), EARLY).await;
        assert!(matches!(before, (Created::Unclear { .. }, 1)), "{before:?}");
        let lost = State::Unconfirmed {
            cause: Unclear::NoAnswer,
            deadline: DEADLINE,
            next_look: DEADLINE,
            looks: 0,
            empty_looks: 0,
        };
        for (state, now, mono) in [
            (sending(), DEADLINE, EARLY),
            (sending(), DEADLINE.plus(super::super::LEASE), EARLY),
            // The wall clock was set back since the request was written down.
            (sending(), Moment(0), LATEST),
            (State::Ready, Moment(0), EARLY),
            (lost, Moment(0), EARLY),
        ] {
            let (created, reached) = sent(state.clone(), now, mono).await;
            assert_eq!(reached, 0, "{state:?} at {now:?}");
            let said = matches!(&created, Created::NotExecuted(error) if error.to_string().contains("deadline passed"));
            assert!(said, "{created:?}");
        }
    }
}
