//! Settings that few brands need, each through the front door: rules by every condition, odd currencies, templates that
//! are checked when saved, labels.

use crate::harness::{World, amount, quoted};
use rust_decimal::Decimal;
use sandbox::joor::{Named, OrderSeed, PriceType};
use sandbox::shopify::OrderView;

/// Conditions in other cases than JOOR writes them; by code and by name.
const RULES: [(&str, &str); 5] = [
    ("by linesheet", "linesheet = [\"elsewhere\", \"ls-7\"]"),
    ("by season", "season = [\"aw27\"]"),
    ("by warehouse", "warehouse = [\"EAST\"]"),
    ("by customer group", "customer_group = [\"key accounts\"]"),
    ("by country", "country = [\"GB\"]"),
];

/// What makes an order match.
type Change = fn(&mut OrderSeed);

fn british(order: &mut OrderSeed) {
    order.billing_address.country = "United Kingdom".to_owned();
    order.billing_address.state = String::new();
    order.billing_address.zip = "WC1N 3LZ".to_owned();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_condition_of_a_rule_matches_by_itself_and_nothing_else_does() {
    let mut world = World::start().await;
    for (name, when) in RULES {
        let name = quoted(name);
        world.settings.rule(&format!("name = {name}\nstock = \"bypass\"\nwhen = {{ {when} }}"));
    }
    world.apply().await;
    world.set_stock(0, 0, [0, 0]);
    let matching: [(&str, Change); 5] = [
        ("97001", |order| order.collection = Named::new("7", "LS-7", "Winter")),
        ("97002", |order| order.season = Named::new("9", "AW27", "Autumn 27")),
        ("97003", |order| order.warehouse = Named::new("2", "east", "Newark")),
        ("97004", |order| order.customer.group = Named::new("4", "KA", "Key Accounts")),
        ("97005", british),
    ];
    for (id, change) in matching {
        let mut order = world.plain(id);
        change(&mut order);
        world.approved(order);
    }
    // Nothing of it, and the right country to ship to only.
    world.approved(world.plain("97006"));
    let mut order = world.plain("97007");
    british(&mut order);
    std::mem::swap(&mut order.billing_address, &mut order.shipping_address);
    world.approved(order);
    world.sync().await;
    for (id, _) in matching {
        world.order(id).await.must_be("exported", &[]);
        assert_eq!(world.shop_order_of(id).inventory_behaviour, "BYPASS", "{id}");
    }
    for id in ["97006", "97007"] {
        world.order(id).await.must_be("held", &["STOCK_SHORT"]);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_matching_rule_wins_and_all_conditions_of_a_rule_must_hold() {
    let mut world = World::start().await;
    world.settings.rule(
        "name = \"British autumn\"\nstock = \"always_claim\"\nwhen = { country = [\"GB\"], season = [\"AW27\"] }",
    );
    world.settings.rule("name = \"Autumn\"\nstock = \"bypass\"\nwhen = { season = [\"AW27\"] }");
    world.settings.rule("name = \"Never reached\"\nstock = \"always_claim\"\nwhen = { season = [\"AW27\"] }");
    // The first rule that says anything about fulfilment stands below those that do not.
    world.settings.rule("name = \"Autumn ships\"\nfulfilment = \"fulfilled\"\nlocation = \"88104001\"\nwhen = { season = [\"AW27\"] }");
    world.apply().await;
    world.set_stock(0, 0, [0, 0]);
    let autumn = |id: &str| {
        let mut order = world.plain(id);
        order.season = Named::new("9", "AW27", "Autumn 27");
        order
    };
    world.approved(autumn("97011"));
    let mut order = autumn("97012");
    british(&mut order);
    world.approved(order);
    let mut order = world.plain("97013");
    british(&mut order);
    world.approved(order);
    world.sync().await;
    for (id, behaviour) in [("97011", "BYPASS"), ("97012", "DECREMENT_IGNORING_POLICY")] {
        let order = world.shop_order_of(id);
        assert_eq!(
            (order.inventory_behaviour.as_str(), order.fulfillment_status.as_str()),
            (behaviour, "FULFILLED")
        );
    }
    world.order("97013").await.must_be("held", &["STOCK_SHORT"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scarce_stock_can_go_to_the_order_that_ships_first() {
    let mut world = World::start().await;
    world.settings.text("orders", "scarce", "ship_window");
    world.apply().await;
    world.set_stock(0, 0, [8, 0]);
    let today = world.sandbox.clock.today();
    let order = |id: &str, approved_before: i64, ships_after: i64| {
        let days = jiff::ToSpan::days;
        let mut order = world.brand.order(id, 0).line(world.brand.line(0, 0, 8));
        order = order.approved_on(today.saturating_sub(days(approved_before)));
        let starts = today.saturating_add(days(ships_after));
        order.window = Some((starts, starts.saturating_add(days(20))));
        order
    };
    world.approved(order("97015", 5, 60));
    world.approved(order("97016", 1, 30));
    world.sync().await;
    world.order("97016").await.must_be("exported", &[]);
    world.order("97015").await.must_be("held", &["STOCK_SHORT"]);
    assert_eq!(world.stock(0, 0), 0);
    world.finish().await;
}

fn taxes(order: &OrderView) -> Decimal {
    let lines = order.lines.iter().flat_map(|line| &line.tax_lines);
    lines.chain(order.shipping_lines.iter().flat_map(|line| &line.tax_lines)).map(|tax| tax.amount).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn dinars_have_three_minor_digits_and_every_price_type_has_its_currency() {
    let mut world = World::start().await;
    world.sandbox.joor.add_price_type(PriceType::new("506", "KWD", "Wholesale"));
    world.settings.set("orders", "currencies", r#"["USD", "EUR", "GBP", "KWD"]"#);
    world.settings.tax("US", "VAT", "5%", true);
    world.apply().await;
    let mut order = world.plain("97021").line(world.brand.line(1, 0, 3)).price_type("506");
    order.lines[0].item_price = Some(amount("14.999"));
    order.lines[1].item_price = Some(amount("12.345"));
    world.approved(order.discount_percent(amount("10")).shipping_price(amount("1.250")));
    for (id, price_type) in [("97022", "502"), ("97023", "503"), ("97024", "501")] {
        world.approved(world.plain(id).price_type(price_type));
    }
    world.sync().await;
    let order = world.shop_order_of("97021");
    // 29.998 + 37.035 = 67.033; less 6.703 (6.7033) and plus 1.250 = 61.580; plus 5 % = 3.079.
    let discount = order.discount.as_ref().map(|_| order.discount_total);
    assert_eq!((order.currency.as_str(), discount), ("KWD", Some(amount("6.703"))));
    assert_eq!((order.tax, taxes(&order), order.total), (amount("3.079"), amount("3.079"), amount("64.659")));
    world.order("97021").await.must_be("exported", &[]);
    for (id, currency) in [("97022", "EUR"), ("97023", "GBP"), ("97024", "USD")] {
        let order = world.shop_order_of(id);
        assert_eq!((order.currency.as_str(), order.total), (currency, amount("95.55")), "{id}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shipping_and_discount_have_the_labels_of_the_settings() {
    let mut world = World::start().await;
    world.settings.text("orders", "shipping_label", "Freight").text("orders", "discount_label", "Show price");
    world.apply().await;
    let mut order = world.plain("97031").discount_percent(amount("12.5")).shipping_price(amount("18"));
    order.shipping_method = Named::new("", "", "");
    world.approved(order);
    world.approved(world.plain("97032").shipping_price(amount("18")));
    world.approved(world.plain("97033"));
    world.sync().await;
    let titles = |id: &str| -> Vec<String> {
        world.shop_order_of(id).shipping_lines.iter().map(|line| line.title.clone()).collect()
    };
    assert_eq!((titles("97031"), titles("97032")), (vec!["Freight".to_owned()], vec!["Ground".to_owned()]));
    let order = world.shop_order_of("97031");
    // 91.00 less 11.38 (11.375), plus 18.00.
    assert_eq!((order.discount_total, order.total), (amount("11.38"), amount("97.62")));
    assert!(format!("{:?}", order.discount).contains("Show price"), "{:?}", order.discount);
    assert_eq!(world.shop_order_of("97033").shipping_total, Decimal::ZERO);
    assert!(world.shop_order_of("97033").discount.is_none());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_of_tags_and_attributes_are_checked_when_they_are_saved() {
    let mut world = World::start().await;
    let before = world.settings.clone();
    world.settings.set("tags", "templates", r#"["{{ season }}", "{{ nobody }}", "{{ season | reverse }}"]"#);
    world.settings.set("attributes", "Door", &quoted("{{ door }"));
    world.settings.set("attributes", "\"Many things\"", &quoted("{% for x in order %}{{ x }}{% endfor %}"));
    let refused = world.try_apply().await.must_end_with(2);
    let errors = refused.json["errors"].as_array().cloned().unwrap_or_default();
    let said = |key: &str, value: &str, allowed: &str| {
        let text =
            |error: &serde_json::Value, part: &str| error[part].as_str().unwrap_or_default().to_owned();
        let found =
            errors.iter().find(|error| text(error, "key") == key && text(error, "value").contains(value));
        let error = found.unwrap_or_else(|| panic!("{key} is not named with {value}: {errors:#?}"));
        assert!(text(error, "allowed").contains(allowed), "{error:#}");
    };
    said("tags.templates", "nobody", "unknown field `nobody`");
    said("tags.templates", "reverse", "reverse");
    said("attributes.Door", "{{ door }", "");
    said("attributes.Many things", "for x", "`{% for %}` is not available");
    assert_eq!(errors.len(), 4, "the good one is not among them: {errors:#?}");
    let kept = world.run(&["connection", "export", crate::harness::CONNECTION]).await.must_end_with(0).json;
    assert_eq!(kept["settings_version"], 1);
    world.settings = before;
    world.finish().await;
}

/// What the order below says in each field that a template can name.
const FIELDS: [(&str, &str); 35] = [
    ("order", "97041"),
    ("po_number", "PO-97041"),
    ("retailer", "Juniper & Oak"),
    ("retailer_code", "7090800000000"),
    ("buyer", "Marta Ellison"),
    ("buyer_email", "marta@juniperoak.example.com"),
    ("payment_terms", "Net 30"),
    ("payment_terms_code", "N30"),
    ("shipping_method", "Ground"),
    ("shipping_method_code", "GRD"),
    ("linesheet", "Winter"),
    ("linesheet_code", "LS-7"),
    ("season", "Spring Summer 2027"),
    ("season_code", "SS27"),
    ("ship_start", "2027-02-01"),
    ("ship_end", "2027-03-15"),
    ("warehouse", "Default"),
    ("warehouse_code", "DEF"),
    ("customer_group", "Boutiques North America"),
    ("customer_group_code", "BTQ-NA"),
    ("company_number", "Juniper Holdings"),
    ("company_number_code", "C-9"),
    ("sales_rep", "Noor Kessler"),
    ("sales_rep_code", "NK"),
    ("event", "Coterie"),
    ("event_code", "COT"),
    ("order_type", "Re-order"),
    ("order_type_code", "RO"),
    ("door", "Fifth Avenue"),
    ("door_code", "D-17"),
    ("comments", "Ring first"),
    ("internal_comments", "Good payer"),
    ("tax_number", "US-99"),
    ("approved", ""),
    ("units", "2"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_note_can_carry_every_field_of_the_order() {
    let mut world = World::start().await;
    let template: String = FIELDS.iter().map(|(name, _)| format!("{name}={{{{ {name} }}}}\n")).collect();
    world.settings.text("note", "template", &template);
    world.apply().await;
    let mut order = world.plain("97041").collection("LS-7", "Winter").comments("Ring first");
    order.internal_comments = "Good payer".to_owned();
    order.tax_number = "US-99".to_owned();
    order.door = Some(Named::new("5", "D-17", "Fifth Avenue"));
    order.window = Some((jiff::civil::date(2027, 2, 1), jiff::civil::date(2027, 3, 15)));
    let named = |name: &str, code: &str| serde_json::json!({ "name": name, "code": code });
    // JOOR shows seasons by their code alone; a name is read where there is one.
    let order = order.raw("season.name", serde_json::json!("Spring Summer 2027"));
    let order = order.raw("company_number", named("Juniper Holdings", "C-9"));
    let order = order.raw("event", serde_json::json!({ "event": "Coterie", "code": "COT" }));
    world.approved(order);
    world.sync().await;
    let note = world.shop_order_of("97041").note.unwrap_or_default();
    let today = world.sandbox.clock.today().to_string();
    let wanted = FIELDS.map(|(name, text)| {
        let text = if name == "approved" { today.as_str() } else { text };
        format!("{name}={text}")
    });
    assert_eq!(note.lines().collect::<Vec<_>>(), wanted.each_ref().map(String::as_str));
    // And the reference lists no other field.
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/settings.md");
    let reference = std::fs::read_to_string(settings).expect("the reference");
    let listed = reference.lines().find(|line| line.starts_with("Fields: ")).expect("the list of fields");
    assert_eq!(listed.matches('`').count(), FIELDS.len() * 2);
    world.finish().await;
}
