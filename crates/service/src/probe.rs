//! `connection probe`: measures on the accounts of a connection what no documentation settles. It says beforehand what it
//! will create, asks, cleans up after itself and after a probe that was killed, and stores each result. What exports make
//! of the results is decided in `facts` and in the domain.

pub mod facts;
mod joor;
mod orders;
mod shopify;

use crate::cli::{Click, ProbeArgs, exit};
use crate::commands::{Failure, Session};
use crate::compose::{House, Ports};
use crate::cycle::Stop;
use crate::show::counted;
use crate::show::tables::wide_table;
use adapters::ledger::LedgerError;
use adapters::ledger::records::ConnectionRecord;
use adapters::ports::ShopFacts;
use adapters::settings::Checked;
use domain::ids::{Epoch, JoorOrderId, VariantId};
use domain::money::Currency;
use domain::settings::LINES_MAX;
use facts::{Measured, Verdict};
use orders::{Bench, LEASE, Removed};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A probe that may begin: nothing is sent before.
struct Probe<'a> {
    session: &'a Session,
    house: &'a House,
    connection: ConnectionRecord,
    checked: Checked,
    ports: Ports,
    arguments: &'a ProbeArgs,
}

pub async fn run(session: &Session, house: &House, arguments: &ProbeArgs) -> Result<u8, Failure> {
    let connection = session.connection(&house.ledger, &arguments.name).await?;
    let checked = session.checked(&connection)?;
    let ports = house.ports(&connection.name, &checked).await?;
    let probe = Probe { session, house, connection, checked, ports, arguments };
    match (&arguments.watch, arguments.click) {
        (Some(order), Some(click)) => probe.watch(&JoorOrderId::new(order.clone()), click).await,
        _ if arguments.joor_only => probe.joor_only().await,
        _ => probe.both().await,
    }
}

impl Probe<'_> {
    async fn watch(&self, id: &JoorOrderId, click: Click) -> Result<u8, Failure> {
        let now = match click {
            Click::ReExport => "click \"set to re-export\" in JOOR",
            Click::Approve => "approve it again in JOOR",
        };
        let tell = || {
            self.session.voice.talk(&format!(
                "Order {id} is read. Now {now}; only this order is looked at, and nothing is written"
            ));
        };
        let wholesale = self.ports.wholesale.as_ref();
        let watched = joor::watch(wholesale, &self.house.clock, self.session.trial, (id, click), tell).await;
        let Some(result) = watched.map_err(failure)? else {
            let what = format!("JOOR has no order {id} that can be read");
            return Err(Failure::new(exit::FAILED, what, "give the number of an order of this account"));
        };
        self.finish(vec![result], &Removed::default(), None).await
    }

    async fn joor_only(&self) -> Result<u8, Failure> {
        let results = self.measure_joor().await.map_err(failure)?;
        self.finish(results, &Removed::default(), None).await
    }

    async fn measure_joor(&self) -> Result<Vec<Measured>, Stop> {
        let today = self.house.clock.now().day();
        joor::measure(&self.connection.name, &self.house.ledger, self.ports.wholesale.as_ref(), today).await
    }

    async fn both(&self) -> Result<u8, Failure> {
        let facts = self.ports.shop.facts().await.map_err(|error| failure(Stop::Shopify(error)))?;
        let variant = self.variant()?;
        let currency = self.may_begin(&facts)?;
        self.there(variant.as_ref()).await?;
        self.consent(&facts, variant.as_ref())?;
        let name = &self.connection.name;
        let owner = &self.house.owner;
        let now = self.house.clock.now();
        let Some(epoch) = self.house.ledger.take_lease(name, owner, now, LEASE).await? else {
            let what = format!("another process works on connection {name} right now");
            return Err(Failure::new(exit::BUSY, what, "stop it, or try again in two minutes"));
        };
        let done = self.measure(&facts, variant.as_ref(), currency, epoch).await;
        self.house.ledger.release_lease(name, epoch, self.house.clock.now()).await?;
        let (results, removed, trouble) = done?;
        self.finish(results, &removed, trouble).await
    }

    fn variant(&self) -> Result<Option<VariantId>, Failure> {
        let Some(text) = &self.arguments.variant else { return Ok(None) };
        let number = text.rsplit('/').next().unwrap_or(text);
        match VariantId::from_number(number) {
            Some(id) => Ok(Some(id)),
            None => {
                let what = format!("{text:?} is no id of a variant");
                Err(Failure::new(
                    exit::USAGE,
                    what,
                    "give the number that ends the variant's address in Shopify",
                ))
            }
        }
    }

    /// A variant that the shop does not have would be noticed after the first orders.
    async fn there(&self, variant: Option<&VariantId>) -> Result<(), Failure> {
        let Some(variant) = variant else { return Ok(()) };
        let found = self.ports.shop.variants(std::slice::from_ref(variant)).await;
        match found.map_err(|error| failure(Stop::Shopify(error)))?.remove(variant).flatten() {
            Some(_) => Ok(()),
            None => {
                let what = format!("the shop has no variant {}; nothing was made", variant.number());
                Err(Failure::new(
                    exit::USAGE,
                    what,
                    "give the number that ends the variant's address in Shopify",
                ))
            }
        }
    }

    /// Is it the right shop, and can it be asked?
    fn may_begin(&self, facts: &ShopFacts) -> Result<Currency, Failure> {
        let name = &self.connection.name;
        if let Some(known) = self.connection.shop_id.as_ref().filter(|known| **known != facts.shop_id) {
            let what =
                format!("CONN_WRONG_ACCOUNT: the history belongs to {known}, but {} answers", facts.shop_id);
            return Err(Failure::new(exit::FAILED, what, "put shopify.shop_url back"));
        }
        if !facts.order_definition {
            let hint = format!("joor-shopify connection test {name}; it makes it");
            return Err(Failure::new(
                exit::FAILED,
                "the custom-id definition of orders is not made yet",
                hint,
            ));
        }
        Currency::from_code(&facts.currency_code).ok_or_else(|| {
            let what = format!("the shop's currency {} is not known to this release", facts.currency_code);
            Failure::new(exit::FAILED, what, "probe another shop")
        })
    }

    /// Says what will be made, and begins only if a person agrees. A shop with real customers takes a second word.
    fn consent(&self, facts: &ShopFacts, variant: Option<&VariantId>) -> Result<(), Failure> {
        self.session.voice.talk(&plan(facts, variant));
        if !facts.development && !self.arguments.on_live_shop {
            let what = format!("{} is no development store; nothing was made", facts.domain);
            let hint = "probe a development store, or add --on-live-shop if this shop may take test orders";
            return Err(Failure::new(exit::USAGE, what, hint));
        }
        if !self.session.confirmed("Make and remove these test orders now?") {
            let hint = "answer the question, or add --yes";
            return Err(Failure::new(exit::USAGE, "not confirmed; nothing was made", hint));
        }
        Ok(())
    }

    /// Whatever happens on the way, what was made is removed and what was found out is kept.
    async fn measure(
        &self,
        facts: &ShopFacts,
        variant: Option<&VariantId>,
        currency: Currency,
        epoch: Epoch,
    ) -> Result<(Vec<Measured>, Removed, Option<Stop>), Failure> {
        let now = self.house.clock.now();
        let mut bench = Bench {
            name: &self.connection.name,
            ledger: &self.house.ledger,
            shop: self.ports.shop.as_ref(),
            clock: self.house.clock.clone(),
            trial: self.session.trial,
            epoch,
            currency,
            run: format!("probe-{:x}{:04x}", now.0, self.house.chance.number() as u16),
            known: BTreeSet::new(),
        };
        let before = bench.clean_up(false).await.map_err(failure)?;
        if before.deleted > 0 {
            let orders = counted(before.deleted, "test order");
            self.session.voice.talk(&format!("Removed {orders} that an earlier probe left behind"));
        }
        let mut outcome = shopify::Outcome::default();
        let mut trouble = shopify::measure(&mut bench, facts, variant, &mut outcome).await.err();
        let mut removed = match bench.clean_up(outcome.all_seen).await {
            Ok(removed) => removed,
            Err(stop) => {
                let name = &self.connection.name;
                let left =
                    vec![format!("some (run `joor-shopify connection probe {name}` again to remove them)")];
                trouble = trouble.or(Some(stop));
                Removed { left, ..Removed::default() }
            }
        };
        removed.deleted += before.deleted;
        match shopify::stock_changed(&bench, facts, variant, &outcome).await {
            Ok(changed) if changed.is_empty() => {}
            Ok(changed) => self.session.voice.talk(&format!(
                "warning: the stock of the variant differs from before ({}); unless somebody bought it meanwhile, put it \
                 right in Shopify",
                changed.join(", ")
            )),
            Err(stop) => trouble = trouble.or(Some(stop)),
        }
        let mut results = outcome.results;
        match self.measure_joor().await {
            Ok(more) => results.extend(more),
            Err(stop) => trouble = trouble.or(Some(stop)),
        }
        Ok((results, removed, trouble))
    }

    async fn finish(
        &self,
        results: Vec<Measured>,
        removed: &Removed,
        trouble: Option<Stop>,
    ) -> Result<u8, Failure> {
        let (name, voice) = (&self.connection.name, &self.session.voice);
        let (version, now) = (&self.checked.shopify.api_version, self.house.clock.now());
        let records: Vec<_> = results.iter().map(|result| result.record(version, now)).collect();
        self.house.ledger.put_measured(name, &records).await?;
        let known = self.house.ledger.measured(name).await?;
        let set = self.checked.settings.schedule.quiet_time;
        let quiet = facts::quiet_time(set, &known, self.house.trial);
        voice.text(&shown(&results));
        if quiet > set {
            voice.talk(&format!(
                "warning: schedule.quiet_time is {} seconds, too short for this shop; {} are in force",
                set.as_secs(),
                quiet.as_secs_f64()
            ));
        }
        let value = as_json(name, &results, removed, quiet.as_secs_f64());
        if let Some(stop) = trouble {
            return Ok(self.session.fail_with(value, &failure(stop)));
        }
        if removed.left.is_empty() {
            voice.data(value);
            return Ok(exit::OK);
        }
        let what = format!("test orders stay in the shop: {}", removed.left.join(", "));
        let hint = match removed.again {
            true => {
                "probe again, which removes them; or do it in Shopify: they carry the tag joor-shopify-probe"
            }
            false => "delete or archive them in Shopify; they carry the tag joor-shopify-probe",
        };
        Ok(self.session.fail_with(value, &Failure::new(exit::FAILED, what, hint)))
    }
}

fn plan(facts: &ShopFacts, variant: Option<&VariantId>) -> String {
    let kind = if facts.development { "a development store" } else { "a live shop" };
    let last = match variant {
        Some(id) => format!("1 with one unit of variant {} (taken from stock, and put back)", id.number()),
        None => {
            "1 without a product (name one with --variant to see which location gives the stock)".to_owned()
        }
    };
    let seen = match facts.development {
        true => "",
        false => {
            "\nOther apps of the shop, and people whom Shopify tells of new orders, may see them meanwhile."
        }
    };
    let long = match facts.development {
        true => format!("\n  1 with {} lines, which Shopify should refuse", LINES_MAX + 1),
        false => String::new(),
    };
    format!(
        "The probe makes these orders in {} ({kind}), over nothing, without a customer, marked as test and tagged {}:\n  \
         2 without a product and with the same custom id, the second of which Shopify should refuse\n  {last}{long}\n\
         All are cancelled and deleted at the end; what cannot be deleted is named. JOOR is only read.{seen}",
        facts.domain,
        facts::TAG
    )
}

fn shown(results: &[Measured]) -> String {
    let rows = results.iter().map(|result| {
        let Measured { fact, verdict, detail, .. } = result;
        vec![fact.title().to_owned(), verdict.word().to_owned(), detail.clone()]
    });
    let mut text = wide_table(&["Fact", "Measured", "Found"], rows);
    for result in results.iter().filter(|result| result.verdict == Verdict::Otherwise) {
        text.push_str(&format!("\n{}: {}", result.fact.title(), result.fact.guard()));
    }
    text
}

fn as_json(name: &str, results: &[Measured], removed: &Removed, quiet: f64) -> Value {
    let one = |result: &Measured| {
        json!({
            "fact": result.fact.word(),
            "verdict": result.verdict.word(),
            "amount": result.amount,
            "detail": result.detail,
        })
    };
    json!({
        "connection": name,
        "facts": results.iter().map(one).collect::<Vec<Value>>(),
        "removed": removed.deleted,
        "left": removed.left,
        "quiet_seconds_in_force": quiet,
    })
}

fn failure(stop: Stop) -> Failure {
    match stop {
        Stop::Ledger(error @ LedgerError::Fenced { .. }) => {
            Failure::new(exit::BUSY, error.to_string(), "run the probe again; it removes what is left")
        }
        Stop::Ledger(error) => error.into(),
        Stop::Joor(_) | Stop::Shopify(_) => {
            Failure::new(exit::OUTSIDE, stop.words(), "run `joor-shopify doctor`, then the probe again")
        }
    }
}
