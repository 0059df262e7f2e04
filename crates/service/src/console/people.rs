//! People: who may sign in and as what, and the tokens of scripts. A new password or token is shown on the answer to the
//! form that made it and nowhere else.

use super::Console;
use super::answers::{Answer, No, done, not_done, page};
use super::visit::{Visit, role_words};
use super::words::when;
use crate::commands::people::checked_name;
use adapters::ledger::records::{PersonRecord, Role, SessionRecord, TokenRecord};
use adapters::ledger::{Changed, LedgerError};
use adapters::passwords::{self, Key};
use adapters::vault::Secret;
use axum::extract::{Extension, Form, State};
use console::Place;
use console::look::counted;
use console::pages::people::{People, PersonRow, TokenRow};
use domain::time::Moment;
use serde::Deserialize;
use std::sync::Arc;

const PEOPLE: &str = "/people";
const TOKEN_NAME_CHARS_MAX: usize = 100;

/// What the forms of this page hold; each uses some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    role: String,
    id: String,
}

impl Given {
    fn role(&self) -> Result<Role, No> {
        let word = self.role.trim().to_lowercase();
        word.parse().map_err(|_| No::Refused("A role is Viewer, Operator or Admin.".to_owned()))
    }
}

pub async fn all(State(console): State<Arc<Console>>, Extension(visit): Extension<Visit>) -> Answer {
    shown(&console, &visit, None).await
}

/// The page, with a new secret of somebody.
async fn shown(console: &Console, visit: &Visit, secret: Option<(String, String)>) -> Answer {
    let (ledger, now) = (console.ledger(), console.now());
    let sessions = ledger.sessions(None, now).await?;
    let people = ledger.persons().await?;
    let tokens = ledger.tokens().await?;
    page(&People {
        frame: console.frame(visit, Place::People).await,
        people: people.iter().map(|person| row(person, &sessions, visit, now)).collect(),
        tokens: tokens.iter().map(|token| token_row(token, now)).collect(),
        secret,
    })
}

fn row(person: &PersonRecord, sessions: &[SessionRecord], visit: &Visit, now: Moment) -> PersonRow {
    PersonRow {
        name: person.name.clone(),
        role: role_words(person.role),
        disabled: person.disabled.is_some(),
        is_me: person.name == visit.name,
        since: when(person.created, now),
        signed_in: sessions.iter().filter(|session| session.person == person.name).count(),
    }
}

fn token_row(token: &TokenRecord, now: Moment) -> TokenRow {
    TokenRow {
        id: token.id,
        name: token.name.clone(),
        role: role_words(token.role),
        by: token.made_by.clone(),
        created: when(token.created, now),
        used: token.used.map(|used| when(used, now)),
        revoked: token.revoked.is_some(),
    }
}

pub async fn add(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Given>,
) -> Answer {
    let role = given.role()?;
    let name = match checked_name(&given.name) {
        Ok(name) => name,
        Err(failure) => return not_done(PEOPLE, &failure.sentence()),
    };
    let (password, hash) = console.new_password().await?;
    match console.ledger().create_person(&name, role, &hash, &visit.name, console.now()).await {
        Err(LedgerError::Exists(_)) => not_done(PEOPLE, &format!("{name} is there already.")),
        made => {
            made?;
            shown(&console, &visit, Some((format!("The password of {name}"), password))).await
        }
    }
}

pub async fn role(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Given>,
) -> Answer {
    let (role, name) = (given.role()?, known(&console, &given).await?);
    let changed = console.ledger().set_role(&name, role, &visit.name, console.now()).await?;
    // Whoever gives the role of an admin away may not see this page any more.
    let href = if name == visit.name && role < Role::Admin { "/" } else { PEOPLE };
    told(changed, href, &name, &format!("{name} is {} now.", role.word()))
}

pub async fn password(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Given>,
) -> Answer {
    let name = known(&console, &given).await?;
    let (password, hash) = console.new_password().await?;
    // Their own page goes on, so that they can read it.
    let keep = (name == visit.name).then_some(visit.session.as_str());
    console.ledger().set_password(&name, &hash, keep, &visit.name, console.now()).await?;
    shown(&console, &visit, Some((format!("The new password of {name}"), password))).await
}

pub async fn disable(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Given>,
) -> Answer {
    let name = known(&console, &given).await?;
    let changed = console.ledger().disable_person(&name, &visit.name, console.now()).await?;
    told(changed, PEOPLE, &name, &format!("{name} is signed out everywhere and cannot sign in any more."))
}

pub async fn enable(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Given>,
) -> Answer {
    let name = known(&console, &given).await?;
    console.ledger().enable_person(&name, &visit.name, console.now()).await?;
    done(PEOPLE, &format!("{name} can sign in again."))
}

pub async fn sign_out(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Given>,
) -> Answer {
    let name = known(&console, &given).await?;
    let ended = console.ledger().end_sessions(&name, None, &visit.name, console.now()).await?;
    match usize::try_from(ended).unwrap_or(usize::MAX) {
        0 => done(PEOPLE, &format!("{name} was not signed in anywhere.")),
        ended => done(PEOPLE, &format!("{name} is signed out: {}.", counted(ended, "sign-in"))),
    }
}

pub async fn make_token(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Given>,
) -> Answer {
    let (role, name) = (given.role()?, given.name.trim());
    if name.is_empty() || name.chars().count() > TOKEN_NAME_CHARS_MAX {
        let words = format!("Say in 1 to {TOKEN_NAME_CHARS_MAX} characters what the token is for.");
        return not_done(PEOPLE, &words);
    }
    let key = Key::new(console.house.chance.as_ref());
    console.ledger().create_token(name, &key.hash(), role, &visit.name, console.now()).await?;
    shown(&console, &visit, Some((format!("The token “{name}”"), key.text().to_owned()))).await
}

pub async fn revoke_token(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Given>,
) -> Answer {
    let Ok(id) = given.id.parse::<i64>() else { return not_done(PEOPLE, "There is no such token.") };
    match console.ledger().revoke_token(id, &visit.name, console.now()).await? {
        true => done(PEOPLE, "The token is revoked: whatever uses it is refused from now on."),
        false => not_done(PEOPLE, "That token was revoked before."),
    }
}

/// The name of somebody who is there, as the ledger has it.
async fn known(console: &Console, given: &Given) -> Result<String, No> {
    match console.ledger().person(&given.name).await? {
        Some(person) => Ok(person.name),
        None => Err(No::NotFound("Nobody of that name may sign in here.".to_owned())),
    }
}

fn told(changed: Changed, href: &str, name: &str, words: &str) -> Answer {
    match changed {
        Changed::Done => done(href, words),
        Changed::LastAdmin => not_done(
            PEOPLE,
            &format!("{name} is the only admin who can sign in. Make somebody else an admin first."),
        ),
    }
}

impl Console {
    /// A new password with its hash.
    async fn new_password(&self) -> Result<(String, String), No> {
        let password = passwords::new_password(self.house.chance.as_ref());
        let hash = self.hashed(password.clone()).await?;
        Ok((password.expose().to_owned(), hash))
    }

    /// It is meant to take long, so it keeps no other work waiting.
    pub async fn hashed(&self, password: Secret) -> Result<String, No> {
        let chance = self.house.chance.clone();
        let hashing = tokio::task::spawn_blocking(move || passwords::hash(&password, chance.as_ref()));
        let failed = |why: String| No::Failed(format!("No password could be made: {why}"));
        hashing.await.map_err(|error| failed(error.to_string()))?.map_err(failed)
    }
}
