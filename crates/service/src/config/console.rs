//! Where the console listens, and under which address people reach it.

use super::Layers;
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

const LISTEN: &str = "console.listen";
const URL: &str = "console.url";
const OFF: &str = "off";

/// Where the console is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// `None`: there is no console.
    pub address: Option<SocketAddr>,
    /// What people type; `None`: only this machine.
    pub url: Option<Url>,
}

impl Listen {
    /// This machine only, at a port that is free.
    pub fn on_this_machine() -> Listen {
        Listen { address: Some(SocketAddr::from(([127, 0, 0, 1], 0))), url: None }
    }

    /// Where mails lead; an address of this machine leads nobody else anywhere.
    pub fn for_mails(&self) -> Option<Url> {
        self.url.clone().filter(|url| !is_loopback(url))
    }

    pub fn is_https(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Is this host, as a browser names it, one of ours? A page elsewhere that lets its own name point here is not.
    pub fn answers_to(&self, host: &str) -> bool {
        let Ok(asked) = Url::parse(&format!("http://{host}/")) else { return false };
        if asked.host_str().is_none() || host.contains(['/', '@', '?', '#']) {
            return false;
        }
        let is_ours = self.url.as_ref().is_some_and(|url| {
            let port = |of: &Url| of.port().unwrap_or(if url.scheme() == "https" { 443 } else { 80 });
            let asked_port = asked.port().unwrap_or_else(|| url.port_or_known_default().unwrap_or(80));
            url.host() == asked.host() && port(url) == asked_port
        });
        is_ours || (self.is_on_loopback() && is_loopback(&asked))
    }

    fn is_on_loopback(&self) -> bool {
        self.address.is_some_and(|address| address.ip().is_loopback())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl Layers {
    /// Where the console is; what is wrong about it is noted.
    pub(super) fn console(&mut self) -> Listen {
        let address = self.address();
        let url = self.console_url();
        if address.is_some_and(|address| !address.ip().is_loopback()) && url.is_none() {
            let origin = self.origin(LISTEN);
            let listen = self.text(LISTEN).to_owned();
            self.refuse(
                &origin,
                LISTEN,
                &listen,
                "an address of this machine alone, such as 127.0.0.1:8470; or set console.url to the HTTPS address that \
                 people use, and let a proxy speak HTTPS",
            );
        }
        Listen { address, url }
    }

    fn address(&mut self) -> Option<SocketAddr> {
        let text = self.text(LISTEN).to_owned();
        if text == OFF {
            return None;
        }
        let parsed = text.parse::<SocketAddr>();
        if parsed.is_err() {
            let origin = self.origin(LISTEN);
            self.refuse(&origin, LISTEN, &text, "an address with a port, such as 127.0.0.1:8470, or off");
        }
        parsed.ok()
    }

    fn console_url(&mut self) -> Option<Url> {
        let text = self.text(URL).to_owned();
        if text.is_empty() {
            return None;
        }
        let fits = |url: &Url| {
            let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            let nobody = url.username().is_empty() && url.password().is_none();
            bare && nobody && url.host().is_some() && (url.scheme() == "https" || is_loopback(url))
        };
        let url = Url::parse(&text).ok().filter(fits);
        if url.is_none() {
            let origin = self.origin(URL);
            self.refuse(
                &origin,
                URL,
                &text,
                "the HTTPS address of the console without a path, such as https://orders.brand.example; plain HTTP for \
                 this machine alone",
            );
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str, url: Option<&str>) -> Listen {
        Listen { address: Some(address.parse().unwrap()), url: url.map(|url| Url::parse(url).unwrap()) }
    }

    #[test]
    fn only_its_own_names_are_answered() {
        let alone = at("127.0.0.1:8470", None);
        for own in ["127.0.0.1:8470", "localhost:8470", "[::1]:8470", "localhost"] {
            assert!(alone.answers_to(own), "{own}");
        }
        for other in [
            "evil.example",
            "127.0.0.1.evil.example:8470",
            "",
            "localhost:8470/x",
            "a@localhost",
            "orders.brand.example",
        ] {
            assert!(!alone.answers_to(other), "{other}");
        }
        let public = at("0.0.0.0:8470", Some("https://orders.brand.example"));
        assert!(public.answers_to("orders.brand.example") && public.answers_to("orders.brand.example:443"));
        assert!(!public.answers_to("localhost:8470") && !public.answers_to("orders.brand.example:8470"));
        assert!(public.is_https() && !alone.is_https());
        let ported = at("127.0.0.1:8470", Some("http://localhost:9000"));
        assert!(ported.answers_to("localhost:9000"));
    }

    #[test]
    fn nobody_else_is_let_in_without_https() {
        let refused = |listen: &str, url: &str| -> Vec<String> {
            let folder = tempfile::tempdir().unwrap();
            let pair = |name: &str, value: &str| (format!("JOOR_SHOPIFY_CONSOLE__{name}"), value.to_owned());
            let environment = [pair("LISTEN", listen), pair("URL", url)];
            let loaded =
                crate::config::Config::load(folder.path(), environment, adapters::settings::Trial::On);
            loaded.err().unwrap_or_default().into_iter().map(|error| error.key).collect()
        };
        for (listen, url, wrong) in [
            ("127.0.0.1:8470", "", None),
            ("[::1]:8470", "", None),
            ("off", "", None),
            ("0.0.0.0:8470", "", Some("console.listen")),
            ("192.168.1.7:8470", "", Some("console.listen")),
            ("[::]:8470", "", Some("console.listen")),
            ("0.0.0.0:8470", "https://orders.brand.example", None),
            ("127.0.0.1:8470", "http://orders.brand.example", Some("console.url")),
            ("127.0.0.1:8470", "https://orders.brand.example/path", Some("console.url")),
            ("8470", "", Some("console.listen")),
        ] {
            assert_eq!(refused(listen, url), wrong.into_iter().collect::<Vec<_>>(), "{listen} {url}");
        }
    }
}
