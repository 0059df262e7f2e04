//! Guided re-export of one order: what happens to the earlier Shopify order and what the new one would be, before anybody
//! says yes.

use crate::Frame;
use crate::look::{Link, Problem, State};
use crate::pages::preview::Draft;
use askama::Template;

#[derive(Template)]
#[template(path = "again.html")]
pub struct Again {
    pub frame: Frame,
    pub id: String,
    /// `/orders/CONNECTION/ID`.
    pub href: String,
    pub retailer: String,
    /// Why it is not possible from here; then nothing else is shown.
    pub obstacle: Option<Obstacle>,
    /// What happens, a sentence each, in its order.
    pub steps: Vec<String>,
    /// What the new export would be today.
    pub next: String,
    pub next_state: Option<State>,
    pub problems: Vec<Problem>,
    pub drafts: Vec<Draft>,
    /// What keeps it from beginning at once, such as a pause.
    pub waits: Option<String>,
    /// "Cancel #1001 and export order 7 again"; `None`: this role may not.
    pub yes: Option<String>,
}

pub struct Obstacle {
    pub what: String,
    pub fix: String,
    pub links: Vec<Link>,
    /// A form that does what is possible instead: its address and its words.
    pub instead: Option<(String, String)>,
}
