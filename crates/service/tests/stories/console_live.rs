//! The console and the program around it: open pages hear of changes, and orders go on whether or not there is a console.

use super::console::{admin, opened};
use crate::harness::{BOUND, Browser, CONNECTION, Daemon, World, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An open page that listens.
struct Listening {
    stream: TcpStream,
    heard: String,
}

impl Listening {
    async fn of(browser: &Browser) -> Listening {
        let cookies: Vec<String> =
            browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let host = browser.host();
        let mut stream = TcpStream::connect(host).await.expect("the console listens");
        let request =
            format!("GET /events HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\n\r\n", cookies.join("; "));
        stream.write_all(request.as_bytes()).await.expect("the console reads");
        let mut listening = Listening { stream, heard: String::new() };
        listening.until("\r\n\r\n").await;
        listening
    }

    async fn until(&mut self, words: &str) {
        let listening = async {
            while !self.heard.contains(words) {
                let mut bytes = [0_u8; 1024];
                let count = self.stream.read(&mut bytes).await.expect("the console goes on");
                assert!(count > 0, "the console hung up after {:?}", self.heard);
                self.heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        };
        tokio::time::timeout(BOUND, listening).await.unwrap_or_else(|_| panic!("{words:?} was never heard"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_hears_of_a_change_and_only_whoever_is_signed_in_listens() {
    let mut world = World::start().await;
    let browser = opened(&mut world).await;
    let mut admin = admin(&world, &browser).await;
    let mut stranger = browser.clone();
    stranger.cookies.clear();
    assert!(stranger.get("/events").await.must_be(303).location().starts_with("/sign-in"));
    let mut page = Listening::of(&admin).await;
    assert!(
        ["200 OK", "content-type: text/event-stream", "x-accel-buffering: no"]
            .iter()
            .all(|said| page.heard.contains(said)),
        "{}",
        page.heard
    );
    let paused = format!("/connections/{CONNECTION}/pause");
    admin.post(&paused, &[]).await.must_be(303);
    page.until("event: news").await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_said_and_orders_go_on_without_a_console() {
    let world = World::start().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = taken.local_addr().expect("it has an address").to_string();
    let running = with_console_at(&world, &address);
    world.approved(world.plain("94101"));
    world.until_order("94101", "exported").await;
    let log = running.log();
    let words = format!("the console cannot listen on {address}");
    assert!(log.contains(&words) && log.contains("orders go on without it"), "{log}");
    assert!(log.contains("free that port, or set another one in `console.listen`"), "{log}");
    running.terminate();
    assert_eq!(running.ended().await, 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_that_is_switched_off_does_not_listen_and_orders_go_on() {
    let world = World::start().await;
    let running = with_console_at(&world, "off");
    until("the program runs", || running.log().contains("running; stop with")).await;
    world.approved(world.plain("94111"));
    world.until_order("94111", "exported").await;
    assert!(!running.log().contains("console"), "{}", running.log());
    running.terminate();
    assert_eq!(running.ended().await, 0);
    world.finish().await;
}

fn with_console_at(world: &World, listen: &str) -> Daemon {
    let mut command = world.command(&["run"]);
    command.env("JOOR_SHOPIFY_CONSOLE__LISTEN", listen);
    Daemon::start(command, &world.data_folder().join("console.log"))
}
