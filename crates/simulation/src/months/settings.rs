//! The settings of a simulated connection, as people change them.

use super::plan::Dice;
use crate::program::link;
use sandbox::Sandbox;
use sandbox::brand::{CURRENCIES_ALLOWED, ROOMS, TAX_RULES};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    Require,
    FollowPolicy,
    AlwaysClaim,
    Bypass,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    All,
    SuccessOnly,
    None,
}

/// The last two at the first of the brand's rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fulfilment {
    Unfulfilled,
    Fulfilled,
    Assigned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Parts instead of holding orders of more than 250 lines.
    pub split: bool,
    pub interval_minutes: u64,
    /// Never shorter than what is executed late and shown later still.
    pub quiet_minutes: u64,
    pub stock: Stock,
    pub report: Report,
    pub fulfilment: Fulfilment,
}

impl Chosen {
    pub const FIRST: Chosen = Chosen {
        split: false,
        interval_minutes: 1,
        quiet_minutes: 5,
        stock: Stock::Require,
        report: Report::All,
        fulfilment: Fulfilment::Unfulfilled,
    };

    pub fn by(dice: &Dice) -> Chosen {
        use Stock::{AlwaysClaim, Bypass, FollowPolicy, Require};
        Chosen {
            split: dice.percent(60),
            interval_minutes: dice.pick(&[1, 1, 2, 5]),
            quiet_minutes: dice.pick(&[5, 5, 7, 12]),
            stock: dice.pick(&[
                Require,
                Require,
                Require,
                Require,
                FollowPolicy,
                FollowPolicy,
                AlwaysClaim,
                Bypass,
            ]),
            report: dice.pick(&[Report::All, Report::All, Report::All, Report::SuccessOnly, Report::None]),
            fulfilment: dice.pick(&[
                Fulfilment::Unfulfilled,
                Fulfilment::Unfulfilled,
                Fulfilment::Fulfilled,
                Fulfilment::Assigned,
            ]),
        }
    }

    /// The connection's file.
    pub fn file(&self, sandbox: &Sandbox) -> String {
        let mut tax = String::new();
        for rule in TAX_RULES {
            let name = if rule.percent == 0 { "tax free" } else { rule.name };
            let (country, percent) = (rule.country, rule.percent);
            tax.push_str(&format!(
                "[tax.rules.{country}]\nname = \"{name}\"\nrate = \"{percent}%\"\non_shipping = true\n"
            ));
        }
        let currencies = CURRENCIES_ALLOWED.map(|code| format!("\"{code}\"")).join(", ");
        let splitting = if self.split { "split" } else { "hold" };
        let (interval, quiet) = (self.interval_minutes, self.quiet_minutes);
        let stock = match self.stock {
            Stock::Require => "require",
            Stock::FollowPolicy => "follow_policy",
            Stock::AlwaysClaim => "always_claim",
            Stock::Bypass => "bypass",
        };
        let report = match self.report {
            Report::All => "all",
            Report::SuccessOnly => "success_only",
            Report::None => "none",
        };
        let room = ROOMS[0].id;
        let fulfilment = match self.fulfilment {
            Fulfilment::Unfulfilled => String::new(),
            Fulfilment::Fulfilled => format!("fulfilment = \"fulfilled\"\nlocation = \"{room}\"\n"),
            Fulfilment::Assigned => format!("fulfilment = \"assigned\"\nlocation = \"{room}\"\n"),
        };
        let link = link(sandbox).replacen("[joor]\n", &format!("[joor]\nreport = \"{report}\"\n"), 1);
        format!(
            "{link}[schedule]\nexported_since = \"2025-12-01\"\ninterval = \"{interval}m\"\nquiet_time = \"{quiet}m\"\n\
             [orders]\ncurrencies = [{currencies}]\nstock = \"{stock}\"\nsplitting = \"{splitting}\"\n{fulfilment}\
             [alerts]\noutages = [\"it@brand.example.com\"]\norders = [\"wholesale@brand.example.com\"]\n\
             daily = [\"daily@brand.example.com\"]\nsilence = \"24h\"\n[tax]\notherwise = \"hold\"\n{tax}"
        )
    }
}
