//! Where a ledger is: a file, or a database of a PostgreSQL server. A server's address may hold a password, so it is
//! never shown whole.

use super::{LedgerLock, LockError};
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A database of a PostgreSQL server.
    Server(ServerAddress),
}

impl Place {
    pub fn file(&self) -> Option<&Path> {
        match self {
            Place::File(path) => Some(path),
            Place::Server(_) => None,
        }
    }

    /// The lock of the one process that works on a file. Processes that share a server take leases instead.
    pub fn lock(&self) -> Result<Option<LedgerLock>, LockError> {
        self.file().map(LedgerLock::take).transpose()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => path.display().fmt(out),
            Place::Server(address) => address.fmt(out),
        }
    }
}

/// The settings of a connection that a URL may carry behind its `?`.
const KEYS: [&str; 8] = [
    "application_name",
    "host",
    "options",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
];
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// The name under which the server's own lists show our connections.
const OUR_NAME: &str = "joor-shopify";

/// A checked `postgres://` URL. What is shown of it holds no password.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerAddress {
    url: Url,
}

impl ServerAddress {
    /// Reads a URL; otherwise what is allowed in place of it. The refusal repeats nothing of the text.
    pub fn parse(text: &str) -> Result<ServerAddress, String> {
        let form = "a URL such as postgres://user:password@db.example:5432/joor_shopify?sslmode=verify-full";
        let mut url = Url::parse(text).map_err(|error| format!("{form} ({error})"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(format!("{form}; other databases than PostgreSQL are not known"));
        }
        if url.path().trim_matches('/').is_empty() {
            return Err(format!("{form}; the name of the database is missing"));
        }
        if url.fragment().is_some() {
            return Err(format!("{form}; a # in a password is written %23"));
        }
        for (key, value) in url.query_pairs() {
            if !KEYS.contains(&&*key) {
                return Err(format!("{form}; behind the ? only {}", KEYS.join(", ")));
            }
            if key == "sslmode" && !SSL_MODES.contains(&&*value) {
                return Err(format!("sslmode as one of {}", SSL_MODES.join(", ")));
            }
            if key == "host" && !value.starts_with('/') {
                return Err("host behind the ? as the folder of a socket, such as /run/postgresql".to_owned());
            }
        }
        let address = ServerAddress { url: url.clone() };
        if address.host().is_empty() && address.socket().is_none() {
            return Err(format!("{form}; the name of the server is missing"));
        }
        if address.value("application_name").is_none() {
            url.query_pairs_mut().append_pair("application_name", OUR_NAME);
        }
        Ok(ServerAddress { url })
    }

    /// The whole URL, password included: for the driver only.
    pub(super) fn whole(&self) -> &str {
        self.url.as_str()
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    fn value(&self, key: &str) -> Option<String> {
        self.url.query_pairs().find(|(known, _)| known == key).map(|(_, value)| value.into_owned())
    }

    fn socket(&self) -> Option<String> {
        self.value("host")
    }

    /// Does the server run on this machine?
    pub fn is_on_this_machine(&self) -> bool {
        let address = self.host().trim_start_matches('[').trim_end_matches(']');
        self.socket().is_some()
            || address.eq_ignore_ascii_case("localhost")
            || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Would a server that pretends to be this one be found out?
    pub fn proves_the_server(&self) -> bool {
        matches!(self.value("sslmode").as_deref(), Some("verify-ca" | "verify-full"))
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("postgres://")?;
        if !self.url.username().is_empty() {
            write!(out, "{}@", self.url.username())?;
        }
        match self.socket() {
            Some(folder) => out.write_str(&folder)?,
            None => out.write_str(self.host())?,
        }
        if let Some(port) = self.url.port() {
            write!(out, ":{port}")?;
        }
        out.write_str(self.url.path())
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let text = "postgresql://joor:s3cret%23@db.example:6432/orders?sslmode=verify-full";
        let address = ServerAddress::parse(text).unwrap();
        for shown in
            [address.to_string(), format!("{address:?}"), format!("{:?}", Place::Server(address.clone()))]
        {
            assert!(shown.contains("postgres://joor@db.example:6432/orders"), "{shown}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
        assert!(
            address.whole().contains("s3cret") && address.whole().contains("application_name=joor-shopify")
        );
        assert!(address.proves_the_server() && !address.is_on_this_machine());
    }

    #[test]
    fn servers_of_this_machine_are_known() {
        for text in [
            "postgres://127.0.0.1/a",
            "postgres://localhost:1/a",
            "postgres://[::1]/a",
            "postgres:///a?host=/run",
        ] {
            assert!(ServerAddress::parse(text).unwrap().is_on_this_machine(), "{text}");
        }
    }

    #[test]
    fn a_url_that_is_none_of_a_postgresql_database_is_refused_without_being_repeated() {
        for (text, allowed) in [
            ("s3cret", "a URL such as"),
            ("mysql://u:s3cret@h/db", "other databases"),
            ("postgres://u:s3cret@h", "the name of the database"),
            ("postgres://u:s3cret@h/", "the name of the database"),
            ("postgres:///db", "the name of the server"),
            ("postgres://u:s3#cret@h/db", "a URL such as"),
            ("postgres://u@h/db?passwrod=s3cret", "behind the ?"),
            ("postgres://u@h/db?password=s3cret", "behind the ?"),
            ("postgres://u:s3cret@h/db?sslmode=yes", "verify-full"),
            ("postgres://u:s3cret@h/db?host=elsewhere", "folder of a socket"),
        ] {
            let refused = ServerAddress::parse(text).unwrap_err();
            assert!(refused.contains(allowed) && !refused.contains("s3cret"), "{text}: {refused}");
        }
    }
}
