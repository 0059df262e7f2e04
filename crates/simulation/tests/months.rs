//! Simulated days: a sound program pleases the judge, a broken one does not, and a plan that fails is made short. Months
//! are played by `cargo xtask simulate`.

use simulation::months::{Event, Plan, PlannedLine, PlannedOrder, What, Wrong, play, shrink};
use simulation::outside::Mutation;
use std::collections::BTreeMap;
use std::time::Duration;

/// Seeds that may be needed until a breakage shows.
const SEEDS: u64 = 6;
const DAYS: u32 = 20;
/// Seeds whose plans are counted: CI plays about as many.
const SEEDS_COUNTED: u64 = 4;

const EVENTS: [&str; 19] = [
    "Approved",
    "ApprovedAgain",
    "CancelledInJoor",
    "CancelledInShopify",
    "ClockWrong",
    "CustomerDeleted",
    "Dies",
    "Price",
    "Replaced",
    "RetailerRenamed",
    "Retried",
    "RowBroken",
    "SetToReexport",
    "Settings",
    "Stock",
    "TakenBack",
    "TokensExpire",
    "Units",
    "VariantDeleted",
];
const TROUBLES: [&str; 15] = [
    "Away",
    "Cut",
    "DeniedAfterwards",
    "Garbage",
    "Late",
    "NotSent",
    "OtherBody",
    "Page",
    "ReplyLost",
    "Slow",
    "TakenUnsaid",
    "Throttled",
    "TooLarge",
    "Unauthorized",
    "Unheard",
];

#[tokio::test]
async fn the_judge_finds_nothing_wrong_and_the_same_seed_tells_the_same_story() {
    let plan = Plan::new(3, 3);
    let told = play(&plan, None).await.unwrap();
    assert!(told.exports > 0 && !told.troubles.is_empty(), "{told}");
    assert_eq!(play(&plan, None).await.unwrap().to_string(), told.to_string());
}

/// Found by seed 18: the reason of what was held changed with the cancellation, and its report waited for ever.
#[tokio::test]
async fn a_re_export_that_waits_comes_to_rest_when_its_order_is_cancelled_in_joor() {
    let order = "7200001".to_owned();
    let lines = vec![PlannedLine { style: 11, variant: 11, units: 6 }];
    let approved = PlannedOrder { id: order.clone(), retailer: 20, lines, ..PlannedOrder::default() };
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let events = vec![
        Event { at: hours(1), what: What::Approved(approved) },
        // The retailer's own.
        Event { at: hours(25), what: What::CustomerDeleted { number: 16 } },
        Event { at: hours(26), what: What::SetToReexport { order: order.clone() } },
        Event { at: hours(49), what: What::CancelledInJoor { order: order.clone() } },
        Event { at: hours(73), what: What::ApprovedAgain { order } },
    ];
    let told = play(&Plan { days: 4, events, ..Plan::new(18, 0) }, None).await.unwrap();
    assert_eq!((told.approved, told.exports), (1, 1));
}

/// Breaks the program on purpose; the judge has to notice with one of the seeds from the given one on.
async fn caught(mutation: Mutation, first: u64, words: &str) -> (Plan, Wrong) {
    for seed in first..first + SEEDS {
        let plan = Plan::new(seed, DAYS);
        if let Err(wrong) = play(&plan, Some(mutation)).await {
            assert!(wrong.what.iter().any(|what| what.contains(words)), "{wrong:?}");
            return (plan, wrong);
        }
    }
    panic!("nobody noticed {mutation:?}");
}

#[test]
fn every_kind_of_event_and_of_trouble_is_planned() {
    let mut kinds = BTreeMap::new();
    for seed in 1..=SEEDS_COUNTED {
        for event in Plan::new(seed, 90).events {
            *kinds.entry(kind(&event.what)).or_insert(0) += 1;
        }
    }
    println!("{kinds:#?}");
    for expected in EVENTS.iter().chain(&TROUBLES) {
        let times = kinds.get(*expected).copied().unwrap_or_default();
        assert!(times >= SEEDS_COUNTED, "{expected} happens {times} times in {SEEDS_COUNTED} seeds");
    }
    assert_eq!(kinds.len(), EVENTS.len() + TROUBLES.len(), "a kind is not expected here");
}

/// The name of an event, or of the trouble that it plans.
fn kind(what: &What) -> String {
    let shown = match what {
        What::Trouble { trouble, .. } => format!("{trouble:?}"),
        What::Mail { trouble, .. } => format!("{trouble:?}"),
        other => format!("{other:?}"),
    };
    shown.split([' ', '(']).next().unwrap().to_owned()
}

#[tokio::test]
async fn unclear_answers_that_count_as_refusals_are_caught() {
    caught(Mutation::UnclearIsRefused, 3, "[DEST_REJECTED]").await;
}

#[tokio::test]
async fn a_re_export_while_the_earlier_order_stands_is_caught() {
    caught(Mutation::AllAreCancelled, 1, "while the earlier order stood").await;
}

#[tokio::test]
async fn a_cent_too_much_is_caught() {
    caught(Mutation::CentsAreOff, 1, "which JOOR never showed").await;
}

#[tokio::test]
async fn orders_that_are_overlooked_are_caught() {
    caught(Mutation::OrdersAreOverlooked, 1, "3 is forgotten").await;
}

#[tokio::test]
async fn a_name_that_no_shopify_order_has_is_caught() {
    caught(Mutation::NamesAreMisread, 1, "Shopify has no such order").await;
}

#[tokio::test]
async fn work_that_never_ends_is_caught() {
    caught(Mutation::ReportsNeverEnd, 1, "not at rest in the evening: report of").await;
}

#[tokio::test]
async fn a_limit_that_is_not_respected_is_caught() {
    caught(Mutation::ReadsAreRepeated, 1, "ran into a limit by itself").await;
}

#[tokio::test]
async fn mails_that_are_lost_are_caught() {
    caught(Mutation::MailsAreLost, 1, "no mail told so").await;
}

#[tokio::test]
async fn looks_that_see_nothing_are_caught_and_the_plan_is_made_short() {
    let mutation = Some(Mutation::LooksAreIgnored);
    let (plan, wrong) = caught(Mutation::LooksAreIgnored, 3, "is twice in Shopify").await;
    let short = shrink(&plan, wrong, mutation, &|plays, _| plays >= 30).await;
    assert!(short.plan.events.len() <= 4, "{:?}", short.plan.events);
    assert!(play(&short.plan, mutation).await.is_err() && play(&short.plan, None).await.is_ok());
}

#[tokio::test]
async fn shelves_that_are_not_looked_at_are_caught() {
    caught(Mutation::StockIsIgnored, 2, "is oversold").await;
}

#[tokio::test]
async fn reports_that_are_not_sent_are_caught() {
    caught(Mutation::ReportsAreForgotten, 4, "nobody is asked anything").await;
}

#[tokio::test]
async fn mails_that_are_sent_twice_are_caught() {
    caught(Mutation::MailsAreRepeated, 1, "say the same").await;
}
