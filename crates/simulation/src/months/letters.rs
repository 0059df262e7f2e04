//! Reads the mails as people do: is something told twice, and does somebody hear of every order that is held, and every
//! day whether all are accounted for?

use super::notes::Notes;
use crate::world::World;
use adapters::ports::Letter;
use sandbox::joor::ExportState;
use std::collections::BTreeMap;

/// The part of a mail that a line stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Other,
    New,
    Solved,
}

/// By code and order: told as new and not yet as solved.
pub type Open = BTreeMap<(String, String), usize>;

pub fn read(world: &World, notes: &mut Notes, wrong: &mut Vec<String>) {
    let arrived = world.post.arrived();
    let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
    let mut said: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut copies: BTreeMap<&str, u64> = BTreeMap::new();
    let mut unread: Vec<&Letter> = Vec::new();
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
            unread.push(letter);
        }
    }
    notes.letters_read = arrived.len();
    for letter in &unread {
        let words = letter.body.split_whitespace();
        let numbers = words.clone().zip(words.skip(1)).filter(|(before, _)| *before == "order");
        notes.heard_of.extend(numbers.map(|(_, number)| number.to_owned()));
    }
    wrong.extend(all_news(unread, notes));
    let more: u64 = copies.values().map(|times| times - 1).sum();
    let excused = notes.deaths + world.post.troubles_met();
    if more > excused {
        wrong.push(format!("{more} mails came again, {excused} deaths and mail troubles excuse that"));
    }
}

/// Mails that waited for their server may come after younger ones, and a clock that is wrong dates them wrongly: people
/// take them in the order that makes sense.
fn all_news(mut letters: Vec<&Letter>, notes: &mut Notes) -> Vec<String> {
    let (mut told, mut wrong) = (notes.told.clone(), Vec::new());
    letters.iter().for_each(|letter| news(letter, &mut told, &mut wrong));
    if !wrong.is_empty() {
        let date = |letter: &Letter| letter.id.split('-').find_map(|part| part.parse::<i64>().ok());
        letters.sort_by_key(|letter| date(letter));
        (told, wrong) = (notes.told.clone(), Vec::new());
        letters.iter().for_each(|letter| news(letter, &mut told, &mut wrong));
    }
    notes.told = told;
    wrong
}

/// Somebody hears of every order of which JOOR says that it could not be exported, and of every day.
pub fn nobody_left_out(world: &World, notes: &Notes, wrong: &mut Vec<String>) {
    for id in notes.orders.keys().filter(|id| !notes.heard_of.contains(*id)) {
        let joor = world.sandbox.joor.order(id);
        if joor.is_some_and(|order| order.export_status == ExportState::Failed) {
            wrong.push(format!("{id} could not be exported, and no mail told so"));
        }
    }
    let Some(day) = notes.daily else { return };
    // A clock that was far ahead or back told of other days.
    if world.clock.true_now().duration_since(notes.far_off_until) < jiff::SignedDuration::from_hours(48) {
        return;
    }
    let mut proofs = BTreeMap::new();
    for one in world.post.arrived() {
        if one.letter.to == ["daily@brand.example.com"] && one.letter.subject.contains(&format!(" {day}: ")) {
            proofs.insert(one.letter.id, one.letter.subject);
        }
    }
    if proofs.len() != 1 {
        wrong.push(format!("{} mails told of {day}: {proofs:?}", proofs.len()));
    }
    for subject in proofs.values().filter(|subject| subject.contains("DOES NOT ADD UP")) {
        wrong.push(format!("orders are missing: {subject}"));
    }
}

fn is_code(word: &str) -> bool {
    word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// What was told as new is told as new again only after it was told as solved.
fn news(letter: &Letter, told: &mut Open, wrong: &mut Vec<String>) {
    let (mut new, mut solved) = (Vec::new(), Vec::new());
    let (mut part, mut code) = (Part::Other, String::new());
    for line in letter.body.lines() {
        match line {
            "NEW" => part = Part::New,
            "SOLVED" => part = Part::Solved,
            "WORSE THAN BEFORE" => part = Part::Other,
            _ => {}
        }
        let item = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '));
        match (part, item) {
            (Part::New, None) => {
                // A long sentence goes on in lines of its own, which are no headline.
                let headline = line.split(" (").next().filter(|word| is_code(word));
                code = headline.map_or(code, str::to_owned);
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
            (Part::Other | Part::Solved, _) => {}
        }
    }
    for key in solved {
        if let Some(open) = told.get_mut(&key) {
            *open = open.saturating_sub(1);
        }
    }
    for key in new {
        let open = told.entry(key.clone()).or_default();
        *open += 1;
        if *open > 1 {
            wrong.push(format!("{} of {} is told as new twice, now in {}", key.0, key.1, letter.id));
        }
    }
}
