//! What a brand's own program does that people do by hand: it looks for customers and items and links them, makes a
//! connection, looks at what other settings would change, and takes a change back.

use super::api::{Script, is_secret};
use super::console::{admin, opened};
use super::console_links::{BAG, add_bag};
use super::items::joor_only;
use crate::harness::{CONNECTION, World};
use sandbox::joor::Status;
use serde_json::{Value, json};

/// The settings of the world as a document, without secrets.
fn document(world: &World) -> String {
    let toml = world.settings.toml();
    toml.lines().filter(|line| !is_secret(line)).map(|line| format!("{line}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_looks_for_an_item_and_a_customer_links_the_item_and_takes_the_link_back() {
    let mut world = World::start().await;
    add_bag(&world);
    world.approved(world.plain("94031").line(joor_only("Sample Bag", "BAG-27")));
    world.approved(world.plain("94032").status(Status::Pending));
    world.sandbox.joor.change("94032", |order| order.date_approved = None);
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let mut viewer = Script::new(&mut admin, "nightly report", "Viewer").await;
    let mut script = Script::new(&mut admin, "warehouse", "Operator").await;
    world.until_order("94031", "held").await.must_be("held", &["ITEM_NOT_FROM_SHOPIFY"]);

    let of_connection = format!("/connections/{CONNECTION}");
    for list in ["items", "customers"] {
        let path = format!("{of_connection}/{list}");
        viewer.ask("GET", &format!("{path}?q=bag"), &json!({})).await.must_be(403);
        let refused = script.ask("GET", &path, &json!({})).await.must_be(400);
        assert_eq!(refused.json["errors"][0]["key"], "q", "{}", refused.json);
    }
    let items = script.get(&format!("{of_connection}/items?q=bag-n")).await;
    let variant = BAG.to_string();
    let bag = &items["items"][0];
    assert_eq!(
        (&bag["variant"], &bag["sku"], &bag["available"]),
        (&json!(variant), &json!("BAG-N"), &json!(50))
    );
    let email = world.brand.retailers[1].email.clone();
    let found = script.get(&format!("{of_connection}/customers?q={}", email.replace('@', "%40"))).await;
    assert_eq!(found["customers"][0]["email"], email, "{found}");
    assert_eq!(
        script.get(&format!("{of_connection}/customers?q=nobody+at+all")).await["customers"],
        json!([])
    );

    let pending = viewer.get(&format!("{of_connection}/pending")).await;
    let one = &pending["orders"][0];
    assert_eq!(
        (&one["preview"]["joor_order"], &one["preview"]["would_be"]),
        (&json!("94032"), &json!("ready"))
    );

    let order = format!("/orders/{CONNECTION}/94031");
    let link = json!({ "line": "Sample Bag-OS", "variant": variant });
    viewer.ask("POST", &format!("{order}/link-item"), &link).await.must_be(403);
    let wrong = json!({ "line": "Sample Bag-OS", "variant": "BAG" });
    script.ask("POST", &format!("{order}/link-item"), &wrong).await.must_be(409);
    let done = script.done("POST", &format!("{order}/link-item"), &link).await;
    assert_eq!((&done["verb"], &done["state"]), (&json!("link_item"), &json!("done")), "{done}");
    world.until_order("94031", "exported").await;
    let undo = json!({ "line": "Sample Bag-OS" });
    let done = script.done("POST", &format!("{order}/unlink-item"), &undo).await;
    assert_eq!((&done["verb"], &done["state"]), (&json!("unlink_item"), &json!("done")), "{done}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_makes_a_connection_of_one_document_and_nothing_is_sent_before_it_goes_live() {
    let mut world = World::preview().await;
    let all = document(&world);
    std::fs::remove_dir_all(world.data_folder()).unwrap();
    if let Some(database) = &world.database {
        database.forget();
    }
    world.run(&["init"]).await.must_end_with(0);
    world.approved(world.plain("94041"));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let mut operator = Script::new(&mut admin, "warehouse", "Operator").await;
    let mut script = Script::new(&mut admin, "set-up", "Admin").await;

    let joor = world.sandbox.joor.options();
    let secrets = json!({
        "joor.client_secret": joor.client_secret,
        "joor.password": joor.password,
        "shopify.access_token": "shpat_sandbox",
    });
    let new = json!({ "name": CONNECTION, "document": all, "secrets": secrets });
    operator.ask("POST", "/connections", &new).await.must_be(403);
    for (wrong, key) in [
        (json!({ "name": "new", "document": all, "secrets": secrets }), "name"),
        (json!({ "name": CONNECTION, "document": all, "secrets": {} }), "joor.client_secret"),
        (json!({ "name": CONNECTION, "document": "", "secrets": secrets }), "joor.account"),
    ] {
        let refused = script.ask("POST", "/connections", &wrong).await.must_be(422);
        let errors = refused.json["errors"].as_array().cloned().unwrap_or_default();
        assert!(errors.iter().any(|error| error["key"] == key), "{key}: {}", refused.json);
    }
    assert_eq!(script.get("/connections").await["connections"], json!([]));
    let made = script.ask("POST", "/connections", &new).await.must_be(200);
    assert_eq!(
        (&made.json["name"], &made.json["state"]),
        (&json!(CONNECTION), &json!("preview")),
        "{}",
        made.json
    );
    script.ask("POST", "/connections", &new).await.must_be(409);
    let other = json!({ "name": "second", "document": all, "secrets": secrets });
    script.ask("POST", "/connections", &other).await.must_be(422);

    world.until_order("94041", "ready").await;
    let live = json!({ "confirm_previous_off": true });
    script.done("POST", &format!("/connections/{CONNECTION}/go-live"), &live).await;
    world.until_order("94041", "exported").await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sees_what_other_settings_would_change_puts_them_in_force_and_takes_that_back() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("94051"));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let mut script = Script::new(&mut admin, "set-up", "Admin").await;
    let mut viewer = Script::new(&mut admin, "nightly report", "Viewer").await;
    world.until_order("94051", "held").await;
    let path = format!("/connections/{CONNECTION}/settings");

    world.settings.text("orders", "stock", "bypass");
    let other = json!({ "document": document(&world) });
    viewer.ask("POST", &format!("{path}/preview"), &other).await.must_be(403);
    let seen = script.ask("POST", &format!("{path}/preview"), &other).await.must_be(200).json;
    let one = &seen["orders"][0];
    assert_eq!((&one["would_be"], &one["would_become"]), (&json!("held"), &json!("ready")), "{seen}");
    assert!(one["changes"].as_array().is_some_and(|changes| !changes.is_empty()), "{seen}");
    script.ask("POST", &format!("{path}/preview"), &json!({ "document": "" })).await.must_be(422);
    // Kept credentials are shown to nobody, and so to no other address either.
    let listens = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listens.set_nonblocking(true).expect("a socket");
    let there = format!("http://{}/token", listens.local_addr().expect("an address"));
    let elsewhere = document(&world).replace(&world.sandbox.joor_token_url(), &there);
    let refused = script.ask("POST", &format!("{path}/preview"), &json!({ "document": elsewhere })).await;
    assert!(
        refused.status >= 400 && refused.json.to_string().contains("another address"),
        "{}",
        refused.json
    );
    assert!(listens.accept().is_err(), "nobody asked there");
    world.order("94051").await.must_be("held", &["STOCK_SHORT"]);

    let before = viewer.get(&path).await["document"].clone();
    let done = script.done("PUT", &path, &other).await;
    assert_eq!(done["state"], "done", "{done}");
    world.until_order("94051", "exported").await;
    let in_force = |history: &Value| -> Vec<(i64, bool)> {
        let versions = history["versions"].as_array().cloned().unwrap_or_default();
        let told = |one: &Value| (one["settings_version"].as_i64().unwrap(), one["in_force"] == true);
        versions.iter().map(told).collect()
    };
    let history = viewer.get(&format!("{path}/history")).await;
    assert_eq!(in_force(&history), [(2, true), (1, false)], "{history}");
    assert!(history["versions"][0]["by"].as_str().is_some_and(|by| by.contains("set-up")), "{history}");

    let undo = format!("{path}/undo");
    viewer.ask("POST", &undo, &json!({ "settings_version": 1 })).await.must_be(403);
    for wrong in [2, 9] {
        script.ask("POST", &undo, &json!({ "settings_version": wrong })).await.must_be(409);
    }
    let done = script.done("POST", &undo, &json!({ "settings_version": 1 })).await;
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(viewer.get(&path).await["document"], before);
    assert_eq!(in_force(&viewer.get(&format!("{path}/history")).await), [(3, true), (2, false), (1, false)]);
    world.finish().await;
}
