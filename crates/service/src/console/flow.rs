//! Whether connections flow: how each of them is, what of a whole connection needs somebody, and the one sentence that is
//! said of all of them. Single orders are the business of `overview`.

use super::answers::No;
use super::overview::needs_somebody;
use super::words::{full_stop, tone, when, who_words};
use crate::compose::stored;
use crate::engine::silent_since;
use adapters::ledger::records::ConnectionRecord;
use adapters::ledger::{Ledger, OpenProblem};
use adapters::settings::Trial;
use console::look::{Tone, counted};
use console::pages::overview::{Cause, ConnectionCard, Needs};
use domain::problem::{Severity, title};
use domain::time::Moment;
use std::collections::BTreeSet;
use std::time::Duration;

/// Cycles that are looked through for one that failed.
const CYCLES: u32 = 100;
const GOOD: &str = "good";
/// A cycle that failed is shown for so long after others went well; the activity shows it for longer.
const LATELY: Duration = Duration::from_secs(3_600);
const FOR_ADMINS: &str = "For an admin, here";
const FOR_RUNNERS: &str = "For whoever runs this program";

/// How a connection is; what stands first is said before all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// A problem of its own keeps it from working.
    Stopped,
    /// Nothing good was heard since then, for longer than the settings allow.
    Silent(Moment),
    Paused,
    Preview,
    Live,
}

/// A connection as the overview shows it.
pub struct Standing {
    pub flow: Flow,
    pub card: ConnectionCard,
    /// Its own problems that somebody should know of.
    causes: Vec<(&'static str, Cause)>,
}

impl Standing {
    pub async fn of(
        connection: &ConnectionRecord,
        open: &[OpenProblem],
        ledger: &Ledger,
        now: Moment,
    ) -> Result<Standing, No> {
        let flow = flow(connection, open, now);
        let mut card = card(connection, open, now);
        let cycles = ledger.cycles(&connection.name, CYCLES).await?;
        let failed = cycles.iter().position(|cycle| cycle.outcome != GOOD);
        let is_fresh = |place: &usize| *place == 0 || now.since(cycles[*place].started) < LATELY;
        if let Some(failed) = failed.filter(is_fresh).map(|place| &cycles[place]) {
            let at = when(failed.started, now).relative();
            card.words =
                format!("{} The last cycle that failed was {at}: {}.", card.words, title(&failed.outcome));
        }
        let own = open.iter().filter(|one| is_of(one, connection) && is_told(one));
        let causes = own.map(|one| {
            let told = &one.problem.told;
            (who_words(told.who), whole(&card, title(told.code), tone(told.severity)))
        });
        let causes = causes.collect();
        Ok(Standing { flow, card, causes })
    }
}

fn is_of(one: &OpenProblem, connection: &ConnectionRecord) -> bool {
    one.connection == connection.name && one.problem.order.is_none()
}

/// What stops a connection is told even where nobody can do anything about it.
fn is_told(one: &OpenProblem) -> bool {
    needs_somebody(one) || one.problem.told.severity >= Severity::Blocker
}

/// Something about a whole connection, and so about no number of orders.
fn whole(card: &ConnectionCard, words: &str, tone: Tone) -> Cause {
    Cause {
        title: format!("{}: {words}", card.name),
        connection: String::new(),
        href: card.href.clone(),
        code: String::new(),
        tone,
        orders: 0,
        at_risk: Vec::new(),
        ships: None,
        urgency: None,
    }
}

pub fn flow(connection: &ConnectionRecord, open: &[OpenProblem], now: Moment) -> Flow {
    let is_stopped =
        open.iter().any(|one| is_of(one, connection) && one.problem.told.severity >= Severity::Blocker);
    // Settings that cannot be read have a problem of their own.
    let settings = stored(connection, Trial::On).ok();
    let silent = settings.and_then(|checked| silent_since(&checked.settings, connection, None, now));
    match (connection.paused, is_stopped, silent, connection.live_since) {
        (true, ..) => Flow::Paused,
        (false, true, ..) => Flow::Stopped,
        (false, false, Some(since), _) => Flow::Silent(since),
        (false, false, None, None) => Flow::Preview,
        (false, false, None, Some(_)) => Flow::Live,
    }
}

pub fn card(connection: &ConnectionRecord, open: &[OpenProblem], now: Moment) -> ConnectionCard {
    let worst = open.iter().filter(|one| is_of(one, connection)).max_by_key(|one| one.problem.told.severity);
    let flow = flow(connection, open, now);
    let (tone, mode) = match flow {
        Flow::Paused => (Tone::Wait, "Paused"),
        Flow::Stopped => (Tone::Bad, "Stopped"),
        Flow::Silent(_) => (Tone::Bad, "Silent"),
        Flow::Preview => (Tone::Wait, "Preview"),
        Flow::Live => (Tone::Good, "Live"),
    };
    let words = match (flow, worst) {
        (Flow::Paused, _) => "Nothing is read or sent until somebody resumes it.".to_owned(),
        (Flow::Silent(since), _) => format!(
            "No cycle was good since {}. See whether the program runs, and what the activity says.",
            when(since, now).relative()
        ),
        (_, Some(worst)) => full_stop(&worst.problem.told.sentence),
        (Flow::Preview, None) => "Orders are read and checked. Nothing is sent before “Go live”.".to_owned(),
        (Flow::Live | Flow::Stopped, None) => "Orders are read, checked and sent.".to_owned(),
    };
    ConnectionCard {
        name: connection.name.clone(),
        href: format!("/connections/{}", connection.name),
        tone,
        mode: mode.to_owned(),
        words,
        last: connection.last_good.map(|last| when(last, now)),
        // What is due by now comes at once; it is not something of the past.
        next: (!connection.paused)
            .then(|| when(connection.next_due.max(now.plus(Duration::from_secs(1))), now)),
    }
}

/// What of whole connections needs somebody, by who can act.
pub fn of_connections(standing: &[Standing]) -> Vec<Needs> {
    let mut groups: Vec<Needs> = Vec::new();
    let mut add = |who: &str, cause: Cause| match groups.iter_mut().find(|group| group.who == who) {
        Some(group) => group.causes.push(cause),
        None => groups.push(Needs { who: who.to_owned(), causes: vec![cause] }),
    };
    for one in standing {
        match one.flow {
            Flow::Silent(_) => add(FOR_RUNNERS, whole(&one.card, "no good cycle for too long", Tone::Bad)),
            Flow::Paused => {
                add(FOR_ADMINS, whole(&one.card, "paused, so nothing is read or sent", Tone::Wait))
            }
            Flow::Stopped | Flow::Preview | Flow::Live => {}
        }
    }
    for (who, cause) in standing.iter().flat_map(|one| one.causes.clone()) {
        add(who, cause);
    }
    groups
}

/// Where nothing needs anybody: what that means.
pub fn calm(standing: &[Standing]) -> String {
    let sends = standing.iter().any(|one| one.flow == Flow::Live);
    match sends {
        true => "Nothing needs you. Every approved order is in Shopify or on its way.".to_owned(),
        false => "Nothing needs you. Every approved order is read and checked, and nothing is sent before “Go live”."
            .to_owned(),
    }
}

pub fn headline(standing: &[Standing], open: &[OpenProblem]) -> (Tone, String) {
    let Some(worst) = standing.iter().min_by_key(|one| one.flow) else {
        return (Tone::Idle, "Welcome".to_owned());
    };
    let same = standing.iter().filter(|one| rank(one.flow) == rank(worst.flow)).count();
    let which = |are: &str| match same {
        1 => format!("{} {are}", worst.card.name),
        _ => format!("{same} connections {}", are.replacen("is", "are", 1).replacen("has", "have", 1)),
    };
    let orders: BTreeSet<_> = open
        .iter()
        .filter(|one| needs_somebody(one))
        .filter_map(|one| one.problem.order.as_ref().map(|order| (&one.connection, order)))
        .collect();
    let need = match orders.len() {
        0 => None,
        1 => Some("1 order needs somebody.".to_owned()),
        number => Some(format!("{} need somebody.", counted(number, "order"))),
    };
    let with_orders = |words: String| match &need {
        Some(need) => format!("{words} {need}"),
        None => words,
    };
    match (worst.flow, &need) {
        (Flow::Stopped, _) => (Tone::Bad, format!("{}.", which("has stopped"))),
        (Flow::Silent(_), _) => (Tone::Bad, format!("{}.", which("has been silent for too long"))),
        (Flow::Paused, _) => (Tone::Wait, with_orders(format!("{}.", which("is paused")))),
        (Flow::Preview | Flow::Live, Some(need)) => {
            (Tone::Wait, format!("{need} Everything else is flowing."))
        }
        (Flow::Preview, None) if same == standing.len() => {
            (Tone::Wait, "In preview: orders are checked, and nothing is sent.".to_owned())
        }
        (Flow::Preview | Flow::Live, None) => (Tone::Good, "Everything is flowing.".to_owned()),
    }
}

fn rank(flow: Flow) -> u8 {
    match flow {
        Flow::Stopped => 0,
        Flow::Silent(_) => 1,
        Flow::Paused => 2,
        Flow::Preview => 3,
        Flow::Live => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(name: &str, flow: Flow) -> Standing {
        let card = ConnectionCard {
            name: name.to_owned(),
            href: format!("/connections/{name}"),
            tone: Tone::Good,
            mode: String::new(),
            words: String::new(),
            last: None,
            next: None,
        };
        Standing { flow, card, causes: Vec::new() }
    }

    fn said(flows: &[Flow]) -> (Tone, String) {
        let names = ["main", "second", "third"];
        let all: Vec<Standing> = flows.iter().zip(names).map(|(flow, name)| standing(name, *flow)).collect();
        headline(&all, &[])
    }

    #[test]
    fn nothing_is_flowing_that_is_stopped_silent_or_paused() {
        let (stopped, silent) = (Flow::Stopped, Flow::Silent(Moment(7)));
        for (flows, words) in [
            (&[][..], "Welcome"),
            (&[Flow::Live], "Everything is flowing."),
            (&[Flow::Live, Flow::Preview], "Everything is flowing."),
            (&[Flow::Preview], "In preview: orders are checked, and nothing is sent."),
            (&[Flow::Live, Flow::Paused], "second is paused."),
            (&[Flow::Paused, Flow::Paused], "2 connections are paused."),
            (&[Flow::Live, silent, Flow::Paused], "second has been silent for too long."),
            (&[stopped, silent, stopped], "2 connections have stopped."),
        ] {
            assert_eq!(said(flows).1, words);
        }
        assert_eq!(said(&[Flow::Live, Flow::Paused]).0, Tone::Wait);
        assert_eq!(said(&[Flow::Live, silent]).0, Tone::Bad);
    }

    #[test]
    fn a_paused_or_silent_connection_stands_among_what_needs_somebody() {
        let all = [standing("main", Flow::Silent(Moment(7))), standing("second", Flow::Paused)];
        let needs = of_connections(&all);
        let said: Vec<(&str, &str)> =
            needs.iter().map(|group| (group.who.as_str(), group.causes[0].title.as_str())).collect();
        assert_eq!(
            said,
            [
                (FOR_RUNNERS, "main: no good cycle for too long"),
                (FOR_ADMINS, "second: paused, so nothing is read or sent"),
            ]
        );
        assert!(of_connections(&[standing("main", Flow::Live)]).is_empty());
        assert!(calm(&[standing("main", Flow::Preview)]).contains("nothing is sent"));
    }
}
