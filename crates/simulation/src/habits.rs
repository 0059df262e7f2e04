//! What the two services are like where nobody promised anything: whether a taken custom id is refused, how late look-ups,
//! searches and lists follow, how long a cancellation takes, in which shapes JOOR answers.

use crate::clock::SimClock;
use crate::world::Kind;
use sandbox::SandboxOptions;
use std::time::Duration;

/// A request that is executed late comes so long after it was sent, at most, and is then shown by one of the two looks.
/// Together that stays below the shortest quiet time that is set here; what happens beyond it is the model's matter.
pub const SHOWN_AT_LAST: Duration = Duration::from_secs(280);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    pub kind: Kind,
    /// Until the look-up by custom id shows a new order.
    pub lookup_lag: Duration,
    /// Until searches show a new order or customer.
    pub search_lag: Duration,
    /// Until JOOR's lists show a change.
    pub list_lag: Duration,
    /// From the acceptance of a cancellation to the cancelled order.
    pub cancel_delay: Duration,
    pub orders_per_minute: Option<u32>,
    /// A refused custom id leaves an order without it.
    pub refusal_leaves_order: bool,
    pub ignores_export_filter: bool,
    pub integer_export_state: bool,
    pub exported_on_is_date: bool,
    pub oddities: bool,
}

impl Habits {
    /// Everything at once, and nothing odd.
    pub fn plain(kind: Kind) -> Habits {
        Habits {
            kind,
            lookup_lag: Duration::ZERO,
            search_lag: Duration::ZERO,
            list_lag: Duration::ZERO,
            cancel_delay: Duration::ZERO,
            orders_per_minute: None,
            refusal_leaves_order: false,
            ignores_export_filter: false,
            integer_export_state: false,
            exported_on_is_date: false,
            oddities: false,
        }
    }

    /// Those of a seed. Even seeds get a shop that refuses doubles, odd ones a shop that takes them.
    pub fn of(seed: u64) -> Habits {
        let kind = if seed.is_multiple_of(2) { Kind::RefusesDoubles } else { Kind::TakesDoubles };
        let seconds = |from: &[u64]| Duration::from_secs(in_turn(seed, from));
        Habits {
            kind,
            lookup_lag: seconds(&[0, 20, 0, 120, 3, 60]),
            search_lag: seconds(&[20, 60, 3, 600, 120, 0]),
            list_lag: seconds(&[90, 0, 30, 0, 300]),
            cancel_delay: seconds(&[0, 0, 180, 900, 20]),
            orders_per_minute: in_turn(seed, &[None, None, Some(5), None, Some(2)]),
            refusal_leaves_order: in_turn(seed, &[false, false, true, true]),
            ignores_export_filter: in_turn(seed, &[false, true, false]),
            integer_export_state: in_turn(seed, &[false, false, true]),
            exported_on_is_date: in_turn(seed, &[false, false, false, true]),
            oddities: in_turn(seed, &[false, true, false, true, true]),
        }
    }

    /// The longest time after which a create may still be executed: the better of the two looks has to show it before the
    /// quiet time ends.
    pub fn late_max(&self) -> Duration {
        SHOWN_AT_LAST.saturating_sub(self.lookup_lag.min(self.search_lag))
    }

    pub fn options(&self, clock: &SimClock) -> SandboxOptions {
        let mut options = SandboxOptions { clock: clock.services(), ..SandboxOptions::default() };
        options.shop.custom_id_enforced = self.kind == Kind::RefusesDoubles;
        options.shop.lookup_lag = self.lookup_lag;
        options.shop.search_lag = self.search_lag;
        options.shop.cancel_delay = self.cancel_delay;
        options.shop.order_quota_per_minute = self.orders_per_minute;
        options.shop.refusal_leaves_order = self.refusal_leaves_order;
        options.joor.list_lag = self.list_lag;
        options.joor.ignores_export_filter = self.ignores_export_filter;
        options.joor.integer_export_state = self.integer_export_state;
        options.joor.exported_on_is_date = self.exported_on_is_date;
        options.joor.oddities = self.oddities;
        options
    }
}

/// By turns of different lengths, so that a few seeds know every habit and many know all their company.
fn in_turn<T: Clone>(seed: u64, from: &[T]) -> T {
    from[(seed % from.len() as u64) as usize].clone()
}
