//! The API as a brand's own program uses it: with a token that an admin made, from finding orders to changing settings.
//! That every route refuses whom it should is walked in the program's own tests.

use super::console::{admin, opened};
use crate::harness::{BOUND, Browser, CONNECTION, World, quoted};
use serde_json::{Value, json};
use std::time::Duration;

/// A program with its token.
pub struct Script {
    browser: Browser,
    token: String,
}

/// What it was answered.
pub struct Answer {
    pub status: u16,
    pub json: Value,
    location: String,
}

impl Answer {
    #[track_caller]
    pub fn must_be(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.json);
        self
    }
}

impl Script {
    /// With a new token of this role.
    pub async fn new(admin: &mut Browser, name: &str, role: &str) -> Script {
        admin.get("/people").await.must_be(200);
        let made = admin.post("/people/tokens", &[("name", name), ("role", role)]).await.must_be(200);
        let token = made.between(r#"id="secret" tabindex="0">"#, "<");
        let mut browser = admin.clone();
        browser.cookies.clear();
        Script { browser, token }
    }

    pub async fn ask(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        let (sign, body) = (format!("Bearer {}", self.token), body.to_string());
        let headers = [("Authorization", sign.as_str()), ("Content-Type", "application/json")];
        let page = self.browser.send(method, &format!("/api/v1{path}"), &headers, &body).await;
        assert_eq!(page.header("set-cookie"), "", "the API knows no cookies");
        let json = serde_json::from_str(&page.body).unwrap_or_else(|_| panic!("no JSON: {}", page.body));
        Answer { status: page.status, json, location: page.location() }
    }

    pub async fn get(&mut self, path: &str) -> Value {
        self.ask("GET", path, &json!({})).await.must_be(200).json
    }

    /// Asks for something and waits for what becomes of it.
    pub async fn done(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let noted = self.ask(method, path, body).await.must_be(202);
        let outcome =
            noted.location.strip_prefix("/api/v1").expect("it says where the outcome is").to_owned();
        assert_eq!(noted.json["outcome"], noted.location);
        let watch = async {
            loop {
                let command = self.get(&outcome).await;
                if command["state"] != "noted" {
                    return command;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(BOUND, watch).await.expect("the next cycle applies it")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_finds_a_held_order_answers_its_question_and_sees_it_exported() {
    let mut world = World::start().await;
    world.set_stock(0, 1, [0, 0]);
    world.set_stock(1, 1, [0, 0]);
    world.approved(world.plain("94001"));
    world.approved(world.brand.order("94002", 0).line(world.brand.line(0, 1, 1)));
    world.approved(world.brand.order("94003", 0).line(world.brand.line(1, 1, 1)));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let mut viewer = Script::new(&mut admin, "nightly report", "Viewer").await;
    let mut script = Script::new(&mut admin, "warehouse", "Operator").await;
    world.until_order("94001", "exported").await;
    world.until_order("94002", "held").await;
    world.until_order("94003", "held").await;

    let all = viewer.get("/orders?limit=1&sort=number").await;
    assert_eq!((&all["total"], &all["next_page"]), (&json!(3), &json!(2)), "{all}");
    assert_eq!(all["orders"][0]["joor_order"], "94001");
    let rest = viewer.get("/orders?limit=1&sort=number&page=3").await;
    assert_eq!((&rest["orders"][0]["joor_order"], &rest["next_page"]), (&json!("94003"), &Value::Null));
    let held = viewer.get("/orders?state=held,waiting&code=stock_short&q=94002").await;
    assert_eq!(held["orders"].as_array().map(Vec::len), Some(1), "{held}");
    // The same words as on the command line.
    let listed = world.run(&["orders", "list", "--state", "held"]).await.json["orders"].clone();
    assert!(listed.as_array().is_some_and(|all| all.contains(&held["orders"][0])), "{listed}");
    let mut shown = world.run(&["orders", "show", "94002"]).await.json;
    for mark in ["ok", "trial"] {
        shown.as_object_mut().expect("an object").remove(mark);
    }
    let path = format!("/orders/{CONNECTION}/94002");
    assert_eq!(viewer.get(&path).await, shown);

    let problems = viewer.get("/problems?code=STOCK_SHORT").await;
    assert_eq!((&problems["total"], &problems["need_somebody"]), (&json!(2), &json!(2)), "{problems}");
    assert!(problems["problems"][0]["resolution"].is_string(), "{problems}");
    let preview = viewer.get(&format!("{path}/preview")).await;
    assert_eq!(
        (&preview["would_be"], &preview["problems"][0]["code"]),
        (&json!("held"), &json!("STOCK_SHORT"))
    );

    viewer.ask("POST", &format!("{path}/retry"), &json!({})).await.must_be(403);
    let exported = format!("/orders/{CONNECTION}/94001/retry");
    let refused = script.ask("POST", &exported, &json!({})).await.must_be(409);
    assert!(refused.json["error"].as_str().is_some_and(|words| words.contains("it is exported as #")));
    world.set_stock(0, 1, [10, 0]);
    let done = script.done("POST", &format!("{path}/retry"), &json!({})).await;
    assert_eq!(
        (&done["state"], &done["verb"], &done["joor_order"]),
        (&json!("done"), &json!("retry"), &json!("94002"))
    );
    assert_eq!(done["by"], "token warehouse");
    world.until_order("94002", "exported").await;

    // What cancelling and exporting anew would do is said before it is asked for, and changes nothing.
    let looked = format!("/orders/{CONNECTION}/94001/re-export/preview");
    let first = world.shop_order_of("94001");
    let plan = viewer.get(&looked).await;
    let cancels = json!([{
        "shopify_order": first.name, "id": first.gid, "total": "91.00 USD", "units": 2, "fulfilments": [], "restocks": true
    }]);
    assert_eq!((&plan["cancels"], &plan["missing_scopes"]), (&cancels, &json!([])), "{plan}");
    assert_eq!((&plan["joor_order"], &plan["new_export"]["would_be"]), (&json!("94001"), &json!("ready")));
    assert!(plan["words"].to_string().contains("This cannot be undone"), "{plan}");
    assert_eq!((world.shop_orders_of("94001").len(), world.asked("OrderCancel")), (1, 0));
    assert!(world.shop_order_of("94001").is_live(), "looking changes nothing");
    world.sandbox.shop.mark_paid(&first.gid);
    let paid = viewer.ask("GET", &looked, &json!({})).await.must_be(409);
    assert!(paid.json["error"].as_str().is_some_and(|words| words.contains("money was received")));
    let held = format!("/orders/{CONNECTION}/94003/re-export/preview");
    viewer.ask("GET", &held, &json!({})).await.must_be(409);

    // What cannot be done after all is told by the command too.
    let closed = format!("/orders/{CONNECTION}/94003/close");
    script.ask("POST", &closed, &json!({})).await.must_be(400);
    script.ask("POST", &closed, &json!({ "note": " " })).await.must_be(409);
    script.done("POST", &closed, &json!({ "note": "shipped from the showroom" })).await;
    let again = script.done("POST", &format!("/orders/{CONNECTION}/94003/reopen"), &json!({})).await;
    let commands = viewer.get("/commands?limit=2").await;
    assert_eq!(commands["commands"][0], again);
    assert!(commands["next_before"].is_i64(), "{commands}");
    let proof = viewer.get("/proof").await;
    assert_eq!(proof["connection"], CONNECTION);
    assert_eq!(proof["equation"]["approved"]["count"], 3, "{proof}");
    let deeds = admin.get("/activity").await.must_be(200);
    assert!(deeds.body.contains("token warehouse"), "{}", deeds.body);
    admin.get("/people").await.must_be(200).must_say("warehouse");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_changes_settings_pauses_and_resumes_and_no_secret_or_file_of_the_server_leaves() {
    let mut world = World::start().await;
    let secret_file = world.write_file("not-for-programs.txt", "hunter2-of-the-server");
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let mut script = Script::new(&mut admin, "set-up", "Admin").await;
    let path = format!("/connections/{CONNECTION}/settings");

    let before = script.get(&path).await;
    let document = before["document"].as_str().expect("a document").to_owned();
    let kept = before["secrets_kept"].as_array().expect("names").clone();
    assert!(kept.contains(&json!("joor.password")), "{before}");
    for secret in [&world.sandbox.joor.options().password, &world.sandbox.joor.options().client_secret] {
        assert!(!document.contains(secret.as_str()), "secrets are not returned");
    }

    // Every error at once, and nothing is read from the server's disk.
    let wrong = document.replace("[joor]", &format!("[joor]\npassword_file = {}", quoted(&secret_file)));
    let wrong = format!("{wrong}\n[nonsense]\nkey = 1\n");
    let refused = script.ask("PUT", &path, &json!({ "document": wrong })).await.must_be(422);
    let errors = refused.json["errors"].as_array().expect("errors").clone();
    let keys: Vec<&str> = errors.iter().filter_map(|error| error["key"].as_str()).collect();
    assert!(keys.contains(&"joor.password"), "{}", refused.json);
    assert!(keys.iter().any(|key| key.contains("nonsense")), "{}", refused.json);
    assert!(!refused.json.to_string().contains("hunter2"), "{}", refused.json);
    let other = world.sandbox.joor.options().account.clone();
    let moved = document.replace(&quoted(&other), &quoted("another-account"));
    let refused = script.ask("PUT", &path, &json!({ "document": moved })).await.must_be(422);
    assert_eq!(refused.json["errors"][0]["key"], "joor.account", "{}", refused.json);
    let late = json!({ "document": document, "settings_version": 99 });
    script.ask("PUT", &path, &late).await.must_be(409);

    let same = script.ask("PUT", &path, &json!({ "document": document })).await.must_be(200);
    assert_eq!((&same.json["applied"], &same.json["command"]), (&json!(true), &Value::Null));
    world.settings.set("tags", "templates", &format!("[{}]", quoted("wholesale-94")));
    let toml: String = world
        .settings
        .toml()
        .lines()
        .filter(|line| !is_secret(line))
        .map(|line| format!("{line}\n"))
        .collect();
    let secrets = json!({ "joor.password": world.sandbox.joor.options().password });
    let version = before["settings_version"].clone();
    let change = json!({ "document": toml, "secrets": secrets, "settings_version": version });
    let done = script.done("PUT", &path, &change).await;
    assert_eq!((&done["state"], &done["joor_order"]), (&json!("done"), &Value::Null), "{done}");
    assert!(!done.to_string().contains("wholesale-94"), "the command does not repeat the document");
    world.until_in_force("wholesale-94").await;

    script.done("POST", &format!("/connections/{CONNECTION}/pause"), &json!({})).await;
    let paused = script.get(&format!("/connections/{CONNECTION}")).await;
    assert_eq!(paused["state"], "paused", "{paused}");
    assert_eq!(script.get("/connections").await["connections"][0], paused);
    script.ask("POST", &format!("/connections/{CONNECTION}/pause"), &json!({})).await.must_be(409);
    script.done("POST", &format!("/connections/{CONNECTION}/resume"), &json!({})).await;
    let check =
        script.ask("POST", &format!("/connections/{CONNECTION}/check"), &json!({})).await.must_be(200);
    assert_eq!(check.json["good"], true, "{}", check.json);
    // With the secret that was given.
    world.approved(world.plain("94011"));
    world.until_order("94011", "exported").await;
    assert!(world.shop_order_of("94011").tags.contains(&"wholesale-94".to_owned()));
    world.finish().await;
}

pub fn is_secret(line: &str) -> bool {
    ["client_secret", "password", "access_token"].iter().any(|key| line.starts_with(key))
}
