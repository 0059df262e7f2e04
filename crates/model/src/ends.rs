//! Are there dead ends? From every world that can be reached, a good end must be reachable without a further fault and
//! without anybody's help. The whole graph is walked forward and then backward from the good ends.

use crate::{Setup, World, properties};
use stateright::Model;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

pub struct Ends {
    pub worlds: usize,
    pub steps: usize,
    pub good: usize,
    /// A world from which no good end can be reached.
    pub dead: Option<Box<World>>,
}

/// Calm: nothing goes wrong and nobody asks for anything on the way.
fn is_calm(before: &World, after: &World) -> bool {
    before.left == after.left
}

pub fn search(setup: &Setup) -> Ends {
    let hasher = BuildHasherDefault::<DefaultHasher>::new();
    let start = setup.init_states();
    let mut known: HashMap<u64, u32> = HashMap::new();
    let mut good = Vec::new();
    let mut edges: Vec<(u32, u32)> = Vec::new();
    let mut waiting: Vec<(u32, World)> = Vec::new();
    for world in start {
        known.insert(hasher.hash_one(&world), 0);
        good.push(properties::is_good_end(&world));
        waiting.push((0, world));
    }
    let mut steps = 0;
    while let Some((from, world)) = waiting.pop() {
        for after in setup.next_states(&world) {
            steps += 1;
            let fresh = known.len() as u32;
            let to = *known.entry(hasher.hash_one(&after)).or_insert(fresh);
            if is_calm(&world, &after) {
                edges.push((to, from));
            }
            if to == fresh {
                good.push(properties::is_good_end(&after));
                waiting.push((to, after));
            }
        }
    }
    let reaches = backward(&good, &mut edges);
    let dead = reaches.iter().position(|reaches| !reaches);
    Ends {
        worlds: good.len(),
        steps,
        good: good.iter().filter(|good| **good).count(),
        dead: dead.and_then(|number| find(setup, number as u32)).map(Box::new),
    }
}

/// Can a good end be reached from this world, with nothing going wrong and without anybody's help?
pub fn is_within_reach(setup: &Setup, world: &World) -> bool {
    let mut known = HashSet::from([world.clone()]);
    let mut waiting = vec![world.clone()];
    while let Some(world) = waiting.pop() {
        if properties::is_good_end(&world) {
            return true;
        }
        let calm = setup.next_states(&world).into_iter().filter(|after| is_calm(&world, after));
        let fresh: Vec<World> = calm.filter(|after| known.insert(after.clone())).collect();
        waiting.extend(fresh);
    }
    false
}

/// Which worlds reach a good one, by edges that are given backward.
fn backward(good: &[bool], edges: &mut [(u32, u32)]) -> Vec<bool> {
    edges.sort_unstable();
    let mut reaches = good.to_vec();
    let mut waiting: Vec<u32> = (0..good.len() as u32).filter(|number| good[*number as usize]).collect();
    while let Some(to) = waiting.pop() {
        let first = edges.partition_point(|edge| edge.0 < to);
        for (_, from) in edges[first..].iter().take_while(|edge| edge.0 == to) {
            if !std::mem::replace(&mut reaches[*from as usize], true) {
                waiting.push(*from);
            }
        }
    }
    reaches
}

/// The world with this number: the walk is the same each time.
fn find(setup: &Setup, number: u32) -> Option<World> {
    let hasher = BuildHasherDefault::<DefaultHasher>::new();
    let mut known: HashMap<u64, u32> = HashMap::new();
    let mut waiting = setup.init_states();
    for world in &waiting {
        known.insert(hasher.hash_one(world), 0);
    }
    while let Some(world) = waiting.pop() {
        for after in setup.next_states(&world) {
            let fresh = known.len() as u32;
            let to = *known.entry(hasher.hash_one(&after)).or_insert(fresh);
            if to == fresh && to == number {
                return Some(after);
            }
            if to == fresh {
                waiting.push(after);
            }
        }
    }
    None
}
