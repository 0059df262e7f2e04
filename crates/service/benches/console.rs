//! How long the console takes with a hundred thousand orders: fills a ledger, opens the console on this machine, and
//! asks for each page several times. Run by `cargo xtask bench console`: the figures are printed,
//! and it fails if half of the answers of a page took longer than they may.

use adapters::ledger::Ledger;
use adapters::ledger::records::{Change, CycleRecord, OrderRecord};
use adapters::settings::Trial;
use adapters::vault::Vault;
use domain::ids::{ExportKey, Generation, JoorOrderId, Part, ShopOrderId, Token};
use domain::money::{Currency, Decimal, Money};
use domain::orders::export::{Event, Export, State, apply};
use domain::problem::Problem;
use domain::time::Moment;
use service::compose::House;
use service::config::Config;
use service::console::{self, Door};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

const ORDERS: u32 = 100_000;
const AT_ONCE: u32 = 1_000;
/// One order of so many is held.
const HELD_EACH: u32 = 50;
const ASKED: usize = 15;
const CONNECTION: &str = "brand";
/// What the lines and addresses of an order take in JOOR's answer.
const HEAD_BYTES: usize = 6_000;
const MINUTE_MS: i64 = 60_000;
const SETTINGS: &str = "[joor]\naccount = \"1\"\nclient_id = \"c\"\nusername = \"u\"\n\
    [shopify]\nshop_url = \"https://brand.myshopify.com\"\n[orders]\ncurrencies = [\"USD\", \"EUR\"]\n";

const PAGES: [(&str, &str); 27] = [
    ("overview", "/"),
    ("problems", "/problems"),
    ("one cause", "/problems/brand/STOCK_CLAIM_FAILED"),
    ("orders", "/orders"),
    ("one order", "/orders/brand/7000050"),
    ("activity", "/activity"),
    ("sorted by number", "/orders?sort=number"),
    ("sorted by number, down", "/orders?sort=-number"),
    ("sorted by state", "/orders?sort=state"),
    ("sorted by retailer", "/orders?sort=retailer"),
    ("sorted by ship window", "/orders?sort=ships"),
    ("sorted by value, down", "/orders?sort=-value"),
    ("sorted by approval", "/orders?sort=approved"),
    ("page 200", "/orders?page=200"),
    ("page 2,000", "/orders?page=2000"),
    ("held", "/orders?state=held"),
    ("exported", "/orders?state=exported"),
    ("on the way", "/orders?state=open"),
    ("held, by value", "/orders?state=held&sort=-value"),
    ("a number", "/orders?q=7050000"),
    ("part of a retailer", "/orders?q=harbour"),
    ("nothing fits", "/orders?q=nothing-is-called-this"),
    ("a problem", "/orders?code=STOCK_CLAIM_FAILED"),
    ("a linesheet", "/orders?linesheet=SS27-3"),
    ("ship window", "/orders?ships_from=2027-01-10&ships_to=2027-01-12"),
    ("value and date", "/orders?value_min=500&value_max=900&approved_from=2026-06-01"),
    (
        "all of it together",
        "/orders?q=1&state=held&code=STOCK_CLAIM_FAILED&linesheet=SS27-3&value_min=100&sort=-ships",
    ),
];

/// What a page may take on a machine that does nothing else.
const PAGE_TIME_MAX: Duration = Duration::from_millis(100);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(bench());
}

async fn bench() {
    let folder = tempfile::tempdir().expect("a folder");
    let listen = ("JOOR_SHOPIFY_CONSOLE__LISTEN".to_owned(), "127.0.0.1:0".to_owned());
    let config = Config::load(folder.path(), [listen], Trial::On).expect("a configuration");
    drop(Vault::create(&config.key_file).expect("a key"));
    Ledger::make(&config.ledger).await.expect("a ledger").0.close().await;
    let house = Arc::new(House::open(config, Trial::On).await.expect("a house"));
    let began = house.clock.mono();
    fill(&house).await;
    println!("{ORDERS} orders were written in {:.1} s", house.clock.mono().since(began).as_secs_f64());
    let served = console::serve(&house, Door::Demo).await.expect("a free port").expect("a console");
    let (address, clock) = (served.address, house.clock.clone());
    let asked = tokio::task::spawn_blocking(move || {
        println!("{:<26} {:>10} {:>10} {:>9}", "page", "median ms", "slowest ms", "bytes");
        let mut slow = Vec::new();
        for (name, path) in PAGES {
            let (mut times, mut bytes) = (Vec::new(), 0);
            for _ in 0..ASKED {
                let began = clock.mono();
                bytes = ask(address, path);
                times.push(clock.mono().since(began));
            }
            times.sort();
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            println!("{name:<26} {:>10.1} {:>10.1} {bytes:>9}", ms(times[ASKED / 2]), ms(times[ASKED - 1]));
            slow.extend((times[ASKED / 2] > PAGE_TIME_MAX).then_some(name));
        }
        slow
    });
    let slow = asked.await.expect("every page answers");
    served.stop().await;
    house.ledger.close().await;
    assert!(slow.is_empty(), "longer than {PAGE_TIME_MAX:?}: {slow:?}");
}

/// Bytes of the answer, as a browser gets it.
fn ask(address: SocketAddr, path: &str) -> usize {
    let mut stream = TcpStream::connect(address).expect("the console listens");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the console reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the console answers");
    let head = String::from_utf8_lossy(&answer[..answer.len().min(20)]).into_owned();
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    answer.len()
}

async fn fill(house: &House) {
    let (ledger, now) = (&house.ledger, house.clock.now());
    ledger.create_connection(CONNECTION, SETTINGS, "bench", now).await.expect("a connection");
    let day = Duration::from_secs(24 * 3600);
    let epoch = ledger.take_lease(CONNECTION, "bench", now, day).await.expect("a ledger").expect("a lease");
    let mut changes = vec![Change::Live { since: Some(now) }, Change::LastGood(now)];
    for number in 0..ORDERS {
        // Spread over a year, the newest last.
        let at = Moment(now.0 - i64::from(ORDERS - number) * 5 * MINUTE_MS);
        changes.extend(order(number, at));
        if number % AT_ONCE == AT_ONCE - 1 {
            changes.push(Change::Cycle(cycle(at)));
            ledger.commit(CONNECTION, epoch, at, &changes).await.expect("room on the disk");
            changes.clear();
        }
    }
}

fn order(number: u32, at: Moment) -> Vec<Change> {
    let id = JoorOrderId::new((7_000_000 + number).to_string());
    let retailers =
        ["Harbour & Pine", "Maison Verte", "Nordlicht Store", "Le Comptoir du Midi", "Alder Row Goods"];
    let currency = Currency::from_code(if number.is_multiple_of(4) { "EUR" } else { "USD" }).expect("known");
    let record = OrderRecord {
        head: format!("{{\"order_id\":\"{id}\",\"rest\":\"{}\"}}", "x".repeat(HEAD_BYTES)),
        status: "approved".to_owned(),
        export_state: "undefined".to_owned(),
        approved: Some(at.day()),
        retailer: format!("{} {}", retailers[number as usize % retailers.len()], number % 977),
        retailer_id: (number % 977).to_string(),
        po_number: format!("PO-{number}"),
        linesheet: format!("SS27-{}", number % 12),
        ship_start: Some(at.plus(Duration::from_secs(60 * 24 * 3600)).day()),
        value: Some(Money::new(Decimal::new(i64::from(number % 9_000) * 37 + 9_900, 2), currency)),
        units: Some(i64::from(number % 40) + 1),
        ..OrderRecord::blank(id.clone(), at)
    };
    let key = ExportKey { order: id.clone(), generation: Generation(1), part: Part(1) };
    let token = Token::new("bench", "1", &key).expect("short names");
    let opened = Export { key, token, state: State::Seen, attempts: 0, version: 1 };
    let is_held = number.is_multiple_of(HELD_EACH);
    let event = match is_held {
        true => Event::Held,
        false => Event::Linked {
            order: ShopOrderId::new(format!("gid://shopify/Order/{number}")),
            name: format!("#{}", 1000 + number),
        },
    };
    let moved = Change::ExportMoved {
        export: apply(&opened, &event).expect("a step that the machine allows"),
        event: event.word(),
        detail: String::new(),
        request: None,
        total: None,
    };
    let mut changes = vec![Change::Order(Box::new(record)), Change::ExportOpened(opened), moved];
    if is_held {
        let told = vec![Problem::StockClaimFailed.told(id.as_str())];
        changes.push(Change::Problems { order: Some(id), told });
    }
    changes
}

fn cycle(at: Moment) -> CycleRecord {
    CycleRecord {
        started: at,
        finished: at,
        outcome: "good".to_owned(),
        counts: "{\"listed\":1000}".to_owned(),
        joor_credits: 40,
        joor_requests: 40,
        shopify_points: 900,
        shopify_requests: 60,
    }
}
