//! What other settings would change of real orders, thing by thing: the same orders decided over twice, with the settings
//! in force and with the others. Stores nothing and sends nothing.

use super::{claim_words, fulfilment_words, last_approved};
use crate::compose::{House, Ports, stored};
use crate::cycle::{Previewed, Stop, Worker};
use adapters::ledger::records::ConnectionRecord;
use adapters::settings::Checked;
use domain::ids::JoorOrderId;
use domain::orders::draft::{Draft, DraftLine, DraftTax};
use domain::settings::Payment;

/// Orders that are looked at, at most: each costs calls, and a person waits.
pub const ORDERS_MAX: u32 = 50;

/// An order under both settings.
pub struct Compared {
    pub order: JoorOrderId,
    pub before: Previewed,
    pub after: Previewed,
    /// Empty: it stays as it is.
    pub changes: Vec<Change>,
}

/// One thing of an order; empty: not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub what: String,
    pub before: String,
    pub after: String,
}

/// Why there is no comparison, in words or as what stopped it.
pub enum NoAnswer {
    Words(String),
    Stopped(Stop),
}

impl From<Stop> for NoAnswer {
    fn from(stop: Stop) -> NoAnswer {
        NoAnswer::Stopped(stop)
    }
}

/// The orders approved last under both settings. Credentials among the others are used for the others.
pub async fn compare(
    house: &House,
    connection: &ConnectionRecord,
    other: &Checked,
    count: u32,
) -> Result<Vec<Compared>, NoAnswer> {
    let failed = |error: crate::compose::ComposeError| NoAnswer::Words(error.to_string());
    if let Some(words) = leads_elsewhere(connection, other, house) {
        return Err(NoAnswer::Words(words));
    }
    let ids = last_approved(house, &connection.name, count.min(ORDERS_MAX)).await.map_err(failed)?;
    let mut now = house.worker(connection).await.map_err(failed)?;
    let mut then = house.worker(connection).await.map_err(failed)?;
    now.dry = true;
    then.dry = true;
    if other.joor != now.checked.joor || other.shopify != now.checked.shopify || !other.secrets.is_empty() {
        let Ports { wholesale, shop } = house.ports(&connection.name, other).await.map_err(failed)?;
        then.wholesale = wholesale;
        then.shop = shop;
    }
    then.checked = other.clone();
    let rows = then.wholesale.orders_by_id(&ids).await.map_err(Stop::Joor)?;
    let before = now.preview_anew(connection.clone(), &rows).await?;
    share_lines(&mut now, &mut then);
    let mut after = then.preview_anew(connection.clone(), &rows).await?;
    let mut all: Vec<Compared> = Vec::new();
    for before in before {
        let Some(at) = after.iter().position(|after| after.order == before.order) else { continue };
        let after = after.swap_remove(at);
        let changes = changes(&before, &after);
        all.push(Compared { order: before.order.clone(), before, after, changes });
    }
    let place = |order: &JoorOrderId| ids.iter().position(|id| id == order);
    all.sort_by_key(|one| place(&one.order));
    Ok(all)
}

/// Kept credentials are sent to no address that is not in force: whoever may try settings does not know them.
fn leads_elsewhere(connection: &ConnectionRecord, other: &Checked, house: &House) -> Option<String> {
    let now = stored(connection, house.trial).ok()?;
    let joor = |checked: &Checked| (checked.joor.api_url.clone(), checked.joor.token_url.clone());
    let moved = |secret: &str| match secret.split_once('.') {
        Some(("joor", _)) => joor(&now) != joor(other),
        _ => now.shopify.shop_url != other.shopify.shop_url,
    };
    let kept = |secret: &&str| !other.secrets.contains_key(*secret);
    let needed = other.secrets_needed();
    let secret = needed.into_iter().filter(kept).find(|secret| moved(secret))?;
    Some(format!(
        "these settings lead to another address than those in force, and the `{secret}` that is kept is sent to no other one; \
         give it with them, or save them first"
    ))
}

/// Lines are read once, whatever the settings are.
fn share_lines(from: &mut Worker, to: &mut Worker) {
    to.memory.lines = std::mem::take(&mut from.memory.lines);
}

/// What is different between two previews of one order.
pub fn changes(before: &Previewed, after: &Previewed) -> Vec<Change> {
    let (before, after) = (facts(before), facts(after));
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in before.iter().chain(&after) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let text = |facts: &[(String, String)], name: &String| {
        facts.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    names
        .into_iter()
        .map(|name| Change { what: name.clone(), before: text(&before, name), after: text(&after, name) })
        .filter(|change| change.before != change.after)
        .collect()
}

/// Everything that a preview says of an order, by what it is about.
fn facts(previewed: &Previewed) -> Vec<(String, String)> {
    let told = previewed.told.iter().map(|told| told.sentence.clone()).collect::<Vec<_>>();
    let state = match previewed.state {
        "ready" => "would be sent",
        "skipped" => "would be left out",
        _ => "would be held",
    };
    let mut facts = vec![("State".to_owned(), state.to_owned()), ("Problems".to_owned(), told.join("\n"))];
    let parts = previewed.drafts.len();
    for (index, draft) in previewed.drafts.iter().enumerate() {
        let part = if parts > 1 { format!(" of part {}", index + 1) } else { String::new() };
        let of = draft_facts(draft).into_iter().map(|(name, text)| (format!("{name}{part}"), text));
        facts.extend(of);
    }
    let customer = if previewed.creates_customer { "would be created" } else { "" };
    facts.push(("New customer".to_owned(), customer.to_owned()));
    facts
}

fn draft_facts(draft: &Draft) -> Vec<(&'static str, String)> {
    let currency = draft.currency;
    let tax = |tax: &Option<DraftTax>| match tax {
        Some(tax) => format!(", {} {}", tax.name, currency.text(tax.amount)),
        None => String::new(),
    };
    let line = |line: &DraftLine| {
        let (units, price) = (line.quantity, currency.text(line.unit_price));
        format!("variant {}: {units} × {price}{}", line.variant.number(), tax(&line.tax))
    };
    let shipping = draft.shipping.as_ref().map(|shipping| {
        format!("{}: {}{}", shipping.title, currency.text(shipping.price), tax(&shipping.tax))
    });
    let discount = match draft.discount.is_zero() {
        true => String::new(),
        false => format!("{}: {}", draft.discount_label, currency.text(draft.discount)),
    };
    let details: Vec<String> =
        draft.attributes.iter().map(|(name, text)| format!("{name}: {text}")).collect();
    let payment = match draft.payment {
        Payment::Pending => "pending",
        Payment::Paid => "paid",
    };
    vec![
        ("Total", draft.expected.to_string()),
        ("Units", draft.units.to_string()),
        ("Lines", draft.lines.iter().map(line).collect::<Vec<_>>().join("\n")),
        ("Discount", discount),
        ("Shipping", shipping.unwrap_or_default()),
        ("Payment", payment.to_owned()),
        ("Fulfilment and location", fulfilment_words(&draft.fulfilment)),
        ("Stock", claim_words(draft.claim).to_owned()),
        ("Note", draft.note.clone()),
        ("Tags", draft.tags.join(", ")),
        ("Details", details.join("\n")),
        ("Customer", draft.customer.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default()),
        ("Page in JOOR", draft.source_url.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::problem::Problem;

    fn previewed(state: &'static str, problems: &[Problem]) -> Previewed {
        Previewed {
            order: JoorOrderId::new("7"),
            state,
            told: problems.iter().map(|problem| problem.told("7")).collect(),
            drafts: Vec::new(),
            creates_customer: false,
        }
    }

    #[test]
    fn what_changes_is_said_before_and_after_and_what_stays_is_not() {
        let held = previewed("held", &[Problem::SrcOrderVanished { seen: domain::time::Moment(0) }]);
        let ready = Previewed { creates_customer: true, ..previewed("ready", &[]) };
        let changes = changes(&held, &ready);
        let found: Vec<&str> = changes.iter().map(|change| change.what.as_str()).collect();
        assert_eq!(found, ["State", "Problems", "New customer"]);
        assert_eq!(
            (changes[0].before.as_str(), changes[0].after.as_str()),
            ("would be held", "would be sent")
        );
        assert!(!changes[1].before.is_empty() && changes[1].after.is_empty());
        assert!(super::changes(&held, &held).is_empty());
    }
}
