//! A mail server that keeps what it is given: a real SMTP conversation on loopback, with optional sign-in and scripted
//! faults. Reading a mail's form is in `mailbox/decode.rs`; TLS is not here.

mod decode;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::faults::{Fault, Faults, Service};

/// A line of SMTP is at most 1,000 bytes; sign-in lines may be longer.
const LINE_BYTES_MAX: usize = 8_192;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    /// The plain text part, decoded.
    pub body_text: String,
    pub raw: String,
}

#[derive(Clone, Debug)]
pub struct MailboxOptions {
    /// User and password; where set, nobody sends without them.
    pub sign_in: Option<(String, String)>,
    pub size_bytes_max: usize,
}

impl Default for MailboxOptions {
    fn default() -> MailboxOptions {
        MailboxOptions { sign_in: None, size_bytes_max: 1_000_000 }
    }
}

/// A running mail server. It stops when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Mailbox {
    mails: Arc<Mutex<Vec<Mail>>>,
    address: SocketAddr,
    _accepting: Arc<Accepting>,
}

#[derive(Debug)]
struct Accepting(JoinHandle<()>);

impl Drop for Accepting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Mailbox {
    pub async fn start(faults: Faults, options: MailboxOptions) -> std::io::Result<Mailbox> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let mails = Arc::new(Mutex::new(Vec::new()));
        let post = Post { mails: mails.clone(), faults, options };
        let accepting = Accepting(tokio::spawn(accept(listener, post)));
        Ok(Mailbox { mails, address, _accepting: Arc::new(accepting) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that arrived, in order.
    pub fn mails(&self) -> Vec<Mail> {
        locked(&self.mails).clone()
    }

    pub fn clear(&self) {
        locked(&self.mails).clear();
    }
}

fn locked(mails: &Mutex<Vec<Mail>>) -> MutexGuard<'_, Vec<Mail>> {
    mails.lock().expect("nothing panics while it holds the mails")
}

#[derive(Clone)]
struct Post {
    mails: Arc<Mutex<Vec<Mail>>>,
    faults: Faults,
    options: MailboxOptions,
}

async fn accept(listener: TcpListener, post: Post) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let conversation = Conversation::new(stream, post.clone());
                    // An error is a caller who hung up.
                    conversations.spawn(async move { conversation.hold().await.unwrap_or(()) });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = conversations.join_next() => {}
        }
    }
}

/// Whether the conversation goes on.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    HangUp,
}

/// What a fault leaves of a command.
enum Struck {
    /// It is carried out as usual.
    No,
    /// It was answered, and is not carried out.
    Answered,
    HangUp,
}

struct Conversation {
    stream: BufReader<TcpStream>,
    post: Post,
    signed_in: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Conversation {
    fn new(stream: TcpStream, post: Post) -> Conversation {
        Conversation { stream: BufReader::new(stream), post, signed_in: false, from: None, to: Vec::new() }
    }

    async fn hold(mut self) -> std::io::Result<()> {
        match self.strike("connect").await? {
            Struck::No => self.say("220 sandbox.example.com ESMTP").await?,
            Struck::Answered | Struck::HangUp => return Ok(()),
        }
        while let Some(line) = self.hear().await? {
            if self.obey(&line).await? == Then::HangUp {
                break;
            }
        }
        Ok(())
    }

    async fn obey(&mut self, line: &str) -> std::io::Result<Then> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.greet().await?,
            "HELO" => self.say("250 sandbox.example.com").await?,
            "AUTH" => self.sign_in(rest).await?,
            "MAIL" => self.mail_from(rest).await?,
            "RCPT" => return self.rcpt_to(rest).await,
            "DATA" => return self.data().await,
            "RSET" => {
                self.reset();
                self.say("250 2.0.0 Ok").await?;
            }
            "NOOP" => self.say("250 2.0.0 Ok").await?,
            "QUIT" => {
                self.say("221 2.0.0 Bye").await?;
                return Ok(Then::HangUp);
            }
            _ => self.say("502 5.5.1 Command not implemented").await?,
        }
        Ok(Then::GoOn)
    }

    async fn greet(&mut self) -> std::io::Result<()> {
        let mut lines = vec![format!("SIZE {}", self.post.options.size_bytes_max), "8BITMIME".to_owned()];
        if self.post.options.sign_in.is_some() {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        self.say("250-sandbox.example.com").await?;
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.say(&format!("250-{line}")).await?;
        }
        self.say(&format!("250 {last}")).await
    }

    async fn sign_in(&mut self, rest: &str) -> std::io::Result<()> {
        let Some((user, password)) = self.post.options.sign_in.clone() else {
            return self.say("503 5.5.1 Sign-in is not offered").await;
        };
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let text = self.asked(initial, "").await?;
                let mut parts = text.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            "LOGIN" => (self.asked(initial, "Username:").await?, self.asked("", "Password:").await?),
            _ => return self.say("504 5.5.4 Unknown mechanism").await,
        };
        if given == (user, password) {
            self.signed_in = true;
            return self.say("235 2.7.0 Welcome").await;
        }
        self.say("535 5.7.8 Credentials are not valid").await
    }

    /// A sign-in value: given at once, else asked for.
    async fn asked(&mut self, initial: &str, prompt: &str) -> std::io::Result<String> {
        let line = if initial.is_empty() {
            self.say(&format!("334 {}", STANDARD.encode(prompt))).await?;
            self.hear().await?.unwrap_or_default()
        } else {
            initial.to_owned()
        };
        Ok(String::from_utf8_lossy(&STANDARD.decode(line.trim()).unwrap_or_default()).into_owned())
    }

    async fn mail_from(&mut self, rest: &str) -> std::io::Result<()> {
        if self.post.options.sign_in.is_some() && !self.signed_in {
            return self.say("530 5.7.0 Authentication required").await;
        }
        let size = rest
            .to_ascii_uppercase()
            .split("SIZE=")
            .nth(1)
            .and_then(|text| text.trim().parse::<usize>().ok());
        if size.is_some_and(|size| size > self.post.options.size_bytes_max) {
            return self.say("552 5.3.4 Message too big").await;
        }
        let Some(address) = path(rest, "FROM:") else {
            return self.say("501 5.5.4 Syntax: MAIL FROM:<address>").await;
        };
        self.reset();
        self.from = Some(address);
        self.say("250 2.1.0 Ok").await
    }

    async fn rcpt_to(&mut self, rest: &str) -> std::io::Result<Then> {
        if self.from.is_none() {
            self.say("503 5.5.1 Say MAIL first").await?;
            return Ok(Then::GoOn);
        }
        match self.strike_about("rcpt", rest).await? {
            Struck::No => {}
            Struck::Answered => return Ok(Then::GoOn),
            Struck::HangUp => return Ok(Then::HangUp),
        }
        match path(rest, "TO:").filter(|address| address.contains('@')) {
            Some(address) => {
                self.to.push(address);
                self.say("250 2.1.5 Ok").await?;
            }
            None => self.say("501 5.1.3 Bad recipient address").await?,
        }
        Ok(Then::GoOn)
    }

    async fn data(&mut self) -> std::io::Result<Then> {
        if self.to.is_empty() {
            self.say("503 5.5.1 Say RCPT first").await?;
            return Ok(Then::GoOn);
        }
        self.say("354 End with <CR><LF>.<CR><LF>").await?;
        let Some(raw) = self.hear_mail().await? else {
            return Ok(Then::HangUp);
        };
        if raw.len() > self.post.options.size_bytes_max {
            self.reset();
            self.say("552 5.3.4 Message too big").await?;
            return Ok(Then::GoOn);
        }
        let from = self.from.take().unwrap_or_default();
        let mail = decode::mail(from, std::mem::take(&mut self.to), raw);
        self.reset();
        self.take_in(mail).await
    }

    /// The moment that matters: is the mail kept, and does the sender hear so?
    async fn take_in(&mut self, mail: Mail) -> std::io::Result<Then> {
        match self.post.faults.take(Service::Smtp, "data") {
            None => {}
            Some(Fault::LoseReply | Fault::CutBody { .. }) => {
                self.keep(mail);
                return Ok(Then::HangUp);
            }
            Some(Fault::ActLate(delay)) => {
                let mails = self.post.mails.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    locked(&mails).push(mail);
                });
                return Ok(Then::HangUp);
            }
            Some(Fault::ExecuteThenStatus { code, body }) => {
                self.keep(mail);
                self.say(&format!("{code} {body}")).await?;
                return Ok(Then::GoOn);
            }
            Some(other) => match self.refuse(other).await? {
                Struck::No => {}
                Struck::Answered => return Ok(Then::GoOn),
                Struck::HangUp => return Ok(Then::HangUp),
            },
        }
        self.keep(mail);
        self.say("250 2.0.0 Ok: queued").await?;
        Ok(Then::GoOn)
    }

    fn keep(&self, mail: Mail) {
        locked(&self.post.mails).push(mail);
    }

    async fn strike(&mut self, operation: &str) -> std::io::Result<Struck> {
        self.strike_about(operation, "").await
    }

    /// The same for a command that says this, such as an address.
    async fn strike_about(&mut self, operation: &str, said: &str) -> std::io::Result<Struck> {
        match self.post.faults.take_about(Service::Smtp, operation, said) {
            Some(fault) => self.refuse(fault).await,
            None => Ok(Struck::No),
        }
    }

    /// Faults in the words of SMTP; those that only HTTP can have leave the command alone.
    async fn refuse(&mut self, fault: Fault) -> std::io::Result<Struck> {
        match fault {
            Fault::Status { code, body, .. } | Fault::ExecuteThenStatus { code, body } => {
                self.say(&format!("{code} {body}")).await?;
                Ok(Struck::Answered)
            }
            Fault::Throttled => {
                self.say("421 4.7.0 Too many, come back later").await?;
                Ok(Struck::HangUp)
            }
            Fault::Garbage | Fault::Html { .. } => {
                self.say("<!DOCTYPE html>").await?;
                Ok(Struck::HangUp)
            }
            Fault::LoseReply | Fault::ActLate(_) | Fault::DropBefore | Fault::CutBody { .. } => {
                Ok(Struck::HangUp)
            }
            Fault::Slow(delay) => {
                tokio::time::sleep(delay).await;
                Ok(Struck::No)
            }
            // A reply without an end; an error is a caller who hung up.
            Fault::Drip(pause) => loop {
                tokio::time::sleep(pause).await;
                self.stream.get_mut().write_all(b"2").await?;
            },
            Fault::Oversized(_) | Fault::ReplaceBody(_) | Fault::BrokenRow { .. } => Ok(Struck::No),
        }
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await
    }

    /// `None` at the end of the stream or of our patience.
    async fn hear(&mut self) -> std::io::Result<Option<String>> {
        let mut line = Vec::new();
        let bytes = self.stream.read_until(b'\n', &mut line).await?;
        if bytes == 0 || bytes > LINE_BYTES_MAX {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// Lines up to the single dot, doubled dots undone. Stops keeping, not hearing, once the limit is passed.
    async fn hear_mail(&mut self) -> std::io::Result<Option<String>> {
        let mut raw = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Ok(None);
            }
            if line == b".\r\n" || line == b".\n" {
                return Ok(Some(String::from_utf8_lossy(&raw).into_owned()));
            }
            if raw.len() <= self.post.options.size_bytes_max {
                raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
    }
}

/// The address in `FROM:<a@b> SIZE=1` or `TO:<a@b>`.
fn path(rest: &str, word: &str) -> Option<String> {
    let (head, tail) = rest.split_at_checked(word.len())?;
    if !head.eq_ignore_ascii_case(word) {
        return None;
    }
    let inner = tail.trim_start().strip_prefix('<')?;
    inner.split_once('>').map(|(address, _)| address.to_owned())
}
