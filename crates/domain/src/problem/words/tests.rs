//! The words of every problem.

use super::*;
use crate::problem::{LineRef, Shortage};
use crate::time::Moment;
use std::collections::BTreeSet;

/// Every name in the enum. A new variant does not compile here until it is listed, and fails the test below until it
/// has a sample.
macro_rules! names {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        fn name(problem: &Problem) -> &'static str {
            match problem { $(Problem::$name { .. } => stringify!($name),)* }
        }
    };
}

names! {
    ConnJoorAuth ConnShopifyAuth ConnShopifyToken ConnShopifyScope ConnShopUnavailable ConnApiVersion ConnWrongAccount
    ConnSettings
    SrcUnavailable SrcRateLimit SrcBadPayload SrcFieldMissing SrcOrderVanished SrcMissedOrder
    OrdNotApproved OrdBeforeStart OrdOnStartDay OrdRuledOut OrdEmpty OrdTooManyLines
    CustNotFound CustAmbiguous CustContactTaken CustEmailInvalid CustLinkDead CustDefaultAddressChanged
    AddrIncomplete AddrRegionUnknown AddrPhoneInvalid
    ItemNotFromShopify ItemNotFound ItemAmbiguous ItemIdsDisagree ItemRemoved ItemLinkDead
    StockShort StockClaimFailed StockNotHeldAtLocation StockUntracked LocUnmapped LocInactive LocAssignFailed
    MoneyCurrency MoneyTotalDiffers MoneyRounded PricePlaceholder DiscountUnmappable TaxRuleMissing TaxConflict
    MapTemplate MapTooLong
    DestRateLimit DestOrderQuota DestUnavailable DestUnconfirmed DestRejected DestDateInvalid DestReadbackDiffers
    DupLiveExport DupFoundUnledgered DupLookupBlind DupSecondExporter
    ChgJoorEdited ChgJoorReapproved ChgJoorCancelled ChgShopifyCancelled BackStatusFailed
    SysSilence SysStore SysClock SysUnexpected
}

fn short(name: &str) -> Shortage {
    let line = LineRef { label: name.to_owned(), ..LineRef::default() };
    Shortage { line, ordered: 6, available: 4, promised_before: 0 }
}

#[test]
fn every_problem_has_exactly_one_sample() {
    let sampled: Vec<&str> = Problem::samples().iter().map(name).collect();
    let once: BTreeSet<&str> = sampled.iter().copied().collect();
    assert_eq!(once, NAMES.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(sampled.len(), NAMES.len());
}

#[test]
fn codes_are_unique_and_are_the_name_in_capitals() {
    for problem in Problem::samples() {
        let mut expected = String::new();
        for c in name(&problem).chars() {
            if c.is_uppercase() && !expected.is_empty() {
                expected.push('_');
            }
            expected.extend(c.to_uppercase());
        }
        assert_eq!(problem.code(), expected);
        assert_eq!(Problem::known_code(&expected), Some(problem.code()));
        assert!(problem.code().chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{}", problem.code());
    }
}

#[test]
fn a_code_that_never_was_is_not_known() {
    assert_eq!(Problem::known_code("STOCK_LONG"), None);
}

#[test]
fn every_problem_speaks_in_full_sentences_without_holes() {
    for problem in Problem::samples() {
        for order in ["7100412", ""] {
            let told = problem.told(order);
            for text in [&told.sentence, &told.resolution] {
                assert!(!text.trim().is_empty(), "{}", told.code);
                assert!(!text.contains(['{', '}']), "{}: {text}", told.code);
                assert!(!text.ends_with(['.', ' ']), "{}: {text}", told.code);
                assert!(!text.contains(['\n', '\r']), "{}: {text}", told.code);
                assert!(!text.contains("  "), "{}: {text}", told.code);
            }
            assert!(told.sentence.chars().next().is_some_and(|c| !c.is_lowercase()), "{}", told.sentence);
        }
    }
}

#[test]
fn what_a_resolution_tells_to_type_exists() {
    let keys = [
        "joor",
        "joor.api_url",
        "joor.token_url",
        "shopify",
        "shopify.api_version",
        "shopify.client_id",
        "shopify.client_secret",
        "schedule.interval",
        "schedule.exported_since",
        "schedule.include_start_day = true",
        "orders.stock",
        "orders.stock_locations",
        "orders.location",
        "orders.rules",
        "orders.required_fields",
        "orders.item_keys",
        "orders.create_customers = true",
        "orders.keep_default_address = false",
        "orders.splitting = \"split\"",
        "orders.stand_in_price",
        "orders.allow_zero_price",
        "orders.currencies",
        "orders.after_reapproval",
        "tax.rules",
        "tax.rules.FR",
        "tax.otherwise = \"none\"",
        "note",
        "tags",
        "attributes",
        "alerts.silence",
        "read_all_orders",
        "JOOR ID",
    ];
    let commands = [
        "orders retry ID",
        "orders retry ID --export-anyway",
        "orders retry ID --confirm-prices",
        "orders retry ID --link-customer CUSTOMER",
        "orders retry ID --link-order ORDER",
        "orders retry ID --not-there",
        "orders link-item ID --line LINE --variant VARIANT",
        "orders unlink-item ID --line LINE",
        "orders re-export ID --give-up",
        "orders re-export ID --cancel-previous",
        "orders re-export ID",
        "orders close ID --note …",
        "orders preview ID",
        "connection test NAME",
        "connection apply FILE",
        "doctor",
        "problems",
    ];
    for problem in Problem::samples() {
        for quoted in problem.resolution().split('`').skip(1).step_by(2) {
            let known = match quoted.strip_prefix("joor-shopify ") {
                Some(command) => commands.contains(&command),
                None => keys.contains(&quoted),
            };
            assert!(known, "{}: `{quoted}`", problem.code());
        }
    }
}

#[test]
fn a_shortage_names_each_line_with_its_numbers() {
    let mut lily = short("LILY-S");
    lily.promised_before = 3;
    let problem =
        Problem::StockShort { short: vec![short("ROSE-M"), lily], lines: 12, place: "Lyon".to_owned() };
    assert_eq!(
        problem.sentence("7100412"),
        "2 of 12 lines of order 7100412 are short of stock at Lyon: ROSE-M (6 ordered, 4 there), \
         LILY-S (6 ordered, 4 there, 3 of them promised to earlier orders)"
    );
}

#[test]
fn long_lists_end_after_eight_names() {
    let short: Vec<Shortage> = (1..=11).map(|n| short(&format!("S{n}"))).collect();
    let sentence = Problem::StockShort { short, lines: 11, place: "Lyon".to_owned() }.sentence("1");
    assert!(sentence.ends_with("S8 (6 ordered, 4 there) and 3 more"), "{sentence}");
}

#[test]
fn foreign_text_stays_one_short_line() {
    let hostile =
        "ok\r\nBcc: all@example.com\u{0}\u{1b}[31m\u{202e}evil\u{2028}line {{ order }} %s.".to_owned();
    let sentence = Problem::DestRejected { message: hostile, field: String::new() }.sentence("7100412\nX: y");
    assert_eq!(
        sentence,
        "Shopify refused order 7100412 X: y: \"ok Bcc: all@example.com [31mevil line {{ order }} %s\""
    );
    let sentence = Problem::OrdRuledOut { rule: "z".repeat(10_000) }.sentence("1");
    assert_eq!(sentence.chars().filter(|c| *c == 'z').count(), 119);
    assert!(sentence.contains("z…\""), "{sentence}");
    assert_eq!(said(&"\u{200f} ".repeat(50_000)), "(empty)");
    assert_eq!(said("👩‍👧 Zoë"), "👩‍👧 Zoë");
}

#[test]
fn what_joor_shows_is_cut_but_keeps_its_code() {
    let short: Vec<Shortage> = (1..=8).map(|n| short(&format!("Überlänge mit Umlaut {n}"))).collect();
    let told = Problem::StockShort { short, lines: 11, place: "Lyon".to_owned() }.told("7100412");
    let text = joor_description(&told);
    assert_eq!(text.chars().count(), DESCRIPTION_CHARS_MAX);
    assert!(text.ends_with("… [STOCK_SHORT]"), "{text}");
    let told = Problem::StockClaimFailed.told("7100412");
    assert_eq!(
        joor_description(&told),
        "The stock for order 7100412 was taken by another sale in the same moment [STOCK_CLAIM_FAILED]"
    );
    for problem in Problem::samples() {
        let told = problem.told("7100412");
        let text = joor_description(&told);
        assert!(text.chars().count() <= DESCRIPTION_CHARS_MAX, "{text}");
        assert!(text.ends_with(&format!(" [{}]", told.code)), "{text}");
    }
}

#[test]
fn words_are_read_back_as_what_they_were() {
    for severity in Severity::ALL {
        assert_eq!(severity.word().parse(), Ok(severity));
    }
    for who in Who::ALL {
        assert_eq!(who.word().parse(), Ok(who));
    }
    for retry in Retry::ALL {
        assert_eq!(retry.word().parse(), Ok(retry));
    }
    let error = "catastrophe".parse::<Severity>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`catastrophe` is no severity; known are notice, warning, partial, blocker, outage"
    );
}

#[test]
fn a_status_that_changed_under_a_report_is_an_outage() {
    let late = Problem::BackStatusFailed { reason: "HTTP 503".to_owned(), status_changed: None };
    let changed = Problem::BackStatusFailed {
        reason: String::new(),
        status_changed: Some("was APPROVED, is CANCELLED".to_owned()),
    };
    assert_eq!((late.severity(), late.who()), (Severity::Partial, Who::Nobody));
    assert_eq!((changed.severity(), changed.who()), (Severity::Outage, Who::BrandInJoor));
    assert!(changed.sentence("1").ends_with("was APPROVED, is CANCELLED"));
}

#[test]
fn times_and_numbers_read_as_people_say_them() {
    let silence = Problem::SysSilence {
        since: Moment(1_795_428_000_000),
        for_at_least: std::time::Duration::from_secs(6 * 3_600),
    };
    assert_eq!(
        silence.sentence(""),
        "No cycle of this connection has been good since 2026-11-23 10:00 UTC, for at least 6 hours"
    );
    assert_eq!(
        Problem::OrdEmpty { rows: 1 }.sentence("1"),
        "Order 1 has no units to ship: 1 row is cancelled or zero"
    );
    for (seconds, text) in [(1, "1 second"), (90, "90 seconds"), (1_800, "30 minutes"), (172_800, "2 days")] {
        assert_eq!(phrases::span(std::time::Duration::from_secs(seconds)), text);
    }
}
