//! The `[smtp]` section: what belongs together, the files that it names, and what a refusal means for whoever wrote it.

use super::{DEFAULT_ORIGIN, Layers};
use adapters::post::{
    Authorities, LETTER_TIME_MAX, Password, Plain, Security, SmtpConfig, SmtpPost, SmtpRefused,
};
use adapters::settings::Trial;
use std::path::Path;

pub(super) const SECRET_BYTES_MAX: u64 = 16 * 1024;
/// More than the authorities of a whole operating system.
const AUTHORITIES_BYTES_MAX: u64 = 1024 * 1024;

impl Layers {
    pub(super) fn smtp(&mut self, data: &Path, trial: Trial) -> Option<SmtpConfig> {
        let password = self.password(data);
        let authorities = self.authorities(data);
        if self.text("smtp.host").is_empty() {
            return None;
        }
        let host = self.text("smtp.host").to_owned();
        if trial == Trial::On && !is_this_machine(&host) {
            let origin = self.origin("smtp.host");
            let allowed = "in a trial only a mail server of this machine (127.0.0.1, localhost)";
            self.refuse(&origin, "smtp.host", &format!("{host:?}"), allowed);
            return None;
        }
        let given = |key: &str| Some(self.text(key).to_owned()).filter(|text| !text.is_empty());
        let config = SmtpConfig {
            host,
            port: self.text("smtp.port").parse().unwrap_or(587),
            security: match self.text("smtp.security") {
                "tls" => Security::Tls,
                "none" => Security::None,
                _starttls => Security::StartTls,
            },
            plain: if self.text("smtp.trust_network") == "true" {
                Plain::Anywhere
            } else {
                Plain::LoopbackOnly
            },
            authorities,
            user: given("smtp.user"),
            password,
            from: self.text("smtp.from").to_owned(),
            timeout: LETTER_TIME_MAX,
        };
        if let Err(refused) = SmtpPost::new(&config) {
            self.refuse_smtp(&refused);
        }
        Some(config)
    }

    /// A value that was refused by itself is named once, not again as missing here.
    fn refuse_smtp(&mut self, refused: &SmtpRefused) {
        let (keys, allowed) = words(refused);
        let named = |key: &str| self.errors.iter().any(|error| error.key.starts_with(key));
        if !keys.split(" + ").any(named) {
            let origin = self.written_in(keys);
            self.refuse(&origin, keys, &refused.to_string(), allowed);
        }
    }

    /// The place where one of these keys was written; for a key that nobody wrote, the place that names a mail server
    /// and so needs it.
    fn written_in(&self, keys: &str) -> String {
        let mut origins = keys.split(" + ").chain(["smtp.host"]).map(|key| self.origin(key));
        origins.find(|origin| origin != DEFAULT_ORIGIN).unwrap_or_else(|| DEFAULT_ORIGIN.to_owned())
    }

    fn password(&mut self, data: &Path) -> Option<Password> {
        let (inline, file) =
            (self.text("smtp.password").to_owned(), self.text("smtp.password_file").to_owned());
        match (inline.is_empty(), file.is_empty()) {
            (true, true) => None,
            (false, true) => Some(Password::new(inline)),
            (false, false) => {
                let allowed = "only one of them: the password itself, or its file";
                let origin = self.origin("smtp.password_file");
                self.refuse(&origin, "smtp.password + smtp.password_file", "both are set", allowed);
                None
            }
            (true, false) => self.password_from(&data.join(&file)),
        }
    }

    fn password_from(&mut self, path: &Path) -> Option<Password> {
        let allowed = "a file with the password in its only line";
        self.secret_from("smtp.password_file", path, allowed).map(Password::new)
    }

    fn authorities(&mut self, data: &Path) -> Authorities {
        let file = self.text("smtp.ca_file");
        if file.is_empty() {
            return Authorities::default();
        }
        let path = data.join(file);
        let read = read(&path, AUTHORITIES_BYTES_MAX)
            .and_then(|pem| Authorities::from_pem(&pem).map_err(|refused| refused.to_string()));
        read.unwrap_or_else(|reason| {
            let allowed = "a PEM file (-----BEGIN CERTIFICATE-----) with the certificate of the authority that \
                           signed the mail server's, or empty for public authorities only";
            self.refuse_file("smtp.ca_file", &path, &reason, allowed);
            Authorities::default()
        })
    }

    pub(super) fn refuse_file(&mut self, key: &str, path: &Path, reason: &str, allowed: &str) {
        let origin = self.origin(key);
        self.refuse(&origin, key, &format!("{}: {reason}", path.display()), allowed);
    }
}

pub(super) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, String> {
    match std::fs::metadata(path) {
        Ok(about) if about.len() > bytes_max => Err(format!("longer than {bytes_max} bytes")),
        Ok(_) | Err(_) => std::fs::read(path).map_err(|error| error.to_string()),
    }
}

fn words(refused: &SmtpRefused) -> (&'static str, &'static str) {
    match refused {
        SmtpRefused::From(_) => ("smtp.from", "the sender, such as \"orders@brand.example\""),
        SmtpRefused::Host => ("smtp.host", "the name of the mail server, or empty for no mail"),
        SmtpRefused::PlainToElsewhere(_) => (
            "smtp.security + smtp.host",
            "security starttls or tls, a server on this machine, or trust_network = true",
        ),
        SmtpRefused::HalfASignIn => {
            ("smtp.user + smtp.password", "both, or neither for a server without sign-in")
        }
        SmtpRefused::AuthoritiesWithoutTls => {
            ("smtp.ca_file + smtp.security", "security starttls or tls, or no ca_file")
        }
        SmtpRefused::Tls { .. } => ("smtp.host", "a host name that TLS can check"),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
