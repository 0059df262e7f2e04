//! Overview: is everything flowing, and what needs me?

use crate::Frame;
use crate::chart::Chart;
use crate::look::{Amount, State, Tone, Urgency, When};
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
    /// From the moment this program first saw the approval to the Shopify order; `None`: no export yet.
    pub speed: Option<Speed>,
    pub charts: Vec<ChartCard>,
    /// Every order in its state: nothing is forgotten.
    pub equation: Vec<EquationRow>,
    pub equation_words: String,
}

pub struct Speed {
    /// The period that it is measured over: "last 30 days".
    pub over: String,
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
    /// "For the brand, in JOOR", "In the settings", "For whoever runs this program".
    pub who: String,
    /// The most pressing first.
    pub causes: Vec<Cause>,
}

/// Causes of one group on the overview; the others are among the problems.
const CAUSES_MAX: usize = 5;

impl Needs {
    /// One more would take the line that says there is one more.
    fn shown(&self) -> usize {
        if self.causes.len() == CAUSES_MAX + 1 { CAUSES_MAX + 1 } else { self.causes.len().min(CAUSES_MAX) }
    }

    pub fn first(&self) -> &[Cause] {
        &self.causes[..self.shown()]
    }

    /// "6 more causes", if not all are shown.
    pub fn more(&self) -> Option<String> {
        let more = self.causes.len() - self.shown();
        (more > 0).then(|| format!("and {more} more causes"))
    }
}

#[derive(Clone)]
pub struct Cause {
    pub title: String,
    /// Where another connection has the same cause; otherwise empty.
    pub connection: String,
    pub href: String,
    pub code: String,
    pub tone: Tone,
    /// 0: it is about a whole connection.
    pub orders: usize,
    pub at_risk: Vec<Amount>,
    /// The earliest start of a ship window among them.
    pub ships: Option<String>,
    /// Of the most urgent order among them.
    pub urgency: Option<Urgency>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_shows_its_most_pressing_causes_and_says_how_many_more_there_are() {
        let cause = |number: usize| Cause {
            title: number.to_string(),
            connection: String::new(),
            href: String::new(),
            code: String::new(),
            tone: Tone::Bad,
            orders: 1,
            at_risk: Vec::new(),
            ships: None,
            urgency: None,
        };
        let group = |causes: usize| Needs { who: String::new(), causes: (0..causes).map(cause).collect() };
        for (causes, shown, more) in
            [(0, 0, None), (5, 5, None), (6, 6, None), (7, 5, Some("and 2 more causes"))]
        {
            let group = group(causes);
            assert_eq!((group.first().len(), group.more().as_deref()), (shown, more), "{causes}");
        }
        assert_eq!(group(7).first()[0].title, "0");
    }
}
