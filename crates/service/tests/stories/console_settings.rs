//! Connections and settings in the browser: a connection made from nothing, settings that are wrong, previewed, saved and
//! in force, two people at once, and what a browser may never do.

use super::console::{admin, opened};
use super::console_pages::{says, until_page};
use crate::harness::{Browser, CONNECTION, Page, World};
use jiff::ToSpan;

const PAGE: &str = "/connections/brand";
const SETTINGS: &str = "/connections/brand/settings";
const NOTE: &str = "/connections/brand/settings/note";
const NEW: &str = "/connections/new";

/// The fields of a form as a browser without script would send them.
#[derive(Clone, Debug)]
pub struct Filled(Vec<(String, String)>);

impl Filled {
    #[track_caller]
    pub fn of(page: &Page, action: &str) -> Filled {
        let mut fields = Vec::new();
        let marks = [("<input ", ">"), ("<select ", "</select>"), ("<textarea ", "</textarea>")];
        let whole =
            page.between(&format!(r#"<form method="post" action="{action}" class="stack""#), "</form>");
        let mut rest = whole.as_str();
        loop {
            let next = marks.iter().filter_map(|(start, end)| Some((rest.find(start)?, start, end))).min();
            let Some((at, start, end)) = next else { break };
            let tag = &rest[at..];
            let (tag, after) = tag.split_once(end).expect("a tag ends");
            rest = after;
            let (head, body) = tag.split_once('>').unwrap_or((tag, ""));
            let Some(name) = attribute(head, "name") else { continue };
            let is_box = attribute(head, "type").as_deref() == Some("checkbox");
            if is_box && !head.contains(" checked") {
                continue;
            }
            let value = match *start {
                "<input " => attribute(head, "value").unwrap_or_default(),
                "<textarea " => plain(body.strip_prefix('\n').unwrap_or(body)).replace('\n', "\r\n"),
                _ => {
                    let chosen = body.split("<option").skip(1).find(|one| one.contains(" selected"));
                    let first = body.split("<option").nth(1);
                    chosen.or(first).and_then(|one| attribute(one, "value")).unwrap_or_default()
                }
            };
            fields.push((name, value));
        }
        Filled(fields)
    }

    #[track_caller]
    pub fn set(&mut self, name: &str, value: &str) -> &mut Filled {
        let found = self.0.iter().rposition(|(known, _)| known == name);
        match found {
            Some(at) => value.clone_into(&mut self.0[at].1),
            None => panic!("there is no field {name}: {:#?}", self.0),
        }
        self
    }

    fn value(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub async fn send(&self, browser: &mut Browser, action: &str, step: &str) -> Page {
        let mut fields: Vec<(&str, &str)> = self
            .0
            .iter()
            .filter(|(name, _)| name != "csrf")
            .map(|(name, value)| (&**name, &**value))
            .collect();
        fields.push(("step", step));
        browser.post(action, &fields).await
    }
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let (_, rest) = head.split_once(&format!(" {name}=\"")).or_else(|| {
        head.split_once(&format!("{name}=\""))
            .filter(|(before, _)| before.ends_with(' ') || before.is_empty())
    })?;
    Some(plain(rest.split_once('"')?.0))
}

fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, sign) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")] {
        text = text.replace(entity, sign);
    }
    text
}

async fn versions(world: &World) -> i64 {
    world.run(&["connection", "export", CONNECTION]).await.json["settings_version"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_connection_is_made_in_the_browser_step_by_step_and_exports_its_first_order() {
    let mut world = World::preview().await;
    std::fs::remove_dir_all(world.data_folder()).unwrap();
    if let Some(database) = &world.database {
        database.forget();
    }
    world.run(&["init"]).await.must_end_with(0);
    world.approved(world.plain("98001"));
    world.may_be_refused = true;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    admin.get("/").await.must_be(200).must_say("Add a connection").must_say(NEW);

    // Whose credentials are wrong, and what to do; what was typed stays.
    let joor = world.sandbox.joor.options();
    let mut form = Filled::of(&admin.get(NEW).await.must_be(200), NEW);
    for (name, value) in [
        ("name", "new"),
        ("joor.environment", "sandbox"),
        ("joor.api_url", &world.sandbox.joor_api_url()),
        ("joor.token_url", &world.sandbox.joor_token_url()),
        ("joor.account", "not one"),
        ("joor.client_id", &joor.client_id),
        ("joor.client_secret", &joor.client_secret),
        ("joor.username", &joor.username),
    ] {
        form.set(name, value);
    }
    form.set("joor.password", "typed with a wrong name");
    let wrong = form.send(&mut admin, NEW, "joor").await.must_be(200).must_say("is no name for a connection");
    assert!(!wrong.body.contains("typed with a wrong name"), "a password is never shown");
    let mut form = Filled::of(&wrong, NEW);
    assert_eq!((form.value("name"), form.value("joor.password")), ("new", ""));
    let wrong = form.set("name", CONNECTION).send(&mut admin, NEW, "joor").await.must_be(200);
    let wrong = wrong.must_say("letters and digits only").must_say(r#"id="joor.account-wrong""#);
    assert!(!wrong.body.contains(r#"id="joor.password-wrong""#), "it was typed before: {}", wrong.body);
    let mut form = Filled::of(&wrong, NEW);
    assert_eq!(form.value("joor.account"), "not one");
    form.set("joor.account", &joor.account).set("joor.password", "wrong");
    let refused = form.send(&mut admin, NEW, "joor").await.must_be(200);
    let refused = refused.must_say("JOOR does not take these credentials.").must_say("What the test found");
    assert!(!refused.body.contains("value=\"wrong\""), "a password is never shown");
    assert_eq!(world.run(&["connection", "list"]).await.json["connections"], serde_json::json!([]));
    admin.get(NEW).await.must_say("Begun and not finished").must_say("Next is JOOR.");
    let mut form = Filled::of(&refused, NEW);
    form.set("joor.password", &joor.password);
    form.send(&mut admin, NEW, "joor").await.must_be(200).must_say("The address of the shop, and either");

    // Left and taken up again.
    let again = admin.get(&format!("{NEW}?name={CONNECTION}")).await.must_be(200);
    let mut form = Filled::of(&again, NEW);
    form.set("shopify.shop_url", &world.sandbox.shopify_url()).set("shopify.access_token", "shpat_wrong");
    form.send(&mut admin, NEW, "shopify")
        .await
        .must_be(200)
        .must_say("Shopify does not take these credentials.");
    world.sandbox.shop.configure(|shop| shop.scopes.retain(|scope| !scope.contains("inventory")));
    form.set("shopify.access_token", "shpat_sandbox");
    form.send(&mut admin, NEW, "shopify").await.must_be(200).must_say("read_inventory (to check stock)");
    world.sandbox.shop.configure(|shop| shop.scopes = sandbox::ShopOptions::all_scopes());
    let orders = form.send(&mut admin, NEW, "shopify").await.must_be(200).must_say("within 60 seconds");

    // A dry look: nothing is in the ledger, nothing in the shop.
    let mut form = Filled::of(&orders, NEW);
    assert!(form.value("orders.currencies").contains("USD"), "{form:?}");
    let start = world.sandbox.clock.today().saturating_sub(30.days()).to_string();
    // What is wanted for a way to JOOR, and may be left out.
    form.set("orders.order_page", "https://joor.example/orders/{order}");
    form.set("schedule.exported_since", &start).set("alerts.orders", "not an address");
    form.send(&mut admin, NEW, "orders").await.must_say(r#"id="alerts.orders-wrong""#);
    form.set("alerts.orders", "wholesale@brand.example.com");
    // Not asked for in these steps, and taken all the same; no story waits a minute for a cycle.
    form.0.push(("schedule.interval".to_owned(), "1s".to_owned()));
    let looked = form.send(&mut admin, NEW, "orders").await.must_be(200);
    looked.must_say("1 would be sent").must_say("98001").must_say("Create the connection");
    assert_eq!(world.run(&["connection", "list"]).await.json["connections"], serde_json::json!([]));
    assert!(world.sandbox.shop.orders().is_empty());

    form.send(&mut admin, NEW, "create").await.must_lead_to(PAGE);
    admin.get(PAGE).await.must_be(200).must_say("is made and in preview").must_say("Preview");
    assert!(!admin.get(NEW).await.body.contains("Begun and not finished"));
    form.send(&mut admin, NEW, "create").await.must_be(200).must_say("There is a connection brand already.");
    world.until_order("98001", "ready").await;
    assert!(world.sandbox.shop.orders().is_empty());
    admin.get("/activity").await.must_say("Make a connection");

    admin.post(&format!("{PAGE}/go-live"), &[("previous_off", "yes")]).await.must_lead_to(PAGE);
    world.until_order("98001", "exported").await;
    world.shop_order_of("98001");
    let there = "https://joor.example/orders/98001";
    admin.get("/orders/brand/98001").await.must_say("Open in JOOR").must_say(there);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_all_named_at_their_fields_and_nothing_is_applied() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let mut form = Filled::of(&admin.get(SETTINGS).await.must_be(200), SETTINGS);
    for (name, value) in [
        ("schedule.interval", "often"),
        ("orders.fulfilment", "assigned"),
        ("orders.stock", "sometimes"),
        ("orders.rules[1].name", "made to order"),
        ("orders.rules[1].when.country", "Spain"),
        ("tax.rules[1].country", "GB"),
        ("tax.rules[1].name", "VAT"),
        ("tax.rules[1].rate", "200%"),
        ("note.template", "{{ saison }} <script>alert(1)</script>"),
        ("alerts.daily_hour", "25"),
    ] {
        form.set(name, value);
    }
    for step in ["preview", "save"] {
        let page = form.send(&mut admin, SETTINGS, step).await.must_be(200);
        let page = page.must_say("settings are not right yet.").must_say("Nothing was changed.");
        for field in [
            "schedule.interval",
            "orders.fulfilment",
            "orders.location",
            "orders.stock",
            "orders.rules[1].name",
            "orders.rules[1].when.country",
            "tax.rules[1].rate",
            "note.template",
            "alerts.daily_hour",
        ] {
            assert!(page.body.contains(&format!(r#"id="{field}-wrong""#)), "{field}: {}", page.body);
            assert!(
                page.body.contains(&format!(r##"href="#{field}""##)) || field == "orders.location",
                "{field}"
            );
        }
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
        let again = Filled::of(&page, SETTINGS);
        for name in
            ["schedule.interval", "orders.stock", "tax.rules[1].rate", "alerts.daily_hour", "note.template"]
        {
            assert_eq!(again.value(name), form.value(name), "what was typed is still there");
        }
    }
    assert_eq!(versions(&world).await, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_previewed_on_real_orders_saved_and_in_force_in_the_next_cycle() {
    let mut world = World::start().await;
    world.approved(world.plain("98011"));
    world.approved(world.brand.order("98012", 0).line(world.brand.line(1, 1, 3)));
    // The last units: what was exported must not look short of its own goods.
    world.set_stock(0, 0, [2, 0]);
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    for id in ["98011", "98012"] {
        world.until_order(id, "exported").await;
    }
    let creates = world.asked("OrderCreate");
    let first = admin.get(SETTINGS).await.must_be(200).must_say("Preview on the last");
    assert!(!first.body.contains(">Save<"), "nothing is saved before it was seen");
    let mut form = Filled::of(&first, SETTINGS);
    let same = form.send(&mut admin, SETTINGS, "preview").await.must_be(200);
    same.must_say("Of the last 2 orders, none would change.");

    form.set("tags.templates[1].template", "spring-98").set("orders.stock", "bypass");
    form.set("orders.rules[1].name", "big ones").set("orders.rules[1].skip", "true");
    let retailer = world.joor("98012").customer.name.clone();
    form.set("orders.rules[1].when.linesheet", &world.joor("98012").collection.name);
    form.set("last", "1");
    let page = form.send(&mut admin, SETTINGS, "preview").await.must_be(200);
    page.must_say("Of the last 1 order, 1 would change and 0 would stay as they are.");
    form.set("last", "999");
    form.set("orders.rules[1].name", "").set("orders.rules[1].skip", "false");
    form.set("orders.rules[1].when.linesheet", "");
    let page = form
        .send(&mut admin, SETTINGS, "preview")
        .await
        .must_be(200)
        .must_say(&retailer.replace('&', "&#38;"));
    let page = page.must_say("Of the last 2 orders, 2 would change").must_say("spring-98</ins>");
    let page = page.must_say("<del>claimed").must_say("<ins>not claimed</ins>");
    assert!(!page.body.contains("would be held"), "{}", page.body);
    assert_eq!(world.asked("OrderCreate"), creates, "nothing is sent");
    assert_eq!(versions(&world).await, 1, "nothing is stored");

    // What was not seen is not saved.
    let mut form = Filled::of(&page, SETTINGS);
    form.set("tags.templates[1].template", "summer-98");
    let unseen = form.send(&mut admin, SETTINGS, "save").await.must_be(200);
    let unseen = unseen.must_say("not what was previewed last").must_say("summer-98</ins>");
    Filled::of(&unseen, SETTINGS).send(&mut admin, SETTINGS, "save").await.must_lead_to(PAGE);
    world.until_in_force("summer-98").await;
    let page = until_page(&mut admin, PAGE, "version 2", says("Version 2</span> by admin")).await;
    page.must_say(SETTINGS);
    admin.get(SETTINGS).await.must_say("Set in version 2 by admin").must_say("Version 2 is in force.");
    world.approved(world.plain("98013"));
    world.until_order("98013", "exported").await;
    let tags = world.shop_order_of("98013").tags;
    assert!(tags.contains(&"summer-98".to_owned()), "{tags:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_loses_nothing_and_overwrites_nobody() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let mut mine = Filled::of(&admin.get(SETTINGS).await.must_be(200), SETTINGS);
    let mut theirs = mine.clone();
    theirs.set("alerts.daily_hour", "9").set("orders.discount_label", "Theirs");
    let seen = theirs.send(&mut admin, SETTINGS, "preview").await.must_be(200);
    Filled::of(&seen, SETTINGS).send(&mut admin, SETTINGS, "save").await.must_lead_to(PAGE);
    world.until_in_force("Theirs").await;

    mine.set("orders.shipping_label", "Mine");
    let stale = mine.send(&mut admin, SETTINGS, "save").await.must_be(200);
    let stale = stale.must_say("Nothing was saved: admin put version 2 in force meanwhile.");
    let both = Filled::of(&stale, SETTINGS);
    assert_eq!(both.value("settings_version"), "2");
    for (name, value) in
        [("alerts.daily_hour", "9"), ("orders.discount_label", "Theirs"), ("orders.shipping_label", "Mine")]
    {
        assert_eq!(both.value(name), value, "{name}");
    }
    assert_eq!(versions(&world).await, 2);
    both.send(&mut admin, SETTINGS, "save").await.must_lead_to(PAGE);
    world.until_in_force("Mine").await;
    world.until_in_force("Theirs").await;
    let same = Filled::of(&admin.get(SETTINGS).await, SETTINGS).send(&mut admin, SETTINGS, "preview").await;
    Filled::of(&same, SETTINGS).send(&mut admin, SETTINGS, "save").await.must_lead_to(PAGE);
    admin.get(PAGE).await.must_say("so nothing was changed");
    assert_eq!(versions(&world).await, 3);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_makes_the_server_read_no_file_and_sees_no_secret() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let file = world.write_file("secret.txt", "stolen-98");
    let first = admin.get(SETTINGS).await.must_be(200);
    for secret in ["sandbox-password", "shpat_sandbox", "_file\""] {
        assert!(!first.body.contains(secret), "{secret}");
    }
    let mut form = Filled::of(&first, SETTINGS);
    for name in ["joor.password_file", "shopify.access_token_file", "joor.client_secret_file"] {
        form.0.push((name.to_owned(), file.clone()));
    }
    form.set("joor.password", "sandbox-password").set("orders.discount_label", "Trade price");
    let seen = form.send(&mut admin, SETTINGS, "preview").await.must_be(200);
    for secret in ["stolen-98", "sandbox-password", "shpat_sandbox"] {
        assert!(!seen.body.contains(secret), "{secret}");
    }
    // What was typed before the preview is still there when it is saved.
    let sealed = Filled::of(&seen, SETTINGS);
    assert!(sealed.value("sealed:joor.password").starts_with("v1:"), "{sealed:?}");
    sealed.send(&mut admin, SETTINGS, "save").await.must_lead_to(PAGE);
    world.until_in_force("Trade price").await;
    world.approved(world.plain("98021"));
    world.until_order("98021", "exported").await;
    let mut files = 0;
    for file in std::fs::read_dir(world.data_folder()).unwrap() {
        let text = String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned();
        assert!(!text.contains("stolen-98") && !text.contains("sandbox-password"));
        files += 1;
    }
    assert!(files > 1, "the ledger and the key are files");

    // Credentials that belong to nobody are told before anything is saved.
    let mut form = Filled::of(&admin.get(SETTINGS).await, SETTINGS);
    form.set("shopify.client_id", "an app");
    let wrong = form.send(&mut admin, SETTINGS, "preview").await.must_be(200);
    wrong.must_say(r#"id="shopify.client_secret-wrong""#);
    form.set("shopify.access_token", "shpat_other");
    let wrong = form.send(&mut admin, SETTINGS, "preview").await.must_be(200);
    wrong.must_say(r#"id="shopify.access_token-wrong""#).must_say(r#"id="shopify.client_id-wrong""#);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_note_of_a_chosen_order_is_shown_while_its_template_is_written() {
    let mut world = World::start().await;
    let mut order = world.plain("98031");
    order.po_number = "PO-98 <b>".to_owned();
    world.approved(order);
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    world.until_order("98031", "exported").await;
    let page = admin
        .get(SETTINGS)
        .await
        .must_be(200)
        .must_say("data-preview-from=\"/connections/brand/settings/note\"");
    let mut form = Filled::of(&page, SETTINGS);
    assert_eq!(form.value("note_order"), "98031");
    form.set("note.template", "PO: {{ po_number }}\r\n{{ retailer }}");
    let text = form.send(&mut admin, NOTE, "").await.must_be(200);
    let retailer = world.joor("98031").customer.name.clone();
    assert_eq!(text.body, format!("PO: PO-98 <b>\n{retailer}"));
    assert!(text.header("content-type").starts_with("text/plain"), "{}", text.header("content-type"));
    form.set("note.template", "{{ ponumber }}");
    form.send(&mut admin, NOTE, "")
        .await
        .must_be(200)
        .must_say("unknown field `ponumber`; fields are: order,");
    // The same without script, with the fields that there are and their values.
    form.set("note.template", "PO: {{ po_number }}");
    let shown =
        form.send(&mut admin, SETTINGS, "note").await.must_be(200).must_say("PO: PO-98 &#60;b&#62;</pre>");
    shown.must_say("<dt class=\"mono\">retailer_code</dt>");
    let other = admin.post(NOTE, &[("note_order", "1"), ("note.template", "x")]).await.must_be(200);
    other.must_say("knows no order 1.");
    assert_eq!(versions(&world).await, 1);
    world.finish().await;
}
