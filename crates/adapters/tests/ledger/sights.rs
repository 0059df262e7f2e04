//! What people read about an order beside its exports.

use super::*;
use adapters::ledger::records::{SightRecord, WireRecord};
use adapters::witness::Wire;

fn sighted(order: &str, seen: &str) -> Change {
    Change::Sighted { order: id(order), seen: seen.to_owned() }
}

fn deed(order: &str, what: &'static str, detail: &str) -> Change {
    Change::Deed { order: id(order), what, detail: detail.to_owned(), wire: None }
}

#[tokio::test]
async fn what_the_last_check_saw_replaces_what_an_earlier_one_did() {
    let Some(desk) = Desk::new().await else { return };
    // It may stand before its order in a commit, and never without it.
    desk.commit(&[sighted("7", "{\"lines\":[]}"), Change::Order(Box::new(order("7")))]).await;
    let refused = desk.try_commit(&[sighted("8", "{}")]).await;
    assert!(matches!(refused, Err(LedgerError::Store(_))), "{refused:?}");
    let saw = |at: Moment, words: &str| Some(SightRecord { at, words: words.to_owned() });
    assert_eq!(desk.ledger.sight("shop", &id("7")).await.unwrap(), saw(NOW, "{\"lines\":[]}"));
    let text = "{\"lines\":[\"Ροζ 'é\\u0000\"]}";
    desk.commit_at(LATER, &[sighted("7", "{}"), sighted("7", text)]).await;
    assert_eq!(desk.ledger.sight("shop", &id("7")).await.unwrap(), saw(LATER, text));
    assert_eq!(desk.ledger.sight("shop", &id("8")).await.unwrap(), None);
    assert_eq!(desk.ledger.sight("other", &id("7")).await.unwrap(), None);
    // How JOOR shows it since an edit is another text.
    assert_eq!(desk.ledger.edit("shop", &id("7")).await.unwrap(), None);
    for content in ["discount: 5 %", "line 1: 2 × Rose at 10"] {
        let edited = Change::EditSeen { order: id("7"), content: content.to_owned() };
        desk.commit_at(LATER, &[edited]).await;
        assert_eq!(desk.ledger.edit("shop", &id("7")).await.unwrap(), saw(LATER, content));
    }
    assert_eq!(desk.ledger.sight("shop", &id("7")).await.unwrap(), saw(LATER, text));
}

#[tokio::test]
async fn deeds_about_an_order_are_kept_in_their_order() {
    let Some(desk) = Desk::new().await else { return };
    desk.commit(&[
        Change::Order(Box::new(order("7"))),
        Change::Order(Box::new(order("8"))),
        deed("7", "reported_failed", "not enough\0stock"),
        deed("8", "reported_success", "Shopify order #1"),
    ])
    .await;
    desk.commit_at(LATER, &[deed("7", "read_back", &"é".repeat(5000)), deed("7", "moved", "")]).await;
    let deeds = desk.ledger.deeds("shop", &id("7")).await.unwrap();
    let told: Vec<_> =
        deeds.iter().map(|deed| (deed.at, deed.what.as_str(), deed.detail.chars().count())).collect();
    assert_eq!(told, [(NOW, "reported_failed", 16), (LATER, "read_back", 1000), (LATER, "moved", 0)]);
    assert_eq!(desk.ledger.deeds("other", &id("7")).await.unwrap(), []);
    let orphan = desk.try_commit(&[deed("9", "moved", "")]).await;
    assert!(matches!(orphan, Err(LedgerError::Store(_))), "{orphan:?}");
}

#[tokio::test]
async fn commands_and_follow_ups_of_an_order_are_found_by_it_with_what_became_of_them() {
    let Some(desk) = Desk::new().await else { return };
    desk.open_order("7").await;
    let ask = async |verb: &str, arguments: &str| {
        desk.ledger.insert_command("shop", verb, arguments, "ada", NOW).await.unwrap()
    };
    let first = ask("retry", "{\"order\":\"7\"}").await;
    ask("retry", "{\"order\":\"77\"}").await;
    ask("pause", "{}").await;
    let second = ask("close", "{\"order\":\"7\",\"note\":\"7\"}").await;
    let refused = Change::CommandDone { id: first, done: false, words: "it is exported".to_owned() };
    desk.commit_at(LATER, &[refused]).await;
    let found = desk.ledger.commands_of("shop", &id("7")).await.unwrap();
    let told: Vec<_> =
        found.iter().map(|one| (one.id, one.verb.as_str(), one.applied, one.outcome.clone())).collect();
    let outcome = Some((false, "it is exported".to_owned()));
    assert_eq!(told, [(first, "retry", Some(LATER), outcome), (second, "close", None, None)]);
    assert_eq!(desk.ledger.commands_of("other", &id("7")).await.unwrap(), []);
    assert_eq!(desk.ledger.commands_of("shop", &id("")).await.unwrap(), []);

    let done = FollowUp { done: true, ..follow_up("7", FollowUpKind::ReadBack, NOW) };
    let open = follow_up("7", FollowUpKind::MoveToLocation, LATER);
    desk.commit(&[Change::FollowUp(open.clone()), Change::FollowUp(done.clone())]).await;
    assert_eq!(desk.ledger.follow_ups_of("shop", &id("7")).await.unwrap(), [done, open]);
    assert_eq!(desk.ledger.follow_ups_of("shop", &id("8")).await.unwrap(), []);
}

fn wire(request: &str, answer: Option<&str>) -> Wire {
    Wire { request: request.to_owned(), answer: answer.map(str::to_owned) }
}

fn again(order: &str, what: &'static str, detail: &str, wire: Option<Wire>) -> Change {
    Change::DeedAgain { order: id(order), what, detail: detail.to_owned(), wire }
}

#[tokio::test]
async fn what_was_said_at_a_deed_is_kept_beside_it() {
    let Some(desk) = Desk::new().await else { return };
    let asked = |detail: &str| again("7", "asked_to_cancel", detail, None);
    let refused = |order, detail| again(order, "report_refused", detail, Some(wire("{\"n\":1}", None)));
    desk.commit(&[
        Change::Order(Box::new(order("7"))),
        Change::Order(Box::new(order("8"))),
        asked("#1"),
        asked("#2"),
        refused("7", "no"),
        refused("8", "of another order"),
    ])
    .await;
    let long = "é".repeat(30_000);
    let said = wire("{\"n\":3}", Some(&long));
    let (what, detail) = ("asked_to_cancel", "#1".to_owned());
    let wired = Change::DeedWired { order: id("7"), what, detail, wire: said };
    desk.commit_at(LATER, &[wired]).await;
    let deeds = desk.ledger.deeds("shop", &id("7")).await.unwrap();
    let told: Vec<_> =
        deeds.iter().map(|deed| (deed.what.as_str(), deed.detail.as_str(), deed.wired)).collect();
    assert_eq!(
        told,
        [("asked_to_cancel", "#1", true), ("asked_to_cancel", "#2", false), ("report_refused", "no", true)]
    );
    let kept = async |index: usize| desk.ledger.deed_wire("shop", &id("7"), deeds[index].id).await.unwrap();
    let first = kept(0).await.unwrap().wire;
    assert_eq!((first.request.as_str(), first.answer.unwrap().chars().count()), ("{\"n\":3}", 20_000));
    assert_eq!(kept(1).await, None);
    let last = WireRecord { at: NOW, what: "report_refused".to_owned(), wire: wire("{\"n\":1}", None) };
    assert_eq!(kept(2).await, Some(last.clone()));
    let of_words =
        async |words| desk.ledger.wire_of_words("shop", &id("7"), "report_refused", words).await.unwrap();
    assert_eq!((of_words("no").await, of_words("of another order").await), (Some(last), None));
    // Another order's deed is not this one's.
    assert_eq!(desk.ledger.deed_wire("shop", &id("8"), deeds[2].id).await.unwrap(), None);
    assert_eq!(desk.ledger.deeds("shop", &id("8")).await.unwrap()[0].detail, "of another order");
}

#[tokio::test]
async fn what_is_tried_again_and_again_does_not_pile_up() {
    let Some(desk) = Desk::new().await else { return };
    let long = "é".repeat(3_000);
    let refused =
        |words: &str, n: usize| again("7", "report_refused", words, Some(wire(&n.to_string(), None)));
    desk.commit(&[Change::Order(Box::new(order("7"))), deed("7", "read_back", "")]).await;
    desk.commit(&[refused(&long, 1), refused("no", 2)]).await;
    desk.commit_at(LATER, &[refused(&long, 3)]).await;
    let read = async || desk.ledger.deeds("shop", &id("7")).await.unwrap();
    let told: Vec<_> = read().await.iter().map(|one| (one.at, one.detail.chars().count())).collect();
    assert_eq!(told, [(NOW, 0), (NOW, 2), (LATER, 1000)], "the same words are told once, and last");
    // Of words that are new each time, such as those with a time in them, the last ones are kept.
    for n in 0..25 {
        desk.commit_at(LATER, &[refused(&format!("again at {n}"), n)]).await;
    }
    let details: Vec<String> = read().await.into_iter().map(|one| one.detail).collect();
    assert_eq!((details.len(), details[0].as_str()), (11, ""), "{details:?}");
    assert_eq!((details[1].as_str(), details[10].as_str()), ("again at 15", "again at 24"));
}

#[tokio::test]
async fn what_was_said_at_an_event_is_kept_beside_it() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let looked = Export { version: opened.version + 1, ..opened.clone() };
    let wired = |wire| Change::EventWired { key: opened.key.clone(), wire };
    desk.commit(&[moved(&looked, "looked_empty", None), wired(wire("{\"e0\":7}", Some("null")))]).await;
    let next = Export { version: looked.version + 1, ..looked.clone() };
    desk.commit_at(LATER, &[moved(&next, "found", None)]).await;
    let events = desk.ledger.events("shop", &id("7")).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.word.as_str(), event.wired)).collect();
    assert_eq!(told, [("opened", false), ("looked_empty", true), ("found", false)]);
    let of = async |version: i64| desk.ledger.event_wire("shop", &opened.key, version).await.unwrap();
    let kept =
        WireRecord { at: NOW, what: "looked_empty".to_owned(), wire: wire("{\"e0\":7}", Some("null")) };
    assert_eq!(of(looked.version).await, Some(kept));
    assert_eq!((of(next.version).await, of(99).await), (None, None));

    // Of looks that show the same, again and again, the last one tells what was said.
    let more = [3, 4].map(|more| Export { version: next.version + more - 2, ..next.clone() });
    for (export, n) in more.iter().zip(["{\"n\":3}", "{\"n\":4}"]) {
        desk.commit_at(LATER, &[moved(export, "looked_empty", None), wired(wire(n, None))]).await;
    }
    let events = desk.ledger.events("shop", &id("7")).await.unwrap();
    let told: Vec<bool> = events.iter().map(|event| event.wired).collect();
    assert_eq!(told, [false, false, false, false, true]);
    assert_eq!(of(more[1].version).await.unwrap().wire.request, "{\"n\":4}");
}
