//! Orders as a list: every filter, every sort, and pages that stay quick.

use super::*;
use adapters::clock::SystemClock;
use adapters::ports::Clock;
use std::collections::BTreeMap;

async fn found(desk: &Desk, wanted: &OrderSearch) -> Vec<String> {
    let found = desk.ledger.search_orders(wanted).await.unwrap();
    found.iter().map(|order| format!("{} {}", order.connection, order.id)).collect()
}

fn all() -> OrderSearch {
    OrderSearch::default()
}

fn put(order: OrderRecord) -> Change {
    Change::Order(Box::new(order))
}

/// Two connections. `shop`: 9 held, 10 exported in two parts, 11 seen with problems, 12 never approved. `else`: 10,
/// approved without an export.
async fn filled() -> Option<Desk> {
    let desk = Desk::new().await?;
    desk.ledger.create_connection("else", "x", "ada", NOW).await.unwrap();
    let epoch = desk.ledger.take_lease("else", "one", NOW, TTL).await.unwrap().unwrap();
    let other = OrderRecord {
        approved: Some(date(2026, 9, 5)),
        retailer: "\u{c9}cole".to_owned(),
        linesheet: "FW26".to_owned(),
        value: Some(Money::new("5000".parse().unwrap(), Currency::from_code("JPY").unwrap())),
        ..order("10")
    };
    desk.ledger.commit("else", epoch, NOW, &[put(other)]).await.unwrap();
    let held = desk.open_order("9").await;
    desk.step(&held, &Event::Held).await;
    let exported = |name: &str| Event::Linked { order: ShopOrderId::new(name), name: format!("#{name}") };
    desk.commit(&[
        put(OrderRecord {
            approved: Some(date(2026, 9, 3)),
            retailer: "a shop".to_owned(),
            po_number: "PO_50%".to_owned(),
            ship_start: Some(date(2027, 3, 1)),
            ship_end: Some(date(2027, 3, 31)),
            value: Some(usd("99.999")),
            ..order("10")
        }),
        Change::ExportOpened(export("10", 1, 1)),
        Change::ExportOpened(export("10", 1, 2)),
        put(OrderRecord { approved: None, ship_start: None, value: None, ..order("11") }),
        problems(Some("11"), &[Told { severity: Severity::Notice, ..empty() }, short()]),
        put(OrderRecord { status: "pending".to_owned(), retailer: "B".to_owned(), ..order("12") }),
    ])
    .await;
    for part in [1, 2] {
        let after = apply(&export("10", 1, part), &exported(&part.to_string())).unwrap();
        let total = Some(usd("40.05"));
        desk.commit(&[Change::ExportMoved {
            export: after,
            event: "linked",
            detail: String::new(),
            request: None,
            total,
        }])
        .await;
    }
    Some(desk)
}

#[tokio::test]
async fn a_list_carries_what_it_shows_of_an_order() {
    let Some(desk) = filled().await else { return };
    let keys = ["10", "404", "11"].map(|number| ("shop".to_owned(), id(number)));
    let listed = desk.ledger.listed_orders(&keys).await.unwrap();
    let [exported, open] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(exported.state, Some("exported"));
    let shop = |number: &str| (ShopOrderId::new(number), format!("#{number}"));
    assert_eq!(
        (exported.shop_orders.clone(), exported.total),
        (vec![shop("1"), shop("2")], Some(usd("80.10")))
    );
    assert_eq!((exported.ship_start, exported.ship_end), (Some(date(2027, 3, 1)), Some(date(2027, 3, 31))));
    assert_eq!(
        (exported.retailer.as_str(), exported.po_number.as_str(), exported.value, exported.units),
        ("a shop", "PO_50%", Some(usd("99.999")), Some(12))
    );
    assert_eq!((exported.approval_seen, exported.generation, &exported.open), (Some(NOW), 1, &Vec::new()));
    assert_eq!(open.open, [(short().code, short().severity), (empty().code, Severity::Notice)]);
    assert_eq!((open.state, open.total), (Some("seen"), None));
    assert_eq!(desk.ledger.listed_orders(&[]).await.unwrap(), []);
    let again = OrderRecord { generation: 2, ..order("10") };
    desk.commit(&[put(again), Change::ExportOpened(export("10", 2, 1))]).await;
    let [listed] = desk.ledger.listed_orders(&keys[..1]).await.unwrap().try_into().unwrap();
    assert_eq!((listed.state, listed.generation, listed.total), (Some("seen"), 2, None));
    assert_eq!(listed.shop_orders, [], "of an earlier export");
}

#[tokio::test]
async fn orders_are_sorted_alike_on_every_database_and_what_is_unknown_comes_first() {
    let Some(desk) = filled().await else { return };
    let ascending = [
        (OrderSort::Approved, ["shop 11", "shop 12", "shop 9", "shop 10", "else 10"]),
        (OrderSort::Ships, ["shop 11", "else 10", "shop 12", "shop 9", "shop 10"]),
        (OrderSort::Value, ["shop 11", "shop 10", "shop 12", "shop 9", "else 10"]),
        (OrderSort::Retailer, ["shop 10", "shop 12", "shop 11", "shop 9", "else 10"]),
        (OrderSort::Number, ["shop 9", "else 10", "shop 10", "shop 11", "shop 12"]),
        (OrderSort::State, ["shop 12", "shop 11", "else 10", "shop 9", "shop 10"]),
    ];
    // Walked and searched lists are sorted by different statements.
    let before = Some(date(2026, 12, 31));
    for (sort, mut expected) in ascending {
        for descending in [false, true] {
            let walked = OrderSearch { sort, descending, ..all() };
            assert_eq!(found(&desk, &walked).await, expected, "{sort:?} {descending}");
            let known: Vec<&str> = expected.into_iter().filter(|key| *key != "shop 11").collect();
            let searched = OrderSearch { approved_to: before, ..walked.clone() };
            assert_eq!(found(&desk, &searched).await, known, "{sort:?} {descending}");
            let code = OrderSearch { code: Some(short().code.to_owned()), ..walked.clone() };
            assert_eq!(found(&desk, &code).await, ["shop 11"], "{sort:?} {descending}");
            let second = OrderSearch { limit: 2, offset: 1, ..walked };
            assert_eq!(found(&desk, &second).await, expected[1..3], "{sort:?} {descending}");
            expected.reverse();
        }
    }
}

#[tokio::test]
async fn every_filter_narrows_and_the_counts_say_how_much() {
    let Some(desk) = filled().await else { return };
    let day = |day| Some(date(2026, 9, day));
    let amount = |text: &str| Some(text.parse::<Decimal>().unwrap());
    let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let name = |name: &str| Some(name.to_owned());
    let cases: Vec<(OrderSearch, &[&str])> = vec![
        (OrderSearch { connection: name("else"), ..all() }, &["else 10"]),
        (OrderSearch { connection: name("nobody"), ..all() }, &[]),
        (OrderSearch { text: " ROSA ".to_owned(), ..all() }, &["shop 9", "shop 11"]),
        (OrderSearch { text: "\u{e9}COLE".to_owned(), ..all() }, &["else 10"]),
        (OrderSearch { text: "o_5".to_owned(), ..all() }, &["shop 10"]),
        (OrderSearch { text: "0%".to_owned(), ..all() }, &["shop 10"]),
        (OrderSearch { text: "%".to_owned(), connection: name("else"), ..all() }, &[]),
        (OrderSearch { text: "\\".to_owned(), ..all() }, &[]),
        (OrderSearch { text: "10".to_owned(), connection: name("shop"), ..all() }, &["shop 10"]),
        (OrderSearch { states: texts(&["held"]), ..all() }, &["shop 9"]),
        (OrderSearch { states: texts(&["held"]), connection: name("else"), ..all() }, &[]),
        (OrderSearch { states: texts(&["held", "exported"]), ..all() }, &["shop 10", "shop 9"]),
        (OrderSearch { states: texts(&["held"]), sort: OrderSort::Number, ..all() }, &["shop 9"]),
        (OrderSearch { states: texts(&["no such state"]), ..all() }, &[]),
        (OrderSearch { code: name(empty().code), ..all() }, &["shop 11"]),
        (OrderSearch { code: name("ORD_EMPTY_NOT"), ..all() }, &[]),
        (OrderSearch { linesheet: name("FW26"), ..all() }, &["else 10"]),
        (OrderSearch { approved_from: day(3), ..all() }, &["else 10", "shop 10"]),
        (OrderSearch { approved_from: day(2), approved_to: day(3), ..all() }, &["shop 10"]),
        (OrderSearch { ships_from: Some(date(2027, 3, 1)), ..all() }, &["shop 10"]),
        (OrderSearch { ships_to: Some(date(2027, 1, 31)), text: "10".to_owned(), ..all() }, &["else 10"]),
        (
            OrderSearch { value_min: amount("99.9991"), value_max: amount("4999"), ..all() },
            &["shop 9", "shop 12"],
        ),
        (OrderSearch { value_max: amount("99.999"), ..all() }, &["shop 10"]),
        (OrderSearch { value_min: amount("99999999999999999999"), ..all() }, &[]),
    ];
    for (wanted, expected) in cases {
        let mut keys = found(&desk, &wanted).await;
        let mut expected = expected.to_vec();
        keys.sort_unstable();
        expected.sort_unstable();
        assert_eq!(keys, expected, "{wanted:?}");
        assert_eq!(desk.ledger.count_orders(&wanted).await.unwrap(), expected.len() as u64, "{wanted:?}");
    }
    let rosa = OrderSearch { text: "rosa".to_owned(), states: texts(&["held"]), ..all() };
    for (wanted, seen, held, exported, none) in [(all(), 2, 1, 1, 1), (rosa, 1, 1, 0, 0)] {
        let counts = desk.ledger.order_states(&wanted).await.unwrap();
        assert_eq!((counts.of("seen"), counts.of("held"), counts.of("exported")), (seen, held, exported));
        assert_eq!(
            (counts.none, counts.total(), counts.states.len()),
            (none, seen + held + exported + none, 9)
        );
    }
    assert_eq!(desk.ledger.linesheets(None).await.unwrap(), ["FW26", "SS27"]);
    assert_eq!(desk.ledger.linesheets(Some("shop")).await.unwrap(), ["SS27"]);
    let mut codes = vec![(short().code, 1), (empty().code, 1)];
    codes.sort_unstable();
    assert_eq!(desk.ledger.open_codes(Some("shop")).await.unwrap(), codes);
    assert_eq!(desk.ledger.open_codes(Some("else")).await.unwrap(), []);
    desk.commit(&[problems(Some("11"), &[])]).await;
    let solved = OrderSearch { code: name(empty().code), ..all() };
    assert_eq!(found(&desk, &solved).await, Vec::<String>::new(), "a problem that is over is not looked for");
}

/// The list's state is the one that the equation counts, after every kind of change.
#[tokio::test]
async fn the_state_in_the_list_is_the_one_that_the_equation_counts() {
    let Some(desk) = Desk::new().await else { return };
    let mut opened = desk.open_order("7").await;
    let created = Event::Created { order: ShopOrderId::new("1"), name: "#1".to_owned() };
    let mut changes: Vec<Vec<Change>> = Vec::new();
    for event in [&Event::Held, &Event::Cleared, &asked(), &created] {
        opened = apply(&opened, event).unwrap();
        let request = matches!(event, Event::Asked { .. }).then(|| request(&opened, "body"));
        changes.push(vec![moved(&opened, event.word(), request)]);
    }
    changes.push(vec![Change::ExportOpened(export("7", 1, 2))]);
    changes.push(vec![put(OrderRecord { generation: 2, ..order("7") })]);
    changes.push(vec![put(OrderRecord { generation: 2, status: "cancelled".to_owned(), ..order("7") })]);
    changes.push(vec![Change::ExportOpened(export("7", 2, 1))]);
    changes.push(vec![Change::ExportOpened(export("8", 1, 1)), put(order("8"))]);
    let mut states = Vec::new();
    for change in changes {
        desk.commit(&change).await;
        let counted = desk.ledger.counted("shop").await.unwrap();
        let listed = desk.ledger.search_orders(&all()).await.unwrap();
        for order in &listed {
            assert_eq!(order.state, counted.get(&order.id).map(|order| order.state), "{change:?}");
        }
        states.push(listed.last().unwrap().state);
    }
    let word = |word| Some(word);
    assert_eq!(
        states,
        [
            word("held"),
            word("ready"),
            word("sending"),
            word("exported"),
            word("seen"),
            word("seen"),
            None,
            word("seen"),
            word("seen"),
        ]
    );
}

#[tokio::test]
async fn when_an_order_was_first_seen_approved_is_kept_whatever_follows() {
    let Some(desk) = Desk::new().await else { return };
    let pending = OrderRecord { status: "pending".to_owned(), ..order("7") };
    let approved = OrderRecord { last_seen: LATER, ..order("7") };
    let cancelled = OrderRecord { status: "cancelled".to_owned(), last_seen: LATER.plus(TTL), ..order("7") };
    let again = OrderRecord { last_seen: LATER.plus(TTL), ..order("7") };
    let mut seen = Vec::new();
    for order in [pending, approved, cancelled, again] {
        desk.commit(&[put(order)]).await;
        let [listed] = desk.ledger.search_orders(&all()).await.unwrap().try_into().unwrap();
        seen.push(listed.approval_seen);
    }
    assert_eq!(seen, [None, Some(LATER), Some(LATER), Some(LATER)]);
}

/// What JOOR sends has no end; what is indexed has one, since PostgreSQL refuses a longer entry.
#[tokio::test]
async fn an_order_with_endless_texts_is_kept_and_found_by_their_beginnings() {
    let Some(desk) = Desk::new().await else { return };
    // Nothing that could be compressed.
    let mut number = 7_u64;
    let mut endless = |beginning: &str| {
        let mut text = beginning.to_owned();
        while text.len() < 30_000 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push(char::from_u32(0x4e00 + (number >> 50) as u32).unwrap_or('x'));
        }
        text
    };
    let odd = OrderRecord {
        retailer: endless("Rosa"),
        po_number: endless("PO-77"),
        linesheet: endless("Spring"),
        ..order("7")
    };
    desk.commit(&[put(odd.clone())]).await;
    for words in ["rosa", "po-77"] {
        let wanted = OrderSearch { text: words.to_owned(), linesheet: Some(odd.linesheet.clone()), ..all() };
        let [listed] = desk.ledger.search_orders(&wanted).await.unwrap().try_into().unwrap();
        assert_eq!((listed.retailer, listed.linesheet), (odd.retailer.clone(), odd.linesheet.clone()));
    }
    let [linesheet] = desk.ledger.linesheets(None).await.unwrap().try_into().unwrap();
    assert!(odd.linesheet.starts_with(&linesheet) && linesheet.chars().count() == 100);
}

const ON_PAGE: usize = 5;
const FEW: u32 = 120;
const MANY: u32 = 20_000;
/// In one commit, as a cycle would.
const SOME: u32 = 2_000;

/// Compared with each other and never with a clock: this machine has other things to do.
#[tokio::test]
async fn the_first_page_of_twenty_thousand_orders_is_as_quick_as_the_whole_list_of_few() {
    if kind() == Kind::Postgres {
        // Its planner is its own; that it takes the indexes is not for us to say.
        return;
    }
    let Some(few) = Desk::new().await else { return };
    let Some(many) = Desk::new().await else { return };
    let numbered = |number: u32| {
        let id = (1_000_000 + number).to_string();
        let name = format!("#{number}");
        let state = State::Exported { order: ShopOrderId::new(name.as_str()), name };
        let head = put(OrderRecord {
            head: "x".repeat(2_000),
            approved: Some(date(2026, 1 + i8::try_from(number % 12).unwrap(), 1)),
            retailer: format!("Retailer {}", number % 97),
            ..order(&id)
        });
        let opened = Change::ExportOpened(Export { state, ..export(&id, 1, 1) });
        if number.is_multiple_of(2) { vec![head] } else { vec![head, opened] }
    };
    few.commit(&(0..FEW).flat_map(numbered).collect::<Vec<_>>()).await;
    for start in (0..MANY).step_by(SOME as usize) {
        many.commit(&(start..start + SOME).flat_map(numbered).collect::<Vec<_>>()).await;
    }
    let seen = vec!["seen".to_owned()];
    // Few on a page, so that what it shows takes little of the time.
    let short = OrderSearch { limit: ON_PAGE as u32, ..all() };
    let plain = [
        short.clone(),
        OrderSearch { states: seen, ..short.clone() },
        OrderSearch { connection: Some("shop".to_owned()), sort: OrderSort::Value, ..short.clone() },
    ];
    for wanted in plain {
        let [quick, slow] = [best(&few, &wanted).await, best(&many, &wanted).await];
        assert!(slow < quick * 5, "{wanted:?}: {quick:?} for {FEW} orders, {slow:?} for {MANY}");
    }
    // A search that looks at every order reads none of their rows: it is far quicker than the list of them is.
    let searched = OrderSearch { text: "retailer 13 ".to_owned(), ..short };
    assert_eq!(many.ledger.count_orders(&searched).await.unwrap(), u64::from(MANY / 97) + 1);
    let slow = best(&many, &searched).await;
    let clock = SystemClock::start();
    assert_eq!(many.ledger.orders("shop", &OrderQuery::default()).await.unwrap().len(), MANY as usize);
    let whole = clock.mono().0;
    assert!(slow * 5 < whole, "{slow:?} beside {whole:?}");
}

/// The quickest of several tries.
async fn best(desk: &Desk, wanted: &OrderSearch) -> Duration {
    let mut times = BTreeMap::new();
    for _ in 0..25 {
        let clock = SystemClock::start();
        let found = desk.ledger.search_orders(wanted).await.unwrap();
        times.insert(clock.mono().0, found.len());
    }
    assert!(times.values().all(|found| *found == ON_PAGE), "{times:?}");
    *times.keys().next().unwrap()
}
