//! Figures for charts, problems with what they are worth, the pulse, and what was answered to a request.

use super::*;
use adapters::ledger::MeasuredRecord;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Midnight in UTC.
const MIDNIGHT: Moment = Moment(1_790_035_200_000);

/// An order that was first seen approved at the one moment and exported at the other.
async fn exported(desk: &Desk, number: &str, seen: Moment, at: Moment) {
    let opened = export(number, 1, 1);
    let done = Event::Linked { order: ShopOrderId::new(number), name: format!("#{number}") };
    let after = apply(&opened, &done).unwrap();
    let approved = OrderRecord { first_seen: MIDNIGHT.minus(DAY * 300), last_seen: seen, ..order(number) };
    desk.commit_at(
        at,
        &[Change::Order(Box::new(approved)), Change::ExportOpened(opened), moved(&after, "linked", None)],
    )
    .await;
}

#[tokio::test]
async fn exports_are_counted_by_day_and_the_time_from_approval_is_measured() {
    let Some(desk) = Desk::new().await else { return };
    let now = MIDNIGHT.plus(HOUR);
    exported(&desk, "1", MIDNIGHT.minus(DAY * 2), MIDNIGHT.minus(DAY * 2).plus(HOUR)).await;
    exported(&desk, "2", MIDNIGHT.minus(HOUR), Moment(MIDNIGHT.0 - 1)).await;
    exported(&desk, "3", MIDNIGHT, MIDNIGHT.plus(Duration::from_secs(90))).await;
    // Before the days that are asked for, and a clock that went backwards.
    exported(&desk, "4", MIDNIGHT.minus(DAY * 9), MIDNIGHT.minus(DAY * 5)).await;
    exported(&desk, "5", now, MIDNIGHT).await;
    // One that is not exported, and a re-export, which has no approval of its own.
    desk.open_order("6").await;
    let again = Export { version: 1, ..export("1", 2, 1) };
    let done = Event::Linked { order: ShopOrderId::new("9"), name: "#9".to_owned() };
    let after = apply(&again, &done).unwrap();
    desk.commit_at(now, &[Change::ExportOpened(again), moved(&after, "linked", None)]).await;
    let days = desk.ledger.exports_per_day(None, now, 4).await.unwrap();
    let seen: Vec<_> = days.iter().map(|day| (day.day, day.exports)).collect();
    let day = |days: u32| MIDNIGHT.minus(DAY * days).day();
    assert_eq!(seen, [(day(3), 0), (day(2), 1), (day(1), 1), (day(0), 3)]);
    let spans = desk.ledger.approval_to_export(Some("shop"), now, 4).await.unwrap();
    assert_eq!(spans.sorted(), [0, 90, 3599, 3600]);
    assert_eq!((spans.median(), spans.p95()), (Some(90), Some(3600)));
    assert_eq!(desk.ledger.approval_to_export(Some("else"), now, 4).await.unwrap().count(), 0);
    let elsewhere = desk.ledger.exports_per_day(Some("else"), now, 2).await.unwrap();
    assert_eq!(elsewhere.iter().map(|day| day.exports).collect::<Vec<_>>(), [0, 0]);
}

#[tokio::test]
async fn what_orders_are_worth_is_added_up_by_state_and_currency() {
    let Some(desk) = Desk::new().await else { return };
    assert_eq!(desk.ledger.worth_by_state().await.unwrap(), []);
    let money = |amount: &str, code: &str| {
        Some(Money::new(amount.parse().unwrap(), Currency::from_code(code).unwrap()))
    };
    let worth = |number: &str, value| Change::Order(Box::new(OrderRecord { value, ..order(number) }));
    let never = OrderRecord { status: "pending".to_owned(), ..order("1") };
    // As much as is stored of one amount, twice, and what is left out since nobody's order is worth it.
    let most = || money("900000000000000.01", "USD");
    desk.commit(&[
        Change::Order(Box::new(OrderRecord { value: money("12.5", "EUR"), ..never })),
        worth("2", most()),
        worth("3", most()),
        worth("4", money("-0.015", "USD")),
        worth("5", money("5000", "JPY")),
        worth("6", None),
        worth("7", money("1234567890123456789012.5", "JPY")),
    ])
    .await;
    let held = desk.open_order("8").await;
    desk.step(&held, &Event::Held).await;
    let found = desk.ledger.worth_by_state().await.unwrap();
    let said: Vec<_> = found
        .iter()
        .map(|one| {
            let values = one.values.iter().map(|value| (value.currency.code(), value.amount.to_string()));
            (one.state, one.orders, values.collect::<std::collections::BTreeMap<_, _>>())
        })
        .collect();
    let sums = |pairs: &[(&'static str, &str)]| {
        pairs
            .iter()
            .map(|(code, sum)| (*code, (*sum).to_owned()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    assert_eq!(
        said,
        [
            (None, 1, sums(&[("EUR", "12.5")])),
            (Some("seen"), 6, sums(&[("USD", "1800000000000000.005"), ("JPY", "5000")])),
            (Some("held"), 1, sums(&[("USD", "1200.1")])),
        ]
    );
}

#[tokio::test]
async fn cycles_are_added_up_by_stretches_of_time() {
    let Some(desk) = Desk::new().await else { return };
    let cycle = |started: Moment, outcome: &str| {
        Change::Cycle(CycleRecord {
            started,
            finished: started,
            outcome: outcome.to_owned(),
            counts: "{}".to_owned(),
            joor_credits: 7,
            joor_requests: 5,
            shopify_points: 120,
            shopify_requests: 9,
        })
    };
    desk.commit(&[
        cycle(Moment(NOW.0 - 1), "good"),
        cycle(NOW, "good"),
        cycle(NOW.plus(Duration::from_secs(59)), "joor_failed"),
        cycle(NOW.plus(Duration::from_secs(59)), "good"),
        cycle(NOW.plus(Duration::from_secs(120)), "good"),
        cycle(NOW.plus(Duration::from_secs(150)), "good"),
    ])
    .await;
    let (to, minute) = (NOW.plus(Duration::from_secs(150)), Duration::from_secs(60));
    let buckets = desk.ledger.cycle_buckets(None, NOW, to, minute).await.unwrap();
    assert_eq!(
        buckets.iter().map(|b| (b.start, b.cycles)).collect::<Vec<_>>(),
        [(NOW, 3), (NOW.plus(minute), 0), (NOW.plus(minute * 2), 1),]
    );
    let first = &buckets[0];
    assert_eq!(first.outcomes, [("good".to_owned(), 2), ("joor_failed".to_owned(), 1)]);
    assert_eq!((first.joor_credits, first.joor_requests), (21, 15));
    assert_eq!((first.shopify_points, first.shopify_requests), (360, 27));
    let elsewhere = desk.ledger.cycle_buckets(Some("else"), NOW, to, minute).await.unwrap();
    assert!(elsewhere.len() == 3 && elsewhere.iter().all(|bucket| bucket.cycles == 0));
    let endless = desk.ledger.cycle_buckets(None, Moment(0), NOW, minute).await.unwrap();
    assert_eq!(endless.len(), 500);
    assert_eq!(desk.ledger.cycle_buckets(None, NOW, Moment(0), minute).await.unwrap(), []);
}

#[tokio::test]
async fn open_and_solved_problems_say_what_their_order_is_worth() {
    let Some(desk) = Desk::new().await else { return };
    desk.open_order("7").await;
    desk.commit(&[problems(Some("7"), &[short(), empty()]), problems(None, &[short()])]).await;
    let open = desk.ledger.open_problems(None).await.unwrap();
    let [one, two, own] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!((one.problem.told.clone(), two.problem.told.clone()), (short(), empty()));
    assert_eq!((one.problem.order.clone(), one.connection.as_str()), (Some(id("7")), "shop"));
    assert_eq!(
        (one.value, one.ship_start, one.state),
        (Some(usd("1200.10")), order("7").ship_start, Some("seen"))
    );
    assert_eq!(one.retailer, order("7").retailer);
    assert_eq!(
        (own.problem.order.clone(), own.value, own.state, own.retailer.as_str()),
        (None, None, None, "")
    );
    assert_eq!(desk.ledger.open_problems(Some("else")).await.unwrap(), []);
    let mut counted = std::collections::BTreeMap::new();
    for one in &open {
        *counted.entry((one.problem.told.severity.word(), one.problem.told.who.word())).or_insert(0) += 1;
    }
    let weights = desk.ledger.open_weights().await.unwrap();
    let weights = weights.iter().map(|(severity, who, problems)| ((severity.word(), who.word()), *problems));
    assert_eq!(weights.collect::<std::collections::BTreeMap<_, u64>>(), counted);
    desk.commit_at(LATER, &[problems(Some("7"), &[])]).await;
    desk.commit_at(LATER.plus(TTL), &[problems(None, &[])]).await;
    assert_eq!(desk.ledger.open_problems(None).await.unwrap(), []);
    let solved = desk.ledger.solved_problems(None, LATER, 2).await.unwrap();
    let seen: Vec<_> = solved.iter().map(|row| (row.problem.order.clone(), row.problem.closed)).collect();
    assert_eq!(seen, [(None, Some(LATER.plus(TTL))), (Some(id("7")), Some(LATER))]);
    assert_eq!(desk.ledger.solved_problems(Some("shop"), LATER.plus(TTL), 9).await.unwrap().len(), 1);
    assert_eq!(desk.ledger.solved_problems(Some("else"), NOW, 9).await.unwrap(), []);
}

#[tokio::test]
async fn the_pulse_beats_with_every_change_and_never_without_one() {
    let Some(desk) = Desk::new().await else { return };
    let ledger = &desk.ledger;
    let mut beats = vec![ledger.pulse().await.unwrap()];
    let mut beat = async || {
        let now = ledger.pulse().await.unwrap();
        assert!(!beats.contains(&now), "{now}");
        beats.push(now);
    };
    desk.commit(&[Change::Order(Box::new(order("7")))]).await;
    beat().await;
    desk.commit(&[problems(Some("7"), &[Told { sentence: "Other words".to_owned(), ..short() }])]).await;
    beat().await;
    ledger.insert_command("shop", "retry", "{}", "ada", NOW).await.unwrap();
    beat().await;
    desk.commit(&[Change::CommandDone { id: 1, done: true, words: String::new() }]).await;
    beat().await;
    ledger.create_connection("else", "x", "ada", NOW).await.unwrap();
    beat().await;
    ledger.put_secret("else", "joor", "sealed", NOW).await.unwrap();
    beat().await;
    let fact = MeasuredRecord {
        fact: "speed".to_owned(),
        verdict: "good".to_owned(),
        amount: None,
        detail: String::new(),
        api_version: String::new(),
        at: NOW,
    };
    ledger.put_measured("else", &[fact]).await.unwrap();
    beat().await;
    ledger.create_person("ada", adapters::ledger::records::Role::Admin, "x", "init", NOW).await.unwrap();
    beat().await;
    let before = ledger.pulse().await.unwrap();
    assert!(desk.try_commit(&[Change::ReportDue { order: id("9"), due: None }]).await.is_err());
    desk.commit(&[]).await;
    assert!(ledger.renew_lease("shop", desk.epoch, NOW, TTL).await.unwrap());
    assert_eq!(ledger.pulse().await.unwrap(), before);
    let unknown = LedgerError::NotFound("connection nobody".to_owned());
    assert_eq!(ledger.put_measured("nobody", &[]).await, Err(unknown));
}

#[tokio::test]
async fn an_answer_and_what_the_decision_saw_stand_beside_the_request_that_was_written_down_last() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let ready = desk.step(&opened, &Event::Cleared).await;
    let key = ready.key.clone();
    let answered = |answer: &str| Change::AnswerNoted { key: key.clone(), answer: answer.to_owned() };
    let decided = |decided: &str| Change::DecisionNoted { key: key.clone(), decided: decided.to_owned() };
    let early = desk.try_commit(&[answered("x")]).await;
    assert_eq!(early, Err(LedgerError::NotFound(format!("a request of export {key}"))));
    let sending = apply(&ready, &asked()).unwrap();
    let asks = moved(&sending, "asked", Some(request(&sending, "one")));
    desk.commit(&[asks, decided("{\"lines\":[]}")]).await;
    desk.commit(&[answered("first\0")]).await;
    let back = desk.step(&sending, &Event::NotExecuted).await;
    let back = if back.state == State::Ready { back } else { desk.step(&back, &Event::Cleared).await };
    let again = apply(&back, &asked()).unwrap();
    desk.commit(&[moved(&again, "asked", Some(request(&again, "two"))), answered(&"y".repeat(50_000))]).await;
    desk.commit(&[decided(&"z".repeat(300_000))]).await;
    let attempts = desk.ledger.attempts("shop", &id("7")).await.unwrap();
    let seen: Vec<_> = attempts
        .iter()
        .map(|row| {
            let answer = row.answer.as_deref().unwrap_or_default();
            (row.attempt, row.request.body.as_str(), answer.chars().count(), row.decided.as_deref())
        })
        .collect();
    assert_eq!(seen, [(Some(1), "one", 6, Some("{\"lines\":[]}")), (Some(2), "two", 20_000, None)]);
    assert_eq!(attempts[0].answer.as_deref(), Some("first\u{fffd}"));
    assert_eq!(
        (attempts[0].key.clone(), attempts[0].at, attempts[0].request.expected),
        (key, NOW, usd("0.10"))
    );
}
