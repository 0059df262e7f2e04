//! People: who may sign in and as what, API tokens, and one's own sign-ins.

use crate::Frame;
use crate::look::When;
use askama::Template;

#[derive(Template)]
#[template(path = "people.html")]
pub struct People {
    pub frame: Frame,
    pub people: Vec<PersonRow>,
    pub tokens: Vec<TokenRow>,
    /// Shown once: a new password or token, and whose it is.
    pub secret: Option<(String, String)>,
}

pub struct PersonRow {
    pub name: String,
    pub role: &'static str,
    pub disabled: bool,
    pub is_me: bool,
    pub since: When,
    pub signed_in: usize,
}

pub struct TokenRow {
    pub id: i64,
    pub name: String,
    pub role: &'static str,
    pub by: String,
    pub created: When,
    pub used: Option<When>,
    pub revoked: bool,
}

/// One's own sign-ins and password.
#[derive(Template)]
#[template(path = "me.html")]
pub struct Me {
    pub frame: Frame,
    pub sessions: Vec<SessionRow>,
    pub wrong: Option<String>,
}

pub struct SessionRow {
    pub key: String,
    /// "Firefox on Windows".
    pub agent: String,
    /// As the browser calls itself.
    pub calls_itself: String,
    pub address: String,
    pub seen: When,
    pub created: When,
    pub is_this: bool,
}
