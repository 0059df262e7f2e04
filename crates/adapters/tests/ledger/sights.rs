//! What people read about an order beside its exports.

use super::*;
use adapters::ledger::records::SightRecord;

fn sighted(order: &str, seen: &str) -> Change {
    Change::Sighted { order: id(order), seen: seen.to_owned() }
}

fn deed(order: &str, what: &'static str, detail: &str) -> Change {
    Change::Deed { order: id(order), what, detail: detail.to_owned() }
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
