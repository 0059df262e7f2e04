//! The client and the sandbox's shop over real HTTP: one life of an order, from set-up to reading back.

use super::{cents, full_draft, plain_draft};
use adapters::clock::SystemClock;
use adapters::http::{BaseUrl, HttpOptions, HttpTransport, Mode};
use adapters::ports::{CallError, Created, CustomerKey, Shop};
use adapters::shopify::{Credentials, ShopClient, ShopConfig};
use adapters::vault::Secret;
use domain::ids::{CustomerId, LocationId, VariantId};
use domain::money::{Currency, Money};
use domain::orders::decide::NewCustomer;
use domain::orders::draft::{Claim, Draft, DraftFulfilment, DraftLine};
use domain::orders::shelf::ShopOrder;
use domain::settings::Payment;
use sandbox::shopify::{CustomerSeed, LocationSeed, Policy, VariantSeed};
use sandbox::{Fault, Sandbox, SandboxOptions, Service, When};
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

async fn world() -> Sandbox {
    let world = Sandbox::start(SandboxOptions::default()).await.unwrap();
    for (id, name) in [(3, "Main"), (4, "Outlet")] {
        world.shop.add_location(LocationSeed { id, name: name.to_owned(), active: true });
    }
    world.shop.add_variant(VariantSeed {
        product_id: 1,
        variant_id: 11,
        sku: Some("ROSE-M".to_owned()),
        barcode: Some("4006381333931".to_owned()),
        title: "M".to_owned(),
        price: cents(2000),
        policy: Policy::Deny,
        tracked: true,
        stock: vec![(3, 5), (4, 7)],
    });
    world.shop.add_customer(CustomerSeed {
        id: 5,
        email: Some("buyer@example.com".to_owned()),
        last_name: Some("Day".to_owned()),
        ..CustomerSeed::default()
    });
    world
}

fn client(world: &Sandbox, credentials: Credentials) -> ShopClient {
    let base_url = BaseUrl::parse(&world.shopify_url(), Mode::Trial).unwrap();
    let transport = HttpTransport::new(HttpOptions::new(Mode::Trial)).unwrap();
    ShopClient::new(
        ShopConfig::new(base_url, credentials),
        Arc::new(transport),
        Arc::new(SystemClock::start()),
    )
}

fn app() -> Credentials {
    Credentials::ClientCredentials { id: "sandbox-client".to_owned(), secret: Secret::new("sandbox-secret") }
}

/// The full draft in the sandbox's currency.
fn dollars() -> Draft {
    let currency = Currency::from_code("USD").unwrap();
    let draft = full_draft();
    Draft { currency, expected: Money::new(draft.expected.amount, currency), ..draft }
}

#[tokio::test]
async fn an_order_lives_from_set_up_to_reading_back() {
    let world = world().await;
    let shop = client(&world, app());
    assert!(!shop.facts().await.unwrap().order_definition);
    shop.define_custom_ids().await.unwrap();
    shop.define_custom_ids().await.unwrap();
    let facts = shop.facts().await.unwrap();
    assert!(facts.order_definition && facts.customer_definition && facts.locations.len() == 2);
    assert_eq!(facts.version_answered, "2026-07");

    let variant = VariantId::from_number("11").unwrap();
    let gone = VariantId::from_number("99").unwrap();
    let variants = shop.variants(&[variant.clone(), gone.clone()]).await.unwrap();
    assert_eq!(variants[&variant].as_ref().unwrap().available.values().sum::<i64>(), 12);
    assert!(variants[&gone].is_none());
    let by_code = shop.variants_by_code(&["ROSE-M".to_owned()], &["nothing".to_owned()]).await.unwrap();
    assert_eq!(by_code.iter().map(|variant| variant.id.number()).collect::<Vec<_>>(), ["11"]);

    let draft = dollars();
    let request = shop.freeze(&draft);
    let looked = shop.find_exports(std::slice::from_ref(&draft.token)).await.unwrap();
    assert!(looked.absent.contains(&draft.token));
    let heard = shop.ask_for_order(&request, PATIENCE).await;
    let Created::Order { order, warnings } = heard.created else { panic!("an order") };
    assert!(heard.answer.is_some_and(|answer| answer.contains(order.id.as_str())), "the answer as it came");
    assert_eq!((order.total, order.currency), (draft.expected.amount, Some(draft.currency)), "{warnings:?}");
    assert_eq!((order.units, order.source_identifier.as_str(), order.paid), (2, draft.token.as_str(), true));

    let found = shop.find_exports(std::slice::from_ref(&draft.token)).await.unwrap();
    // When it was made is told by whoever finds it.
    let made = found.orders[&draft.token].created;
    let age = made.map(|at| world.clock.now().duration_since(at.timestamp()).as_secs());
    assert!(age.is_some_and(|seconds| (0..60).contains(&seconds)), "{made:?}");
    let order = ShopOrder { created: made, ..order };
    assert_eq!(found.orders[&draft.token], order);
    assert_eq!(shop.search_source(&draft.token).await.unwrap(), std::slice::from_ref(&order));
    let state =
        shop.orders(std::slice::from_ref(&order.id)).await.unwrap().remove(&order.id).flatten().unwrap();
    assert_eq!(state.lines, [(Some(variant), 2)]);
    assert!(state.fulfilled && state.customer.unwrap().id.number() == "5");

    assert!(
        matches!(shop.create_order(&request, PATIENCE).await, Created::Refused(_)),
        "its custom id is taken"
    );
    assert_eq!(world.shop.orders().len(), 1);
    assert_eq!(shop.usage().points, world.shop.points_used());
}

#[tokio::test]
async fn customers_are_created_once_and_found_at_once() {
    let world = world().await;
    let shop = client(&world, app());
    shop.define_custom_ids().await.unwrap();
    let new = NewCustomer {
        custom_id: "sandbox-42-900".to_owned(),
        email: "New@Example.com".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: "Day".to_owned(),
        phone: "+12125550100".to_owned(),
        tags: vec!["JOOR".to_owned()],
        address: full_draft().ship_to,
    };
    let made = shop.create_customer(&new).await.unwrap();
    let keys = [
        CustomerKey::Id(CustomerId::from_number("5").unwrap()),
        CustomerKey::Email("new@example.com".to_owned()),
        CustomerKey::CustomId(new.custom_id.clone()),
        CustomerKey::Email("nobody@example.com".to_owned()),
    ];
    let found = shop.customers(&keys).await.unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[&keys[1]][0].id, made.id);
    assert_eq!(found[&keys[2]][0].id, made.id);

    let same_phone =
        NewCustomer { custom_id: "x-1".to_owned(), email: "other@example.com".to_owned(), ..new.clone() };
    shop.create_customer(&same_phone).await.expect("the taken phone is left out");
    let same_email = NewCustomer { custom_id: "x-2".to_owned(), phone: String::new(), ..new };
    let error = shop.create_customer(&same_email).await.unwrap_err();
    assert!(matches!(&error, CallError::Refused { reasons } if reasons[0].code == "TAKEN"), "{error}");

    let address = made.default_address.expect("the address sent along");
    shop.set_default_address(&made.id, &address).await.unwrap();
}

#[tokio::test]
async fn an_unfulfilled_order_is_moved_to_its_location() {
    let world = world().await;
    let shop = client(&world, Credentials::Static(Secret::new("shpat_sandbox")));
    shop.define_custom_ids().await.unwrap();
    let target = LocationId::from_number("4").unwrap();
    let draft = Draft {
        fulfilment: DraftFulfilment::MoveTo(target.clone()),
        payment: Payment::Pending,
        claim: Claim::ObeyingPolicy,
        ..dollars()
    };
    let Created::Order { order, .. } = shop.create_order(&shop.freeze(&draft), PATIENCE).await else {
        panic!("an order")
    };
    let state =
        shop.orders(std::slice::from_ref(&order.id)).await.unwrap().remove(&order.id).flatten().unwrap();
    shop.move_to_location(&state.fulfilment_orders[0].id, &target).await.unwrap();
    let state =
        shop.orders(std::slice::from_ref(&order.id)).await.unwrap().remove(&order.id).flatten().unwrap();
    assert_eq!(state.fulfilment_orders.iter().find_map(|open| open.location.clone()), Some(target));
    assert!(!state.order.paid);
}

#[tokio::test]
async fn short_stock_and_unknown_variants_are_refused() {
    let world = world().await;
    let shop = client(&world, app());
    shop.define_custom_ids().await.unwrap();
    let mut draft = Draft { fulfilment: DraftFulfilment::Unfulfilled, ..dollars() };
    draft.lines[0].quantity = 50;
    let short = shop.create_order(&shop.freeze(&draft), PATIENCE).await;
    assert!(matches!(short, Created::Refused(_)), "{short:?}");
    draft.lines =
        vec![DraftLine { variant: VariantId::from_number("99").unwrap(), ..plain_draft().lines[0].clone() }];
    let unknown = shop.create_order(&shop.freeze(&draft), PATIENCE).await;
    assert!(matches!(unknown, Created::Refused(_)), "{unknown:?}");
    assert!(world.shop.orders().is_empty());
}

#[tokio::test]
async fn broken_answers_over_real_sockets_are_classified() {
    let world = world().await;
    let shop = client(&world, app());
    shop.define_custom_ids().await.unwrap();
    let script = |fault| world.faults.script(Service::Shopify, "OrderCreate", When::Next, fault);
    let mut number = 0;
    let mut request = || {
        number += 1;
        shop.freeze(&Draft { token: super::token(&number.to_string()), ..dollars() })
    };
    script(Fault::Throttled);
    let throttled = shop.create_order(&request(), PATIENCE).await;
    assert!(matches!(throttled, Created::NotExecuted(CallError::Throttled { .. })), "{throttled:?}");
    for fault in [
        Fault::LoseReply,
        Fault::DropBefore,
        Fault::CutBody { keep: 60 },
        Fault::Garbage,
        Fault::Html { code: 502 },
    ] {
        script(fault.clone());
        let heard = shop.ask_for_order(&request(), PATIENCE).await;
        assert!(matches!(heard.created, Created::Unclear { .. }), "{fault:?}: {heard:?}");
        let came = matches!(fault, Fault::Garbage | Fault::Html { .. });
        assert_eq!(heard.answer.is_some(), came, "{fault:?}: {heard:?}");
    }
    world.faults.script(Service::Shopify, "FindOrders", When::Next, Fault::Throttled);
    shop.find_exports(&[super::token("1")]).await.expect("a throttled read is repeated");
}

/// Three times the orders that the bucket pays for: the budget keeps the shop from ever saying no.
#[tokio::test]
async fn creates_at_once_never_overdraw_the_bucket() {
    let mut options = SandboxOptions::default();
    options.shop.bucket_maximum = 100.0;
    options.shop.bucket_restore = 100.0;
    let world = Sandbox::start(options).await.unwrap();
    world.shop.add_variant(VariantSeed {
        product_id: 1,
        variant_id: 11,
        sku: None,
        barcode: None,
        title: "M".to_owned(),
        price: cents(2000),
        policy: Policy::Continue,
        tracked: false,
        stock: Vec::new(),
    });
    let shop = client(&world, app());
    shop.define_custom_ids().await.unwrap();
    let drafts: Vec<_> = (0..30)
        .map(|number| Draft {
            token: super::token(&number.to_string()),
            customer: None,
            fulfilment: DraftFulfilment::Unfulfilled,
            claim: Claim::Nothing,
            ..dollars()
        })
        .map(|draft| shop.freeze(&draft))
        .collect();
    let creates = drafts.iter().map(|request| shop.create_order(request, PATIENCE));
    let created = futures::future::join_all(creates).await;
    let orders = created.iter().filter(|created| matches!(created, Created::Order { .. })).count();
    assert_eq!((orders, shop.usage().throttled), (30, 0));
}
