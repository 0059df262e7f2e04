//! The conformance suite of the ledger: what it must keep on SQLite and on PostgreSQL alike, through its public verbs only.
//! It is compiled once for each; what the columns look like is not looked at.

mod connections;
mod exports;
mod fence;
mod figures;
mod older;
mod orders;
mod people;
mod persons;
mod problems;
mod retention;
mod search;
mod sights;
mod whole;

use super::room::{Kind, Room};
use adapters::ledger::records::{
    Change, CycleRecord, FollowUp, FollowUpKind, ItemLinkRecord, OrderRecord, ProblemRecord, RefusalRecord,
};
use adapters::ledger::{
    ExportQuery, Ledger, LedgerError, OrderQuery, OrderSearch, OrderSort, Place, ProblemQuery, order_state,
};
use adapters::ports::{Frozen, Letter};
use domain::ids::{
    CustomerId, Epoch, ExportKey, Generation, JoorOrderId, JoorSkuId, Part, ShopOrderId, Token, VariantId,
};
use domain::money::{Currency, Decimal, Money};
use domain::orders::export::{Event, Export, State, Unclear, apply};
use domain::orders::linked::ItemLink;
use domain::orders::order::ExportState;
use domain::orders::reexport::Track;
use domain::problem::{Problem, Severity, Told};
use domain::time::Moment;
use jiff::civil::{Date, date};
use std::time::Duration;

const NOW: Moment = Moment(1_790_000_000_000);
const LATER: Moment = Moment(1_790_000_060_000);
const TTL: Duration = Duration::from_secs(60);

/// Which of the two this suite is.
fn kind() -> Kind {
    if module_path!().contains("on_postgres") { Kind::Postgres } else { Kind::Sqlite }
}

/// A ledger with one connection, `shop`, and a lease on it.
struct Desk {
    ledger: Ledger,
    epoch: Epoch,
    room: Room,
}

impl Desk {
    /// `None`: there is no server to test with.
    async fn new() -> Option<Desk> {
        let room = Room::new(kind()).await?;
        let (ledger, _) = Ledger::make(&room.place()).await.unwrap();
        ledger.create_connection("shop", "interval = 60", "ada", NOW).await.unwrap();
        let epoch = ledger.take_lease("shop", "one", NOW, TTL).await.unwrap().unwrap();
        Some(Desk { ledger, epoch, room })
    }

    fn place(&self) -> Place {
        self.room.place()
    }

    /// The time of every lease is over. A file goes by the clock of its caller, who is told the answer; a server by its own.
    async fn leases_end(&self) -> Moment {
        if kind() == Kind::Postgres {
            self.room.alter("update connection set lease_until = 1").await;
        }
        LATER.plus(TTL)
    }

    async fn try_commit(&self, changes: &[Change]) -> Result<(), LedgerError> {
        self.ledger.commit("shop", self.epoch, NOW, changes).await
    }

    async fn commit(&self, changes: &[Change]) {
        self.try_commit(changes).await.unwrap();
    }

    async fn commit_at(&self, now: Moment, changes: &[Change]) {
        self.ledger.commit("shop", self.epoch, now, changes).await.unwrap();
    }

    /// An order with an opened export.
    async fn open_order(&self, id: &str) -> Export {
        let export = export(id, 1, 1);
        self.commit(&[Change::Order(Box::new(order(id))), Change::ExportOpened(export.clone())]).await;
        export
    }

    /// Takes the event as the domain says and stores it; `Asked` writes a request down.
    async fn step(&self, export: &Export, event: &Event) -> Export {
        let after = apply(export, event).unwrap();
        let request = matches!(event, Event::Asked { .. }).then(|| request(&after, "body"));
        self.commit(&[moved(&after, event.word(), request)]).await;
        after
    }

    async fn stored(&self, key: &ExportKey) -> adapters::ledger::records::ExportRecord {
        let wanted = ExportQuery { order: Some(key.order.clone()), ..ExportQuery::default() };
        let found = self.ledger.exports("shop", &wanted).await.unwrap();
        found.into_iter().find(|record| record.export.key == *key).unwrap()
    }

    async fn open_problems(&self) -> Vec<ProblemRecord> {
        let wanted = ProblemQuery { order: None, open_only: true };
        self.ledger.problems("shop", &wanted).await.unwrap()
    }

    async fn news_codes(&self) -> Vec<(&'static str, bool)> {
        let news = self.ledger.news("shop").await.unwrap();
        news.iter().map(|problem| (problem.told.code, problem.closed.is_none())).collect()
    }
}

fn id(text: &str) -> JoorOrderId {
    JoorOrderId::new(text)
}

fn usd(text: &str) -> Money {
    Money::new(text.parse::<Decimal>().unwrap(), Currency::from_code("USD").unwrap())
}

fn order(number: &str) -> OrderRecord {
    OrderRecord {
        head: "{\"order_id\":\"é\"}".to_owned(),
        status: "approved".to_owned(),
        export_state: "undefined".to_owned(),
        approved: Some(date(2026, 9, 1)),
        retailer: "Rosa's \"Boutique\"; drop table export".to_owned(),
        retailer_id: "r1".to_owned(),
        linesheet: "SS27".to_owned(),
        ship_start: Some(date(2027, 1, 31)),
        value: Some(usd("1200.10")),
        units: Some(12),
        ..OrderRecord::blank(id(number), NOW)
    }
}

fn export(number: &str, generation: u32, part: u32) -> Export {
    let key = ExportKey { order: id(number), generation: Generation(generation), part: Part(part) };
    let token = Token::new("sandbox", "42", &key).unwrap();
    Export { key, token, state: State::Seen, attempts: 0, version: 1 }
}

fn request(export: &Export, body: &str) -> Frozen {
    Frozen {
        token: export.token.clone(),
        body: body.to_owned(),
        fingerprint: format!("sha of {body}"),
        expected: usd("0.10"),
        units: 3,
    }
}

fn moved(export: &Export, event: &'static str, request: Option<Frozen>) -> Change {
    Change::ExportMoved {
        export: export.clone(),
        event,
        detail: format!("{event} happened"),
        request,
        total: None,
    }
}

fn short() -> Told {
    Problem::StockClaimFailed.told("7")
}

fn empty() -> Told {
    Problem::OrdEmpty { rows: 2 }.told("7")
}

fn problems(order: Option<&str>, told: &[Told]) -> Change {
    Change::Problems { order: order.map(id), told: told.to_vec() }
}

fn asked() -> Event {
    Event::Asked { epoch: Epoch(1), deadline: LATER }
}

fn follow_up(number: &str, kind: FollowUpKind, due: Moment) -> FollowUp {
    FollowUp {
        key: export(number, 1, 1).key,
        kind,
        shop_order: ShopOrderId::new("gid://shopify/Order/1"),
        subject: "gid://shopify/Location/1".to_owned(),
        tries: 0,
        due,
        done: false,
    }
}
