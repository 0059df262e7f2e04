//! Are you sure? Between a form and what it does, wherever that is hard to take back.

use crate::Frame;
use askama::Template;

#[derive(Template)]
#[template(path = "confirm.html")]
pub struct Confirm {
    pub frame: Frame,
    /// "Pause brand?"
    pub question: String,
    /// What it does.
    pub words: String,
    /// The form again, with all that was filled in.
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// On the button: the deed itself, never “OK”.
    pub yes: String,
    /// Where no leads to.
    pub back: String,
}
