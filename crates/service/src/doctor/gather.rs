//! Asks files, mail server, JOOR and Shopify what the findings need, and prints them.

use super::{ConnectionInputs, FileInputs, Health, Inputs, JoorAnswer, Machine, ServerInputs, ShopAnswer};
use crate::cli::exit;
use crate::commands::{Failure, Outcome, Session};
use crate::compose;
use adapters::clock::SystemClock;
use adapters::ledger::records::ConnectionRecord;
use adapters::ledger::{Ledger, Place};
use adapters::ports::{CallError, Clock, OrderFilter, Shop, Wholesale};
use adapters::post::SmtpPost;
use adapters::vault::Vault;
use domain::orders::order::{ExportState, OrderStatus};
use jiff::civil::Date;
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

/// `doctor`: this machine and every connection, or the named one. Changes nothing.
pub async fn run(session: &Session, connection: Option<&str>) -> Outcome {
    let mut inputs = Inputs::default();
    let mut ledger_refused = None;
    let mut server = None;
    match session.ledger().await {
        Ok(ledger) => {
            server = ask_server(session, &ledger).await?;
            for found in &session.connections(&ledger, connection).await? {
                inputs
                    .connections
                    .push(ask_connection(session, &ledger, found, Definitions::LookOnly).await?);
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
    let inputs = ask_connection(session, &ledger, &connection, Definitions::Make).await?;
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
    session: &Session,
    ledger: &Ledger,
    connection: &ConnectionRecord,
    definitions: Definitions,
) -> Result<ConnectionInputs, Failure> {
    let today = session.now().day();
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
        measured: ledger.measured(&connection.name).await?,
    };
    let checked = match session.checked(connection) {
        Ok(checked) => checked,
        Err(failure) => {
            let reasons: Vec<String> = failure
                .errors
                .iter()
                .map(|error| format!("{} = {}: {}", error.key, error.value, error.allowed))
                .collect();
            inputs.settings = Err(reasons.join("; "));
            return Ok(inputs);
        }
    };
    inputs.asked_version.clone_from(&checked.shopify.api_version);
    let clock: Arc<dyn Clock> = Arc::new(session.clock);
    let ports = match session.secrets(ledger, &connection.name).await {
        Ok(secrets) => {
            compose::ports(&checked, &secrets, session.trial, clock).map_err(|error| error.to_string())
        }
        Err(failure) => Err(failure.what),
    };
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
