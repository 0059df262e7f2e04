//! Reads the mails as people do: is something told twice, and does somebody hear of every order that is held?

use super::notes::Notes;
use crate::world::World;
use std::collections::BTreeMap;

/// The part of a mail that a line stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Other,
    New,
    Solved,
}

pub fn read(world: &World, notes: &mut Notes, wrong: &mut Vec<String>) {
    let arrived = world.post.arrived();
    let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
    let mut said: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut copies: BTreeMap<&str, u64> = BTreeMap::new();
    for (index, one) in arrived.iter().enumerate() {
        let letter = &one.letter;
        let known = texts.insert(&letter.id, &letter.body);
        *copies.entry(&letter.id).or_default() += 1;
        if known.is_some_and(|known| known != letter.body) {
            wrong.push(format!("two different mails have the id {}", letter.id));
        }
        let other = said.insert((letter.subject.as_str(), letter.body.as_str()), &letter.id);
        if let Some(other) = other.filter(|other| *other != letter.id) {
            wrong.push(format!("{other} and {} say the same: {}", letter.id, letter.subject));
        }
        if index >= notes.letters_read && known.is_none() {
            news(&letter.body, &letter.id, notes, wrong);
        }
    }
    notes.letters_read = arrived.len();
    let more: u64 = copies.values().map(|times| times - 1).sum();
    let excused = notes.deaths + world.post.troubles_met();
    if more > excused {
        wrong.push(format!("{more} mails came again, {excused} deaths and mail troubles excuse that"));
    }
}

/// What was told as new is told as new again only after it was told as solved.
fn news(body: &str, letter: &str, notes: &mut Notes, wrong: &mut Vec<String>) {
    let (mut new, mut solved) = (Vec::new(), Vec::new());
    let (mut part, mut code) = (Part::Other, String::new());
    for line in body.lines() {
        match line {
            "NEW" => part = Part::New,
            "SOLVED" => part = Part::Solved,
            "WORSE THAN BEFORE" => part = Part::Other,
            _ => {}
        }
        let item = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '));
        match (part, item) {
            (Part::New, None) if line.contains(" (") => {
                code = line.split(" (").next().unwrap_or_default().to_owned();
            }
            (Part::New, Some(item)) => {
                if let Some(order) = item.strip_prefix("order ").and_then(|rest| rest.split(" · ").next()) {
                    new.push((code.clone(), order.to_owned()));
                }
            }
            (Part::Solved, Some(item)) => {
                let mut pieces = item.split(" · ");
                let code = pieces.next().unwrap_or_default().to_owned();
                if let Some(order) = pieces.next().and_then(|about| about.strip_prefix("order ")) {
                    solved.push((code, order.to_owned()));
                }
            }
            (Part::New | Part::Other | Part::Solved, _) => {}
        }
    }
    for key in solved {
        if let Some(open) = notes.told.get_mut(&key) {
            *open = open.saturating_sub(1);
        }
    }
    for key in new {
        let open = notes.told.entry(key.clone()).or_default();
        *open += 1;
        if *open > 1 {
            wrong.push(format!("{} of {} is told as new twice, now in {letter}", key.0, key.1));
        }
    }
}
