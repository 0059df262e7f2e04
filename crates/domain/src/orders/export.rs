//! The life of an export as a pure machine: [`next`] says what to do, [`apply`] takes what happened. The ledger stores
//! every state together with its event; nothing here waits, calls or looks at a clock.
//!
//! Reporting to JOOR, moving to a location and restoring an address are follow-ups of an export, not states of it.

use crate::ids::{Epoch, ExportKey, Generation, ShopOrderId, Token};
use crate::time::Moment;
use std::time::Duration;

/// Waits before each look after an unclear answer; the last one repeats.
pub const LOOK_WAITS: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(300),
    Duration::from_secs(900),
];

/// Empty looks that are needed before an order counts as surely absent.
pub const EMPTY_LOOKS_NEEDED: u32 = 2;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Export {
    pub key: ExportKey,
    pub token: Token,
    pub state: State,
    /// Create requests so far, over all states.
    pub attempts: u32,
    /// Grows with each stored change; a person's action on an older version is refused.
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Read from JOOR, checks are due.
    Seen,
    /// Checked again at a known time.
    Waiting {
        until: Moment,
    },
    /// Cannot go on until something changes; its problems say what.
    Held,
    /// Not to be exported; its problems say why.
    Skipped,
    /// A person settled it elsewhere.
    ClosedByHand,
    /// A re-export that a person gave up: the export before it counts.
    GivenUp,
    /// All checks passed.
    Ready,
    /// Written down; the create request may be on its way.
    Sending {
        epoch: Epoch,
        deadline: Moment,
    },
    /// A request left and no clear answer came, or a refusal that may follow an earlier success.
    Unconfirmed {
        deadline: Moment,
        cause: Unclear,
        looks: u32,
        empty_looks: u32,
        next_look: Moment,
    },
    Exported {
        order: ShopOrderId,
        name: String,
    },
}

impl State {
    /// The word in the ledger, on pages and in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            State::Seen => "seen",
            State::Waiting { .. } => "waiting",
            State::Held => "held",
            State::Skipped => "skipped",
            State::ClosedByHand => "closed_by_hand",
            State::GivenUp => "given_up",
            State::Ready => "ready",
            State::Sending { .. } => "sending",
            State::Unconfirmed { .. } => "unconfirmed",
            State::Exported { .. } => "exported",
        }
    }

    /// Is nothing to come of this export any more, unless somebody asks for it?
    pub fn is_settled(&self) -> bool {
        matches!(self, State::Exported { .. } | State::ClosedByHand | State::GivenUp)
    }

    /// The Shopify order that the export stands as, with its name.
    pub fn shop_order(&self) -> Option<(&ShopOrderId, &str)> {
        match self {
            State::Exported { order, name } => Some((order, name)),
            State::Seen
            | State::Waiting { .. }
            | State::Held
            | State::Skipped
            | State::ClosedByHand
            | State::GivenUp
            | State::Ready
            | State::Sending { .. }
            | State::Unconfirmed { .. } => None,
        }
    }

    /// May a create request of this export still be on its way?
    pub fn is_in_flight(&self) -> bool {
        matches!(self, State::Sending { .. } | State::Unconfirmed { .. })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unclear {
    NoAnswer,
    /// Shopify refused; one look is owed, since the refusal may follow an earlier success.
    Refused,
}

/// What happened. Facts only; what follows from them is in [`apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// All checks passed.
    Cleared,
    Held,
    Skipped,
    Waits {
        until: Moment,
    },
    /// The request was written down under this epoch and may leave until the deadline.
    Asked {
        epoch: Epoch,
        deadline: Moment,
    },
    /// The answer names the order.
    Created {
        order: ShopOrderId,
        name: String,
    },
    /// Surely not executed; the checks start again.
    NotExecuted,
    /// Refused with user errors.
    Refused {
        now: Moment,
    },
    /// No clear answer, or the process died on the way.
    Lost {
        now: Moment,
    },
    Looked {
        look: Look,
        now: Moment,
    },
    /// A person says that this Shopify order is the export.
    Linked {
        order: ShopOrderId,
        name: String,
    },
    /// A person searched Shopify and says that there is no order.
    SaidAbsent,
    ClosedByHand,
    /// A person wants this re-export no more.
    GivenUp,
    Reopened,
}

impl Event {
    /// The word in the history of an order.
    pub fn word(&self) -> &'static str {
        match self {
            Event::Cleared => "cleared",
            Event::Held => "held",
            Event::Skipped => "skipped",
            Event::Waits { .. } => "waits",
            Event::Asked { .. } => "asked",
            Event::Created { .. } => "created",
            Event::NotExecuted => "not_executed",
            Event::Refused { .. } => "refused",
            Event::Lost { .. } => "lost",
            Event::Looked { look: Look::Found { .. }, .. } => "found",
            Event::Looked { look: Look::FoundOther, .. } => "found_other",
            Event::Looked { look: Look::Empty { .. }, .. } => "looked_empty",
            Event::Looked { look: Look::Blind, .. } => "looked_blind",
            Event::Linked { .. } => "linked",
            Event::SaidAbsent => "said_absent",
            Event::ClosedByHand => "closed_by_hand",
            Event::GivenUp => "given_up",
            Event::Reopened => "reopened",
        }
    }
}

/// The result of looking for an export in Shopify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// The order is there and equals a stored request of some attempt.
    Found { order: ShopOrderId, name: String },
    /// An order carries the token but is cancelled or equals no stored request, or one of a later generation stands: a
    /// person decides.
    FoundOther,
    /// Surely nothing by custom id at this moment. `quiet`: the quiet time has passed since the request's deadline on
    /// this process's monotonic clock. `searched`: the search by source identifier was empty too, its echo compared.
    Empty { quiet: bool, searched: bool },
    /// The look cannot prove absence (errors, no definition, token too old).
    Blind,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Run all checks.
    Check,
    /// Look first, then write down and send.
    Send,
    /// Find out what became of the request, not before this moment.
    Look {
        not_before: Moment,
    },
    Wait {
        until: Moment,
    },
    /// Nothing: exported, closed or skipped until something changes.
    Rest,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an export that is {state} cannot take the event {event}")]
pub struct BrokenRule {
    pub state: &'static str,
    pub event: &'static str,
}

/// What to do with an export. Held and skipped ones are checked in every cycle: causes go away by themselves.
pub fn next(export: &Export) -> Step {
    match &export.state {
        State::Seen | State::Held | State::Skipped => Step::Check,
        State::Waiting { until } => Step::Wait { until: *until },
        State::Ready => Step::Send,
        State::Sending { deadline, .. } => Step::Look { not_before: *deadline },
        State::Unconfirmed { next_look, .. } => Step::Look { not_before: *next_look },
        State::ClosedByHand | State::GivenUp | State::Exported { .. } => Step::Rest,
    }
}

/// The export after the event, with its version one higher.
pub fn apply(export: &Export, event: &Event) -> Result<Export, BrokenRule> {
    let broken = || BrokenRule { state: export.state.word(), event: event.word() };
    let state = match (&export.state, event) {
        (State::Seen | State::Waiting { .. } | State::Held | State::Skipped | State::Ready, event) => {
            before_sending(export, event).ok_or_else(broken)?
        }
        (State::Sending { deadline, .. }, event) => after_asking(*deadline, event).ok_or_else(broken)?,
        (State::Unconfirmed { deadline, cause, looks, empty_looks, next_look }, event) => {
            while_unconfirmed(*deadline, *cause, *looks, *empty_looks, *next_look, event)
                .ok_or_else(broken)?
        }
        (State::ClosedByHand | State::GivenUp, Event::Reopened) => State::Seen,
        (State::ClosedByHand | State::GivenUp | State::Exported { .. }, _) => return Err(broken()),
    };
    let attempts = export.attempts + u32::from(matches!(event, Event::Asked { .. }));
    Ok(Export { state, attempts, version: export.version + 1, ..export.clone() })
}

fn before_sending(export: &Export, event: &Event) -> Option<State> {
    match event {
        Event::Cleared => Some(State::Ready),
        Event::Held => Some(State::Held),
        Event::Skipped => Some(State::Skipped),
        Event::Waits { until } => Some(State::Waiting { until: *until }),
        Event::Asked { epoch, deadline } => matches!(export.state, State::Ready)
            .then_some(State::Sending { epoch: *epoch, deadline: *deadline }),
        // Look-first: the order may be there before anything was sent by this ledger.
        Event::Looked { look: Look::Found { order, name }, .. } | Event::Linked { order, name } => {
            Some(State::Exported { order: order.clone(), name: name.clone() })
        }
        Event::Looked { look: Look::FoundOther | Look::Blind, .. } => Some(State::Held),
        Event::ClosedByHand => Some(State::ClosedByHand),
        // There is nothing before a first export that could count instead.
        Event::GivenUp => (export.key.generation > Generation(1)).then_some(State::GivenUp),
        Event::Created { .. }
        | Event::NotExecuted
        | Event::Refused { .. }
        | Event::Lost { .. }
        | Event::Looked { look: Look::Empty { .. }, .. }
        | Event::SaidAbsent
        | Event::Reopened => None,
    }
}

fn after_asking(deadline: Moment, event: &Event) -> Option<State> {
    let unconfirmed =
        |cause, next_look| State::Unconfirmed { deadline, cause, looks: 0, empty_looks: 0, next_look };
    match event {
        Event::Created { order, name } => Some(State::Exported { order: order.clone(), name: name.clone() }),
        Event::NotExecuted => Some(State::Seen),
        Event::Refused { now } => Some(unconfirmed(Unclear::Refused, *now)),
        Event::Lost { now } => Some(unconfirmed(Unclear::NoAnswer, now.plus(LOOK_WAITS[0]))),
        Event::Cleared
        | Event::Held
        | Event::Skipped
        | Event::Waits { .. }
        | Event::Asked { .. }
        | Event::Looked { .. }
        | Event::Linked { .. }
        | Event::SaidAbsent
        | Event::ClosedByHand
        | Event::GivenUp
        | Event::Reopened => None,
    }
}

fn while_unconfirmed(
    deadline: Moment,
    cause: Unclear,
    looks: u32,
    empty_looks: u32,
    next_look: Moment,
    event: &Event,
) -> Option<State> {
    match event {
        Event::Looked { look: Look::Found { order, name }, .. } | Event::Linked { order, name } => {
            Some(State::Exported { order: order.clone(), name: name.clone() })
        }
        Event::Looked { look: Look::FoundOther, .. } => Some(State::Held),
        Event::Looked { look: Look::Empty { quiet, searched }, now } => {
            let empty_looks = empty_looks + 1;
            let surely_absent = match cause {
                Unclear::Refused => *searched,
                Unclear::NoAnswer => empty_looks >= EMPTY_LOOKS_NEEDED && *quiet && *searched,
            };
            Some(if surely_absent {
                State::Seen
            } else {
                looked_again(deadline, cause, looks, empty_looks, *now)
            })
        }
        Event::Looked { look: Look::Blind, now } => {
            Some(looked_again(deadline, cause, looks, empty_looks, *now))
        }
        // The process died while looking, or a clear answer came too late to be recorded: looking goes on.
        Event::Lost { .. } => Some(State::Unconfirmed { deadline, cause, looks, empty_looks, next_look }),
        Event::SaidAbsent => Some(State::Seen),
        // Not closed by hand either: what may exist in Shopify is linked or said to be absent first.
        Event::ClosedByHand
        | Event::GivenUp
        | Event::Cleared
        | Event::Held
        | Event::Skipped
        | Event::Waits { .. }
        | Event::Asked { .. }
        | Event::Created { .. }
        | Event::NotExecuted
        | Event::Refused { .. }
        | Event::Reopened => None,
    }
}

fn looked_again(deadline: Moment, cause: Unclear, looks: u32, empty_looks: u32, now: Moment) -> State {
    let looks = looks + 1;
    let wait = LOOK_WAITS[(looks as usize).min(LOOK_WAITS.len() - 1)];
    State::Unconfirmed { deadline, cause, looks, empty_looks, next_look: now.plus(wait) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{JoorOrderId, Part};

    const NOW: Moment = Moment(1_000_000);

    fn export(state: State) -> Export {
        let key = ExportKey { order: JoorOrderId::new("7"), generation: Generation(1), part: Part(1) };
        let token = Token::new("sandbox", "42", &key).unwrap();
        Export { key, token, state, attempts: 0, version: 5 }
    }

    fn created() -> (ShopOrderId, String) {
        (ShopOrderId::new("gid://shopify/Order/1"), "#1001".to_owned())
    }

    fn unconfirmed(cause: Unclear, empty_looks: u32) -> State {
        State::Unconfirmed { deadline: NOW, cause, looks: empty_looks, empty_looks, next_look: NOW }
    }

    fn all_states() -> Vec<State> {
        let (order, name) = created();
        vec![
            State::Seen,
            State::Waiting { until: NOW },
            State::Held,
            State::Skipped,
            State::ClosedByHand,
            State::GivenUp,
            State::Ready,
            State::Sending { epoch: Epoch(1), deadline: NOW },
            unconfirmed(Unclear::NoAnswer, 0),
            unconfirmed(Unclear::Refused, 0),
            State::Exported { order, name },
        ]
    }

    fn all_events() -> Vec<Event> {
        let (order, name) = created();
        let looks = [
            Look::Found { order: order.clone(), name: name.clone() },
            Look::FoundOther,
            Look::Empty { quiet: true, searched: true },
            Look::Empty { quiet: false, searched: true },
            Look::Blind,
        ];
        let mut events = vec![
            Event::Cleared,
            Event::Held,
            Event::Skipped,
            Event::Waits { until: NOW },
            Event::Asked { epoch: Epoch(1), deadline: NOW },
            Event::Created { order: order.clone(), name: name.clone() },
            Event::NotExecuted,
            Event::Refused { now: NOW },
            Event::Lost { now: NOW },
            Event::Linked { order, name },
            Event::SaidAbsent,
            Event::ClosedByHand,
            Event::GivenUp,
            Event::Reopened,
        ];
        events.extend(looks.map(|look| Event::Looked { look, now: NOW }));
        events
    }

    #[test]
    fn the_whole_table_is_as_agreed() {
        let mut table = String::new();
        for state in all_states() {
            let words: Vec<String> = all_events()
                .iter()
                .filter_map(|event| {
                    let after = apply(&export(state.clone()), event).ok()?;
                    assert_eq!(after.version, 6, "every change is a new version");
                    Some(format!("{}>{}", event.word(), after.state.word()))
                })
                .collect();
            table.push_str(&format!("{}: {}\n", state.word(), words.join(" ")));
        }
        let open = "cleared>ready held>held skipped>skipped waits>waiting linked>exported \
                    closed_by_hand>closed_by_hand found>exported found_other>held looked_blind>held";
        let ready = open.replace("waits>waiting ", "waits>waiting asked>sending ");
        let looking = "lost>unconfirmed linked>exported said_absent>seen found>exported found_other>held";
        let expected = format!(
            "seen: {open}\nwaiting: {open}\nheld: {open}\nskipped: {open}\nclosed_by_hand: reopened>seen\n\
             given_up: reopened>seen\n\
             ready: {ready}\n\
             sending: created>exported not_executed>seen refused>unconfirmed lost>unconfirmed\n\
             unconfirmed: {looking} looked_empty>unconfirmed looked_empty>unconfirmed looked_blind>unconfirmed\n\
             unconfirmed: {looking} looked_empty>seen looked_empty>seen looked_blind>unconfirmed\n\
             exported: \n"
        );
        assert_eq!(table, expected);
    }

    #[test]
    fn surely_absent_takes_two_empty_looks_the_quiet_time_and_an_empty_search() {
        for (empty_before, quiet, searched, absent) in [
            (0, true, true, false),
            (1, true, true, true),
            (1, false, true, false),
            (1, true, false, false),
            (4, false, false, false),
        ] {
            let before = export(unconfirmed(Unclear::NoAnswer, empty_before));
            let after =
                apply(&before, &Event::Looked { look: Look::Empty { quiet, searched }, now: NOW }).unwrap();
            assert_eq!(after.state == State::Seen, absent, "{empty_before} {quiet} {searched}");
        }
    }

    /// A refusal that nevertheless made an order may have left it without its custom id.
    #[test]
    fn after_a_refusal_one_look_is_enough_if_the_search_could_be_trusted() {
        for searched in [true, false] {
            let before = export(unconfirmed(Unclear::Refused, 0));
            let look = Look::Empty { quiet: false, searched };
            let after = apply(&before, &Event::Looked { look, now: NOW }).unwrap();
            assert_eq!(after.state == State::Seen, searched, "{:?}", after.state);
        }
    }

    #[test]
    fn blind_looks_never_count_as_absence() {
        let mut export = export(unconfirmed(Unclear::NoAnswer, 0));
        for _ in 0..50 {
            export = apply(&export, &Event::Looked { look: Look::Blind, now: NOW }).unwrap();
        }
        assert!(matches!(export.state, State::Unconfirmed { empty_looks: 0, looks: 50, .. }));
    }

    #[test]
    fn looks_follow_the_schedule_and_then_every_quarter_of_an_hour() {
        let mut export =
            apply(&export(State::Sending { epoch: Epoch(1), deadline: NOW }), &Event::Lost { now: NOW })
                .unwrap();
        let mut waits = Vec::new();
        for _ in 0..7 {
            let State::Unconfirmed { next_look, .. } = export.state else { panic!("{export:?}") };
            waits.push(next_look.since(NOW).as_secs());
            export = apply(&export, &Event::Looked { look: Look::Blind, now: NOW }).unwrap();
        }
        assert_eq!(waits, [5, 30, 120, 300, 900, 900, 900]);
    }

    #[test]
    fn only_a_re_export_can_be_given_up() {
        let first = export(State::Held);
        assert!(apply(&first, &Event::GivenUp).is_err());
        let key = ExportKey { generation: Generation(2), ..first.key.clone() };
        let given_up = apply(&Export { key, ..first }, &Event::GivenUp).unwrap();
        assert_eq!((&given_up.state, next(&given_up)), (&State::GivenUp, Step::Rest));
    }

    #[test]
    fn every_request_counts_as_an_attempt() {
        let asked = apply(&export(State::Ready), &Event::Asked { epoch: Epoch(3), deadline: NOW }).unwrap();
        assert_eq!((asked.attempts, next(&asked)), (1, Step::Look { not_before: NOW }));
    }
}
