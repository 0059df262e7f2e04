//! What happens to single orders: odd customers, refusals, a location without goods, an earlier installation, and
//! people who change their minds after the export.

use super::{BACK_OFF, POP_UP, Scene};
use crate::compose::ComposeError;
use crate::demo::clock::DemoClock;
use crate::demo::{BY, MISHAPS, connect, file, found, words};
use crate::engine::one_cycle;
use sandbox::brand::{Brand, ROOMS};
use sandbox::joor::Status;
use sandbox::shopify::{CustomerSeed, Policy, VariantSeed};
use sandbox::{Fault, Sandbox, Service, When};
use serde_json::json;
use std::time::Duration;

/// Exported by a program that is gone, ledger and all.
const OLD: &str = "8100001";

/// An installation before this one exported an order; then its ledger was lost.
pub async fn exported_by_an_earlier_installation(
    clock: &DemoClock,
    sandbox: &Sandbox,
    brand: &Brand,
) -> Result<(), ComposeError> {
    sandbox.joor.add_order(brand.order(OLD, 0).line(brand.line(0, 0, 2)));
    let folder = tempfile::tempdir().map_err(words)?;
    let house = found(folder.path(), sandbox, clock).await?;
    let mut worker = connect(&house, MISHAPS, &file::of_the_mishaps(sandbox, POP_UP)).await?;
    house.ledger.insert_command(MISHAPS, "go_live", "{}", BY, worker.now()).await?;
    one_cycle(&house, &mut worker).await?;
    house.ledger.close().await;
    // Meanwhile the retailer ordered less, and somebody set the order to re-export.
    sandbox.joor.edit_quantity(OLD, 0, 1);
    sandbox.joor.set_to_reexport(OLD);
    Ok(())
}

pub async fn play(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    found_again(scene).await?;
    customers(scene).await?;
    items(scene).await?;
    refusals(scene).await?;
    limits(scene).await?;
    the_fair(scene).await?;
    after_the_export(scene).await?;
    reports(scene).await?;
    out_of_sight(scene).await
}

/// The order of the earlier installation is found in Shopify; a person compares the two and says that it is the one.
async fn found_again(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    scene.fates.push((OLD.to_owned(), "exported"));
    scene.cycle().await?;
    if let Some(order) = scene.sandbox.shop.orders().first() {
        scene.command("link_order", json!({ "order": OLD, "shop_order": order.gid })).await?;
    }
    scene.cycle().await.map(drop)
}

async fn customers(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    // An import left the shop with two customers of one address; a person chooses.
    let twin =
        |id: u64| CustomerSeed { id, email: Some("twin@example.com".to_owned()), ..CustomerSeed::default() };
    scene.sandbox.shop.add_customer(twin(7_099_000_000_021));
    scene.sandbox.shop.add_customer(twin(7_099_000_000_022));
    let mut order = scene.order("8100002", 2, 1);
    order.customer.id = "820001".to_owned();
    order.customer.buyer_email = "twin@example.com".to_owned();
    scene.add(order, "exported");
    scene.cycle().await?;
    let choice = json!({ "order": "8100002", "link_customer": "7099000000022" });
    scene.command("retry", choice).await?;
    // In the moment between looking and creating, somebody else took the e-mail; he gives it back.
    let mut order = scene.order("8100003", 2, 2);
    order.customer.id = "820002".to_owned();
    order.customer.buyer_email = "quick@example.com".to_owned();
    scene.add(order, "exported");
    scene.refuse(
        "CustomerSet",
        "customerSet",
        Some("TAKEN"),
        &["input", "email"],
        "Email has already been taken",
    );
    scene.cycle().await?;
    scene.cycle().await?;
    // A person chooses a customer and mistypes the number.
    let mut order = scene.order("8100004", 2, 3);
    order.customer.id = "820003".to_owned();
    order.customer.buyer_email = "twin@example.com".to_owned();
    scene.add(order, "held");
    scene.cycle().await?;
    let typo = json!({ "order": "8100004", "link_customer": "7099999999999" });
    scene.command("retry", typo).await?;
    scene.cycle().await.map(drop)
}

/// A person says which variant a style is that was made in JOOR; later somebody deletes that variant.
async fn items(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let variant = 7_188_000_000_071;
    scene.sandbox.shop.add_variant(VariantSeed {
        product_id: scene.brand.styles[0].product_id,
        variant_id: variant,
        sku: None,
        barcode: None,
        title: "Sample bag".to_owned(),
        price: scene.brand.styles[0].price,
        policy: Policy::Deny,
        tracked: true,
        stock: vec![(ROOMS[0].id, 9)],
    });
    let made_in_joor = |scene: &Scene<'_>, id: &str| {
        let mut order = scene.order(id, 0, 4);
        let line = &mut order.lines[0];
        (line.sku_id, line.product_id) = ("990071".to_owned(), "99071".to_owned());
        line.product_name = "Sample Bag".to_owned();
        for identifier in [&mut line.style_identifier, &mut line.style_number, &mut line.sku_identifier] {
            identifier.clear();
        }
        (line.upc, line.sku_external_id) = (None, None);
        order
    };
    scene.add(made_in_joor(scene, "8100091"), "exported");
    scene.cycle().await?;
    let link = json!({ "order": "8100091", "line": "990071", "variant": variant.to_string() });
    scene.command("link_item", link).await?;
    scene.cycle().await?;
    scene.sandbox.shop.remove_variant(variant);
    scene.add(made_in_joor(scene, "8100092"), "held");
    scene.cycle().await.map(drop)
}

/// Shopify refuses a create for a reason; a person looks into it and lets it be tried again.
async fn refusals(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let refusals: [(&str, Option<&str>, &[&str], &str); 4] = [
        ("8100011", Some("INVALID"), &["order", "lineItems"], "Line items Unable to reserve inventory"),
        (
            "8100012",
            Some("PROCESSED_AT_INVALID"),
            &["order", "processedAt"],
            "Processed at is not a valid date",
        ),
        (
            "8100013",
            Some("REDUNDANT_CUSTOMER_FIELDS"),
            &["order", "customer"],
            "Only one of the fields may be given",
        ),
        (
            "8100014",
            None,
            &["order", "lineItems", "0", "priceSet"],
            "This product may not be sold below its minimum",
        ),
    ];
    for (id, code, field, message) in refusals {
        let order = scene.order(id, 0, 3);
        scene.add(order, "exported");
        scene.refuse("OrderCreate", "orderCreate", code, field, message);
        scene.cycle().await?;
        scene.command("retry", json!({ "order": id })).await?;
    }
    scene.cycle().await.map(drop)
}

/// A shop that is asked for too much: the budget of a moment, and the orders a minute of a test shop.
async fn limits(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let order = scene.order("8100021", 0, 4);
    scene.add(order, "exported");
    scene.sandbox.faults.script(Service::Shopify, "OrderCreate", When::Next, Fault::Throttled);
    scene.cycle().await?;
    scene.cycle().await?;
    let order = scene.order("8100022", 0, 4);
    scene.add(order, "exported");
    scene.sandbox.shop.configure(|shop| shop.order_quota_per_minute = Some(0));
    scene.cycle().await?;
    scene.sandbox.shop.configure(|shop| shop.order_quota_per_minute = None);
    wait(scene.clock);
    scene.cycle().await.map(drop)
}

/// The pop-up store has nothing yet: one order waits for it, the other cannot be moved there before goods arrive.
async fn the_fair(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let order = scene.order("8100031", 0, 5).collection("FAIR", "Shown at the fair");
    scene.add(order, "held");
    let order = scene.order("8100032", 0, 6).collection("SOLD", "Sold at the fair");
    scene.add(order, "exported");
    scene.cycle().await?;
    scene.sandbox.shop.set_stock(scene.brand.styles[0].variants[6].variant_id, POP_UP, 10);
    wait(scene.clock);
    scene.cycle().await.map(drop)
}

async fn after_the_export(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    for (id, variant) in [("8100041", 7), ("8100042", 7), ("8100043", 7)] {
        let order = scene.order(id, 0, variant);
        scene.add(order, "exported");
    }
    // Between creation and read-back a colleague deletes the product.
    let order = scene.brand.order("8100044", 0).line(scene.brand.line(1, 0, 1));
    scene.add(order, "exported");
    let broken = Fault::Status { code: 503, body: String::new(), headers: Vec::new() };
    scene.sandbox.faults.script(Service::Shopify, "OrdersState", When::Next, broken);
    // Shopify puts the order's address before the customer's own and will not have it back at once.
    let order = scene.order("8100045", 1, 8);
    scene.add(order, "exported");
    scene.cycle().await?;
    scene.sandbox.shop.remove_variant(scene.brand.styles[1].variants[0].variant_id);
    scene.refuse(
        "CustomerUpdateDefaultAddress",
        "customerUpdateDefaultAddress",
        Some("INVALID"),
        &["addressId"],
        "The address is being changed by somebody else",
    );
    wait(scene.clock);
    scene.cycle().await?;
    scene.cycle().await?;
    scene.sandbox.joor.cancel("8100041");
    scene.sandbox.joor.edit_quantity("8100042", 0, 5);
    scene.sandbox.joor.set_status("8100043", Status::Pending);
    scene.cycle().await?;
    scene.sandbox.joor.approve("8100043");
    scene.sandbox.joor.set_to_reexport("8100043");
    scene.cycle().await?;
    scene.cycle().await.map(drop)
}

/// A report does not reach JOOR, and before it is repeated the order is cancelled in Shopify.
async fn reports(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let order = scene.order("8100051", 0, 4);
    scene.add(order, "exported");
    scene.joor_answers("POST bulk_update", When::Next, 503, "", Duration::ZERO);
    scene.cycle().await?;
    let shop_order = scene.shop_order("8100051").await?;
    scene.sandbox.shop.cancel_order(&shop_order, true);
    wait(scene.clock);
    scene.cycle().await.map(drop)
}

/// Older than what the app may see; and deleted in JOOR after it was seen.
async fn out_of_sight(scene: &mut Scene<'_>) -> Result<(), ComposeError> {
    let day = scene.sandbox.clock.today().saturating_sub(jiff::ToSpan::days(60));
    let order = scene.order("8100061", 0, 9).approved_on(day);
    scene.add(order, "exported");
    let mut order = scene.order("8100062", 0, 9);
    order.lines[0].cancelled = true;
    scene.add(order, "closed_by_hand");
    scene.cycle().await?;
    scene.sandbox.shop.configure(|shop| shop.scopes.push("read_all_orders".to_owned()));
    scene.sandbox.joor.remove("8100062");
    scene.cycle().await?;
    let note = "the retailer withdrew it, and it was deleted in JOOR";
    scene.command("close", json!({ "order": "8100062", "note": note })).await?;
    scene.cycle().await.map(drop)
}

fn wait(clock: &DemoClock) {
    clock.leap(BACK_OFF);
}
