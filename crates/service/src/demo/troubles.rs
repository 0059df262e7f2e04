//! The kinds of trouble that a run of the demo met, against the whole list of codes.

use super::{CONNECTION, MISHAPS};
use crate::compose::{ComposeError, House};
use crate::show::tables;
use adapters::ledger::ProblemQuery;
use domain::problem::Problem;
use sandbox::Sandbox;
use std::collections::BTreeMap;

/// Alarms that are mailed past the ledger, since it may be the ledger that is stuck.
const ALARMS: [&str; 2] = ["SYS_SILENCE", "SYS_STORE"];

/// How often, and how many of them are open at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Met {
    times: u64,
    open: u64,
}

pub struct Troubles(BTreeMap<&'static str, Met>);

impl Troubles {
    /// Everything that the ledger holds, and the alarms among the mails that arrived.
    pub async fn of(house: &House, sandbox: &Sandbox) -> Result<Troubles, ComposeError> {
        let mut met: BTreeMap<&'static str, Met> = BTreeMap::new();
        for connection in [CONNECTION, MISHAPS] {
            let all = ProblemQuery { order: None, open_only: false };
            for row in house.ledger.problems(connection, &all).await? {
                let one = met.entry(row.told.code).or_default();
                one.times += 1;
                one.open += u64::from(row.closed.is_none());
            }
        }
        for code in ALARMS {
            let opening = format!("{code}: ");
            let mails = sandbox.mailbox.mails();
            let alarms =
                mails.iter().filter(|mail| mail.body_text.lines().any(|line| line.starts_with(&opening)));
            let times = alarms.count() as u64;
            if times > 0 {
                met.entry(code).or_default().times += times;
            }
        }
        Ok(Troubles(met))
    }

    /// Codes that never occurred.
    pub fn missing(&self) -> Vec<&'static str> {
        Problem::CODES.iter().copied().filter(|code| !self.0.contains_key(code)).collect()
    }

    pub fn json(&self) -> serde_json::Value {
        self.0.iter().map(|(code, met)| ((*code).to_owned(), serde_json::Value::from(met.times))).collect()
    }

    pub fn text(&self) -> String {
        let rows = self.0.iter().map(|(code, met)| {
            vec![
                (*code).to_owned(),
                met.times.to_string(),
                if met.open > 0 { met.open.to_string() } else { String::new() },
            ]
        });
        let mut text = format!(
            "\nTroubles met in this run: {} of {} kinds\n{}\n",
            self.0.len(),
            Problem::CODES.len(),
            tables::table(&["Problem", ">Times", ">Still open"], rows)
        );
        if !self.missing().is_empty() {
            text.push_str(&format!("Never met: {}\n", self.missing().join(", ")));
        }
        text
    }
}
