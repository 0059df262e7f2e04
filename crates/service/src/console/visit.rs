//! One visit of a page: who it is, what their forms carry, and what their last form led to.

use super::form_token::masked;
use super::guard::cookie;
use super::{Console, Door};
use adapters::ledger::records::Role;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use console::{Frame, Notice, Person, Place};
use domain::time::Moment;
use jiff::Timestamp;

const NOTICE: &str = "notice";
const NOTICE_CHARS_MAX: usize = 600;

/// Who asks, and with what.
#[derive(Clone, Debug)]
pub struct Visit {
    pub name: String,
    pub role: Role,
    /// Key of the session in the ledger; empty in the demo.
    pub session: String,
    pub csrf: String,
    pub notice: Option<Notice>,
}

impl Visit {
    pub fn may(&self, role: Role) -> bool {
        self.role >= role
    }
}

impl Console {
    /// What stands around a page of this visit.
    pub async fn frame(&self, visit: &Visit, place: Place) -> Frame {
        let person = Person {
            name: visit.name.clone(),
            role: role_words(visit.role),
            is_admin: visit.may(Role::Admin),
        };
        // A number in the margin: without it the page is still worth showing.
        let problems = self.problems_open().await.unwrap_or_default();
        let banner = match self.door {
            Door::Demo => Some(
                "Demo: a made-up brand. Its JOOR, its Shopify and its mailbox run inside this program."
                    .to_owned(),
            ),
            Door::Locked => match self.house.trial {
                adapters::settings::Trial::On => Some(crate::show::TRIAL_WORDS.to_owned()),
                adapters::settings::Trial::Off => None,
            },
        };
        Frame {
            problems,
            banner,
            notice: visit.notice.clone(),
            ..Frame::new(place, Some(person), &masked(&visit.csrf, self.house.chance.as_ref()))
        }
    }

    pub fn now(&self) -> Moment {
        self.house.clock.now()
    }
}

pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Operator => "Operator",
        Role::Admin => "Admin",
    }
}

pub fn timestamp(moment: Moment) -> Timestamp {
    Timestamp::from_millisecond(moment.0).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Words for the next page, in a cookie that lives until they are shown.
pub fn leave_notice(headers: &mut HeaderMap, notice: &Notice) {
    let short: String = notice.words.chars().take(NOTICE_CHARS_MAX).collect();
    let mark = if notice.bad { '!' } else { '.' };
    let text = BASE64.encode(format!("{mark}{short}"));
    set_cookie(headers, &format!("{NOTICE}={text}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"));
}

/// The words left for this page, and whether there were any to take away.
pub fn taken_notice(headers: &HeaderMap) -> Option<Notice> {
    let text = cookie(headers, NOTICE)?;
    let text = String::from_utf8(BASE64.decode(text).ok()?).ok()?;
    let bad = text.starts_with('!');
    let words: String = text.chars().skip(1).take(NOTICE_CHARS_MAX).collect();
    Some(Notice { words, bad })
}

pub fn forget_notice(headers: &mut HeaderMap) {
    set_cookie(headers, &format!("{NOTICE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"));
}

pub fn set_cookie(headers: &mut HeaderMap, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.append(header::SET_COOKIE, value);
    }
}
