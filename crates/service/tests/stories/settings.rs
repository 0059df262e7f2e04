//! Settings: refused as a whole with every error named, and in force for held orders at once.

use crate::harness::World;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_all_named_at_once_and_nothing_is_applied() {
    let mut world = World::start().await;
    let before = world.settings.clone();
    world.settings.text("orders", "stock", "sometimes");
    world.settings.set("orders", "curencies", "[\"USD\"]");
    world.settings.text("note", "template", "{{ nobody }}");
    world.settings.text("tax.rules.GB", "rate", "200%");
    let refused = world.try_apply().await.must_end_with(2);
    let errors = refused.json["errors"].as_array().cloned().unwrap_or_default();
    for key in ["orders.stock", "orders.curencies", "note.template", "tax.rules.GB.rate"] {
        let found = errors.iter().find(|error| error["key"] == key);
        let error = found.unwrap_or_else(|| panic!("{key} is not named: {errors:#?}"));
        for part in ["file", "value", "allowed"] {
            assert!(error[part].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        }
    }
    let exported =
        world.run(&["connection", "export", crate::harness::CONNECTION]).await.must_end_with(0).json;
    assert_eq!(exported["settings_version"], 1);
    world.settings = before;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interval_below_a_minute_is_refused_unless_it_is_a_trial_and_a_trial_stays_on_this_machine() {
    let world = World::start().await;
    let remote = world.settings.toml().replace(&world.sandbox.shopify_url(), "https://brand.myshopify.com");
    let file = world.write_file("remote.toml", &remote);
    let refused = world.run(&["connection", "apply", &file, "--name", "other"]).await.must_end_with(2);
    let errors = refused.json["errors"].to_string();
    assert!(errors.contains("shopify.shop_url") && errors.contains("trial"), "{errors}");

    // The same without --trial.
    let ran = world.run_for_real(&["connection", "apply", &file, "--name", "other"]).await.must_end_with(2);
    let errors = ran.json["errors"].as_array().cloned().unwrap_or_default();
    let keys: Vec<&str> = errors.iter().filter_map(|error| error["key"].as_str()).collect();
    for key in ["schedule.interval", "schedule.quiet_time", "joor.api_url"] {
        assert!(keys.contains(&key), "{key} is not named: {keys:?}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_made_in_a_trial_cannot_work_without_it() {
    let world = World::start().await;
    world.approved(world.plain("78001"));
    let ran = world.run_for_real(&["sync", "--once"]).await;
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(world.shop_orders_of("78001").is_empty());
    world.sync().await;
    world.order("78001").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_output_of_a_trial_says_that_it_is_one() {
    let world = World::start().await;
    for arguments in [["orders", "list"], ["connection", "list"], ["sync", "--once"], ["config", "show"]] {
        let ran = world.run(&arguments).await.must_end_with(0);
        assert_eq!(ran.json["trial"], true, "{arguments:?}");
        assert!(ran.stderr.contains("Trial"), "{arguments:?}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_settings_releases_held_orders_without_a_click() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("78002"));
    world.sync().await;
    world.order("78002").await.must_be("held", &["STOCK_SHORT"]);
    world.settings.text("orders", "stock", "bypass");
    world.apply().await;
    world.sync().await;
    world.order("78002").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_never_shown_again() {
    let world = World::start().await;
    world.approved(world.plain("78003"));
    world.sync().await;
    let folder = world.data_folder();
    for arguments in [
        vec!["connection", "export", "brand"],
        vec!["config", "show", "--origin"],
        vec!["orders", "show", "78003"],
    ] {
        let ran = world.run(&arguments).await.must_end_with(0);
        for secret in ["sandbox-password", "sandbox-client-secret", "shpat_sandbox"] {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{arguments:?}");
        }
    }
    for entry in std::fs::read_dir(folder).expect("the data folder") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for secret in ["sandbox-password", "shpat_sandbox"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands readable in {}", path.display());
        }
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_the_settings_require_holds_orders_without_it() {
    let mut world = World::start().await;
    world.settings.set("orders", "required_fields", "[\"po_number\", \"tax_number\"]");
    world.apply().await;
    world.approved(world.plain("78004"));
    world.sync().await;
    let shown = world.order("78004").await;
    shown.must_be("held", &["SRC_FIELD_MISSING"]);
    assert!(shown.sentence("SRC_FIELD_MISSING").contains("tax_number"));
    world.sandbox.joor.change("78004", |order| order.tax_number = "US-99".to_owned());
    world.sync().await;
    world.order("78004").await.must_be("exported", &[]);
    world.finish().await;
}
