//! What every story stands on: a world with both sides and the program between them. How the program is started and
//! spoken to is in `program`, its settings file in `settings`, PostgreSQL in `database`, the calls at which it is
//! killed in `calls`, a browser at the console in
//! `browser`, what is asked about orders in `shown`, a second brand in `neighbour`, the judgement at the end in `finish`.

mod browser;
mod calls;
mod database;
mod finish;
mod neighbour;
mod program;
mod settings;
mod shown;
mod world;

pub use browser::{Browser, Page};
pub use calls::Call;
pub use database::{OwnServer, given_server};
pub use program::{Daemon, Ran, program, run_to_end};
pub use settings::{Settings, quoted};
pub use shown::Shown;
pub use world::{
    CLOCK_AHEAD, CONNECTION, Options, SLOWLY, World, in_both_kinds_of_shop, in_both_kinds_with, joor_number,
};

use rust_decimal::Decimal;
use std::time::Duration;

/// Nothing that a story waits for by polling takes longer on a busy machine.
pub const BOUND: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(25);

/// Looks again and again until the condition holds; fails the story after the bound.
pub async fn until(what: &str, done: impl FnMut() -> bool) {
    until_within(BOUND, what, done).await;
}

pub async fn until_within(bound: Duration, what: &str, mut done: impl FnMut() -> bool) {
    let watch = async {
        while !done() {
            tokio::time::sleep(POLL).await;
        }
    };
    assert!(tokio::time::timeout(bound, watch).await.is_ok(), "not within {bound:?}: {what}");
}

/// An amount as people write it.
pub fn amount(text: &str) -> Decimal {
    text.parse().expect("a story writes amounts as numbers")
}
