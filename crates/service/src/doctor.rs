//! `doctor` and `connection test`: is everything there that exports need? The findings are decided here and in
//! `doctor/connection.rs`, purely; `doctor/gather.rs` asks the outside and prints.

mod connection;
mod gather;
mod measured;

pub use connection::{ConnectionInputs, FULFILMENT_SCOPE, JoorAnswer, ShopAnswer, of_joor};
pub use gather::{look, run, test, try_joor, try_shop};

use crate::show::counted;
use serde_json::{Value, json};

/// Their clock may differ from ours by this much before days and deadlines could be missed.
const CLOCK_SECONDS_MAX: u64 = 60;
/// Bits of a file's mode that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// How it is, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Ok,
    /// It works, but somebody should look.
    Warn,
    /// It does not work.
    Bad,
}

impl Health {
    pub fn word(self) -> &'static str {
        match self {
            Health::Ok => "ok",
            Health::Warn => "warning",
            Health::Bad => "bad",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `this machine`, or the name of a connection.
    pub place: String,
    pub health: Health,
    pub what: String,
    pub why: String,
    /// What to do; empty where nothing is wrong.
    pub fix: String,
}

/// Everything that is known, as it was found.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    pub machine: Machine,
    pub connections: Vec<ConnectionInputs>,
}

/// This machine: files and mail.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub ledger: FileInputs,
    /// The ledger is in a database of this server, and there is no file.
    pub server: Option<ServerInputs>,
    /// Why the ledger cannot be used, and what to do; nothing is known of the connections then.
    pub ledger_refused: Option<(String, String)>,
    pub key_file: FileInputs,
    /// The key file opens; else why not.
    pub key: Option<Result<(), String>>,
    /// `None`: no mail server is set.
    pub mail: Option<Result<(), String>>,
    /// Some connection wants mails.
    pub mail_wanted: bool,
    /// Host and port of the mail server.
    pub mail_server: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInputs {
    /// Without its password.
    pub address: String,
    pub version: String,
    /// How far its clock is from ours.
    pub clock_offset_seconds: u64,
    /// It is elsewhere, and the URL does not ask for its certificate.
    pub could_be_anybody: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileInputs {
    pub path: String,
    pub missing: bool,
    /// Unix mode, where there is such a thing.
    pub mode: Option<u32>,
}

/// What is well, what is not, why, and what to do. Everything that was looked at is in it.
pub fn diagnose(inputs: &Inputs) -> Vec<Finding> {
    let mut findings = Findings::at("this machine");
    let machine = &inputs.machine;
    match (&machine.ledger_refused, &machine.server) {
        (Some((why, fix)), _) => findings.bad("ledger", why, fix),
        (None, Some(found)) => server(&mut findings, found),
        (None, None) => {
            file(&mut findings, "ledger", &machine.ledger, "restore the ledger from its backup");
        }
    }
    // What stands in a file that is missing or open to others is no second finding.
    let well = file(&mut findings, "key file", &machine.key_file, KEY_FIX);
    if let (Health::Ok, Some(key)) = (well, &machine.key) {
        findings.result("key", key, "it can be read", KEY_FIX);
    }
    mail(&mut findings, machine);
    if inputs.connections.is_empty() && machine.ledger_refused.is_none() {
        findings.warn("connections", "there is none yet", "joor-shopify connection apply FILE");
    }
    let mut found = findings.list;
    for connection in &inputs.connections {
        found.extend(connection::diagnose(connection));
    }
    found
}

const KEY_FIX: &str =
    "restore the key file from its backup, or apply the connections again with their credentials";

fn file(findings: &mut Findings, what: &str, file: &FileInputs, missing: &str) -> Health {
    match file.mode {
        _ if file.missing => {
            findings.bad(what, format!("{} is not there", file.path), missing);
            Health::Bad
        }
        Some(mode) if mode & OTHERS != 0 => {
            let why = format!("{} can be read by others (mode {:o})", file.path, mode & 0o777);
            findings.bad(what, why, format!("chmod 600 {}", file.path));
            Health::Bad
        }
        Some(_) | None => {
            findings.ok(what, format!("{} is readable by its owner only", file.path));
            Health::Ok
        }
    }
}

fn server(findings: &mut Findings, server: &ServerInputs) {
    let ServerInputs { address, version, clock_offset_seconds, could_be_anybody } = server;
    findings.ok("ledger", format!("{address} answers; PostgreSQL {version}"));
    if *clock_offset_seconds > CLOCK_SECONDS_MAX {
        let why = format!("the clock of the database differs from ours by {clock_offset_seconds} seconds");
        findings.warn("ledger clock", why, "switch on time synchronisation (NTP) on both machines");
    }
    if *could_be_anybody {
        let why = "the database is on another machine, and its certificate is not checked";
        let fix = "add sslmode=verify-full (and sslrootcert=FILE for an authority of your own) to ledger.url";
        findings.warn("ledger server", why, fix);
    }
}

fn mail(findings: &mut Findings, machine: &Machine) {
    match (&machine.mail, machine.mail_wanted) {
        (None, true) => findings.bad(
            "mail",
            "connections name mail addresses, but no mail server is set",
            "set [smtp] host and from in config.toml",
        ),
        (None, false) => {
            findings.warn(
                "mail",
                "no mail server is set, so nobody hears of problems",
                "set [smtp] in config.toml",
            );
        }
        (Some(answer), _) => {
            let good = format!("{} takes mail", machine.mail_server);
            findings.result("mail", answer, good, "check [smtp] in config.toml");
        }
    }
}

/// Gathers findings about one place.
struct Findings {
    place: String,
    list: Vec<Finding>,
}

impl Findings {
    fn at(place: impl Into<String>) -> Findings {
        Findings { place: place.into(), list: Vec::new() }
    }

    fn add(&mut self, health: Health, what: &str, why: impl Into<String>, fix: impl Into<String>) {
        let place = self.place.clone();
        self.list.push(Finding { place, health, what: what.to_owned(), why: why.into(), fix: fix.into() });
    }

    fn ok(&mut self, what: &str, why: impl Into<String>) {
        self.add(Health::Ok, what, why, "");
    }

    fn warn(&mut self, what: &str, why: impl Into<String>, fix: impl Into<String>) {
        self.add(Health::Warn, what, why, fix);
    }

    fn bad(&mut self, what: &str, why: impl Into<String>, fix: impl Into<String>) {
        self.add(Health::Bad, what, why, fix);
    }

    fn result(&mut self, what: &str, result: &Result<(), String>, good: impl Into<String>, fix: &str) {
        match result {
            Ok(()) => self.ok(what, good),
            Err(reason) => self.bad(what, reason, fix),
        }
    }
}

/// The worst of all findings.
pub fn worst(findings: &[Finding]) -> Health {
    findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok)
}

pub fn table(findings: &[Finding]) -> String {
    let rows = findings.iter().map(|finding| {
        let state = finding.health.word().to_owned();
        vec![finding.place.clone(), state, finding.what.clone(), finding.why.clone(), finding.fix.clone()]
    });
    crate::show::tables::wide_table(&["Where", "State", "What", "Found", "What to do"], rows)
}

/// "20 ok, 1 warning, 2 bad".
pub fn summary(findings: &[Finding]) -> String {
    let count = |health: Health| findings.iter().filter(|finding| finding.health == health).count();
    let warnings = counted(count(Health::Warn), "warning");
    format!("{} ok, {warnings}, {} bad", count(Health::Ok), count(Health::Bad))
}

pub fn as_json(findings: &[Finding]) -> Value {
    let one = |finding: &Finding| {
        json!({
            "place": finding.place,
            "state": finding.health.word(),
            "what": finding.what,
            "why": finding.why,
            "fix": finding.fix,
        })
    };
    json!({ "findings": findings.iter().map(one).collect::<Vec<Value>>() })
}

#[cfg(test)]
mod tests;
