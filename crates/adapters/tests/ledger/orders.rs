//! Orders, how they are found, and the equation.

use super::*;

#[tokio::test]
async fn an_order_comes_back_as_it_was_stored_and_keeps_when_it_was_first_seen() {
    let Some(desk) = Desk::new().await else { return };
    let full = OrderRecord {
        modified: Some(date(2026, 9, 2)),
        ship_end: Some(date(2027, 2, 28)),
        value: Some(Money::new("0.123".parse().unwrap(), Currency::from_code("KWD").unwrap())),
        last_seen: LATER,
        first_seen: LATER,
        generation: 3,
        track: Track {
            acknowledged: true,
            seen: true,
            undefined_since: Some(LATER),
            left_approved: true,
            approved_at_export: Some(date(2026, 8, 31)),
        },
        reported: Some((ExportState::Failed, "Held [STOCK_SHORT]".to_owned())),
        report_in_flight: true,
        report_tries: 4,
        report_due: Some(LATER),
        exported_content: Some("ROSE-M 6".to_owned()),
        export_anyway: true,
        prices_confirmed: true,
        ..order("7")
    };
    let plain = OrderRecord { value: None, units: None, approved: None, ..order("8") };
    desk.commit(&[Change::Order(Box::new(order("7"))), Change::Order(Box::new(plain.clone()))]).await;
    assert_eq!(desk.ledger.order("shop", &id("7")).await.unwrap(), Some(order("7")));
    desk.commit(&[Change::Order(Box::new(full.clone()))]).await;
    let expected = OrderRecord { first_seen: NOW, ..full };
    assert_eq!(desk.ledger.order("shop", &id("7")).await.unwrap(), Some(expected));
    assert_eq!(desk.ledger.order("shop", &id("8")).await.unwrap(), Some(plain));
    desk.commit(&[Change::ReportDue { order: id("7"), due: None }]).await;
    assert_eq!(desk.ledger.order("shop", &id("7")).await.unwrap().unwrap().report_due, None);
    let refused = desk.try_commit(&[Change::ReportDue { order: id("9"), due: Some(NOW) }]).await;
    assert_eq!(refused, Err(LedgerError::NotFound("order 9".to_owned())));
}

#[tokio::test]
async fn reports_are_found_when_they_are_due() {
    let Some(desk) = Desk::new().await else { return };
    let due = |number: &str, due| OrderRecord { report_due: due, ..order(number) };
    let (first, second) = (due("8", Some(NOW)), due("7", Some(LATER)));
    for order in [&first, &second, &due("9", None)] {
        desk.commit(&[Change::Order(Box::new(order.clone()))]).await;
    }
    assert_eq!(desk.ledger.reports_due("shop", NOW).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(desk.ledger.reports_due("shop", LATER).await.unwrap(), [second, first]);
}

async fn ids_of(desk: &Desk, wanted: OrderQuery) -> Vec<String> {
    let found = desk.ledger.orders("shop", &wanted).await.unwrap();
    found.iter().map(|order| order.id.to_string()).collect()
}

#[tokio::test]
async fn orders_are_found_by_id_state_problem_and_page() {
    let Some(desk) = Desk::new().await else { return };
    let held = desk.open_order("10").await;
    desk.open_order("9").await;
    let cancelled = OrderRecord { status: "cancelled".to_owned(), approved: None, ..order("3") };
    desk.commit(&[Change::Order(Box::new(cancelled)), problems(Some("9"), &[short()])]).await;
    desk.step(&held, &Event::Held).await;
    let all = OrderQuery::default();
    assert_eq!(ids_of(&desk, all.clone()).await, ["9", "10", "3"], "by approval, then as numbers");
    assert_eq!(ids_of(&desk, OrderQuery { limit: Some(1), offset: 1, ..all.clone() }).await, ["10"]);
    let state = |word: &str| OrderQuery { states: vec![word.to_owned()], ..OrderQuery::default() };
    assert_eq!(ids_of(&desk, state("held")).await, ["10"]);
    assert_eq!(ids_of(&desk, state("seen")).await, ["9"]);
    assert_eq!(ids_of(&desk, state("no such state")).await, Vec::<String>::new());
    let both = OrderQuery { states: vec!["held".to_owned(), "seen".to_owned()], ..all.clone() };
    assert_eq!(ids_of(&desk, both).await, ["9", "10"]);
    let problem = |code: &str| OrderQuery { problem: Some(code.to_owned()), ..OrderQuery::default() };
    assert_eq!(ids_of(&desk, problem(short().code)).await, ["9"]);
    assert_eq!(ids_of(&desk, problem(empty().code)).await, Vec::<String>::new());
    let mut ids: Vec<JoorOrderId> = (100..200).map(|number| id(&number.to_string())).collect();
    ids.extend([id("10"), id("9"), id("9"), id("3")]);
    let by_id = OrderQuery { ids: Some(ids), ..all.clone() };
    assert_eq!(ids_of(&desk, by_id.clone()).await, ["9", "10", "3"]);
    assert_eq!(ids_of(&desk, OrderQuery { offset: 1, limit: Some(1), ..by_id.clone() }).await, ["10"]);
    assert_eq!(ids_of(&desk, OrderQuery { states: vec!["held".to_owned()], ..by_id }).await, ["10"]);
    assert_eq!(ids_of(&desk, OrderQuery { ids: Some(Vec::new()), ..all }).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_equation_takes_the_least_finished_part_of_the_current_generation() {
    let Some(desk) = Desk::new().await else { return };
    let exported = Event::Linked { order: ShopOrderId::new("gid://shopify/Order/1"), name: "#1".to_owned() };
    // 1: exported, with nothing open. 2: two parts, one exported. 3: exported, then set to re-export. 4: exported with
    // a problem. 5: exported with a follow-up. 6: approved, but without an export. 7: never approved.
    for number in ["1", "4", "5"] {
        let opened = desk.open_order(number).await;
        desk.step(&opened, &exported).await;
    }
    let first = desk.open_order("2").await;
    desk.commit(&[Change::ExportOpened(export("2", 1, 2))]).await;
    desk.step(&first, &exported).await;
    let earlier = desk.open_order("3").await;
    desk.step(&earlier, &exported).await;
    let again = export("3", 2, 1);
    desk.commit(&[
        Change::Order(Box::new(OrderRecord { generation: 2, value: None, ..order("3") })),
        Change::ExportOpened(again.clone()),
        problems(Some("4"), &[short()]),
        Change::FollowUp(follow_up("5", FollowUpKind::ReadBack, LATER)),
        Change::Order(Box::new(order("6"))),
        Change::Order(Box::new(OrderRecord { status: "pending".to_owned(), ..order("7") })),
    ])
    .await;
    desk.step(&again, &Event::Held).await;
    let value = Some(usd("1200.10"));
    let counted = |state, has_issues, value| domain::orders::equation::Counted {
        state,
        has_issues,
        value,
        units: Some(12),
    };
    let rows = desk.ledger.equation_rows("shop").await.unwrap();
    assert_eq!(
        rows,
        [
            counted("exported", false, value),
            counted("seen", false, value),
            counted("held", false, None),
            counted("exported", true, value),
            counted("exported", true, value),
            counted("seen", false, value),
        ]
    );
}

#[test]
fn the_least_finished_part_speaks_for_the_order() {
    let exported = State::Exported { order: ShopOrderId::new("1"), name: "#1".to_owned() };
    assert_eq!(order_state([&exported, &State::Held, &State::Skipped]), Some("held"));
    assert_eq!(order_state([&exported]), Some("exported"));
    assert_eq!(order_state([]), None);
}
