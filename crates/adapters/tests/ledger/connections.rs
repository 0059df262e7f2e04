//! Connections, their settings and secrets.

use super::*;

#[tokio::test]
async fn a_new_connection_is_a_preview_that_is_due_at_once_and_is_there_once() {
    let Some(desk) = Desk::new().await else { return };
    let refused = desk.ledger.create_connection("shop", "x", "bob", NOW).await;
    assert_eq!(refused, Err(LedgerError::Exists("connection shop".to_owned())));
    desk.ledger.create_connection("another", "y", "bob", LATER).await.unwrap();
    let found = desk.ledger.connections().await.unwrap();
    assert_eq!(found.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["another", "shop"]);
    let fresh = &found[0];
    assert_eq!((fresh.settings.as_str(), fresh.settings_version), ("y", 1));
    assert_eq!((fresh.created, fresh.next_due, fresh.epoch), (LATER, LATER, 0));
    assert_eq!((fresh.live_since, fresh.paused, fresh.lease_owner.clone()), (None, false, None));
    assert_eq!(desk.ledger.connection("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn what_a_cycle_learns_of_a_connection_is_kept() {
    let Some(desk) = Desk::new().await else { return };
    let day: Date = date(2026, 9, 21);
    desk.commit(&[
        Change::NextDue(LATER),
        Change::LastGood(NOW),
        Change::LastDaily(day),
        Change::ShopIdentity("gid://shopify/Shop/1".to_owned()),
        Change::Live { since: Some(NOW) },
        Change::Paused(true),
    ])
    .await;
    let found = desk.ledger.connection("shop").await.unwrap().unwrap();
    assert_eq!((found.next_due, found.last_good, found.last_daily), (LATER, Some(NOW), Some(day)));
    assert_eq!(
        (found.shop_id.as_deref(), found.live_since, found.paused),
        (Some("gid://shopify/Shop/1"), Some(NOW), true)
    );
    desk.commit(&[Change::Live { since: None }, Change::Paused(false)]).await;
    let found = desk.ledger.connection("shop").await.unwrap().unwrap();
    assert_eq!((found.live_since, found.paused), (None, false));
}

#[tokio::test]
async fn every_settings_version_is_kept_with_who_and_when() {
    let Some(desk) = Desk::new().await else { return };
    desk.commit_at(LATER, &[Change::Settings { document: "interval = 90".to_owned(), by: "bob".to_owned() }])
        .await;
    let found = desk.ledger.connection("shop").await.unwrap().unwrap();
    assert_eq!((found.settings.as_str(), found.settings_version), ("interval = 90", 2));
    let versions = desk.ledger.setting_versions("shop").await.unwrap();
    let seen: Vec<_> =
        versions.iter().map(|v| (v.version, v.document.as_str(), v.by.as_str(), v.at)).collect();
    assert_eq!(seen, [(1, "interval = 60", "ada", NOW), (2, "interval = 90", "bob", LATER)]);
}

#[tokio::test]
async fn secrets_belong_to_a_connection_and_the_last_one_counts() {
    let Some(desk) = Desk::new().await else { return };
    desk.ledger.put_secret("shop", "joor", "sealed one", NOW).await.unwrap();
    desk.ledger.put_secret("shop", "joor", "sealed two", LATER).await.unwrap();
    desk.ledger.put_secret("shop", "shopify", "sealed three", NOW).await.unwrap();
    let found = desk.ledger.secrets("shop").await.unwrap();
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [("joor".to_owned(), "sealed two".to_owned()), ("shopify".to_owned(), "sealed three".to_owned()),]
    );
    let refused = desk.ledger.put_secret("nobody", "joor", "x", NOW).await;
    assert_eq!(refused, Err(LedgerError::NotFound("connection nobody".to_owned())));
}
