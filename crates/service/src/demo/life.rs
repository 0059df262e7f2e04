//! Life after the story: the real engine runs, orders keep arriving, now and then one is short of stock and goes by itself
//! once somebody restocked, and now and then one is exported anew. Some wait for approval, one of them for goods too. It stops
//! growing at a number of orders; what is asked for in the console is done until the end.

use super::clock::DemoClock;
use super::{CONNECTION, LEAP};
use crate::compose::{ComposeError, House};
use crate::engine;
use adapters::ledger::ExportQuery;
use domain::ids::JoorOrderId;
use domain::orders::export::State;
use sandbox::Sandbox;
use sandbox::brand::{Brand, Planned, ROOMS, Role};
use sandbox::joor::{OrderSeed, Status};
use std::time::Duration;

/// From one happening to the next, for whoever watches. For the program it is the time of a whole interval.
const BEAT: Duration = Duration::from_secs(4);
/// Nobody watches for longer, and a made-up brand that is left alone overnight fills no disk.
const ORDERS_MAX: usize = 150;
/// JOOR's numbers of what arrives; the story's own are smaller.
const FIRST_ORDER: usize = 7_200_001;
/// The same for what waits for approval first.
const FIRST_PENDING: usize = 7_300_001;
/// On the shelf of the warehouse once somebody restocked.
const RESTOCKED: i64 = 60;
const CURRENCY_PRICE_TYPE: &str = "501";

/// What happens, over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happening {
    Order,
    /// An order of something of which there is nothing left.
    ShortOrder,
    /// What was short is there again.
    Restock,
    /// A retailer ordered, and nobody has approved it yet.
    Pending,
    /// Somebody approves what has waited longest. What was short is there by then.
    Approval,
    /// A new export of an order whose Shopify order somebody cancelled.
    ReExport,
}

/// There from the beginning: one that could go, and one for which there is nothing left.
const AT_FIRST: [Happening; 2] = [Happening::Pending, Happening::Pending];
const ROUND: [Happening; 9] = [
    Happening::Order,
    Happening::Order,
    Happening::ShortOrder,
    Happening::Order,
    Happening::Approval,
    Happening::Restock,
    Happening::Order,
    Happening::ReExport,
    Happening::Pending,
];

struct Life<'a> {
    sandbox: &'a Sandbox,
    house: &'a House,
    brand: &'a Brand,
    /// Orders that went well in the story: who buys, and where to.
    models: Vec<&'a Planned>,
    /// Styles of which an order is nothing special.
    styles: Vec<usize>,
    arrived: usize,
    /// How many came to wait for approval, and how many of them were approved since.
    pending: usize,
    approved: usize,
    /// Style and variant of which there is nothing left.
    short: Option<(usize, usize)>,
}

/// Goes on until somebody ends it.
pub async fn go_on(
    house: &House,
    sandbox: &Sandbox,
    brand: &Brand,
    clock: &DemoClock,
    ended: impl Future<Output = ()>,
) -> Result<(), ComposeError> {
    let mut life = Life::new(house, sandbox, brand);
    let happening = async {
        for first in AT_FIRST {
            life.happens(first).await?;
        }
        for beat in 0.. {
            if life.arrived >= ORDERS_MAX {
                break;
            }
            life.happens(ROUND[beat % ROUND.len()]).await?;
            clock.leap(LEAP);
            tokio::time::sleep(BEAT).await;
        }
        // From here on time passes as it does outside.
        std::future::pending::<Result<(), ComposeError>>().await
    };
    let running = engine::run(house, ended);
    tokio::select! {
        running = running => running.map(|_| ()),
        happened = happening => happened,
    }
}

impl<'a> Life<'a> {
    fn new(house: &'a House, sandbox: &'a Sandbox, brand: &'a Brand) -> Life<'a> {
        let went_well = |planned: &&Planned| {
            let fate = brand.fate(&planned.seed.id);
            planned.seed.price_type_id == CURRENCY_PRICE_TYPE
                && planned.seed.raw.is_empty()
                && fate.is_some_and(|fate| fate.state == "exported" && fate.problems.is_empty())
        };
        let styles = brand.styles.iter().enumerate().filter(|(_, style)| style.role == Role::Ordinary);
        Life {
            sandbox,
            house,
            brand,
            models: brand.orders.iter().filter(went_well).collect(),
            styles: styles.map(|(place, _)| place).collect(),
            arrived: 0,
            pending: 0,
            approved: 0,
            short: None,
        }
    }

    async fn happens(&mut self, happening: Happening) -> Result<(), ComposeError> {
        match happening {
            Happening::Order => {
                let what = self.goods(self.arrived);
                self.stock(what, RESTOCKED);
                self.arrives(what);
            }
            Happening::ShortOrder => {
                let what = self.goods(self.arrived);
                self.stock(what, 0);
                self.arrives(what);
                self.short = Some(what);
            }
            Happening::Restock => {
                if let Some(what) = self.short.take() {
                    self.stock(what, RESTOCKED);
                }
            }
            Happening::Pending => {
                let what = self.pending_goods(self.pending);
                self.stock(what, if self.pending % 2 == 1 { 0 } else { RESTOCKED });
                let seed = self.seed(FIRST_PENDING + self.pending, self.pending + 1, what);
                self.sandbox
                    .joor
                    .add_order(OrderSeed { date_approved: None, ..seed.status(Status::Pending) });
                self.pending += 1;
            }
            Happening::Approval if self.approved < self.pending => {
                self.stock(self.pending_goods(self.approved), RESTOCKED);
                self.sandbox.joor.approve(&(FIRST_PENDING + self.approved).to_string());
                self.approved += 1;
            }
            Happening::Approval => {}
            Happening::ReExport => self.re_export().await?,
        }
        Ok(())
    }

    /// Style and variant of an order.
    fn goods(&self, number: usize) -> (usize, usize) {
        let style = self.styles[number * 5 % self.styles.len()];
        (style, number % self.brand.styles[style].variants.len())
    }

    /// Of what waits for approval: nothing of which an order that arrives meanwhile takes the last.
    fn pending_goods(&self, number: usize) -> (usize, usize) {
        self.goods(number * 7 + 3)
    }

    fn stock(&self, (style, variant): (usize, usize), units: i64) {
        let variant = self.brand.styles[style].variants[variant].variant_id;
        for room in ROOMS.iter().filter(|room| room.active) {
            self.sandbox.shop.set_stock(variant, room.id, units);
        }
    }

    fn arrives(&mut self, what: (usize, usize)) {
        self.sandbox.joor.add_order(self.seed(FIRST_ORDER + self.arrived, self.arrived, what));
        self.arrived += 1;
    }

    /// A buyer who ordered before orders this.
    fn seed(&self, id: usize, number: usize, (style, variant): (usize, usize)) -> OrderSeed {
        let model = self.models[number % self.models.len()];
        let quantity = 2 + i64::try_from(number % 5).unwrap_or_default();
        let planned = Planned { approved_days_ago: 0, modified_days_ago: 0, ..model.clone() };
        let usual = OrderSeed::new(&id.to_string());
        OrderSeed {
            id: usual.id,
            po_number: usual.po_number,
            comments: String::new(),
            collection: usual.collection,
            discount: usual.discount,
            shipping_price: usual.shipping_price,
            tax_amount: None,
            units: None,
            lines: vec![self.brand.line(style, variant, quantity)],
            ..planned.on(self.sandbox.clock.today())
        }
    }

    /// Somebody cancels the Shopify order of one that arrived a while ago, and sets it to re-export in JOOR.
    async fn re_export(&self) -> Result<(), ComposeError> {
        let id = (FIRST_ORDER + self.arrived.saturating_sub(ROUND.len() / 2)).to_string();
        let query = ExportQuery { order: Some(JoorOrderId::new(id.clone())), ..ExportQuery::default() };
        for row in self.house.ledger.exports(CONNECTION, &query).await? {
            if let State::Exported { order, .. } = &row.export.state {
                self.sandbox.shop.cancel_order(order.as_str(), true);
                self.sandbox.joor.set_to_reexport(&id);
            }
        }
        Ok(())
    }
}
