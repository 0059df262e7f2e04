//! Connections that somebody began and did not finish. They are kept in memory for a day, so that a step can be left and
//! taken up again; credentials among them are on no disk.

use super::Step;
use crate::console::settings::Form;
use adapters::vault::Secret;
use domain::time::Moment;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
const KEPT_MAX: usize = 20;

/// How far a draft has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    Joor,
    /// JOOR took the credentials.
    Shopify,
    /// Shopify took them too.
    Orders,
}

impl Reached {
    pub fn step(self) -> Step {
        match self {
            Reached::Joor => Step::Joor,
            Reached::Shopify => Step::Shopify,
            Reached::Orders => Step::Orders,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Draft {
    /// Empty: it has none yet.
    pub name: String,
    pub by: String,
    pub begun: Moment,
    pub form: Form,
    pub secrets: BTreeMap<String, Secret>,
    pub reached: Reached,
    /// Currencies that JOOR's price types and the shop have.
    pub currencies: BTreeSet<String>,
}

impl Draft {
    pub fn new(by: &str, begun: Moment) -> Draft {
        Draft {
            name: String::new(),
            by: by.to_owned(),
            begun,
            form: Form::default(),
            secrets: BTreeMap::new(),
            reached: Reached::Joor,
            currencies: BTreeSet::new(),
        }
    }
}

#[derive(Default)]
pub struct Drafts(Mutex<BTreeMap<String, Draft>>);

impl Drafts {
    fn kept(&self, now: Moment) -> MutexGuard<'_, BTreeMap<String, Draft>> {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.retain(|_, draft| now.since(draft.begun) < KEPT_FOR);
        kept
    }

    pub fn find(&self, name: &str, now: Moment) -> Option<Draft> {
        self.kept(now).get(name).cloned()
    }

    pub fn all(&self, now: Moment) -> Vec<Draft> {
        self.kept(now).values().cloned().collect()
    }

    /// The oldest makes room for one too many.
    pub fn keep(&self, draft: &Draft, now: Moment) {
        let mut kept = self.kept(now);
        if kept.len() >= KEPT_MAX
            && !kept.contains_key(&draft.name)
            && let Some(oldest) =
                kept.values().min_by_key(|draft| draft.begun).map(|draft| draft.name.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(draft.name.clone(), draft.clone());
    }

    pub fn forget(&self, name: &str) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_began_is_kept_for_a_day_and_never_too_much_of_it() {
        let drafts = Drafts::default();
        let at = |hours: i64| Moment(hours * 3_600_000);
        let draft = |name: String, begun| Draft { name, ..Draft::new("ada", begun) };
        drafts.keep(&draft("one".to_owned(), at(0)), at(0));
        assert!(drafts.find("one", at(23)).is_some());
        assert!(drafts.find("one", at(24)).is_none());
        for number in 0..30 {
            drafts.keep(&draft(format!("n{number}"), at(number)), at(20));
        }
        assert_eq!(drafts.all(at(20)).len(), KEPT_MAX);
        assert!(drafts.find("n29", at(20)).is_some());
        drafts.forget("n29");
        assert!(drafts.find("n29", at(20)).is_none());
    }
}
