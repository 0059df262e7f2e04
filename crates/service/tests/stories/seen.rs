//! A report whose answer was lost, and which JOOR is seen to hold: it is over, whatever was to be done about it.

use crate::harness::{World, in_both_kinds_of_shop};
use sandbox::{Fault, When};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_re_export_set_after_a_lost_report_was_seen_is_not_undone_by_repeating_it() {
    in_both_kinds_of_shop(async |world: &mut World| {
        world.approved(world.plain("99301"));
        world.joor_fault("POST bulk_update", When::Next, Fault::LoseReply);
        world.run(&["sync", "--once"]).await;
        assert_eq!(world.joor_report("99301").0, "SUCCESS", "executed, without an answer");
        // Not due yet, but read: JOOR shows it.
        world.sync().await;
        world.order("99301").await.must_be("exported", &[]);
        world.sandbox.joor.set_to_reexport("99301");
        // By now the report would have been repeated.
        world.pass(Duration::from_secs(60));
        for _ in 0..3 {
            world.sync().await;
        }
        let shown = world.order("99301").await;
        shown.must_be("held", &["DUP_LIVE_EXPORT"]);
        assert_eq!((shown.generation(), world.shop_orders_of("99301").len()), (2, 1));
    })
    .await;
}
