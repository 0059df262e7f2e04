//! What the catalogue says by commands, said by the buttons of an order's page: whoever reads a page, or a mail that leads to
//! one, has no command line.

use super::words::full_stop;
use crate::commands::upper;
use console::look::pieces;
use domain::orders::proof::Difference;
use domain::problem::Told;

/// On the page of an order, each for the command beside it.
const BUTTONS: [(&str, &str); 12] = [
    ("orders retry ID", "Check again now"),
    ("orders retry ID --export-anyway", "Export it anyway"),
    ("orders retry ID --confirm-prices", "The prices are right"),
    ("orders retry ID --link-customer CUSTOMER", "Choose the customer"),
    ("orders retry ID --link-order ORDER", "It is in Shopify already"),
    ("orders retry ID --not-there", "It is not in Shopify"),
    ("orders link-item ID --line LINE --variant VARIANT", "Choose the items"),
    ("orders unlink-item ID --line LINE", "Choose the items"),
    ("orders re-export ID --cancel-previous", "Cancel the earlier order and go on"),
    ("orders re-export ID --give-up", "Give the re-export up"),
    ("orders re-export ID", "Export it again"),
    ("orders preview ID", "Show what would be sent"),
];
const CLOSE: &str = "orders close ID --note …";

/// What to do, with the buttons in place of the commands that ask for something of one order. Who reads it elsewhere than on
/// that order's page is told where they are.
pub fn resolution(told: &Told, is_there: bool) -> String {
    let mut words = String::with_capacity(told.resolution.len());
    for (is_code, piece) in pieces(&told.resolution) {
        let button = piece.strip_prefix("joor-shopify ").and_then(|command| button(command, told.code));
        match (is_code, button) {
            (false, _) => words.push_str(piece),
            (true, None) => words.extend(["`", piece, "`"]),
            (true, Some(button)) => {
                press(&mut words);
                words.extend(["“", button, "”"]);
                if !is_there {
                    words.push_str(" on the order's page");
                }
            }
        }
    }
    words
}

/// What a person does about a difference of a proof.
pub fn fix(difference: &Difference) -> String {
    let words = match difference {
        Difference::NotSeen { .. } => {
            "The next cycle checks it. If it was approved before the start date, move that date in the settings."
        }
        Difference::SecondExporter { .. } => {
            "Switch the other integration off, and link what it made on the order's page."
        }
        Difference::Unledgered { .. } => "Link it on the order's page, or cancel it in Shopify.",
        Difference::Missing { .. } => "Export the order once more on its page, or close it by hand there.",
        Difference::CancelledInShopify { .. } => {
            "Export the order once more on its page, or leave it as it is there; a proof names it all the same."
        }
        Difference::CancelledInJoor { .. } => {
            "Cancel it in Shopify too, or leave it as it is on the order's page; a proof names it all the same."
        }
        Difference::EditedInJoor { .. } => {
            "Make the same change in Shopify and leave it as it is on the order's page, or cancel there and export once \
             more."
        }
        Difference::Doubled { .. }
        | Difference::GoneFromJoor { .. }
        | Difference::Linked { .. }
        | Difference::Total { .. }
        | Difference::Lines { .. }
        | Difference::Units { .. }
        | Difference::OutOfSight { .. } => return full_stop(&upper(difference.fix())),
    };
    words.to_owned()
}

/// A command is run, a button is pressed.
fn press(words: &mut String) {
    for (run, press) in [("run ", "press "), ("Run ", "Press ")] {
        if words.ends_with(run) {
            words.truncate(words.len() - run.len());
            words.push_str(press);
        }
    }
}

fn button(command: &str, code: &str) -> Option<&'static str> {
    if command == CLOSE {
        // Of an order that is in Shopify only the question is closed.
        let is_exported = code.starts_with("CHG_") || code == "DEST_READBACK_DIFFERS";
        return Some(if is_exported { "Leave it as it is" } else { "Close by hand" });
    }
    let named = BUTTONS.iter().find(|(known, _)| *known == command);
    named.map(|(_, button)| *button)
}
