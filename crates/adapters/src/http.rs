//! The only HTTP client: a one-method [`Transport`], time and size limits, pinned base URLs, redaction.
//!
//! Knows nothing of JOOR or Shopify. It never repeats a request and never follows a redirect: what an error means for
//! the request it belonged to is the caller's business, and [`SendError`] says the one thing that decides it, whether
//! the request can have left this machine.

mod address;
pub(crate) mod certificate;

pub use address::{BaseUrl, BaseUrlRefused, Mode, is_loopback};

use async_trait::async_trait;
use domain::time::Moment;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Sent with every request.
pub const USER_AGENT: &str = concat!("joor-shopify/", env!("CARGO_PKG_VERSION"));

/// How much of a body we take, after unpacking: a page of 200 orders is below 2 MB, a full variant page below 5 MB.
pub const BODY_BYTES_MAX: usize = 20 * 1024 * 1024;

const CONNECT_SECS_MAX: u64 = 10;

/// Idle connections are closed by us before the other side's usual keep-alive ends, so that a request is rarely
/// written into a connection that is just being closed, which would leave its fate unclear.
const IDLE_SECS_MAX: u64 = 20;

/// Sends one request, once.
#[async_trait]
pub trait Transport: Send + Sync {
    async fn send(&self, request: Request) -> Result<Answer, SendError>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

impl Method {
    pub fn word(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A request. Header values, query and body may hold secrets, so `Debug` shows none of them.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// For the whole exchange: connect, send, wait, read.
    pub timeout: Duration,
}

impl Request {
    pub fn new(method: Method, url: Url, timeout: Duration) -> Request {
        Request { method, url, headers: Vec::new(), body: None, timeout }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The header `Authorization: Bearer …`.
    pub fn bearer(self, token: &crate::vault::Secret) -> Request {
        self.header("authorization", format!("Bearer {}", token.expose()))
    }

    pub fn json(self, body: impl Into<Vec<u8>>) -> Request {
        let mut request = self.header("content-type", "application/json");
        request.body = Some(body.into());
        request
    }

    /// A body of `application/x-www-form-urlencoded` pairs.
    pub fn form<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Request {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mut request = self.header("content-type", "application/x-www-form-urlencoded");
        request.body = Some(text.into_bytes());
        request
    }

    /// Host and path, as shown in errors: never the query, which may name people.
    pub fn endpoint(&self) -> String {
        endpoint(&self.url)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method.word())
            .field("endpoint", &self.endpoint())
            .field("headers", &names)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// Host and path of a URL.
pub fn endpoint(url: &Url) -> String {
    format!("{}{}", &url[url::Position::BeforeHost..url::Position::AfterPort], url.path())
}

/// A complete answer of any status. The body may hold tokens and people, so `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case; a header given several times is joined with `, `.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as text; bytes that are not UTF-8 become U+FFFD, and a byte order mark is dropped.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body))
    }

    /// Looks like a web page: what proxies, login walls and maintenance pages answer.
    pub fn is_html(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("text/html"))
            || self.text().trim_start().starts_with('<')
    }

    /// The other side's clock, from the `Date` header.
    pub fn date(&self) -> Option<Moment> {
        http_date(self.header("date")?)
    }

    /// When the `Retry-After` header (seconds, or a date of the other side's clock) allows the next try.
    pub fn retry_after(&self, now: Moment) -> Option<Moment> {
        let text = self.header("retry-after")?.trim();
        if let Some(seconds) = whole_seconds(text) {
            return Some(now.plus(Duration::from_secs(seconds)));
        }
        let until = http_date(text)?;
        let theirs = self.date().unwrap_or(now);
        Some(now.plus(until.since(theirs)))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Seconds such as `2` or `2.0`, rounded up: some servers send fractions. More than a day is taken as a day.
fn whole_seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let extra = u64::from(fraction.bytes().any(|byte| byte != b'0'));
    Some(whole.parse::<u64>().unwrap_or(86_400).saturating_add(extra).min(86_400))
}

/// A date of an HTTP header, `Mon, 23 Nov 2026 10:37:01 GMT`.
pub fn http_date(text: &str) -> Option<Moment> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Moment(zoned.as_millisecond()))
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection could be made (address, TCP, TLS), so no byte of the request was written.
    #[error("no connection: {reason}")]
    NotSent { reason: String },
    /// The request may have arrived: timeout, reset, closed or cut in the middle.
    #[error("no complete answer: {reason}")]
    Lost { reason: String },
    /// The other side has answered, but with more than we take.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    pub body_bytes_max: usize,
    pub connect_timeout: Duration,
    pub mode: Mode,
}

impl HttpOptions {
    pub fn new(mode: Mode) -> HttpOptions {
        HttpOptions {
            body_bytes_max: BODY_BYTES_MAX,
            connect_timeout: Duration::from_secs(CONNECT_SECS_MAX),
            mode,
        }
    }
}

/// The real transport: reqwest over rustls.
pub struct HttpTransport {
    client: reqwest::Client,
    options: HttpOptions,
}

impl HttpTransport {
    pub fn new(options: HttpOptions) -> Result<HttpTransport, SendError> {
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(tls()?)
            // One request per connection at a time: HTTP/2 would add refused streams and GOAWAY to what may have
            // happened to a request, and gains nothing within the budgets of both APIs.
            .http1_only()
            // reqwest repeats "safe" protocol errors unless told not to.
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .gzip(true)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(Duration::from_secs(IDLE_SECS_MAX))
            .build()
            .map_err(|error| SendError::NotSent { reason: describe(error) })?;
        Ok(HttpTransport { client, options })
    }

    async fn exchange(&self, request: Request) -> Result<Answer, SendError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut builder = self.client.request(method, request.url).timeout(request.timeout);
        for (name, value) in &request.headers {
            let mut value =
                reqwest::header::HeaderValue::from_str(value).map_err(|_| SendError::NotSent {
                    reason: format!("the value of header {name} has characters that no header may have"),
                })?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let built = builder.build().map_err(|error| SendError::NotSent { reason: describe(error) })?;
        let mut response = self.client.execute(built).await.map_err(classify)?;
        let status = response.status().as_u16();
        let headers = lower_case(response.headers());
        let limit = self.options.body_bytes_max;
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).unwrap_or(usize::MAX) > limit {
            return Err(SendError::TooLarge { limit });
        }
        let mut body = Vec::new();
        // Chunks come unpacked, so the limit also stops a small archive of a huge body.
        while let Some(chunk) = response.chunk().await.map_err(classify_body)? {
            if body.len() + chunk.len() > limit {
                return Err(SendError::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> Result<Answer, SendError> {
        let loopback = is_loopback(&request.url);
        let allowed = match self.options.mode {
            Mode::Real => request.url.scheme() == "https",
            Mode::Trial => loopback,
        };
        if !allowed {
            return Err(SendError::NotSent { reason: "the address is not allowed in this mode".to_owned() });
        }
        let timeout = request.timeout;
        // reqwest has the same timeout; this one also covers whatever happens between its steps.
        match tokio::time::timeout(timeout + Duration::from_millis(250), self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                Err(SendError::Lost { reason: format!("no answer within {} s", timeout.as_secs_f32()) })
            }
        }
    }
}

/// One provider (ring) for all TLS of this program, and Mozilla's roots beside those of the machine, so that a
/// container without certificates works as well as a company with its own authority.
fn tls() -> Result<rustls::ClientConfig, SendError> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SendError::NotSent { reason: error.to_string() })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Only an error of making the connection proves that nothing was written. hyper sends a request into a connection
/// only after it stands, and where it moves an unwritten request from a connection that just closed to a new one, an
/// error of making that new one is again proof. A timeout is no proof, whatever it interrupted.
fn classify(error: reqwest::Error) -> SendError {
    if error.is_connect() {
        return SendError::NotSent { reason: describe(error) };
    }
    classify_body(error)
}

fn classify_body(error: reqwest::Error) -> SendError {
    let reason = if error.is_timeout() { "no answer in time".to_owned() } else { describe(error) };
    SendError::Lost { reason }
}

/// What went wrong, from the outside to the cause, without the URL: its query may name people.
fn describe(error: reqwest::Error) -> String {
    let host = error.url().and_then(Url::host_str).unwrap_or("the server");
    if let Some(words) = certificate::refusal(&error, host) {
        return words;
    }
    let unknown_name =
        format!("the name {host} leads nowhere (dns error); look for a slip in it, and at the network");
    let error = error.without_url();
    let mut words = vec![error.to_string()];
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if text == "dns error" {
            return unknown_name;
        }
        if words.last() != Some(&text) {
            words.push(text);
        }
        source = cause.source();
    }
    words.join(": ")
}

fn lower_case(headers: &reqwest::header::HeaderMap) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        all.entry(name.as_str().to_ascii_lowercase())
            .and_modify(|before| *before = format!("{before}, {value}"))
            .or_insert(value);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_in_the_debug_text() {
        let url = Url::parse("https://api.example.com/v4?account=77&token=hidden").unwrap();
        let request = Request::new(Method::Post, url, Duration::from_secs(1))
            .bearer(&crate::vault::Secret::new("hidden"))
            .form([("password", "hidden")]);
        let shown = format!("{request:?}");
        assert!(!shown.contains("hidden") && shown.contains("api.example.com/v4"), "{shown}");
        let answer = Answer { status: 200, headers: BTreeMap::new(), body: b"hidden".to_vec() };
        assert!(!format!("{answer:?}").contains("hidden"));
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date_of_their_clock() {
        let now = Moment(1_000_000);
        let answer = |pairs: &[(&str, &str)]| Answer {
            status: 429,
            headers: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Vec::new(),
        };
        assert_eq!(answer(&[("retry-after", "2.5")]).retry_after(now), Some(Moment(1_003_000)));
        assert_eq!(answer(&[("retry-after", "0")]).retry_after(now), Some(now));
        let dated = answer(&[
            ("date", "Mon, 23 Nov 2026 10:37:01 GMT"),
            ("retry-after", "Mon, 23 Nov 2026 10:37:11 GMT"),
        ]);
        assert_eq!(dated.retry_after(now), Some(Moment(1_010_000)));
        assert_eq!(answer(&[("retry-after", "soon")]).retry_after(now), None);
        assert_eq!(answer(&[]).retry_after(now), None);
    }
}
