//! A ledger put back from before some orders, of which a later generation is in Shopify and the first one is not: nothing
//! is doubled, a person is asked, and no number is used twice. Of the same generation: `bad_ledgers`, `protocol`.

use crate::harness::{Options, World, in_both_kinds_with};
use std::path::{Path, PathBuf};

/// The stories here are about a file.
fn in_a_file() -> Options {
    Options { server: None, ..Options::default() }
}

fn backup(world: &World) -> PathBuf {
    world.data_folder().with_file_name("backup")
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("the story's folder takes another one");
    for file in std::fs::read_dir(from).expect("the data directory is there") {
        let file = file.expect("a file").path();
        std::fs::copy(&file, to.join(file.file_name().expect("it has a name"))).expect("files can be copied");
    }
}

/// A backup of the live connection, before any order.
async fn backed_up(world: &World) {
    world.sync().await;
    copied(&world.data_folder(), &backup(world));
}

async fn cycles(world: &World, count: usize) {
    for _ in 0..count {
        world.sync().await;
    }
}

fn number(gid: &str) -> String {
    gid.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The Shopify orders that stand, by the end of their tokens.
fn standing(world: &World, id: &str) -> Vec<String> {
    let live = world.shop_orders_of(id).into_iter().filter(|order| order.is_live());
    let ends = live.filter_map(|order| {
        order.source_identifier?.split_once(&format!("-{id}-")).map(|(_, end)| end.to_owned())
    });
    ends.collect()
}

/// Approved, held for want of stock, closed by hand, and exported after all: the second generation is the first to arrive.
async fn second_generations(world: &World, ids: &[&str]) {
    for (variant, id) in ids.iter().enumerate() {
        world.set_stock(0, variant, [0, 0]);
        world.approved(world.brand.order(id, 0).line(world.brand.line(0, variant, 2)));
    }
    world.sync().await;
    for id in ids {
        world.order(id).await.must_be("held", &["STOCK_SHORT"]);
        world.run(&["orders", "close", id, "--note", "entered by hand"]).await.must_end_with(0);
    }
    world.sync().await;
    for (variant, id) in ids.iter().enumerate() {
        world.set_stock(0, variant, [50, 50]);
        world.run(&["orders", "re-export", id]).await.must_end_with(0);
    }
    cycles(world, 2).await;
    for id in ids {
        assert_eq!(standing(world, id), ["2-1"], "{id}");
        assert_eq!(world.joor_report(id).0, "SUCCESS");
    }
}

/// The ledger of before, and JOOR shows the orders as if nobody had exported them.
fn begin_again(world: &World, ids: &[&str]) {
    std::fs::remove_dir_all(world.data_folder()).expect("the data directory is ours");
    copied(&backup(world), &world.data_folder());
    ids.iter().for_each(|id| world.sandbox.joor.set_to_reexport(id));
}

async fn linked(world: &World, id: &str) {
    let order = world.shop_orders_of(id).into_iter().find(|order| order.is_live()).expect("one stands");
    world.retry(id, &["--link-order", &number(&order.gid)]).await;
}

/// Cancelled in Shopify and set to re-export: exported again, and nobody is asked.
async fn exported_again(world: &World, id: &str, token: &str) {
    let order = world.shop_orders_of(id).into_iter().find(|order| order.is_live()).expect("one stands");
    world.sandbox.shop.cancel_order(&order.gid, true);
    world.sandbox.joor.set_to_reexport(id);
    cycles(world, 4).await;
    world.order(id).await.must_be("exported", &[]);
    assert_eq!(standing(world, id), [token], "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_ledger_asks_about_a_later_generation_and_goes_on_after_it_once_it_is_linked() {
    in_both_kinds_with(in_a_file(), async |world: &mut World| {
        backed_up(world).await;
        second_generations(world, &["99301", "99302"]).await;
        // The first generation arrived here, and was cancelled for the second.
        world.approved(world.brand.order("99303", 0).line(world.brand.line(0, 2, 1)));
        cycles(world, 2).await;
        exported_again(world, "99303", "2-1").await;

        let ids = ["99301", "99302", "99303"];
        begin_again(world, &ids);
        let (creates, looks) = (world.asked("OrderCreate"), world.asked("FindOrders"));
        cycles(world, 1).await;
        assert_eq!(world.asked("FindOrders"), looks + 1, "one look-up sees all generations of all orders");
        cycles(world, 1).await;
        for id in ids {
            let shown = world.order(id).await;
            shown.must_be("held", &["DUP_FOUND_UNLEDGERED"]);
            let last = world.shop_orders_of(id).pop().expect("one stands");
            assert!(shown.sentence("DUP_FOUND_UNLEDGERED").contains(&last.name), "{:#}", shown.0);
            assert_eq!((shown.generation(), standing(world, id)), (2, vec!["2-1".to_owned()]));
            let (state, words) = world.joor_report(id);
            assert!(state == "FAILED" && words.contains(&last.name), "{words}");
        }
        assert_eq!(world.asked("OrderCreate"), creates, "nothing is sent");

        for id in ["99301", "99303"] {
            linked(world, id).await;
        }
        cycles(world, 2).await;
        for id in ["99301", "99303"] {
            world.order(id).await.must_be("exported", &[]);
            assert_eq!(world.joor_report(id).0, "SUCCESS");
            exported_again(world, id, "3-1").await;
        }
        // A person says that this is not the one.
        let other = world.shop_order_of("99302");
        world.sandbox.shop.cancel_order(&other.gid, true);
        world.sandbox.shop.remove_metafields(&other.gid);
        world.retry("99302", &[]).await;
        cycles(world, 2).await;
        world.order("99302").await.must_be("exported", &[]);
        assert_eq!(standing(world, "99302"), ["2-1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_ledger_uses_no_generation_whose_order_is_cancelled() {
    in_both_kinds_with(in_a_file(), async |world: &mut World| {
        backed_up(world).await;
        second_generations(world, &["99311", "99312"]).await;
        begin_again(world, &["99311", "99312"]);
        world.sandbox.shop.cancel_order(&world.shop_order_of("99311").gid, true);
        // Linked before anything was looked for: the ledger has it as the first generation.
        world.set_stock(0, 1, [0, 0]);
        cycles(world, 1).await;
        world.order("99312").await.must_be("held", &["STOCK_SHORT"]);
        linked(world, "99312").await;
        cycles(world, 3).await;
        world.set_stock(0, 1, [50, 50]);
        for id in ["99311", "99312"] {
            world.order(id).await.must_be("exported", &[]);
            assert_eq!(world.joor_report(id).0, "SUCCESS", "{id}");
        }
        assert_eq!(standing(world, "99311"), ["3-1"]);
        let history = world.order("99311").await;
        assert!(history.events().contains(&"skipped"), "{:#}", history.0);

        exported_again(world, "99312", "3-1").await;
        exported_again(world, "99311", "4-1").await;
        assert_eq!(world.asked("OrderCreate"), 5, "one for each order that stood at some time");
    })
    .await;
}
