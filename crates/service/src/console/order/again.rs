//! The guided re-export: what happens to the earlier Shopify order and what the new one would be, and then a yes.

use super::super::Console;
use super::super::answers::{Answer, done, not_done, page};
use super::super::asking::{in_time, words};
use super::super::connections;
use super::super::visit::Visit;
use super::super::words::{Places, full_stop, noted_words, paused_words};
use super::find;
use super::preview::{Names, shown};
use crate::commands::act::{About, note, replace_of};
use crate::cycle::cancelling::NoneEarlier;
use crate::replace::plan::{self, Plan, Unread, look};
use adapters::ledger::records::{ConnectionRecord, Role};
use axum::extract::{Extension, Path, State};
use console::Place;
use console::look::State as Shown;
use console::pages::again::{Again, Obstacle};
use std::sync::Arc;

pub async fn again(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let record = connections::find(&console, &connection).await?;
    let places = Places::of(&record, console.house.trial, visit.role);
    let id = about.order.id.to_string();
    let mut shown_page = Again {
        frame: console.frame(&visit, Place::Orders).await,
        href: format!("/orders/{connection}/{id}"),
        retailer: about.order.retailer.clone(),
        obstacle: None,
        steps: Vec::new(),
        next: String::new(),
        next_state: None,
        problems: Vec::new(),
        drafts: Vec::new(),
        waits: waits(&record),
        yes: None,
        id,
    };
    match planned(&console, &record, &about).await {
        Err(failed) => {
            let fix = "Look again in a minute.".to_owned();
            shown_page.obstacle = Some(Obstacle { what: failed, fix, links: Vec::new(), instead: None });
        }
        Ok(Err(why)) => shown_page.obstacle = Some(obstacle(&why, &about, &places)),
        Ok(Ok(plan)) => fill(&mut shown_page, &console, &record, &plan, &places, &visit).await,
    }
    page(&shown_page)
}

pub type Planned = Result<Plan, plan::Obstacle>;

/// As it is now in JOOR and Shopify; or words about why it cannot be found out.
pub async fn planned(console: &Console, record: &ConnectionRecord, about: &About) -> Result<Planned, String> {
    let looked = async {
        look(&console.house, record, &about.order).await.map_err(|unread| match unread {
            Unread::Ledger(error) => full_stop(&error.to_string()),
            Unread::Connection(error) => full_stop(&error.to_string()),
            Unread::Outside(stop) => words(&stop),
        })
    };
    in_time("Looking at the orders", looked).await
}

async fn fill(
    page: &mut Again,
    console: &Console,
    record: &ConnectionRecord,
    plan: &Plan,
    places: &Places,
    visit: &Visit,
) {
    page.steps = plan.what_happens(&page.id);
    page.next = plan.next_words(&page.id);
    page.yes = visit
        .may(Role::Operator)
        .then(|| format!("Cancel {} and export order {} again", plan.names(), page.id));
    if let Some(next) = &plan.next {
        page.next_state = Some(Shown::of(next.state));
        page.problems = next.told.iter().map(|told| places.problem(told, Some(&next.order), None)).collect();
        // The draft of a refused request is known too, but is not what will be sent.
        if next.state == "ready" {
            let names = Names::read(console, record, &next.drafts).await;
            page.drafts = shown(&next.drafts, &names, places, next.creates_customer);
        }
    }
}

/// Why nothing begins at once.
fn waits(record: &ConnectionRecord) -> Option<String> {
    match (record.paused, record.live_since) {
        (true, _) => Some(paused_words(&record.name)),
        (false, None) => Some(format!(
            "The connection {} is in preview: nothing is cancelled or sent before it goes live.",
            record.name
        )),
        (false, Some(_)) => None,
    }
}

/// Why it is not possible from here, and what to do instead.
fn obstacle(why: &plan::Obstacle, about: &About, places: &Places) -> Obstacle {
    let id = &about.order.id;
    let (what, fix) = match why {
        plan::Obstacle::None(NoneEarlier::Uncertain) => (
            format!("It is not certain yet whether order {id} is in Shopify."),
            "Wait until that is clear. If you looked in Shopify by hand, say on the order's page what you found.",
        ),
        plan::Obstacle::None(NoneEarlier::Incomplete) => (
            format!("Order {id} is not exported completely yet."),
            "Solve what its page shows; then all its parts can be cancelled together.",
        ),
        plan::Obstacle::None(NoneEarlier::NotExported) => (
            format!("Order {id} is not exported yet, so there is nothing to cancel."),
            "It is exported by itself as soon as nothing is wrong with it.",
        ),
        plan::Obstacle::None(NoneEarlier::Cancelled) | plan::Obstacle::Cancelled => (
            format!("The earlier Shopify order of {id} is cancelled already."),
            match is_settled(about) {
                true => "Export it once more: nothing has to be cancelled for that.",
                false => "Nothing: the new export goes by itself as soon as nothing is wrong with it.",
            },
        ),
        plan::Obstacle::NotShown { name, .. } => (
            format!("Shopify does not show {name} to this program."),
            "Look for it in Shopify. If somebody deleted it, the next cycles notice that, and then the order can be \
             exported once more.",
        ),
        plan::Obstacle::Paid { name, .. } => (
            format!("Money was received for {name}, and nothing is refunded from here."),
            "Refund and cancel it in Shopify. Then come back here and export the order once more.",
        ),
    };
    let links = match why {
        plan::Obstacle::NotShown { name, order, .. } | plan::Obstacle::Paid { name, order } => {
            vec![places.shop_order(order, name)]
        }
        plan::Obstacle::None(_) | plan::Obstacle::Cancelled => Vec::new(),
    };
    let is_free = matches!(why, plan::Obstacle::Cancelled | plan::Obstacle::None(NoneEarlier::Cancelled))
        && is_settled(about);
    let plain = format!("/orders/{}/{id}/re-export", about.connection);
    Obstacle {
        what,
        fix: fix.to_owned(),
        links,
        instead: is_free.then(|| (plain, "Export it once more".to_owned())),
    }
}

/// No re-export is open yet.
fn is_settled(about: &About) -> bool {
    matches!(about.state(), "exported" | "closed_by_hand")
}

/// Somebody said yes. What was shown may be old by now, so it is looked at once more.
pub async fn ask(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path((connection, id)): Path<(String, String)>,
) -> Answer {
    let about = find(&console, &connection, &id).await?;
    let record = connections::find(&console, &connection).await?;
    let href = format!("/orders/{connection}/{}", about.order.id);
    match planned(&console, &record, &about).await {
        Err(failed) => not_done(&href, &failed),
        Ok(Err(why)) => {
            let Obstacle { what, fix, .. } =
                obstacle(&why, &about, &Places::of(&record, console.house.trial, visit.role));
            not_done(&href, &format!("{what} {fix}"))
        }
        Ok(Ok(_)) => {
            note(console.ledger(), &replace_of(&about), &visit.name, console.now()).await?;
            done(&href, &noted_words(&connection, record.paused))
        }
    }
}
