//! The texts that travel with an order: note, tags and attributes, cut to what the shop takes. Not here: the templates
//! themselves.

use crate::orders::decide::Addresses;
use crate::orders::note::{Template, capped, one_line};
use crate::orders::order::Order;
use crate::problem::Problem;
use crate::settings::{NOTE_CHARS_MAX, Settings, TAG_CHARS_MAX};
use std::collections::BTreeSet;

/// Shopify publishes no limit for attribute values; this is what its other short texts take.
pub const ATTRIBUTE_CHARS_MAX: usize = 255;

/// One of several Shopify orders that are one order in JOOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartOf {
    pub part: u32,
    pub parts: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    pub note: String,
    pub tags: Vec<String>,
    pub attributes: Vec<(String, String)>,
    pub problems: Vec<Problem>,
    pub marks: Vec<Problem>,
}

pub fn texts(order: &Order, settings: &Settings, addresses: &Addresses, part: PartOf) -> Texts {
    let mut texts = Texts::default();
    write_note(order, &settings.note, part, &mut texts);
    write_tags(order, &settings.tags, part, &mut texts);
    for (name, template) in &settings.attributes {
        if let Some(text) = rendered(order, template, &format!("attribute {name}"), &mut texts) {
            add_attribute(name, &text, &mut texts);
        }
    }
    let left_out = |mapped: &Option<String>| mapped.clone().unwrap_or_default();
    for (name, text) in [
        ("JOOR door", order.door.name.clone()),
        ("JOOR door code", order.door.code.clone()),
        ("JOOR phone", left_out(&addresses.ship_to.phone_left_out)),
        ("JOOR billing phone", left_out(&addresses.bill_to.phone_left_out)),
        ("JOOR region", left_out(&addresses.ship_to.region_left_out)),
        ("JOOR billing region", left_out(&addresses.bill_to.region_left_out)),
    ] {
        add_attribute(name, &text, &mut texts);
    }
    texts
}

fn rendered(order: &Order, template: &Template, target: &str, texts: &mut Texts) -> Option<String> {
    match template.render(order) {
        Ok(text) => Some(text),
        Err(refused) => {
            texts.problems.push(Problem::MapTemplate { target: target.to_owned(), reason: refused.reason });
            None
        }
    }
}

fn write_note(order: &Order, template: &Template, part: PartOf, texts: &mut Texts) {
    let Some(text) = rendered(order, template, "note", texts) else { return };
    let text = if part.parts > 1 {
        format!("Part {} of {} of JOOR order {}\n{text}", part.part, part.parts, one_line(order.id.as_str()))
    } else {
        text
    };
    let (note, cut) = capped(&text, NOTE_CHARS_MAX);
    if cut {
        texts.marks.push(Problem::MapTooLong { target: "The note".to_owned(), limit: NOTE_CHARS_MAX });
    }
    texts.note = note;
}

fn write_tags(order: &Order, templates: &[Template], part: PartOf, texts: &mut Texts) {
    let mut tags = vec![format!("JOOR {}", one_line(order.id.as_str()))];
    if part.parts > 1 {
        tags.push(format!("JOOR part {} of {}", part.part, part.parts));
    }
    for (index, template) in templates.iter().enumerate() {
        let number = index + 1;
        let Some(text) = rendered(order, template, &format!("tag {number}"), texts) else { continue };
        // A comma would make two tags of one.
        let text = one_line(&text.replace(',', " "));
        let (tag, cut) = capped(&text, TAG_CHARS_MAX);
        if cut {
            texts.marks.push(Problem::MapTooLong { target: format!("Tag {number}"), limit: TAG_CHARS_MAX });
            add_attribute(&format!("JOOR tag {number}"), &text, texts);
        }
        tags.push(tag);
    }
    let mut known = BTreeSet::new();
    tags.retain(|tag| !tag.is_empty() && known.insert(tag.to_lowercase()));
    texts.tags = tags;
}

/// An empty text and a name that is taken already make no attribute.
fn add_attribute(name: &str, text: &str, texts: &mut Texts) {
    let (value, cut) = capped(&one_line(text), ATTRIBUTE_CHARS_MAX);
    if value.is_empty() || texts.attributes.iter().any(|(taken, _)| taken == name) {
        return;
    }
    if cut {
        texts
            .marks
            .push(Problem::MapTooLong { target: format!("Attribute {name}"), limit: ATTRIBUTE_CHARS_MAX });
    }
    texts.attributes.push((name.to_owned(), value));
}
