//! Tells people: what is new, worse and solved goes into the outbox together with the mark that it was told, and the
//! outbox is delivered afterwards. A restart in between sends it once more at most, never not at all.

use super::{Stage, Turned, Worker};
use crate::alerts;
use adapters::ledger::LedgerError;
use adapters::ledger::records::{Change, ProblemRecord};
use adapters::ports::PostError;
use domain::cycle::back_off;

/// Tries before a mail is given up.
const MAIL_TRIES_MAX: u32 = 30;

impl Worker {
    /// The letters about everything that nobody was told yet.
    pub(super) async fn news_changes(&self, turned: &Turned) -> Result<Vec<Change>, LedgerError> {
        let _ = turned;
        if self.post.is_none() {
            return Ok(Vec::new());
        }
        let news = self.ledger.news(&self.name).await?;
        if news.is_empty() {
            return Ok(Vec::new());
        }
        let (closed, opened): (Vec<&ProblemRecord>, Vec<&ProblemRecord>) =
            news.iter().partition(|row| row.closed.is_some());
        let letters = alerts::letters(self, &opened, &closed).await?;
        let mut changes: Vec<Change> = letters.into_iter().map(|letter| Change::MailQueued { letter }).collect();
        changes.push(Change::ProblemsMailed {
            opened: opened.iter().map(|row| row.id).collect(),
            closed: closed.iter().map(|row| row.id).collect(),
        });
        Ok(changes)
    }

    pub(super) async fn daily_mail(&mut self, turned: &mut Turned) -> Stage<()> {
        if self.post.is_none() || self.settings().alerts.daily.is_empty() {
            return Ok(());
        }
        let letter = alerts::daily(&self.name, self.now(), self.equation().await?, self.settings());
        let changes: Vec<Change> = letter.into_iter().map(|letter| Change::MailQueued { letter }).collect();
        Ok(self.commit(turned, &changes).await?)
    }

    /// Sends what is due in the outbox of this connection.
    pub(super) async fn deliver(&mut self, turned: &Turned) -> Result<(), LedgerError> {
        let Some(post) = self.post.clone() else { return Ok(()) };
        for (connection, mail) in self.ledger.mails_due(self.now()).await? {
            if connection != self.name {
                continue;
            }
            let tries = mail.tries + 1;
            let outcome = match post.send(&mail.letter).await {
                Ok(()) => {
                    self.memory.counts.mails += 1;
                    Some("sent".to_owned())
                }
                Err(PostError::Never(reason)) => Some(reason),
                Err(PostError::Later(reason)) if tries >= MAIL_TRIES_MAX => Some(reason),
                Err(PostError::Later(reason)) => {
                    tracing::warn!(reason, "a mail could not be sent yet and waits in the outbox");
                    None
                }
            };
            let due = self.now().plus(back_off(tries, self.chance.number() as u32));
            let change = Change::MailMoved { id: mail.id, tries, due, outcome };
            self.ledger.commit(&self.name, turned.epoch, self.now(), &[change]).await?;
        }
        Ok(())
    }
}
