//! Credentials that somebody types into a form. They are no part of the document and are never shown again: what was
//! typed before a preview comes back sealed. No file of the server is ever read for them.

use super::form::{Pairs, SOURCE};
use super::keys::{Kind, groups};
use adapters::settings::{
    Checked, SHOPIFY_ACCESS_TOKEN, SHOPIFY_CLIENT_SECRET, SettingError, secrets_absent,
};
use adapters::vault::{Secret, Vault};
use std::collections::BTreeMap;

const SECRET_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug, Default)]
pub struct Typed {
    pub secrets: BTreeMap<String, Secret>,
    pub errors: Vec<SettingError>,
}

/// Names of all secrets that a form asks for.
pub fn names() -> impl Iterator<Item = &'static str> {
    let keys = groups().iter().flat_map(|group| &group.fields);
    keys.filter(|key| key.kind == Kind::Secret).map(|key| key.path.as_str())
}

impl Typed {
    pub fn of(pairs: &Pairs, connection: &str, vault: Option<&Vault>) -> Typed {
        let given = |name: &str| {
            let found = pairs.iter().rev().find(|(known, _)| known == name);
            found.map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
        };
        let mut typed = Typed::default();
        for name in names() {
            match (given(name), given(&format!("sealed:{name}"))) {
                (Some(text), _) => typed.take(name, text),
                (None, Some(sealed)) => {
                    match vault.and_then(|vault| vault.unseal(connection, name, sealed).ok()) {
                        Some(secret) => drop(typed.secrets.insert(name.to_owned(), secret)),
                        None => {
                            typed.refuse(name, "what you typed before", "the same once more: type it again")
                        }
                    }
                }
                (None, None) => {}
            }
        }
        typed
    }

    fn take(&mut self, name: &str, text: &str) {
        if text.len() > SECRET_BYTES_MAX || text.chars().any(char::is_control) {
            return self.refuse(name, "what you typed", "one line without control characters");
        }
        self.secrets.insert(name.to_owned(), Secret::new(text));
    }

    fn refuse(&mut self, key: &str, value: &str, allowed: &str) {
        self.errors.push(SettingError {
            file: SOURCE.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
            allowed: allowed.to_owned(),
        });
    }

    /// The same that a settings file must obey: which credentials belong together, and which have to be there.
    pub fn must_fit(&mut self, document: &str, client_id: &str, kept: &BTreeMap<String, String>) {
        let has = |secrets: &BTreeMap<String, Secret>, name: &str| secrets.contains_key(name);
        let is_app = !client_id.trim().is_empty();
        if is_app && has(&self.secrets, SHOPIFY_ACCESS_TOKEN) {
            let both = format!("{SHOPIFY_ACCESS_TOKEN} + shopify.client_id");
            self.refuse(&both, "both together", "either an access token, or a client id with its secret");
        }
        if !is_app && has(&self.secrets, SHOPIFY_CLIENT_SECRET) {
            let both = format!("{SHOPIFY_CLIENT_SECRET} + shopify.client_id");
            self.refuse(
                &both,
                "a secret without its id",
                "the client id beside it, or an access token instead",
            );
        }
        let known = |name: &str| kept.contains_key(name) || has(&self.secrets, name);
        for missing in secrets_absent(SOURCE, document, known) {
            let other = match missing.key == SHOPIFY_ACCESS_TOKEN {
                true => "the token of the app, or a client id with its secret instead",
                false => "the one that was given to you; nobody can read it here afterwards",
            };
            if !self.errors.iter().any(|error| error.key == missing.key) {
                self.refuse(&missing.key, "missing", other);
            }
        }
    }

    /// For the next answer of the same person.
    pub fn sealed(&self, connection: &str, vault: Option<&Vault>) -> BTreeMap<String, String> {
        let Some(vault) = vault else { return BTreeMap::new() };
        let seal = |(name, secret): (&String, &Secret)| {
            Some((name.clone(), vault.seal(connection, name, secret).ok()?))
        };
        self.secrets.iter().filter_map(seal).collect()
    }

    pub fn put_into(&self, checked: &mut Checked) {
        checked.secrets.clone_from(&self.secrets);
    }
}
