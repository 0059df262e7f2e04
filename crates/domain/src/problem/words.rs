//! The words of problems: what severity, mover and retry policy are called and read back as, and the one sentence that
//! is written to JOOR. The table of all problems is in `table`, pieces of sentences are in `phrases`, one example of
//! every problem is in `samples`. Nobody is told here.

pub(super) mod phrases;
mod samples;
mod table;
mod titles;

pub use phrases::said;
pub use titles::title;

use super::{Problem, Retry, Severity, Told, Who};
use crate::settings::DESCRIPTION_CHARS_MAX;
use std::str::FromStr;

/// A word that is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {what}; known are {known}")]
pub struct UnknownWord {
    pub what: &'static str,
    pub word: String,
    pub known: String,
}

impl Severity {
    /// In order of rank, mildest first.
    pub const ALL: [Severity; 5] =
        [Severity::Notice, Severity::Warning, Severity::Partial, Severity::Blocker, Severity::Outage];

    /// The word in the ledger, in mails, on pages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Partial => "partial",
            Severity::Blocker => "blocker",
            Severity::Outage => "outage",
        }
    }
}

impl Who {
    pub const ALL: [Who; 4] = [Who::BrandInJoor, Who::BrandInShopify, Who::Settings, Who::Nobody];

    /// The word in the ledger, in mails, on pages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Who::BrandInJoor => "brand in JOOR",
            Who::BrandInShopify => "brand in Shopify",
            Who::Settings => "settings",
            Who::Nobody => "nobody",
        }
    }
}

impl Retry {
    pub const ALL: [Retry; 5] = [Retry::OnChange, Retry::BackOff, Retry::Window, Retry::Verify, Retry::Ask];

    /// The word in mails, on pages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Retry::OnChange => "on change",
            Retry::BackOff => "back-off",
            Retry::Window => "window",
            Retry::Verify => "verify",
            Retry::Ask => "ask",
        }
    }
}

impl FromStr for Severity {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Severity, UnknownWord> {
        among("severity", word, &Severity::ALL, Severity::word)
    }
}

impl FromStr for Who {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Who, UnknownWord> {
        among("mover", word, &Who::ALL, Who::word)
    }
}

impl FromStr for Retry {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Retry, UnknownWord> {
        among("retry policy", word, &Retry::ALL, Retry::word)
    }
}

impl Problem {
    /// Every problem once, with facts as they may look: for the reference page and for tests over all problems.
    pub fn samples() -> Vec<Problem> {
        samples::all()
    }

    /// A code as stored, as the code that it is.
    pub fn known_code(word: &str) -> Option<&'static str> {
        Problem::CODES.iter().copied().find(|code| *code == word)
    }
}

/// What JOOR shows at a failed order: the sentence with its code, never longer than JOOR's field. Only the sentence is
/// cut; the code stays whole, because people search for it.
pub fn joor_description(told: &Told) -> String {
    let code = format!(" [{}]", told.code);
    let room = DESCRIPTION_CHARS_MAX.saturating_sub(code.chars().count());
    format!("{}{code}", phrases::cut(&told.sentence, room))
}

pub(super) fn among<T: Copy>(
    what: &'static str,
    word: &str,
    all: &[T],
    spell: impl Fn(T) -> &'static str,
) -> Result<T, UnknownWord> {
    all.iter().copied().find(|one| spell(*one) == word).ok_or_else(|| UnknownWord {
        what,
        word: said(word),
        known: all.iter().map(|one| spell(*one)).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests;
