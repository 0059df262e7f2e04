//! Mail against a small mail server that follows a script, and against an independent one where it is installed.
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

use adapters::ports::{Letter, Missed, Post, PostError, Receipts};
use adapters::post::{Authorities, Password, Plain, Security, SmtpConfig, SmtpPost};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the server behaves; everything else is accepted.
#[derive(Clone, Default)]
struct Script {
    /// Answers to RCPT by address.
    recipients: BTreeMap<&'static str, &'static str>,
    /// Every recipient is refused for now, after this time.
    refuses_after: Option<Duration>,
    /// Answer after the final dot.
    data: Option<&'static str>,
    /// Answer to AUTH.
    sign_in: Option<&'static str>,
    drops: Option<Drop>,
    offers_starttls: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Drop {
    BeforeGreeting,
    MidData,
    /// Keeps the connection and never answers the final dot.
    SilentAfterData,
}

/// What the server has seen.
#[derive(Default)]
struct Seen {
    commands: Vec<String>,
    mails: Vec<Mail>,
}

#[derive(Clone, Default)]
struct Mail {
    to: Vec<String>,
    text: String,
}

struct Server {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    async fn start(script: Script) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, script.clone(), shared.clone()));
            }
        });
        Server { port, seen }
    }

    fn mails(&self) -> Vec<Mail> {
        self.seen.lock().unwrap().mails.clone()
    }

    fn heard(&self, command: &str) -> usize {
        self.seen.lock().unwrap().commands.iter().filter(|line| line.starts_with(command)).count()
    }
}

async fn converse(stream: TcpStream, script: Script, seen: Arc<Mutex<Seen>>) -> Option<()> {
    if script.drops == Some(Drop::BeforeGreeting) {
        return None;
    }
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut mail = Mail::default();
    write.write_all(b"220 test ESMTP\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        seen.lock().unwrap().commands.push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" if script.offers_starttls => "250-test\r\n250-STARTTLS\r\n250 AUTH PLAIN".to_owned(),
            "EHLO" => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" => script.sign_in.unwrap_or("235 welcome").to_owned(),
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let mut answer = script.recipients.get(address.as_str()).copied().unwrap_or("250 ok");
                if let Some(time) = script.refuses_after {
                    tokio::time::sleep(time).await;
                    answer = "450 slow today";
                }
                if answer.starts_with("250") {
                    mail.to.push(address);
                }
                answer.to_owned()
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                mail.text = body(&mut lines, script.drops).await?;
                if script.drops == Some(Drop::SilentAfterData) {
                    std::future::pending::<()>().await;
                }
                let answer = script.data.unwrap_or("250 taken");
                if answer.starts_with("250") {
                    seen.lock().unwrap().mails.push(std::mem::take(&mut mail));
                }
                answer.to_owned()
            }
            "MAIL" | "RSET" | "NOOP" => {
                mail = Mail::default();
                "250 ok".to_owned()
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => "502 what".to_owned(),
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    None
}

type Lines = tokio::io::Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>;

async fn body(lines: &mut Lines, drops: Option<Drop>) -> Option<String> {
    let mut text = String::new();
    while let Some(line) = lines.next_line().await.ok()? {
        if drops == Some(Drop::MidData) {
            return None;
        }
        if line == "." {
            return Some(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push('\n');
    }
    None
}

fn config(port: u16) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        plain: Plain::LoopbackOnly,
        authorities: Authorities::default(),
        user: None,
        password: None,
        from: "JOOR to Shopify <sync@brand.example>".to_owned(),
        timeout: Duration::from_secs(5),
    }
}

fn letter(to: &[&str]) -> Letter {
    Letter {
        to: to.iter().map(|address| (*address).to_owned()).collect(),
        subject: "[joor-shopify] brand-x: 1 order is held – Größe".to_owned(),
        body: "Ordered: 3 × Größe M\n.a line that starts with a dot\n.\nlast line\n".to_owned(),
        id: "news-brand-x-1".to_owned(),
    }
}

async fn send(config: &SmtpConfig, letter: &Letter) -> Result<(), PostError> {
    SmtpPost::new(config).unwrap().send(letter).await
}

/// Who is said to have a mail, as an outbox hears it.
#[derive(Default)]
struct Heard {
    all: Vec<String>,
    /// Nothing can be written down.
    fails: bool,
}

impl Receipts for Heard {
    fn has_it<'a>(&'a mut self, address: &'a str) -> BoxFuture<'a, ControlFlow<()>> {
        self.all.push(address.to_owned());
        let goes_on = if self.fails { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        Box::pin(std::future::ready(goes_on))
    }
}

async fn deliver(config: &SmtpConfig, letter: &Letter, heard: &mut Heard) -> Result<(), Missed> {
    SmtpPost::new(config).unwrap().deliver(letter, heard).await
}

/// Those who do not have it, each with what there is to do and the reason.
#[track_caller]
fn missed(result: Result<(), Missed>) -> Vec<(String, &'static str, String)> {
    let Err(Missed(missed)) = result else { panic!("everybody has it") };
    let row = |(address, error): (String, PostError)| match error {
        PostError::Later(reason) => (address, "later", reason),
        PostError::Never(reason) => (address, "never", reason),
    };
    missed.into_iter().map(row).collect()
}

/// Envelopes, in the order in which the mails came.
fn envelopes(server: &Server) -> Vec<Vec<String>> {
    server.mails().into_iter().map(|mail| mail.to).collect()
}

/// The body as the reader sees it.
fn decoded(text: &str) -> String {
    let (head, body) = text.split_once("\n\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
    if !head.contains("quoted-printable") {
        return body.to_owned();
    }
    let body = body.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'=' {
            let hex = std::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_mail_arrives_with_its_text_as_it_was_written() {
    let server = Server::start(Script::default()).await;
    let letter = letter(&["ops@brand.example", "Sales <sales@brand.example>"]);
    assert_eq!(send(&config(server.port), &letter).await, Ok(()));
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["ops@brand.example", "sales@brand.example"]);
    assert_eq!(decoded(&mails[0].text), letter.body);
    assert!(mails[0].text.contains("Message-ID: <news-brand-x-1@brand.example>\n"), "{}", mails[0].text);
    assert!(mails[0].text.contains("Auto-Submitted: auto-generated\n"));
}

#[tokio::test]
async fn a_refusal_for_good_is_told_apart_from_one_for_now() {
    let address = "ops@brand.example";
    for (answer, expected_never) in [("450 box is busy", false), ("550 no such box", true)] {
        let rcpt = Script { recipients: BTreeMap::from([(address, answer)]), ..Script::default() };
        let data = Script { data: Some(answer), ..Script::default() };
        for script in [rcpt, data] {
            let server = Server::start(script).await;
            let result = send(&config(server.port), &letter(&[address])).await;
            let reason = match (expected_never, result) {
                (true, Err(PostError::Never(reason))) | (false, Err(PostError::Later(reason))) => reason,
                (_, other) => panic!("{answer}: {other:?}"),
            };
            assert!(reason.contains(&answer[4..]), "{reason}");
            assert!(server.mails().is_empty());
        }
    }
}

#[tokio::test]
async fn a_lost_connection_means_later() {
    let short = |port| SmtpConfig { timeout: Duration::from_millis(300), ..config(port) };
    for drops in [Drop::BeforeGreeting, Drop::MidData, Drop::SilentAfterData] {
        let server = Server::start(Script { drops: Some(drops), ..Script::default() }).await;
        let result = send(&short(server.port), &letter(&["ops@brand.example"])).await;
        assert!(matches!(result, Err(PostError::Later(_))), "{result:?}");
        assert!(server.mails().is_empty());
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let result = send(&short(closed), &letter(&["ops@brand.example"])).await;
    assert!(matches!(result, Err(PostError::Later(_))), "{result:?}");
}

#[tokio::test]
async fn one_bad_address_does_not_keep_the_news_from_the_others() {
    let bad = BTreeMap::from([("gone@brand.example", "550 no such box")]);
    let server = Server::start(Script { recipients: bad.clone(), ..Script::default() }).await;
    let three = letter(&["ops@brand.example", "gone@brand.example", "sales@brand.example"]);
    assert_eq!(send(&config(server.port), &three).await, Ok(()));
    let mut reached: Vec<String> = server.mails().into_iter().flat_map(|mail| mail.to).collect();
    reached.sort();
    assert_eq!(reached, ["ops@brand.example", "sales@brand.example"]);

    let mut busy = bad;
    busy.insert("sales@brand.example", "450 busy");
    let script = Script { recipients: busy, ..Script::default() };
    let server = Server::start(script.clone()).await;
    let mut heard = Heard::default();
    let left = missed(deliver(&config(server.port), &three, &mut heard).await);
    let left: Vec<(&str, &str)> = left.iter().map(|(address, what, _)| (address.as_str(), *what)).collect();
    assert_eq!(left, [("gone@brand.example", "never"), ("sales@brand.example", "later")]);
    assert_eq!((heard.all, envelopes(&server)), (vec![three.to[0].clone()], vec![vec![three.to[0].clone()]]));

    let server = Server::start(script).await;
    assert_eq!(send(&config(server.port), &three).await, Ok(()), "nobody knows who would get it again");
    assert_eq!(envelopes(&server), [["ops@brand.example"]]);
}

#[tokio::test]
async fn a_full_mailbox_keeps_the_mail_from_nobody_else_and_is_named() {
    let (good, full) = ("ops@brand.example", "full@brand.example");
    for answer in ["450 box is busy", "452 no room", "421 not now"] {
        for to in [[good, full], [full, good]] {
            let recipients = BTreeMap::from([(full, answer)]);
            let server = Server::start(Script { recipients, ..Script::default() }).await;
            let mut heard = Heard::default();
            let left = missed(deliver(&config(server.port), &letter(&to), &mut heard).await);
            assert_eq!(envelopes(&server), [[good]], "{answer}");
            assert_eq!(heard.all, [good]);
            let [(address, "later", reason)] = left.as_slice() else { panic!("{answer}: {left:?}") };
            assert!(address == full && reason.contains(&answer[4..]), "{left:?}");

            // There is room: only who is left is tried, and it is the same mail.
            let again = Server::start(Script::default()).await;
            assert_eq!(deliver(&config(again.port), &letter(&[full]), &mut heard).await, Ok(()));
            assert_eq!(envelopes(&again), [[full]]);
            for mail in [&server.mails()[0], &again.mails()[0]] {
                assert!(mail.text.contains("Message-ID: <news-brand-x-1@brand.example>\n"), "{}", mail.text);
            }
        }
    }
}

#[tokio::test]
async fn a_mail_that_everybody_takes_together_is_one_mail_without_receipts() {
    let server = Server::start(Script::default()).await;
    let mut heard = Heard::default();
    let two = letter(&["ops@brand.example", "sales@brand.example"]);
    assert_eq!(deliver(&config(server.port), &two, &mut heard).await, Ok(()));
    assert_eq!((envelopes(&server), heard.all.len()), (vec![two.to], 0));
}

#[tokio::test]
async fn an_address_that_the_server_cannot_write_keeps_the_mail_from_nobody_else() {
    let server = Server::start(Script::default()).await;
    let two = letter(&["größe@brand.example", "ops@brand.example"]);
    let left = missed(deliver(&config(server.port), &two, &mut Heard::default()).await);
    assert_eq!(envelopes(&server), [["ops@brand.example"]]);
    let [(address, "later", reason)] = left.as_slice() else { panic!("{left:?}") };
    assert!(address == "größe@brand.example" && reason.contains("SMTPUTF8"), "{left:?}");
}

#[tokio::test]
async fn nobody_else_is_tried_once_it_cannot_be_written_down_who_has_the_mail() {
    let recipients = BTreeMap::from([("full@brand.example", "452 no room")]);
    let server = Server::start(Script { recipients, ..Script::default() }).await;
    let three = letter(&["full@brand.example", "ops@brand.example", "sales@brand.example"]);
    let mut heard = Heard { fails: true, ..Heard::default() };
    let left = missed(deliver(&config(server.port), &three, &mut heard).await);
    assert_eq!((envelopes(&server), heard.all), (vec![vec![three.to[1].clone()]], vec![three.to[1].clone()]));
    let left: Vec<(&str, &str)> = left.iter().map(|(address, what, _)| (address.as_str(), *what)).collect();
    // Whoever was not tried is the first next time.
    assert_eq!(left, [("sales@brand.example", "later"), ("full@brand.example", "later")]);
}

#[tokio::test]
async fn a_connection_that_is_lost_on_the_way_leaves_everybody_who_has_no_receipt() {
    let script = Script {
        recipients: BTreeMap::from([("full@brand.example", "452 no room")]),
        drops: Some(Drop::MidData),
        ..Script::default()
    };
    let server = Server::start(script).await;
    let three = letter(&["full@brand.example", "ops@brand.example", "sales@brand.example"]);
    let mut heard = Heard::default();
    let left = missed(deliver(&config(server.port), &three, &mut heard).await);
    let left: Vec<(&str, &str)> = left.iter().map(|(address, what, _)| (address.as_str(), *what)).collect();
    let names = ["sales@brand.example", "ops@brand.example", "full@brand.example"];
    assert_eq!(left, names.map(|name| (name, "later")));
    assert_eq!((server.heard("DATA"), heard.all.len()), (1, 0), "a lost connection is tried for nobody else");

    let two = letter(&["ops@brand.example", "sales@brand.example"]);
    let left = missed(deliver(&config(server.port), &two, &mut heard).await);
    assert_eq!((left.len(), server.heard("DATA")), (2, 2), "all together, and not one by one");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_asked_once_more_for_each_address() {
    let script = Script {
        recipients: BTreeMap::from([("gone@brand.example", "550 no such box")]),
        drops: Some(Drop::SilentAfterData),
        ..Script::default()
    };
    let server = Server::start(script).await;
    let three = letter(&["ops@brand.example", "gone@brand.example", "sales@brand.example"]);
    let short = SmtpConfig { timeout: Duration::from_millis(300), ..config(server.port) };
    assert!(matches!(send(&short, &three).await, Err(PostError::Later(_))));
    assert_eq!(server.heard("DATA"), 1);
}

#[tokio::test]
async fn a_server_that_refuses_slowly_gets_the_time_of_one_mail_however_many_it_is_for() {
    let slow = Script { refuses_after: Some(Duration::from_millis(200)), ..Script::default() };
    let server = Server::start(slow).await;
    let to: Vec<String> = (0..20).map(|number| format!("team{number}@brand.example")).collect();
    let all = Letter { to: to.clone(), ..letter(&[]) };
    let short = SmtpConfig { timeout: Duration::from_secs(1), ..config(server.port) };
    let left = missed(deliver(&short, &all, &mut Heard::default()).await);
    let mut names: Vec<String> = left.into_iter().map(|(address, _, _)| address).collect();
    assert!(server.heard("RCPT") <= 5, "five answers fit into the time");
    let mut expected = to;
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn sign_in_is_used_and_its_refusal_keeps_the_mail() {
    let signed = |port| SmtpConfig {
        user: Some("sync".to_owned()),
        password: Some(Password::new("hunter2")),
        ..config(port)
    };
    let server = Server::start(Script::default()).await;
    assert_eq!(send(&signed(server.port), &letter(&["ops@brand.example"])).await, Ok(()));
    assert_eq!(server.heard("AUTH PLAIN"), 1);

    let refuses = Script { sign_in: Some("535 wrong password"), ..Script::default() };
    let server = Server::start(refuses).await;
    let result = send(&signed(server.port), &letter(&["ops@brand.example"])).await;
    let Err(PostError::Later(reason)) = result else { panic!("{result:?}") };
    assert!(!reason.contains("hunter2"), "{reason}");
    assert!(server.mails().is_empty());
    // The next address would get the same answer, and a server may lock whoever asks too often.
    let two = letter(&["ops@brand.example", "sales@brand.example"]);
    let left = missed(deliver(&signed(server.port), &two, &mut Heard::default()).await);
    assert!(left.len() == 2 && left.iter().all(|(_, what, _)| *what == "later"), "{left:?}");
    assert_eq!(server.heard("AUTH"), 2, "once for each mail");
}

#[tokio::test]
async fn without_tls_nothing_is_sent_where_tls_is_asked_for() {
    let starttls = |port| SmtpConfig {
        security: Security::StartTls,
        user: Some("sync".to_owned()),
        password: Some(Password::new("hunter2")),
        ..config(port)
    };
    for offers_starttls in [false, true] {
        let server = Server::start(Script { offers_starttls, ..Script::default() }).await;
        let result = send(&starttls(server.port), &letter(&["ops@brand.example"])).await;
        assert!(result.is_err(), "{result:?}");
        assert_eq!(server.heard("STARTTLS"), usize::from(offers_starttls));
        assert_eq!((server.heard("AUTH"), server.heard("MAIL")), (0, 0));
    }
}

/// aiosmtpd prints what arrives; its own parser is the judge.
const INDEPENDENT: &str = r#"
import asyncio, email, email.policy, json, sys
from aiosmtpd.controller import Controller
class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(json.dumps({"to": envelope.rcpt_tos, "subject": mail["subject"], "id": mail["message-id"],
                          "body": mail.get_content().replace("\r\n", "\n"), "defects": len(mail.defects)}), flush=True)
        return "250 ok"
import socket
probe = socket.socket(); probe.bind(("127.0.0.1", 0)); port = probe.getsockname()[1]; probe.close()
controller = Controller(Handler(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
sys.stdin.read()
controller.stop()
"#;

#[tokio::test]
async fn an_independent_mail_server_reads_the_same_mail() {
    let check = Command::new("python3").args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
    if !check.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3 with aiosmtpd is not installed");
        return;
    }
    // It ends when its input is closed, that is with this test.
    let mut child = Command::new("python3")
        .args(["-c", INDEPENDENT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let port: u16 = lines.next().unwrap().unwrap().parse().unwrap();
    let letter = letter(&["ops@brand.example"]);
    assert_eq!(send(&config(port), &letter).await, Ok(()));
    let seen: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(seen["to"], serde_json::json!(["ops@brand.example"]));
    assert_eq!(seen["subject"], letter.subject.as_str());
    assert_eq!(seen["id"], "<news-brand-x-1@brand.example>");
    assert_eq!(seen["body"], letter.body.as_str());
    assert_eq!(seen["defects"], 0);
}

#[tokio::test]
async fn a_greeting_finds_a_wrong_password_and_sends_nothing() {
    let greet = async |config: SmtpConfig| SmtpPost::new(&config).unwrap().greet().await;
    let server = Server::start(Script::default()).await;
    assert_eq!(greet(config(server.port)).await, Ok(()));
    assert_eq!((server.heard("EHLO"), server.heard("MAIL"), server.mails().len()), (1, 0, 0));

    let refuses = Server::start(Script { sign_in: Some("535 wrong password"), ..Script::default() }).await;
    let user = Some("sync".to_owned());
    let signed = SmtpConfig { user, password: Some(Password::new("s3cr")), ..config(refuses.port) };
    let error = greet(signed).await.unwrap_err().to_string();
    assert!(error.contains("wrong password") && !error.contains("s3cr"), "{error}");

    let silent = Server::start(Script { drops: Some(Drop::BeforeGreeting), ..Script::default() }).await;
    assert!(greet(config(silent.port)).await.is_err());
}
