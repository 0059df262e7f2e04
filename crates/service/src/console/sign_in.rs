//! Signing in and out.

use super::Console;
use super::answers::{Answer, on_to, page};
use super::guard::{SESSION_HTTPS, SESSION_MAX};
use super::throttle::wait_after;
use super::visit::{Visit, set_cookie};
use adapters::ledger::records::{PersonRecord, SessionRecord};
use adapters::passwords::{self, Key};
use adapters::vault::Secret;
use axum::extract::{ConnectInfo, Extension, Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use console::look::When;
use console::pages::lone::SignIn;
use console::{Frame, Place};
use domain::time::Moment;
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

const AGENT_CHARS_MAX: usize = 200;
/// Longer ones would only keep the machine busy.
const PASSWORD_BYTES_MAX: usize = 1024;
/// Each check takes 19 MiB and all of a core: a flood of tries waits in line instead of taking the machine.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    next: String,
}

pub async fn ask(visit: Option<Extension<Visit>>, Query(wanted): Query<Wanted>) -> Answer {
    if visit.is_some() {
        return on_to(&wanted.next, None);
    }
    form(String::new(), None, wanted.next)
}

fn form(name: String, wrong: Option<String>, next: String) -> Answer {
    let frame = Frame::new(Place::Nowhere, None, "");
    page(&SignIn { frame, name, wrong, next })
}

#[derive(Deserialize)]
pub struct Given {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub async fn sign_in(
    State(console): State<Arc<Console>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Answer {
    let Given { name, password, next } = given;
    let (now, place) = (console.now(), from.ip().to_string());
    let name = name.trim().to_lowercase();
    let password = Secret::new(password);
    let known = console.ledger().person(&name).await?;
    // Behind a proxy everybody comes from the proxy: one who guesses would keep all others out.
    let guesses_from = if console.listen.is_https() { None } else { Some(place.as_str()) };
    if let Some(until) = locked(&console, known.as_ref(), [Some(name.as_str()), guesses_from], now) {
        let when = When::new(super::visit::timestamp(until), super::visit::timestamp(now)).relative();
        let words = format!("Too many tries. The next one counts {when}.");
        let mut answer = form(name, Some(words), next)?;
        *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        return Ok(answer);
    }
    // Of nobody, a hash that nothing fits, so that both take as long.
    let hash = known.as_ref().map_or(passwords::NOBODY, |person| &person.password_hash).to_owned();
    let person = match (known, is_right(hash, password).await) {
        (Some(person), true) if person.disabled.is_none() => person,
        (known, _) => {
            for who in [Some(name.as_str()), guesses_from].into_iter().flatten() {
                console.throttle.note_failure(who, now);
            }
            if let Some(person) = known {
                console.ledger().note_failure(&person.name, now, lock_after).await?;
            }
            let mut answer =
                form(name, Some("That name and password do not belong together.".to_owned()), next)?;
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
            return Ok(answer);
        }
    };
    console.throttle.forget(&name);
    let key = Key::new(console.house.chance.as_ref());
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = SessionRecord {
        hash: key.hash(),
        person: person.name.clone(),
        created: now,
        seen: now,
        expires: now.plus(SESSION_MAX),
        agent: agent.chars().take(AGENT_CHARS_MAX).collect(),
        address: place,
    };
    console.ledger().create_session(&session).await?;
    let mut answer = on_to(&next, None)?;
    set_cookie(answer.headers_mut(), &session_cookie(&console, key.text(), SESSION_MAX));
    Ok(answer)
}

fn lock_after(failures: u32) -> Option<Duration> {
    Some(wait_after(failures)).filter(|wait| !wait.is_zero())
}

fn locked(
    console: &Console,
    person: Option<&PersonRecord>,
    who: [Option<&str>; 2],
    now: Moment,
) -> Option<Moment> {
    let by_ledger = person.and_then(|person| person.locked_until).filter(|until| *until > now);
    let here = who.into_iter().flatten().filter_map(|who| console.throttle.locked_until(who, now));
    here.chain(by_ledger).max()
}

/// Does the password fit the hash?
pub async fn is_right(hash: String, password: Secret) -> bool {
    if password.expose().len() > PASSWORD_BYTES_MAX {
        return false;
    }
    let Ok(_turn) = AT_ONCE.acquire().await else { return false };
    // It is meant to take long, so it keeps no other work waiting.
    let checked = tokio::task::spawn_blocking(move || passwords::fits(&password, &hash));
    checked.await.unwrap_or(false)
}

fn session_cookie(console: &Console, value: &str, age: Duration) -> String {
    let name = console.session_cookie();
    let secure = if name == SESSION_HTTPS { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", age.as_secs())
}

pub async fn sign_out(State(console): State<Arc<Console>>, Extension(visit): Extension<Visit>) -> Answer {
    console.ledger().end_session(&visit.session, &visit.name, console.now()).await?;
    let mut answer = on_to("/sign-in", None)?.into_response();
    set_cookie(answer.headers_mut(), &session_cookie(&console, "", Duration::ZERO));
    Ok(answer)
}
