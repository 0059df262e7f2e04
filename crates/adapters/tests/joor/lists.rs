//! Lists of orders: pages, filters, broken rows, and every kind of bad answer.

use super::*;

#[tokio::test]
async fn a_list_is_read_to_its_short_page_with_the_filter_on_each() {
    let world = new_world(|seen, _| {
        let page: usize = seen.query["page"].parse().unwrap();
        data((0..437).skip((page - 1) * 200).take(200).map(order))
    });
    let filter = OrderFilter {
        status: Some(OrderStatus::Approved),
        export_state: Some(ExportState::Failed),
        approved_from: Some("2026-10-01".parse().unwrap()),
        approved_to: None,
        modified_since: Some("2026-10-02".parse().unwrap()),
    };
    let rows = world.joor.orders(&filter).await.unwrap();
    let found: BTreeSet<String> = rows.iter().map(|row| row.as_ref().unwrap().order.id.to_string()).collect();
    assert_eq!((rows.len(), found.len(), world.calls().len()), (437, 437, 3));
    for seen in world.calls() {
        for (name, value) in [
            ("status", "APPROVED"),
            ("export_status", "FAILED"),
            ("date_approved_start", "2026-10-01"),
            ("last_modified", "2026-10-02"),
            ("page_size", "200"),
        ] {
            assert_eq!(seen.query.get(name).map(String::as_str), Some(value));
        }
        assert_eq!((seen.path.as_str(), seen.query.contains_key("date_approved_end")), ("/v4/orders", false));
    }
}

#[tokio::test]
async fn a_server_that_caps_its_pages_is_read_to_the_end() {
    let world = new_world(|seen, _| {
        let page: usize = seen.query["page"].parse().unwrap();
        data((0..120).skip((page - 1) * 50).take(50).map(order))
    });
    let rows = world.joor.orders(&OrderFilter::default()).await.unwrap();
    assert_eq!((rows.len(), world.calls().len()), (120, 3));
}

#[tokio::test]
async fn a_full_last_page_and_a_server_that_ignores_pages_both_end() {
    let full =
        new_world(|seen, _| if seen.query["page"] == "1" { data((0..200).map(order)) } else { nothing() });
    assert_eq!(
        (full.joor.orders(&OrderFilter::default()).await.unwrap().len(), full.calls().len()),
        (200, 2)
    );
    let deaf = new_world(|_, _| data((0..300).map(order)));
    assert_eq!(
        (deaf.joor.orders(&OrderFilter::default()).await.unwrap().len(), deaf.calls().len()),
        (300, 2)
    );
}

#[tokio::test]
async fn one_broken_order_does_not_hide_the_others() {
    let world = new_world(|_, _| {
        answer(
            200,
            r#"{"data": [{"id": 1, "status": "APPROVED"}, {"id": 2, "status": "APPROVED", "total": {"a": 1}}, "rubbish",
                {"id": 4, "status": "APPROVED"}],
                "errors": [{"status": "BROKEN", "message": "no address", "details": {"id": "4"}}, {"message": "slow today"}]}"#,
        )
    });
    let rows = world.joor.orders(&OrderFilter::default()).await.unwrap();
    let broken: Vec<_> = rows.iter().filter_map(|row| row.as_ref().err()).collect();
    assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 1);
    let told: Vec<(Option<&str>, &str)> =
        broken.iter().map(|row| (row.order.as_ref().map(JoorOrderId::as_str), row.field.as_str())).collect();
    assert_eq!(told, [(Some("2"), "total"), (None, "(row)"), (Some("4"), "errors")]);
    assert_eq!((broken[2].found.as_str(), broken[2].raw.contains("\"id\": 4")), ("BROKEN: no address", true));
}

#[tokio::test]
async fn every_kind_of_bad_answer_has_its_name() {
    type Check = fn(&CallError) -> bool;
    let cases: Vec<(Outcome, Check)> = vec![
        (answer(200, "<!doctype html><p>Sign in"), |e| matches!(e, CallError::Garbled { .. })),
        (answer(200, r#"{"data": [{"id": 1"#), |e| matches!(e, CallError::Garbled { .. })),
        (answer(200, ""), |e| matches!(e, CallError::Garbled { .. })),
        (answer(302, ""), |e| matches!(e, CallError::Garbled { .. })),
        (Err(SendError::TooLarge { limit: 9 }), |e| matches!(e, CallError::Garbled { .. })),
        (answer(500, "oops"), |e| matches!(e, CallError::NoAnswer { .. })),
        (answer(408, ""), |e| matches!(e, CallError::NoAnswer { .. })),
        (Err(SendError::NotSent { reason: "refused".to_owned() }), |e| {
            matches!(e, CallError::NoAnswer { .. })
        }),
        (Err(SendError::Lost { reason: "reset".to_owned() }), |e| matches!(e, CallError::NoAnswer { .. })),
        (
            answer(403, "no orders for you"),
            |e| matches!(e, CallError::Forbidden { missing } if missing[0] == "no orders for you"),
        ),
        (answer(404, ""), |e| matches!(e, CallError::WrongVersion { .. })),
        (
            answer(400, r#"{"errors": [{"status": "BAD", "message": "page_size"}]}"#),
            |e| matches!(e, CallError::Refused { reasons } if reasons[0].code == "BAD" && reasons[0].message == "page_size"),
        ),
        (
            answer(200, r#"{"data": [], "errors": [{"message": "database is down"}]}"#),
            |e| matches!(e, CallError::Refused { reasons } if reasons[0].message == "database is down"),
        ),
    ];
    for (outcome, check) in cases {
        let shown = format!("{outcome:?}");
        let world = new_world(move |_, _| outcome.clone());
        let error = world.joor.orders(&OrderFilter::default()).await.unwrap_err();
        assert!(check(&error), "{shown}: {error:?}");
        assert_eq!(world.calls().len(), 1, "{shown}: nothing is repeated");
    }
}

#[tokio::test]
async fn the_newest_of_a_status_are_one_page_that_is_asked_for_unsorted_where_sorting_is_refused() {
    let sorting = new_world(|_, _| data((0..200).map(order)));
    assert_eq!(sorting.joor.newest_orders(&OrderStatus::Pending).await.unwrap().len(), 200);
    let refusing = new_world(|seen, _| match seen.query.get("sort_by") {
        Some(_) => answer(400, r#"{"errors": [{"status": "BAD", "message": "sort_by"}]}"#),
        None => data([order(1)]),
    });
    assert_eq!(refusing.joor.newest_orders(&OrderStatus::Notes).await.unwrap().len(), 1);
    let asked = |calls: &[Seen]| -> Vec<(Option<String>, Option<String>, Option<String>)> {
        let text = |seen: &Seen, name: &str| seen.query.get(name).cloned();
        calls
            .iter()
            .map(|seen| (text(seen, "status"), text(seen, "sort_by"), text(seen, "sort_order")))
            .collect()
    };
    let some = |text: &str| Some(text.to_owned());
    let sorted = |status| (some(status), some("date_created"), some("DESCENDING"));
    assert_eq!(asked(&sorting.calls()), [sorted("PENDING")]);
    assert_eq!(asked(&refusing.calls()), [sorted("NOTES"), (some("NOTES"), None, None)]);
}
