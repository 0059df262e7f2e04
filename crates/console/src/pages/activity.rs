//! Activity: cycles, mails, and who did what.

use crate::Frame;
use crate::look::{Tone, When};
use askama::Template;

#[derive(Template)]
#[template(path = "activity.html")]
pub struct Activity {
    pub frame: Frame,
    pub cycles: Vec<Cycle>,
    pub audit: Vec<Audited>,
    pub mails: Vec<Mail>,
    pub older: Option<String>,
}

pub struct Cycle {
    pub connection: String,
    pub when: When,
    pub tone: Tone,
    /// "Good", "JOOR did not answer".
    pub words: String,
    /// "12 read, 2 exported, 1 reported".
    pub counts: String,
    pub took: String,
    pub credits: i64,
    pub points: i64,
}

pub struct Audited {
    pub when: When,
    pub by: String,
    pub what: String,
    pub subject: String,
    pub detail: String,
}

pub struct Mail {
    pub when: When,
    pub subject: String,
    pub to: String,
    pub outcome: String,
    pub tone: Tone,
}
