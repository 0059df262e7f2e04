//! Texts of orders that were settled long ago.

use super::*;
use adapters::ledger::ExportQuery;
use adapters::witness::Wire;

#[tokio::test]
async fn texts_of_settled_orders_go_after_their_time_and_numbers_states_and_totals_stay() {
    let Some(desk) = Desk::new().await else { return };
    let mut exports = Vec::new();
    for (number, state) in ["7", "8"].into_iter().zip([
        State::Exported { order: ShopOrderId::new("gid://shopify/Order/9"), name: "#1009".to_owned() },
        State::Held,
    ]) {
        let opened = desk.open_order(number).await;
        let export = Export { state, version: opened.version + 1, attempts: 1, ..opened };
        let seen = Change::Sighted { order: id(number), seen: "{\"who\":\"Ada\"}".to_owned() };
        let edit = Change::EditSeen { order: id(number), content: "ship to: Ada".to_owned() };
        let request = Some(request(&export, "to Ada"));
        let wire = Wire { request: "{\"to\":\"Ada\"}".to_owned(), answer: Some("{}".to_owned()) };
        let wired = Change::EventWired { key: export.key.clone(), wire: wire.clone() };
        let (what, detail) = ("read_back", "as it was sent".to_owned());
        let deed = Change::Deed { order: id(number), what, detail, wire: Some(wire) };
        desk.commit(&[moved(&export, "created", request), wired, deed, seen, edit]).await;
        exports.push(export);
    }
    assert_eq!(desk.ledger.old_texts("shop", NOW).await.unwrap(), [], "nothing is older than now");
    let old = desk.ledger.old_texts("shop", LATER).await.unwrap();
    assert_eq!(old, [id("7")], "what is open keeps its texts");
    assert_eq!(desk.ledger.old_texts("other", LATER).await.unwrap(), []);
    desk.commit_at(LATER, &[Change::TextsRemoved { order: id("7") }]).await;
    assert_eq!(desk.ledger.old_texts("shop", LATER).await.unwrap(), []);

    // What is done later goes too, with the other side's own words about it.
    let wire = Some(Wire { request: "{}".to_owned(), answer: None });
    let (what, detail) = ("not_moved_to_location", "locked by ada@rose.example".to_owned());
    desk.commit_at(LATER, &[Change::DeedAgain { order: id("7"), what, detail, wire }]).await;
    assert_eq!(desk.ledger.old_texts("shop", LATER).await.unwrap(), [id("7")]);
    desk.commit_at(LATER, &[Change::TextsRemoved { order: id("7") }]).await;
    assert_eq!(desk.ledger.old_texts("shop", LATER).await.unwrap(), []);
    let later = desk.ledger.deeds("shop", &id("7")).await.unwrap();
    let later = later.iter().find(|deed| deed.what == what).unwrap();
    assert_eq!((later.detail.as_str(), later.wired), ("", false));

    let row = desk.ledger.order("shop", &id("7")).await.unwrap().unwrap();
    assert_eq!((row.head.as_str(), row.exported_content), ("", None));
    let stored = desk.stored(&exports[0].key).await;
    assert_eq!((stored.export, stored.request), (exports[0].clone(), None));
    for attempt in desk.ledger.attempts("shop", &id("7")).await.unwrap() {
        assert_eq!((attempt.request.body.as_str(), attempt.answer, attempt.decided), ("", None, None));
        assert!(!attempt.request.fingerprint.is_empty(), "what was sent can still be recognised");
    }
    for (number, wired) in [("7", false), ("8", true)] {
        let deeds = desk.ledger.deeds("shop", &id(number)).await.unwrap();
        assert_eq!((deeds[0].detail.as_str(), deeds[0].wired), ("as it was sent", wired), "{number}");
        let of_deed = desk.ledger.deed_wire("shop", &id(number), deeds[0].id).await.unwrap();
        let events = desk.ledger.events("shop", &id(number)).await.unwrap();
        let last = events.last().unwrap();
        let of_event = desk.ledger.event_wire("shop", &last.key, last.version).await.unwrap();
        let kept = (of_deed.is_some(), last.wired, of_event.is_some());
        assert_eq!(kept, (wired, wired, wired), "{number}");
    }
    assert_eq!(desk.ledger.sight("shop", &id("7")).await.unwrap(), None);
    assert_eq!(desk.ledger.edit("shop", &id("7")).await.unwrap(), None);
    assert!(desk.ledger.sight("shop", &id("8")).await.unwrap().is_some());
    let all = desk.ledger.exports("shop", &ExportQuery::default()).await.unwrap();
    assert_eq!(all.len(), 2);
}
