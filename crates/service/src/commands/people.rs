//! `people`: who may sign in to the console, and as what. A new password is made here and written to a file that only its
//! owner can read, never printed.

use super::{Failure, Outcome, Session};
use crate::cli::{PeopleCommand, ROLES, exit};
use adapters::clock::SystemChance;
use adapters::ledger::records::Role;
use adapters::ledger::{Changed, Ledger};
use adapters::passwords;
use adapters::vault::Secret;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

const NAME_CHARS_MAX: usize = 100;

pub async fn run(session: &Session, command: PeopleCommand) -> Outcome {
    let ledger = session.ledger().await?;
    match command {
        PeopleCommand::List => list(session, &ledger).await,
        PeopleCommand::Add { name, role } => add(session, &ledger, &name, role_of(&role)?).await,
        PeopleCommand::Role { name, role } => {
            let role = role_of(&role)?;
            changed(&name, ledger.set_role(&name, role, &session.by, session.now()).await?)?;
            said(session, &name, &format!("is {} now", role.word()))
        }
        PeopleCommand::Password { name } => password(session, &ledger, &name).await,
        PeopleCommand::Disable { name } => {
            changed(&name, ledger.disable_person(&name, &session.by, session.now()).await?)?;
            said(session, &name, "cannot sign in any more, and is signed out everywhere")
        }
        PeopleCommand::Enable { name } => {
            ledger.enable_person(&name, &session.by, session.now()).await?;
            said(session, &name, "can sign in again")
        }
    }
}

fn role_of(word: &str) -> Result<Role, Failure> {
    let hint = format!("one of {}", ROLES.join(", "));
    word.parse().map_err(|_| Failure::new(exit::USAGE, format!("{word:?} is no role"), hint))
}

async fn list(session: &Session, ledger: &Ledger) -> Outcome {
    let people = ledger.persons().await?;
    let rows = people.iter().map(|person| {
        let state = if person.disabled.is_some() { "disabled" } else { "may sign in" };
        vec![person.name.clone(), person.role.word().to_owned(), state.to_owned(), person.created.to_string()]
    });
    session.voice.text(&crate::show::tables::table(&["Name", "Role", "State", "Since"], rows));
    let people: Vec<_> = people
        .iter()
        .map(|person| json!({ "name": person.name, "role": person.role.word(), "disabled": person.disabled.is_some() }))
        .collect();
    session.voice.data(json!({ "people": people }));
    Ok(exit::OK)
}

async fn add(session: &Session, ledger: &Ledger, name: &str, role: Role) -> Outcome {
    let name = checked_name(name)?;
    if ledger.person(&name).await?.is_some() {
        let hint = format!("set a new password with `joor-shopify people password {name}`");
        return Err(Failure::new(exit::USAGE, format!("{name} is there already"), hint));
    }
    let (file, hash) = new_password(session, &name)?;
    ledger.create_person(&name, role, &hash, &session.by, session.now()).await?;
    tell(session, &name, &format!("may sign in as {}", role.word()), &file)
}

async fn password(session: &Session, ledger: &Ledger, name: &str) -> Outcome {
    let name = checked_name(name)?;
    if ledger.person(&name).await?.is_none() {
        let hint = "see `joor-shopify people list`";
        return Err(Failure::new(exit::USAGE, format!("nobody is called {name}"), hint));
    }
    let (file, hash) = new_password(session, &name)?;
    ledger.set_password(&name, &hash, None, &session.by, session.now()).await?;
    tell(session, &name, "has a new password, and is signed out everywhere", &file)
}

/// A name as the ledger keeps it.
pub fn checked_name(name: &str) -> Result<String, Failure> {
    let name = name.trim().to_lowercase();
    let fits = !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(|c| c.is_control() || c.is_whitespace() || c == '/');
    if fits {
        return Ok(name);
    }
    let hint = format!("an e-mail address or a name without spaces, at most {NAME_CHARS_MAX} characters");
    Err(Failure::new(exit::USAGE, "that is no name to sign in with", hint))
}

fn changed(name: &str, changed: Changed) -> Result<(), Failure> {
    match changed {
        Changed::Done => Ok(()),
        Changed::LastAdmin => Err(Failure::new(
            exit::USAGE,
            format!("{name} is the only admin who can sign in"),
            "make somebody else an admin first with `joor-shopify people role NAME admin`",
        )),
    }
}

fn said(session: &Session, name: &str, words: &str) -> Outcome {
    session.voice.text(&format!("{name} {words}"));
    session.voice.data(json!({ "person": name }));
    Ok(exit::OK)
}

fn tell(session: &Session, name: &str, words: &str, file: &Path) -> Outcome {
    session.voice.text(&format!("{name} {words}"));
    session.voice.text(&format!("The password is in {}", file.display()));
    session
        .voice
        .talk("hint: hand it over, have it changed on the page “Your sign-ins”, and delete the file");
    session.voice.data(json!({ "person": name, "password_file": file }));
    Ok(exit::OK)
}

fn new_password(session: &Session, name: &str) -> Result<(PathBuf, String), Failure> {
    let password = passwords::new_password(&SystemChance);
    let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let file = session.config.data.join(format!("password-of-{safe}.txt"));
    write_secret(&file, &password)?;
    let failed =
        |error| Failure::new(exit::FAILED, format!("no password could be made: {error}"), "try again");
    Ok((file, passwords::hash(&password, &SystemChance).map_err(failed)?))
}

/// Readable by its owner alone; an older file of the same name is replaced.
fn write_secret(path: &Path, secret: &Secret) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let hint = "give the user that runs this program the right to write there";
        Failure::new(exit::FAILED, format!("{} cannot be written: {error}", path.display()), hint)
    };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Err(_) | Ok(()) => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(format!("{}\n", secret.expose()).as_bytes()).map_err(failed)
}

/// The first admin, unless somebody is there; for `init`.
pub async fn first_admin(session: &Session, ledger: &Ledger) -> Result<Option<PathBuf>, Failure> {
    if !ledger.persons().await?.is_empty() {
        return Ok(None);
    }
    let (file, hash) = new_password(session, FIRST_ADMIN)?;
    ledger.create_person(FIRST_ADMIN, Role::Admin, &hash, &session.by, session.now()).await?;
    Ok(Some(file))
}

pub const FIRST_ADMIN: &str = "admin";
