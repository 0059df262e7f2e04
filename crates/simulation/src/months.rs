//! Simulated months: a plan from a seed is played, a judge looks at every evening, and a plan that fails is made short.

mod judge;
mod letters;
mod notes;
mod plan;
mod play;
mod shrink;

pub use plan::Plan;
pub use play::{Told, Wrong, play};
pub use shrink::{Short, shrink};
