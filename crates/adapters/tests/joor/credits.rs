//! JOOR's credits, its word to wait, and its clock.

use super::*;

#[tokio::test]
async fn nothing_is_sent_beyond_the_credits_and_all_come_back_with_the_next_window() {
    let world = new_world(|_, _| nothing());
    for _ in 0..290 {
        world.joor.orders(&OrderFilter::default()).await.unwrap();
    }
    let error = world.joor.orders(&OrderFilter::default()).await.unwrap_err();
    let CallError::Throttled { until } = error else { panic!("{error:?}") };
    assert_eq!(world.calls().len(), 290);
    // A report and the two readings around it.
    let ids = [JoorOrderId::new("1")];
    assert!(matches!(world.joor.orders_by_id(&ids).await, Err(CallError::Throttled { .. })));
    assert!(world.joor.orders_to_report(&ids).await.is_ok(), "what a report has to repeat can still be read");
    assert!(world.joor.report(&[report(1)]).await.is_ok(), "results can still be reported");
    assert!(world.joor.orders_to_report(&ids).await.is_ok(), "and looked at afterwards");
    world.clock.advance(until.since(START));
    assert!(world.joor.orders(&OrderFilter::default()).await.is_ok());
    assert_eq!(world.joor.usage().credits, 290 + 1 + 5 + 1 + 1);
}

#[tokio::test]
async fn a_429_is_obeyed_and_nothing_is_sent_before_its_time() {
    let world = new_world(|_, number| {
        let mut refusal = answer(429, "slow down").unwrap();
        refusal.headers.insert("retry-after".to_owned(), "77".to_owned());
        if number == 1 { Ok(refusal) } else { nothing() }
    });
    let until = START.plus(Duration::from_secs(77));
    for _ in 0..2 {
        assert_eq!(
            world.joor.orders(&OrderFilter::default()).await.unwrap_err(),
            CallError::Throttled { until }
        );
    }
    assert_eq!(world.calls().len(), 1);
    world.clock.advance(Duration::from_secs(77));
    assert!(world.joor.orders(&OrderFilter::default()).await.is_ok());
}

#[tokio::test]
async fn the_other_clock_is_compared_with_ours() {
    let world = new_world(|_, _| {
        let mut reply = nothing().unwrap();
        // 1,790,000,000 s is 2026-09-21 14:13:20.
        reply.headers.insert("date".to_owned(), "Mon, 21 Sep 2026 14:15:00 GMT".to_owned());
        Ok(reply)
    });
    assert_eq!(world.joor.clock_offset_seconds(), None);
    world.joor.orders(&OrderFilter::default()).await.unwrap();
    assert_eq!(world.joor.clock_offset_seconds(), Some(100));
}
