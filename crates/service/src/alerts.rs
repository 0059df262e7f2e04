//! Which mails are due and what they say: the digest of a cycle, the daily proof, the alarm of silence. Pure: what is
//! news is known by the ledger, which keeps what was mailed; sending is the outbox's business.

mod text;

use adapters::ports::Letter;
use domain::ids::{ConnectionName, JoorOrderId};
use domain::money::Money;
use domain::orders::equation::{Equation, Sum};
use domain::orders::proof::Difference;
use domain::problem::{Problem, Severity, Told, said};
use domain::settings::Alerts;
use domain::time::Moment;
use jiff::civil::Date;
use std::collections::BTreeSet;
use url::Url;

/// A problem as it is mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenProblem {
    /// `None`: the whole connection is affected.
    pub order: Option<JoorOrderId>,
    /// Empty for a problem of a connection.
    pub retailer: String,
    pub value: Option<Money>,
    pub told: Told,
    /// Where a person sees it: in the console, in JOOR.
    pub links: Vec<String>,
    pub since: Moment,
    /// How many orders wait for it, for a problem of a connection.
    pub orders_blocked: u64,
}

/// What changed in one cycle of a connection, or since yesterday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub connection: ConnectionName,
    /// When the cycle began; part of the mail's id, so a cycle that is told again after a crash is recognised.
    pub at: Moment,
    /// Where people reach the console; `None`: only the command line is named.
    pub console: Option<Url>,
    pub new: Vec<OpenProblem>,
    pub worse: Vec<OpenProblem>,
    pub solved: Vec<OpenProblem>,
}

/// A page of the console.
pub fn page(console: &Url, path: &[&str]) -> String {
    let mut page = console.clone();
    if let Ok(mut segments) = page.path_segments_mut() {
        segments.clear().extend(path);
    }
    page.to_string()
}

/// How soon news of a severity is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// With the cycle that found it.
    AtOnce,
    /// Once a day, together.
    Daily,
    /// Only shown.
    Never,
}

pub fn cadence(severity: Severity) -> Cadence {
    match severity {
        Severity::Outage | Severity::Blocker => Cadence::AtOnce,
        Severity::Partial | Severity::Warning => Cadence::Daily,
        Severity::Notice => Cadence::Never,
    }
}

/// The mails of a digest: outages to one list, orders to the other; one mail where both lists are the same people.
/// Nobody to tell or nothing to say: no mail.
pub fn digest_letters(digest: &Digest, alerts: &Alerts) -> Vec<Letter> {
    let outages = recipients(&alerts.outages);
    let orders = recipients(&alerts.orders);
    if same_people(&outages, &orders) {
        let all = |problem: &OpenProblem| cadence(problem.told.severity) != Cadence::Never;
        return digest_letter(digest, &outages, "all", all).into_iter().collect();
    }
    let is_outage = |problem: &OpenProblem| problem.told.severity == Severity::Outage;
    let is_of_orders =
        |problem: &OpenProblem| !is_outage(problem) && cadence(problem.told.severity) != Cadence::Never;
    digest_letter(digest, &outages, "outages", is_outage)
        .into_iter()
        .chain(digest_letter(digest, &orders, "orders", is_of_orders))
        .collect()
}

fn digest_letter(
    digest: &Digest,
    to: &[String],
    audience: &str,
    concerns: impl Fn(&OpenProblem) -> bool,
) -> Option<Letter> {
    let part = |all: &[OpenProblem]| all.iter().filter(|one| concerns(one)).cloned().collect::<Vec<_>>();
    let digest = Digest {
        new: part(&digest.new),
        worse: part(&digest.worse),
        solved: part(&digest.solved),
        ..digest.clone()
    };
    if to.is_empty() || (digest.new.is_empty() && digest.worse.is_empty() && digest.solved.is_empty()) {
        return None;
    }
    Some(Letter {
        to: to.to_vec(),
        subject: subject(&digest.connection, &text::headline(&digest)),
        body: text::digest(&digest),
        id: format!("news-{}-{}-{audience}", digest.connection, digest.at.0),
    })
}

/// The equation of a day, and how the last days compare with Shopify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyProof {
    pub connection: ConnectionName,
    pub day: Date,
    /// When it was made: after a clock that was ahead, the same day comes once more.
    pub at: Moment,
    /// As in a [`Digest`].
    pub console: Option<Url>,
    pub equation: Equation,
    pub compared: Compared,
}

/// What came of comparing JOOR, the ledger and Shopify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// It could not be done, for this reason.
    Not(String),
    Since {
        /// First day of approval.
        day: Date,
        in_shopify: Sum,
        /// Order, retailer and what differs.
        differences: Vec<(JoorOrderId, String, Difference)>,
    },
}

pub fn daily_letter(proof: &DailyProof, alerts: &Alerts) -> Option<Letter> {
    let to = recipients(&alerts.daily);
    if to.is_empty() {
        return None;
    }
    let approved = text::counted(proof.equation.approved.count, "approved order");
    let verdict = match (proof.equation.balances(), proof.equation.approved.count) {
        (true, 0) => "no approved orders".to_owned(),
        (true, 1) => format!("{approved} is accounted for"),
        (true, _) => format!("all {approved} are accounted for"),
        (false, _) => format!("the proof DOES NOT ADD UP ({approved})"),
    };
    let verdict = match &proof.compared {
        Compared::Since { differences, .. } if !differences.is_empty() => {
            format!("{verdict}, {} TO LOOK AT", text::counted(differences.len() as u64, "difference"))
        }
        Compared::Since { .. } | Compared::Not(_) => verdict,
    };
    Some(Letter {
        to,
        subject: subject(&proof.connection, &format!("{}: {verdict}", proof.day)),
        body: text::proof(proof),
        id: format!("proof-{}-{}-{}", proof.connection, proof.day, proof.at.0),
    })
}

/// Nothing good was heard from a connection for longer than its alarm allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    pub connection: ConnectionName,
    /// The last good cycle, or the start of the connection.
    pub since: Moment,
}

/// One alarm for one silence, however often it is asked for: the id names its beginning.
pub fn silence_letter(silence: &Silence, alerts: &Alerts) -> Option<Letter> {
    let to = recipients(&alerts.outages);
    if to.is_empty() {
        return None;
    }
    let told = Problem::SysSilence { since: silence.since, for_at_least: alerts.silence }.told("");
    Some(Letter {
        to,
        subject: subject(&silence.connection, &format!("silence since {}", text::when(silence.since))),
        body: text::alarm(&silence.connection, &told),
        id: format!("silence-{}-{}", silence.connection, silence.since.0),
    })
}

/// The alarm about a ledger that cannot be used. Nothing of it can be in the outbox, which is in the ledger.
pub fn store_letter(
    connection: &ConnectionName,
    reason: &str,
    at: Moment,
    alerts: &Alerts,
) -> Option<Letter> {
    let to = recipients(&alerts.outages);
    if to.is_empty() {
        return None;
    }
    let told = Problem::SysStore { reason: reason.to_owned() }.told("");
    Some(Letter {
        to,
        subject: subject(connection, "the ledger cannot be used"),
        body: text::alarm(connection, &told),
        id: format!("store-{connection}-{}", at.0),
    })
}

fn subject(connection: &ConnectionName, rest: &str) -> String {
    format!("[joor-shopify] {}: {rest}", said(connection.as_str()))
}

/// Each address once, in the order of the settings.
fn recipients(list: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    list.iter()
        .map(|address| address.trim())
        .filter(|address| !address.is_empty() && seen.insert(address.to_lowercase()))
        .map(str::to_owned)
        .collect()
}

fn same_people(left: &[String], right: &[String]) -> bool {
    let people = |list: &[String]| list.iter().map(|address| address.to_lowercase()).collect::<BTreeSet<_>>();
    people(left) == people(right)
}

#[cfg(test)]
mod tests;
