//! `doctor` and `connection test`: is everything there that exports need? The findings are decided here and in
//! `doctor/connection.rs`, purely; `doctor/gather.rs` asks the outside and prints.

mod connection;
mod gather;

pub use connection::{ConnectionInputs, JoorAnswer, ShopAnswer};
pub use gather::{run, test};

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
pub struct FileInputs {
    pub path: String,
    /// Unix mode, where there is such a thing.
    pub mode: Option<u32>,
}

/// What is well, what is not, why, and what to do. Everything that was looked at is in it.
pub fn diagnose(inputs: &Inputs) -> Vec<Finding> {
    let mut findings = Findings::at("this machine");
    file(&mut findings, "ledger", &inputs.machine.ledger);
    file(&mut findings, "key file", &inputs.machine.key_file);
    if let Some(key) = &inputs.machine.key {
        let fix =
            "restore the key file from its backup, or apply the connections again with their credentials";
        findings.result("key", key, "the key opens", fix);
    }
    mail(&mut findings, &inputs.machine);
    if inputs.connections.is_empty() {
        findings.warn("connections", "there is none yet", "joor-shopify connection apply FILE");
    }
    let mut found = findings.list;
    for connection in &inputs.connections {
        found.extend(connection::diagnose(connection));
    }
    found
}

fn file(findings: &mut Findings, what: &str, file: &FileInputs) {
    match file.mode {
        Some(mode) if mode & OTHERS != 0 => {
            let why = format!("{} can be read by others (mode {:o})", file.path, mode & 0o777);
            findings.bad(what, why, format!("chmod 600 {}", file.path));
        }
        Some(_) | None => findings.ok(what, format!("{} is readable by its owner only", file.path)),
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
    json!({ "ok": worst(findings) != Health::Bad, "findings": findings.iter().map(one).collect::<Vec<Value>>() })
}

#[cfg(test)]
mod tests;
