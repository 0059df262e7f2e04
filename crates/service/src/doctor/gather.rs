//! Asks files, mail server, JOOR and Shopify what the findings need, and prints them.

use super::{ConnectionInputs, FileInputs, Health, Inputs, JoorAnswer, Machine, ServerInputs, ShopAnswer};
use crate::cli::exit;
use crate::commands::{Failure, Outcome, Session};
use crate::compose::{self, House};
use adapters::clock::SystemClock;
use adapters::ledger::records::ConnectionRecord;
use adapters::ledger::{Ledger, LedgerError, Place};
use adapters::ports::{CallError, Clock, OrderFilter, Shop, Wholesale};
use adapters::post::SmtpPost;
use adapters::settings::{Checked, Trial};
use adapters::vault::{Secret, Vault, VaultError};
use domain::money::Currency;
use domain::orders::order::{ExportState, OrderStatus};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A person waits for the answer.
const MAIL_TIME_MAX: Duration = Duration::from_secs(20);

/// May the custom-id definitions be made if they are missing?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Definitions {
    LookOnly,
    Make,
}

/// What it takes to ask JOOR and Shopify of a connection.
struct Asker<'a> {
    ledger: &'a Ledger,
    key_file: &'a Path,
    clock: Arc<dyn Clock>,
    trial: Trial,
}

impl<'a> Asker<'a> {
    fn of(session: &'a Session, ledger: &'a Ledger) -> Asker<'a> {
        let clock = Arc::new(session.clock);
        Asker { ledger, key_file: &session.config.key_file, clock, trial: session.trial }
    }
}

/// What `connection test` finds, for the console: it only looks.
pub async fn look(house: &House, connection: &ConnectionRecord) -> Result<Vec<super::Finding>, LedgerError> {
    let asker = Asker {
        ledger: &house.ledger,
        key_file: &house.config.key_file,
        clock: house.clock.clone(),
        trial: house.trial,
    };
    let inputs = ask_connection(&asker, connection, Definitions::LookOnly).await?;
    Ok(super::connection::diagnose(&inputs))
}

/// What JOOR says to settings that are stored nowhere yet.
pub async fn try_joor(wholesale: &dyn Wholesale, today: Date) -> Result<JoorAnswer, CallError> {
    ask_joor(wholesale, today).await
}

/// What Shopify says to settings that are stored nowhere yet. Changes nothing there.
pub async fn try_shop(
    shop: &dyn Shop,
    name: &str,
    checked: &Checked,
    today: Date,
) -> (ConnectionInputs, Vec<super::Finding>) {
    let mut inputs = ConnectionInputs {
        name: name.to_owned(),
        today,
        settings: Ok(checked.settings.clone()),
        asked_version: checked.shopify.api_version.clone(),
        joor: None,
        shop: Some(ask_shop(shop, None, Definitions::LookOnly).await),
        unasked: None,
        live: false,
        paused: false,
        measured: Vec::new(),
        // Nothing was measured there yet, which is said where it is.
        trial: Trial::On,
    };
    // Which currencies are exported is asked afterwards.
    let mut settings = checked.settings.clone();
    if let Some(Ok(answer)) = &inputs.shop {
        settings.orders.currencies.extend(Currency::from_code(&answer.facts.currency_code));
    }
    let findings = super::connection::of_shop(&inputs, &settings);
    inputs.settings = Ok(settings);
    (inputs, findings)
}

/// `doctor`: this machine and every connection, or the named one. Changes nothing.
pub async fn run(session: &Session, connection: Option<&str>) -> Outcome {
    let mut inputs = Inputs::default();
    let mut ledger_refused = None;
    let mut server = None;
    match session.ledger().await {
        Ok(ledger) => {
            server = ask_server(session, &ledger).await?;
            for found in &session.connections(&ledger, connection).await? {
                let asker = Asker::of(session, &ledger);
                inputs.connections.push(ask_connection(&asker, found, Definitions::LookOnly).await?);
            }
        }
        // A ledger that cannot be used keeps nothing else from being looked at.
        Err(failure) => ledger_refused = Some((failure.what, failure.hint)),
    }
    inputs.machine = Machine { ledger_refused, server, ..ask_machine(session, &inputs.connections).await };
    finish(session, &super::diagnose(&inputs))
}

/// `connection test`: one connection, and makes the two custom-id definitions if they are missing.
pub async fn test(session: &Session, name: &str) -> Outcome {
    let ledger = session.ledger().await?;
    let connection = session.connection(&ledger, name).await?;
    let inputs = ask_connection(&Asker::of(session, &ledger), &connection, Definitions::Make).await?;
    finish(session, &super::connection::diagnose(&inputs))
}

fn finish(session: &Session, findings: &[super::Finding]) -> Outcome {
    session.voice.text(&super::table(findings));
    let (value, summary) = (super::as_json(findings), super::summary(findings));
    session.voice.talk(&summary);
    Ok(match super::worst(findings) {
        Health::Ok | Health::Warn => {
            session.voice.data(value);
            exit::OK
        }
        Health::Bad => {
            session.voice.bad(value, &summary, "do what stands in `fix` beside each finding that is bad");
            exit::FAILED
        }
    })
}

/// `None`: the ledger is a file.
async fn ask_server(session: &Session, ledger: &Ledger) -> Result<Option<ServerInputs>, Failure> {
    let Place::Server(address) = &session.config.ledger else { return Ok(None) };
    let facts = ledger.server().await?;
    Ok(facts.map(|facts| {
        let ours = SystemClock::start().now();
        ServerInputs {
            address: address.to_string(),
            version: facts.version,
            clock_offset_seconds: facts.now.since(ours).max(ours.since(facts.now)).as_secs(),
            could_be_anybody: !address.is_on_this_machine() && !address.proves_the_server(),
        }
    }))
}

async fn ask_machine(session: &Session, connections: &[ConnectionInputs]) -> Machine {
    let config = &session.config;
    let mail = match &config.smtp {
        None => None,
        Some(smtp) => {
            let quick = adapters::post::SmtpConfig { timeout: MAIL_TIME_MAX, ..smtp.clone() };
            Some(match SmtpPost::new(&quick) {
                Ok(post) => post.greet().await.map_err(|error| error.to_string()),
                Err(refused) => Err(refused.to_string()),
            })
        }
    };
    let wants_mail = |inputs: &ConnectionInputs| {
        inputs.settings.as_ref().is_ok_and(|settings| {
            let alerts = &settings.alerts;
            [&alerts.outages, &alerts.orders, &alerts.daily].iter().any(|list| !list.is_empty())
        })
    };
    Machine {
        ledger: config.ledger.file().map(file).unwrap_or_default(),
        ledger_refused: None,
        server: None,
        key_file: file(&config.key_file),
        key: Some(Vault::open(&config.key_file).map(drop).map_err(|error| error.to_string())),
        mail,
        mail_wanted: connections.iter().any(wants_mail),
        mail_server: config
            .smtp
            .as_ref()
            .map(|smtp| format!("{}:{}", smtp.host, smtp.port))
            .unwrap_or_default(),
    }
}

fn file(path: &Path) -> FileInputs {
    let about = std::fs::metadata(path).ok();
    #[cfg(unix)]
    let mode = about.as_ref().map(std::os::unix::fs::MetadataExt::mode);
    #[cfg(not(unix))]
    let mode = None;
    FileInputs { path: path.display().to_string(), missing: about.is_none(), mode }
}

async fn ask_connection(
    asker: &Asker<'_>,
    connection: &ConnectionRecord,
    definitions: Definitions,
) -> Result<ConnectionInputs, LedgerError> {
    let today = asker.clock.now().day();
    let mut inputs = ConnectionInputs {
        name: connection.name.clone(),
        today,
        settings: Err(String::new()),
        asked_version: String::new(),
        joor: None,
        shop: None,
        unasked: None,
        live: connection.live_since.is_some(),
        paused: connection.paused,
        measured: asker.ledger.measured(&connection.name).await?,
        trial: asker.trial,
    };
    let checked = match compose::stored(connection, asker.trial) {
        Ok(checked) => checked,
        Err(errors) => {
            let reasons: Vec<String> = errors
                .iter()
                .map(|error| format!("{} = {}: {}", error.key, error.value, error.allowed))
                .collect();
            inputs.settings = Err(reasons.join("; "));
            return Ok(inputs);
        }
    };
    inputs.asked_version.clone_from(&checked.shopify.api_version);
    let ports = secrets(asker, &connection.name).await?.and_then(|secrets| {
        compose::ports(&checked, &secrets, asker.trial, asker.clock.clone())
            .map_err(|error| error.to_string())
    });
    inputs.settings = Ok(checked.settings);
    match ports {
        Ok(ports) => {
            inputs.joor = Some(ask_joor(ports.wholesale.as_ref(), today).await);
            let known = connection.shop_id.clone();
            inputs.shop = Some(ask_shop(ports.shop.as_ref(), known, definitions).await);
        }
        Err(reason) => inputs.unasked = Some(reason),
    }
    Ok(inputs)
}

/// The connection's credentials, opened; or why they cannot be.
async fn secrets(
    asker: &Asker<'_>,
    name: &str,
) -> Result<Result<BTreeMap<String, Secret>, String>, LedgerError> {
    let sealed = asker.ledger.secrets(name).await?;
    if sealed.is_empty() {
        return Ok(Ok(BTreeMap::new()));
    }
    let opened = || -> Result<BTreeMap<String, Secret>, VaultError> {
        let vault = Vault::open(asker.key_file)?;
        let open = |(key, text): (&String, &String)| Ok((key.clone(), vault.unseal(name, key, text)?));
        sealed.iter().map(open).collect()
    };
    Ok(opened().map_err(|error| error.to_string()))
}

/// The same list that a cycle reads, cut to what changed since yesterday, so that it is small.
async fn ask_joor(wholesale: &dyn Wholesale, today: Date) -> Result<JoorAnswer, CallError> {
    let filter = OrderFilter {
        status: Some(OrderStatus::Approved),
        export_state: Some(ExportState::Undefined),
        modified_since: Some(today.yesterday().unwrap_or(today)),
        ..OrderFilter::default()
    };
    let rows = wholesale.orders(&filter).await?;
    let broken = rows.iter().filter(|row| row.is_err()).count();
    let types = wholesale.price_types().await?;
    Ok(JoorAnswer {
        waiting: rows.len() - broken,
        broken,
        currencies: types.into_iter().map(|kind| kind.currency_code.trim().to_uppercase()).collect(),
        clock_offset_seconds: wholesale.clock_offset_seconds(),
    })
}

async fn ask_shop(
    shop: &dyn Shop,
    known_shop_id: Option<String>,
    definitions: Definitions,
) -> Result<ShopAnswer, CallError> {
    let mut facts = shop.facts().await?;
    if definitions == Definitions::Make && !(facts.order_definition && facts.customer_definition) {
        shop.define_custom_ids().await?;
        facts = shop.facts().await?;
    }
    Ok(ShopAnswer { facts, known_shop_id })
}
