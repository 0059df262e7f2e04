//! Asks files, mail server, JOOR and Shopify what the findings need, and prints them.

use super::{ConnectionInputs, FileInputs, Health, Inputs, JoorAnswer, Machine, ShopAnswer};
use crate::cli::exit;
use crate::commands::{Failure, Outcome, Session};
use crate::compose;
use adapters::clock::SystemClock;
use adapters::ledger::Ledger;
use adapters::ledger::records::ConnectionRecord;
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
    let ledger = session.ledger().await?;
    let connections = session.connections(&ledger, connection).await?;
    let mut inputs = Inputs::default();
    for connection in &connections {
        inputs.connections.push(ask_connection(session, &ledger, connection, Definitions::LookOnly).await?);
    }
    inputs.machine = ask_machine(session, &inputs.connections).await;
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
    session.voice.data(super::as_json(findings));
    let count = |health: Health| findings.iter().filter(|finding| finding.health == health).count();
    session.voice.talk(&format!(
        "{} ok, {} warnings, {} bad",
        count(Health::Ok),
        count(Health::Warn),
        count(Health::Bad)
    ));
    Ok(match super::worst(findings) {
        Health::Ok | Health::Warn => exit::OK,
        Health::Bad => exit::FAILED,
    })
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
        ledger: file(&config.ledger),
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
    #[cfg(unix)]
    let mode = std::fs::metadata(path).ok().map(|about| std::os::unix::fs::MetadataExt::mode(&about));
    #[cfg(not(unix))]
    let mode = None;
    FileInputs { path: path.display().to_string(), mode }
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
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
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
