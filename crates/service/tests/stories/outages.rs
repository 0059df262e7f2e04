//! Rarer outages of a whole connection: tokens that cannot be renewed, services that ask to slow down, a ledger that
//! cannot be written. The others are in `connections`.

use crate::harness::{World, until, until_within};
use sandbox::{Fault, Service, When};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The program waits some twelve seconds for its ledger before it gives a step up.
const PATIENCE: Duration = Duration::from_secs(90);

async fn said_of(world: &World, code: &str) -> String {
    let told = world.run(&["problems"]).await.json;
    let problems = told["problems"].as_array().cloned().unwrap_or_default();
    let found = problems.into_iter().find(|problem| problem["code"] == code);
    found.unwrap_or_else(|| panic!("{code} is not open: {told:#}"))["sentence"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_an_app_start_with_a_token_that_is_renewed_and_its_failing_is_told() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    world.settings.remove("shopify", "access_token");
    world.settings.text("shopify", "client_id", "sandbox-client").text("shopify", "client_secret", "wrong");
    world.apply().await;
    world.approved(world.plain("98501"));
    world.sync_ends_with(4).await;
    assert_eq!(world.connection_problems().await, ["CONN_SHOPIFY_AUTH"]);
    // The right secret now, but nobody gives out tokens at the moment.
    world.settings.text("shopify", "client_secret", "sandbox-secret");
    world.apply().await;
    world.sandbox.faults.script(Service::ShopifyToken, "token", When::Next, Fault::Html { code: 503 });
    world.sync_ends_with(4).await;
    let open = world.connection_problems().await;
    assert!(open.contains(&"CONN_SHOPIFY_TOKEN".to_owned()), "{open:?}");
    assert!(said_of(&world, "CONN_SHOPIFY_TOKEN").await.contains("503"));
    let mailed = world.mails().into_iter().filter(|mail| mail.body_text.contains("CONN_SHOPIFY_TOKEN"));
    assert_eq!(mailed.map(|mail| mail.to).collect::<Vec<_>>(), [["it@brand.example.com"]]);
    assert_eq!(world.joor_report("98501").0, "UNDEFINED", "no order is blamed for it");
    world.sync().await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.order("98501").await.must_be("exported", &[]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_ask_to_slow_down_are_shown_and_mail_nobody() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    world.approved(world.plain("98502"));
    world.joor_fault("GET orders", When::Next, Fault::Throttled);
    world.run(&["sync", "--once"]).await;
    assert_eq!(world.connection_problems().await, ["SRC_RATE_LIMIT"]);
    assert!(said_of(&world, "SRC_RATE_LIMIT").await.contains("UTC"), "it says until when");
    world.fault("OrderCreate", When::Next, Fault::Throttled);
    world.run(&["sync", "--once"]).await;
    assert!(world.connection_problems().await.contains(&"DEST_RATE_LIMIT".to_owned()));
    assert!(said_of(&world, "DEST_RATE_LIMIT").await.contains("nothing was created"));
    world.sandbox.shop.configure(|shop| shop.order_quota_per_minute = Some(0));
    world.run(&["sync", "--once"]).await;
    assert!(world.connection_problems().await.contains(&"DEST_ORDER_QUOTA".to_owned()));
    assert!(said_of(&world, "DEST_ORDER_QUOTA").await.contains("UTC"), "it says when the next try is");
    assert_eq!(world.order("98502").await.problems(), Vec::<&str>::new(), "no order is blamed for it");
    world.sandbox.shop.configure(|shop| shop.order_quota_per_minute = None);
    world.sync().await;
    assert_eq!(world.connection_problems().await, Vec::<String>::new());
    world.order("98502").await.must_be("exported", &[]);
    assert!(world.mails().is_empty(), "{:#?}", world.mails());
    world.finish().await;
}

/// The program, deaf to the signal that stands for "this file may not grow", so that it hears the error instead.
fn may_not_grow(world: &World, before: &str, arguments: &[&str]) -> Command {
    let plain = world.command(arguments);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; {before} exec \"$0\" \"$@\"")]);
    command.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

struct Limited(Child);

impl Drop for Limited {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Limited {
    /// From now on its files may grow to so many bytes, as if the disk had no more.
    fn limit_files(&self, bytes: &str) {
        let (id, limit) = (self.0.id().to_string(), format!("--fsize={bytes}:unlimited"));
        let limited = Command::new("prlimit").args(["--pid", &id, &limit]).status();
        assert!(limited.expect("prlimit is there").success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_cannot_be_written_stops_all_sending_until_it_can() {
    let world = World::start().await;
    let service = Limited(may_not_grow(&world, "", &["run"]).spawn().expect("the program starts"));
    world.approved(world.plain("98511"));
    world.until_order("98511", "exported").await;
    until("the report is there", || world.joor_report("98511").0 == "SUCCESS").await;

    service.limit_files("1");
    world.approved(world.brand.order("98512", 1).line(world.brand.line(1, 0, 1)));
    let about = |world: &World| {
        let mails = world.mails();
        mails.into_iter().filter(|mail| mail.body_text.contains("SYS_STORE")).collect::<Vec<_>>()
    };
    until_within(PATIENCE, "people hear of it", || !about(&world).is_empty()).await;
    assert_eq!(world.asked("OrderCreate"), 1, "nothing is sent that cannot be written down first");
    let mails = about(&world);
    assert_eq!((mails.len(), &mails[0].to[..]), (1, &["it@brand.example.com".to_owned()][..]), "{mails:#?}");
    assert!(mails[0].body_text.contains("nothing is sent"), "{}", mails[0].body_text);

    service.limit_files("unlimited");
    until_within(PATIENCE, "the order arrives", || world.joor_report("98512").0 == "SUCCESS").await;
    world.order("98512").await.must_be("exported", &[]);
    world.shop_order_of("98512");
    assert_eq!((world.asked("OrderCreate"), about(&world).len()), (2, 1));
    drop(service);

    // From the start: the command says so and ends.
    world.approved(world.brand.order("98513", 1).line(world.brand.line(1, 1, 1)));
    let output = may_not_grow(&world, "ulimit -f 0;", &["sync", "--once"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .expect("the program starts");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success() && said.contains("ledger"), "{said}");
    assert!(world.shop_orders_of("98513").is_empty());
    world.sync().await;
    world.order("98513").await.must_be("exported", &[]);
    world.finish().await;
}
