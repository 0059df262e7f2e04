//! The command line: what can be asked for and its help. Parses only; nothing is done here.

use clap::{Args, Parser, Subcommand};
use domain::problem::Problem;
use jiff::civil::Date;
use std::path::PathBuf;

/// Exit codes of every command, for scripts.
pub mod exit {
    /// Done, and nothing needs a person.
    pub const OK: u8 = 0;
    /// It failed, or something needs a person.
    pub const FAILED: u8 = 1;
    /// Wrong usage or wrong settings; nothing was changed.
    pub const USAGE: u8 = 2;
    /// Another process is working on the ledger.
    pub const BUSY: u8 = 3;
    /// JOOR or Shopify cannot be reached, or refuses the credentials.
    pub const OUTSIDE: u8 = 4;
}

const AFTER_HELP: &str = "\
First steps:
  joor-shopify demo                    see it work on a made-up brand, without any account
  joor-shopify init                    make the data directory
  joor-shopify connection apply FILE   join a JOOR account to a Shopify shop
  joor-shopify doctor                  check everything and say what to do
  joor-shopify sync --once             read and decide; nothing is sent before `connection go-live`
  joor-shopify connection go-live NAME
  joor-shopify run                     keep going

Exit codes:
  0  done
  1  failed, or a person is needed; `doctor` and `connection test`: something is bad
  2  wrong usage or wrong settings; nothing was changed
  3  another process is working on the ledger
  4  JOOR or Shopify is not reachable, or refuses the credentials

Results go to standard output, everything else to standard error. With --json the last line of
standard output is one document, whatever happens: with \"ok\": true, or with \"ok\": false (every exit
code but 0), \"error\", \"hint\", and \"errors\" for settings. Help, version and `config schema` are as
they are.";

/// Brings approved wholesale orders from JOOR into Shopify, each exactly once, and tells people what needs them.
#[derive(Debug, Parser)]
#[command(name = "joor-shopify", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Directory of the ledger, the key and config.toml.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "JOOR_SHOPIFY_DATA",
        default_value = "./joor-shopify-data"
    )]
    pub data: PathBuf,
    /// Print results as JSON: one document on standard output, also when something fails.
    #[arg(long, global = true)]
    pub json: bool,
    /// Try it out against test servers on this machine: shorter waits and plain HTTP are allowed, other hosts are not.
    #[arg(long, global = true)]
    pub trial: bool,
    /// Answer every question with yes.
    #[arg(long, short, global = true)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole job on a made-up brand: a JOOR, a Shopify and a mailbox run inside this program.
    Demo(DemoArgs),
    /// Make the data directory with ledger, key, config.toml and an example of a connection. Replaces nothing.
    Init,
    /// Check settings, credentials, permissions, clocks, locations and mail, and say what to do.
    Doctor(ConnectionChoice),
    /// Join JOOR accounts to Shopify shops.
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Run one cycle now: read what changed in JOOR, decide, export, report.
    Sync(SyncArgs),
    /// Keep running: a cycle of every connection each interval, until it is stopped (Ctrl-C or SIGTERM).
    Run,
    /// Find orders, see what happened and why, and act on them.
    #[command(subcommand)]
    Orders(OrdersCommand),
    /// List what needs somebody, with the fix.
    Problems(ProblemsArgs),
    /// Compare JOOR, the ledger and Shopify for a period, and name every order that differs.
    Proof(ProofArgs),
    /// Link Shopify orders that are there already, after a change of tool or with a restored ledger. Creates nothing.
    #[command(
        after_help = "Without a file, it takes the orders in Shopify that carry this program's token and are no export \
                            in the ledger."
    )]
    Adopt(AdoptArgs),
    /// Export orders from before the start too: show what would happen to each, ask, and move the start.
    Backfill(BackfillArgs),
    /// Say who may sign in to the console, and as what.
    #[command(subcommand)]
    People(PeopleCommand),
    /// Show the settings of this program.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Clone, Debug, Args)]
pub struct ProofArgs {
    /// First day of approval; 30 days before the last one by default.
    #[arg(long, value_name = "DAY")]
    pub from: Option<Date>,
    /// Last day of approval; today by default.
    #[arg(long, value_name = "DAY")]
    pub to: Option<Date>,
    #[command(flatten)]
    pub choice: ConnectionChoice,
}

#[derive(Clone, Debug, Args)]
pub struct AdoptArgs {
    /// Pairs to link, one line each: JOOR order number, comma, Shopify order id.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Look at orders approved since this day; by default since the start of the connection.
    #[arg(long, value_name = "DAY", conflicts_with = "file")]
    pub since: Option<Date>,
    /// Link orders too whose totals differ.
    #[arg(long)]
    pub different_too: bool,
    #[command(flatten)]
    pub choice: ConnectionChoice,
}

#[derive(Clone, Debug, Args)]
pub struct BackfillArgs {
    /// Orders approved on this day or later are exported.
    #[arg(long, value_name = "DAY")]
    pub since: Date,
    #[command(flatten)]
    pub choice: ConnectionChoice,
}

#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// End by itself; the exit code is 0 only if every order met its right fate.
    #[arg(long)]
    pub exit: bool,
}

#[derive(Clone, Debug, Default, Args)]
pub struct ConnectionChoice {
    /// Only this connection.
    #[arg(long, value_name = "NAME")]
    pub connection: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub struct SyncArgs {
    /// Exactly one cycle, everything due included, then end.
    #[arg(long, required = true)]
    pub once: bool,
    #[command(flatten)]
    pub choice: ConnectionChoice,
}

#[derive(Debug, Subcommand)]
pub enum ConnectionCommand {
    /// Check a settings file and put it in force. A new connection starts in preview: it sends nothing.
    #[command(
        after_help = "All errors of the file are named at once and nothing is applied half. Credentials are \
                            sealed with the key file and left out of `export`. `init` writes an example."
    )]
    Apply {
        /// Settings file (TOML).
        file: PathBuf,
        /// Name of the connection; by default the name of the file.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// List connections with their state.
    List,
    /// Check one connection against JOOR and Shopify; changes nothing but the two custom-id definitions in the shop.
    Test { name: String },
    /// Measure what the documentation of JOOR and Shopify leaves open, with test orders that are removed again.
    #[command(
        after_help = "Meant for a development store and a JOOR sandbox. It says beforehand which orders it makes, and asks. \
                            JOOR is only read. What it finds out is kept and shown by `doctor`. Stop `run` meanwhile. What a \
                            probe that was killed left behind is removed by the next one."
    )]
    Probe(ProbeArgs),
    /// Print the settings in force, without credentials.
    Export { name: String },
    /// End the preview: from now on orders are sent to Shopify.
    GoLive {
        name: String,
        /// Confirm that no other integration exports these orders any more.
        #[arg(long)]
        confirm_previous_off: bool,
    },
    /// Stop reading and sending until `resume`; nothing is lost.
    Pause { name: String },
    /// Go on after `pause`.
    Resume { name: String },
}

#[derive(Clone, Debug, Args)]
pub struct ProbeArgs {
    pub name: String,
    /// A variant with stock at several locations: one unit of it is taken and put back.
    #[arg(long, value_name = "VARIANT")]
    pub variant: Option<String>,
    /// Make test orders although the shop is no development store.
    #[arg(long)]
    pub on_live_shop: bool,
    /// Only read JOOR; make nothing in Shopify.
    #[arg(long, conflicts_with_all = ["variant", "on_live_shop"])]
    pub joor_only: bool,
    /// Watch this JOOR order while you click, and say what changed.
    #[arg(long, value_name = "ORDER", requires = "click", conflicts_with_all = ["variant", "on_live_shop", "joor_only"])]
    pub watch: Option<String>,
    /// What you are going to click: "set to re-export", or approve the order again.
    #[arg(long, value_name = "CLICK", requires = "watch")]
    pub click: Option<Click>,
}

/// What a person does in JOOR while an order is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Click {
    ReExport,
    Approve,
}

#[derive(Debug, Subcommand)]
pub enum OrdersCommand {
    /// List orders.
    List(OrdersListArgs),
    /// Show one order: what happened, what is wrong, what to do.
    Show {
        /// JOOR order number.
        id: String,
        #[command(flatten)]
        choice: ConnectionChoice,
    },
    /// Show what would be sent to Shopify, without sending it.
    Preview(PreviewArgs),
    /// Check an order again now, with an answer to its question if it has one.
    Retry(RetryArgs),
    /// Say which Shopify variant a line is, where its identifiers do not; remembered for the item in every order.
    LinkItem(LinkItemArgs),
    /// Take back what `link-item` said.
    UnlinkItem {
        /// JOOR order number.
        id: String,
        /// The line: its SKU, UPC, style number or name, or JOOR's number of it.
        #[arg(long, value_name = "LINE")]
        line: String,
        #[command(flatten)]
        choice: ConnectionChoice,
    },
    /// Export an order once more after its earlier Shopify order was cancelled.
    ReExport {
        /// JOOR order number.
        id: String,
        /// Give up a re-export that waits: the earlier Shopify order stays the export.
        #[arg(long)]
        give_up: bool,
        /// Cancel the earlier Shopify order, its fulfilments first, then export anew: says what will happen, and asks.
        #[arg(long, conflicts_with = "give_up")]
        cancel_previous: bool,
        #[command(flatten)]
        choice: ConnectionChoice,
    },
    /// Settle an order by hand: it is not exported any more.
    Close {
        /// JOOR order number.
        id: String,
        /// Why; kept with the order.
        #[arg(long, value_name = "TEXT")]
        note: String,
        #[command(flatten)]
        choice: ConnectionChoice,
    },
    /// Take back `close`: the order is checked again.
    Reopen {
        /// JOOR order number.
        id: String,
        #[command(flatten)]
        choice: ConnectionChoice,
    },
}

#[derive(Clone, Debug, Args)]
pub struct OrdersListArgs {
    /// Only orders in this state; may be given several times.
    #[arg(long, value_name = "STATE", value_parser = STATES)]
    pub state: Vec<String>,
    /// Only orders with this open problem, such as STOCK_SHORT.
    #[arg(
        long,
        value_name = "CODE",
        value_parser = clap::builder::PossibleValuesParser::new(Problem::CODES),
        ignore_case = true,
        hide_possible_values = true
    )]
    pub problem: Option<String>,
    #[command(flatten)]
    pub choice: ConnectionChoice,
    /// At most this many of each connection.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
}

/// The states of an order, least finished first.
pub const STATES: [&str; 9] =
    ["unconfirmed", "sending", "ready", "seen", "waiting", "held", "skipped", "closed_by_hand", "exported"];

#[derive(Clone, Debug, Args)]
pub struct PreviewArgs {
    /// JOOR order numbers.
    #[arg(required_unless_present = "last", conflicts_with = "last")]
    pub ids: Vec<String>,
    /// The orders approved last, this many; before a connection is live, at most 200.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500))]
    pub last: Option<u32>,
    #[command(flatten)]
    pub choice: ConnectionChoice,
    /// Decide with the settings of this file instead of those in force.
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Args)]
pub struct RetryArgs {
    /// JOOR order number.
    pub id: String,
    /// This retailer is that Shopify customer (number or id), from now on.
    #[arg(long, value_name = "CUSTOMER")]
    pub link_customer: Option<String>,
    /// Export it although it was approved before or on the start day, is left out by a rule, or was exported by somebody else.
    #[arg(long)]
    pub export_anyway: bool,
    /// The prices that look like stand-ins are meant.
    #[arg(long)]
    pub confirm_prices: bool,
    /// That Shopify order (number or id, not its name) is the export of this order.
    #[arg(long, value_name = "ORDER", conflicts_with_all = ["not_there", "export_anyway", "confirm_prices", "link_customer"])]
    pub link_order: Option<String>,
    /// I searched Shopify by hand: there is no order for this export, so it may be sent again.
    #[arg(long, conflicts_with_all = ["export_anyway", "confirm_prices", "link_customer"])]
    pub not_there: bool,
    #[command(flatten)]
    pub choice: ConnectionChoice,
}

#[derive(Clone, Debug, Args)]
pub struct LinkItemArgs {
    /// JOOR order number.
    pub id: String,
    /// The line: its SKU, UPC, style number or name, or JOOR's number of it.
    #[arg(long, value_name = "LINE")]
    pub line: String,
    /// The Shopify variant (number or id).
    #[arg(long, value_name = "VARIANT")]
    pub variant: String,
    #[command(flatten)]
    pub choice: ConnectionChoice,
}

#[derive(Clone, Debug, Args)]
pub struct ProblemsArgs {
    /// Solved ones too.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub choice: ConnectionChoice,
}

/// What people may be in the console.
pub const ROLES: [&str; 3] = ["viewer", "operator", "admin"];

#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// List everybody with their role.
    List,
    /// Let somebody in. The new password is written to a file in the data directory.
    Add {
        /// E-mail address or name to sign in with.
        name: String,
        /// viewer: reads. operator: also acts on orders and problems. admin: also changes connections, settings, people.
        #[arg(long, default_value = "viewer", value_parser = ROLES)]
        role: String,
    },
    /// Change somebody's role.
    Role {
        name: String,
        /// viewer, operator or admin.
        #[arg(value_parser = ROLES)]
        role: String,
    },
    /// Make a new password for somebody, and sign them out everywhere.
    Password { name: String },
    /// Keep somebody out from now on.
    Disable { name: String },
    /// Let somebody in again.
    Enable { name: String },
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the settings of this program; secrets are never shown.
    Show {
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
    },
    /// Print the JSON Schema of a connection's settings file.
    Schema,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("joor-shopify").chain(line.split_whitespace()))
    }

    #[test]
    fn every_documented_command_is_understood() {
        for line in [
            "demo",
            "demo --exit --json",
            "--data elsewhere init",
            "doctor --connection main",
            "connection apply brand.toml --name main",
            "connection list --json",
            "connection test main",
            "connection probe main --variant 44 --on-live-shop --yes",
            "connection probe main --joor-only",
            "connection probe main --watch 7100412 --click re-export",
            "connection probe main --watch 7100412 --click approve",
            "connection export main",
            "connection go-live main --yes --confirm-previous-off",
            "connection pause main",
            "connection resume main",
            "sync --once --connection main --trial",
            "run",
            "orders list --state held --state seen --problem STOCK_SHORT --connection main --limit 5",
            "orders show 7100412",
            "orders preview 1 2",
            "orders preview --last 10 --settings new.toml",
            "orders retry 1 --link-customer 77 --export-anyway --confirm-prices",
            "orders list --problem stock_short",
            "orders retry 1 --link-order gid://shopify/Order/1",
            "orders retry 1 --not-there",
            "orders link-item 1 --line ROSE-M --variant 44",
            "orders unlink-item 1 --line ROSE-M",
            "orders re-export 1 --give-up",
            "orders re-export 1 --cancel-previous --yes",
            "orders close 1 --note done",
            "orders reopen 1",
            "problems --all",
            "proof --from 2026-11-01 --to 2026-11-30 --connection main",
            "adopt --since 2026-11-01",
            "adopt --file pairs.csv --different-too",
            "backfill --since 2026-11-01",
            "config show --origin",
            "config schema",
        ] {
            parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn lines_that_say_too_little_or_too_much_are_refused() {
        for line in [
            "",
            "sync",
            "orders list --state lost",
            "orders preview",
            "orders preview 1 --last 2",
            "orders retry 1 --link-order 2 --not-there",
            "orders close 1",
            "orders link-item 1 --line ROSE-M",
            "orders unlink-item 1",
            "orders re-export 1 --give-up --cancel-previous",
            "orders list --limit 0",
            "orders list --problem NOPE",
            "connection apply",
            "connection probe",
            "connection probe main --joor-only --on-live-shop",
            "connection probe main --watch 1 --click approve --variant 2",
            "connection probe main --watch 1",
            "connection probe main --click approve",
            "proof --from yesterday",
            "backfill",
            "adopt --file pairs.csv --since 2026-11-01",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn every_command_and_option_has_a_help_text() {
        fn walk(command: &clap::Command, missing: &mut Vec<String>) {
            for argument in command.get_arguments() {
                let plain = matches!(argument.get_id().as_str(), "help" | "version" | "name");
                if argument.get_help().is_none() && !plain {
                    missing.push(format!("{} {}", command.get_name(), argument.get_id()));
                }
            }
            for inner in command.get_subcommands() {
                if inner.get_about().is_none() {
                    missing.push(inner.get_name().to_owned());
                }
                walk(inner, missing);
            }
        }
        let mut missing = Vec::new();
        walk(&Cli::command(), &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}
