//! A new connection, step by step: JOOR with a live test, Shopify with a live test, what is to be exported with a dry look
//! at the last orders. Nothing of it is in the ledger before the last step, which stores it whole and in preview. What
//! somebody began is in `begun`.

mod begun;
mod live;

pub use begun::Drafts;

use super::Console;
use super::answers::{Answer, No, done, not_done, on_to, page};
use super::settings::{Form, Origins, Pairs, SOURCE, Showing, Typed, Wrongs, key, one_of, put};
use super::visit::Visit;
use super::words::{address, when};
use crate::commands::set_up::{check_name, one_account_once, sealed, vault_for};
use adapters::settings::{Checked, SettingError, check_stored};
use axum::extract::{Extension, Form as Sent, Query, State};
use begun::{Draft, Reached};
use console::Place;
use console::pages::connections::{Begun, Finding, NewConnection, SettingsLook, Step as Shown};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Value;

const HREF: &str = "/connections/new";
/// Credentials of a connection without a name are sealed for this one, which none can have.
const UNNAMED: &str = "new";

/// A step, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Joor,
    Shopify,
    Orders,
}

const STEPS: [Step; 3] = [Step::Joor, Step::Shopify, Step::Orders];

impl Step {
    fn word(self) -> &'static str {
        match self {
            Step::Joor => "joor",
            Step::Shopify => "shopify",
            Step::Orders => "orders",
        }
    }

    fn of(word: &str) -> Option<Step> {
        STEPS.into_iter().find(|step| step.word() == word)
    }

    fn title(self) -> &'static str {
        match self {
            Step::Joor => "JOOR",
            Step::Shopify => "Shopify",
            Step::Orders => "Orders",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Step::Joor => {
                "The account for the API that JOOR gave you: number, client id and secret, user and password. “Test” signs \
                 in and reads the list of orders; it changes nothing."
            }
            Step::Shopify => {
                "The address of the shop, and either the access token of an app or its client id and secret. “Test” signs in \
                 and looks at permissions, locations and currency; it changes nothing."
            }
            Step::Orders => {
                "What has to be decided before the first order. Everything else has a default and can be changed under \
                 Settings afterwards. “Look” shows what would become of the last approved orders; nothing is sent."
            }
        }
    }

    fn button(self) -> &'static str {
        match self {
            Step::Joor | Step::Shopify => "Test and go on",
            Step::Orders => "Look at the last orders",
        }
    }

    /// The settings that this step asks for.
    fn keys(self) -> Vec<&'static str> {
        let of = |section: &str, but: &str| {
            let group = super::settings::group(section);
            let fields = group.into_iter().flat_map(|group| &group.fields);
            fields.map(|key| key.path.as_str()).filter(|path| *path != but).collect::<Vec<_>>()
        };
        match self {
            Step::Joor => of("joor", "joor.report"),
            Step::Shopify => of("shopify", ""),
            Step::Orders => vec![
                "orders.currencies",
                "orders.fulfilment",
                "orders.location",
                "orders.stock",
                "orders.order_page",
                "schedule.exported_since",
                "alerts.outages",
                "alerts.orders",
            ],
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    name: String,
    step: String,
}

/// What an answer shows besides the fields.
#[derive(Default)]
pub struct Extra {
    errors: Vec<SettingError>,
    refused: Option<String>,
    findings: Vec<Finding>,
    look: Option<SettingsLook>,
    /// The name that was typed and does not go.
    named: String,
    /// What was typed before there was a name to keep it under.
    sealed: BTreeMap<String, String>,
}

pub async fn ask(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<Asked>,
) -> Answer {
    let now = console.now();
    let Some(draft) = console.drafts.find(&asked.name, now) else {
        if !asked.name.is_empty() {
            return not_done(HREF, &format!("Nothing of {} is kept any more. Begin anew.", asked.name));
        }
        return shown(&console, &visit, &Draft::new(&visit.name, now), Step::Joor, Extra::default()).await;
    };
    let step = Step::of(&asked.step).unwrap_or(draft.reached.step()).min(draft.reached.step());
    shown(&console, &visit, &draft, step, Extra::default()).await
}

pub async fn act(
    State(console): State<Arc<Console>>,
    Extension(visit): Extension<Visit>,
    Sent(pairs): Sent<Pairs>,
) -> Answer {
    let (name, now) = (one_of(&pairs, "name").trim().to_owned(), console.now());
    let step = one_of(&pairs, "step");
    if step == "discard" {
        console.drafts.forget(&name);
        return done(HREF, &format!("Nothing of {name} is kept any more."));
    }
    let known = console.drafts.find(&name, now);
    let mut draft = known.clone().unwrap_or_else(|| Draft::new(&visit.name, now));
    let create = step == "create";
    let step = if create { Step::Orders } else { Step::of(step).unwrap_or(Step::Joor) };
    draft.form = Form::sent(&pairs, &draft.form);
    let vault = console.house.vault().ok();
    let typed = Typed::of(&pairs, UNNAMED, vault.as_ref());
    if let Err(words) = may_be_called(&console, &name).await? {
        let sealed = typed.sealed(UNNAMED, vault.as_ref());
        let extra = Extra { refused: Some(words), sealed, named: name, ..Extra::default() };
        return shown(&console, &visit, &draft, Step::Joor, extra).await;
    }
    draft.secrets.extend(typed.secrets.clone());
    draft.name.clone_from(&name);
    // What was typed is kept from here on, whatever the test says.
    if step > draft.reached.step() {
        return on_to(&address(HREF, &[("name", &name)]), None);
    }
    console.drafts.keep(&draft, now);
    let checked = match checked(&console, &draft, step, typed.errors).await? {
        Ok(checked) => checked,
        Err(errors) => {
            return shown(&console, &visit, &draft, step, Extra { errors, ..Extra::default() }).await;
        }
    };
    match step {
        Step::Orders if create => make(&console, &visit, &draft, &checked).await,
        Step::Orders => {
            let extra = live::look(&console, &draft, &checked).await;
            shown(&console, &visit, &draft, step, extra).await
        }
        Step::Joor => {
            let tested = live::joor(&console, &mut draft, checked).await;
            went(&console, &visit, draft, (step, Reached::Shopify), tested).await
        }
        Step::Shopify => {
            let tested = live::shopify(&console, &mut draft, checked).await;
            went(&console, &visit, draft, (step, Reached::Orders), tested).await
        }
    }
}

/// After a test: on to the next step, or the same once more.
async fn went(
    console: &Console,
    visit: &Visit,
    mut draft: Draft,
    (step, next): (Step, Reached),
    tested: live::Tested,
) -> Answer {
    let live::Tested { is_good, refused, findings } = tested;
    if !is_good {
        return shown(console, visit, &draft, step, Extra { refused, findings, ..Extra::default() }).await;
    }
    draft.reached = next;
    console.drafts.keep(&draft, console.now());
    shown(console, visit, &draft, next.step(), Extra { findings, ..Extra::default() }).await
}

/// May a new connection have this name?
async fn may_be_called(console: &Console, name: &str) -> Result<Result<(), String>, No> {
    if check_name(name).is_err() {
        let words = format!(
            "“{name}” is no name for a connection: use 1 to 40 small letters, digits and “-”, and not “new”."
        );
        return Ok(Err(words));
    }
    Ok(match console.ledger().connection(name).await? {
        Some(_) => {
            Err(format!("There is a connection {name} already. Take another name, or change its settings."))
        }
        None => Ok(()),
    })
}

/// What was typed up to this step, by the same checks as a settings file. What later steps ask for stands in only here.
async fn checked(
    console: &Console,
    draft: &Draft,
    step: Step,
    mut errors: Vec<SettingError>,
) -> Result<Result<Checked, Vec<SettingError>>, No> {
    let trial = console.house.trial;
    let (mut made, more) = draft.form.document(&Form::default(), &toml::Table::new());
    errors.extend(more);
    if step == Step::Joor {
        made.remove("shopify");
        put(&mut made, "shopify.shop_url", Value::from("https://localhost"));
    }
    if step != Step::Orders {
        made.remove("schedule");
        made.remove("alerts");
        made.insert("orders".to_owned(), Value::Table(toml::Table::new()));
        put(&mut made, "orders.currencies", Value::Array(vec![Value::from("USD")]));
    }
    let text = toml::to_string(&made).map_err(|error| No::Failed(error.to_string()))?;
    let mut typed = Typed { secrets: draft.secrets.clone(), errors };
    let client_id = if step == Step::Joor { "" } else { draft.form.value("shopify.client_id") };
    if step == Step::Joor {
        typed.secrets.retain(|name, _| name.starts_with("joor."));
    }
    typed.must_fit(&text, client_id, &BTreeMap::new());
    if step == Step::Joor {
        typed.errors.retain(|error| !error.key.starts_with("shopify."));
    }
    let mut errors = typed.errors;
    match check_stored(&text, trial) {
        Err(more) => errors.extend(more),
        Ok(mut checked) => {
            checked.secrets = typed.secrets;
            match one_account_once(console.ledger(), trial, &draft.name, SOURCE, &checked).await {
                Ok(()) if errors.is_empty() => return Ok(Ok(checked)),
                Ok(()) => {}
                Err(failure) if failure.errors.is_empty() => return Err(failure.into()),
                Err(failure) => errors.extend(failure.errors),
            }
        }
    }
    Ok(Err(errors))
}

/// Stores it whole: the same as `connection apply`.
async fn make(console: &Console, visit: &Visit, draft: &Draft, checked: &Checked) -> Answer {
    let (vault, _) = vault_for(&console.house.config.key_file, checked)?;
    let sealed = sealed(&vault, &draft.name, checked, &BTreeMap::new())?;
    let (name, now) = (&draft.name, console.now());
    console.ledger().create_connection_with(name, &checked.document, &sealed, &visit.name, now).await?;
    console.drafts.forget(name);
    let words = format!(
        "{name} is made and in preview: orders are read and checked, and nothing is sent. Look at what would become of \
         them, switch off whatever exports them now, then go live."
    );
    done(&format!("/connections/{name}"), &words)
}

async fn shown(console: &Console, visit: &Visit, draft: &Draft, step: Step, extra: Extra) -> Answer {
    let wrongs = Wrongs::of(&extra.errors, &draft.form);
    let kept = draft.secrets.keys().map(|name| (name.clone(), String::new())).collect();
    let mut form = draft.form.clone();
    if step == Step::Orders && form.value("orders.currencies").is_empty() && extra.errors.is_empty() {
        form.set("orders.currencies", &draft.currencies.iter().cloned().collect::<Vec<_>>().join("\n"));
    }
    for name in step.keys() {
        // What is chosen from a list begins with its default.
        if let (true, Some(default)) =
            (form.value(name).is_empty(), key(name).and_then(|key| key.default.as_ref()?.as_str()))
            && key(name).is_some_and(super::settings::is_choice)
        {
            form.set(name, default);
        }
    }
    let origins = Origins::default();
    let showing = Showing {
        form: &form,
        wrongs: &wrongs,
        origins: &origins,
        kept: &kept,
        sealed: &extra.sealed,
        note_from: "",
    };
    let keys = step.keys();
    let fields = keys.iter().filter_map(|name| Some(showing.field(key(name)?, name, true))).collect();
    let now = console.now();
    let begun = console.drafts.all(now).into_iter().filter(|other| other.name != draft.name);
    page(&NewConnection {
        frame: console.frame(visit, Place::Connections).await,
        name: draft.name.clone(),
        named: extra.named,
        steps: steps(draft, step),
        step: step.word().to_owned(),
        title: step.title().to_owned(),
        words: step.words().to_owned(),
        button: step.button().to_owned(),
        fields,
        refused: extra.refused,
        findings: extra.findings,
        look: extra.look,
        begun: begun
            .map(|other| Begun {
                href: address(HREF, &[("name", &other.name)]),
                by: other.by.clone(),
                when: when(other.begun, now),
                words: format!("Next is {}.", other.reached.step().title()),
                name: other.name,
            })
            .collect(),
        wrong: wrongs.into_all(),
    })
}

fn steps(draft: &Draft, current: Step) -> Vec<Shown> {
    let reached = draft.reached.step();
    STEPS
        .into_iter()
        .map(|step| Shown {
            words: step.title().to_owned(),
            href: match step <= reached && !draft.name.is_empty() {
                true => address(HREF, &[("name", &draft.name), ("step", step.word())]),
                false => String::new(),
            },
            is_done: step < reached,
            is_current: step == current,
        })
        .collect()
}
