//! The second connection of the demo: a small brand to which everything happens that is no order's own fault. Each
//! mishap is done to the pretended services, by a person or to the program's own house; the program finds out itself.
//! What happens to single orders is in `mishaps/orders.rs`, what happens to a whole connection in `mishaps/outages.rs`.

mod orders;
mod outages;

use super::clock::DemoClock;
use super::{BY, LEAP, MISHAPS, connect, file, words};
use crate::compose::{ComposeError, House};
use crate::cycle::Worker;
use crate::engine::{Once, one_cycle};
use adapters::ledger::ExportQuery;
use adapters::ports::Clock;
use domain::ids::JoorOrderId;
use domain::orders::export::State;
use sandbox::brand::Brand;
use sandbox::joor::OrderSeed;
use sandbox::judge::Verdict;
use sandbox::shopify::LocationSeed;
use sandbox::{Fault, JoorOptions, Sandbox, SandboxOptions, Service, ShopOptions, When};
use serde_json::{Value, json};
use std::time::Duration;

/// An active location that stocks nothing.
const POP_UP: u64 = 88_104_021;
/// Cycles that the end may take until everything is at rest.
const CYCLES_MAX: usize = 12;
/// The longest wait after which a failed step is tried again.
const BACK_OFF: Duration = Duration::from_secs(1_800);

pub struct Mishaps {
    pub worker: Worker,
    pub verdicts: Vec<Verdict>,
    /// Stays up as long as this is kept.
    _sandbox: Sandbox,
}

/// The scene: both services, the program, and the fates of the orders as they are told.
struct Scene<'a> {
    house: &'a House,
    clock: &'a DemoClock,
    sandbox: Sandbox,
    brand: Brand,
    worker: Worker,
    fates: Vec<(String, &'static str)>,
}

/// Lets everything happen, one thing after another.
pub async fn run(house: &House, main: &Sandbox, clock: &DemoClock) -> Result<Mishaps, ComposeError> {
    let options = SandboxOptions {
        joor: JoorOptions { account: "525252".to_owned(), ..JoorOptions::default() },
        shop: ShopOptions { shop_number: 2, ..ShopOptions::default() },
        clock: main.clock.clone(),
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::start(options).await.map_err(words)?;
    let brand = Brand::small();
    brand.plant(&sandbox, sandbox.clock.today());
    sandbox.shop.add_location(LocationSeed { id: POP_UP, name: "Pop-up Store".to_owned(), active: true });
    orders::exported_by_an_earlier_installation(clock, &sandbox, &brand).await?;
    let worker = connect(house, MISHAPS, &file::of_the_mishaps(&sandbox, POP_UP)).await?;
    let mut scene = Scene { house, clock, sandbox, brand, worker, fates: Vec::new() };
    scene.cycle().await?;
    scene.command("go_live", json!({})).await?;
    orders::play(&mut scene).await?;
    outages::play(&mut scene).await?;
    scene.settle().await?;
    let verdicts = scene.judge().await?;
    Ok(Mishaps { worker: scene.worker, verdicts, _sandbox: scene.sandbox })
}

impl Scene<'_> {
    /// One cycle of the program; the time to the next one passes at once.
    async fn cycle(&mut self) -> Result<Once, ComposeError> {
        let once = one_cycle(self.house, &mut self.worker).await?;
        self.clock.leap(LEAP);
        Ok(once)
    }

    /// A person asks for something, and the next cycle does it.
    async fn command(&self, verb: &str, arguments: Value) -> Result<(), ComposeError> {
        let now = self.clock.now();
        self.house.ledger.insert_command(MISHAPS, verb, &arguments.to_string(), BY, now).await?;
        Ok(())
    }

    /// An approved order of two units of one variant, of the retailer with this number in the small brand.
    fn order(&self, id: &str, retailer: usize, variant: usize) -> OrderSeed {
        self.brand.order(id, retailer).line(self.brand.line(0, variant, 2))
    }

    /// The order appears in JOOR; `fate` is the state in which it must end.
    fn add(&mut self, order: OrderSeed, fate: &'static str) {
        self.fates.push((order.id.clone(), fate));
        self.sandbox.joor.add_order(order);
    }

    /// Shopify refuses the next call of this operation with a user error, and does nothing.
    fn refuse(&self, operation: &str, root: &str, code: Option<&str>, field: &[&str], message: &str) {
        let error = json!({ "code": code, "field": field, "message": message });
        let body = json!({ "data": { root: { "order": null, "customer": null, "userErrors": [error] } } });
        let kind = ("content-type".to_owned(), "application/json".to_owned());
        let fault = Fault::Status { code: 200, body: body.to_string(), headers: vec![kind] };
        self.sandbox.faults.script(Service::Shopify, operation, When::Next, fault);
    }

    /// JOOR answers the next calls with this status and body, with its clock ahead by so much.
    fn joor_answers(&self, operation: &str, when: When, code: u16, body: &str, ahead: Duration) {
        let time = self.sandbox.clock.now() + ahead;
        let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let headers = [("date", date), ("content-type", "application/json".to_owned())];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let fault = Fault::Status { code, body: body.to_owned(), headers };
        self.sandbox.faults.script(Service::Joor, operation, when, fault);
    }

    /// The Shopify order of an exported order, by its id there.
    async fn shop_order(&self, order: &str) -> Result<String, ComposeError> {
        let query = ExportQuery { order: Some(JoorOrderId::new(order)), ..ExportQuery::default() };
        let rows = self.house.ledger.exports(MISHAPS, &query).await?;
        let found = rows.into_iter().find_map(|row| match row.export.state {
            State::Exported { order, .. } => Some(order.as_str().to_owned()),
            _ => None,
        });
        found.ok_or_else(|| ComposeError::Words(format!("order {order} of the mishaps is not exported")))
    }

    /// Cycles until nothing changes any more.
    async fn settle(&mut self) -> Result<(), ComposeError> {
        for _ in 0..CYCLES_MAX {
            let once = self.cycle().await?;
            let counts = &once.turn.counts;
            let changed = counts.exported + counts.adopted + counts.reported + counts.follow_ups + counts.new;
            if once.unconfirmed == 0 && once.turn.problem.is_none() && changed + counts.mails == 0 {
                break;
            }
            self.clock.leap(BACK_OFF);
        }
        Ok(())
    }

    /// Each order's state in the ledger, and exactly one standing order in Shopify where there must be one.
    async fn judge(&self) -> Result<Vec<Verdict>, ComposeError> {
        let all = self.sandbox.shop.orders();
        let mut verdicts = Vec::new();
        for (id, fate) in &self.fates {
            let query = ExportQuery { order: Some(JoorOrderId::new(id.clone())), ..ExportQuery::default() };
            let rows = self.house.ledger.exports(MISHAPS, &query).await?;
            let state =
                adapters::ledger::order_state(rows.iter().map(|row| &row.export.state)).unwrap_or("nowhere");
            let names = |source: &str| source.split('-').any(|piece| piece == id);
            let there =
                |order: &&sandbox::shopify::OrderView| order.source_identifier.as_deref().is_some_and(names);
            let (standing, gone): (Vec<_>, Vec<_>) =
                all.iter().filter(there).partition(|order| order.cancelled_at.is_none());
            let right = match *fate {
                "exported" => standing.len() + gone.len() == 1,
                _ => standing.is_empty(),
            };
            verdicts.push(Verdict {
                order: id.clone(),
                ok: state == *fate && right,
                expected: (*fate).to_owned(),
                found: format!(
                    "{state} with {} orders in Shopify, {} of them cancelled",
                    standing.len() + gone.len(),
                    gone.len()
                ),
            });
        }
        Ok(verdicts)
    }
}
