//! The settings of a connection as a form: what is wrong beside its field, what would change of real orders before it is
//! put in force, the note while it is written. What is saved becomes the same command that `connection apply` writes.

mod form;
mod keys;
mod note;
mod place;
mod shown;
mod typed;
mod wrong;

pub use form::{Form, Pairs, SOURCE, put};
pub use keys::{group, is_choice, key};
pub use note::NoteOrders;
pub use place::{FieldPlace, fields_of, fields_of_subject};
pub use shown::{Origins, Showing};
pub use typed::Typed;
pub use wrong::Wrongs;

use super::Console;
use super::answers::{Answer, No, done, page};
use super::asking::{in_time, words};
use super::connections::find;
use super::visit::Visit;
use super::words::paused_words;
use crate::commands::act::{Ask, note as note_down};
use crate::commands::set_up::{one_account_once, sealed, vault_for};
use crate::preview::changes::{Compared, NoAnswer, ORDERS_MAX, compare};
use adapters::ledger::OpenProblem;
use adapters::ledger::records::{ConnectionRecord, Role, SettingVersion};
use adapters::settings::{Checked, SettingError, check_stored};
use axum::extract::{Extension, Form as Sent, Path, State};
use axum::response::IntoResponse;
use console::Place;
use console::look::{State as Shown, counted};
use console::pages::connections::{Change, PreviewedOrder, Settings, SettingsPreview};
use domain::orders::order::Order;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use toml::Table;

const ORDERS_DEFAULT: u32 = 10;

/// A form that somebody sent, over the settings in force.
struct Given {
    form: Form,
    typed: Typed,
    /// The settings that the form says, with the credentials that were typed; or everything that is wrong.
    checked: Result<Checked, Vec<SettingError>>,
    last: String,
    seen: String,
    note_order: String,
    /// Who was faster, in words.
    moved: Option<String>,
}

/// What an answer shows besides the form.
#[derive(Default)]
struct Extra {
    refused: Option<String>,
    preview: Option<SettingsPreview>,
    seen: String,
    note: Option<Result<Order, String>>,
}

pub async fn show(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path(name): Path<String>,
) -> Answer {
    let record = find(&console, &name).await?;
    let given = Given {
        form: Form::of(&table_of(&record.settings)),
        typed: Typed::default(),
        checked: Err(Vec::new()),
        last: ORDERS_DEFAULT.to_string(),
        seen: String::new(),
        note_order: String::new(),
        moved: None,
    };
    shown(&console, &visit, &record, given, Extra::default()).await
}

pub async fn act(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Path(name): Path<String>,
    Sent(pairs): Sent<Pairs>,
) -> Answer {
    let record = find(&console, &name).await?;
    let given = given(&console, &record, &pairs).await?;
    let step = one_of(&pairs, "step");
    if step == "note" {
        let note = Some(note::order_of(&console, &record, &given.note_order).await);
        return shown(&console, &visit, &record, given, Extra { note, ..Extra::default() }).await;
    }
    let Ok(checked) = &given.checked else {
        return shown(&console, &visit, &record, given, Extra::default()).await;
    };
    let fingerprint = fingerprint(checked);
    let mut extra = Extra { seen: fingerprint.clone(), ..Extra::default() };
    if step == "save" && given.moved.is_none() {
        if let Some(words) = waiting(&console, &record).await? {
            extra.refused = Some(words);
        } else if given.seen != fingerprint {
            let words = "This is not what was previewed last, so nothing is saved yet. See below what it would change, \
                         and save it if it is meant.";
            extra.refused = Some(words.to_owned());
        } else {
            return save(&console, &visit, &record, (checked, &given.form)).await;
        }
    }
    let count = given.last.trim().parse().unwrap_or(ORDERS_DEFAULT).clamp(1, ORDERS_MAX);
    extra.preview = Some(preview(&console, &record, checked, count).await);
    shown(&console, &visit, &record, given, extra).await
}

/// The note of the chosen order, as plain text: asked for while somebody types.
pub async fn note_text(
    State(console): State<Arc<Console>>,
    Extension(_visit): Extension<Visit>,
    Path(name): Path<String>,
    Sent(pairs): Sent<Pairs>,
) -> Answer {
    let record = find(&console, &name).await?;
    let text = match note::order_of(&console, &record, one_of(&pairs, "note_order")).await {
        Ok(order) => note::text(one_of(&pairs, "note.template"), &order),
        Err(words) => words,
    };
    Ok(text.into_response())
}

pub fn one_of<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

/// Stored settings can always be read as TOML; what they mean may still be refused.
pub fn table_of(document: &str) -> Table {
    document.parse().unwrap_or_default()
}

async fn given(console: &Console, record: &ConnectionRecord, pairs: &Pairs) -> Result<Given, No> {
    let ledger = console.ledger();
    let now = table_of(&record.settings);
    let before = Form::of(&now);
    let seen_version = one_of(pairs, "settings_version").parse::<i64>().unwrap_or(record.settings_version);
    let (mut form, mut moved) = (Form::sent(pairs, &before), None);
    if seen_version != record.settings_version {
        let versions = ledger.setting_versions(&record.name).await?;
        let base = versions.iter().find(|version| version.version == seen_version);
        let base = Form::of(&base.map(|base| table_of(&base.document)).unwrap_or_default());
        form = Form::sent(pairs, &base).over(&base, &before);
        moved = Some(moved_words(&versions, record.settings_version));
    }
    let vault = console.house.vault().ok();
    let mut typed = Typed::of(pairs, &record.name, vault.as_ref());
    let checked = checked(console, &record.name, &form, (&before, &now), &mut typed).await?;
    let text = |name: &str| one_of(pairs, name).to_owned();
    Ok(Given {
        form,
        typed,
        checked,
        last: text("last"),
        seen: text("seen"),
        note_order: text("note_order"),
        moved,
    })
}

fn moved_words(versions: &[SettingVersion], current: i64) -> String {
    let by = versions.iter().find(|version| version.version == current).map(|version| version.by.as_str());
    format!(
        "Nothing was saved: {} put version {current} in force meanwhile. What you changed is kept below, everything else \
         is as it is now. See what it would change, then save.",
        by.unwrap_or("somebody")
    )
}

/// The settings that a form says, by the same checks as those of a file; all errors at once.
async fn checked(
    console: &Console,
    name: &str,
    form: &Form,
    (before, now): (&Form, &Table),
    typed: &mut Typed,
) -> Result<Result<Checked, Vec<SettingError>>, No> {
    let ledger = console.ledger();
    let (made, mut errors) = form.document(before, now);
    let text = toml::to_string(&made).map_err(|error| No::Failed(error.to_string()))?;
    typed.must_fit(&text, form.value("shopify.client_id"), &ledger.secrets(name).await?);
    errors.extend(typed.errors.iter().cloned());
    match check_stored(&text, console.house.trial) {
        Err(more) => errors.extend(more),
        Ok(mut checked) => {
            typed.put_into(&mut checked);
            match one_account_once(ledger, console.house.trial, name, SOURCE, &checked).await {
                Ok(()) if errors.is_empty() => return Ok(Ok(checked)),
                Ok(()) => {}
                Err(failure) if failure.errors.is_empty() => return Err(failure.into()),
                Err(failure) => errors.extend(failure.errors),
            }
        }
    }
    Ok(Err(errors))
}

/// Other settings that wait to be put in force would be lost under these.
async fn waiting(console: &Console, record: &ConnectionRecord) -> Result<Option<String>, No> {
    let waiting = console.ledger().pending_commands(&record.name).await?;
    let settings = waiting.into_iter().find(|command| command.verb == "settings");
    Ok(settings.map(|command| {
        format!(
            "Nothing was saved: new settings of {} are being put in force right now. Wait a moment, then save again; what \
             you changed is kept below.",
            command.by
        )
    }))
}

async fn save(
    console: &Console,
    visit: &Visit,
    record: &ConnectionRecord,
    (checked, form): (&Checked, &Form),
) -> Answer {
    let (ledger, name) = (console.ledger(), &record.name);
    let kept = ledger.secrets(name).await?;
    let sealed = match checked.secrets.is_empty() {
        true => BTreeMap::new(),
        false => sealed(&vault_for(&console.house.config.key_file, checked)?.0, name, checked, &kept)?,
    };
    let href = format!("/connections/{name}");
    if checked.document == record.settings && sealed.is_empty() {
        return done(&href, "Nothing is different from what is in force, so nothing was changed.");
    }
    let ask = Ask::settings_over(record.settings_version, name, &checked.document, &sealed);
    note_down(ledger, &ask, &visit.name, console.now()).await?;
    let open = ledger.open_problems(Some(name)).await?;
    let released =
        released_words(waits_on_change(&open, &Form::of(&table_of(&record.settings)), form), record);
    done(
        &href,
        &format!(
            "The new settings are noted and in force within seconds; this page follows by itself.{released}"
        ),
    )
}

/// How many orders wait on something that a changed setting may put right.
fn waits_on_change(open: &[OpenProblem], before: &Form, after: &Form) -> usize {
    let changed = after.differing(before);
    let is_changed = |place: FieldPlace| {
        let list = place.id.split('[').next().unwrap_or_default();
        changed.iter().any(|key| key == list || key.starts_with(&format!("{list}.")))
    };
    let of_setting = |one: &&OpenProblem| fields_of(&one.problem.told, after).into_iter().any(is_changed);
    let orders: BTreeSet<_> =
        open.iter().filter(of_setting).filter_map(|one| one.problem.order.as_ref()).collect();
    orders.len()
}

fn released_words(orders: usize, record: &ConnectionRecord) -> String {
    let waits = match orders {
        0 => return String::new(),
        1 => "1 order waits".to_owned(),
        many => format!("{} wait", counted(many, "order")),
    };
    let then = match (record.paused, orders) {
        (true, _) => paused_words(&record.name),
        (false, 1) => "The next cycle checks it again.".to_owned(),
        (false, _) => "The next cycle checks them again.".to_owned(),
    };
    format!(" {waits} on what was changed. {then}")
}

/// Tells the settings that were previewed from others.
fn fingerprint(checked: &Checked) -> String {
    let mut hasher = DefaultHasher::new();
    checked.document.hash(&mut hasher);
    for (name, secret) in &checked.secrets {
        (name, secret.expose()).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

async fn preview(
    console: &Console,
    record: &ConnectionRecord,
    checked: &Checked,
    count: u32,
) -> SettingsPreview {
    let compared = async {
        compare(&console.house, record, checked, count).await.map_err(|why| match why {
            NoAnswer::Words(words) => words,
            NoAnswer::Stopped(stop) => words(&stop),
        })
    };
    let compared = match in_time("The preview", compared).await {
        Ok(compared) => compared,
        Err(why) => {
            let words = format!(
                "The last orders cannot be looked at: {} You may save without having seen what would change.",
                super::words::full_stop(&why)
            );
            return SettingsPreview { words, failed: true, orders: Vec::new() };
        }
    };
    let mut orders = Vec::new();
    for one in compared.iter().filter(|one| !one.changes.is_empty()) {
        let known = console.ledger().order(&record.name, &one.order).await.ok().flatten();
        let retailer = known.map(|known| known.retailer).unwrap_or_default();
        orders.push(previewed(record, one, retailer));
    }
    let words = match (compared.len(), orders.len()) {
        (0, _) => "No order has been read yet, so there is nothing to compare.".to_owned(),
        (all, 0) => format!("Of the last {}, none would change.", counted(all, "order")),
        (all, changed) => format!(
            "Of the last {}, {changed} would change and {} would stay as they are. Orders that are in Shopify already \
             stay as they are there; this shows them as if they came now.",
            counted(all, "order"),
            all - changed
        ),
    };
    SettingsPreview { words, failed: false, orders }
}

fn previewed(record: &ConnectionRecord, one: &Compared, retailer: String) -> PreviewedOrder {
    let changes = one.changes.iter().map(|change| Change {
        what: change.what.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
    });
    PreviewedOrder {
        id: one.order.to_string(),
        href: format!("/orders/{}/{}", record.name, one.order),
        retailer,
        before: Shown::of(one.before.state),
        after: Shown::of(one.after.state),
        changes: changes.collect(),
    }
}

async fn shown(
    console: &Console,
    visit: &Visit,
    record: &ConnectionRecord,
    given: Given,
    extra: Extra,
) -> Answer {
    let (ledger, name) = (console.ledger(), &record.name);
    let kept = ledger.secrets(name).await?;
    let versions = ledger.setting_versions(name).await?;
    let wrongs = Wrongs::of(given.checked.as_ref().err().map_or(&[], Vec::as_slice), &given.form);
    let sealed = given.typed.sealed(name, console.house.vault().ok().as_ref());
    let note_from = format!("/connections/{name}/settings/note");
    let origins = Origins::of_versions(&versions, record.settings_version, console.now());
    let showing = Showing {
        form: &given.form,
        wrongs: &wrongs,
        origins: &origins,
        kept: &kept,
        sealed: &sealed,
        note_from: &note_from,
    };
    let template = given.form.value("note.template");
    page(&Settings {
        frame: console.frame(visit, Place::Connections).await,
        connection: name.clone(),
        version: record.settings_version,
        groups: showing.groups(),
        refused: extra.refused.or(given.moved),
        preview: extra.preview,
        seen: extra.seen,
        last: given.last,
        last_max: ORDERS_MAX,
        note: note::editor(console, record, &given.note_order, template, extra.note).await?,
        may_change: visit.may(Role::Admin),
        wrong: wrongs.into_all(),
    })
}
