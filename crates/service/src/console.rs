//! The console: the same program in a browser. Routes, sessions, roles, and gathering what a page shows from the ledger
//! and the ports; how a page looks is the business of the `console` crate. Whatever is asked for here becomes the same
//! `command` row that the command line writes, so there is one way to change anything.

mod activity;
mod answers;
mod api;
mod asking;
mod assets;
mod budgets;
pub mod buttons;
mod connections;
mod flow;
mod form_token;
mod guard;
mod linking;
mod masked;
mod me;
mod new_connection;
mod news;
mod order;
mod orders;
mod overview;
mod pending;
mod people;
mod problems;
mod proof;
mod routes;
mod serve;
mod settings;
mod sign_in;
mod sure;
mod throttle;
mod visit;
mod words;

pub use api::description;
pub use serve::{ServeError, Served, serve};

use crate::compose::House;
use crate::config::Listen;
use adapters::ledger::Ledger;
use adapters::passwords::Key;
use new_connection::Drafts;
use news::News;
use proof::Proofs;
use settings::NoteOrders;
use std::sync::Arc;
use throttle::Throttle;

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Whoever signs in.
    Locked,
    /// Everybody, as an admin: a made-up brand on this machine only.
    Demo,
}

/// What every page works with.
pub struct Console {
    house: Arc<House>,
    listen: Listen,
    door: Door,
    throttle: Throttle,
    news: News,
    /// What forms of a demo carry, where there are no sessions: new in every run.
    demo_token: String,
    proofs: Proofs,
    /// Orders whose note somebody looks at.
    notes: NoteOrders,
    /// Connections that somebody began.
    drafts: Drafts,
    rates: api::Rates,
}

impl Console {
    pub fn new(house: Arc<House>, listen: Listen, door: Door) -> Console {
        let (throttle, news, proofs, notes, drafts, rates) = Default::default();
        let demo_token = Key::new(house.chance.as_ref()).form_token();
        Console { demo_token, house, listen, door, throttle, news, proofs, notes, drafts, rates }
    }

    fn ledger(&self) -> &Ledger {
        &self.house.ledger
    }
}
