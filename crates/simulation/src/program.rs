//! The real program between the pretended services: its ledger in a folder, its worker, and the loop of its engine,
//! which here is asked for one look at a time. It can die at any touch and start anew.

use crate::clock::SimClock;
use crate::life::{End, Life};
use crate::outside::{JOOR_HOST, Outside, SHOP_HOST};
use crate::post::Letterbox;
use adapters::clock::SeededChance;
use adapters::ledger::{Gate, Ledger};
use adapters::ports::Clock;
use adapters::settings::{self, Trial};
use adapters::vault::Vault;
use domain::time::Mono;
use sandbox::Sandbox;
use service::compose::House;
use service::config::Config;
use service::cycle::{Turn, Worker};
use service::engine::{Alarms, Watched};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The connection's name.
pub const CONNECTION: &str = "brand";
/// A machine needs this long from the death of a process to the next one.
const RESTART: Duration = Duration::from_secs(5);
/// As the engine's own, after a turn that failed in the ledger.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// What the program is given by its surroundings.
#[derive(Clone)]
pub struct Surroundings {
    pub clock: SimClock,
    pub outside: Arc<Outside>,
    pub post: Arc<Letterbox>,
    pub life: Arc<Life>,
}

pub struct Program {
    around: Surroundings,
    house: House,
    /// The same ledger, as other processes use it: the command line of people.
    pub desk: Ledger,
    slot: Option<Slot>,
    pub deaths: u64,
    pub broken_off: u64,
}

struct Slot {
    worker: Worker,
    due: Mono,
    alarms: Alarms,
}

/// How one look of the engine ended.
#[derive(Debug)]
pub enum Looked {
    /// The process died in it.
    Died,
    /// The turn was broken off; the process lives and takes it up anew.
    BrokenOff,
    /// Nothing was due.
    Idle,
    Turned(Box<Turn>),
    /// The turn ended in the ledger.
    Failed(String),
}

impl Program {
    /// Makes what `init` and `connection apply` make.
    pub async fn found(folder: &Path, file: &str, clock: &SimClock) {
        let config = config(folder);
        drop(Vault::create(&config.key_file).expect("a new folder takes a key"));
        let (ledger, _) = Ledger::make(&config.ledger).await.expect("a new folder takes a ledger");
        let checked = settings::check(CONNECTION, file, folder, Trial::Off).expect("the settings are right");
        ledger
            .create_connection(CONNECTION, &checked.document, "set-up", clock.now())
            .await
            .expect("an empty ledger takes a connection");
        let vault = Vault::open(&config.key_file).expect("the key was just made");
        for (name, value) in &checked.secrets {
            let sealed = vault.seal(CONNECTION, name, value).expect("the key is good");
            ledger.put_secret(CONNECTION, name, &sealed, clock.now()).await.expect("the ledger works");
        }
        ledger.close().await;
    }

    /// Starts a process on what is in the folder.
    pub async fn start(folder: &Path, around: Surroundings) -> Program {
        around.clock.restart();
        let (house, desk) = house(folder, &around).await;
        Program { around, house, desk, slot: None, deaths: 0, broken_off: 0 }
    }

    /// The process is gone, and a new one starts after a while.
    pub async fn restart(&mut self) {
        self.slot = None;
        self.house.ledger.close().await;
        self.around.outside.pass(RESTART).await;
        self.around.life.rebirth();
        self.around.clock.restart();
        let folder = self.house.config.data.clone();
        (self.house, self.desk) = house(&folder, &self.around).await;
        self.deaths += 1;
    }

    /// One look of the engine at its connection, and a turn if one is due.
    pub async fn look(&mut self) -> Looked {
        let life = self.around.life.clone();
        let looked = {
            let alive = self.look_alive();
            tokio::pin!(alive);
            tokio::select! {
                biased;
                looked = &mut alive => Some(looked),
                () = life.ends() => None,
            }
        };
        match looked.ok_or_else(|| life.end()) {
            Ok(looked) => looked,
            Err(End::Death) => {
                self.restart().await;
                Looked::Died
            }
            Err(End::BrokenOff) => {
                self.broken_off += 1;
                Looked::BrokenOff
            }
        }
    }

    async fn look_alive(&mut self) -> Looked {
        let ledger = self.house.ledger.clone();
        let connection = match ledger.connection(CONNECTION).await {
            Ok(connection) => connection.expect("nobody removes the connection"),
            Err(error) => return Looked::Failed(error.to_string()),
        };
        let fresh = self
            .slot
            .as_ref()
            .is_some_and(|slot| slot.worker.settings_version == connection.settings_version);
        if !fresh {
            let mut worker = self.house.worker(&connection).await.expect("stored settings were checked");
            let mut alarms = Alarms::default();
            if let Some(old) = self.slot.take() {
                worker.memory = old.worker.memory;
                alarms = old.alarms;
            }
            let due = worker.next_cycle(&connection);
            self.slot = Some(Slot { worker, due, alarms });
        }
        let now = self.house.clock.now();
        let Some(slot) = &mut self.slot else { return Looked::Idle };
        slot.alarms.silence(&Watched::of(&slot.worker), &connection, now).await;
        let commanded = ledger.pending_commands(CONNECTION).await.is_ok_and(|waiting| !waiting.is_empty());
        if slot.due > self.house.clock.mono() && !commanded {
            return Looked::Idle;
        }
        match slot.worker.turn(false).await {
            Ok(turn) => {
                slot.due = slot.worker.mono_at(turn.next_due);
                slot.alarms.store_works();
                Looked::Turned(Box::new(turn))
            }
            Err(error) => {
                slot.due = Mono(slot.worker.clock.mono().0 + AFTER_FAILURE);
                Looked::Failed(error.to_string())
            }
        }
    }

    /// Until the next look has something to do.
    pub fn due_in(&self) -> Duration {
        let now = self.house.clock.mono();
        self.slot.as_ref().map_or(Duration::ZERO, |slot| slot.due.since(now))
    }

    /// A person tells the program something, as the command line does.
    pub async fn command(&self, verb: &str, arguments: &serde_json::Value) {
        let now = self.house.clock.now();
        self.desk
            .insert_command(CONNECTION, verb, &arguments.to_string(), "somebody", now)
            .await
            .expect("the ledger takes commands");
    }

    pub fn folder(&self) -> std::path::PathBuf {
        self.house.config.data.clone()
    }

    pub async fn close(self) {
        self.house.ledger.close().await;
    }
}

fn config(folder: &Path) -> Config {
    Config::load(folder, [], Trial::Off).expect("the default settings are right")
}

async fn house(folder: &Path, around: &Surroundings) -> (House, Ledger) {
    let house = House::open(config(folder), Trial::Off).await.expect("the ledger was made before");
    let desk = house.ledger.clone();
    let gate: Arc<dyn Gate> = around.life.clone();
    let house = House {
        ledger: desk.clone().behind(gate),
        clock: Arc::new(around.clock.clone()),
        chance: Arc::new(SeededChance::new(7)),
        post: Some(around.post.clone()),
        transport: Some(around.outside.clone()),
        owner: "holder of the ledger's lock".to_owned(),
        ..house
    };
    (house, desk)
}

/// The first lines of the connection's file: where everything is.
pub fn link(sandbox: &Sandbox) -> String {
    let joor = sandbox.joor.options();
    format!(
        "[joor]\nenvironment = \"sandbox\"\napi_url = \"https://{JOOR_HOST}/v4\"\ntoken_url = \"https://{JOOR_HOST}/auth/\"\n\
         account = \"{}\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\nusername = \"{}\"\npassword = \"{}\"\n\
         [shopify]\nshop_url = \"https://{SHOP_HOST}\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\n",
        joor.account,
        joor.client_id,
        joor.client_secret,
        joor.username,
        joor.password,
        sandbox.shop.options().client_id,
        sandbox.shop.options().client_secret,
    )
}

/// A settings file as it is stored.
pub fn document(file: &str) -> String {
    let checked = settings::check(CONNECTION, file, Path::new("."), Trial::Off);
    checked.expect("the settings are right").document
}
