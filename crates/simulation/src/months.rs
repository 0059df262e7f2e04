//! Simulated months: a plan from a seed is played, a judge looks at every evening, and a plan that fails is made short.

mod happen;
mod judge;
mod letters;
mod notes;
mod plan;
mod planner;
mod play;
mod settings;
mod shrink;
mod told;

pub use plan::{
    EVENTS, Event, MAIL_TROUBLES, NOT_AT_JOOR, Plan, PlannedLine, PlannedOrder, TROUBLES, What, all_kinds,
};
pub use play::{Wrong, play, play_before};
pub use settings::{Chosen, Fulfilment, Report, Stock};
pub use shrink::{Short, shrink};
pub use told::Told;
