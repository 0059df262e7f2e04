//! What a new connection, or new settings of one, must pass whoever brings them: the command line or a browser. Talks to
//! nobody and asks nothing outside.

use super::Failure;
use crate::cli::exit;
use crate::compose;
use adapters::ledger::Ledger;
use adapters::settings::{Checked, JoorLink, SettingError, Trial};
use adapters::vault::Vault;
use std::collections::BTreeMap;
use std::path::Path;

const NAME_CHARS_MAX: usize = 40;
/// The console's page that makes connections has this name in its address.
const NAME_TAKEN: &str = "new";

/// Was the key there before?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFile {
    There,
    /// Credentials that were sealed with an earlier one cannot be opened any more.
    Made,
}

pub fn check_name(name: &str) -> Result<(), Failure> {
    let good = !name.is_empty()
        && name != NAME_TAKEN
        && name.len() <= NAME_CHARS_MAX
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if good {
        return Ok(());
    }
    let hint = format!(
        "1 to {NAME_CHARS_MAX} small letters, digits and `-`, and not `{NAME_TAKEN}`; give one with --name"
    );
    Err(Failure::new(exit::USAGE, format!("{name:?} is no name for a connection"), hint))
}

/// Two connections to one JOOR account would export the same orders twice, and so would a connection that moves to
/// another account under the same name lose the history of the first.
pub async fn one_account_once(
    ledger: &Ledger,
    trial: Trial,
    name: &str,
    file: &str,
    checked: &Checked,
) -> Result<(), Failure> {
    let refuse = |value: String, allowed: String| {
        let error = SettingError { file: file.to_owned(), key: "joor.account".to_owned(), value, allowed };
        Failure::settings(vec![error])
    };
    let account = |link: &JoorLink| (link.environment.clone(), link.account.clone());
    let shown = format!("{:?} ({})", checked.joor.account, checked.joor.environment);
    for other in ledger.connections().await? {
        // A connection whose own settings are refused (made in a trial, say) cannot run and cannot export.
        let Ok(found) = compose::stored(&other, trial) else { continue };
        let same = account(&found.joor) == account(&checked.joor);
        if other.name != name && same {
            let allowed =
                format!("an account that no other connection has; connection {} has this one", other.name);
            return Err(refuse(shown, allowed));
        }
        if other.name == name && !same {
            let was = format!("the account that this connection was made for: {:?}", found.joor.account);
            let allowed = format!(
                "{was} ({}); make another connection with --name for another account",
                found.joor.environment
            );
            return Err(refuse(shown, allowed));
        }
    }
    Ok(())
}

/// The vault; a new key is made if the file is gone and this connection brings all its credentials along.
pub fn vault_for(key_file: &Path, checked: &Checked) -> Result<(Vault, KeyFile), Failure> {
    let complete = checked.secrets_needed().iter().all(|name| checked.secrets.contains_key(*name));
    if key_file.exists() || !complete {
        return Ok((Vault::open(key_file)?, KeyFile::There));
    }
    Ok((Vault::create(key_file)?, KeyFile::Made))
}

/// The credentials that are not kept already as they are, sealed.
pub fn sealed(
    vault: &Vault,
    name: &str,
    checked: &Checked,
    kept: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut sealed = BTreeMap::new();
    for (secret, value) in &checked.secrets {
        let known = kept.get(secret).and_then(|sealed| vault.unseal(name, secret, sealed).ok());
        if known.is_none_or(|known| known.expose() != value.expose()) {
            sealed.insert(secret.clone(), vault.seal(name, secret, value)?);
        }
    }
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_addresses_and_never_where_the_page_for_new_ones_is() {
        for good in ["brand", "brand-2", "7", "news"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "new", "Brand", "a/b", "a b", "ä", &"a".repeat(41)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
