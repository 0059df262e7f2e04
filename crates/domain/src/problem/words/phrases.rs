//! Pieces of sentences: foreign text made harmless, lists with a limit, numbers with their noun. No problem is named
//! here.

use crate::problem::{AddressKind, LineRef, Shortage};
use crate::time::Moment;
use std::time::Duration;

/// A name or answer of the outside takes at most this much room in a sentence.
const FOREIGN_CHARS_MAX: usize = 120;
/// Names in a list before "and n more".
const NAMES_MAX: usize = 8;

/// Foreign text for the middle of a sentence: one line, without control and direction characters, so that it can
/// neither add lines to a mail nor turn the rest of the sentence around; at most 120 characters; without a full stop
/// at the end. Text without anything in it is named as such.
pub fn said(text: &str) -> String {
    said_within(text, FOREIGN_CHARS_MAX)
}

/// Why there is no location to fulfil at.
pub fn no_location(location: &str) -> String {
    match location {
        "" => "Orders arrive fulfilled, the shop has several locations, and none of them is named".to_owned(),
        location => format!("The shop has no location {}", said(location)),
    }
}

/// Foreign text that begins with an address and says why only behind it.
pub fn said_at_length(text: &str) -> String {
    said_within(text, FOREIGN_CHARS_MAX * 2)
}

fn said_within(text: &str, room: usize) -> String {
    let mut one_line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || is_line_break(c)) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !one_line.is_empty() {
            one_line.push(' ');
        }
        one_line.push_str(&word);
        if one_line.len() > room * 4 {
            // Four bytes a character at most: the rest would be cut anyway.
            break;
        }
    }
    let text = cut(&one_line, room);
    let text = text.trim_end_matches(['.', ' ']);
    if text.is_empty() { "(empty)".to_owned() } else { text.to_owned() }
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// Characters that are not seen but change what is seen: marks and overrides of direction, byte order marks, tags.
/// The joiner U+200D stays, since emoji and several scripts are made with it.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// At most `room` characters, the last one an ellipsis if something is missing.
pub fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(room.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// The first names, then how many more there are.
pub fn listed(names: impl IntoIterator<Item = String>) -> String {
    let mut names = names.into_iter();
    let mut text = names.by_ref().take(NAMES_MAX).collect::<Vec<_>>().join(", ");
    let more = names.count();
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    if text.is_empty() { "none".to_owned() } else { text }
}

pub fn all_said(texts: &[String]) -> String {
    listed(texts.iter().map(|text| said(text)))
}

/// "order 7100412", or "an order" where its number is not known.
pub fn the_order(number: &str) -> String {
    if number.trim().is_empty() { "an order".to_owned() } else { format!("order {}", said(number)) }
}

/// The same at the start of a sentence.
pub fn order_first(number: &str) -> String {
    if number.trim().is_empty() { "An order".to_owned() } else { format!("Order {}", said(number)) }
}

/// "1 line is", "3 lines are".
pub fn are(number: usize, noun: &str) -> String {
    format!("{} {}", counted(number, noun), if number == 1 { "is" } else { "are" })
}

/// "1 line of order 7100412 is", "3 lines of order 7100412 are".
pub fn lines_of(number: usize, order: &str, one: &str, many: &str) -> String {
    format!("{} of {} {}", counted(number, "line"), the_order(order), if number == 1 { one } else { many })
}

/// "1 line", "3 lines".
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Style, colour and size with the identifier; whatever of it is there.
pub fn line(line: &LineRef) -> String {
    match (line_name(line), line.identifier.trim()) {
        (name, "") => name,
        (name, identifier) if name == said(identifier) => name,
        (name, identifier) => format!("{name} ({})", said(identifier)),
    }
}

pub fn lines(all: &[LineRef]) -> String {
    listed(all.iter().map(line))
}

/// Each line with what belongs to it.
pub fn lines_with(all: &[(LineRef, Vec<String>)]) -> String {
    listed(all.iter().map(|(one, texts)| format!("{}: {}", line(one), all_said(texts).replace(", ", " / "))))
}

fn line_name(line: &LineRef) -> String {
    [&line.label, &line.style_number, &line.identifier]
        .into_iter()
        .find(|text| !text.trim().is_empty())
        .map_or_else(|| "a line without a name".to_owned(), |text| said(text))
}

pub fn shortages(all: &[Shortage]) -> String {
    listed(all.iter().map(|short| {
        let promised = match short.promised_before {
            0 => String::new(),
            units => format!(", {units} of them promised to earlier orders"),
        };
        format!("{} ({} ordered, {} there{promised})", line_name(&short.line), short.ordered, short.available)
    }))
}

pub fn address(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Shipping => "shipping",
        AddressKind::Billing => "billing",
    }
}

/// To the minute: a sentence is read by people.
pub fn when(moment: Moment) -> String {
    moment.timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// The largest unit that fits: "45 seconds", "30 minutes", "6 hours", "3 days".
pub fn span(time: Duration) -> String {
    let seconds = usize::try_from(time.as_secs()).unwrap_or(usize::MAX);
    match seconds {
        0..=119 => counted(seconds, "second"),
        120..=7_199 => counted(seconds / 60, "minute"),
        7_200..=172_799 => counted(seconds / 3_600, "hour"),
        172_800.. => counted(seconds / 86_400, "day"),
    }
}
