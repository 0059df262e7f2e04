//! Mails, customer links, commands and cycles.

use super::*;

fn letter(name: &str) -> Letter {
    Letter {
        to: vec!["a,b@example.com".to_owned(), "\"c\"@example.com".to_owned()],
        subject: "3 orders are held".to_owned(),
        body: "…\n.\n".to_owned(),
        id: name.to_owned(),
    }
}

#[tokio::test]
async fn mails_wait_in_the_outbox_over_a_restart_until_their_end_is_known() {
    let Some(desk) = Desk::new().await else { return };
    let queued = |name: &str| Change::MailQueued { letter: letter(name) };
    desk.commit(&[queued("one"), queued("two")]).await;
    desk.ledger.close().await;
    let ledger = Ledger::open_at(&desk.place()).await.unwrap();
    let due = ledger.mails_due(NOW).await.unwrap();
    assert_eq!(
        due.iter().map(|(name, mail)| (name.as_str(), &mail.letter)).collect::<Vec<_>>(),
        [("shop", &letter("one")), ("shop", &letter("two")),]
    );
    let (one, two) = (due[0].1.id, due[1].1.id);
    let moves = [
        Change::MailMoved { id: one, tries: 1, due: NOW, outcome: Some("sent".to_owned()) },
        Change::MailMoved { id: two, tries: 1, due: LATER, outcome: None },
    ];
    ledger.commit("shop", desk.epoch, NOW, &moves).await.unwrap();
    assert_eq!(ledger.mails_due(NOW).await.unwrap(), []);
    let due = ledger.mails_due(LATER).await.unwrap();
    assert_eq!((due.len(), due[0].1.id, due[0].1.tries), (1, two, 1));
    let all = ledger.mails("shop", 10).await.unwrap();
    assert_eq!(all.iter().map(|mail| mail.outcome.as_deref()).collect::<Vec<_>>(), [None, Some("sent")]);
    assert_eq!(ledger.mails("shop", 1).await.unwrap().len(), 1);
    let twice = ledger.commit("shop", desk.epoch, NOW, &[queued("one")]).await;
    assert_eq!(twice, Err(LedgerError::Exists("letter one".to_owned())));
    let unknown = Change::MailMoved { id: 99, tries: 1, due: NOW, outcome: None };
    let unknown = ledger.commit("shop", desk.epoch, NOW, &[unknown]).await;
    assert_eq!(unknown, Err(LedgerError::NotFound("mail 99".to_owned())));
}

#[tokio::test]
async fn customer_links_are_remembered_and_may_change() {
    let Some(desk) = Desk::new().await else { return };
    let linked = |retailer: &str, customer: &str| Change::CustomerLinked {
        retailer_id: retailer.to_owned(),
        customer: CustomerId::new(customer),
        by: "ada".to_owned(),
    };
    desk.commit(&[linked("r1", "c1"), linked("r2", "c2"), linked("r1", "c3")]).await;
    let links = desk.ledger.customer_links("shop").await.unwrap();
    assert_eq!(
        links.into_iter().collect::<Vec<_>>(),
        [("r1".to_owned(), CustomerId::new("c3")), ("r2".to_owned(), CustomerId::new("c2")),]
    );
}

#[tokio::test]
async fn commands_wait_in_order_and_are_applied_once() {
    let Some(desk) = Desk::new().await else { return };
    let first = desk.ledger.insert_command("shop", "retry", "{\"order\":\"7\"}", "ada", NOW).await.unwrap();
    let second = desk.ledger.insert_command("shop", "close", "{}", "bob", LATER).await.unwrap();
    let pending = desk.ledger.pending_commands("shop").await.unwrap();
    assert_eq!(pending.iter().map(|c| c.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(
        (pending[0].verb.as_str(), pending[0].arguments.as_str(), pending[0].by.as_str()),
        ("retry", "{\"order\":\"7\"}", "ada")
    );
    assert_eq!((pending[0].at, pending[0].outcome.clone()), (NOW, None));
    let done = Change::CommandDone { id: first, done: false, words: "order 7 is exported".to_owned() };
    desk.commit(std::slice::from_ref(&done)).await;
    let found = desk.ledger.command(first).await.unwrap().unwrap();
    assert_eq!(found.outcome, Some((false, "order 7 is exported".to_owned())));
    assert_eq!(desk.ledger.pending_commands("shop").await.unwrap().len(), 1);
    let twice = desk.try_commit(&[done]).await;
    assert_eq!(twice, Err(LedgerError::Exists(format!("the outcome of command {first}"))));
    let unknown = desk.try_commit(&[Change::CommandDone { id: 99, done: true, words: String::new() }]).await;
    assert_eq!(unknown, Err(LedgerError::NotFound("command 99".to_owned())));
    assert_eq!(desk.ledger.command(99).await.unwrap(), None);
    let refused = desk.ledger.insert_command("nobody", "retry", "{}", "ada", NOW).await;
    assert_eq!(refused, Err(LedgerError::NotFound("connection nobody".to_owned())));
}

#[tokio::test]
async fn cycles_come_newest_first_even_within_one_millisecond() {
    let Some(desk) = Desk::new().await else { return };
    let cycle = |outcome: &str| CycleRecord {
        started: NOW,
        finished: LATER,
        outcome: outcome.to_owned(),
        counts: "{\"exported\":3}".to_owned(),
        joor_credits: 7,
        joor_requests: 5,
        shopify_points: 120,
        shopify_requests: 9,
    };
    desk.commit(&[Change::Cycle(cycle("good")), Change::Cycle(cycle("stopped"))]).await;
    assert_eq!(desk.ledger.cycles("shop", 9).await.unwrap(), [cycle("stopped"), cycle("good")]);
    assert_eq!(desk.ledger.cycles("shop", 1).await.unwrap(), [cycle("stopped")]);
}
