//! A mail server over TLS and made-up authorities for its certificates. Written apart from the sandbox and from the
//! library that sends the mail; the stories of the service take this file too.
#![allow(dead_code, reason = "each of the two test binaries uses a part")]

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

pub const USER: &str = "sync";
pub const PASSWORD: &str = "hunter2";
/// The only sign-in that is taken: user and password as RFC 4616 writes them.
const SIGN_IN: &str = "AUTH PLAIN AHN5bmMAaHVudGVyMg==";

/// Somebody who signs certificates.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// From and to which year a certificate holds.
#[derive(Clone, Copy, Debug)]
pub struct Years(pub i32, pub i32);

/// What a server shows and proves.
#[derive(Debug)]
pub struct Identity {
    pub pem: String,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    pub fn certify(&self, host: &str, years: Years) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params(host, years).signed_by(&key, &self.issuer).unwrap();
        Identity { pem: certificate.pem(), certificate: certificate.der().clone(), key }
    }
}

impl Identity {
    /// Signed by itself, and saying of itself what it is.
    pub fn of_its_own(host: &str, is: IsCa) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = params(host, Years(2020, 2090));
        params.is_ca = is;
        let certificate = params.self_signed(&key).unwrap();
        Identity { pem: certificate.pem(), certificate: certificate.der().clone(), key }
    }
}

fn params(host: &str, years: Years) -> CertificateParams {
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a mail server");
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    params
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// In plain text, with STARTTLS on offer; signing in is on offer too, to see who falls for it.
    Plain,
    Encrypted,
}

/// A line that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub encrypted: bool,
    pub line: String,
}

#[derive(Default)]
struct Kept {
    heard: Vec<Heard>,
    mails: Vec<String>,
}

pub struct TlsMail {
    pub port: u16,
    kept: Arc<Mutex<Kept>>,
}

impl TlsMail {
    /// Serves until the test's runtime ends.
    pub async fn start(begins: Begins, identity: &Identity) -> TlsMail {
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate.clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = kept.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, begins, acceptor.clone(), shared.clone()));
            }
        });
        TlsMail { port, kept }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.kept.lock().unwrap().heard.clone()
    }

    /// First words of the lines that everybody in between could read.
    pub fn readable(&self) -> Vec<String> {
        let plain = self.heard().into_iter().filter(|heard| !heard.encrypted);
        plain.map(|heard| heard.line.split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    /// The mails that were taken, with their headers.
    pub fn mails(&self) -> Vec<String> {
        self.kept.lock().unwrap().mails.clone()
    }
}

/// `None` is a caller who hung up, or did not accept the certificate.
async fn serve(
    stream: TcpStream,
    begins: Begins,
    acceptor: TlsAcceptor,
    kept: Arc<Mutex<Kept>>,
) -> Option<()> {
    let stream = match begins {
        Begins::Plain => match converse(stream, false, &kept).await? {
            Ended::StartTls(stream) => stream,
            Ended::Quit => return Some(()),
        },
        Begins::Encrypted => stream,
    };
    let mut stream = acceptor.accept(stream).await.ok()?;
    if begins == Begins::Encrypted {
        converse(&mut stream, true, &kept).await?;
    } else {
        speak(&mut BufReader::new(&mut stream), true, &kept).await?;
    }
    // A caller who is told good-bye waits for the end.
    stream.shutdown().await.ok()
}

enum Ended<S> {
    Quit,
    StartTls(S),
}

async fn converse<S>(stream: S, encrypted: bool, kept: &Mutex<Kept>) -> Option<Ended<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 tls.test ESMTP\r\n").await.ok()?;
    let starts_tls = speak(&mut stream, encrypted, kept).await?;
    // What came along with STARTTLS was not encrypted and must not be taken as if it were.
    assert!(stream.buffer().is_empty(), "sent before TLS began: {:?}", stream.buffer());
    Some(if starts_tls { Ended::StartTls(stream.into_inner()) } else { Ended::Quit })
}

/// The conversation until QUIT or STARTTLS; true for the latter.
async fn speak<S>(stream: &mut BufReader<S>, encrypted: bool, kept: &Mutex<Kept>) -> Option<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut signed_in = false;
    loop {
        let line = line(stream).await?;
        kept.lock().unwrap().heard.push(Heard { encrypted, line: line.clone() });
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" if encrypted => "250-tls.test\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "EHLO" => "250-tls.test\r\n250-STARTTLS\r\n250 AUTH PLAIN",
            "STARTTLS" if !encrypted => "220 go ahead",
            "AUTH" if line == SIGN_IN => {
                signed_in = true;
                "235 welcome"
            }
            "AUTH" => "535 wrong password",
            "MAIL" if !signed_in => "530 sign in first",
            "MAIL" | "RCPT" | "NOOP" | "RSET" => "250 ok",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                let mail = mail(stream).await?;
                kept.lock().unwrap().mails.push(mail);
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "502 what",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
        match verb.as_str() {
            "STARTTLS" if !encrypted => return Some(true),
            "QUIT" => return Some(false),
            _ => {}
        }
    }
}

async fn mail<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut text = String::new();
    loop {
        match line(stream).await?.as_str() {
            "." => return Some(text),
            line => text.push_str(&format!("{}\n", line.strip_prefix('.').unwrap_or(line))),
        }
    }
}

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    let bytes = stream.read_line(&mut line).await.ok()?;
    (bytes > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}
