//! Mails, customer links, commands and cycles.

use super::*;
use domain::problem::LineRef;

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
async fn item_links_are_remembered_with_who_said_so_may_change_and_may_be_taken_back() {
    let Some(desk) = Desk::new().await else { return };
    let sku = |sku: &str| JoorSkuId::new(sku);
    let linked = |id: &str, variant: &str, by: &str| Change::ItemLinked {
        sku: sku(id),
        variant: VariantId::new(variant),
        by: by.to_owned(),
    };
    // A customer's link of the same id is another one.
    let customer = Change::CustomerLinked {
        retailer_id: "k1".to_owned(),
        customer: CustomerId::new("c1"),
        by: "ada".to_owned(),
    };
    let linking = [linked("k1", "v1", "ada"), linked("k2", "v2", "ada"), customer, linked("k1", "v3", "bob")];
    desk.commit(&linking).await;
    let record = |variant: &str, by: &str| ItemLinkRecord {
        link: ItemLink { variant: VariantId::new(variant), by: by.to_owned() },
        at: NOW,
    };
    let links = async || desk.ledger.item_links("shop").await.unwrap().into_iter().collect::<Vec<_>>();
    assert_eq!(links().await, [(sku("k1"), record("v3", "bob")), (sku("k2"), record("v2", "ada"))]);
    let back = [Change::ItemUnlinked { sku: sku("k1") }, Change::ItemUnlinked { sku: sku("nobody") }];
    desk.commit(&back).await;
    assert_eq!(links().await, [(sku("k2"), record("v2", "ada"))]);
    assert_eq!(desk.ledger.item_links("other").await.unwrap().len(), 0);
    assert_eq!(desk.ledger.customer_links("shop").await.unwrap().len(), 1);
}

#[tokio::test]
async fn orders_of_a_retailer_that_wait_for_a_customer_are_found() {
    let Some(desk) = Desk::new().await else { return };
    let told = |code: &str| Told { code: Problem::known_code(code).unwrap(), ..held() };
    let problems = [
        ("1", "r1", "CUST_NOT_FOUND"),
        ("2", "r1", "CUST_AMBIGUOUS"),
        ("3", "r2", "CUST_NOT_FOUND"),
        ("4", "r1", "STOCK_SHORT"),
        ("5", "r1", "CUST_LINK_DEAD"),
    ];
    for (id, retailer, code) in problems {
        let id = JoorOrderId::new(id);
        let mut order = OrderRecord::blank(id.clone(), NOW);
        order.retailer_id = retailer.to_owned();
        let told = vec![told(code), told("ADDR_INCOMPLETE")];
        desk.commit(&[Change::Order(Box::new(order)), Change::Problems { order: Some(id), told }]).await;
    }
    let closed = Change::ProblemClosed { order: Some(JoorOrderId::new("5")), code: "CUST_LINK_DEAD" };
    desk.commit(&[closed]).await;
    let waiting = async |connection: &str, retailer: &str| {
        let found = desk.ledger.orders_without_customer(connection, retailer).await.unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(waiting("shop", "r1").await, ["1", "2"]);
    assert_eq!(waiting("shop", "r2").await, ["3"]);
    assert_eq!(waiting("shop", "").await, [""; 0]);
    assert_eq!(waiting("other", "r1").await, [""; 0]);
}

#[tokio::test]
async fn orders_that_wait_for_an_item_are_found_by_what_their_problems_call_it() {
    let Some(desk) = Desk::new().await else { return };
    let line = |name: &str| LineRef { label: name.to_owned(), ..LineRef::default() };
    let unknown = |names: &[&str]| {
        let lines: Vec<LineRef> = names.iter().map(|name| line(name)).collect();
        Problem::ItemNotFromShopify { total: lines.len(), lines }.told("1")
    };
    let several = |name: &str| Problem::ItemAmbiguous { lines: vec![(line(name), Vec::new())] }.told("1");
    let removed = |name: &str| Problem::ItemRemoved { lines: vec![line(name)] }.told("1");
    let problems = [
        ("1", vec![unknown(&["Bag", "Cap"])]),
        ("2", vec![several("Bag"), unknown(&["Bag"])]),
        ("3", vec![removed("Bag")]),
        ("4", vec![unknown(&["Cap"])]),
    ];
    for (id, told) in problems {
        let order = Change::Order(Box::new(order(id)));
        desk.commit(&[order, Change::Problems { order: Some(JoorOrderId::new(id)), told }]).await;
    }
    let closed = Change::ProblemClosed {
        order: Some(JoorOrderId::new("4")),
        code: Problem::known_code("ITEM_NOT_FROM_SHOPIFY").unwrap(),
    };
    desk.commit(&[closed]).await;
    let found = desk.ledger.orders_without_item("shop").await.unwrap();
    let said: Vec<String> = found
        .iter()
        .map(|(item, orders)| {
            let orders: Vec<String> = orders.iter().map(ToString::to_string).collect();
            format!("{item}: {}", orders.join(" "))
        })
        .collect();
    assert_eq!(said, ["Bag: 1 2", "Cap: 1"]);
    assert!(desk.ledger.orders_without_item("other").await.unwrap().is_empty());
}

fn held() -> Told {
    Problem::OrdEmpty { rows: 1 }.told("1")
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
