//! Mail over SMTP: connection, security, and what a refusal means for the outbox. Certificates are in `post/trust.rs`.
//! Which mails there are and what they say is the service's business.

mod trust;

pub use trust::{Authorities, AuthoritiesRefused};

use crate::ports::{Letter, Missed, Post, PostError, Receipts};
use async_trait::async_trait;
use futures::future::BoxFuture;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::Tls;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::time::Sleep;
use zeroize::Zeroizing;

/// For a whole mail to all its recipients. The mail library itself limits only the connecting, so a server
/// that falls silent or dribbles would hold the outbox for ever. Mails leave between two cycles, so this is
/// also how long such a server may keep exports waiting: half of the shortest interval. A server that is well
/// takes a mail of a few lines in seconds.
pub const LETTER_TIME_MAX: Duration = Duration::from_secs(30);
pub const RECIPIENTS_MAX: usize = 100;
const SUBJECT_CHARS_MAX: usize = 200;
const BODY_BYTES_MAX: usize = 1_000_000;
/// Text of the mail server in our errors.
const ANSWER_CHARS_MAX: usize = 200;
/// Longest id that stands in a Message-ID as it is; a header line ends at 998 bytes.
const ID_CHARS_MAX: usize = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Plain text. Only to this machine, unless [`Plain::Anywhere`] says otherwise.
    None,
    /// Plain at first, then TLS; a server that does not offer it gets no mail.
    StartTls,
    Tls,
}

/// Where mail may travel without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    LoopbackOnly,
    /// Somebody wrote into the settings that the network in between is trusted.
    Anywhere,
}

/// A password that shows itself to nobody and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    pub fn new(text: impl Into<String>) -> Password {
        Password(Zeroizing::new(text.into()))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpConfig {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub plain: Plain,
    /// Whose certificates are taken beside those of the public authorities.
    pub authorities: Authorities,
    /// Sign-in; both or none.
    pub user: Option<String>,
    pub password: Option<Password>,
    /// `name@host`, or `Name <name@host>`.
    pub from: String,
    /// For a whole mail; [`LETTER_TIME_MAX`] unless a test is in a hurry.
    pub timeout: Duration,
}

/// Why a configuration cannot send mail. Each names its setting, without the section.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpRefused {
    #[error("`from` is no mail address: {0:?}")]
    From(String),
    #[error("`host` is empty")]
    Host,
    #[error("`security` is none, but {0} is not this machine: passwords and orders would travel readable")]
    PlainToElsewhere(String),
    #[error("`user` and `password` belong together, but only one is there")]
    HalfASignIn,
    #[error("`ca_file` is set, but `security` is none: nobody would look at a certificate")]
    AuthoritiesWithoutTls,
    #[error("TLS to {host} cannot be set up: {reason}")]
    Tls { host: String, reason: String },
}

pub struct SmtpPost {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    host: String,
    from: Mailbox,
    timeout: Duration,
}

impl SmtpPost {
    /// Checks the configuration; connects only when a mail is sent.
    pub fn new(config: &SmtpConfig) -> Result<SmtpPost, SmtpRefused> {
        let host = config.host.trim();
        if host.is_empty() {
            return Err(SmtpRefused::Host);
        }
        let from: Mailbox = config.from.parse().map_err(|_| SmtpRefused::From(one_line(&config.from, 80)))?;
        if config.security == Security::None && config.plain == Plain::LoopbackOnly && !is_loopback(host) {
            return Err(SmtpRefused::PlainToElsewhere(host.to_owned()));
        }
        if config.security == Security::None && !config.authorities.is_empty() {
            return Err(SmtpRefused::AuthoritiesWithoutTls);
        }
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(config.port)
            .tls(tls(host, config.security, &config.authorities)?)
            .timeout(Some(config.timeout));
        match (&config.user, &config.password) {
            (Some(user), Some(password)) => {
                builder = builder.credentials(Credentials::new(user.clone(), password.0.to_string()));
            }
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => return Err(SmtpRefused::HalfASignIn),
        }
        Ok(SmtpPost { transport: builder.build(), host: host.to_owned(), from, timeout: config.timeout })
    }

    /// Connects, encrypts and signs in as for a mail, and sends none.
    pub async fn greet(&self) -> Result<(), PostError> {
        match tokio::time::timeout(self.timeout, self.transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => {
                Err(PostError::Later("the server closed the connection after the greeting".to_owned()))
            }
            Ok(Err(error)) => Err(meaning(&error, &self.host)),
            Err(_) => Err(PostError::Later(format!("no answer after {:?}", self.timeout))),
        }
    }

    /// One conversation for these recipients: all of them have the mail then, or none, or nobody knows.
    async fn hand_over(
        &self,
        letter: &Letter,
        to: &[Mailbox],
        time: Pin<&mut Sleep>,
    ) -> Result<(), Undelivered> {
        let message = message(letter, &self.from, to).map_err(Undelivered::Refused)?;
        let sent = tokio::select! {
            biased;
            sent = self.transport.send(message) => sent,
            () = time => {
                let reason = format!("no end after {:?}", self.timeout);
                return Err(Undelivered::Away(PostError::Later(reason)));
            }
        };
        match sent {
            Ok(_) => Ok(()),
            Err(error) if may_spare_others(&error, to) => {
                Err(Undelivered::Refused(meaning(&error, &self.host)))
            }
            Err(error) => Err(Undelivered::Away(meaning(&error, &self.host))),
        }
    }

    /// One bad address must not keep the news from everybody else: after a refusal of all together, each is
    /// tried alone. A server that falls silent would do so for each of them, so nobody else is tried then.
    async fn deliver_one_by_one(
        &self,
        letter: &Letter,
        to: &[Mailbox],
        mut time: Pin<&mut Sleep>,
        receipts: &mut dyn Receipts,
    ) -> Result<(), Missed> {
        let mut refused = Vec::new();
        let mut waiting = letter.to.iter().zip(to);
        let mut ended = None;
        for (address, recipient) in waiting.by_ref() {
            let sent = self.hand_over(letter, std::slice::from_ref(recipient), time.as_mut()).await;
            match sent {
                Ok(()) => {
                    if receipts.has_it(address).await.is_break() {
                        let reason = "it could not be written down who has the mail already";
                        ended = Some(PostError::Later(reason.to_owned()));
                        break;
                    }
                }
                Err(Undelivered::Refused(error)) => refused.push((address.clone(), error)),
                Err(Undelivered::Away(error)) => {
                    refused.insert(0, (address.clone(), error.clone()));
                    ended = Some(error);
                    break;
                }
            }
        }
        let mut missed = Vec::new();
        if let Some(error) = ended {
            missed.extend(waiting.map(|(address, _)| (address.clone(), error.clone())));
        }
        missed.extend(refused);
        if missed.is_empty() { Ok(()) } else { Err(Missed(missed)) }
    }
}

/// How a mail did not get there.
enum Undelivered {
    /// An answer about these recipients or this mail: another recipient may fare better.
    Refused(PostError),
    /// No answer, or one that every recipient would get.
    Away(PostError),
}

/// Nobody remembers who has the letter.
struct NoReceipts;

impl Receipts for NoReceipts {
    fn has_it<'a>(&'a mut self, _: &'a str) -> BoxFuture<'a, ControlFlow<()>> {
        Box::pin(std::future::ready(ControlFlow::Continue(())))
    }
}

#[async_trait]
impl Post for SmtpPost {
    async fn send(&self, letter: &Letter) -> Result<(), PostError> {
        let Err(missed) = self.deliver(letter, &mut NoReceipts).await else { return Ok(()) };
        let (all, refused) = (letter.to.len(), missed.0.len());
        let error = missed.error();
        if refused == all {
            return Err(error);
        }
        tracing::warn!(
            mail.id = %letter.id, mail.refused = refused,
            "Mail {} did not reach {refused} of {all} addresses: {}", letter.id, error.reason()
        );
        Ok(())
    }

    async fn deliver(&self, letter: &Letter, receipts: &mut dyn Receipts) -> Result<(), Missed> {
        let to = recipients(letter).map_err(|error| Missed::all(letter, &error))?;
        let mut time = pin!(tokio::time::sleep(self.timeout));
        let sent = self.hand_over(letter, &to, time.as_mut()).await;
        match sent {
            Ok(()) => Ok(()),
            Err(Undelivered::Refused(_)) if to.len() > 1 => {
                self.deliver_one_by_one(letter, &to, time, receipts).await
            }
            Err(Undelivered::Refused(error) | Undelivered::Away(error)) => Err(Missed::all(letter, &error)),
        }
    }
}

fn tls(host: &str, security: Security, authorities: &Authorities) -> Result<Tls, SmtpRefused> {
    let parameters = || {
        authorities
            .parameters(host)
            .map_err(|error| SmtpRefused::Tls { host: host.to_owned(), reason: error.to_string() })
    };
    Ok(match security {
        Security::None => Tls::None,
        Security::StartTls => Tls::Required(parameters()?),
        Security::Tls => Tls::Wrapper(parameters()?),
    })
}

fn is_loopback(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn recipients(letter: &Letter) -> Result<Vec<Mailbox>, PostError> {
    if letter.to.is_empty() {
        return Err(PostError::Never("the mail has no recipient".to_owned()));
    }
    if letter.to.len() > RECIPIENTS_MAX {
        return Err(PostError::Never(format!(
            "the mail has {} recipients, more than {RECIPIENTS_MAX}",
            letter.to.len()
        )));
    }
    letter
        .to
        .iter()
        .map(|address| {
            // The parser takes comments and folded lines; nobody's settings need them.
            let parsed =
                (!address.chars().any(char::is_control)).then(|| address.trim().parse().ok()).flatten();
            parsed.ok_or_else(|| {
                PostError::Never(format!("`{}` is no mail address", one_line(address, ANSWER_CHARS_MAX)))
            })
        })
        .collect()
}

fn message(letter: &Letter, from: &Mailbox, to: &[Mailbox]) -> Result<Message, PostError> {
    let mut builder = Message::builder()
        .from(from.clone())
        .message_id(Some(message_id(&letter.id, from)))
        .subject(one_line(&letter.subject, SUBJECT_CHARS_MAX))
        // Keeps "out of office" answers away from the sender's address (RFC 3834).
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .header(ContentType::TEXT_PLAIN);
    for recipient in to {
        builder = builder.to(recipient.clone());
    }
    builder
        // The last line break comes from the protocol.
        .body(plain_text(&letter.body).trim_end_matches('\n').to_owned())
        .map_err(|error| PostError::Never(format!("the mail cannot be written: {error}")))
}

/// The same letter has the same id for ever, and two letters never share one.
fn message_id(id: &str, from: &Mailbox) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let local = if !id.is_empty() && id.len() <= ID_CHARS_MAX && id.chars().all(plain) {
        id.to_owned()
    } else {
        // A dot keeps digests apart from ids that look like one.
        let digest = Sha256::digest(id.as_bytes());
        format!("sha256.{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    format!("<{local}@{}>", from.email.domain())
}

/// Header text: no line break, no other control character, not longer than `chars_max`.
fn one_line(text: &str, chars_max: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect();
    clean.trim().to_owned()
}

/// Body text: lines and nothing that moves a cursor, rings a bell or ends the mail early.
fn plain_text(text: &str) -> String {
    let mut end = text.len().min(BODY_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut body: String = text[..end]
        .replace("\r\n", "\n")
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !c.is_control())
        .collect();
    if end < text.len() {
        body.push_str("\n[The rest was too long for a mail.]\n");
    }
    body
}

/// A server that says 5xx will say it again, except about the sign-in: that is repaired in the settings, and
/// the mail is not at fault. Neither is it when the certificate is refused.
fn meaning(error: &lettre::transport::smtp::Error, host: &str) -> PostError {
    if let Some(words) = trust::refusal(error, host) {
        return PostError::Later(words);
    }
    let reason = one_line(&chain(error), ANSWER_CHARS_MAX);
    let never = error.is_permanent() && !is_about_sign_in(error);
    if never { PostError::Never(reason) } else { PostError::Later(reason) }
}

fn is_about_sign_in(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

/// May another recipient fare better? Whatever the server answers may be about one of them, except about the
/// sign-in, which would fail once more for each. An address with other letters than ASCII is refused by the
/// mail library itself where the server takes no such address.
fn may_spare_others(error: &lettre::transport::smtp::Error, to: &[Mailbox]) -> bool {
    let answered = error.is_transient() || error.is_permanent();
    let other_letters = || to.iter().any(|recipient| !recipient.email.to_string().is_ascii());
    (answered && !is_about_sign_in(error)) || (error.is_client() && other_letters())
}

/// The error with its causes; lettre's own text often names only the first.
fn chain(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: &[&str]) -> Letter {
        Letter {
            to: to.iter().map(|address| (*address).to_owned()).collect(),
            subject: "x".to_owned(),
            body: "y".to_owned(),
            id: "news-1".to_owned(),
        }
    }

    fn from() -> Mailbox {
        "JOOR to Shopify <sync@brand.example>".parse().unwrap()
    }

    fn formatted(letter: &Letter) -> String {
        let message = message(letter, &from(), &recipients(letter).unwrap()).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    fn headers(text: &str) -> Vec<String> {
        let head = text.split("\r\n\r\n").next().unwrap();
        head.replace("\r\n ", " ")
            .split("\r\n")
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn headers_cannot_be_injected_through_subject_id_or_address() {
        let plain = headers(&formatted(&letter(&["ops@brand.example"])));
        let mut hostile = letter(&["ops@brand.example"]);
        hostile.subject = "held\r\nBcc: all@example.com\r\n\r\n<html>".to_owned();
        hostile.id = "a>\r\nBcc: all@example.com".to_owned();
        let text = formatted(&hostile);
        assert_eq!(headers(&text), plain, "{text}");
        for bad in ["ops@brand.example\r\nBcc: x@example.com", "ops", "", "a@b@c", "ops@brand.example\n"] {
            assert!(matches!(recipients(&letter(&[bad])), Err(PostError::Never(_))), "{bad:?}");
        }
        assert!(matches!(recipients(&letter(&[])), Err(PostError::Never(_))));
        assert!(matches!(
            recipients(&letter(&["a@b.example"; RECIPIENTS_MAX + 1])),
            Err(PostError::Never(_))
        ));
    }

    #[test]
    fn a_repeat_has_the_same_message_id_and_other_letters_have_another() {
        let id = |id: &str| message_id(id, &from());
        assert_eq!(id("news-brand-x-1"), "<news-brand-x-1@brand.example>");
        assert_eq!(id("a b"), id("a b"));
        assert_ne!(id("a b"), id("a  b"));
        assert!(id(&"x".repeat(5_000)).len() < 120);
        assert!(
            formatted(&letter(&["ops@brand.example"])).contains("Message-ID: <news-1@brand.example>\r\n")
        );
    }

    #[test]
    fn plain_mail_leaves_this_machine_only_if_allowed() {
        let config = |host: &str, security, plain| SmtpConfig {
            host: host.to_owned(),
            port: 25,
            security,
            plain,
            authorities: Authorities::default(),
            user: None,
            password: None,
            from: "sync@brand.example".to_owned(),
            timeout: LETTER_TIME_MAX,
        };
        let refused = |config: &SmtpConfig| SmtpPost::new(config).err();
        for host in ["localhost", "127.0.0.1", "127.8.0.1", "::1"] {
            assert_eq!(refused(&config(host, Security::None, Plain::LoopbackOnly)), None, "{host}");
        }
        for host in ["mail.brand.example", "10.0.0.5", "127.0.0.1.example.com", "localhost.example.com"] {
            assert_eq!(
                refused(&config(host, Security::None, Plain::LoopbackOnly)),
                Some(SmtpRefused::PlainToElsewhere(host.to_owned()))
            );
            assert_eq!(refused(&config(host, Security::None, Plain::Anywhere)), None);
            assert_eq!(refused(&config(host, Security::StartTls, Plain::LoopbackOnly)), None);
            assert_eq!(refused(&config(host, Security::Tls, Plain::LoopbackOnly)), None);
        }
        assert_eq!(refused(&config(" ", Security::Tls, Plain::LoopbackOnly)), Some(SmtpRefused::Host));
        let mut half = config("localhost", Security::None, Plain::LoopbackOnly);
        half.user = Some("sync".to_owned());
        assert_eq!(refused(&half), Some(SmtpRefused::HalfASignIn));
        half.from = "nobody".to_owned();
        assert_eq!(refused(&half), Some(SmtpRefused::From("nobody".to_owned())));
    }

    #[test]
    fn a_password_is_never_shown() {
        let config = SmtpConfig {
            host: "localhost".to_owned(),
            port: 25,
            security: Security::None,
            plain: Plain::LoopbackOnly,
            authorities: Authorities::default(),
            user: Some("sync".to_owned()),
            password: Some(Password::new("hunter2")),
            from: "sync@brand.example".to_owned(),
            timeout: LETTER_TIME_MAX,
        };
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_body_holds_lines_and_no_other_control_characters() {
        assert_eq!(plain_text("a\r\nb\u{1b}[2J\u{0}\rc\n"), "a\nb[2Jc\n");
        let long = plain_text(&"é".repeat(BODY_BYTES_MAX));
        assert!(long.len() < BODY_BYTES_MAX + 100 && long.ends_with("too long for a mail.]\n"));
    }
}
