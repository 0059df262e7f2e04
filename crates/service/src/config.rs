//! Process settings: where things lie, mail server, log, limits. Default file, then `config.toml` of the data
//! directory, then the environment; each value remembers its origin. What the mail server needs together is in
//! `config/mail.rs`, where the ledger is in `config/store.rs`, where
//! the console listens in `config/console.rs`. Settings of a connection are not here.

mod console;
mod mail;
mod store;

pub use console::Listen;

use adapters::ledger::Place;
use adapters::post::SmtpConfig;
use adapters::settings::{SettingError, Trial, nearest, syntax_error};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Value;

pub const DEFAULTS: &str = include_str!("config.default.toml");
pub const FILE_NAME: &str = "config.toml";
const ENVIRONMENT_PREFIX: &str = "JOOR_SHOPIFY_";
const DEFAULT_ORIGIN: &str = "built-in default";

/// The process settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    pub data: PathBuf,
    pub ledger: Place,
    pub key_file: PathBuf,
    /// A filter as `tracing` takes it.
    pub log_level: String,
    /// `None`: no mail is sent.
    pub smtp: Option<SmtpConfig>,
    pub create_concurrency: usize,
    pub connections_at_once: usize,
    pub console: Listen,
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
    ("ledger.url", Kind::Secret),
    ("ledger.url_file", Kind::Text),
    ("ledger.key_file", Kind::Text),
    ("log.level", Kind::Filter),
    ("smtp.host", Kind::Text),
    ("smtp.port", Kind::Number { least: 1, most: 65_535 }),
    ("smtp.security", Kind::Choice(&["starttls", "tls", "none"])),
    ("smtp.trust_network", Kind::Flag),
    ("smtp.ca_file", Kind::Text),
    ("smtp.user", Kind::Text),
    ("smtp.password", Kind::Secret),
    ("smtp.password_file", Kind::Text),
    ("smtp.from", Kind::Text),
    ("cycle.create_concurrency", Kind::Number { least: 1, most: 32 }),
    ("cycle.connections_at_once", Kind::Number { least: 1, most: 64 }),
    ("console.listen", Kind::Text),
    ("console.url", Kind::Text),
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
        layers.add_file(DEFAULT_ORIGIN, DEFAULTS);
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
            Err(error) => return self.errors.push(syntax_error(file, text, &error)),
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
        self.values.get(key).map_or_else(|| DEFAULT_ORIGIN.to_owned(), |layered| layered.origin.clone())
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
        let ledger = self.place(data, trial);
        let smtp = self.smtp(data, trial);
        let console = self.console();
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        Ok(Config {
            data: data.to_owned(),
            ledger,
            key_file: data.join(self.text("ledger.key_file")),
            log_level: self.text("log.level").to_owned(),
            smtp,
            create_concurrency: self.number("cycle.create_concurrency"),
            connections_at_once: self.number("cycle.connections_at_once"),
            console,
            shown: self.shown(),
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use adapters::post::Password;

    fn load(file: &str, environment: &[(&str, &str)], trial: Trial) -> Result<Config, Vec<SettingError>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pw"), "from-file\n").unwrap();
        std::fs::write(folder.path().join(FILE_NAME), file).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(folder.path(), environment, trial)
    }

    fn load_with(file: &str, others: &[(&str, &str)]) -> Result<Config, Vec<SettingError>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in others.iter().chain(&[(FILE_NAME, file)]) {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Config::load(folder.path(), [], Trial::Off)
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
        refused("[ledger]\nurl = \"mysql://u:s3cret@h/d\"", &[], "ledger.url", "(hidden)", "postgres://");
        refused("[ledger]\nurl_file = \"no\"", &[], "ledger.url_file", "no", "only line");
        refused(
            "[ledger]\nurl = \"x\"\nurl_file = \"pw\"",
            &[],
            "ledger.url + ledger.url_file",
            "both",
            "only one",
        );
        refused("smtp = 1", &[], "smtp", "outside a section", "smtp");
        refused("[smtp", &[], "line 1", "without its ]", "[section]");
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
    fn a_file_of_authorities_that_cannot_be_used_is_named_with_its_path_and_form() {
        let smtp = |more: &str| format!("[smtp]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\n{more}");
        let file = |name: &str| smtp(&format!("ca_file = \"{name}\""));
        for (name, reason) in [("no.pem", "No such file"), ("pw", "no certificate"), (".", "directory")] {
            refused(&file(name), &[], "smtp.ca_file", reason, "BEGIN CERTIFICATE");
        }
        // A mail server may be named later; the file is looked at all the same.
        refused("[smtp]\nca_file = \"no.pem\"", &[], "smtp.ca_file", "no.pem: ", "public authorities only");
        let long = "x".repeat(1024 * 1024 + 1);
        let errors = load_with(&file("long.pem"), &[("long.pem", &long)]).unwrap_err();
        assert!(errors.len() == 1 && errors[0].value.contains("longer than"), "{errors:?}");

        let pem = rcgen::generate_simple_self_signed(["mail.example".to_owned()]).unwrap().cert.pem();
        let config = load_with(&file("ca.pem"), &[("ca.pem", &pem)]).unwrap();
        assert!(!config.smtp.unwrap().authorities.is_empty());
        let plain = smtp("ca_file = \"ca.pem\"\nsecurity = \"none\"\ntrust_network = true");
        let errors = load_with(&plain, &[("ca.pem", &pem)]).unwrap_err();
        assert_eq!(errors[0].key, "smtp.ca_file + smtp.security", "{errors:?}");
    }

    #[test]
    fn an_error_of_the_mail_section_blames_the_place_that_wrote_it_and_comes_once() {
        for (file, environment, key, place) in [
            ("host = \"mail.example\"", None, "smtp.from", FILE_NAME),
            ("host = \"mail.example\"\nfrom = \"nobody\"", None, "smtp.from", FILE_NAME),
            ("host = \"mail.example\"\nfrom = \"a\\tb\"", None, "smtp.from", FILE_NAME),
            ("host = \"mail.example\"\nfrom = 5", None, "smtp.from", FILE_NAME),
            ("from = \"nobody\"", Some(("HOST", "mail.example")), "smtp.from", FILE_NAME),
            ("", Some(("HOST", "mail.example")), "smtp.from", "environment JOOR_SHOPIFY_SMTP__HOST"),
            (
                "host = \"mail.example\"\nfrom = \"a@b.example\"",
                Some(("PASSWORD", "p")),
                "smtp.user + smtp.password",
                "environment JOOR_SHOPIFY_SMTP__PASSWORD",
            ),
        ] {
            let name = environment.map(|(key, value)| (format!("JOOR_SHOPIFY_SMTP__{key}"), value));
            let environment: Vec<(&str, &str)> =
                name.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            let errors = load(&format!("[smtp]\n{file}\n"), &environment, Trial::Off).expect_err(file);
            let [error] = errors.as_slice() else { panic!("one error for {file}: {errors:#?}") };
            assert!(error.key == key && error.file.ends_with(place), "{file}: {error}");
        }
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
    fn the_place_of_the_ledger_is_a_file_unless_a_url_is_given_which_is_never_shown() {
        let config = load("", &[], Trial::Off).unwrap();
        assert!(config.ledger.file().is_some_and(|path| path.ends_with("ledger.sqlite")));
        let url = "postgres://joor:s3cret@db.example/orders";
        let config = load("", &[("JOOR_SHOPIFY_LEDGER__URL", url)], Trial::Off).unwrap();
        assert_eq!(config.ledger.to_string(), "postgres://joor@db.example/orders");
        assert!(!format!("{config:?}").contains("s3cret"));
        let shown = config.shown().iter().find(|shown| shown.key == "ledger.url").unwrap();
        assert_eq!(shown.value, "(set, never shown)");
        let config = load_with("[ledger]\nurl_file = \"url\"", &[("url", &format!("{url}\n"))]).unwrap();
        assert_eq!(config.ledger.to_string(), "postgres://joor@db.example/orders");
        let errors = load("", &[("JOOR_SHOPIFY_LEDGER__URL", url)], Trial::On).unwrap_err();
        assert!(errors[0].key == "ledger.url" && errors[0].allowed.contains("in a trial"), "{errors:?}");
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
