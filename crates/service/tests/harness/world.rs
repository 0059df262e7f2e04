//! One world: sandbox, small brand, data directory, connection; and the verbs that stories are told in.

use super::database::{Database, given_server};
use super::program::{self, Daemon, Ran};
use super::{Call, Settings, Shown, until};
use sandbox::brand::Brand;
use sandbox::joor::{OrderSeed, OrderView as JoorOrder};
use sandbox::shopify::OrderView as ShopOrder;
use sandbox::{Fault, Mail, Sandbox, SandboxOptions, Service, When};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

pub const CONNECTION: &str = "brand";
/// How far a trial sets its clock ahead.
pub const CLOCK_AHEAD: &str = "JOOR_SHOPIFY_TRIAL_CLOCK_AHEAD";
/// Before which write of its ledger the program of a trial ends, as by `kill -9`.
const DIES_AT_WRITE: &str = "JOOR_SHOPIFY_TRIAL_DIES_AT_WRITE";
/// Long enough to be killed in the middle of.
pub const SLOWLY: Duration = Duration::from_millis(700);

/// How a world begins.
#[derive(Clone, Debug)]
pub struct Options {
    pub sandbox: SandboxOptions,
    pub brand: Brand,
    /// Confirmed as live at the start; otherwise the connection stays in preview.
    pub live: bool,
    /// Where the SMTP server is said to be; `None`: the sandbox's mailbox.
    pub smtp_port: Option<u16>,
    /// The full hour (UTC) at which the story begins, on this day or the next; `None`: now.
    pub hour: Option<i8>,
    /// The server with the ledger; `None`: the ledger is a file.
    pub server: Option<String>,
}

/// Set: the ledgers of this run are on the server that the tests were given.
const ON_POSTGRES: &str = "JOOR_SHOPIFY_STORIES_ON_POSTGRES";
/// Set: the shops of this run do not enforce custom ids.
const TAKES_DOUBLES: &str = "JOOR_SHOPIFY_SHOP_TAKES_DOUBLES";

impl Default for Options {
    /// A shop that refuses a taken custom id. Stories that only do so are told once more in one that does not, where it
    /// matters to them (`OTHER_KIND` in `xtask/src/test.rs`).
    fn default() -> Options {
        let mut sandbox = SandboxOptions::default();
        sandbox.shop.custom_id_enforced = std::env::var_os(TAKES_DOUBLES).is_none();
        let server = std::env::var_os(ON_POSTGRES).and_then(|_| given_server());
        Options { sandbox, brand: Brand::small(), live: true, smtp_port: None, hour: None, server }
    }
}

pub struct World {
    pub sandbox: Sandbox,
    pub brand: Brand,
    pub settings: Settings,
    /// Exports whose fate may still be open at the end.
    pub may_stay_unconfirmed: bool,
    /// Shopify may have refused calls without a script.
    pub may_be_refused: bool,
    /// How far the program's clock is ahead of this machine's.
    pub clock_ahead: Duration,
    /// The mail server is the one that the story wrote into `config.toml`.
    pub mail_in_file: bool,
    folder: tempfile::TempDir,
    smtp_port: u16,
    daemon: Option<Daemon>,
    /// Of a ledger that is no file. Dropped last, when nobody is connected to it any more.
    pub database: Option<Database>,
}

impl World {
    /// A live connection.
    pub async fn start() -> World {
        World::with(Options::default()).await
    }

    /// A connection that nobody confirmed as live.
    pub async fn preview() -> World {
        World::with(Options { live: false, ..Options::default() }).await
    }

    pub async fn with(options: Options) -> World {
        let clock_ahead =
            options.hour.map_or(Duration::ZERO, |hour| until_hour(options.sandbox.clock.now(), hour));
        options.sandbox.clock.advance(clock_ahead);
        let sandbox = Sandbox::start(options.sandbox).await.expect("the sandbox starts");
        let brand = options.brand;
        brand.plant(&sandbox, sandbox.clock.today());
        let settings = Settings::to(&sandbox);
        let folder = tempfile::tempdir().expect("a folder for the story");
        let smtp_port = options.smtp_port.unwrap_or(sandbox.smtp_address().port());
        let world = World {
            sandbox,
            brand,
            settings,
            may_stay_unconfirmed: false,
            may_be_refused: false,
            clock_ahead,
            mail_in_file: false,
            folder,
            smtp_port,
            daemon: None,
            database: options.server.as_deref().map(Database::on),
        };
        world.run(&["init"]).await.must_end_with(0);
        world.apply().await;
        if options.live {
            world.go_live().await;
        }
        world
    }

    // The program.

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program::program(&["--trial", "--json", "--data"]);
        command.arg(self.data_folder()).args(arguments);
        if !self.mail_in_file {
            command
                .env("JOOR_SHOPIFY_SMTP__HOST", "127.0.0.1")
                .env("JOOR_SHOPIFY_SMTP__PORT", self.smtp_port.to_string())
                .env("JOOR_SHOPIFY_SMTP__SECURITY", "none")
                .env("JOOR_SHOPIFY_SMTP__FROM", "joor-shopify <exports@brand.example.com>");
        }
        if let Some(database) = &self.database {
            command.env("JOOR_SHOPIFY_LEDGER__URL", database.url());
        }
        if !self.clock_ahead.is_zero() {
            command.env(CLOCK_AHEAD, format!("{}s", self.clock_ahead.as_secs()));
        }
        command
    }

    /// Time passes for JOOR, for Shopify, and for every run of the program that starts afterwards.
    pub fn pass(&mut self, span: Duration) {
        self.sandbox.clock.advance(span);
        self.clock_ahead += span;
    }

    pub async fn run(&self, arguments: &[&str]) -> Ran {
        program::run_to_end(self.command(arguments)).await
    }

    /// Puts the settings as they stand now in force.
    pub async fn apply(&self) {
        self.try_apply().await.must_end_with(0);
    }

    pub async fn try_apply(&self) -> Ran {
        let file = self.write_file("settings.toml", &self.settings.toml());
        self.run(&["connection", "apply", &file, "--name", CONNECTION]).await
    }

    pub async fn go_live(&self) {
        let arguments = ["--yes", "connection", "go-live", CONNECTION, "--confirm-previous-off"];
        self.run(&arguments).await.must_end_with(0);
    }

    /// One cycle that goes well.
    pub async fn sync(&self) -> Ran {
        self.sync_ends_with(0).await
    }

    pub async fn sync_ends_with(&self, code: i32) -> Ran {
        self.run(&["sync", "--once"]).await.must_end_with(code)
    }

    /// The program as a service.
    pub async fn run_as_service(&mut self) {
        self.daemon = Some(self.spawn(&["run"]));
        until("the service is up", || self.log().contains("running")).await;
    }

    /// A run that the story does not wait for.
    pub fn spawn(&self, arguments: &[&str]) -> Daemon {
        self.spawn_as(&arguments.join("-"), arguments)
    }

    /// The same with a log of its own, beside others of these arguments.
    pub fn spawn_as(&self, name: &str, arguments: &[&str]) -> Daemon {
        let log = self.folder.path().join(format!("{name}.log"));
        Daemon::start(self.command(arguments), &log)
    }

    pub fn log(&self) -> String {
        self.daemon.as_ref().map(Daemon::log).unwrap_or_default()
    }

    /// The service is asked to stop and does.
    pub async fn stop_service(&mut self) {
        let daemon = self.daemon.take().expect("the service runs");
        daemon.terminate();
        let log = daemon.log();
        assert_eq!(daemon.ended().await, 0, "{log}");
    }

    pub fn kill_service(&mut self) {
        self.daemon.take().expect("the service runs").kill();
        self.leases_end();
    }

    /// On a server nobody takes a lease over before its time, and no story waits for that. On a file there is the lock.
    pub fn leases_end(&self) {
        if let Some(database) = &self.database {
            database.leases_end();
        }
    }

    /// Runs one cycle and kills it while this call is on its way; the call is executed afterwards.
    pub async fn kill_during(&self, call: Call) {
        // A story may have planned other faults before.
        let struck = || {
            let hits = self.sandbox.faults.hits();
            hits.iter()
                .filter(|(service, name)| (*service, name.as_str()) == (call.service(), call.name()))
                .count()
        };
        let before = struck();
        self.sandbox.faults.script(call.service(), call.name(), When::Next, Fault::Slow(SLOWLY));
        let cycle = self.spawn(&["sync", "--once"]);
        until("the cycle reaches the call", || struck() > before).await;
        cycle.kill();
        self.leases_end();
    }

    /// Runs one cycle that dies before this write of the ledger; `false`: it wrote fewer times and ended well.
    pub async fn dies_at_write(&self, number: usize) -> bool {
        let mut command = self.command(&["sync", "--once"]);
        let ran = program::run_to_end({
            command.env(DIES_AT_WRITE, number.to_string());
            command
        });
        let code = ran.await.code;
        assert!(matches!(code, 0 | program::BY_A_SIGNAL), "write {number}: exit code {code}");
        self.leases_end();
        code != 0
    }

    /// The same program and data without `--trial`.
    pub async fn run_for_real(&self, arguments: &[&str]) -> Ran {
        let mut command = program::program(&["--json", "--data"]);
        command.arg(self.data_folder()).args(arguments);
        if let Some(database) = &self.database {
            command.env("JOOR_SHOPIFY_LEDGER__URL", database.url());
        }
        program::run_to_end(command).await
    }

    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file in the story's folder, as an argument.
    pub fn write_file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("the folder takes a file");
        path.to_string_lossy().into_owned()
    }

    /// The data directory is lost, and the connection is made anew.
    pub async fn forget_everything(&self) {
        std::fs::remove_dir_all(self.data_folder()).expect("the data folder is ours");
        if let Some(database) = &self.database {
            database.forget();
        }
        self.run(&["init"]).await.must_end_with(0);
        self.apply().await;
        self.go_live().await;
    }

    // JOOR.

    /// An approved order stands in JOOR.
    pub fn approved(&self, order: OrderSeed) {
        self.sandbox.joor.add_order(order);
    }

    /// Two shirts at 45.50 for a retailer whom Shopify knows.
    pub fn plain(&self, id: &str) -> OrderSeed {
        self.brand.order(id, 0).line(self.brand.line(0, 0, 2))
    }

    pub fn joor(&self, order: &str) -> JoorOrder {
        self.sandbox.joor.order(order).unwrap_or_else(|| panic!("JOOR has no order {order}"))
    }

    /// Export state and description.
    pub fn joor_report(&self, order: &str) -> (String, String) {
        let order = self.joor(order);
        (order.export_status.word().to_owned(), order.export_description.unwrap_or_default())
    }

    // Shopify.

    /// Every Shopify order of a JOOR order, cancelled ones too.
    pub fn shop_orders_of(&self, order: &str) -> Vec<ShopOrder> {
        let mut found = self.sandbox.shop.orders();
        found.retain(|shop_order| joor_number(shop_order).as_deref() == Some(order));
        found
    }

    /// The one Shopify order of a JOOR order.
    #[track_caller]
    pub fn shop_order_of(&self, order: &str) -> ShopOrder {
        let mut found = self.shop_orders_of(order);
        assert_eq!(found.len(), 1, "Shopify orders of {order}: {found:#?}");
        found.remove(0)
    }

    /// How often Shopify was asked for this.
    pub fn asked(&self, operation: &str) -> usize {
        self.sandbox.shop.operations().iter().filter(|name| *name == operation).count()
    }

    pub fn fault(&self, operation: &str, when: When, fault: Fault) {
        self.sandbox.faults.script(Service::Shopify, operation, when, fault);
    }

    /// The same for calls that name this.
    pub fn fault_about(&self, operation: &str, about: &str, when: When, fault: Fault) {
        self.sandbox.faults.script_about(Service::Shopify, operation, about, when, fault);
    }

    pub fn joor_fault_about(&self, operation: &str, about: &str, when: When, fault: Fault) {
        self.sandbox.faults.script_about(Service::Joor, operation, about, when, fault);
    }

    pub fn joor_fault(&self, operation: &str, when: When, fault: Fault) {
        self.sandbox.faults.script(Service::Joor, operation, when, fault);
    }

    /// Units of a variant at the two open locations.
    pub fn set_stock(&self, style: usize, variant: usize, units: [i64; 2]) {
        let variant = self.variant(style, variant);
        for (room, units) in sandbox::brand::ROOMS.iter().zip(units) {
            self.sandbox.shop.set_stock(variant, room.id, units);
        }
    }

    pub fn variant(&self, style: usize, variant: usize) -> u64 {
        self.brand.styles[style].variants[variant].variant_id
    }

    pub fn gid(&self, style: usize, variant: usize) -> String {
        format!("gid://shopify/ProductVariant/{}", self.variant(style, variant))
    }

    pub fn stock(&self, style: usize, variant: usize) -> i64 {
        self.sandbox.shop.stock(&self.gid(style, variant))
    }

    // What people see.

    pub async fn order(&self, id: &str) -> Shown {
        Shown(self.run(&["orders", "show", id]).await.must_end_with(0).json)
    }

    /// Waits until the order is in this state; for stories in which the program runs as a service.
    pub async fn until_order(&self, id: &str, state: &str) -> Shown {
        self.until_shown(id, state, |shown| shown.state() == state).await
    }

    pub async fn until_shown(&self, id: &str, what: &str, holds: impl Fn(&Shown) -> bool) -> Shown {
        let watch = async {
            loop {
                let shown = Shown(self.run(&["orders", "show", id]).await.json);
                if holds(&shown) {
                    return shown;
                }
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
        };
        match tokio::time::timeout(super::BOUND * 3, watch).await {
            Ok(shown) => shown,
            Err(_) => panic!("order {id} is not {what}: {:#}\n{}", self.order(id).await.0, self.log()),
        }
    }

    pub async fn retry(&self, order: &str, more: &[&str]) {
        let arguments: Vec<&str> = ["orders", "retry", order].iter().chain(more).copied().collect();
        self.run(&arguments).await.must_end_with(0);
    }

    /// Waits until the service took settings that hold this text.
    pub async fn until_in_force(&self, text: &str) {
        let watch = async {
            while !self.run(&["connection", "export", CONNECTION]).await.stdout.contains(text) {
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
        };
        assert!(
            tokio::time::timeout(super::BOUND, watch).await.is_ok(),
            "{text} is not in force: {}",
            self.log()
        );
    }

    /// Codes of the connection's own open problems.
    pub async fn connection_problems(&self) -> Vec<String> {
        let found = self.run(&["problems"]).await.json;
        let problems = found["problems"].as_array().cloned().unwrap_or_default();
        let own = problems.iter().filter(|problem| problem["joor_order"].is_null());
        own.filter_map(|problem| problem["code"].as_str().map(str::to_owned)).collect()
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.sandbox.mailbox.mails()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let faults = self.sandbox.faults.hits();
            let orders = self.sandbox.shop.orders();
            let shown: Vec<_> = orders.iter().map(|order| (&order.name, &order.source_identifier)).collect();
            let asked: std::collections::BTreeSet<String> =
                self.sandbox.shop.operations().into_iter().collect();
            eprintln!("Shopify has {shown:?}, was asked {asked:?}\nstruck were {faults:?}\n{}", self.log());
        }
    }
}

/// From now until the next full hour of this number, UTC.
fn until_hour(now: jiff::Timestamp, hour: i8) -> Duration {
    let now = now.to_zoned(jiff::tz::TimeZone::UTC);
    let today = now.date().at(hour, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("a day has every hour");
    let next = if today > now { today } else { today.tomorrow().expect("the calendar goes on") };
    // Whole seconds, as the program takes them; never before the hour.
    Duration::from_secs(now.duration_until(&next).as_secs().unsigned_abs() + 1)
}

/// The JOOR order number inside the token that stands as source identifier.
pub fn joor_number(order: &ShopOrder) -> Option<String> {
    let mut pieces = order.source_identifier.as_deref()?.split('-');
    pieces.nth(2).map(str::to_owned)
}

/// Tells the story in a shop that refuses a taken custom id, and in one that does not.
pub async fn in_both_kinds_of_shop(story: impl AsyncFn(&mut World)) {
    in_both_kinds_with(Options::default(), story).await;
}

pub async fn in_both_kinds_with(options: Options, story: impl AsyncFn(&mut World)) {
    let in_one = async |enforced: bool| {
        let mut options = options.clone();
        // Two shops of one story share no clock.
        options.sandbox.clock = sandbox::SandboxClock::new();
        options.sandbox.shop.custom_id_enforced = enforced;
        let mut world = World::with(options).await;
        story(&mut world).await;
        world.finish().await;
    };
    tokio::join!(in_one(true), in_one(false));
}
