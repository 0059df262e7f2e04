//! Pages with one card and nothing around it: signing in, and what went wrong.

use crate::Frame;
use askama::Template;

#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    pub frame: Frame,
    pub name: String,
    /// Why the last try failed.
    pub wrong: Option<String>,
    /// Where to go afterwards; a path of this console.
    pub next: String,
}

/// A page that says that something is not there, not allowed or not possible now, and what to do.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message {
    pub frame: Frame,
    pub title: String,
    pub words: String,
    pub href: String,
    pub link: String,
}
