//! The console from outside: who gets in, what they may do, and that a stranger's text stays text. How pages look is not
//! judged here; that every route of the table refuses is walked in the program's own tests.

use crate::harness::{BOUND, Browser, CONNECTION, World, until};
use rust_decimal::Decimal;
use sandbox::joor::Status;
use std::time::Duration;

const ADMIN: &str = "admin";
const OWN: &str = "three blue herons at dawn";
pub const HOSTILE: &str = r#"<script>alert("1")</script><img src=x onerror='a'>"#;

/// The program as a service, and a browser that has its console open.
pub async fn opened(world: &mut World) -> Browser {
    world.run_as_service().await;
    until("the console is open", || world.log().contains("the console is open")).await;
    let log = world.log();
    let (_, address) = log.split_once("address=http://").expect("the log says where");
    Browser::at(address.split('/').next().expect("a host"))
}

/// The password that `init` wrote.
fn first_password(world: &World) -> String {
    let file = world.data_folder().join("password-of-admin.txt");
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}

/// Signed in as the admin that `init` made.
pub async fn admin(world: &World, browser: &Browser) -> Browser {
    let mut admin = browser.clone();
    admin.sign_in(ADMIN, &first_password(world)).await.must_lead_to("/");
    admin.get("/").await.must_be(200);
    admin
}

/// The admin lets somebody in; the new password is on the answer.
pub async fn added(admin: &mut Browser, name: &str, role: &str) -> String {
    let page = admin.post("/people/add", &[("name", name), ("role", role)]).await.must_be(200);
    let secret = page.between(r#"id="secret" tabindex="0">"#, "<");
    assert_eq!((page.location(), page.header("set-cookie")), (String::new(), String::new()));
    let again = admin.get("/people").await.must_say(name);
    assert!(!again.body.contains(&secret), "it is shown once");
    secret
}

pub async fn as_somebody(browser: &Browser, name: &str, password: &str) -> Browser {
    let mut other = browser.clone();
    other.cookies.clear();
    other.sign_in(name, password).await.must_lead_to("/");
    other.get("/").await.must_be(200);
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_signs_in_with_the_password_of_init_changes_it_and_signs_out() {
    let mut world = World::start().await;
    let mut browser = opened(&mut world).await;
    let password = first_password(&world);

    let wanted = "/sign-in?next=%2Forders%3Fstate%3Dheld";
    browser.get("/orders?state=held").await.must_lead_to(wanted);
    browser.get(wanted).await.must_be(200).must_say("/orders?state=held");
    let unknown = browser.sign_in("nobody", &password).await.must_be(401);
    let wrong = browser.sign_in(ADMIN, "wrong").await.must_be(401);
    assert_eq!(unknown.body.replace("nobody", ADMIN), wrong.body, "nobody learns who is known here");
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);

    let sign_in = [("name", " Admin "), ("password", password.as_str()), ("next", "/orders?state=held")];
    let cross_site = [("Sec-Fetch-Site", "cross-site")];
    browser.post_with("/sign-in", &sign_in, &cross_site).await.must_be(403);
    browser.post_with("/sign-in", &sign_in, &[("Origin", "https://evil.example")]).await.must_be(403);
    let inside = browser.post("/sign-in", &sign_in).await.must_lead_to("/orders?state=held");
    let cookie = inside.header("set-cookie");
    for flag in ["joor_shopify=", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age=1209600"] {
        assert!(cookie.contains(flag), "{flag} is not in {cookie}");
    }
    assert!(!cookie.contains("Secure"), "over plain HTTP a browser would drop it: {cookie}");
    browser.get("/").await.must_be(200).must_say("Overview · joor-shopify");
    browser.send("HEAD", "/", &[], "").await.must_be(200);
    browser.send("GET", "/", &[("Host", "evil.example")], "").await.must_be(421);
    let mut elsewhere = browser.clone();
    elsewhere.cookies.clear();
    let out = [("name", ADMIN), ("password", password.as_str()), ("next", "https://evil.example/")];
    elsewhere.post("/sign-in", &out).await.must_lead_to("/");

    // A password of one's own, which ends what was signed in elsewhere.
    elsewhere.get("/me").await.must_be(200).must_say("this one");
    let change = async |browser: &mut Browser, old: &str, new: &str| {
        browser.post("/me/password", &[("old", old), ("new", new)]).await
    };
    change(&mut browser, "wrong", OWN).await.must_say("That is not your password of now.");
    change(&mut browser, &password, "short").await.must_say("at least 12 characters");
    change(&mut browser, &password, OWN).await.must_lead_to("/me");
    browser.get("/me").await.must_be(200).must_say("Your password is changed.");
    elsewhere.get("/me").await.must_lead_to("/sign-in?next=%2Fme");

    // What a browser kept of a session that ended opens nothing.
    let mut kept = browser.clone();
    browser.post("/sign-out", &[]).await.must_lead_to("/sign-in");
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    kept.get("/").await.must_lead_to("/sign-in?next=%2F");
    kept.post("/people/add", &[("name", "mallory"), ("role", "Admin")]).await.must_be(303);

    // The old password counts as a wrong one; enough of those, and the right one has to wait too.
    for _ in 0..2 {
        browser.sign_in(ADMIN, &password).await.must_be(401);
    }
    until_throttled(&mut browser).await;
    browser.sign_in(ADMIN, OWN).await.must_be(429).must_say("Too many tries.");
    let waiting = async {
        while browser.sign_in(ADMIN, OWN).await.status == 429 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(BOUND, waiting).await.expect("whoever waits gets another try");
    browser.get("/people").await.must_say("admin");
    assert!(!browser.get("/people").await.body.contains("mallory"));
    world.finish().await;
}

/// Guesses until no guess is looked at any more.
async fn until_throttled(browser: &mut Browser) {
    for _ in 0..4 {
        if browser.sign_in(ADMIN, "a guess").await.status == 429 {
            return;
        }
    }
    panic!("guessing goes on for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_kept_out_is_out_at_once_and_the_last_admin_stays() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let password = added(&mut admin, "ben@brand.example", "Operator").await;
    admin
        .post("/people/add", &[("name", "BEN@brand.example"), ("role", "Viewer")])
        .await
        .must_lead_to("/people");
    admin.get("/people").await.must_say("ben@brand.example is there already.");

    let mut ben = as_somebody(&browser, "Ben@Brand.example", &password).await;
    let mut phone = as_somebody(&browser, "ben@brand.example", &password).await;
    ben.get("/people").await.must_be(403).must_say("This is for admins.");
    ben.post("/people/role", &[("name", "ben@brand.example"), ("role", "Admin")]).await.must_be(403);
    let page = ben.get("/me").await.must_be(200);
    let other = page.between(r#"name="session" value=""#, "\"");
    let stranger = admin.post("/me/sign-out", &[("session", &other)]).await;
    stranger.must_lead_to("/me");
    phone.get("/me").await.must_be(200);
    ben.post("/me/sign-out", &[("session", &other)]).await.must_lead_to("/me");
    phone.get("/me").await.must_be(303);
    let mut phone = as_somebody(&browser, "ben@brand.example", &password).await;
    ben.post("/me/sign-out-everywhere", &[]).await.must_lead_to("/me");
    phone.get("/me").await.must_be(303);
    ben.get("/me").await.must_be(200).must_say("Signed out elsewhere: 1 sign-in.");
    let who = [("name", "ben@brand.example")];
    admin.post("/people/sign-out", &who).await.must_lead_to("/people");
    ben.get("/").await.must_be(303);

    // The role counts from the next click on, and so does being kept out.
    let mut ben = as_somebody(&browser, "ben@brand.example", &password).await;
    let retry = format!("/orders/{CONNECTION}/1/retry");
    ben.post(&retry, &[]).await.must_be(404);
    let viewer = [("name", "ben@brand.example"), ("role", "Viewer")];
    admin.post("/people/role", &viewer).await.must_lead_to("/people");
    ben.post(&retry, &[]).await.must_be(403);
    ben.get("/orders").await.must_be(200);
    admin.post("/people/disable", &who).await.must_lead_to("/people");
    ben.get("/orders").await.must_be(303);
    ben.sign_in("ben@brand.example", &password).await.must_be(401);
    admin.post("/people/enable", &who).await.must_lead_to("/people");
    let mut ben = as_somebody(&browser, "ben@brand.example", &password).await;
    let page = admin.post("/people/password", &who).await.must_be(200);
    let password = page.between(r#"id="secret" tabindex="0">"#, "<");
    ben.get("/").await.must_be(303);
    as_somebody(&browser, "ben@brand.example", &password).await;

    for (path, role) in [("/people/disable", "Admin"), ("/people/role", "Viewer")] {
        admin.post(path, &[("name", ADMIN), ("role", role)]).await.must_lead_to("/people");
        admin.get("/people").await.must_be(200).must_say("admin is the only admin who can sign in.");
    }
    let token = [("name", "nightly report"), ("role", "Viewer")];
    let made = admin.post("/people/tokens", &token).await.must_be(200);
    assert_eq!(made.between(r#"id="secret" tabindex="0">"#, "<").len(), 43, "a key of 32 bytes");
    let id = made.between(r#"name="id" value=""#, "\"");
    admin.post("/people/tokens/revoke", &[("id", &id)]).await.must_lead_to("/people");
    admin.get("/people").await.must_say("The token is revoked").must_say(">revoked<");
    let deeds = admin.get("/activity").await.must_be(200);
    for words in ["Add somebody", "Keep somebody out", "Set a role", "operator to viewer", "Revoke a token"] {
        assert!(deeds.body.contains(words), "{words} is not in\n{}", deeds.body);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_solves_a_problem_and_a_viewer_only_looks() {
    let mut world = World::start().await;
    world.set_stock(0, 1, [0, 0]);
    let mut cheap = world.plain("93001");
    cheap.lines[0].item_price = Some(Decimal::ONE);
    world.approved(cheap);
    world.approved(world.brand.order("93002", 0).line(world.brand.line(0, 1, 1)));
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let password = added(&mut admin, "ada@brand.example", "Operator").await;
    let mut ada = as_somebody(&browser, "ada@brand.example", &password).await;
    let password = added(&mut admin, "vic@brand.example", "Viewer").await;
    let mut vic = as_somebody(&browser, "vic@brand.example", &password).await;
    world.until_order("93001", "held").await;
    world.until_order("93002", "held").await;

    let (order, cause) =
        (format!("/orders/{CONNECTION}/93001"), format!("/problems/{CONNECTION}/PRICE_PLACEHOLDER"));
    for page in ["/", "/problems"] {
        ada.get(page).await.must_be(200).must_say("Prices that look like stand-ins").must_say(&cause);
    }
    ada.get(&cause).await.must_be(200).must_say("93001").must_say("1 order waits on it.");
    let looked = vic.get(&order).await.must_be(200);
    assert!(!looked.body.contains(&format!("{order}/retry")), "a viewer is not offered what they may not do");
    for path in [format!("{order}/retry"), format!("{order}/confirm-prices"), format!("{cause}/retry")] {
        vic.post(&path, &[]).await.must_be(403).must_say("operators and admins");
    }
    let mut forged = ada.clone();
    forged.csrf.clone_from(&vic.csrf);
    forged.post(&format!("{order}/confirm-prices"), &[]).await.must_be(403);

    ada.get(&order).await.must_say(&format!("{order}/retry"));
    ada.post(&format!("{order}/confirm-prices"), &[]).await.must_lead_to(&order);
    world.until_order("93001", "exported").await;
    let name = world.shop_order_of("93001").name;
    ada.get(&order).await.must_be(200).must_say("Exported").must_say(&name);
    let solved = ada.get(&cause).await.must_be(200).must_say("Solved: no order of brand waits on it.");
    solved.must_say("1 order no longer waits on it since yesterday.").must_say(&order);
    ada.get(&format!("/problems/{CONNECTION}/NO_SUCH_CODE"))
        .await
        .must_be(404)
        .must_say("No problem is called");

    // All orders of a cause at once.
    let cause = format!("/problems/{CONNECTION}/STOCK_SHORT");
    ada.post(&format!("{cause}/retry"), &[]).await.must_lead_to(&cause);
    ada.get(&cause).await.must_say("Noted: 1 order is checked again in the next cycle.");
    let again = ada.get(&cause).await;
    assert!(!again.body.contains("Noted:"), "it is said once");
    world.set_stock(0, 1, [10, 0]);
    world.until_order("93002", "exported").await;

    let deeds = ada.get("/activity").await.must_be(200);
    let row = |words: &str| {
        let rows: Vec<&str> = deeds.body.lines().filter(|line| line.contains(words)).collect();
        assert_eq!(rows.len(), 1, "{words}: {rows:#?}");
        assert!(rows[0].contains("ada@brand.example"), "{}", rows[0]);
        rows[0].to_owned()
    };
    let confirmed = row("The prices are right");
    assert!(confirmed.contains("93001") && confirmed.contains("Checked again in this cycle."), "{confirmed}");
    assert!(row("Check all orders of a cause again").contains("1 order checked again in this cycle."));
    let plain = ["command ", ">Check again<"];
    assert!(plain.iter().all(|words| !deeds.body.contains(words)), "{}", deeds.body);
    let steps = ada.get(&order).await.must_be(200);
    let steps = steps.must_say("“The prices are right” was asked for");
    assert!(!steps.body.contains("“Check again”"), "{}", steps.body);
    deeds.must_say("wholesale@brand.example.com").must_say("1 exported, 1 told to JOOR").must_say(">Good<");
    let deeds = vic.get("/activity").await.must_be(200).must_say("1 recipient");
    assert!(!deeds.body.contains("wholesale@brand.example.com"), "{}", deeds.body);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_writes_stays_text_on_every_page() {
    let mut world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    let mut order = world.plain("93101");
    order.customer.name = HOSTILE.to_owned();
    order.po_number = HOSTILE.to_owned();
    order.collection.name = HOSTILE.to_owned();
    order.comments = HOSTILE.to_owned();
    order.lines[0].product_name = HOSTILE.to_owned();
    world.approved(order);
    let mut pending = world.plain("93102").status(Status::Pending);
    pending.customer.name = HOSTILE.to_owned();
    world.approved(pending);
    world.sandbox.joor.change("93102", |order| order.date_approved = None);
    let browser = opened(&mut world).await;
    let mut admin = browser.clone();
    let (password, agent) = (first_password(&world), [("User-Agent", HOSTILE)]);
    let sign_in = [("name", ADMIN), ("password", password.as_str())];
    admin.post_with("/sign-in", &sign_in, &agent).await.must_lead_to("/");
    admin.get("/people").await.must_be(200);
    admin.post("/people/tokens", &[("name", HOSTILE), ("role", "Viewer")]).await.must_be(200);
    world.until_order("93101", "held").await;
    let asked = format!("/orders?q={}", "%3Cscript%3Ealert(%221%22)");
    let mut shown = 0;
    for path in [
        "/",
        "/orders",
        &asked,
        &format!("/orders/{CONNECTION}/93101"),
        "/problems",
        &format!("/problems/{CONNECTION}/STOCK_SHORT"),
        "/activity",
        &format!("/orders/{CONNECTION}/%3Cscript%3E"),
        &format!("/problems/%3Cscript%3E/{CONNECTION}"),
        &format!("/orders?approved_from={}", "%3Cscript%3E"),
        "/sign-in?next=%22%3E%3Cscript%3E",
        "/pending?check=1",
        "/proof?from=%3Cscript%3E&connection=%3Cscript%3E&compare=1",
        "/proof?compare=1",
        "/connections",
        "/connections/brand?check=1",
        "/connections/%3Cscript%3E",
        "/people",
        "/me",
    ] {
        let page = admin.get(path).await;
        for raw in ["<script>", "<script>alert", "<img src=x", "onerror='a'"] {
            assert!(!page.body.contains(raw), "{path}: {raw} in\n{}", page.body);
        }
        assert!(
            !page.body.contains(" style=") && !page.body.contains(" onclick="),
            "{path} has nothing inline"
        );
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
        shown += usize::from(page.body.contains("&#60;script&#62;") || page.body.contains("&lt;script&gt;"));
    }
    assert!(shown >= 9, "the stranger's words are on {shown} pages, as words");
    world.finish().await;
}
