//! People hear news once: new, solved, never again. A mail server that is away is waited for in `patience`.

use crate::harness::World;

#[tokio::test(flavor = "multi_thread")]
async fn held_orders_are_mailed_in_one_digest_and_not_again_until_they_are_solved() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("85001"));
    world.approved(world.plain("85002"));
    let mut order = world.plain("85003");
    order.shipping_address.city.clear();
    world.approved(order);
    world.sync().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "one digest: {mails:#?}");
    assert_eq!(mails[0].to, ["wholesale@brand.example.com"]);
    for word in ["85001", "85002", "85003", "STOCK_SHORT", "ADDR_INCOMPLETE"] {
        assert!(mails[0].body_text.contains(word), "{word} is not in\n{}", mails[0].body_text);
    }
    assert!(mails[0].subject.contains("3 orders are held"), "{}", mails[0].subject);
    for _ in 0..4 {
        world.sync().await;
    }
    assert_eq!(world.mails().len(), 1, "the same news is told once: {:#?}", world.mails());

    world.set_stock(0, 0, [100, 0]);
    world.sync().await;
    world.sync().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 2, "{mails:#?}");
    assert!(mails[1].body_text.contains("85001"), "{}", mails[1].body_text);
    assert!(mails[1].subject.contains("solved"), "{}", mails[1].subject);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_that_stays_the_same_while_its_numbers_move_is_not_mailed_again() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("85004"));
    world.sync().await;
    world.set_stock(0, 0, [1, 0]);
    for _ in 0..3 {
        world.sync().await;
    }
    world.order("85004").await.must_be("held", &["STOCK_SHORT"]);
    assert_eq!(world.mails().len(), 1, "{:#?}", world.mails());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outages_go_to_those_who_can_end_them() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    world.settings.text("joor", "password", "wrong");
    world.apply().await;
    for _ in 0..3 {
        world.sync_ends_with(4).await;
    }
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert_eq!(mails[0].to, ["it@brand.example.com"]);
    assert!(mails[0].body_text.contains("CONN_JOOR_AUTH"));
    assert!(!mails[0].raw.contains("wrong"));
    world.finish().await;
}
