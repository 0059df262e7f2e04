//! Addresses from the settings: which are taken, and paths below them. Nothing is resolved or called here.

use std::fmt;
use url::Url;

/// An address from the settings, under which all requests to one service stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlRefused {
    #[error("this is not an address: {reason}")]
    Unreadable { reason: String },
    #[error("an address must not hold a user name or password")]
    Credentials,
    #[error("an address must not hold a query or a fragment")]
    Query,
    #[error("the address must begin with https://")]
    NotHttps,
    #[error("plain http is for trials only, and only to this machine (127.0.0.1, ::1, localhost)")]
    PlainHttp,
}

/// Are we talking to test servers on this machine?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Real,
    /// Loopback hosts only, plain HTTP taken.
    Trial,
}

impl BaseUrl {
    pub fn parse(text: &str, mode: Mode) -> Result<BaseUrl, BaseUrlRefused> {
        let url = Url::parse(text.trim())
            .map_err(|error| BaseUrlRefused::Unreadable { reason: error.to_string() })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlRefused::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlRefused::Query);
        }
        let loopback = is_loopback(&url);
        match (url.scheme(), mode) {
            ("https", Mode::Real) => Ok(BaseUrl(url)),
            ("http" | "https", Mode::Trial) if loopback => Ok(BaseUrl(url)),
            ("http", Mode::Real) | ("http" | "https", Mode::Trial) => Err(BaseUrlRefused::PlainHttp),
            (_, Mode::Real | Mode::Trial) => Err(BaseUrlRefused::NotHttps),
        }
    }

    /// The address itself, as given.
    pub fn url(&self) -> Url {
        self.0.clone()
    }

    /// A path below this address. Segments are escaped, so none of them can leave the host or the base path.
    pub fn at<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        url.path_segments_mut()
            .expect("http and https addresses always have path segments")
            .pop_if_empty()
            .extend(segments.into_iter().filter(|segment| !matches!(*segment, "." | "..")));
        url
    }

    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// Does the URL point to this machine? Names other than `localhost` are not resolved, hence no.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_take_https_and_refuse_what_could_leak_or_be_read_on_the_way() {
        assert!(BaseUrl::parse("https://api.example.com/v4", Mode::Real).is_ok());
        for (text, mode, refusal) in [
            ("http://api.example.com", Mode::Real, BaseUrlRefused::PlainHttp),
            ("http://127.0.0.1:9", Mode::Real, BaseUrlRefused::PlainHttp),
            ("http://example.com", Mode::Trial, BaseUrlRefused::PlainHttp),
            ("https://example.com", Mode::Trial, BaseUrlRefused::PlainHttp),
            ("https://user:word@example.com", Mode::Real, BaseUrlRefused::Credentials),
            ("https://example.com/?a=b", Mode::Real, BaseUrlRefused::Query),
            ("ftp://example.com", Mode::Real, BaseUrlRefused::NotHttps),
        ] {
            assert_eq!(BaseUrl::parse(text, mode), Err(refusal), "{text}");
        }
        for text in ["http://127.0.0.1:80", "http://localhost:80/v4/", "http://[::1]:1"] {
            assert!(BaseUrl::parse(text, Mode::Trial).is_ok(), "{text}");
        }
    }

    #[test]
    fn no_segment_leaves_the_base() {
        let base = BaseUrl::parse("https://api.example.com/v4/", Mode::Real).unwrap();
        assert_eq!(
            base.at(["orders", "bulk_update"]).as_str(),
            "https://api.example.com/v4/orders/bulk_update"
        );
        assert_eq!(
            base.at(["..", "a/../b", "//evil"]).as_str(),
            "https://api.example.com/v4/a%2F..%2Fb/%2F%2Fevil"
        );
    }
}
