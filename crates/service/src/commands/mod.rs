//! What the commands do that need no cycle: set up, apply settings, show, and write down what people ask for. Commands
//! that read JOOR or Shopify are returned to the caller, who puts the ports together.

pub mod act;
mod config;
mod connection;
mod init;
mod orders;
pub mod people;
mod seen;
pub mod set_up;
pub mod usage;

pub use act::{find, link, note_replace, note_settings};
pub use connection::{exported, live_words, may_go_live, settings_file};
pub use orders::story_of;
pub use seen::{ConnectionShape, seen};

use crate::cli::{
    AdoptArgs, BackfillArgs, Cli, Command, ConnectionCommand, OrdersCommand, PreviewArgs, ProbeArgs,
    ProofArgs, exit,
};
use crate::compose;
use crate::config::Config;
use crate::show::{Voice, setting_words};
use crate::{trial_clock, trial_death};
use adapters::clock::SystemClock;
use adapters::ledger::records::ConnectionRecord;
use adapters::ledger::{Ledger, LedgerError, LockError};
use adapters::ports::Clock;
use adapters::settings::{Checked, SettingError, Trial};
use adapters::vault::{Secret, Vault, VaultError};
use domain::time::Moment;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// One run of the program: where its data is, its settings, and how it speaks.
#[derive(Clone, Debug)]
pub struct Session {
    pub config: Config,
    pub trial: Trial,
    pub voice: Voice,
    /// Every question is answered with yes.
    pub yes: bool,
    /// Who asks: the user of the operating system.
    pub by: String,
    pub clock: SystemClock,
    /// Of a trial that ends in the middle of its work.
    pub death: Option<Arc<trial_death::Death>>,
}

/// What came of a command line.
#[derive(Debug)]
pub enum Dispatched {
    Done(u8),
    /// Needs no data directory at all.
    Demo {
        exit: bool,
        voice: Voice,
    },
    /// Needs the ports.
    Work(Box<Session>, Work),
}

/// Commands that talk to JOOR and Shopify.
#[derive(Clone, Debug)]
pub enum Work {
    Run,
    SyncOnce {
        connection: Option<String>,
    },
    Preview(PreviewArgs),
    /// Check everything; `None`: every connection.
    Doctor {
        connection: Option<String>,
    },
    TestConnection {
        name: String,
    },
    /// Cancel the earlier Shopify order and export anew.
    Replace {
        id: String,
        connection: Option<String>,
    },
    Probe(ProbeArgs),
    Proof(ProofArgs),
    Adopt(AdoptArgs),
    Backfill(BackfillArgs),
}

/// Why a command was not done: exit code, what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub exit: u8,
    pub what: String,
    pub hint: String,
    pub errors: Vec<SettingError>,
}

pub type Outcome = Result<u8, Failure>;

/// Does the command, or hands it back.
pub async fn dispatch(cli: Cli, environment: impl IntoIterator<Item = (String, String)>) -> Dispatched {
    let trial = if cli.global.trial { Trial::On } else { Trial::Off };
    let voice = Voice::new(cli.global.json, trial);
    if let Command::Demo(demo) = &cli.command {
        return Dispatched::Demo { exit: demo.exit, voice };
    }
    voice.announce();
    let environment: Vec<(String, String)> = environment.into_iter().collect();
    let user = |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let by = user("USER").or_else(|| user("USERNAME")).unwrap_or_else(|| "somebody".to_owned());
    let clock = trial_clock::clock(&environment, trial);
    let death = trial_death::death(&environment, trial);
    let config = Config::load(&cli.global.data, environment, trial);
    let (config, clock, death) = match (config, clock, death) {
        (Ok(config), Ok(clock), Ok(death)) => (config, clock, death),
        (config, clock, death) => {
            let errors = config.err().into_iter().flatten().chain(clock.err()).chain(death.err());
            voice.setting_errors(json!({}), &errors.collect::<Vec<_>>());
            return Dispatched::Done(exit::USAGE);
        }
    };
    let voice = voice.with_clock(clock);
    let session = Session { config, trial, voice, yes: cli.global.yes, by, clock, death };
    let (session, outcome) = match work_of(cli.command) {
        Ok(work) => match session.initialised() {
            Ok(()) => return Dispatched::Work(Box::new(session), work),
            Err(failure) => (session, Err(failure)),
        },
        Err(command) => {
            let outcome = local(&session, command).await;
            (session, outcome)
        }
    };
    Dispatched::Done(outcome.unwrap_or_else(|failure| session.fail(&failure)))
}

/// Commands for the caller; every other one comes back as it is.
fn work_of(command: Command) -> Result<Work, Command> {
    match command {
        Command::Run => Ok(Work::Run),
        Command::Sync(sync) => Ok(Work::SyncOnce { connection: sync.choice.connection }),
        Command::Doctor(choice) => Ok(Work::Doctor { connection: choice.connection }),
        Command::Connection(ConnectionCommand::Test { name }) => Ok(Work::TestConnection { name }),
        Command::Connection(ConnectionCommand::Probe(probe)) => Ok(Work::Probe(probe)),
        Command::Orders(OrdersCommand::Preview(preview)) => Ok(Work::Preview(preview)),
        Command::Orders(OrdersCommand::ReExport { id, cancel_previous: true, choice, .. }) => {
            Ok(Work::Replace { id, connection: choice.connection })
        }
        Command::Proof(proof) => Ok(Work::Proof(proof)),
        Command::Adopt(adopt) => Ok(Work::Adopt(adopt)),
        Command::Backfill(backfill) => Ok(Work::Backfill(backfill)),
        other @ (Command::Demo(_)
        | Command::Init
        | Command::Connection(_)
        | Command::Orders(_)
        | Command::Problems(_)
        | Command::People(_)
        | Command::Config(_)) => Err(other),
    }
}

async fn local(session: &Session, command: Command) -> Outcome {
    match command {
        Command::Init => init::init(session).await,
        Command::Connection(command) => connection::run(session, command).await,
        Command::Orders(command) => orders::run(session, command).await,
        Command::Problems(problems) => orders::problems(session, &problems).await,
        Command::People(command) => people::run(session, command).await,
        Command::Config(command) => config::run(session, &command),
        Command::Demo(_)
        | Command::Doctor(_)
        | Command::Sync(_)
        | Command::Run
        | Command::Proof(_)
        | Command::Adopt(_)
        | Command::Backfill(_) => {
            unreachable!("handed to the caller before")
        }
    }
}

impl Failure {
    /// What happened and what to do, as sentences for a page.
    pub fn sentence(&self) -> String {
        let mut text = upper(&self.what);
        if !self.hint.is_empty() {
            text.push_str(". ");
            text.push_str(&upper(&self.hint));
        }
        text.push('.');
        text
    }

    /// An error of another room may carry its own hint behind `; hint: `, which then is the one that fits.
    pub fn new(exit: u8, what: impl Into<String>, hint: impl Into<String>) -> Failure {
        let what = what.into();
        match told_apart(&what) {
            (what, Some(own)) => {
                Failure { exit, what: what.to_owned(), hint: own.to_owned(), errors: Vec::new() }
            }
            (_, None) => Failure { exit, what, hint: hint.into(), errors: Vec::new() },
        }
    }

    pub fn settings(errors: Vec<SettingError>) -> Failure {
        let (what, hint) = setting_words(errors.len());
        Failure { exit: exit::USAGE, what, hint: hint.to_owned(), errors }
    }
}

pub fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What happened, and the hint behind it if it has one.
pub fn told_apart(words: &str) -> (&str, Option<&str>) {
    match words.split_once("; hint: ") {
        Some((what, hint)) => (what, Some(hint)),
        None => (words, None),
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Failure {
        let (code, hint) = match &error {
            LedgerError::NotFound(_) | LedgerError::Exists(_) => {
                (exit::USAGE, "look at `joor-shopify connection list` and `joor-shopify orders list`")
            }
            LedgerError::Absent(_) => (exit::USAGE, "run `joor-shopify init`"),
            LedgerError::Fenced { .. } | LedgerError::Stale { .. } => (exit::BUSY, "try again"),
            LedgerError::NewerSchema { .. } => (exit::FAILED, "start the newer release"),
            LedgerError::Store(_) => (
                exit::FAILED,
                "look at the rights of the file and the free space of the disk, or with `ledger.url` at the database server; a ledger that is damaged is restored from its backup, see docs/guide/operations.md",
            ),
        };
        Failure::new(code, error.to_string(), hint)
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Failure {
        match &error {
            LockError::Held { .. } => Failure::new(exit::BUSY, error.to_string(), "let it do the work"),
            LockError::Failed(_) => {
                let hint = "give the user that runs this program the right to write there";
                Failure::new(exit::FAILED, error.to_string(), hint)
            }
        }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Failure {
        let hint = "restore the key file from its backup, or apply the connection again with its credentials";
        Failure::new(exit::FAILED, error.to_string(), hint)
    }
}

impl Session {
    /// Says why a command was not done, and answers the exit code.
    pub fn fail(&self, failure: &Failure) -> u8 {
        self.fail_with(json!({}), failure)
    }

    /// The same with data beside it: a part of the command was done.
    pub fn fail_with(&self, value: Value, failure: &Failure) -> u8 {
        if !failure.errors.is_empty() {
            self.voice.setting_errors(value, &failure.errors);
            return failure.exit;
        }
        self.voice.bad(value, &failure.what, &failure.hint);
        self.voice.talk(&format!("error: {}", failure.what));
        if !failure.hint.is_empty() {
            self.voice.talk(&format!("  hint: {}", failure.hint));
        }
        failure.exit
    }

    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    fn initialised(&self) -> Result<(), Failure> {
        // A server is asked when the ledger is opened.
        if self.config.ledger.file().is_none_or(|path| path.exists()) {
            return Ok(());
        }
        let what = format!("there is no ledger at {}", self.config.ledger);
        let hint = "run `joor-shopify init`, or name the data directory with --data";
        Err(Failure::new(exit::USAGE, what, hint))
    }

    /// The ledger that `init` made.
    pub async fn ledger(&self) -> Result<Ledger, Failure> {
        self.initialised()?;
        Ok(Ledger::open_at(&self.config.ledger).await?)
    }

    pub fn vault(&self) -> Result<Vault, Failure> {
        Ok(Vault::open(&self.config.key_file)?)
    }

    /// The connections that a command is about: the named one, or all.
    pub async fn connections(
        &self,
        ledger: &Ledger,
        name: Option<&str>,
    ) -> Result<Vec<ConnectionRecord>, Failure> {
        match name {
            Some(name) => Ok(vec![self.connection(ledger, name).await?]),
            None => Ok(ledger.connections().await?),
        }
    }

    pub async fn connection(&self, ledger: &Ledger, name: &str) -> Result<ConnectionRecord, Failure> {
        if let Some(found) = ledger.connection(name).await? {
            return Ok(found);
        }
        let names: Vec<String> = ledger.connections().await?.into_iter().map(|known| known.name).collect();
        let hint = match names.is_empty() {
            true => "make one with `joor-shopify connection apply FILE`".to_owned(),
            false => format!("connections are: {}", names.join(", ")),
        };
        Err(Failure::new(exit::USAGE, format!("there is no connection {name:?}"), hint))
    }

    /// The settings in force of a connection.
    pub fn checked(&self, connection: &ConnectionRecord) -> Result<Checked, Failure> {
        compose::stored(connection, self.trial).map_err(Failure::settings)
    }

    /// The connection's secrets, opened.
    pub async fn secrets(&self, ledger: &Ledger, name: &str) -> Result<BTreeMap<String, Secret>, Failure> {
        let sealed = ledger.secrets(name).await?;
        if sealed.is_empty() {
            return Ok(BTreeMap::new());
        }
        let vault = self.vault()?;
        let open = |(key, text): (String, String)| Ok((key.clone(), vault.unseal(name, &key, &text)?));
        sealed.into_iter().map(open).collect()
    }

    /// Asks a person, unless `--yes` answered already. Without a terminal the answer is no.
    pub fn confirmed(&self, question: &str) -> bool {
        use std::io::IsTerminal;
        if self.yes {
            return true;
        }
        if !std::io::stdin().is_terminal() {
            return false;
        }
        self.voice.talk(&format!("{question} [y/N]"));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).is_ok()
            && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    pub fn data_path(&self) -> PathBuf {
        self.config.data.clone()
    }
}

#[cfg(test)]
mod tests;
