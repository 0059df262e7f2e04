//! The order lands on the right customer, and no customer is changed by it.

use crate::harness::{World, in_both_kinds_of_shop, until};
use sandbox::{Fault, When};
use std::time::Duration;

const BY_CODE: &str = "gid://shopify/Customer/7090800000000";

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_customer_is_created_once_for_two_orders_of_one_retailer() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let before = world.sandbox.shop.customers().len();
        for id in ["73001", "73002"] {
            world.approved(world.brand.order(id, 2).line(world.brand.line(0, 0, 1)));
        }
        world.sync().await;
        assert_eq!(world.sandbox.shop.customers().len(), before + 1);
        assert_eq!(world.asked("CustomerSet"), 1);
        let (first, second) = (world.shop_order_of("73001"), world.shop_order_of("73002"));
        assert_eq!(first.customer, second.customer);
        let gid = first.customer.expect("a customer");
        let customer = world.sandbox.shop.customer(&gid).expect("is there");
        let retailer = &world.brand.retailers[2];
        assert_eq!(customer.email.as_deref(), Some(retailer.email.as_str()));
        assert_eq!(customer.tags, ["JOOR"]);
        // And the next order finds it again.
        world.approved(world.brand.order("73003", 2).line(world.brand.line(0, 0, 1)));
        world.sync().await;
        assert_eq!(world.shop_order_of("73003").customer, Some(gid));
        assert_eq!(world.asked("CustomerSet"), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whose_creation_answer_is_lost_is_found_and_not_created_twice() {
    in_both_kinds_of_shop(async |world: &mut World| {
        let before = world.sandbox.shop.customers().len();
        world.approved(world.brand.order("73004", 2).line(world.brand.line(0, 0, 1)));
        world.fault("CustomerSet", When::Next, Fault::LoseReply);
        world.sync_ends_with(4).await;
        world.sync().await;
        world.order("73004").await.must_be("exported", &[]);
        assert_eq!(world.sandbox.shop.customers().len(), before + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_is_found_by_code_and_by_e_mail() {
    let world = World::start().await;
    world.approved(world.plain("73005"));
    world.approved(world.brand.order("73006", 1).line(world.brand.line(0, 0, 1)));
    let before = world.sandbox.shop.customers().len();
    world.sync().await;
    assert_eq!(world.shop_order_of("73005").customer.as_deref(), Some(BY_CODE));
    let by_email = world.shop_order_of("73006").customer.expect("a customer");
    let customer = world.sandbox.shop.customer(&by_email).expect("is there");
    assert_eq!(customer.email.as_deref(), Some(world.brand.retailers[1].email.as_str()));
    assert_eq!(world.sandbox.shop.customers().len(), before);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_changes_its_retailer_while_it_is_worked_on_goes_to_the_new_one() {
    let world = World::start().await;
    world.approved(world.plain("73009"));
    world.fault("CustomersById", When::Next, Fault::Slow(Duration::from_millis(700)));
    let cycle = world.spawn(&["sync", "--once"]);
    until("the customer is looked up", || !world.sandbox.faults.hits().is_empty()).await;
    let other = world.brand.order("73010", 1);
    world.sandbox.joor.change("73009", |order| order.customer = other.customer);
    assert_eq!(cycle.ended().await, 0);
    let gid = world.shop_order_of("73009").customer.expect("a customer");
    let customer = world.sandbox.shop.customer(&gid).expect("is there");
    assert_eq!(customer.email.as_deref(), Some(world.brand.retailers[1].email.as_str()));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_address_that_shopify_overwrites_is_put_back() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.brand.order("73007", 1).line(world.brand.line(0, 0, 1)));
        let email = world.brand.retailers[1].email.clone();
        let default = |world: &World| {
            let customers = world.sandbox.shop.customers();
            let customer = customers.into_iter().find(|customer| customer.email.as_deref() == Some(&email));
            customer.and_then(|customer| customer.default_address).expect("a default address")
        };
        let before = default(world);
        assert!(before.address1.as_deref().is_some_and(|line| line.starts_with("Registered office")));
        world.sync().await;
        world.sync().await;
        assert_eq!(default(world), before);
        world.order("73007").await.must_be("exported", &[]);
    })
    .await;
}

/// The reply to the first order is lost, so the second one of the retailer is written down while the first one's address
/// is the customer's default. What comes back in the end is the customer's own address; the second order's reply may be
/// lost as well.
#[tokio::test(flavor = "multi_thread")]
async fn the_default_address_survives_two_orders_of_one_retailer_that_overlap() {
    in_both_kinds_of_shop(async |world: &mut World| {
        for (first, second, lost) in [("73014", "73015", 1), ("73016", "73017", 2)] {
            let email = world.brand.retailers[1].email.clone();
            let default = |world: &World| {
                let customers = world.sandbox.shop.customers();
                let customer =
                    customers.into_iter().find(|customer| customer.email.as_deref() == Some(&email));
                customer.and_then(|customer| customer.default_address).expect("a default address")
            };
            let before = default(world);
            world.fault("OrderCreate", When::Times(lost), Fault::LoseReply);
            world.approved(world.brand.order(first, 1).line(world.brand.line(0, 0, 1)));
            world.sync().await;
            assert_eq!(world.order(first).await.state(), "unconfirmed");
            assert_ne!(default(world), before);
            world.pass(Duration::from_secs(40));
            let mut order = world.brand.order(second, 1).line(world.brand.line(1, 0, 1));
            order.shipping_address.line_1 = "Door 9".to_owned();
            world.approved(order);
            for _ in 0..3 {
                world.sync().await;
                world.pass(Duration::from_secs(90));
            }
            assert_eq!(default(world), before);
            for id in [first, second] {
                world.order(id).await.must_be("exported", &[]);
            }
        }
    })
    .await;
}

/// Many brands number their retailers themselves. Such a code is none of Shopify's, so the e-mail decides, or the customer
/// is created, once for all orders of the retailer.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_brands_own_leaves_the_customer_to_the_e_mail_or_creates_one() {
    in_both_kinds_of_shop(async |world: &mut World| {
        for (id, retailer) in [("73008", 1), ("73018", 2), ("73028", 2)] {
            let mut order = world.brand.order(id, retailer).line(world.brand.line(0, 0, 1));
            order.customer.code = format!("70{retailer}");
            world.approved(order);
        }
        let before = world.sandbox.shop.customers().len();
        world.sync().await;
        for id in ["73008", "73018", "73028"] {
            world.order(id).await.must_be("exported", &[]);
        }
        let by_email = world.shop_order_of("73008").customer.expect("a customer");
        let customer = world.sandbox.shop.customer(&by_email).expect("is there");
        assert_eq!(customer.email.as_deref(), Some(world.brand.retailers[1].email.as_str()));
        assert_eq!(world.sandbox.shop.customers().len(), before + 1);
        assert_eq!(world.shop_order_of("73018").customer, world.shop_order_of("73028").customer);
    })
    .await;
}

/// What somebody chose is not replaced by a guess when it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_customer_who_is_gone_holds_the_order_until_another_is_chosen() {
    let world = World::start().await;
    let mut order = world.plain("73038");
    order.lines[0].item_price = Some(rust_decimal::Decimal::ONE);
    order.customer.code.clear();
    world.approved(order);
    world.sync().await;
    world.retry("73038", &["--confirm-prices", "--link-customer", "7099999999999"]).await;
    world.sync().await;
    world.order("73038").await.must_be("held", &["CUST_LINK_DEAD"]);
    world.retry("73038", &["--link-customer", "7090800000000"]).await;
    world.sync().await;
    world.order("73038").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_say_which_customer_it_is_once_for_all_orders_of_the_retailer() {
    let mut world = World::start().await;
    world.settings.set("orders", "create_customers", "false");
    world.apply().await;
    for id in ["73009", "73010"] {
        world.approved(world.brand.order(id, 2).line(world.brand.line(0, 0, 1)));
    }
    world.sync().await;
    world.order("73009").await.must_be("held", &["CUST_NOT_FOUND"]);
    world.retry("73009", &["--link-customer", "7090800000000"]).await;
    world.sync().await;
    for id in ["73009", "73010"] {
        world.order(id).await.must_be("exported", &[]);
        assert_eq!(world.shop_order_of(id).customer.as_deref(), Some(BY_CODE));
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_could_ship_to_holds_the_order() {
    let world = World::start().await;
    let mut order = world.plain("73011");
    order.shipping_address.city.clear();
    world.approved(order);
    let mut order = world.plain("73012");
    order.shipping_address.state = "Narnia".to_owned();
    world.approved(order);
    let mut order = world.brand.order("73013", 2).line(world.brand.line(0, 0, 1));
    order.customer.buyer_email = "orders at gull".to_owned();
    order.billing_address.email = "orders at gull".to_owned();
    order.shipping_address.email = "orders at gull".to_owned();
    world.approved(order);
    world.sync().await;
    world.order("73011").await.must_be("held", &["ADDR_INCOMPLETE"]);
    world.order("73012").await.must_be("held", &["ADDR_REGION_UNKNOWN"]);
    world.order("73013").await.must_be("held", &["CUST_EMAIL_INVALID"]);
    for id in ["73011", "73012"] {
        world.sandbox.joor.change(id, |order| {
            order.shipping_address.city = "Portland".to_owned();
            order.shipping_address.state = "Maine".to_owned();
        });
    }
    world.sync().await;
    for id in ["73011", "73012"] {
        world.order(id).await.must_be("exported", &[]);
    }
    world.finish().await;
}
