//! What exactly stands in the way of the orders of one cause, and the page of those orders that somebody looks at.

use super::{Asked, OpenProblem, SHOWN_MAX, is_found};
use crate::console::words::{Places, address, sums};
use console::look::{count, counted};
use console::pages::problems::Subject as Shown;
use domain::problem::Subject;
use std::collections::BTreeMap;

/// On one page; of more, those that most orders wait on.
const SUBJECTS_MAX: usize = 100;

/// Each subject with the orders that wait on it, the one that most of them wait on first.
pub fn of(open: &[&OpenProblem], places: &Places, here: &str) -> Vec<Shown> {
    let mut by_subject: BTreeMap<(Key, &str), (&Subject, Vec<&OpenProblem>)> = BTreeMap::new();
    for one in open {
        for subject in &one.problem.told.subjects {
            let key = (subject.kind, subject.id.as_str());
            by_subject.entry(key).or_insert_with(|| (subject, Vec::new())).1.push(one);
        }
    }
    let mut found: Vec<(&Subject, Vec<&OpenProblem>)> = by_subject.into_values().collect();
    found.sort_by_key(|(_, orders)| std::cmp::Reverse(orders.len()));
    let shown = |(subject, orders): (&Subject, Vec<&OpenProblem>)| {
        let first = orders.first().and_then(|one| one.problem.order.as_ref());
        let code = orders.first().map_or("", |one| one.problem.told.code);
        Shown {
            words: subject.label.clone(),
            alone: alone(&orders),
            orders: orders.len(),
            href: address(here, &[("on", &word_of(subject))]),
            at_risk: sums(orders.iter().filter_map(|one| one.value.as_ref())),
            links: first.map(|order| places.of_subject(subject, code, order)).unwrap_or_default(),
        }
    };
    found.into_iter().take(SUBJECTS_MAX).map(shown).collect()
}

type Key = domain::problem::SubjectKind;

fn word_of(subject: &Subject) -> String {
    format!("{}:{}", subject.kind.word(), subject.id)
}

/// How many of the orders go on once this alone is put right.
fn alone(orders: &[&OpenProblem]) -> String {
    let alone = orders.iter().filter(|one| one.problem.told.subjects.len() == 1).count();
    match (alone, orders.len()) {
        (alone, all) if alone == all => String::new(),
        (0, 1) => "It waits on others of this list too".to_owned(),
        (0, _) => "All of them wait on others of this list too".to_owned(),
        (1, _) => "1 of them on nothing else of this list".to_owned(),
        (alone, _) => format!("{} of them on nothing else of this list", count(alone)),
    }
}

/// The orders of the page that is asked for.
pub struct Pages<'a> {
    pub chosen: Option<(String, String)>,
    pub shown: Vec<&'a OpenProblem>,
    pub range: String,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl<'a> Pages<'a> {
    pub fn of(open: &[&'a OpenProblem], asked: &Asked, here: &str) -> Pages<'a> {
        let is_on = |subject: &&Subject| word_of(subject) == asked.on;
        let subjects = open.iter().flat_map(|one| &one.problem.told.subjects);
        let chosen = subjects.into_iter().find(is_on).map(|subject| (subject.label.clone(), here.to_owned()));
        let fits = |one: &&&OpenProblem| {
            let on = chosen.is_none() || one.problem.told.subjects.iter().any(|subject| is_on(&subject));
            on && is_found(one, &asked.q)
        };
        let found: Vec<&OpenProblem> = open.iter().filter(fits).copied().collect();
        let last = found.len().div_ceil(SHOWN_MAX).max(1);
        let number = asked.page.trim().parse::<usize>().unwrap_or(1).clamp(1, last);
        let from = (number - 1) * SHOWN_MAX;
        let shown: Vec<&OpenProblem> = found.iter().skip(from).take(SHOWN_MAX).copied().collect();
        let to =
            |page: usize| address(here, &[("q", &asked.q), ("on", &asked.on), ("page", &page.to_string())]);
        Pages {
            chosen,
            range: match last {
                1 => String::new(),
                _ => format!(
                    "{} to {} of {}",
                    count(from + 1),
                    count(from + shown.len()),
                    counted(found.len(), "order")
                ),
            },
            previous: (number > 1).then(|| to(number - 1)),
            next: (number < last).then(|| to(number + 1)),
            shown,
        }
    }
}
