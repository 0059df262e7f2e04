//! One's own sign-ins and password. In the demo nobody signs in, so there is nothing of one's own.

use super::answers::{Answer, No, done, not_done, page};
use super::sign_in::is_right;
use super::visit::Visit;
use super::words::when;
use super::{Console, Door};
use adapters::passwords;
use adapters::vault::Secret;
use axum::extract::{Extension, Form, State};
use console::Place;
use console::look::counted;
use console::pages::lone::Message;
use console::pages::people::{Me, SessionRow};
use serde::Deserialize;
use std::sync::Arc;

const ME: &str = "/me";
const NO_SIGN_INS: &str = "In the demo nobody signs in: whoever opens it on this machine is its admin.";

pub async fn me(State(console): State<Arc<Console>>, Extension(visit): Extension<Visit>) -> Answer {
    if console.door == Door::Demo {
        return page(&Message {
            frame: console.frame(&visit, Place::Nowhere).await,
            title: "Your sign-ins".to_owned(),
            words: NO_SIGN_INS.to_owned(),
            href: "/".to_owned(),
            link: "To the overview".to_owned(),
        });
    }
    shown(&console, &visit, None).await
}

async fn shown(console: &Console, visit: &Visit, wrong: Option<String>) -> Answer {
    let now = console.now();
    let sessions = console.ledger().sessions(Some(&visit.name), now).await?;
    let row = |session: &adapters::ledger::records::SessionRecord| SessionRow {
        key: session.hash.clone(),
        agent: browser_words(&session.agent),
        calls_itself: session.agent.clone(),
        address: session.address.clone(),
        seen: when(session.seen, now),
        created: when(session.created, now),
        is_this: session.hash == visit.session,
    };
    page(&Me {
        frame: console.frame(visit, Place::Nowhere).await,
        sessions: sessions.iter().map(row).collect(),
        wrong,
    })
}

/// Browsers by a word of what they call themselves. Most claim to be others too, so the rarer stand first.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// "Firefox on Windows", as far as it can be told from what the browser calls itself.
fn browser_words(agent: &str) -> String {
    let known = |all: &[(&str, &'static str)]| {
        all.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name)
    };
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Passwords {
    old: String,
    new: String,
}

pub async fn password(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Passwords>,
) -> Answer {
    signs_in(&console)?;
    let now = console.now();
    if console.throttle.locked_until(&visit.name, now).is_some() {
        let words = "Too many wrong passwords. Wait a little, then try again.".to_owned();
        return shown(&console, &visit, Some(words)).await;
    }
    let person = console.ledger().person(&visit.name).await?;
    let hash = person.map(|person| person.password_hash).unwrap_or_default();
    // An open browser is no proof that its owner sits at it.
    if !is_right(hash, Secret::new(given.old)).await {
        console.throttle.note_failure(&visit.name, now);
        return shown(&console, &visit, Some("That is not your password of now.".to_owned())).await;
    }
    if let Some(why) = passwords::refused(&given.new, &visit.name) {
        return shown(&console, &visit, Some(why)).await;
    }
    let hash = console.hashed(Secret::new(given.new)).await?;
    let keep = Some(visit.session.as_str());
    console.ledger().set_password(&visit.name, &hash, keep, &visit.name, console.now()).await?;
    done(ME, "Your password is changed. Your other sign-ins are ended.")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ending {
    session: String,
}

pub async fn sign_out(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Form(given): Form<Ending>,
) -> Answer {
    signs_in(&console)?;
    let (ledger, now) = (console.ledger(), console.now());
    // Nobody ends what is not theirs.
    let own = ledger.sessions(Some(&visit.name), now).await?;
    if !own.iter().any(|session| session.hash == given.session) {
        return not_done(ME, "That sign-in was over before.");
    }
    ledger.end_session(&given.session, &visit.name, now).await?;
    done(ME, "That sign-in is ended.")
}

pub async fn sign_out_everywhere(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
) -> Answer {
    signs_in(&console)?;
    let keep = Some(visit.session.as_str());
    let ended = console.ledger().end_sessions(&visit.name, keep, &visit.name, console.now()).await?;
    match usize::try_from(ended).unwrap_or(usize::MAX) {
        0 => done(ME, "You were signed in nowhere else."),
        ended => done(ME, &format!("Signed out elsewhere: {}.", counted(ended, "sign-in"))),
    }
}

fn signs_in(console: &Console) -> Result<(), No> {
    match console.door {
        Door::Locked => Ok(()),
        Door::Demo => Err(No::Refused(NO_SIGN_INS.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_told_by_the_browser_and_the_system_as_people_call_them() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0";
        for (agent, words) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox on Windows",
            ),
            (&format!("{chrome} Safari/537.36"), "Chrome on Windows"),
            (&format!("{chrome} Safari/537.36 Edg/143.0.0.0"), "Edge on Windows"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.6 Safari/605.1.15",
                "Safari on macOS",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64) Something/1", "A browser on Linux"),
            ("<script>alert(1)</script>", "Unknown browser"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(browser_words(agent), words, "{agent}");
        }
    }
}
