//! Exports, their versions, requests, events and follow-ups.

use super::*;

#[tokio::test]
async fn every_state_comes_back_as_it_was_stored() {
    let Some(desk) = Desk::new().await else { return };
    let unconfirmed =
        |cause| State::Unconfirmed { deadline: NOW, cause, looks: 3, empty_looks: 2, next_look: LATER };
    let states = [
        State::Seen,
        State::Waiting { until: LATER },
        State::Held,
        State::Skipped,
        State::ClosedByHand,
        State::GivenUp,
        State::Ready,
        State::Sending { epoch: Epoch(5), deadline: LATER },
        unconfirmed(Unclear::NoAnswer),
        unconfirmed(Unclear::Refused),
        State::Exported { order: ShopOrderId::new("gid://shopify/Order/9"), name: "#1009 é".to_owned() },
    ];
    let mut current = desk.open_order("7").await;
    // Forward and backward, so that no column of an earlier state shows through.
    for state in states.iter().chain(states.iter().rev()) {
        let attempts = current.attempts + 1;
        current = Export { state: state.clone(), version: current.version + 1, attempts, ..current };
        desk.commit(&[moved(&current, "held", Some(request(&current, "body")))]).await;
        assert_eq!(desk.stored(&current.key).await.export, current);
        let wanted = ExportQuery { states: vec![state.word()], ..ExportQuery::default() };
        assert_eq!(desk.ledger.exports("shop", &wanted).await.unwrap().len(), 1, "{}", state.word());
    }
    let others = ExportQuery { states: vec!["held", "sending"], ..ExportQuery::default() };
    assert_eq!(desk.ledger.exports("shop", &others).await.unwrap(), []);
}

#[tokio::test]
async fn exports_come_by_order_generation_and_part() {
    let Some(desk) = Desk::new().await else { return };
    desk.commit(&[
        // An export may stand before its order in a commit.
        Change::ExportOpened(export("10", 1, 1)),
        Change::Order(Box::new(order("10"))),
        Change::Order(Box::new(order("9"))),
        Change::ExportOpened(export("9", 2, 1)),
        Change::ExportOpened(export("9", 1, 2)),
        Change::ExportOpened(export("9", 1, 1)),
    ])
    .await;
    let keys = |found: Vec<adapters::ledger::records::ExportRecord>| -> Vec<String> {
        found.iter().map(|record| record.export.key.to_string()).collect()
    };
    let all = desk.ledger.exports("shop", &ExportQuery::default()).await.unwrap();
    assert_eq!(keys(all), ["9/1/1", "9/1/2", "9/2/1", "10/1/1"]);
    let wanted = ExportQuery { order: Some(id("9")), limit: Some(2), ..ExportQuery::default() };
    assert_eq!(keys(desk.ledger.exports("shop", &wanted).await.unwrap()), ["9/1/1", "9/1/2"]);
    let orphan = desk.try_commit(&[Change::ExportOpened(export("11", 1, 1))]).await;
    assert!(matches!(orphan, Err(LedgerError::Store(_))), "an export without its order: {orphan:?}");
}

#[tokio::test]
async fn an_export_is_opened_once_and_its_token_is_there_once() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let refused = desk.try_commit(&[Change::ExportOpened(opened.clone())]).await;
    assert_eq!(refused, Err(LedgerError::Exists("export 7/1/1".to_owned())));
    // Another connection to the same JOOR account would export the same orders once more.
    desk.ledger.create_connection("other", "x", "ada", NOW).await.unwrap();
    let epoch = desk.ledger.take_lease("other", "one", NOW, TTL).await.unwrap().unwrap();
    let changes = [Change::Order(Box::new(order("7"))), Change::ExportOpened(opened)];
    let refused = desk.ledger.commit("other", epoch, NOW, &changes).await;
    let words = "export token sandbox-42-7-1-1 (export 7/1/1 of connection shop)".to_owned();
    assert_eq!(refused, Err(LedgerError::Exists(words)));
    assert_eq!(desk.ledger.order("other", &id("7")).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_made_for_an_older_version_is_refused_with_words() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let held = desk.step(&opened, &Event::Held).await;
    let refused = desk.try_commit(&[moved(&apply(&opened, &Event::Cleared).unwrap(), "cleared", None)]).await;
    let error = refused.unwrap_err();
    assert_eq!(
        error.to_string(),
        "export 7/1/1 is held in version 2 by now, the change was made for version 1"
    );
    assert_eq!(desk.stored(&held.key).await.export, held);
    let unknown = desk.try_commit(&[moved(&export("8", 1, 1), "held", None)]).await;
    assert_eq!(unknown, Err(LedgerError::NotFound("export 8/1/1".to_owned())));
}

#[tokio::test]
async fn every_version_of_an_export_leaves_an_event() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let ready = desk.step(&opened, &Event::Cleared).await;
    desk.step(&ready, &asked()).await;
    let events = desk.ledger.events("shop", &id("7")).await.unwrap();
    let seen: Vec<_> =
        events.iter().map(|e| (e.word.as_str(), e.state.as_str(), e.detail.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("opened", "seen", ""),
            ("cleared", "ready", "cleared happened"),
            ("asked", "sending", "asked happened"),
        ]
    );
    assert!(events.iter().all(|e| e.epoch == desk.epoch.0 && e.at == NOW && e.key == opened.key));
    assert_eq!(desk.ledger.events("shop", &id("8")).await.unwrap(), []);
}

#[tokio::test]
async fn every_request_that_was_written_down_is_kept_and_none_leaves_unwritten() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let ready = desk.step(&opened, &Event::Cleared).await;
    let sending = apply(&ready, &asked()).unwrap();
    let refused = desk.try_commit(&[moved(&sending, "asked", None)]).await;
    assert_eq!(refused, Err(LedgerError::NotFound("the request of export 7/1/1".to_owned())));
    let foreign = Frozen { token: Token::stored("sandbox-42-8-1-1"), ..request(&sending, "one") };
    let refused = desk.try_commit(&[moved(&sending, "asked", Some(foreign))]).await;
    assert!(matches!(refused, Err(LedgerError::Stale { .. })), "{refused:?}");

    let one = request(&sending, "one");
    desk.commit(&[moved(&sending, "asked", Some(one.clone()))]).await;
    assert_eq!(desk.stored(&opened.key).await.request, Some(one.clone()));
    let seen = desk.step(&sending, &Event::NotExecuted).await;
    let ready = desk.step(&seen, &Event::Cleared).await;
    let two = request(&ready, "two");
    desk.commit(&[Change::RequestFrozen { key: ready.key.clone(), request: two.clone() }]).await;
    // The frozen request leaves as it was frozen.
    let sending = apply(&ready, &asked()).unwrap();
    desk.commit(&[moved(&sending, "asked", None)]).await;
    assert_eq!(desk.ledger.requests("shop", &opened.key).await.unwrap(), [one.clone(), two.clone()]);
    let refused =
        desk.try_commit(&[Change::RequestFrozen { key: ready.key.clone(), request: one.clone() }]).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "export 7/1/1 is sending, so its request cannot be replaced any more"
    );
    let unknown =
        desk.try_commit(&[Change::RequestFrozen { key: export("8", 1, 1).key, request: one }]).await;
    assert_eq!(unknown, Err(LedgerError::NotFound("export 8/1/1".to_owned())));
    assert_eq!(desk.stored(&opened.key).await.request, Some(two));
}

#[tokio::test]
async fn an_attempt_is_made_once() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let ready = desk.step(&opened, &Event::Cleared).await;
    let sending = desk.step(&ready, &asked()).await;
    let again = Export { version: sending.version + 1, ..sending };
    let refused = desk.try_commit(&[moved(&again, "asked", Some(request(&again, "body")))]).await;
    assert_eq!(refused, Err(LedgerError::Exists("attempt 1 of export 7/1/1".to_owned())));
}

#[tokio::test]
async fn totals_refusals_and_cancellations_are_kept_beside_the_state() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let refusal = RefusalRecord { fingerprint: "abc".to_owned(), times: 2, at: LATER, told: short() };
    let noted = |refusal| Change::RefusalNoted { key: opened.key.clone(), refusal };
    desk.commit(&[noted(Some(RefusalRecord { times: 1, ..refusal.clone() })), noted(Some(refusal.clone()))])
        .await;
    assert_eq!(desk.stored(&opened.key).await.refusal, Some(refusal));
    let linked = Event::Linked { order: ShopOrderId::new("1"), name: "#1".to_owned() };
    let exported = apply(&opened, &linked).unwrap();
    let change = Change::ExportMoved {
        export: exported.clone(),
        event: "linked",
        detail: String::new(),
        request: None,
        total: Some(usd("99.99")),
    };
    desk.commit_at(LATER, &[change, noted(None)]).await;
    let record = desk.stored(&opened.key).await;
    assert_eq!((record.refusal, record.total, record.cancelled), (None, Some(usd("99.99")), false));
    assert_eq!(record.changed, LATER);
    desk.commit(&[Change::CancelledThere { key: opened.key.clone(), cancelled: true }]).await;
    let record = desk.stored(&opened.key).await;
    assert_eq!((record.cancelled, record.total, record.export), (true, Some(usd("99.99")), exported));
    for change in [
        Change::CancelledThere { key: export("8", 1, 1).key, cancelled: true },
        Change::RefusalNoted { key: export("8", 1, 1).key, refusal: None },
        Change::FollowUp(follow_up("8", FollowUpKind::ReadBack, NOW)),
    ] {
        let refused = desk.try_commit(&[change]).await;
        assert_eq!(refused, Err(LedgerError::NotFound("export 8/1/1".to_owned())));
    }
}

#[tokio::test]
async fn follow_ups_wait_until_they_are_due_and_go_when_done() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let later = follow_up("7", FollowUpKind::MoveToLocation, LATER);
    let now = follow_up("7", FollowUpKind::RestoreAddress, NOW);
    desk.commit(&[Change::FollowUp(later.clone()), Change::FollowUp(now.clone())]).await;
    // Written down with the request, they mean nothing before the order is in Shopify.
    assert_eq!(desk.ledger.follow_ups("shop").await.unwrap(), []);
    let open = desk.ledger.open_steps("shop", FollowUpKind::RestoreAddress).await.unwrap();
    assert_eq!(open, std::slice::from_ref(&now), "asked for by kind, they are there in every state");
    let linked = Event::Linked { order: ShopOrderId::new("gid://shopify/Order/1"), name: "#1".to_owned() };
    desk.step(&opened, &linked).await;
    assert_eq!(desk.ledger.follow_ups_due("shop", NOW).await.unwrap(), std::slice::from_ref(&now));
    assert_eq!(desk.ledger.follow_ups("shop").await.unwrap(), [now.clone(), later.clone()]);
    let tried = FollowUp { tries: 3, due: LATER, ..now };
    desk.commit(&[Change::FollowUp(tried.clone()), Change::FollowUp(FollowUp { done: true, ..later })]).await;
    assert_eq!(desk.ledger.follow_ups("shop").await.unwrap(), std::slice::from_ref(&tried));
    assert_eq!(desk.ledger.open_steps("shop", FollowUpKind::MoveToLocation).await.unwrap(), []);
    desk.commit(&[Change::FollowUpsDropped { key: tried.key }]).await;
    assert_eq!(desk.ledger.follow_ups("shop").await.unwrap(), []);
}
