//! Commands that talk to JOOR and Shopify: `run`, `sync --once`, `orders preview`, `doctor`, `connection test`,
//! `connection probe`, `proof`, `adopt`, `backfill`.

use crate::cli::{AdoptArgs, BackfillArgs, PreviewArgs, ProbeArgs, ProofArgs, exit};
use crate::commands::{Failure, Session, Work, settings_file};
use crate::compose::{ComposeError, House};
use crate::console::{self, Door, Served};
use crate::engine::{self, Attempt, Ended, Once, Refused, Stopped};
use crate::show::{counted, told_json};
use crate::{doctor, preview, probe, prove, replace};
use adapters::ledger::LedgerLock;
use domain::ids::JoorOrderId;
use domain::problem::Told;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::sync::Arc;

pub async fn run(session: &Session, work: Work) -> u8 {
    let outcome = match work {
        Work::Run => daemon(session).await,
        Work::SyncOnce { connection } => sync_once(session, connection).await,
        Work::Preview(arguments) => show_preview(session, arguments).await,
        Work::Doctor { connection } => doctor::run(session, connection.as_deref()).await,
        Work::TestConnection { name } => doctor::test(session, &name).await,
        Work::Probe(arguments) => probing(session, arguments).await,
        Work::Replace { id, connection } => replacing(session, &id, connection.as_deref()).await,
        Work::Proof(arguments) => proving(session, arguments).await,
        Work::Adopt(arguments) => adopting(session, arguments).await,
        Work::Backfill(arguments) => backfilling(session, arguments).await,
    };
    outcome.unwrap_or_else(|failure| session.fail(&failure))
}

impl From<ComposeError> for Failure {
    fn from(error: ComposeError) -> Failure {
        match error {
            ComposeError::Ledger(error) => error.into(),
            ComposeError::Settings(errors) => Failure::settings(errors),
            ComposeError::Vault(error) => error.into(),
            ComposeError::Words(words) => Failure::new(exit::FAILED, words, "run `joor-shopify doctor`"),
            ComposeError::Outside(words) => {
                Failure::new(exit::OUTSIDE, words, "run `joor-shopify doctor`, or try again later")
            }
        }
    }
}

async fn open(session: &Session) -> Result<House, Failure> {
    let house = House::open(session.config.clone(), session.trial).await?;
    let ledger = match &session.death {
        Some(death) => house.ledger.clone().behind(death.clone()),
        None => house.ledger.clone(),
    };
    Ok(House { ledger, clock: Arc::new(session.clock), ..house })
}

/// The house of a process that works on connections. On a file it is the only one and holds the lock beside it; its name
/// among the holders of leases is always the same, so that a lease that a killed process left behind is taken over at
/// once, with the next epoch. On a server each process has its own name, and a lease that is left behind has to end.
async fn open_to_work(session: &Session) -> Result<(Option<LedgerLock>, House), Failure> {
    let lock = session.config.ledger.lock()?;
    let house = open(session).await?;
    let owner = if lock.is_some() { "holder of the ledger's lock".to_owned() } else { house.owner.clone() };
    Ok((lock, House { owner, ..house }))
}

async fn daemon(session: &Session) -> Result<u8, Failure> {
    start_log(&session.config.log_level);
    let (_lock, house) = open_to_work(session).await?;
    let house = Arc::new(house);
    let connections = house.ledger.connections().await?;
    tracing::info!(connections = connections.len(), "running; stop with Ctrl-C or SIGTERM");
    let served = served(&house).await;
    let ended = engine::run(&house, stop_signal()).await;
    if let Some(served) = served {
        served.stop().await;
    }
    let ended = ended?;
    house.ledger.close().await;
    tracing::info!("stopped");
    say_ended(session, ended);
    Ok(exit::OK)
}

/// The console, unless it is switched off or cannot listen: orders matter more.
async fn served(house: &Arc<House>) -> Option<Served> {
    match console::serve(house, Door::Locked).await {
        Ok(Some(served)) => {
            let address = match &house.config.console.url {
                Some(url) => url.to_string(),
                None => format!("http://{}/", served.address),
            };
            tracing::info!(%address, "the console is open");
            Some(served)
        }
        Ok(None) => None,
        Err(error) => {
            tracing::error!("{error}; orders go on without it");
            None
        }
    }
}

fn say_ended(session: &Session, ended: Ended) {
    let softly = match ended.stopped {
        Stopped::Softly => true,
        Stopped::Hard => false,
    };
    session.voice.data(json!({ "stopped": "signal", "softly": softly, "cycles": ended.cycles }));
    let cycles = usize::try_from(ended.cycles).unwrap_or(usize::MAX);
    session.voice.text(&format!("Stopped by a signal after {}", counted(cycles, "cycle")));
}

/// Resolves at SIGTERM or Ctrl-C.
pub async fn stop_signal() {
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
        // A log that nobody reads any more must not stop the work, nor a complaint about it.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    // Already started by an earlier call in the same process: that one stays.
    drop(log.try_init());
}

async fn sync_once(session: &Session, connection: Option<String>) -> Result<u8, Failure> {
    let (_lock, house) = open_to_work(session).await?;
    if let Some(name) = &connection {
        session.connection(&house.ledger, name).await?;
    }
    let attempts = engine::once(&house, connection.as_deref()).await?;
    house.ledger.close().await;
    if attempts.is_empty() {
        return Err(Failure::new(
            exit::USAGE,
            "there is no connection yet",
            "make one with `joor-shopify connection apply FILE`",
        ));
    }
    Ok(show_once(session, attempts))
}

/// Every connection's cycle, and the worst of them as the exit code.
fn show_once(session: &Session, attempts: Vec<Attempt>) -> u8 {
    let mut connections = Vec::new();
    let mut failures = Vec::new();
    for Attempt { connection, outcome } in attempts {
        match outcome {
            Ok(once) => {
                connections.push(once_json(&once));
                session.voice.text(&once_text(&once));
                failures.extend(once_failure(&once));
            }
            Err(Refused { error, told }) => {
                connections.push(json!({ "connection": connection, "problem": told_json(&told) }));
                session.voice.text(&format!("{connection}: {}", told_text(&told)));
                failures.push(Failure::from(error));
            }
        }
    }
    let value = json!({ "connections": connections });
    // Settings first, since nothing else can be right before; then the outside.
    let rank = |failure: &Failure| match failure.exit {
        exit::USAGE => 3,
        exit::OUTSIDE => 2,
        exit::BUSY => 1,
        _ => 0,
    };
    match failures.into_iter().rev().max_by_key(rank) {
        None => {
            session.voice.data(value);
            exit::OK
        }
        Some(failure) => session.fail_with(value, &failure),
    }
}

/// Why a cycle was not good, if it was not.
fn once_failure(once: &Once) -> Option<Failure> {
    let about = |sentence: &str| format!("{}: {sentence}", once.connection);
    if once.turn.fenced {
        let what = about("another process works on this connection right now");
        return Some(Failure::new(exit::BUSY, what, "let it do the work, or try again later"));
    }
    let problem = once.turn.problem.as_ref()?;
    let told = problem.told("");
    let outside = told.code.starts_with("CONN_") || told.code.ends_with("_UNAVAILABLE");
    let code = if outside { exit::OUTSIDE } else { exit::FAILED };
    Some(Failure::new(code, about(&told.sentence), told.resolution))
}

fn told_text(told: &Told) -> String {
    format!("{} {}\n  hint: {}", told.code, told.sentence, told.resolution)
}

fn once_json(result: &Once) -> Value {
    json!({
        "connection": result.connection,
        "live": result.live,
        "counts": result.turn.counts,
        "unconfirmed": result.unconfirmed,
        "problem": result.turn.problem.as_ref().map(|problem| told_json(&problem.told(""))),
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
        text.push_str(&format!("\n  {}", told_text(&problem.told(""))));
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

/// Alone on the ledger, as a cycle is.
async fn probing(session: &Session, arguments: ProbeArgs) -> Result<u8, Failure> {
    let (_lock, house) = open_to_work(session).await?;
    probe::run(session, &house, &arguments).await
}

async fn replacing(session: &Session, id: &str, connection: Option<&str>) -> Result<u8, Failure> {
    replace::run(session, &open(session).await?, id, connection).await
}

async fn proving(session: &Session, arguments: ProofArgs) -> Result<u8, Failure> {
    prove::proof(session, &open(session).await?, &arguments).await
}

async fn adopting(session: &Session, arguments: AdoptArgs) -> Result<u8, Failure> {
    prove::adopt(session, &open(session).await?, &arguments).await
}

async fn backfilling(session: &Session, arguments: BackfillArgs) -> Result<u8, Failure> {
    prove::backfill(session, &open(session).await?, &arguments).await
}

async fn show_preview(session: &Session, arguments: PreviewArgs) -> Result<u8, Failure> {
    let house = open(session).await?;
    let other = match &arguments.settings {
        Some(path) => Some(preview::settings_of(path, &settings_file(path)?, &house)?),
        None => None,
    };
    if let Some(name) = &arguments.choice.connection {
        session.connection(&house.ledger, name).await?;
    }
    let wanted = preview::Wanted {
        ids: arguments.ids.iter().map(|id| JoorOrderId::new(id.clone())).collect(),
        last: arguments.last,
        connection: arguments.choice.connection.clone(),
    };
    let previewed = preview::preview(&house, &wanted, other.as_ref()).await?;
    if previewed.orders.is_empty() && house.ledger.connections().await?.is_empty() {
        let hint = "make one with `joor-shopify connection apply FILE`";
        return Err(Failure::new(exit::USAGE, "there is no connection yet", hint));
    }
    if previewed.orders.is_empty() && wanted.last.is_some() {
        let hint = "run `joor-shopify sync --once`, which reads those that JOOR has";
        return Err(Failure::new(exit::FAILED, "there are no approved orders yet", hint));
    }
    if previewed.orders.is_empty() {
        return Err(Failure::new(
            exit::FAILED,
            "JOOR has no such order",
            "name JOOR order numbers, or use --last N",
        ));
    }
    session.voice.data(json!({
        "preview": preview::as_json(&previewed.orders),
        "as_if_live": previewed.as_if_live,
    }));
    for name in &previewed.as_if_live {
        session.voice.text(&format!(
            "Connection {name} is not live: its orders as if they were approved after going live.\n\n"
        ));
    }
    session.voice.text(&preview::as_text(&previewed.orders));
    Ok(exit::OK)
}
