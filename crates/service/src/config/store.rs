//! The ledger's place in the `[ledger]` section: a file of the data directory, or a database whose URL holds a password and
//! is never shown.

use super::{Layers, mail};
use adapters::ledger::{Place, ServerAddress};
use adapters::settings::Trial;
use std::path::Path;

impl Layers {
    pub(super) fn place(&mut self, data: &Path, trial: Trial) -> Place {
        let file = Place::File(data.join(self.text("ledger.file")));
        let Some((key, text)) = self.url(data) else { return file };
        let refused = match ServerAddress::parse(&text) {
            Ok(address) if trial == Trial::On && !address.is_on_this_machine() => {
                "in a trial only a database server of this machine (127.0.0.1, localhost)".to_owned()
            }
            Ok(address) => return Place::Server(address),
            Err(allowed) => allowed,
        };
        let origin = self.origin(key);
        self.refuse(&origin, key, "(hidden)", &refused);
        file
    }

    /// The URL with the key that gave it.
    fn url(&mut self, data: &Path) -> Option<(&'static str, String)> {
        let (url, file) = (self.text("ledger.url").to_owned(), self.text("ledger.url_file").to_owned());
        match (url.is_empty(), file.is_empty()) {
            (true, true) => None,
            (false, true) => Some(("ledger.url", url)),
            (false, false) => {
                let origin = self.origin("ledger.url_file");
                let allowed = "only one of them: the URL itself, or its file";
                self.refuse(&origin, "ledger.url + ledger.url_file", "both are set", allowed);
                None
            }
            (true, false) => {
                let allowed = "a file with the URL of the database in its only line";
                self.secret_from("ledger.url_file", &data.join(file), allowed)
                    .map(|text| ("ledger.url_file", text))
            }
        }
    }

    /// The only line of a file that holds a secret.
    pub(super) fn secret_from(&mut self, key: &str, path: &Path, allowed: &str) -> Option<String> {
        let text = mail::read(path, mail::SECRET_BYTES_MAX)
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "not a text in UTF-8".to_owned()));
        let refusal = match text {
            Ok(text) if !text.trim().is_empty() => return Some(text.trim().to_owned()),
            Ok(_) => "empty".to_owned(),
            Err(reason) => reason,
        };
        self.refuse_file(key, path, &refusal, allowed);
        None
    }
}
