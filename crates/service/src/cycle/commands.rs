//! Applies what people asked for. Every command gets an outcome in words; one that cannot be done changes nothing.

use super::discover::{current_exports, moved};
use super::settle::broken_rule;
use super::{Stage, Stop, Turned, Worker, content, edits, judge};
use crate::compose::{ComposeError, House};
use crate::show::counted;
use adapters::ledger::LedgerError;
use adapters::ledger::records::{Change, Command, ExportRecord, OrderRecord};
use adapters::settings::{Trial, check_stored};
use domain::ids::{CustomerId, JoorOrderId, Token};
use domain::orders::export::{Event, State, apply};
use domain::orders::looking::absence_said_from;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Orders of one cause that one command has checked again.
pub const CAUSE_ORDERS_MAX: u32 = 5000;

/// The arguments of all commands; each uses the ones it needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Arguments {
    pub order: String,
    /// Of a retry of all orders that wait on one cause.
    pub code: String,
    pub link_customer: Option<String>,
    pub export_anyway: bool,
    pub confirm_prices: bool,
    /// Of a re-export: cancel the earlier Shopify orders first.
    pub cancel_previous: bool,
    pub shop_order: Option<String>,
    /// A line of the order, or its SKU, as a person names it.
    pub line: Option<String>,
    /// The Shopify variant that it is.
    pub variant: Option<String>,
    pub note: Option<String>,
    pub document: Option<String>,
    /// Credentials that belong to the document, sealed.
    pub sealed: BTreeMap<String, String>,
    /// Of settings: the version that somebody saw when they changed it.
    pub seen_version: Option<i64>,
}

/// What a command did: changes to store and words for the person, or words about why not.
pub(super) type Applied = Result<(Vec<Change>, String), String>;

/// Takes waiting settings of a connection that has no worker, because its present ones are refused.
pub async fn take_settings(house: &House, name: &str) -> Result<(), ComposeError> {
    for command in house.ledger.pending_commands(name).await? {
        if command.verb != "settings" {
            continue;
        }
        let now = house.clock.now();
        let Some(epoch) = house.ledger.take_lease(name, &house.owner, now, super::LEASE).await? else {
            return Ok(());
        };
        let changes = match serde_json::from_str::<Arguments>(&command.arguments) {
            Ok(arguments) => {
                let current = house.ledger.connection(name).await?.map(|now| now.settings_version);
                settings_changes(&command, &arguments, current, house.trial)
            }
            Err(error) => Err(format!("the arguments cannot be read: {error}")),
        };
        let (mut changes, done, words) = match changes {
            Ok((changes, words)) => (changes, true, words),
            Err(words) => (Vec::new(), false, words),
        };
        changes.push(Change::CommandDone { id: command.id, done, words });
        house.ledger.commit(name, epoch, now, &changes).await?;
        house.ledger.release_lease(name, epoch, now).await?;
    }
    Ok(())
}

/// New settings with their credentials, checked again: the program may be another one than the one that noted them.
fn settings_changes(command: &Command, arguments: &Arguments, current: Option<i64>, trial: Trial) -> Applied {
    let Some(document) = arguments.document.clone() else {
        return Err("no settings were given".to_owned());
    };
    if arguments.seen_version.is_some() && arguments.seen_version != current {
        return Err("the settings were changed by somebody else in the same moment".to_owned());
    }
    if let Err(errors) = check_stored(&document, trial) {
        return Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    }
    let secret =
        |(name, sealed): (&String, &String)| Change::Secret { name: name.clone(), sealed: sealed.clone() };
    let mut changes: Vec<Change> = arguments.sealed.iter().map(secret).collect();
    changes.push(Change::Settings { document, by: command.by.clone() });
    Ok((changes, "settings applied".to_owned()))
}

impl Worker {
    pub(super) async fn apply_commands(&mut self, turned: &mut Turned) -> Stage<()> {
        for command in self.ledger.pending_commands(&self.name).await? {
            let applied = match serde_json::from_str::<Arguments>(&command.arguments) {
                Ok(arguments) => self.apply_one(turned, &command, &arguments).await?,
                Err(error) => Err(format!("the arguments cannot be read: {error}")),
            };
            let (mut changes, done, words) = match applied {
                Ok((changes, words)) => (changes, true, words),
                Err(words) => (Vec::new(), false, words),
            };
            changes.push(Change::CommandDone { id: command.id, done, words: words.clone() });
            match self.commit(turned, &changes).await {
                Ok(()) => {}
                // The order moved on between reading and storing: the person is told, nothing is stored.
                Err(LedgerError::Stale { .. } | LedgerError::Exists(_)) => {
                    let words = "the order changed in the same moment; look at it and ask again".to_owned();
                    self.commit(turned, &[Change::CommandDone { id: command.id, done: false, words }])
                        .await?;
                }
                Err(error) => return Err(Stop::Ledger(error)),
            }
        }
        if let Some(connection) = self.ledger.connection(&self.name).await? {
            turned.connection = connection;
        }
        Ok(())
    }

    async fn apply_one(
        &mut self,
        turned: &Turned,
        command: &Command,
        arguments: &Arguments,
    ) -> Stage<Applied> {
        match command.verb.as_str() {
            "go_live" => return Ok(self.go_live(turned)),
            "pause" => return Ok(Ok((vec![Change::Paused(true)], "paused".to_owned()))),
            "resume" => return Ok(Ok((vec![Change::Paused(false)], "resumed".to_owned()))),
            "retry_cause" => return self.retry_cause(&arguments.code).await,
            "settings" => {
                let current = self.ledger.connection(&self.name).await?.map(|now| now.settings_version);
                return Ok(settings_changes(command, arguments, current, self.trial));
            }
            _ => {}
        }
        let id = JoorOrderId::new(arguments.order.clone());
        let Some(record) = self.ledger.order(&self.name, &id).await? else {
            return Ok(Err(format!("order {id} is not in the ledger")));
        };
        let exports = self.exports_of(&id).await?;
        Ok(match command.verb.as_str() {
            "retry" => self.retry(&record, &exports, arguments, &command.by),
            "re_export" if arguments.cancel_previous => self.replace(record, &exports).await?,
            "re_export" => self.export_again(record, exports).await?,
            "give_up" => self.call_off(&id).await?.and_then(|off| give_up(&record, &exports, off)),
            "close" if is_exported(&record, &exports) => self.leave_it(&record).await?,
            "close" => settle_by_hand(&record, &exports, arguments, &Event::ClosedByHand),
            "reopen" => settle_by_hand(&record, &exports, arguments, &Event::Reopened),
            "not_there" => self.not_there(&record, &exports, arguments).await?,
            "link_order" => self.link_order(&record, &exports, arguments).await?,
            "link_item" => self.link_item(&record, arguments, &command.by).await?,
            "unlink_item" => self.unlink_item(&record, arguments, &command.by).await?,
            other => Err(format!("`{other}` is no command that this release knows")),
        })
    }

    fn go_live(&self, turned: &Turned) -> Applied {
        if turned.connection.live_since.is_some() {
            return Err("the connection is live already".to_owned());
        }
        if turned.connection.last_good.is_none() && self.trial == Trial::Off {
            return Err("no preview cycle has run yet; run `joor-shopify sync --once` and look at `joor-shopify orders \
                        list` first"
                .to_owned());
        }
        let change = Change::Live { since: Some(self.now()) };
        Ok((vec![change], "live: approved orders are exported from now on".to_owned()))
    }

    fn retry(
        &mut self,
        record: &OrderRecord,
        exports: &[ExportRecord],
        arguments: &Arguments,
        by: &str,
    ) -> Applied {
        let mut changes = Vec::new();
        let mut words = vec!["checked again in this cycle".to_owned()];
        if let Some(customer) = &arguments.link_customer {
            let number = customer.rsplit('/').next().unwrap_or_default();
            let customer = CustomerId::from_number(number).ok_or_else(|| {
                format!("`{customer}` is no Shopify customer id; it is the number in the customer's page")
            })?;
            if record.retailer_id.is_empty() {
                return Err("the order names no retailer in JOOR, so no link can be remembered".to_owned());
            }
            words.push(format!("{} is linked to customer {}", record.retailer, customer.number()));
            changes.push(Change::CustomerLinked {
                retailer_id: record.retailer_id.clone(),
                customer,
                by: by.to_owned(),
            });
        }
        let row = OrderRecord {
            export_anyway: record.export_anyway || arguments.export_anyway,
            prices_confirmed: record.prices_confirmed || arguments.confirm_prices,
            ..record.clone()
        };
        if row != *record {
            changes.push(Change::Order(Box::new(row)));
        }
        for export in current_exports(record, exports) {
            self.memory.held_back.remove(&export.export.key);
            if export.refusal.is_some() {
                changes.push(Change::RefusalNoted { key: export.export.key.clone(), refusal: None });
            }
        }
        Ok((changes, words.join("; ")))
    }

    /// Everything that waits on one cause is checked again; what is being sent or is done by now needs no check.
    async fn retry_cause(&mut self, code: &str) -> Stage<Applied> {
        let waiting = self.ledger.orders_of_cause(&self.name, code, CAUSE_ORDERS_MAX).await?;
        let refused = self.ledger.refused_of_cause(&self.name, code, CAUSE_ORDERS_MAX).await?;
        let ids: BTreeSet<&JoorOrderId> = waiting.iter().collect();
        self.memory.held_back.retain(|key, _| !ids.contains(&key.order));
        let forgotten = |key| Change::RefusalNoted { key, refusal: None };
        let orders = counted(waiting.len(), "order");
        Ok(Ok((
            refused.into_iter().map(forgotten).collect(),
            format!("{orders} checked again in this cycle"),
        )))
    }

    /// As [`Worker::ask_again`], of an order too that is held because what was found of it in Shopify is cancelled there:
    /// with that, its tokens are used up.
    async fn export_again(&self, record: OrderRecord, mut exports: Vec<ExportRecord>) -> Stage<Applied> {
        let held: Vec<Token> = current_exports(&record, &exports)
            .into_iter()
            .filter(|row| row.export.state == State::Held)
            .map(|row| row.export.token.clone())
            .collect();
        if held.is_empty() {
            return Ok(self.ask_again(record, &exports));
        }
        let found = match self.shop.find_exports(&held).await {
            Ok(found) => found.orders,
            Err(error) => return Ok(Err(format!("Shopify could not be asked: {error}; ask again later"))),
        };
        let mut changes = Vec::new();
        for row in exports.iter_mut().filter(|row| held.contains(&row.export.token)) {
            let Some(order) = found.get(&row.export.token).filter(|order| order.cancelled) else { continue };
            let event = Event::ClosedByHand;
            let export = apply(&row.export, &event).map_err(broken_rule)?;
            changes.push(moved(&export, &event, &format!("{} is cancelled in Shopify", order.name)));
            row.export = export;
        }
        Ok(self.ask_again(record, &exports).map(|(more, words)| {
            changes.extend(more);
            (changes, words)
        }))
    }

    /// A person asks for one more export, as JOOR's "set to re-export" would.
    pub(super) fn ask_again(&self, mut record: OrderRecord, exports: &[ExportRecord]) -> Applied {
        let current = current_exports(&record, exports);
        let done = !current.is_empty() && current.iter().all(|row| row.export.state.is_settled());
        if !done {
            return Err(format!(
                "order {} is not exported yet, so there is nothing to export again",
                record.id
            ));
        }
        // Entered by hand before: asking for an export now says that this order no longer counts.
        record.export_anyway |= current.iter().any(|row| row.export.state == State::ClosedByHand);
        let mut changes = Vec::new();
        let opened = self.open_generation(&mut record, &mut changes);
        if opened.is_none() {
            return Err("the order's id cannot stand in an export token".to_owned());
        }
        let generation = record.generation;
        changes.insert(0, Change::Order(Box::new(record)));
        Ok((
            changes,
            format!(
                "export {generation} is opened; it is sent once the earlier Shopify order is cancelled there"
            ),
        ))
    }

    /// A person searched and found nothing. Believed only once the request cannot be executed late any more.
    async fn not_there(
        &self,
        record: &OrderRecord,
        exports: &[ExportRecord],
        arguments: &Arguments,
    ) -> Stage<Applied> {
        let quiet = self.quiet_time().await?;
        let too_early = current_exports(record, exports)
            .into_iter()
            .filter_map(|row| absence_said_from(&row.export, quiet))
            .find(|from| *from > self.now());
        Ok(match too_early {
            Some(until) => Err(format!(
                "Shopify may still be working on the request; search again after {until} and say it then"
            )),
            None => settle_by_hand(record, exports, arguments, &Event::SaidAbsent),
        })
    }

    /// An exported order whose questions a person answers with "leave it as it is": they close, and JOOR is told again
    /// that the order is exported. What an edit made of the order counts as accepted, so that only a further one is told.
    async fn leave_it(&mut self, record: &OrderRecord) -> Stage<Applied> {
        let closed = |code| Change::ProblemClosed { order: Some(record.id.clone()), code };
        let mut changes: Vec<Change> = LEFT_AS_IS.into_iter().map(closed).collect();
        let accepted = match self.accepted_content(record).await? {
            Ok(accepted) => accepted,
            Err(words) => return Ok(Err(words)),
        };
        let row = OrderRecord {
            reported: None,
            report_due: Some(self.now()),
            report_tries: 0,
            track: record.track.unreported(),
            exported_content: accepted.or_else(|| record.exported_content.clone()),
            ..record.clone()
        };
        changes.push(Change::Order(Box::new(row)));
        Ok(Ok((changes, format!("order {} is left as it is", record.id))))
    }

    /// The content of an order whose edit is asked about, as JOOR has it now. The answer is about what was told, so it
    /// is refused if the order was edited once more since.
    async fn accepted_content(&mut self, record: &OrderRecord) -> Stage<Result<Option<String>, String>> {
        let open = self.open_problems(Some(&record.id)).await?;
        let Some(told) = open.into_iter().find(|told| told.code == edits::EDITED) else {
            return Ok(Ok(None));
        };
        let ids = std::slice::from_ref(&record.id);
        let read = match (self.wholesale.orders_by_id(ids).await, self.wholesale.lines(ids).await) {
            (Ok(rows), Ok(mut lines)) => rows.into_iter().flatten().next().zip(lines.remove(&record.id)),
            (Err(error), _) | (_, Err(error)) => {
                return Ok(Err(format!(
                    "JOOR could not be asked for the order: {error}; say it again later"
                )));
            }
        };
        let Some((row, Ok(lines))) = read else {
            return Ok(Err("JOOR does not show the order at the moment; say it again later".to_owned()));
        };
        let exports = self.exports_of(&record.id).await?;
        let content = content::content(&row.order, &lines);
        let now = edits::edit_of(record, &exports, &content);
        match now.is_none_or(|problem| problem.told(record.id.as_str()) == told) {
            true => Ok(Ok(Some(content))),
            false => Ok(Err(format!(
                "order {} was changed in JOOR once more; look at `orders show {}` after this cycle and say it again",
                record.id, record.id
            ))),
        }
    }
}

/// Questions about an exported order that "leave it" answers.
const LEFT_AS_IS: [&str; 6] = [
    "CHG_JOOR_REAPPROVED",
    edits::EDITED,
    "CHG_JOOR_CANCELLED",
    "CHG_SHOPIFY_CANCELLED",
    "BACK_STATUS_FAILED",
    "DEST_READBACK_DIFFERS",
];

/// Is the order in Shopify? If its last re-export was given up, the one before counts.
pub(super) fn is_exported(record: &OrderRecord, exports: &[ExportRecord]) -> bool {
    let shown = judge::shown_generation(record, exports);
    let mut parts = exports.iter().filter(|row| row.export.key.generation.0 == shown).peekable();
    parts.peek().is_some() && parts.all(|row| matches!(row.export.state, State::Exported { .. }))
}

/// Gives up a re-export that waits: the earlier export counts, and JOOR is told so.
fn give_up(record: &OrderRecord, exports: &[ExportRecord], called_off: Vec<Change>) -> Applied {
    if record.generation < 2 {
        return Err("no re-export is open for this order".to_owned());
    }
    let (mut changes, _) = settle_by_hand(record, exports, &Arguments::default(), &Event::GivenUp)?;
    changes.push(Change::ReportDue { order: record.id.clone(), due: Some(record.last_seen) });
    changes.extend(called_off);
    Ok((changes, "the re-export is given up; JOOR is told that the earlier export counts".to_owned()))
}

/// Applies one event to every open part of the current generation.
fn settle_by_hand(
    record: &OrderRecord,
    exports: &[ExportRecord],
    arguments: &Arguments,
    event: &Event,
) -> Applied {
    let mut changes = Vec::new();
    let mut refused = None;
    let detail = arguments.note.clone().unwrap_or_else(|| "by a person".to_owned());
    for row in current_exports(record, exports) {
        match apply(&row.export, event) {
            Ok(export) => changes.push(moved(&export, event, &detail)),
            Err(_) if row.export.state.is_in_flight() => {
                return Err("it is not certain yet whether the order is in Shopify; look there, then say `orders retry \
                            ID --link-order ORDER` or `--not-there`"
                    .to_owned());
            }
            Err(broken) => refused = Some(broken.to_string()),
        }
    }
    if changes.is_empty() {
        return Err(refused.unwrap_or_else(|| {
            "no export can be made of the order, because its number can stand in no custom id".to_owned()
        }));
    }
    changes
        .push(Change::Problems { order: Some(record.id.clone()), told: Vec::<domain::problem::Told>::new() });
    Ok((changes, format!("{}: {}", event.word().replace('_', " "), record.id)))
}
