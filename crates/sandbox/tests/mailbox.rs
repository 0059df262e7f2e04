//! The mail server, spoken to by hand.

use std::time::Duration;

use sandbox::faults::{Fault, Faults, Service, When};
use sandbox::mailbox::{Mailbox, MailboxOptions};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

struct Talk(BufReader<TcpStream>);

impl Talk {
    async fn with(mailbox: &Mailbox) -> Talk {
        Talk(BufReader::new(TcpStream::connect(mailbox.address()).await.unwrap()))
    }

    /// The last line of the next reply; empty where the server hung up.
    async fn hear(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.get(3..4) != Some("-") {
                return line.trim_end().to_owned();
            }
        }
    }

    async fn say(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.hear().await
    }

    /// Says each line and compares the start of each reply.
    async fn hold(&mut self, turns: &[(&str, &str)]) {
        for (line, expected) in turns {
            let reply = self.say(line).await;
            assert!(reply.starts_with(expected), "to {line:?} the server says {reply:?}, not {expected}");
        }
    }
}

const ENVELOPE: [(&str, &str); 4] = [
    ("EHLO tester", "250"),
    ("MAIL FROM:<bridge@brand.example.com> BODY=8BITMIME", "250"),
    ("RCPT TO:<ops@brand.example.com>", "250"),
    ("RCPT TO:<owner@brand.example.com>", "250"),
];

async fn mailbox(options: MailboxOptions) -> (Mailbox, Faults) {
    let faults = Faults::default();
    (Mailbox::start(faults.clone(), options).await.unwrap(), faults)
}

#[tokio::test]
async fn mail_is_taken_and_decoded() {
    let (mailbox, _) = mailbox(MailboxOptions::default()).await;
    let mut talk = Talk::with(&mailbox).await;
    assert!(talk.hear().await.starts_with("220"));
    talk.hold(&[("NOOP", "250"), ("DATA", "503"), ("BDAT 4", "502")]).await;
    talk.hold(&ENVELOPE).await;
    talk.hold(&[
        ("DATA", "354"),
        (
            "Subject: =?utf-8?Q?2_orders_held_=E2=80=93_12_=E2=82=AC?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nTotal =3D 12 =E2=82=AC\r\n..dot\r\n.",
            "250",
        ),
        ("QUIT", "221"),
    ])
    .await;
    let mails = mailbox.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].from, "bridge@brand.example.com");
    assert_eq!(mails[0].to, ["ops@brand.example.com", "owner@brand.example.com"]);
    assert_eq!(mails[0].subject, "2 orders held – 12 €");
    assert_eq!(mails[0].body_text, "Total = 12 €\n.dot\n");
}

#[tokio::test]
async fn sign_in_is_asked_for_where_it_is_set() {
    let sign_in = Some(("bridge".to_owned(), "s3cret".to_owned()));
    let (mailbox, _) = mailbox(MailboxOptions { sign_in, ..MailboxOptions::default() }).await;
    let mut talk = Talk::with(&mailbox).await;
    talk.hear().await;
    talk.hold(&[
        ("EHLO tester", "250 AUTH PLAIN LOGIN"),
        ("MAIL FROM:<a@example.com>", "530"),
        ("AUTH PLAIN AGJyaWRnZQB3cm9uZw==", "535"),
        ("AUTH PLAIN AGJyaWRnZQBzM2NyZXQ=", "235"),
        ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
        ("YnJpZGdl", "334 UGFzc3dvcmQ6"),
        ("czNjcmV0", "235"),
        ("MAIL FROM:<a@example.com>", "250"),
    ])
    .await;
}

#[tokio::test]
async fn oversized_mail_is_refused() {
    let (mailbox, _) = mailbox(MailboxOptions { size_bytes_max: 100, ..MailboxOptions::default() }).await;
    let mut talk = Talk::with(&mailbox).await;
    talk.hear().await;
    talk.hold(&[("EHLO tester", "250"), ("MAIL FROM:<a@example.com> SIZE=101", "552")]).await;
    talk.hold(&ENVELOPE).await;
    talk.hold(&[("DATA", "354"), (&format!("{}\r\n.", "x".repeat(200)), "552")]).await;
    assert_eq!(mailbox.mails(), vec![]);
}

#[tokio::test]
async fn faults_refuse_drop_and_lose() {
    let (mailbox, faults) = mailbox(MailboxOptions::default()).await;
    let status = |code: u16, body: &str| Fault::Status { code, body: body.to_owned(), headers: Vec::new() };
    faults.script(Service::Smtp, "connect", When::Next, status(554, "5.3.2 Not today"));
    let mut talk = Talk::with(&mailbox).await;
    assert_eq!(talk.hear().await, "554 5.3.2 Not today");

    faults.script(Service::Smtp, "rcpt", When::Next, status(450, "4.2.0 Greylisted"));
    let mut talk = Talk::with(&mailbox).await;
    talk.hear().await;
    talk.hold(&ENVELOPE[..2]).await;
    talk.hold(&[("RCPT TO:<ops@brand.example.com>", "450"), ("RCPT TO:<ops@brand.example.com>", "250")])
        .await;

    faults.script(Service::Smtp, "data", When::Next, status(451, "4.3.0 Try later"));
    talk.hold(&[("DATA", "354"), ("\r\nrefused\r\n.", "451")]).await;
    assert_eq!(mailbox.mails().len(), 0);

    faults.script(Service::Smtp, "data", When::Next, Fault::LoseReply);
    talk.hold(&ENVELOPE).await;
    talk.hold(&[("DATA", "354")]).await;
    assert_eq!(talk.say("\r\nkept, yet unanswered\r\n.").await, "");
    assert_eq!(mailbox.mails().len(), 1);

    faults.script(Service::Smtp, "data", When::Next, Fault::ActLate(Duration::from_millis(50)));
    let mut talk = Talk::with(&mailbox).await;
    talk.hear().await;
    talk.hold(&ENVELOPE).await;
    talk.hold(&[("DATA", "354")]).await;
    assert_eq!(talk.say("\r\nlate\r\n.").await, "");
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if mailbox.mails().len() == 2 {
            return;
        }
    }
    panic!("the late mail never arrived");
}
