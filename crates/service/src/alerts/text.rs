//! The plain text of mails, 78 columns wide, readable where nothing but text is shown. Who gets which mail is decided
//! outside.

use super::{Compared, DailyProof, Digest, OpenProblem};
use crate::console::buttons;
use domain::ids::{ConnectionName, JoorOrderId};
use domain::orders::equation::Sum;
use domain::orders::proof::Difference;
use domain::problem::{Severity, Told, Who, said};
use domain::time::Moment;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

const COLUMNS: usize = 78;
/// More orders with the same cause are counted, not listed.
const ORDERS_PER_CAUSE_MAX: usize = 20;
/// More causes in one section are counted, not listed.
const CAUSES_MAX: usize = 40;
const SOLVED_MAX: usize = 60;

/// What the subject says: "3 orders are held, 1 is solved".
pub fn headline(digest: &Digest) -> String {
    let open = || digest.new.iter().chain(&digest.worse);
    let mut parts = Vec::new();
    let outages = open().filter(|problem| problem.told.severity == Severity::Outage).count();
    if outages > 0 {
        parts.push(counted(outages as u64, "outage"));
    }
    let held = orders(open().filter(|problem| problem.told.severity == Severity::Blocker));
    if !held.is_empty() {
        parts.push(format!("{} held", are(held.len(), "order")));
    }
    let others =
        open().filter(|problem| matches!(problem.told.severity, Severity::Partial | Severity::Warning));
    let to_look_at: BTreeSet<&str> = orders(others).difference(&held).copied().collect();
    if !to_look_at.is_empty() {
        let need = if to_look_at.len() == 1 { "needs" } else { "need" };
        parts.push(format!("{} {need} a look", counted(to_look_at.len() as u64, "order")));
    }
    match (parts.is_empty(), digest.solved.len()) {
        (_, 0) => {}
        (true, solved) => parts.push(format!("{} solved", are(solved, "problem"))),
        (false, 1) => parts.push("1 is solved".to_owned()),
        (false, solved) => parts.push(format!("{solved} are solved")),
    }
    parts.join(", ")
}

/// The orders of problems; a problem of a connection counts as one thing of its own.
fn orders<'a>(problems: impl Iterator<Item = &'a OpenProblem>) -> BTreeSet<&'a str> {
    problems.map(|problem| problem.order.as_ref().map_or(problem.told.code, |order| order.as_str())).collect()
}

pub fn digest(digest: &Digest) -> String {
    let mut page = Page::new();
    page.paragraph(0, &format!("Connection {}, {}", said(digest.connection.as_str()), when(digest.at)));
    section(&mut page, "NEW", &digest.new, digest.console.as_ref());
    section(&mut page, "WORSE THAN BEFORE", &digest.worse, digest.console.as_ref());
    solved(&mut page, &digest.solved);
    page.blank();
    page.line(0, &format!("Everything that is open: {}", problems(digest.console.as_ref())));
    page.text
}

/// Where all problems are shown.
fn problems(console: Option<&Url>) -> String {
    console.map_or_else(|| "joor-shopify problems".to_owned(), |console| super::page(console, &["problems"]))
}

pub fn proof(proof: &DailyProof) -> String {
    let mut page = Page::new();
    page.paragraph(0, &format!("Connection {}, proof of {}", said(proof.connection.as_str()), proof.day));
    page.blank();
    if proof.equation.balances() {
        page.paragraph(0, "Every approved order is accounted for.");
    } else {
        let (approved, accounted) = (proof.equation.approved.count, proof.equation.accounted().count);
        page.paragraph(
            0,
            &format!(
                "THE TWO SIDES DIFFER: {approved} approved, {accounted} accounted for. What to do: compare the \
                 orders in JOOR with `joor-shopify orders list`, and report what is missing here."
            ),
        );
    }
    page.blank();
    page.text.push_str(&proof.equation.table());
    page.blank();
    compared(&mut page, proof);
    page.blank();
    page.line(0, &format!("Why orders are held or have issues: {}", problems(proof.console.as_ref())));
    page.text
}

/// Differences in one mail; `joor-shopify proof` shows all.
const DIFFERENCES_MAX: usize = 20;

fn compared(page: &mut Page, proof: &DailyProof) {
    let (day, in_shopify, differences) = match &proof.compared {
        Compared::Not(reason) => {
            page.paragraph(0, &format!("Not compared with Shopify today: {}", said(reason)));
            return;
        }
        Compared::Since { day, in_shopify, differences } => (day, in_shopify, differences),
    };
    let standing = counted(in_shopify.count, "order");
    let since = format!("Orders approved since {day}: {standing} with {} units in Shopify", in_shopify.units);
    if differences.is_empty() {
        page.paragraph(0, &format!("{since}. JOOR, this program and Shopify say the same about each."));
        return;
    }
    page.paragraph(0, &format!("{since}. WHAT DIFFERS:"));
    for (order, retailer, difference) in differences.iter().take(DIFFERENCES_MAX) {
        page.blank();
        let about =
            format!("{} ({}): {}", said(order.as_str()), said(retailer), said(&difference.sentence()));
        page.paragraph(0, &about);
        let Some(console) = &proof.console else {
            page.paragraph(2, &format!("What to do: {}", difference.fix()));
            continue;
        };
        page.paragraph(2, &format!("What to do: {}", buttons::fix(difference)));
        // Of what the ledger does not know there is no page.
        let its_page = ["orders", proof.connection.as_str(), order.as_str()];
        let is_known = !matches!(difference, Difference::NotSeen { .. } | Difference::Unledgered { .. });
        page.line(2, &super::page(console, if is_known { &its_page } else { &["proof"] }));
    }
    let more = differences.len().saturating_sub(DIFFERENCES_MAX);
    if more > 0 {
        page.blank();
        page.paragraph(0, &format!("and {more} more: joor-shopify proof --from {day}"));
    }
}

/// One problem of the whole connection, by itself.
pub fn alarm(connection: &ConnectionName, told: &Told) -> String {
    let mut page = Page::new();
    page.paragraph(0, &format!("Connection {}", said(connection.as_str())));
    page.blank();
    page.paragraph(0, &format!("{}: {}", told.code, told.sentence));
    page.blank();
    what_to_do(&mut page, told, &told.resolution, 0);
    page.text
}

fn section(page: &mut Page, title: &str, open: &[OpenProblem], console: Option<&Url>) {
    if open.is_empty() {
        return;
    }
    page.blank();
    page.paragraph(0, title);
    let causes = causes(open);
    let more = causes.len().saturating_sub(CAUSES_MAX);
    for cause in causes.into_iter().take(CAUSES_MAX) {
        page.blank();
        show_cause(page, &cause, console);
    }
    if more > 0 {
        page.blank();
        page.line(0, &format!("And {more} more causes: {}", problems(console)));
    }
}

/// Problems that are solved by the same move, worst first; within them the oldest first.
fn causes(problems: &[OpenProblem]) -> Vec<Vec<&OpenProblem>> {
    let mut causes: BTreeMap<(Reverse<Severity>, &str, &str), Vec<&OpenProblem>> = BTreeMap::new();
    for problem in problems {
        let key = (Reverse(problem.told.severity), problem.told.code, problem.told.resolution.as_str());
        causes.entry(key).or_default().push(problem);
    }
    let mut causes: Vec<Vec<&OpenProblem>> = causes.into_values().collect();
    for cause in &mut causes {
        cause.sort_by_key(|problem| (problem.since, problem.order.clone()));
    }
    causes.sort_by_key(|cause| (Reverse(cause[0].told.severity), Reverse(cause.len())));
    causes
}

fn show_cause(page: &mut Page, cause: &[&OpenProblem], console: Option<&Url>) {
    let told = &cause[0].told;
    page.paragraph(0, &format!("{} ({}){}", told.code, told.severity.word(), at_stake(cause)));
    for problem in cause.iter().take(ORDERS_PER_CAUSE_MAX) {
        page.paragraph(2, &about(problem));
        page.paragraph(4, &problem.told.sentence);
        links(page, problem);
    }
    if cause.len() > ORDERS_PER_CAUSE_MAX {
        page.line(2, &format!("and {} more: {}", cause.len() - ORDERS_PER_CAUSE_MAX, problems(console)));
    }
    // With a page to go to, what to do is named by its buttons.
    match console {
        Some(_) => what_to_do(page, told, &buttons::resolution(told, false), 2),
        None => what_to_do(page, told, &told.resolution, 2),
    }
}

/// ": 3 orders, 4520.00 EUR" where the cause is about orders.
fn at_stake(cause: &[&OpenProblem]) -> String {
    let numbers: BTreeSet<&JoorOrderId> = cause.iter().filter_map(|problem| problem.order.as_ref()).collect();
    if numbers.is_empty() {
        return String::new();
    }
    let mut sum = Sum::default();
    let mut valued = BTreeSet::new();
    for problem in cause {
        if valued.insert(problem.order.as_ref()) {
            sum.add(problem.value, None);
        }
    }
    let mut text = format!(": {}", counted(numbers.len() as u64, "order"));
    for (currency, amount) in &sum.values {
        text.push_str(&format!(", {} {currency}", currency.text(*amount)));
    }
    text
}

/// "order 7100412 · Boutique Rosa · 1234.00 EUR · since 2026-11-23 10:38 UTC".
fn about(problem: &OpenProblem) -> String {
    let mut parts = Vec::new();
    match (&problem.order, problem.orders_blocked) {
        (Some(order), _) => parts.push(format!("order {}", said(order.as_str()))),
        (None, 0) => parts.push("the whole connection".to_owned()),
        (None, 1) => parts.push("the whole connection, 1 order waits".to_owned()),
        (None, waiting) => parts.push(format!("the whole connection, {waiting} orders wait")),
    }
    if !problem.retailer.trim().is_empty() {
        parts.push(said(&problem.retailer));
    }
    parts.extend(problem.value.map(|value| value.to_string()));
    parts.push(format!("since {}", when(problem.since)));
    parts.join(" · ")
}

fn what_to_do(page: &mut Page, told: &Told, resolution: &str, indent: usize) {
    let whose = match told.who {
        Who::BrandInJoor | Who::BrandInShopify | Who::Settings => told.who.word().to_owned(),
        Who::Nobody => format!("{}, it passes by itself", told.who.word()),
    };
    page.paragraph(indent, &format!("Whose move: {whose}"));
    page.paragraph(indent, &format!("What to do: {resolution}"));
}

fn solved(page: &mut Page, problems: &[OpenProblem]) {
    if problems.is_empty() {
        return;
    }
    page.blank();
    page.paragraph(0, "SOLVED");
    page.blank();
    let mut sorted: Vec<&OpenProblem> = problems.iter().collect();
    sorted.sort_by_key(|problem| (Reverse(problem.told.severity), problem.told.code, problem.order.clone()));
    for problem in sorted.iter().take(SOLVED_MAX) {
        page.paragraph(2, &format!("{} · {}", problem.told.code, about(problem)));
        links(page, problem);
    }
    if sorted.len() > SOLVED_MAX {
        page.paragraph(2, &format!("and {} more", sorted.len() - SOLVED_MAX));
    }
}

/// A link is shown only if it is one: one word with a web address.
fn links(page: &mut Page, problem: &OpenProblem) {
    for link in &problem.links {
        let link = link.trim();
        let is_web = link.starts_with("https://") || link.starts_with("http://");
        let is_one_word = !link.chars().any(|c| c.is_whitespace() || c.is_control());
        if is_web && is_one_word && link.len() <= 500 {
            page.line(4, link);
        }
    }
}

pub fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn are(number: usize, noun: &str) -> String {
    format!("{} {}", counted(number as u64, noun), if number == 1 { "is" } else { "are" })
}

pub fn when(moment: Moment) -> String {
    moment.timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Text that grows line by line and never gets wider than a mail.
struct Page {
    text: String,
}

impl Page {
    fn new() -> Page {
        Page { text: String::new() }
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// As it is: links must not be broken.
    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Broken at blanks; a word that is wider than the page is broken where it has to be.
    fn paragraph(&mut self, indent: usize, text: &str) {
        let room = COLUMNS - indent;
        let mut line = String::new();
        let mut used = 0;
        for word in text.split_whitespace() {
            let mut word = word;
            let width = word.chars().count();
            if used > 0 && used + 1 + width > room {
                self.line(indent, &line);
                line.clear();
                used = 0;
            }
            while let Some((at, _)) = word.char_indices().nth(room) {
                self.line(indent, &word[..at]);
                word = &word[at..];
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += word.chars().count();
        }
        if used > 0 {
            self.line(indent, &line);
        }
    }
}
