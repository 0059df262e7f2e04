//! Process settings: where things lie, mail server, log, limits. Default file, then `config.toml` of the data
//! directory, then the environment; each value remembers its origin. Settings of a connection are not here.

use adapters::post::{LETTER_TIME_MAX, Password, Plain, Security, SmtpConfig, SmtpPost, SmtpRefused};
use adapters::settings::{SettingError, Trial, nearest};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Value;

pub const DEFAULTS: &str = include_str!("config.default.toml");
pub const FILE_NAME: &str = "config.toml";
const ENVIRONMENT_PREFIX: &str = "JOOR_SHOPIFY_";
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// The process settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    pub data: PathBuf,
    pub ledger: PathBuf,
    pub key_file: PathBuf,
    /// A filter as `tracing` takes it.
    pub log_level: String,
    /// `None`: no mail is sent.
    pub smtp: Option<SmtpConfig>,
    pub create_concurrency: usize,
    pub connections_at_once: usize,
    shown: Vec<Shown>,
}

/// A setting as `config show` prints it; a secret is never in it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    pub key: &'static str,
    pub value: String,
    pub origin: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Flag,
    Number { least: i64, most: i64 },
    Choice(&'static [&'static str]),
    Filter,
    Secret,
}

/// Every key, in the order of the default file.
const KEYS: &[(&str, Kind)] = &[
    ("ledger.file", Kind::Text),
    ("ledger.key_file", Kind::Text),
    ("log.level", Kind::Filter),
    ("smtp.host", Kind::Text),
    ("smtp.port", Kind::Number { least: 1, most: 65_535 }),
    ("smtp.security", Kind::Choice(&["starttls", "tls", "none"])),
    ("smtp.trust_network", Kind::Flag),
    ("smtp.user", Kind::Text),
    ("smtp.password", Kind::Secret),
    ("smtp.password_file", Kind::Text),
    ("smtp.from", Kind::Text),
    ("cycle.create_concurrency", Kind::Number { least: 1, most: 32 }),
    ("cycle.connections_at_once", Kind::Number { least: 1, most: 64 }),
];

/// A value with its origin, before it is used.
#[derive(Clone, Debug)]
struct Layered {
    text: String,
    origin: String,
}

struct Layers {
    values: BTreeMap<&'static str, Layered>,
    errors: Vec<SettingError>,
}

impl Config {
    /// Reads the settings of a data directory. All errors of all places come back at once.
    pub fn load(
        data: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
        trial: Trial,
    ) -> Result<Config, Vec<SettingError>> {
        let mut layers = Layers { values: BTreeMap::new(), errors: Vec::new() };
        layers.add_file("built-in default", DEFAULTS);
        let path = data.join(FILE_NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => layers.add_file(&path.display().to_string(), &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => layers.refuse(
                &path.display().to_string(),
                "(file)",
                &error.to_string(),
                "a file that can be read",
            ),
        }
        layers.add_environment(environment);
        layers.into_config(data, trial)
    }

    /// Every setting with its value and origin, secrets hidden.
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }
}

impl Layers {
    fn refuse(&mut self, file: &str, key: &str, value: &str, allowed: &str) {
        self.errors.push(SettingError {
            file: file.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
            allowed: allowed.to_owned(),
        });
    }

    fn add_file(&mut self, file: &str, text: &str) {
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
                let line = format!("line {}", before.matches('\n').count() + 1);
                let allowed = "lines such as key = \"value\" under a [section]; each key once";
                return self.refuse(file, &line, "not readable as TOML", allowed);
            }
        };
        for (section, value) in &table {
            match value {
                Value::Table(keys) => {
                    for (key, value) in keys {
                        self.add_value(file, &format!("{section}.{key}"), value);
                    }
                }
                Value::String(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::Boolean(_)
                | Value::Datetime(_)
                | Value::Array(_) => {
                    let allowed = nearest(section, &sections());
                    self.refuse(file, section, "a value outside a section", &allowed);
                }
            }
        }
    }

    fn add_value(&mut self, file: &str, key: &str, value: &Value) {
        let Some((key, kind)) = KEYS.iter().find(|(known, _)| *known == key) else {
            let allowed = nearest(key, &KEYS.iter().map(|(key, _)| *key).collect::<Vec<_>>());
            return self.refuse(file, key, "an unknown key", &allowed);
        };
        let fits = match (kind, value) {
            (Kind::Text | Kind::Choice(_) | Kind::Filter | Kind::Secret, Value::String(text)) => {
                Some(text.clone())
            }
            (Kind::Number { .. }, Value::Integer(number)) => Some(number.to_string()),
            (Kind::Flag, Value::Boolean(flag)) => Some(flag.to_string()),
            (Kind::Text | Kind::Choice(_) | Kind::Filter | Kind::Secret, _)
            | (Kind::Number { .. } | Kind::Flag, _) => None,
        };
        match fits {
            Some(text) => self.add_text(file, key, *kind, &text),
            None => self.refuse(file, key, &echo(*kind, &value.to_string()), &allowed(*kind)),
        }
    }

    fn add_text(&mut self, origin: &str, key: &'static str, kind: Kind, text: &str) {
        let fits = match kind {
            Kind::Text | Kind::Secret => !text.chars().any(char::is_control),
            Kind::Flag => matches!(text, "true" | "false"),
            Kind::Number { least, most } => text.parse::<i64>().is_ok_and(|n| (least..=most).contains(&n)),
            Kind::Choice(words) => words.contains(&text),
            Kind::Filter => !text.is_empty() && tracing_subscriber::EnvFilter::try_new(text).is_ok(),
        };
        if fits {
            self.values.insert(key, Layered { text: text.to_owned(), origin: origin.to_owned() });
        } else {
            self.refuse(origin, key, &echo(kind, text), &allowed(kind));
        }
    }

    /// Only names with `__` are settings: a container platform may set others with our prefix by itself.
    fn add_environment(&mut self, environment: impl IntoIterator<Item = (String, String)>) {
        for (name, text) in environment {
            let Some((section, key)) =
                name.strip_prefix(ENVIRONMENT_PREFIX).and_then(|rest| rest.split_once("__"))
            else {
                continue;
            };
            let wanted = format!("{}.{}", section.to_lowercase(), key.to_lowercase());
            match KEYS.iter().find(|(key, _)| *key == wanted) {
                Some((key, kind)) => self.add_text(&format!("environment {name}"), key, *kind, &text),
                None => {
                    let keys: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
                    self.refuse("environment", &name, "an unknown key", &nearest(&wanted, &keys));
                }
            }
        }
    }

    fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |layered| layered.text.as_str())
    }

    fn origin(&self, key: &str) -> String {
        self.values.get(key).map_or_else(|| "built-in default".to_owned(), |layered| layered.origin.clone())
    }

    fn number(&self, key: &str) -> usize {
        self.text(key).parse().unwrap_or(1)
    }

    fn into_config(mut self, data: &Path, trial: Trial) -> Result<Config, Vec<SettingError>> {
        for key in ["ledger.file", "ledger.key_file"] {
            if self.text(key).is_empty() {
                let origin = self.origin(key);
                self.refuse(&origin, key, "empty", "the name of a file, relative to the data directory");
            }
        }
        let smtp = self.smtp(data, trial);
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        Ok(Config {
            data: data.to_owned(),
            ledger: data.join(self.text("ledger.file")),
            key_file: data.join(self.text("ledger.key_file")),
            log_level: self.text("log.level").to_owned(),
            smtp,
            create_concurrency: self.number("cycle.create_concurrency"),
            connections_at_once: self.number("cycle.connections_at_once"),
            shown: self.shown(),
        })
    }

    fn smtp(&mut self, data: &Path, trial: Trial) -> Option<SmtpConfig> {
        let errors_before = self.errors.len();
        let password = self.password(data);
        // A password that is refused is named once, not again as a missing half of the sign-in.
        let password_refused = self.errors.len() > errors_before;
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
            user: given("smtp.user"),
            password,
            from: self.text("smtp.from").to_owned(),
            timeout: LETTER_TIME_MAX,
        };
        if let Err(refused) = SmtpPost::new(&config)
            && !password_refused
        {
            let (key, allowed) = smtp_words(&refused);
            let origin = self.origin(key.split(" + ").next().unwrap_or(key));
            self.refuse(&origin, key, &refused.to_string(), allowed);
        }
        Some(config)
    }

    fn password(&mut self, data: &Path) -> Option<Password> {
        let (inline, file) =
            (self.text("smtp.password").to_owned(), self.text("smtp.password_file").to_owned());
        match (inline.is_empty(), file.is_empty()) {
            (true, true) => None,
            (false, true) => Some(Password::new(inline)),
            (false, false) => {
                let origin = self.origin("smtp.password_file");
                let allowed = "only one of them: the password itself, or its file";
                self.refuse(&origin, "smtp.password + smtp.password_file", "both are set", allowed);
                None
            }
            (true, false) => self.password_from(&data.join(&file)),
        }
    }

    fn password_from(&mut self, path: &Path) -> Option<Password> {
        let size = std::fs::metadata(path).map(|about| about.len()).unwrap_or(0);
        let read = if size > SECRET_BYTES_MAX {
            Err(format!("longer than {SECRET_BYTES_MAX} bytes"))
        } else {
            std::fs::read_to_string(path).map_err(|error| error.to_string())
        };
        match read {
            Ok(text) if !text.trim().is_empty() => Some(Password::new(text.trim())),
            Ok(_) => self.refuse_password(path, "empty"),
            Err(reason) => self.refuse_password(path, &reason),
        }
    }

    fn refuse_password(&mut self, path: &Path, reason: &str) -> Option<Password> {
        let origin = self.origin("smtp.password_file");
        let value = format!("{}: {reason}", path.display());
        self.refuse(&origin, "smtp.password_file", &value, "a file with the password in its only line");
        None
    }

    fn shown(&self) -> Vec<Shown> {
        KEYS.iter()
            .map(|(key, kind)| {
                let text = self.text(key);
                let value = match kind {
                    Kind::Secret if text.is_empty() => "(not set)".to_owned(),
                    Kind::Secret => "(set, never shown)".to_owned(),
                    Kind::Text | Kind::Choice(_) | Kind::Filter => format!("{text:?}"),
                    Kind::Number { .. } | Kind::Flag => text.to_owned(),
                };
                Shown { key, value, origin: self.origin(key) }
            })
            .collect()
    }
}

fn sections() -> Vec<&'static str> {
    let mut names: Vec<&str> = KEYS.iter().filter_map(|(key, _)| key.split('.').next()).collect();
    names.dedup();
    names
}

fn allowed(kind: Kind) -> String {
    match kind {
        Kind::Text => "a text in quotes, without control characters".to_owned(),
        Kind::Secret => "one line of text in quotes".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::Number { least, most } => format!("a whole number from {least} to {most}"),
        Kind::Choice(words) => format!("one of {}", words.join(", ")),
        Kind::Filter => {
            "off, error, warn, info, debug, trace, or a filter such as \"info,adapters=debug\"".to_owned()
        }
    }
}

fn echo(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Secret => "(hidden)".to_owned(),
        Kind::Text | Kind::Flag | Kind::Number { .. } | Kind::Choice(_) | Kind::Filter => {
            text.chars().filter(|c| !c.is_control()).take(80).collect()
        }
    }
}

fn smtp_words(refused: &SmtpRefused) -> (&'static str, &'static str) {
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
        SmtpRefused::Tls { .. } => ("smtp.host", "a host name that TLS can check"),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)], trial: Trial) -> Result<Config, Vec<SettingError>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pw"), "from-file\n").unwrap();
        std::fs::write(folder.path().join(FILE_NAME), file).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(folder.path(), environment, trial)
    }

    fn refused(file: &str, environment: &[(&str, &str)], key: &str, value: &str, allowed: &str) {
        let errors = load(file, environment, Trial::Off).expect_err(key);
        let [error] = errors.as_slice() else { panic!("one error for {key}: {errors:#?}") };
        assert_eq!(error.key, key, "{error}");
        assert!(error.value.contains(value) && error.allowed.contains(allowed), "{error}");
    }

    #[test]
    fn the_default_file_names_every_key_and_no_other() {
        let table: toml::Table = DEFAULTS.parse().unwrap();
        let mut named: Vec<String> = Vec::new();
        for (section, keys) in &table {
            named.extend(keys.as_table().unwrap().keys().map(|key| format!("{section}.{key}")));
        }
        let mut known: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
        named.sort();
        known.sort_unstable();
        assert_eq!(named, known);
        let config = load("", &[], Trial::Off).unwrap();
        assert_eq!((config.create_concurrency, config.smtp), (8, None));
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let file = "[log]\nlevel = \"warn\"\n[cycle]\ncreate_concurrency = 2\n";
        let config = load(file, &[("JOOR_SHOPIFY_LOG__LEVEL", "debug")], Trial::Off).unwrap();
        assert_eq!((config.log_level.as_str(), config.create_concurrency), ("debug", 2));
        let origin = |key: &str| config.shown().iter().find(|shown| shown.key == key).unwrap().origin.clone();
        assert_eq!(origin("log.level"), "environment JOOR_SHOPIFY_LOG__LEVEL");
        assert!(origin("cycle.create_concurrency").ends_with("config.toml"));
        assert_eq!(origin("smtp.port"), "built-in default");
    }

    #[test]
    fn wrong_process_settings_name_key_value_and_what_is_allowed() {
        refused("[log]\nlevel = \"x=y=z\"", &[], "log.level", "x=y=z", "info");
        refused("[log]\nlevle = \"info\"", &[], "log.levle", "unknown", "did you mean log.level?");
        refused("[smtp]\nport = 70000", &[], "smtp.port", "70000", "from 1 to 65535");
        refused("[smtp]\nport = \"25\"", &[], "smtp.port", "25", "whole number");
        refused("[smtp]\nsecurity = \"ssl\"", &[], "smtp.security", "ssl", "starttls, tls, none");
        refused("[smtp]\npassword = 5", &[], "smtp.password", "(hidden)", "text in quotes");
        refused("[cycle]\ncreate_concurrency = 0", &[], "cycle.create_concurrency", "0", "from 1 to 32");
        refused("[ledger]\nfile = \"\"", &[], "ledger.file", "empty", "name of a file");
        refused("smtp = 1", &[], "smtp", "outside a section", "smtp");
        refused("[smtp", &[], "line 1", "TOML", "key = ");
        refused("", &[("JOOR_SHOPIFY_SMTP__PORT", "x")], "smtp.port", "x", "whole number");
        refused(
            "",
            &[("JOOR_SHOPIFY_SMPT__HOST", "x")],
            "JOOR_SHOPIFY_SMPT__HOST",
            "unknown",
            "did you mean smtp.host?",
        );
        let smtp = |more: &str| format!("[smtp]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\n{more}");
        refused("[smtp]\nhost = \"mail.example\"\nfrom = \"nobody\"", &[], "smtp.from", "nobody", "sender");
        refused(
            &smtp("security = \"none\""),
            &[],
            "smtp.security + smtp.host",
            "mail.example",
            "starttls or tls",
        );
        refused(
            &smtp("user = \"u\""),
            &[],
            "smtp.user + smtp.password",
            "belong together",
            "both, or neither",
        );
        refused(&smtp("user = \"u\"\npassword_file = \"no\""), &[], "smtp.password_file", "no", "only line");
        refused(
            &smtp("user = \"u\"\npassword = \"p\"\npassword_file = \"pw\""),
            &[],
            "smtp.password + smtp.password_file",
            "both",
            "only one",
        );
    }

    #[test]
    fn all_errors_of_all_places_come_at_once() {
        let errors =
            load("[log]\nlevel = 5\n[smtp]\nport = 0\n", &[("JOOR_SHOPIFY_SMTP__SECURITY", "x")], Trial::Off);
        let keys: Vec<String> = errors.unwrap_err().into_iter().map(|error| error.key).collect();
        assert_eq!(keys, ["log.level", "smtp.port", "smtp.security"]);
    }

    #[test]
    fn a_password_is_read_from_its_file_and_never_shown() {
        let file = "[smtp]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\nuser = \"u\"\n";
        let config = load(&format!("{file}password_file = \"pw\""), &[], Trial::Off).unwrap();
        assert_eq!(config.smtp.unwrap().password, Some(Password::new("from-file")));
        let config = load(file, &[("JOOR_SHOPIFY_SMTP__PASSWORD", "s3cr")], Trial::Off).unwrap();
        assert!(!format!("{config:?}").contains("s3cr"));
        let shown = config.shown().iter().find(|shown| shown.key == "smtp.password").unwrap();
        assert_eq!(shown.value, "(set, never shown)");
    }

    #[test]
    fn a_trial_sends_mail_on_this_machine_only() {
        let file =
            |host: &str| format!("[smtp]\nhost = \"{host}\"\nfrom = \"a@b.example\"\nsecurity = \"none\"\n");
        assert!(load(&file("127.0.0.1"), &[], Trial::On).is_ok());
        let errors = load(&file("mail.example"), &[], Trial::On).unwrap_err();
        assert_eq!(errors[0].key, "smtp.host");
    }
}
