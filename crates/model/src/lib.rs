//! Searches every interleaving of the protocol that exports an order exactly once. What decides here is the product's own
//! domain: the machine of an export, the proof that a look gives, the recognition of a re-export, the rule of reports. What
//! is made up is everything around it: Shopify, JOOR, the ledger's fence, two processes, the network, people and time.
//!
//! Not here: how requests are made, what an order contains, SQL.

pub mod act;
pub mod disturbances;
pub mod ends;
pub mod mutation;
pub mod people;
pub mod process;
pub mod properties;
pub mod rules;
pub mod setup;
pub mod shop;
pub mod story;
pub mod time;
pub mod world;

pub use mutation::Mutation;
pub use setup::Setup;
pub use world::World;

use act::Act;
use stateright::{Model, Property};

impl Model for Setup {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::start(self)]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        process::acts(self, world, acts);
        shop::acts(self, world, acts);
        people::acts(self, world, acts);
        time::acts(self, world, acts);
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        let mut next = world.clone();
        match act {
            Act::Process(who, step) => process::take(self, &mut next, who, step),
            Act::Shop(index, step) => shop::take(self, &mut next, index, step),
            Act::Person(wish) => people::take(&mut next, wish),
            Act::Time(step) => time::take(self, &mut next, step),
        }
        time::tidy(self, &mut next);
        if next == *world {
            return None;
        }
        self.met.note(act, world, &next);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Setup>> {
        properties::all()
    }
}
