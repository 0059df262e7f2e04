//! Simulated months: a plan from a seed is played, a judge looks at every evening, and a plan that fails is made short.

mod judge;
mod letters;
mod notes;
mod plan;
mod play;
mod shrink;
mod told;

pub use plan::{Event, Plan, PlannedLine, PlannedOrder, What};
pub use play::{Wrong, play, play_before};
pub use shrink::{Short, shrink};
pub use told::Told;
