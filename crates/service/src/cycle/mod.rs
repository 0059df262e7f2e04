//! One cycle of one connection, in the order of the design: commands, settle, discover, gather, decide, prepare, send,
//! report, tell, record. All truth is in the ledger, so a cycle may die anywhere and the next one goes on.
//! A turn never sleeps: it says when it is due again.

pub mod cancelling;
pub mod commands;
mod conclude;
pub mod content;
mod daily;
mod deciding;
mod discover;
mod edits;
mod first_look;
mod follow;
mod freeze;
mod gather;
mod goods;
mod items;
pub mod judge;
mod linking;
mod memory;
mod new_customers;
mod order_lines;
mod preview;
pub mod proving;
mod refused;
mod report;
pub mod seen;
mod send;
mod settle;
mod tell;
mod watch;

pub use commands::CAUSE_ORDERS_MAX;
pub use conclude::connection_problem;
pub use edits::EDITED;
pub use gather::Gathered;
pub use items::{ItemLine, OrderItems};
pub use memory::{Counts, KnownLines, Memory, Usage};
pub use preview::{AllPending, PENDING_MAX, Pending, Previewed};
pub use tell::{Heard, silence_is_noted};

use adapters::ledger::records::{Change, ConnectionRecord, CycleRecord, OrderRecord};
use adapters::ledger::{Ledger, LedgerError};
use adapters::ports::{CallError, Chance, Clock, Post, Shop, ShopFacts, Wholesale};
use adapters::settings::{Checked, Trial};
use domain::cycle::Due;
use domain::ids::Epoch;
use domain::orders::decide::Start;
use domain::problem::Problem;
use domain::settings::Settings;
use domain::time::{Moment, Mono};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use url::Url;

/// How long a lease lasts without renewal. A create request's deadline is always shorter.
pub const LEASE: Duration = Duration::from_secs(120);
/// How long a create request may take before its answer counts as lost.
pub const CREATE_TIMEOUT: Duration = Duration::from_secs(30);
/// Orders that are read again, looked up and sent together.
pub const SEND_CHUNK: usize = 100;
/// An idle connection writes its "all is well" at most this often.
const IDLE_RECORD: Duration = Duration::from_secs(600);

/// Everything a connection's cycle works with. Nothing in it is truth: the ledger is.
pub struct Worker {
    pub name: String,
    pub ledger: Ledger,
    pub wholesale: Arc<dyn Wholesale>,
    pub shop: Arc<dyn Shop>,
    pub post: Option<Arc<dyn Post>>,
    /// Where people reach the console, for the links in mails.
    pub console_url: Option<Url>,
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
    pub checked: Checked,
    /// Version of the settings that `checked` and the ports were made from.
    pub settings_version: i64,
    pub trial: Trial,
    /// Creates on their way at the same time.
    pub create_concurrency: usize,
    /// Who holds the lease: process id and a random number.
    pub owner: String,
    /// A preview: everything is read and decided, nothing is stored or sent.
    pub dry: bool,
    /// Set when the program is asked to stop: what is on its way is finished, nothing new is begun.
    pub stopping: Arc<AtomicBool>,
    pub memory: Memory,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub next_due: Moment,
    pub counts: Counts,
    /// Problems of the connection that ended the cycle early.
    pub problem: Option<Problem>,
    /// Somebody else holds the lease.
    pub fenced: bool,
}

/// Why a stage ended early, by the side that failed.
#[derive(Debug)]
pub enum Stop {
    Joor(CallError),
    Shopify(CallError),
    Ledger(LedgerError),
}

impl Stop {
    /// Words for a person who asked for something.
    pub fn words(&self) -> String {
        match self {
            Stop::Joor(error) => format!("JOOR: {error}"),
            Stop::Shopify(error) => format!("Shopify: {error}"),
            Stop::Ledger(error) => error.to_string(),
        }
    }

    /// JOOR may still be told what came of orders: it answers, or keeps credits for that.
    fn lets_report(&self) -> bool {
        matches!(self, Stop::Shopify(_) | Stop::Joor(CallError::Throttled { .. }))
    }
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Stop {
        Stop::Ledger(error)
    }
}

pub type Stage<T> = Result<T, Stop>;

/// Whether a turn got to do what was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ran {
    All,
    Nothing,
}

/// The connection's row and the lease under which this turn works.
pub struct Turned {
    pub connection: ConnectionRecord,
    pub epoch: Epoch,
    pub lease_until: Moment,
}

impl Worker {
    pub fn settings(&self) -> &Settings {
        &self.checked.settings
    }

    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// One turn: takes or renews the lease, applies commands, settles what is open and, if it is due (or `forced`), runs a
    /// whole cycle.
    pub async fn turn(&mut self, forced: bool) -> Result<Turn, LedgerError> {
        let now = self.now();
        self.memory.counts = Counts::default();
        self.memory.unsent = false;
        let Some(epoch) = self.ledger.take_lease(&self.name, &self.owner, now, LEASE).await? else {
            return Ok(self.fenced(now));
        };
        let Some(connection) = self.ledger.connection(&self.name).await? else {
            return Err(LedgerError::NotFound(format!("connection {}", self.name)));
        };
        self.memory.epoch = Some(epoch);
        let mut turned = Turned { connection, epoch, lease_until: now.plus(LEASE) };
        let due = forced || self.next_cycle(&turned.connection) <= self.clock.mono();
        self.memory.facts = None;
        let outcome = self.stages(&mut turned, due).await;
        // A turn that was held up (paused, waiting, new settings) proves nothing and is no cycle.
        let due = due && !matches!(outcome, Ok(Ran::Nothing));
        let mut turn = match self.conclude(&mut turned, now, due, outcome.map(drop)).await {
            Err(LedgerError::Fenced { .. }) => self.fenced(now),
            other => other?,
        };
        if !turn.fenced {
            self.deliver(&mut turned).await?;
            turn.counts.mails = self.memory.counts.mails;
        }
        Ok(turn)
    }

    /// What is due by now of all that is stored.
    pub fn due(&self) -> Due {
        Due::with(self.now(), self.settings().schedule.quiet_time)
    }

    /// When the next cycle is due, on the clock that never jumps: as this process knows it, else as it is stored.
    pub fn next_cycle(&self, connection: &ConnectionRecord) -> Mono {
        let stored = || self.mono_at(Due::with(self.now(), self.interval()).at(connection.next_due));
        self.memory.next_cycle.unwrap_or_else(stored)
    }

    /// The moment on the clock that never jumps; one that is over is now.
    pub fn mono_at(&self, moment: Moment) -> Mono {
        Mono(self.clock.mono().0.saturating_add(moment.since(self.now())))
    }

    /// What the wall clock will show then.
    fn moment_at(&self, mono: Mono) -> Moment {
        self.now().plus(mono.since(self.clock.mono()))
    }

    fn fenced(&self, now: Moment) -> Turn {
        Turn { next_due: now.plus(LEASE / 4), counts: Counts::default(), problem: None, fenced: true }
    }

    /// Gives the lease back, so that the next process need not wait for its end.
    pub async fn release(&self) -> Result<(), LedgerError> {
        match self.memory.epoch {
            Some(epoch) => self.ledger.release_lease(&self.name, epoch, self.now()).await,
            None => Ok(()),
        }
    }

    async fn stages(&mut self, turned: &mut Turned, due: bool) -> Stage<Ran> {
        self.note_silence(turned).await?;
        self.apply_commands(turned).await?;
        if turned.connection.paused {
            return Ok(Ran::Nothing);
        }
        // Commands may have replaced the settings; the caller makes a new worker for them before the next cycle.
        if turned.connection.settings_version != self.settings_version {
            return Ok(Ran::Nothing);
        }
        if self.rests_until().is_some() {
            return Ok(Ran::Nothing);
        }
        if self.memory.wait_until.is_some_and(|until| until > self.clock.mono()) {
            return Ok(Ran::Nothing);
        }
        self.settle(turned).await?;
        self.cancel_earlier(turned).await?;
        // First what follows earlier exports: a backlog that is sent for hours does not keep it back.
        let followed = self.follow_up(turned).await;
        if due {
            self.whole_cycle(turned).await?;
        }
        followed?;
        Ok(if self.is_stopping() { Ran::Nothing } else { Ran::All })
    }

    /// The end of the daily pause, while it lasts.
    pub fn rests_until(&self) -> Option<Moment> {
        self.settings().schedule.pause.and_then(|window| window.end(self.now()))
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    async fn whole_cycle(&mut self, turned: &mut Turned) -> Stage<()> {
        let sent = self.read_and_send(turned).await;
        if self.is_stopping() || sent.as_ref().is_err_and(|stop| !stop.lets_report()) {
            return sent;
        }
        // Neither a send nor a follow-up that fails keeps back what JOOR is told of orders that are there.
        let followed = match &sent {
            Ok(()) => self.follow_up(turned).await,
            Err(_) => Ok(()),
        };
        if sent.is_ok() {
            self.note_linked(turned).await?;
        }
        if turned.connection.live_since.is_none() {
            return sent.and(followed);
        }
        let reported = match self.report(turned).await {
            Err(stop @ Stop::Ledger(_)) => return Err(stop),
            reported => reported,
        };
        // Last: whatever may be wrong with that list keeps no order back.
        let compared = match self.is_stopping() {
            true => Ok(()),
            false => self.daily_comparison(turned).await,
        };
        sent.and(followed).and(reported).and(compared)
    }

    async fn read_and_send(&mut self, turned: &mut Turned) -> Stage<()> {
        let heads = self.discover(turned).await?;
        let Some(gathered) = self.gather(turned, heads).await? else { return Ok(()) };
        let ready = self.decide(turned, &gathered).await?;
        if turned.connection.live_since.is_none() || self.is_stopping() {
            return Ok(());
        }
        self.send(turned, gathered, ready).await
    }

    /// Commits under the turn's epoch; renews the lease first if it has become short.
    pub async fn commit(&self, turned: &mut Turned, changes: &[Change]) -> Result<(), LedgerError> {
        if changes.is_empty() || self.dry {
            return Ok(());
        }
        self.keep_lease(turned).await?;
        self.ledger.commit(&self.name, turned.epoch, self.now(), changes).await
    }

    /// Renews the lease when less than three quarters of it are left, so that a create's deadline always fits.
    pub async fn keep_lease(&self, turned: &mut Turned) -> Result<(), LedgerError> {
        let now = self.now();
        if self.dry || turned.lease_until.minus(LEASE * 3 / 4) > now {
            return Ok(());
        }
        if !self.ledger.renew_lease(&self.name, turned.epoch, now, LEASE).await? {
            return Err(LedgerError::Fenced { connection: self.name.clone(), epoch: turned.epoch.0 });
        }
        turned.lease_until = now.plus(LEASE);
        Ok(())
    }

    /// The shop's facts, read once a cycle that needs them.
    pub async fn shop_facts(&mut self, turned: &mut Turned) -> Stage<ShopFacts> {
        if let Some(facts) = &self.memory.facts {
            return Ok(facts.clone());
        }
        let mut facts = self.shop.facts().await.map_err(Stop::Shopify)?;
        match &turned.connection.shop_id {
            None => {
                self.commit(turned, &[Change::ShopIdentity(facts.shop_id.clone())]).await?;
                turned.connection.shop_id = Some(facts.shop_id.clone());
            }
            Some(known) if *known != facts.shop_id => {
                return Err(Stop::Shopify(CallError::Refused {
                    reasons: vec![adapters::ports::Refusal {
                        code: conclude::WRONG_ACCOUNT.to_owned(),
                        field: known.clone(),
                        message: facts.shop_id.clone(),
                    }],
                }));
            }
            Some(_) => {}
        }
        if !self.dry && (!facts.order_definition || !facts.customer_definition) {
            self.shop.define_custom_ids().await.map_err(Stop::Shopify)?;
            facts = self.shop.facts().await.map_err(Stop::Shopify)?;
        }
        self.memory.facts = Some(facts.clone());
        Ok(facts)
    }

    fn usage_now(&self) -> (Usage, Usage) {
        let (joor, shopify) = (self.wholesale.usage(), self.shop.usage());
        let usage = |cost: u64, requests: u64| Usage { cost: cost as i64, requests: requests as i64 };
        (usage(joor.credits, joor.requests), usage(shopify.points, shopify.requests))
    }

    fn record(&self, started: Moment, outcome: &str, before: (Usage, Usage)) -> CycleRecord {
        let (joor, shopify) = self.usage_now();
        CycleRecord {
            started,
            finished: self.now(),
            outcome: outcome.to_owned(),
            counts: serde_json::to_string(&self.memory.counts).expect("counts are plain numbers"),
            joor_credits: joor.cost - before.0.cost,
            joor_requests: joor.requests - before.0.requests,
            shopify_points: shopify.cost - before.1.cost,
            shopify_requests: shopify.requests - before.1.requests,
        }
    }

    /// The first day that is exported: the setting, else the day of going live, else today.
    pub fn start(&self, turned: &Turned) -> jiff::civil::Date {
        self.start_of(&turned.connection)
    }

    /// The same for one order: where going live is the start, it counts whether the order was seen before that.
    pub(super) fn start_for(&self, turned: &Turned, record: &OrderRecord) -> Start {
        let day = self.start(turned);
        match turned.connection.live_since.filter(|_| self.settings().schedule.exported_since.is_none()) {
            Some(live) => Start::moment(day, record.first_seen < live),
            None => Start::named(day),
        }
    }

    /// The first day of approval that is exported.
    pub fn start_of(&self, connection: &ConnectionRecord) -> jiff::civil::Date {
        let live = || connection.live_since.unwrap_or_else(|| self.now()).day();
        self.settings().schedule.exported_since.unwrap_or_else(live)
    }
}
