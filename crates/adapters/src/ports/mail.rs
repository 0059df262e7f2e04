//! Mail as the service asks for it: a letter, who sends it, what becomes of it for each recipient. No SMTP.

use async_trait::async_trait;
use futures::future::BoxFuture;
use std::ops::ControlFlow;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub to: Vec<String>,
    pub subject: String,
    pub body: String,
    /// Unique and stable: the Message-ID is made of it, so that a repeat can be recognised.
    pub id: String,
}

/// Sends mail.
#[async_trait]
pub trait Post: Send + Sync {
    /// For letters past the outbox, of which nobody remembers who has them: sent once somebody has it, since
    /// a repeat would reach that somebody again.
    async fn send(&self, letter: &Letter) -> Result<(), PostError>;
    /// For letters of the outbox: done once everybody has it. Who is refused keeps it from nobody else, and
    /// the receipts hear of each who got it alone before the next is tried.
    async fn deliver(&self, letter: &Letter, _receipts: &mut dyn Receipts) -> Result<(), Missed> {
        self.send(letter).await.map_err(|error| Missed::all(letter, &error))
    }
}

/// Who remembers which recipients of a letter have it.
pub trait Receipts: Send {
    /// Returns once it is written down. `Break`: it could not be, and nobody else is to be tried.
    fn has_it<'a>(&'a mut self, address: &'a str) -> BoxFuture<'a, ControlFlow<()>>;
}

/// The recipients who do not have a letter, each with the reason. Whoever could not be tried any more comes
/// first, and so is tried first next time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed(pub Vec<(String, PostError)>);

impl Missed {
    /// Nobody has it, for the same reason.
    pub fn all(letter: &Letter, error: &PostError) -> Missed {
        Missed(letter.to.iter().map(|address| (address.clone(), error.clone())).collect())
    }

    /// For all of them together: another try is worth it as long as it may help one.
    pub fn error(&self) -> PostError {
        let errors = || self.0.iter().map(|(_, error)| error);
        let later = errors().find(|error| matches!(error, PostError::Later(_)));
        let nobody = || PostError::Never("the mail has no recipient".to_owned());
        later.or_else(|| errors().next()).cloned().unwrap_or_else(nobody)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Worth another try.
    #[error("the mail server did not take the mail: {0}")]
    Later(String),
    /// Trying again is useless (address or content refused for good).
    #[error("the mail server refused the mail for good: {0}")]
    Never(String),
}

impl PostError {
    /// What happened, without what to do about it.
    pub fn reason(&self) -> &str {
        match self {
            PostError::Later(reason) | PostError::Never(reason) => reason,
        }
    }
}
