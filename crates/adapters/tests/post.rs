//! Mail against a small mail server that follows a script, and against an independent one where it is installed.
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

use adapters::ports::{Letter, Post, PostError};
use adapters::post::{Authorities, Password, Plain, Security, SmtpConfig, SmtpPost};
use std::collections::BTreeMap;
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
                let answer = script.recipients.get(address.as_str()).copied().unwrap_or("250 ok");
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
    let server = Server::start(Script { recipients: busy, ..Script::default() }).await;
    assert!(matches!(send(&config(server.port), &three).await, Err(PostError::Later(_))));
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
