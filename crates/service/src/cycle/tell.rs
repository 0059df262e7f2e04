//! Tells people: what is new, worse and solved goes into the outbox together with the mark that it was told,
//! and the outbox is delivered afterwards. A restart in between sends it once more at most, never not at all;
//! that holds for each recipient.

use super::{Stage, Turned, Worker};
use crate::alerts::{
    Cadence, Compared, DailyProof, Digest, OpenProblem, cadence, daily_letter, digest_letters, page,
};
use adapters::ledger::records::{Change, OrderRecord, ProblemRecord};
use adapters::ledger::{ExportQuery, Ledger, LedgerError, OrderQuery, ProblemQuery};
use adapters::ports::{Missed, PostError, Receipts};
use domain::cycle::back_off;
use domain::ids::{ConnectionName, JoorOrderId};
use domain::problem::{Problem, Severity};
use domain::time::Moment;
use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;

/// Tries before a mail is given up.
const MAIL_TRIES_MAX: u32 = 30;
/// Recipients whom the outcome of a mail names, each with the reason.
const MISSED_NAMED_MAX: usize = 5;

impl Worker {
    /// The letters about what nobody was told yet: outages and blockers in every cycle, the rest once a day.
    pub(super) async fn news_changes(
        &self,
        once_a_day: bool,
        live: bool,
    ) -> Result<Vec<Change>, LedgerError> {
        if self.post.is_none() {
            return Ok(Vec::new());
        }
        let mut news = self.ledger.news(&self.name).await?;
        news.retain(|row| live || row.order.is_none());
        news.retain(|row| once_a_day || cadence(row.told.severity) != Cadence::Daily);
        if news.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<JoorOrderId> = news.iter().filter_map(|row| row.order.clone()).collect();
        let records =
            self.ledger.orders(&self.name, &OrderQuery { ids: Some(ids), ..OrderQuery::default() }).await?;
        let records: BTreeMap<&JoorOrderId, &OrderRecord> =
            records.iter().map(|row| (&row.id, row)).collect();
        let mut digest = Digest {
            connection: ConnectionName::new(self.name.clone()),
            at: self.now(),
            console: self.console_url.clone(),
            new: Vec::new(),
            worse: Vec::new(),
            solved: Vec::new(),
        };
        let waiting = self.orders_waiting().await?;
        for row in &news {
            let record = row.order.as_ref().and_then(|id| records.get(id).copied());
            let mut told = self.open_problem(row, record);
            if row.order.is_none() && row.closed.is_none() && row.told.severity == Severity::Outage {
                told.orders_blocked = waiting;
            }
            let told_so = row.mailed.as_ref().is_some_and(|severity| !severity.is_empty());
            match (row.closed, told_so) {
                (Some(_), _) => digest.solved.push(told),
                (None, true) => digest.worse.push(told),
                (None, false) => digest.new.push(told),
            }
        }
        let letters = digest_letters(&digest, &self.settings().alerts);
        let mut changes: Vec<Change> =
            letters.into_iter().map(|letter| Change::MailQueued { letter }).collect();
        let (closed, opened): (Vec<&ProblemRecord>, Vec<&ProblemRecord>) =
            news.iter().partition(|row| row.closed.is_some());
        changes.push(Change::ProblemsMailed {
            opened: opened.iter().map(|row| row.id).collect(),
            closed: closed.iter().map(|row| row.id).collect(),
        });
        Ok(changes)
    }

    /// Orders that would be on their way if nothing kept the connection from it.
    async fn orders_waiting(&self) -> Result<u64, LedgerError> {
        let states = vec!["seen", "waiting", "ready", "sending", "unconfirmed"];
        let query = ExportQuery { states, ..ExportQuery::default() };
        let rows = self.ledger.exports(&self.name, &query).await?;
        let orders: BTreeSet<&JoorOrderId> = rows.iter().map(|row| &row.export.key.order).collect();
        Ok(orders.len() as u64)
    }

    fn open_problem(&self, row: &ProblemRecord, record: Option<&OrderRecord>) -> OpenProblem {
        let here = |console: &Url| match &row.order {
            Some(id) => page(console, &["orders", &self.name, id.as_str()]),
            None => page(console, &["connections", &self.name]),
        };
        let joor_page = &self.settings().orders.order_page;
        let in_joor = row.order.as_ref().filter(|_| !joor_page.is_empty());
        let in_joor = in_joor.map(|id| joor_page.replace("{order}", id.as_str()));
        OpenProblem {
            order: row.order.clone(),
            retailer: record.map(|record| record.retailer.clone()).unwrap_or_default(),
            value: record.and_then(|record| record.value),
            told: row.told.clone(),
            links: self.console_url.as_ref().map(here).into_iter().chain(in_joor).collect(),
            since: row.opened,
            orders_blocked: 0,
        }
    }

    /// The daily mails; the caller stores them together with the mark of the day.
    pub(super) async fn daily_mail(&self, compared: Compared) -> Stage<Vec<Change>> {
        if self.post.is_none() {
            return Ok(Vec::new());
        }
        let mut changes = self.news_changes(true, true).await?;
        let proof = DailyProof {
            connection: ConnectionName::new(self.name.clone()),
            day: self.now().day(),
            at: self.now(),
            console: self.console_url.clone(),
            equation: self.equation().await?,
            compared,
        };
        changes.extend(
            daily_letter(&proof, &self.settings().alerts).map(|letter| Change::MailQueued { letter }),
        );
        Ok(changes)
    }

    /// The alarm of silence went out past the outbox: from now on it is an open problem of which people know.
    pub(super) async fn note_silence(&mut self, turned: &mut Turned) -> Stage<()> {
        let Some(since) = self.memory.heard.to_note() else { return Ok(()) };
        let problem = Problem::SysSilence { since, for_at_least: self.settings().alerts.silence };
        self.commit(turned, &[Change::ProblemOpened { order: None, told: problem.told("") }]).await?;
        let opened = noted_silence(&self.ledger, &self.name).await?;
        self.commit(turned, &[Change::ProblemsMailed { opened, closed: Vec::new() }]).await?;
        self.memory.heard.is_noted();
        Ok(())
    }

    /// Sends what is due in the outbox of this connection. A server that takes one mail later takes none now,
    /// and each try may last long while exports wait: the rest keeps its time and is tried in the next turn.
    pub(super) async fn deliver(&mut self, turned: &mut Turned) -> Result<(), LedgerError> {
        let Some(post) = self.post.clone() else { return Ok(()) };
        let mut mails = self.ledger.mails_due(self.due()).await?;
        mails.retain(|(connection, _)| *connection == self.name);
        // Mails that wait for one full mailbox must not keep what is new from everybody.
        mails.sort_by_key(|(_, mail)| mail.tries > 0);
        for (_, mail) in mails {
            let left = mail.letter.to.clone();
            let mut row = MailRow { worker: &*self, turned: &mut *turned, id: mail.id, left, failed: None };
            let answer = post.deliver(&mail.letter, &mut row).await;
            let MailRow { left, failed, .. } = row;
            if let Some(error) = failed {
                return unless_fenced(error);
            }
            let tries = mail.tries + 1;
            let outcome = end_of(&answer, tries);
            let error = answer.as_ref().err().map(Missed::error);
            match (&error, &outcome) {
                (None, _) => self.memory.counts.mails += 1,
                (Some(error), None) => {
                    let reason = error.reason();
                    tracing::warn!(reason, "a mail could not be sent yet and waits in the outbox");
                }
                (Some(_), Some(_)) => {}
            }
            let due = self.now().plus(back_off(tries, self.chance.number() as u32));
            let mut changes = vec![Change::MailMoved { id: mail.id, tries, due, outcome }];
            let to = match answer {
                Ok(()) => mail.letter.to,
                Err(Missed(missed)) => missed.into_iter().map(|(address, _)| address).collect(),
            };
            if to != left {
                changes.push(Change::MailAddressed { id: mail.id, to });
            }
            if let Err(error) = self.commit(turned, &changes).await {
                return unless_fenced(error);
            }
            if matches!(error, Some(PostError::Later(_))) {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Taken over meanwhile: somebody may get the mail twice, with the same Message-ID.
fn unless_fenced(error: LedgerError) -> Result<(), LedgerError> {
    match error {
        LedgerError::Fenced { .. } => Ok(()),
        other => Err(other),
    }
}

/// How a mail ends with this try; `None`: those who do not have it are tried again. Who is refused for good
/// stays among them as long as somebody else waits: it is the end of the mail that people see.
fn end_of(answer: &Result<(), Missed>, tries: u32) -> Option<String> {
    let Err(missed) = answer else { return Some("sent".to_owned()) };
    match missed.error() {
        PostError::Later(_) if tries < MAIL_TRIES_MAX => None,
        PostError::Later(_) | PostError::Never(_) => Some(who_and_why(missed)),
    }
}

fn who_and_why(missed: &Missed) -> String {
    let Missed(all) = missed;
    if all.is_empty() {
        return missed.error().reason().to_owned();
    }
    let mut named: Vec<String> = all
        .iter()
        .take(MISSED_NAMED_MAX)
        .map(|(address, error)| format!("{address}: {}", error.reason()))
        .collect();
    if all.len() > MISSED_NAMED_MAX {
        named.push(format!("and {} more", all.len() - MISSED_NAMED_MAX));
    }
    named.join("; ")
}

/// The row of a mail that is being delivered. Whoever got it alone is taken off at once, so that after a death
/// it reaches nobody again but the one who was not taken off yet.
struct MailRow<'a> {
    worker: &'a Worker,
    turned: &'a mut Turned,
    id: i64,
    /// Who does not have it yet.
    left: Vec<String>,
    failed: Option<LedgerError>,
}

impl Receipts for MailRow<'_> {
    fn has_it<'a>(&'a mut self, address: &'a str) -> BoxFuture<'a, ControlFlow<()>> {
        Box::pin(async move {
            self.left.retain(|other| other != address);
            if self.left.is_empty() {
                // What is written down next is the end of the mail.
                return ControlFlow::Continue(());
            }
            let change = Change::MailAddressed { id: self.id, to: self.left.clone() };
            match self.worker.commit(self.turned, &[change]).await {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    self.failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })
    }
}

/// What a worker and the watch over it know of each other.
#[derive(Debug, Default)]
pub struct Heard {
    /// The last cycle without an error, as this process knows it.
    last: Mutex<Option<Moment>>,
    /// The beginning of a silence that was mailed and is not noted in the ledger yet.
    mailed: Mutex<Option<Moment>>,
}

impl Heard {
    pub fn last(&self) -> Option<Moment> {
        *lock(&self.last)
    }

    pub(super) fn good_cycle(&self, now: Moment) {
        *lock(&self.last) = Some(now);
    }

    pub fn mailed(&self, since: Moment) {
        *lock(&self.mailed) = Some(since);
    }

    pub fn to_note(&self) -> Option<Moment> {
        *lock(&self.mailed)
    }

    fn is_noted(&self) {
        *lock(&self.mailed) = None;
    }
}

fn lock(moment: &Mutex<Option<Moment>>) -> MutexGuard<'_, Option<Moment>> {
    moment.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Do people know of a silence that is not over? A ledger that does not answer is no reason to be silent.
pub async fn silence_is_noted(ledger: &Ledger, name: &str) -> bool {
    noted_silence(ledger, name).await.is_ok_and(|noted| !noted.is_empty())
}

async fn noted_silence(ledger: &Ledger, name: &str) -> Result<Vec<i64>, LedgerError> {
    let query = ProblemQuery { order: None, open_only: true };
    let open = ledger.problems(name, &query).await?;
    Ok(open.into_iter().filter(|row| row.told.code == "SYS_SILENCE").map(|row| row.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(all: &[(&str, PostError)]) -> Result<(), Missed> {
        Err(Missed(all.iter().map(|(address, error)| ((*address).to_owned(), error.clone())).collect()))
    }

    #[test]
    fn a_mail_waits_as_long_as_one_recipient_may_still_get_it_and_its_end_names_who_did_not() {
        let full = || ("full@brand.example", PostError::Later("no room".to_owned()));
        let gone = || ("gone@brand.example", PostError::Never("no such box".to_owned()));
        assert_eq!(end_of(&Ok(()), 1), Some("sent".to_owned()));
        assert_eq!(end_of(&missed(&[gone(), full()]), MAIL_TRIES_MAX - 1), None);
        assert_eq!(
            end_of(&missed(&[gone(), full()]), MAIL_TRIES_MAX),
            Some("gone@brand.example: no such box; full@brand.example: no room".to_owned())
        );
        assert_eq!(end_of(&missed(&[gone()]), 1), Some("gone@brand.example: no such box".to_owned()));
        let all: Vec<_> = std::iter::repeat_with(gone).take(MISSED_NAMED_MAX + 2).collect();
        let many = end_of(&missed(&all), 1).unwrap();
        assert!(many.ends_with("no such box; and 2 more"), "{many}");
        assert_eq!(end_of(&missed(&[]), 1), Some("the mail has no recipient".to_owned()));
    }
}
