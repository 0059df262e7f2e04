//! Leases and epochs: who may write, and that a commit is stored as a whole or not at all.

use super::*;

#[tokio::test]
async fn a_lease_is_taken_over_only_after_it_ran_out_and_every_taking_is_a_new_epoch() {
    let Some(desk) = Desk::new().await else { return };
    let Desk { ledger, epoch, .. } = &desk;
    let epoch = *epoch;
    assert_eq!(epoch, Epoch(1));
    assert_eq!(ledger.take_lease("shop", "two", NOW, TTL).await.unwrap(), None);
    assert!(ledger.renew_lease("shop", epoch, LATER, TTL).await.unwrap());
    assert_eq!(ledger.take_lease("shop", "two", LATER, TTL).await.unwrap(), None, "it was renewed");
    let over = desk.leases_end().await;
    assert_eq!(ledger.take_lease("shop", "two", over, TTL).await.unwrap(), Some(Epoch(2)));
    assert_eq!(ledger.take_lease("shop", "two", over, TTL).await.unwrap(), Some(Epoch(3)), "by itself");
    assert!(!ledger.renew_lease("shop", epoch, over, TTL).await.unwrap(), "it is somebody else's");
    ledger.release_lease("shop", epoch, over).await.unwrap();
    assert_eq!(
        ledger.take_lease("shop", "three", over, TTL).await.unwrap(),
        None,
        "a stale release frees nothing"
    );
    ledger.release_lease("shop", Epoch(3), over).await.unwrap();
    assert!(!ledger.renew_lease("shop", Epoch(3), over, TTL).await.unwrap(), "it was given back");
    assert_eq!(ledger.take_lease("shop", "three", over, TTL).await.unwrap(), Some(Epoch(4)));
    let refused = ledger.take_lease("nobody", "three", over, TTL).await;
    assert_eq!(refused, Err(LedgerError::NotFound("connection nobody".to_owned())));
}

#[tokio::test]
async fn a_worker_whose_lease_was_taken_over_can_record_nothing() {
    let Some(desk) = Desk::new().await else { return };
    let over = desk.leases_end().await;
    desk.ledger.take_lease("shop", "two", over, TTL).await.unwrap().unwrap();
    let refused = desk.try_commit(&[Change::Order(Box::new(order("7")))]).await;
    assert_eq!(refused, Err(LedgerError::Fenced { connection: "shop".to_owned(), epoch: 1 }));
    assert_eq!(desk.ledger.order("shop", &id("7")).await.unwrap(), None);
    let refused = desk.ledger.commit("nobody", desk.epoch, NOW, &[Change::Paused(true)]).await;
    assert_eq!(refused, Err(LedgerError::NotFound("connection nobody".to_owned())));
}

#[tokio::test]
async fn one_refused_change_takes_all_others_of_its_commit_back() {
    let Some(desk) = Desk::new().await else { return };
    let opened = desk.open_order("7").await;
    let refused = desk
        .try_commit(&[
            Change::Order(Box::new(order("8"))),
            Change::ExportOpened(export("8", 1, 1)),
            problems(Some("8"), &[short()]),
            Change::Paused(true),
            moved(&Export { version: 9, ..opened }, "held", None),
        ])
        .await;
    assert!(matches!(refused, Err(LedgerError::Stale { .. })), "{refused:?}");
    assert_eq!(desk.ledger.order("shop", &id("8")).await.unwrap(), None);
    assert_eq!(desk.ledger.exports("shop", &ExportQuery::default()).await.unwrap().len(), 1);
    assert_eq!(desk.open_problems().await, []);
    assert!(!desk.ledger.connection("shop").await.unwrap().unwrap().paused);
}
