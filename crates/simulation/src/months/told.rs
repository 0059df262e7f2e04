//! What happened in a simulation, in numbers.

use std::collections::BTreeMap;
use std::fmt;

/// What happened in a simulation.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub days: u32,
    pub events: usize,
    pub approved: u64,
    pub exports: u64,
    pub creates: u64,
    pub calls: u64,
    pub looks: u64,
    pub troubles: BTreeMap<String, u64>,
    pub mail_troubles: u64,
    pub restarts: u64,
    pub mails: usize,
}

impl Told {
    fn faults(&self) -> u64 {
        self.troubles.values().sum::<u64>() + self.mail_troubles
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
        let kinds: Vec<String> =
            self.troubles.iter().map(|(kind, times)| format!("{kind} {times}")).collect();
        let (faults, mails) = (self.faults(), self.mail_troubles);
        writeln!(f, "  {faults} faults ({}, {mails} of mails)", kinds.join(", "))?;
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
        self.mail_troubles += more.mail_troubles;
        self.restarts += more.restarts;
        self.mails += more.mails;
        for (kind, times) in &more.troubles {
            *self.troubles.entry(kind.clone()).or_default() += times;
        }
    }
}
