//! What happened in a simulation, in numbers.

use super::plan::all_kinds;
use std::collections::BTreeMap;
use std::fmt;

/// What happened in a simulation.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub days: u32,
    pub events: usize,
    /// Events that changed something, by kind.
    pub happened: BTreeMap<String, u64>,
    pub approved: u64,
    pub exports: u64,
    pub creates: u64,
    pub calls: u64,
    pub looks: u64,
    pub troubles: BTreeMap<String, u64>,
    pub mail_troubles: BTreeMap<String, u64>,
    pub restarts: u64,
    pub mails: usize,
}

impl Told {
    fn faults(&self) -> u64 {
        let broken = self.happened.get("RowBroken").copied().unwrap_or_default();
        self.troubles.values().chain(self.mail_troubles.values()).sum::<u64>() + broken
    }

    /// Kinds of events and troubles that nothing came of.
    pub fn missing(&self) -> Vec<String> {
        let counts = [&self.happened, &self.troubles, &self.mail_troubles];
        let met =
            |kind: &String| counts.iter().any(|counts| counts.get(kind).is_some_and(|times| *times > 0));
        all_kinds().into_iter().filter(|kind| !met(kind)).collect()
    }

    /// One line.
    pub fn in_short(&self) -> String {
        format!("{} exports, {} faults, {} restarts", self.exports, self.faults(), self.restarts)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {} days, {} events, {} looks of the program", self.days, self.events, self.looks)?;
        writeln!(
            f,
            "  {} orders approved, {} exports, {} creates sent, {} calls, {} mails",
            self.approved, self.exports, self.creates, self.calls, self.mails
        )?;
        let kinds = |counts: &BTreeMap<String, u64>| {
            counts.iter().map(|(kind, times)| format!("{kind} {times}")).collect::<Vec<_>>().join(", ")
        };
        let faults = self.faults();
        writeln!(f, "  happened: {}", kinds(&self.happened))?;
        writeln!(
            f,
            "  {faults} faults ({}; of mails: {})",
            kinds(&self.troubles),
            kinds(&self.mail_troubles)
        )?;
        write!(f, "  {} restarts", self.restarts)
    }
}

impl std::ops::AddAssign<&Told> for Told {
    fn add_assign(&mut self, more: &Told) {
        self.days += more.days;
        self.events += more.events;
        self.approved += more.approved;
        self.exports += more.exports;
        self.creates += more.creates;
        self.calls += more.calls;
        self.looks += more.looks;
        self.restarts += more.restarts;
        self.mails += more.mails;
        add(&mut self.happened, &more.happened);
        add(&mut self.troubles, &more.troubles);
        add(&mut self.mail_troubles, &more.mail_troubles);
    }
}

fn add(counts: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (kind, times) in more {
        *counts.entry(kind.clone()).or_default() += times;
    }
}
