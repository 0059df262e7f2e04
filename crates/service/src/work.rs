//! Commands that talk to JOOR and Shopify: `run`, `sync --once`, `orders preview`, `doctor`, `connection test`.

use crate::cli::{PreviewArgs, exit};
use crate::commands::{Failure, Session, Work};
use crate::compose::{ComposeError, House};
use crate::engine::{self, Once};
use crate::{doctor, preview};
use adapters::ledger::LedgerLock;
use domain::ids::JoorOrderId;
use domain::problem::Problem;
use serde_json::{Value, json};
use std::io::IsTerminal;

pub async fn run(session: &Session, work: Work) -> u8 {
    let outcome = match work {
        Work::Run => daemon(session).await,
        Work::SyncOnce { connection } => sync_once(session, connection).await,
        Work::Preview(arguments) => show_preview(session, arguments).await,
        Work::Doctor { connection } => doctor::run(session, connection.as_deref()).await,
        Work::TestConnection { name } => doctor::test(session, &name).await,
    };
    outcome.unwrap_or_else(|failure| session.fail(&failure))
}

impl From<ComposeError> for Failure {
    fn from(error: ComposeError) -> Failure {
        match error {
            ComposeError::Ledger(error) => error.into(),
            ComposeError::Words(words) => Failure::new(exit::FAILED, words, ""),
            ComposeError::Outside(words) => {
                Failure::new(exit::OUTSIDE, words, "run `joor-shopify doctor`, or try again later")
            }
        }
    }
}

async fn open(session: &Session) -> Result<House, Failure> {
    Ok(House::open(session.config.clone(), session.trial).await?)
}

/// The house of the one process that holds the lock beside the ledger. Its name among the holders of leases is always
/// the same, so that a lease that a killed process left behind is taken over at once, with the next epoch.
async fn open_alone(session: &Session) -> Result<House, Failure> {
    let house = open(session).await?;
    Ok(House { owner: "holder of the ledger's lock".to_owned(), ..house })
}

async fn daemon(session: &Session) -> Result<u8, Failure> {
    start_log(&session.config.log_level);
    let _lock = LedgerLock::take(&session.config.ledger)?;
    let house = open_alone(session).await?;
    let connections = house.ledger.connections().await?;
    tracing::info!(connections = connections.len(), "running; stop with Ctrl-C or SIGTERM");
    engine::run(&house, stop_signal()).await?;
    house.ledger.close().await;
    tracing::info!("stopped");
    Ok(exit::OK)
}

/// Resolves at SIGTERM or Ctrl-C.
async fn stop_signal() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminated) = terminated {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without signals the program runs until it is killed, which is safe at any moment.
    if interrupted.await.is_err() {
        std::future::pending::<()>().await;
    }
}

pub fn start_log(level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(level).unwrap_or_default();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Already started by an earlier call in the same process: that one stays.
    drop(log.try_init());
}

async fn sync_once(session: &Session, connection: Option<String>) -> Result<u8, Failure> {
    let _lock = LedgerLock::take(&session.config.ledger)?;
    let house = open_alone(session).await?;
    if let Some(name) = &connection {
        session.connection(&house.ledger, name).await?;
    }
    let results = engine::once(&house, connection.as_deref()).await?;
    if results.is_empty() {
        return Err(Failure::new(
            exit::USAGE,
            "there is no connection yet",
            "make one with `joor-shopify connection apply FILE`",
        ));
    }
    session.voice.data(json!({ "connections": results.iter().map(once_json).collect::<Vec<_>>() }));
    for result in &results {
        session.voice.text(&once_text(result));
    }
    house.ledger.close().await;
    Ok(once_code(&results))
}

fn once_code(results: &[Once]) -> u8 {
    let reaches_outside =
        |problem: &Problem| problem.code().starts_with("CONN_") || problem.code().ends_with("_UNAVAILABLE");
    if results.iter().filter_map(|result| result.turn.problem.as_ref()).any(reaches_outside) {
        exit::OUTSIDE
    } else if results.iter().any(|result| result.turn.fenced) {
        exit::BUSY
    } else if results.iter().any(|result| result.turn.problem.is_some()) {
        exit::FAILED
    } else {
        exit::OK
    }
}

fn once_json(result: &Once) -> Value {
    json!({
        "connection": result.connection,
        "live": result.live,
        "counts": result.turn.counts,
        "unconfirmed": result.unconfirmed,
        "problem": result.turn.problem.as_ref().map(|problem| {
            let told = problem.told("");
            json!({ "code": told.code, "sentence": told.sentence, "resolution": told.resolution })
        }),
        "next_due": result.turn.next_due.to_string(),
    })
}

fn once_text(result: &Once) -> String {
    let counts = &result.turn.counts;
    let mut text = format!("{}: ", result.connection);
    if result.turn.fenced {
        text.push_str("another process works on this connection right now");
        return text;
    }
    if !result.live {
        text.push_str("preview, nothing is sent; ");
    }
    text.push_str(&format!(
        "{} read, {} new, {} ready, {} exported, {} found again, {} reported to JOOR, {} mails",
        counts.listed,
        counts.new,
        counts.ready,
        counts.exported,
        counts.adopted,
        counts.reported,
        counts.mails
    ));
    if let Some(problem) = &result.turn.problem {
        let told = problem.told("");
        text.push_str(&format!("\n  {} {}\n  hint: {}", told.code, told.sentence, told.resolution));
    }
    if result.unconfirmed > 0 {
        text.push_str(&format!(
            "\n  {} not yet certain; they are looked up, never sent on a guess\n  hint: keep `joor-shopify run` going: \
             the quiet time that proves an order absent counts within one process",
            result.unconfirmed
        ));
    }
    text
}

async fn show_preview(session: &Session, arguments: PreviewArgs) -> Result<u8, Failure> {
    let house = open(session).await?;
    let other = match &arguments.settings {
        Some(path) => Some(preview::settings_of(path, &house)?),
        None => None,
    };
    let wanted = preview::Wanted {
        ids: arguments.ids.iter().map(|id| JoorOrderId::new(id.clone())).collect(),
        last: arguments.last,
        connection: arguments.choice.connection.clone(),
    };
    let previewed = preview::preview(&house, &wanted, other.as_ref()).await?;
    if previewed.is_empty() && house.ledger.connections().await?.is_empty() {
        let hint = "make one with `joor-shopify connection apply FILE`";
        return Err(Failure::new(exit::USAGE, "there is no connection yet", hint));
    }
    if previewed.is_empty() && wanted.last.is_some() {
        let hint = "run `joor-shopify sync --once` first, which reads without sending before `go-live`";
        return Err(Failure::new(exit::FAILED, "the ledger holds no orders yet", hint));
    }
    if previewed.is_empty() {
        return Err(Failure::new(
            exit::FAILED,
            "JOOR has no such order",
            "name JOOR order numbers, or use --last N",
        ));
    }
    session.voice.data(json!({ "preview": preview::as_json(&previewed) }));
    session.voice.text(&preview::as_text(&previewed));
    Ok(exit::OK)
}
