//! The scenes: what happens in each, and what must have become of its orders at the end.

use crate::outside::{Side, Trouble};
use crate::world::World;
use sandbox::joor::{ExportState, OrderSeed};
use serde_json::{Value, json};
use std::time::Duration;

/// A short story that is told with deaths.
pub struct Scene {
    pub name: &'static str,
    /// More lines for the settings file; the last table so far is `[orders]`.
    pub settings: &'static str,
    /// Played from an installation that is not live yet.
    pub from_the_start: bool,
    /// Until look-ups and searches show a new order.
    pub lag: Duration,
    pub steps: &'static [Step],
    pub fates: &'static [Fate],
    /// An event of the first order without which, undisturbed, the scene would not be what its name says.
    pub event: Option<&'static str>,
}

/// What happens before the program comes to rest again.
pub enum Step {
    Do(fn(&World)),
    /// A person tells the program something.
    Tell(&'static str, fn(&World) -> Value),
    /// A person tells the program something so long after nobody knew what became of a create.
    DoAndTell {
        happens: fn(&World),
        order: &'static str,
        after: Duration,
        verb: &'static str,
        arguments: fn(&World) -> Value,
    },
}

impl Step {
    pub async fn take(&self, world: &mut World) {
        match self {
            Step::Do(happens) => happens(world),
            Step::Tell(verb, arguments) => world.program.command(verb, &arguments(world)).await,
            Step::DoAndTell { happens, order, after, verb, arguments } => {
                happens(world);
                world.until_unclear(order).await;
                world.outside.pass(*after).await;
                world.program.command(verb, &arguments(world)).await;
            }
        }
    }
}

/// What must have become of an order.
pub struct Fate {
    pub order: &'static str,
    /// Live Shopify orders of the last generation.
    pub parts: usize,
    pub generation: u32,
    /// The sum of their totals.
    pub total: &'static str,
    pub joor: ExportState,
    /// The state of an export that ends otherwise than in Shopify: of the next generation, or of the only one where there
    /// are no parts.
    pub ends: Option<&'static str>,
}

const fn exported(order: &'static str, total: &'static str) -> Fate {
    Fate { order, parts: 1, generation: 1, total, joor: ExportState::Success, ends: None }
}

const PLAIN: Scene = Scene {
    name: "",
    settings: "",
    from_the_start: false,
    lag: Duration::ZERO,
    steps: &[],
    fates: &[],
    event: None,
};

pub const SCENES: &[Scene] = &[
    Scene {
        name: "a plain order",
        steps: &[Step::Do(|world| add(world, plain(world, "79001", 0)))],
        fates: &[exported("79001", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "a customer is created",
        steps: &[Step::Do(|world| add(world, plain(world, "79002", 2)))],
        fates: &[exported("79002", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "three orders at once, two of one retailer whom nobody knows",
        steps: &[Step::Do(|world| {
            for (id, retailer) in [("79003", 2), ("79004", 0), ("79005", 2)] {
                add(world, plain(world, id, retailer));
            }
        })],
        fates: &[exported("79003", "91.00"), exported("79004", "91.00"), exported("79005", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "an order assigned to a location, and an address put back",
        settings: "[[orders.rules]]\nname = \"fair\"\nfulfilment = \"assigned\"\nlocation = \"88104002\"\nwhen = { linesheet = [\"FAIR\"] }\n",
        steps: &[Step::Do(|world| add(world, plain(world, "79006", 1).collection("FAIR", "The Fair")))],
        fates: &[exported("79006", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "an order of 260 lines in two parts",
        settings: "splitting = \"split\"\n",
        steps: &[Step::Do(|world| {
            let lines = (0..260).map(|line| world.brand.line(0, line % 15, 1));
            add(world, world.brand.order("79007", 0).lines(lines));
        })],
        fates: &[Fate { parts: 2, ..exported("79007", "11830.00") }],
        ..PLAIN
    },
    Scene {
        name: "set to re-export after the earlier order was cancelled in Shopify",
        steps: &[
            Step::Do(|world| add(world, plain(world, "79008", 0))),
            Step::Do(|world| {
                for order in world.shop_orders_of("79008") {
                    world.sandbox.shop.cancel_order(&order.gid, true);
                }
                world.sandbox.joor.set_to_reexport("79008");
            }),
        ],
        fates: &[Fate { generation: 2, ..exported("79008", "91.00") }],
        ..PLAIN
    },
    Scene {
        name: "exported anew in place of an order that is fulfilled, on a person's word",
        settings: "fulfilment = \"fulfilled\"\nlocation = \"88104001\"\n",
        steps: &[
            Step::Do(|world| add(world, plain(world, "79019", 0))),
            Step::Tell("re_export", |_| json!({ "order": "79019", "cancel_previous": true })),
        ],
        fates: &[Fate { generation: 2, ..exported("79019", "91.00") }],
        ..PLAIN
    },
    Scene {
        name: "the answer to a cancellation is lost",
        steps: &[
            Step::Do(|world| add(world, plain(world, "79020", 0))),
            Step::Do(|world| world.outside.plan(Side::Shopify, "OrderCancel", 0, Trouble::ReplyLost)),
            Step::Tell("re_export", |_| json!({ "order": "79020", "cancel_previous": true })),
        ],
        fates: &[Fate { generation: 2, ..exported("79020", "91.00") }],
        ..PLAIN
    },
    Scene {
        name: "found by its SKU alone, and compared on the next day",
        steps: &[
            Step::Do(|world| {
                let mut line = world.brand.line(0, 3, 2);
                line.upc = None;
                add(world, world.brand.order("79021", 0).line(line));
            }),
            Step::Do(|world| world.clock.pass(Duration::from_secs(24 * 3600))),
        ],
        fates: &[exported("79021", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "held for stock, released when goods arrive",
        steps: &[
            Step::Do(|world| {
                for room in sandbox::brand::ROOMS {
                    world.sandbox.shop.set_stock(variant(world, 0), room.id, 0);
                }
                add(world, plain(world, "79009", 0));
            }),
            Step::Do(|world| {
                world.sandbox.shop.set_stock(variant(world, 0), sandbox::brand::ROOMS[0].id, 700);
            }),
        ],
        fates: &[exported("79009", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "refused by Shopify, tried again by a person",
        steps: &[
            Step::Do(|world| {
                refuse(world);
                add(world, plain(world, "79010", 0));
            }),
            Step::Tell("retry", |_| json!({ "order": "79010" })),
        ],
        fates: &[exported("79010", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "held for stock, closed by hand",
        steps: &[
            Step::Do(|world| {
                for room in sandbox::brand::ROOMS {
                    world.sandbox.shop.set_stock(variant(world, 0), room.id, 0);
                }
                add(world, plain(world, "79023", 0));
            }),
            Step::Tell("close", |_| json!({ "order": "79023", "note": "sold at the fair" })),
            Step::Do(|world| {
                world.sandbox.shop.set_stock(variant(world, 0), sandbox::brand::ROOMS[0].id, 700);
            }),
        ],
        fates: &[Fate {
            parts: 0,
            joor: ExportState::Failed,
            ends: Some("closed_by_hand"),
            ..exported("79023", "0")
        }],
        ..PLAIN
    },
    Scene {
        name: "set to re-export while its Shopify order stands, and given up",
        steps: &[
            Step::Do(|world| add(world, plain(world, "79024", 0))),
            Step::Do(|world| world.sandbox.joor.set_to_reexport("79024")),
            Step::Tell("give_up", |_| json!({ "order": "79024" })),
        ],
        fates: &[Fate { ends: Some("given_up"), ..exported("79024", "91.00") }],
        ..PLAIN
    },
    Scene {
        name: "throttled at the create",
        steps: &[Step::Do(|world| {
            world.outside.plan(Side::Shopify, "OrderCreate", 0, Trouble::Throttled);
            add(world, plain(world, "79011", 0));
        })],
        fates: &[exported("79011", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "the reply to the create is lost",
        steps: &[Step::Do(|world| {
            world.outside.plan(Side::Shopify, "OrderCreate", 0, Trouble::ReplyLost);
            add(world, plain(world, "79012", 0));
        })],
        fates: &[exported("79012", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "the reply to the create is lost, and for a while no look shows the order",
        lag: Duration::from_secs(200),
        steps: &[Step::Do(|world| {
            world.outside.plan(Side::Shopify, "OrderCreate", 0, Trouble::ReplyLost);
            add(world, plain(world, "79022", 0));
        })],
        fates: &[exported("79022", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "the reply to the create is lost, no look shows the order yet, and a person links it",
        lag: Duration::from_secs(200),
        steps: &[Step::DoAndTell {
            happens: |world| {
                world.outside.plan(Side::Shopify, "OrderCreate", 0, Trouble::ReplyLost);
                add(world, plain(world, "79025", 0));
            },
            order: "79025",
            after: Duration::ZERO,
            verb: "link_order",
            arguments: |world| {
                let made = world.shop_orders_of("79025");
                let number = made.first().and_then(|order| order.gid.rsplit('/').next()).unwrap_or("0");
                json!({ "order": "79025", "shop_order": number })
            },
        }],
        fates: &[exported("79025", "91.00")],
        event: Some("linked"),
        ..PLAIN
    },
    Scene {
        name: "the create is never heard, and a person who searched says so",
        steps: &[Step::DoAndTell {
            happens: |world| {
                world.outside.plan(Side::Shopify, "OrderCreate", 0, Trouble::Unheard);
                add(world, plain(world, "79026", 0));
            },
            order: "79026",
            // A word counts once Shopify cannot be working on the request any more.
            after: Duration::from_secs(900),
            verb: "not_there",
            arguments: |_| json!({ "order": "79026" }),
        }],
        fates: &[exported("79026", "91.00")],
        event: Some("said_absent"),
        ..PLAIN
    },
    Scene {
        name: "the create is never heard",
        steps: &[Step::Do(|world| {
            world.outside.plan(Side::Shopify, "OrderCreate", 0, Trouble::Unheard);
            add(world, plain(world, "79013", 0));
        })],
        fates: &[exported("79013", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "the create is executed late",
        steps: &[Step::Do(|world| {
            let late = Trouble::Late(Duration::from_secs(240));
            world.outside.plan(Side::Shopify, "OrderCreate", 0, late);
            add(world, plain(world, "79014", 0));
        })],
        fates: &[exported("79014", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "the reply to the report is lost",
        steps: &[Step::Do(|world| {
            world.outside.plan(Side::Joor, "bulk_update", 0, Trouble::ReplyLost);
            add(world, plain(world, "79015", 0));
        })],
        fates: &[exported("79015", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "an installation goes live",
        from_the_start: true,
        steps: &[
            Step::Do(|world| add(world, plain(world, "79016", 0))),
            Step::Tell("go_live", |_| json!({})),
        ],
        fates: &[exported("79016", "91.00")],
        ..PLAIN
    },
    Scene {
        name: "new settings between two orders",
        steps: &[
            Step::Do(|world| add(world, plain(world, "79017", 0))),
            Step::Tell("settings", |world| {
                let settings = super::settings(&world.sandbox);
                let text = format!("{settings}[tax.rules.US]\nname = \"Sales tax\"\nrate = \"10%\"\n");
                json!({ "document": crate::program::document(&text) })
            }),
            Step::Do(|world| add(world, plain(world, "79018", 0))),
        ],
        fates: &[exported("79017", "91.00"), exported("79018", "100.10")],
        ..PLAIN
    },
];

fn add(world: &World, order: OrderSeed) {
    world.sandbox.joor.add_order(order);
}

/// Two shirts at 45.50.
fn plain(world: &World, id: &str, retailer: usize) -> OrderSeed {
    world.brand.order(id, retailer).line(world.brand.line(0, 0, 2))
}

fn variant(world: &World, index: usize) -> u64 {
    world.brand.styles[0].variants[index].variant_id
}

/// Shopify refuses the next create.
fn refuse(world: &World) {
    world.outside.plan(Side::Shopify, "OrderCreate", 0, Trouble::OrderRefused);
}
