//! The live cost budget: a model of Shopify's leaky bucket, corrected by every answer. Knows costs and time, nothing of
//! orders. Costs are taken when a call is planned, so that several calls at once never plan with the same points.

use crate::ports::{CallError, Clock, ShopUsage};
use crate::shopify::envelope::Cost;
use domain::time::{Moment, Mono};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Until the first answer: the smallest bucket that Shopify's pages mention, with its restore rate.
const FIRST_BUCKET: Bucket = Bucket { maximum: 1000.0, restore_per_second: 50.0, available: 1000.0 };

/// A guess for an operation that never ran. Our dearest one asks for less than a hundred.
const FIRST_COST: f64 = 100.0;

/// A mutation's own cost, known before the first one ran.
const CREATE_COST: f64 = 10.0;

/// What the bucket restores in this time stays in it: a call needs about so long to arrive, and meanwhile a full bucket
/// restores nothing although our model may think so.
const CUSHION: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    maximum: f64,
    restore_per_second: f64,
    /// May be below zero: then calls are already waiting for points.
    available: f64,
}

struct State {
    bucket: Bucket,
    at: Mono,
    /// Taken by calls that still wait for their points: Shopify cannot have counted them.
    waiting: f64,
    /// Taken by calls on their way: Shopify may or may not have counted them.
    in_flight: f64,
    /// Learned cost of one unit of each operation.
    costs: HashMap<&'static str, f64>,
    paused_until: Option<Mono>,
    usage: ShopUsage,
}

pub struct Budget {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

/// Points taken for one call.
pub struct Permit<'a> {
    budget: &'a Budget,
    operation: &'static str,
    size: usize,
    points: f64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    OnItsWay,
    Closed,
}

impl Budget {
    pub fn new(clock: Arc<dyn Clock>) -> Budget {
        let state = State {
            bucket: FIRST_BUCKET,
            at: clock.mono(),
            waiting: 0.0,
            in_flight: 0.0,
            costs: HashMap::from([("OrderCreate", CREATE_COST)]),
            paused_until: None,
            usage: ShopUsage::default(),
        };
        Budget { state: Mutex::new(state), clock }
    }

    /// Takes the points of a call that looks up `size` things by alias (1 for all other calls), waiting for them at
    /// most `wait_max`; else says when there will be enough, and takes nothing.
    pub async fn reserve(
        &self,
        operation: &'static str,
        size: usize,
        wait_max: Duration,
    ) -> Result<Permit<'_>, CallError> {
        let points = self.lock().cost_of(operation, size);
        let wait = self.plan(points, wait_max).map_err(|until| CallError::Throttled { until })?;
        let mut permit = Permit { budget: self, operation, size, points, stage: Stage::Waiting };
        if !wait.is_zero() {
            self.clock.wait(wait).await;
        }
        permit.leaves();
        Ok(permit)
    }

    fn plan(&self, points: f64, wait_max: Duration) -> Result<Duration, Moment> {
        let now = self.clock.mono();
        let mut state = self.lock();
        let wait = state.wait_for(points, now);
        if wait > wait_max {
            return Err(self.clock.now().plus(wait));
        }
        state.bucket.available -= points;
        state.waiting += points;
        Ok(wait)
    }

    /// Nothing more is sent before this moment: Shopify asked for it with a 429.
    pub fn pause(&self, span: Duration) {
        let until = Mono(self.clock.mono().0.saturating_add(span));
        let mut state = self.lock();
        state.paused_until = Some(state.paused_until.map_or(until, |earlier| earlier.max(until)));
    }

    /// When a call of this operation would find enough points.
    pub fn free_at(&self, operation: &'static str) -> Moment {
        let now = self.clock.mono();
        let mut state = self.lock();
        let points = state.cost_of(operation, 1);
        self.clock.now().plus(state.wait_for(points, now))
    }

    pub fn count_request(&self) {
        self.lock().usage.requests += 1;
    }

    pub fn count_throttled(&self) {
        self.lock().usage.throttled += 1;
    }

    pub fn usage(&self) -> ShopUsage {
        self.lock().usage
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while holding this lock leaves numbers that the next answer corrects.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Bucket {
    fn cushion(&self) -> f64 {
        self.restore_per_second * CUSHION.as_secs_f64()
    }
}

impl State {
    fn cost_of(&self, operation: &'static str, size: usize) -> f64 {
        let per_unit = self.costs.get(operation).copied().unwrap_or(FIRST_COST / size.max(1) as f64);
        (per_unit * size as f64).ceil().min(self.bucket.maximum - self.bucket.cushion()).max(1.0)
    }

    /// How long until the bucket holds these points and the cushion; moves the model to `now`.
    fn wait_for(&mut self, points: f64, now: Mono) -> Duration {
        let restored = now.since(self.at).as_secs_f64() * self.bucket.restore_per_second;
        // Points that others wait for are still in the bucket, so it overflows earlier than our number says.
        self.bucket.available = (self.bucket.available + restored).min(self.bucket.maximum - self.waiting);
        self.at = now;
        let lacking = (points + self.bucket.cushion() - self.bucket.available).max(0.0);
        let points_wait =
            Duration::try_from_secs_f64(lacking / self.bucket.restore_per_second).unwrap_or(Duration::MAX);
        let pause = self.paused_until.map_or(Duration::ZERO, |until| until.since(now));
        points_wait.max(pause)
    }

    fn settle(&mut self, permit: &Permit<'_>, cost: &Cost) {
        self.costs.insert(permit.operation, cost.requested / permit.size.max(1) as f64);
        // A throttled call names no actual cost: nothing was taken.
        let actual = cost.actual.unwrap_or(0.0);
        self.usage.points += actual.max(0.0).round() as u64;
        self.bucket.maximum = cost.maximum;
        self.bucket.restore_per_second = cost.restore_per_second;
        self.bucket.available += permit.points - actual;
        // Their number lacks the calls that still wait, and may lack those on their way: hence a range.
        let most = cost.available - self.waiting;
        self.bucket.available = self.bucket.available.clamp(most - self.in_flight, most);
    }
}

impl Permit<'_> {
    fn leaves(&mut self) {
        self.stage = Stage::OnItsWay;
        let mut state = self.budget.lock();
        state.waiting = (state.waiting - self.points).max(0.0);
        state.in_flight += self.points;
    }

    /// Corrects the model by what the answer says.
    pub fn settle(mut self, cost: Option<&Cost>) {
        self.close();
        let mut state = self.budget.lock();
        let now = self.budget.clock.mono();
        state.wait_for(0.0, now);
        if let Some(cost) = cost {
            state.settle(&self, cost);
        }
    }

    /// Nothing was sent: the points are given back.
    pub fn cancel(mut self) {
        self.close();
        self.budget.lock().bucket.available += self.points;
    }

    fn close(&mut self) {
        self.stage = Stage::Closed;
        let mut state = self.budget.lock();
        state.in_flight = (state.in_flight - self.points).max(0.0);
    }
}

impl Drop for Permit<'_> {
    /// A caller that went away while waiting gives its points back. A call without an answer may have been executed, so
    /// its points stay taken.
    fn drop(&mut self) {
        match self.stage {
            Stage::Closed => {}
            Stage::OnItsWay => self.close(),
            Stage::Waiting => {
                let mut state = self.budget.lock();
                state.waiting = (state.waiting - self.points).max(0.0);
                state.bucket.available += self.points;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Still(Mutex<Duration>);

    impl Clock for Still {
        fn now(&self) -> Moment {
            Moment(1_000_000).plus(*self.0.lock().unwrap())
        }

        fn mono(&self) -> Mono {
            Mono(*self.0.lock().unwrap())
        }
    }

    fn budget() -> (Arc<Still>, Budget) {
        let clock = Arc::new(Still(Mutex::new(Duration::ZERO)));
        (clock.clone(), Budget::new(clock))
    }

    fn cost(requested: f64, actual: Option<f64>, available: f64) -> Cost {
        Cost { requested, actual, maximum: 2000.0, available, restore_per_second: 100.0 }
    }

    async fn learn(budget: &Budget, operation: &'static str, cost: &Cost) {
        let permit = budget.reserve(operation, 1, Duration::ZERO).await.ok().unwrap();
        permit.settle(Some(cost));
    }

    #[tokio::test]
    async fn calls_at_once_share_the_points_and_wait_exactly_as_long_as_needed() {
        let (clock, budget) = budget();
        learn(&budget, "OrderCreate", &cost(10.0, Some(10.0), 26.0)).await;
        let limit = Duration::from_secs(5);
        assert_eq!(budget.plan(10.0, limit), Ok(Duration::ZERO));
        assert_eq!(budget.plan(10.0, limit), Ok(Duration::ZERO));
        assert_eq!(budget.plan(10.0, limit), Ok(Duration::from_millis(90)));
        assert_eq!(budget.plan(10.0, limit), Ok(Duration::from_millis(190)));
        *clock.0.lock().unwrap() += Duration::from_millis(190);
        assert_eq!(budget.plan(10.0, limit), Ok(Duration::from_millis(100)));
    }

    #[tokio::test]
    async fn a_long_wait_is_told_and_takes_nothing() {
        let (_, budget) = budget();
        learn(&budget, "Variants", &cost(600.0, Some(600.0), 0.0)).await;
        let refused = budget.reserve("Variants", 1, Duration::from_secs(5)).await.err().unwrap();
        assert_eq!(refused, CallError::Throttled { until: Moment(1_000_000 + 6_050) });
        assert_eq!(budget.plan(95.0, Duration::from_secs(1)), Ok(Duration::from_secs(1)));
    }

    #[tokio::test]
    async fn a_throttled_call_teaches_the_bucket_and_costs_nothing() {
        let (_, budget) = budget();
        learn(&budget, "Variants", &cost(752.0, None, 666.0)).await;
        assert_eq!(budget.free_at("Variants"), Moment(1_000_000 + 910));
        assert_eq!(budget.usage().points, 0);
    }

    #[tokio::test]
    async fn a_pause_holds_every_call() {
        let (_, budget) = budget();
        budget.pause(Duration::from_secs(3));
        assert_eq!(budget.plan(1.0, Duration::from_secs(5)), Ok(Duration::from_secs(3)));
        assert!(budget.plan(1.0, Duration::from_secs(2)).is_err());
    }

    #[tokio::test]
    async fn points_of_calls_on_their_way_stay_taken_when_another_answer_comes() {
        let (_, budget) = budget();
        learn(&budget, "OrderCreate", &cost(10.0, Some(10.0), 100.0)).await;
        let first = budget.reserve("OrderCreate", 1, Duration::ZERO).await.ok().unwrap();
        let _second = budget.reserve("OrderCreate", 1, Duration::ZERO).await.ok().unwrap();
        first.settle(Some(&cost(10.0, Some(10.0), 90.0)));
        assert_eq!(budget.plan(76.0, Duration::from_secs(1)), Ok(Duration::from_millis(10)));
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_while_waiting_gives_its_points_back() {
        let (_, budget) = budget();
        learn(&budget, "OrderCreate", &cost(10.0, Some(10.0), 5.0)).await;
        let waiting = budget.reserve("OrderCreate", 1, Duration::from_secs(5));
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
        assert_eq!(budget.plan(10.0, Duration::from_secs(1)), Ok(Duration::from_millis(100)));
    }

    #[tokio::test]
    async fn points_that_somebody_waits_for_are_not_counted_twice() {
        let (_, budget) = budget();
        learn(&budget, "OrderCreate", &cost(10.0, Some(10.0), 100.0)).await;
        let first = budget.reserve("OrderCreate", 1, Duration::ZERO).await.ok().unwrap();
        assert_eq!(budget.plan(90.0, Duration::from_secs(1)), Ok(Duration::from_millis(50)));
        first.settle(Some(&cost(10.0, Some(10.0), 88.0)));
        // 88 in their bucket, and 90 are promised.
        assert_eq!(budget.plan(10.0, Duration::from_secs(1)), Ok(Duration::from_millis(170)));
    }

    #[tokio::test]
    async fn aliased_calls_learn_their_cost_per_alias() {
        let (_, budget) = budget();
        let permit = budget.reserve("FindOrders", 50, Duration::ZERO).await.ok().unwrap();
        permit.settle(Some(&cost(50.0, Some(50.0), 1950.0)));
        assert_eq!(budget.lock().cost_of("FindOrders", 3), 3.0);
    }
}
