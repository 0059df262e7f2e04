//! One world: both services with state and rules, a made-up brand in them, a letterbox, stopped time, and the program in
//! the middle. What happens in it is decided by its users.

use crate::clock::SimClock;
use crate::habits::Habits;
use crate::life::Life;
use crate::outside::Outside;
use crate::post::Letterbox;
use crate::program::{CONNECTION, Looked, Program, Surroundings};
use adapters::ledger::ExportQuery;
use adapters::ports::Clock;
use domain::ids::JoorOrderId;
use jiff::Timestamp;
use sandbox::Sandbox;
use sandbox::brand::Brand;
use sandbox::shopify::OrderView as ShopOrder;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Both kinds of shop: whether a taken custom id is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    RefusesDoubles,
    TakesDoubles,
}

impl Kind {
    pub const BOTH: [Kind; 2] = [Kind::RefusesDoubles, Kind::TakesDoubles];
}

/// A Monday.
const BEGINNING: i64 = 1_767_600_000;
/// Looks that anything may take until it is settled.
const LOOKS_MAX: usize = 400;
/// Looks until a create is unclear, in a scene that is about one.
const UNCLEAR_LOOKS_MAX: usize = 12;
/// Nothing is waited for longer than this at once.
const LEAP_MAX: Duration = Duration::from_secs(900);
/// Looks without any change after which the world is quiet; a re-export takes two reads.
const QUIET_LOOKS: usize = 2;

pub struct World {
    pub sandbox: Sandbox,
    pub brand: Brand,
    pub clock: SimClock,
    pub outside: Arc<Outside>,
    pub post: Arc<Letterbox>,
    pub life: Arc<Life>,
    pub program: Program,
    _folder: TempDir,
}

/// The moment at which every world begins.
pub fn beginning() -> Timestamp {
    Timestamp::from_second(BEGINNING + 10 * 3600).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl World {
    /// A world whose program starts on a copy of this folder, or on a new one with this settings file.
    pub async fn begin(brand: Brand, habits: &Habits, from: From<'_>) -> World {
        let clock = SimClock::stopped_at(beginning());
        let sandbox = Sandbox::start(habits.options(&clock)).await.expect("loopback has ports");
        brand.plant(&sandbox, sandbox.clock.today());
        let folder = folder();
        match from {
            From::Settings(settings) => Program::found(folder.path(), &settings(&sandbox), &clock).await,
            From::Copy(template) => {
                copy(template, folder.path());
                // What is in the copy happened before.
                clock.pass(Duration::from_secs(2 * 3600));
                sandbox.shop.define_custom_id("ORDER", "joor_shopify", "export");
                sandbox.shop.define_custom_id("CUSTOMER", "joor_shopify", "customer");
            }
        }
        let life = Arc::new(Life::default());
        let outside = Outside::new(sandbox.joor.router(), sandbox.shop.router(), clock.clone(), life.clone());
        let outside = Arc::new(outside);
        let post = Arc::new(Letterbox::new(clock.clone(), life.clone()));
        let around = Surroundings {
            clock: clock.clone(),
            outside: outside.clone(),
            post: post.clone(),
            life: life.clone(),
        };
        let program = Program::start(folder.path(), around).await;
        World { sandbox, brand, clock, outside, post, life, program, _folder: folder }
    }

    /// Reads without sending, then goes live.
    pub async fn go_live(&mut self) {
        self.until_quiet().await;
        self.program.command("go_live", &serde_json::json!({})).await;
        self.until_quiet().await;
    }

    /// Looks until nothing is open that passes by itself. `Err`: it never came to rest.
    pub async fn settle(&mut self) -> Result<(), String> {
        let mut quiet = 0;
        let mut last = String::new();
        for _ in 0..LOOKS_MAX {
            let looked = self.program.look().await;
            let open = self.open().await;
            quiet = match &looked {
                Looked::Turned(turn) if turn.problem.is_none() && open.is_empty() => quiet + 1,
                Looked::Idle => quiet,
                Looked::Turned(_) | Looked::Died | Looked::BrokenOff | Looked::Failed(_) => 0,
            };
            last = format!("{looked:?}; open: {}", open.join(", "));
            if quiet >= QUIET_LOOKS {
                return Ok(());
            }
            let wait = self.program.due_in().clamp(Duration::from_secs(1), LEAP_MAX);
            self.outside.pass(wait).await;
        }
        Err(format!("not quiet after {LOOKS_MAX} looks: {last}"))
    }

    /// Looks until nobody knows what became of an order's create. A program that died meanwhile may know more by then, or
    /// less.
    pub async fn until_unclear(&mut self, order: &str) {
        for _ in 0..UNCLEAR_LOOKS_MAX {
            self.program.look().await;
            let query = ExportQuery {
                order: Some(JoorOrderId::new(order)),
                states: vec!["unconfirmed"],
                ..ExportQuery::default()
            };
            let unclear = self.program.desk.exports(CONNECTION, &query).await.expect("the ledger reads");
            if !unclear.is_empty() {
                return;
            }
            let wait = self.program.due_in().clamp(Duration::from_secs(1), LEAP_MAX);
            self.outside.pass(wait).await;
        }
    }

    pub async fn until_quiet(&mut self) {
        if let Err(reason) = self.settle().await {
            panic!("{reason}");
        }
    }

    /// What the ledger still has to do by itself.
    pub async fn open(&self) -> Vec<String> {
        let ledger = &self.program.desk;
        let soon = self.clock.now().plus(Duration::from_secs(24 * 3600));
        let connection = ledger.connection(CONNECTION).await.expect("the ledger reads");
        // In a preview, what is ready rests.
        let live = connection.is_some_and(|connection| connection.live_since.is_some());
        let states =
            if live { vec!["ready", "sending", "unconfirmed"] } else { vec!["sending", "unconfirmed"] };
        let query = ExportQuery { states, ..ExportQuery::default() };
        let mut open = Vec::new();
        for row in ledger.exports(CONNECTION, &query).await.expect("the ledger reads") {
            open.push(format!("export {} is {}", row.export.key, row.export.state.word()));
        }
        for step in ledger.follow_ups(CONNECTION).await.expect("the ledger reads") {
            open.push(format!("follow-up {:?} of {}", step.kind, step.key));
        }
        for row in ledger.reports_due(CONNECTION, soon).await.expect("the ledger reads") {
            open.push(format!("report of {}", row.id));
        }
        for (_, mail) in ledger.mails_due(soon).await.expect("the ledger reads") {
            open.push(format!("mail {}", mail.letter.id));
        }
        if !ledger.pending_commands(CONNECTION).await.expect("the ledger reads").is_empty() {
            open.push("a command".to_owned());
        }
        if self.outside.late() > 0 {
            open.push("a late request".to_owned());
        }
        open
    }

    /// Every Shopify order of a JOOR order, cancelled ones too.
    pub fn shop_orders_of(&self, order: &str) -> Vec<ShopOrder> {
        let mut found = self.sandbox.shop.orders();
        found.retain(|shop_order| joor_number(shop_order).as_deref() == Some(order));
        found
    }

    /// Closes the program for good and copies its folder.
    pub async fn freeze(self, into: &Path) {
        let folder = self.program.folder();
        self.program.close().await;
        copy(&folder, into);
    }
}

/// What a world's program starts with.
pub enum From<'a> {
    Settings(&'a (dyn Fn(&Sandbox) -> String + Sync)),
    Copy(&'a Path),
}

/// The JOOR number in a token such as `sandbox-424242-79001-1-1`.
pub fn joor_number(order: &ShopOrder) -> Option<String> {
    order.source_identifier.as_deref()?.split('-').nth(2).map(str::to_owned)
}

/// The generation in a token.
pub fn generation(order: &ShopOrder) -> Option<u32> {
    order.source_identifier.as_deref()?.split('-').nth(3)?.parse().ok()
}

/// In memory where the machine has such a place: a simulated crash loses no page of the file system.
pub fn folder() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder for the ledger")
}

fn copy(from: &Path, into: &Path) {
    for entry in std::fs::read_dir(from).expect("the folder is there").flatten() {
        let target = into.join(entry.file_name());
        if entry.path().is_file() {
            std::fs::copy(entry.path(), target).expect("the folder takes a copy");
        }
    }
}
