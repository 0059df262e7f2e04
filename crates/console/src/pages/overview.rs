//! Overview: is everything flowing, and what needs me?

use crate::Frame;
use crate::chart::Chart;
use crate::look::{Amount, State, Tone, When};
use askama::Template;

#[derive(Template)]
#[template(path = "overview.html")]
pub struct Overview {
    pub frame: Frame,
    pub tone: Tone,
    /// "Everything is flowing." or what is not.
    pub headline: String,
    pub connections: Vec<ConnectionCard>,
    /// What needs somebody, by who can act.
    pub needs: Vec<Needs>,
    /// What it means that nothing needs anybody.
    pub calm: String,
    pub exported_today: String,
    pub exported_week: String,
    /// From the first sight of the approval to the Shopify order, of the last 30 days; `None`: no export yet.
    pub speed: Option<Speed>,
    pub charts: Vec<ChartCard>,
    /// Every order in its state: nothing is forgotten.
    pub equation: Vec<EquationRow>,
    pub equation_words: String,
}

pub struct Speed {
    pub median: String,
    /// 95 of 100 were at least as quick.
    pub p95: String,
}

pub struct ConnectionCard {
    pub name: String,
    pub href: String,
    pub tone: Tone,
    /// "Live", "Preview", "Paused".
    pub mode: String,
    pub words: String,
    pub last: Option<When>,
    pub next: Option<When>,
}

pub struct Needs {
    /// "You, in JOOR", "You, in Shopify", "Whoever runs this program".
    pub who: String,
    pub causes: Vec<Cause>,
}

#[derive(Clone)]
pub struct Cause {
    pub title: String,
    pub href: String,
    pub code: String,
    pub tone: Tone,
    /// 0: it is about a whole connection.
    pub orders: usize,
    pub at_risk: Vec<Amount>,
    /// The earliest start of a ship window among them.
    pub ships: Option<String>,
    pub is_late: bool,
}

pub struct ChartCard {
    pub title: String,
    pub chart: Chart,
}

pub struct EquationRow {
    pub state: State,
    pub orders: String,
    pub values: Vec<Amount>,
    pub href: String,
}
