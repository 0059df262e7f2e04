//! Shopify and the network to it: a request is executed at once, late, or never; the answer comes or is lost.

use crate::Setup;
use crate::act::{Act, Reply, Shopify};
use crate::setup::CustomId;
use crate::world::{Answer, At, Request, ShopOrder, World};

pub fn acts(_: &Setup, world: &World, acts: &mut Vec<Act>) {
    for (index, request) in world.wire.iter().enumerate() {
        let mut add = |step| acts.push(Act::Shop(index, step));
        add(Shopify::Execute(Reply::Arrives));
        if waits(world, request).is_some() && world.left.faults > 0 {
            add(Shopify::Execute(Reply::IsLost));
            add(Shopify::Throttle);
            add(Shopify::Refuse);
        }
    }
}

/// The process that still waits for the answer.
fn waits(world: &World, request: &Request) -> Option<usize> {
    let who = usize::from(request.awaited?);
    matches!(world.processes[who].at, At::Waiting(_)).then_some(who)
}

pub fn take(setup: &Setup, world: &mut World, index: usize, step: Shopify) {
    let request = world.wire.remove(index);
    let waiting = waits(world, &request);
    let answer = match step {
        Shopify::Throttle => Answer::NotExecuted,
        Shopify::Refuse => Answer::Refused,
        Shopify::Execute(_) => execute(setup, world, &request),
    };
    let costs = !matches!(step, Shopify::Execute(Reply::Arrives));
    if costs {
        world.left.faults -= 1;
    }
    let lost = matches!(step, Shopify::Execute(Reply::IsLost | Reply::NeverWas));
    if let (Some(who), false) = (waiting, lost)
        && let At::Waiting(export) = world.processes[who].at.clone()
    {
        world.processes[who].at = At::Answered(export, answer);
    }
}

fn execute(setup: &Setup, world: &mut World, request: &Request) -> Answer {
    let taken = world.shop.iter().any(|order| order.key == request.key);
    if taken && setup.custom_id == CustomId::Enforced {
        return Answer::Refused;
    }
    world.shop.push(ShopOrder { key: request.key, cancelled: false, hidden: setup.hidden });
    Answer::Created(world.shop.len() - 1)
}
