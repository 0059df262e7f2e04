//! Simulated days: a sound program pleases the judge, a broken one does not, and a plan that fails is made short. Months
//! are played by `cargo xtask simulate`.

use simulation::months::{Plan, Wrong, play, shrink};
use simulation::outside::Mutation;

/// Seeds that may be needed until a breakage shows.
const SEEDS: u64 = 6;
const DAYS: u32 = 20;

#[tokio::test]
async fn the_judge_finds_nothing_wrong_and_the_same_seed_tells_the_same_story() {
    let plan = Plan::new(3, 3);
    let told = play(&plan, None).await.unwrap();
    assert!(told.exports > 0 && !told.troubles.is_empty(), "{told}");
    assert_eq!(play(&plan, None).await.unwrap().to_string(), told.to_string());
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

#[tokio::test]
async fn unclear_answers_that_count_as_refusals_are_caught() {
    caught(Mutation::UnclearIsRefused, 3, "[DEST_REJECTED]").await;
}

#[tokio::test]
async fn looks_that_see_nothing_are_caught_and_the_plan_is_made_short() {
    let mutation = Some(Mutation::LooksAreIgnored);
    let (plan, wrong) = caught(Mutation::LooksAreIgnored, 3, "is twice in Shopify").await;
    let short = shrink(&plan, wrong, mutation, 30).await;
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
