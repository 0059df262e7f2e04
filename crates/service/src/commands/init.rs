//! `init`: the data directory with everything that a first connection needs. Nothing that is there is replaced.

use super::{Failure, Outcome, Session};
use crate::cli::exit;
use crate::config::{DEFAULTS, FILE_NAME};
use adapters::ledger::{Ledger, LedgerError, Place};
use adapters::vault::Vault;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

pub const EXAMPLE_NAME: &str = "connection.example.toml";
pub const EXAMPLE: &str = include_str!("connection.example.toml");

/// What `init` did with one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    New,
    Kept,
}

pub async fn init(session: &Session) -> Outcome {
    let data = &session.config.data;
    let mut made = vec![(data.clone(), make_folder(data)?)];
    let config = data.join(FILE_NAME);
    made.push((config.clone(), make_file(&config, &as_comments(DEFAULTS))?));
    made.push((session.config.key_file.clone(), make_key(session).await?));
    let ledger = PathBuf::from(session.config.ledger.to_string());
    made.push((ledger, make_ledger(&session.config.ledger).await?));
    let first_admin = super::people::first_admin(session, &session.ledger().await?).await?;
    made.extend(first_admin.clone().map(|file| (file, Made::New)));
    let example = data.join(EXAMPLE_NAME);
    made.push((example.clone(), make_file(&example, EXAMPLE)?));

    let word = |made: Made| match made {
        Made::New => "created",
        Made::Kept => "kept as it is",
    };
    for (path, made) in &made {
        session.voice.text(&format!("{}: {}", path.display(), word(*made)));
    }
    let files: Vec<_> =
        made.iter().map(|(path, made)| json!({ "path": path, "created": *made == Made::New })).collect();
    session.voice.data(json!({ "files": files }));
    if let Some(file) = first_admin {
        session.voice.talk(&format!(
            "hint: sign in to the console as `{}` with the password in {}, change it, and delete the file",
            super::people::FIRST_ADMIN,
            file.display()
        ));
    }
    session.voice.talk(&format!("hint: back up {} apart from the ledger", session.config.key_file.display()));
    session.voice.talk(&format!(
        "hint: copy {} to a name of your own, fill it in, and run `joor-shopify connection apply FILE`",
        example.display()
    ));
    Ok(exit::OK)
}

/// The defaults as a file that changes nothing until somebody takes a `#` away, so that better defaults of a later
/// release come into force by themselves.
fn as_comments(defaults: &str) -> String {
    let line = |line: &str| match line {
        line if line.is_empty() || line.starts_with(['#', '[']) => format!("{line}\n"),
        setting => format!("#{setting}\n"),
    };
    defaults.lines().map(line).collect()
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let hint = "name a directory that you may write to with --data";
    Failure::new(exit::FAILED, format!("{} cannot be {what}: {error}", path.display()), hint)
}

fn make_folder(path: &Path) -> Result<Made, Failure> {
    if path.is_dir() {
        return Ok(Made::Kept);
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| failed("created", path, &error))?;
    Ok(Made::New)
}

fn make_file(path: &Path, text: &str) -> Result<Made, Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    // People write credentials into these files.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).map_err(|error| failed("written", path, &error))?;
            Ok(Made::New)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(Made::Kept),
        Err(error) => Err(failed("created", path, &error)),
    }
}

async fn make_key(session: &Session) -> Result<Made, Failure> {
    let path = &session.config.key_file;
    if path.exists() {
        Vault::open(path)?;
        return Ok(Made::Kept);
    }
    // A new key beside a ledger with sealed credentials would hide that the old one is missing.
    if let Some(ledger) = existing_ledger(&session.config.ledger).await? {
        for connection in ledger.connections().await? {
            if !ledger.secrets(&connection.name).await?.is_empty() {
                let what = format!(
                    "the key file {} is missing, but the ledger holds credentials sealed with it",
                    path.display()
                );
                return Err(Failure::new(exit::FAILED, what, "restore the key file from its backup"));
            }
        }
    }
    Vault::create(path)?;
    Ok(Made::New)
}

async fn make_ledger(place: &Place) -> Result<Made, Failure> {
    if let Some(path) = place.file()
        && std::fs::metadata(path).is_ok_and(|about| about.len() == 0)
    {
        // Opening it would make a new ledger of it and hide that the old one is gone.
        return Err(adapters::ledger::empty_file(path).into());
    }
    let (ledger, is_new) = Ledger::make(place).await?;
    ledger.close().await;
    Ok(if is_new { Made::New } else { Made::Kept })
}

/// `None`: there is none yet.
async fn existing_ledger(place: &Place) -> Result<Option<Ledger>, Failure> {
    if place.file().is_some_and(|path| !path.exists()) {
        return Ok(None);
    }
    match Ledger::open_at(place).await {
        Ok(ledger) => Ok(Some(ledger)),
        Err(LedgerError::Absent(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapters::settings::{Trial, check};

    #[test]
    fn the_config_file_changes_nothing_until_it_is_edited() {
        let table: toml::Table = as_comments(DEFAULTS).parse().unwrap();
        assert!(table.values().all(|section| section.as_table().unwrap().is_empty()), "{table}");
    }

    #[test]
    fn the_example_of_a_connection_is_valid_once_the_blanks_are_filled_in() {
        let filled = EXAMPLE
            .replace("account = \"\"", "account = \"1\"")
            .replace("client_id = \"\"", "client_id = \"c\"")
            .replace("username = \"\"", "username = \"u\"");
        let checked = check("example", &filled, Path::new("."), Trial::Off);
        assert!(checked.is_ok(), "{:#?}", checked.unwrap_err());
        let blank = check("example", EXAMPLE, Path::new("."), Trial::Off).unwrap_err();
        let keys: Vec<&str> = blank.iter().map(|error| error.key.as_str()).collect();
        assert_eq!(keys, ["joor.account", "joor.client_id", "joor.username"]);
    }
}
