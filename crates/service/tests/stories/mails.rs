//! People hear news once: new, solved, never again. A mail server that is away is waited for in `patience`.

use crate::harness::{World, until};
use crate::tls_mail::{Authority, Begins, PASSWORD, TlsMail, USER, Years};
use sandbox::{Fault, Service, When};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn held_orders_are_mailed_in_one_digest_and_not_again_until_they_are_solved() {
    let world = World::start().await;
    let config = "[console]\nurl = \"https://orders.brand.example\"\n";
    std::fs::write(world.data_folder().join("config.toml"), config).expect("the data folder takes a file");
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("85001"));
    world.approved(world.plain("85002"));
    let mut order = world.plain("85003");
    order.shipping_address.city.clear();
    world.approved(order);
    world.sync().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "one digest: {mails:#?}");
    assert_eq!(mails[0].to, ["wholesale@brand.example.com"]);
    let page = "https://orders.brand.example/orders/brand/85001";
    for word in ["85001", "85002", "85003", "STOCK_SHORT", "ADDR_INCOMPLETE", page] {
        assert!(mails[0].body_text.contains(word), "{word} is not in\n{}", mails[0].body_text);
    }
    assert!(mails[0].subject.contains("3 orders are held"), "{}", mails[0].subject);
    for _ in 0..4 {
        world.sync().await;
    }
    assert_eq!(world.mails().len(), 1, "the same news is told once: {:#?}", world.mails());

    world.set_stock(0, 0, [100, 0]);
    world.sync().await;
    world.sync().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 2, "{mails:#?}");
    assert!(mails[1].body_text.contains("85001"), "{}", mails[1].body_text);
    assert!(mails[1].subject.contains("solved"), "{}", mails[1].subject);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_that_stays_the_same_while_its_numbers_move_is_not_mailed_again() {
    let world = World::start().await;
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("85004"));
    world.sync().await;
    world.set_stock(0, 0, [1, 0]);
    for _ in 0..3 {
        world.sync().await;
    }
    world.order("85004").await.must_be("held", &["STOCK_SHORT"]);
    assert_eq!(world.mails().len(), 1, "{:#?}", world.mails());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outages_go_to_those_who_can_end_them() {
    let mut world = World::start().await;
    world.may_be_refused = true;
    world.settings.text("joor", "password", "wrong");
    world.apply().await;
    for _ in 0..3 {
        world.sync_ends_with(4).await;
    }
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert_eq!(mails[0].to, ["it@brand.example.com"]);
    assert!(mails[0].body_text.contains("CONN_JOOR_AUTH"));
    assert!(!mails[0].raw.contains("wrong"));
    world.finish().await;
}

/// A mail server that takes connections and never answers: one mail is tried in a turn, within its time, however many
/// wait; the orders go on meanwhile, and all mails arrive once it answers again.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_never_answers_keeps_exports_waiting_for_one_mail_only() {
    let mut world = World::start().await;
    let never = || Fault::Slow(Duration::from_secs(3600));
    let away = Fault::Status { code: 451, body: "try later".to_owned(), headers: Vec::new() };
    world.sandbox.faults.script(Service::Smtp, "rcpt", When::Always, away);
    world.set_stock(0, 0, [0, 0]);
    for id in ["85010", "85011", "85012"] {
        world.approved(world.plain(id));
        world.sync().await;
    }
    assert_eq!(tries(&world, "rcpt"), 3, "each turn tries what is new, or one of those that are due");
    world.pass(Duration::from_secs(600));
    world.sync().await;
    assert_eq!(tries(&world, "rcpt"), 4, "three mails are due, and one is tried in a turn");

    world.sandbox.faults.clear();
    world.sandbox.faults.script(Service::Smtp, "connect", When::Always, never());
    world.pass(Duration::from_secs(3600));
    world.approved(world.brand.order("85013", 1).line(world.brand.line(1, 0, 1)));
    let cycle = tokio::time::timeout(Duration::from_secs(60), world.sync()).await;
    cycle.expect("it takes the time of one mail, not of three");
    assert_eq!(tries(&world, "connect"), 1);
    world.order("85013").await.must_be("exported", &[]);
    world.sandbox.faults.clear();
    world.pass(Duration::from_secs(3600));
    world.sync().await;
    for id in ["85010", "85011", "85012"] {
        let of_it = world.mails().into_iter().filter(|mail| mail.body_text.contains(id)).count();
        assert_eq!(of_it, 1, "{id}: {:#?}", world.mails());
    }
    world.finish().await;
}

/// One mailbox is full for hours: everybody else has each digest at once and once, and the full one gets them
/// all when there is room. Every cycle is a run of its own, so it is the ledger that knows who has a mail.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_mailbox_keeps_the_digest_from_nobody_else_and_has_it_once_there_is_room() {
    let mut world = World::start().await;
    let (good, full) = ("wholesale@brand.example.com", "sales@brand.example.com");
    world.settings.set("alerts", "orders", &format!(r#"["{full}", "{good}"]"#));
    world.apply().await;
    let no_room = Fault::Status { code: 452, body: "4.2.2 Mailbox full".to_owned(), headers: Vec::new() };
    world.sandbox.faults.script_about(Service::Smtp, "rcpt", full, When::Always, no_room);
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("85030"));
    world.sync().await;
    assert_eq!(had(&world, good, "85030").len(), 1, "{:#?}", world.mails());
    assert_eq!(had(&world, full, "85030").len(), 0, "{:#?}", world.mails());
    assert_eq!(tries(&world, "rcpt"), 2, "together with the other, and alone");
    for turn in 1..4 {
        world.pass(Duration::from_secs(600));
        world.sync().await;
        assert_eq!(tries(&world, "rcpt"), 2 + turn, "only who is left is tried again");
    }
    assert_eq!(had(&world, good, "85030").len(), 1, "{:#?}", world.mails());

    world.pass(Duration::from_secs(3600));
    world.approved(world.plain("85031"));
    world.sync().await;
    assert_eq!(had(&world, good, "85031").len(), 1, "what is new does not wait: {:#?}", world.mails());

    world.sandbox.faults.clear();
    world.pass(Duration::from_secs(3600 * 2));
    world.sync().await;
    for id in ["85030", "85031"] {
        let (for_good, for_full) = (had(&world, good, id), had(&world, full, id));
        assert_eq!(for_good.len(), 1, "{id}: {:#?}", world.mails());
        assert!(for_good[0].starts_with("Message-ID: <news-"), "{for_good:?}");
        assert_eq!(for_good, for_full, "{id}: it is the same mail, once");
    }
    world.finish().await;
}

/// The Message-IDs of the mails to this address that name the order.
fn had(world: &World, address: &str, order: &str) -> Vec<String> {
    let mails = world.mails().into_iter();
    let of_it = mails.filter(|mail| mail.to.iter().any(|to| to == address) && mail.body_text.contains(order));
    of_it.map(|mail| mail.raw.lines().filter(|line| line.starts_with("Message-ID:")).collect()).collect()
}

/// How often the plan of the story met a mail there.
fn tries(world: &World, place: &str) -> usize {
    let hits = world.sandbox.faults.hits();
    hits.iter().filter(|(service, at)| *service == Service::Smtp && at == place).count()
}

/// A brand whose mail server has a certificate of the brand's own authority.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_until_the_mail_server_is_trusted_and_then_arrives_once() {
    let mut world = World::start().await;
    let data = world.data_folder();
    let write = |name: &str, text: &str| std::fs::write(data.join(name), text).unwrap();
    let authority = Authority::new("the brand");
    let server = TlsMail::start(Begins::Plain, &authority.certify("localhost", Years(2020, 2090))).await;
    let smtp = format!("[smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \"starttls\"\n", server.port);
    let sign_in =
        format!("user = \"{USER}\"\npassword_file = \"mail.password\"\nca_file = \"mail-ca.pem\"\n");
    write("config.toml", &format!("{smtp}{sign_in}from = \"exports@brand.example.com\"\n"));
    write("mail.password", &format!("{PASSWORD}\n"));
    world.mail_in_file = true;

    write("mail-ca.pem", "our authority\n");
    let refused = world.run(&["doctor"]).await.must_end_with(2);
    for word in ["smtp.ca_file", "mail-ca.pem: there is no certificate in it", "BEGIN CERTIFICATE"] {
        assert!(refused.stderr.contains(word), "{word}: {}", refused.stderr);
    }

    write("mail-ca.pem", &Authority::new("somebody else").pem);
    world.set_stock(0, 0, [0, 0]);
    world.approved(world.plain("85020"));
    world.run_as_service().await;
    until("the log says what to do", || world.log().contains("`smtp.ca_file`")).await;
    world.stop_service().await;
    let doctor = world.run(&["doctor"]).await.must_end_with(1);
    assert!(doctor.stdout.contains("`smtp.ca_file`"), "{}", doctor.stdout);
    assert!(
        server.readable().iter().all(|word| word == "EHLO" || word == "STARTTLS"),
        "{:?}",
        server.heard()
    );
    assert!(server.heard().iter().all(|heard| !heard.encrypted), "{:?}", server.heard());

    write("mail-ca.pem", &authority.pem);
    world.run(&["doctor"]).await.must_end_with(0);
    world.pass(Duration::from_secs(60));
    world.sync().await;
    world.pass(Duration::from_secs(60));
    world.sync().await;
    let mails = server.mails();
    assert!(mails.len() == 1 && mails[0].contains("85020"), "{mails:#?}");
    assert!(world.mails().is_empty(), "{:#?}", world.mails());
    world.finish().await;
}
