//! `demo`: a made-up brand with its JOOR, its Shopify shop and its mailbox, all in this process, and the real program
//! working between them on a real ledger in a temporary folder. The judge of the sandbox knows each order's right fate.

mod clock;
mod file;
mod life;
mod mishaps;
mod show;
mod story;
mod troubles;

use crate::cli::exit;
use crate::compose::{ComposeError, House};
use crate::config::Config;
use crate::console::{self, Door, Served};
use crate::cycle::Worker;
use crate::engine::one_cycle;
use crate::show::Voice;
use crate::work::stop_signal;
use adapters::ledger::{ExportQuery, Ledger};
use adapters::settings::{self, SettingError, Trial};
use adapters::vault::Vault;
use clock::DemoClock;
use indicatif::{ProgressBar, ProgressStyle};
use sandbox::brand::{Brand, DEMO_SEED};
use sandbox::{Sandbox, SandboxOptions};
use serde_json::json;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use troubles::Troubles;

/// The connection of the brand.
pub const CONNECTION: &str = "demo";
/// The small one beside it, where everything goes wrong that is no order's fault.
pub const MISHAPS: &str = "mishaps";
/// Who gives the commands of the demo.
const BY: &str = "demo";
/// From one cycle to the next, as the interval of a real connection.
const LEAP: Duration = Duration::from_secs(60);
/// The same where nothing but the quiet time of a lost answer is waited for.
const QUIET_LEAP: Duration = Duration::from_secs(180);
const CYCLES_MAX: usize = 60;

/// Runs the demo and says how it ended as an exit code.
pub async fn run(end: bool, voice: Voice) -> u8 {
    match play(end, voice).await {
        Ok(code) => code,
        Err(error) => {
            let what = format!("the demo could not run: {error}");
            voice.bad(json!({}), &what, "see that the folder for temporary files can be written");
            voice.talk(&format!("error: {what}"));
            exit::FAILED
        }
    }
}

async fn play(end: bool, voice: Voice) -> Result<u8, ComposeError> {
    voice.talk(
        "Demo: a made-up brand, its JOOR, its Shopify and its mailbox run inside this program. Whatever would only be \
         waited for is leapt over by a clock that all of them share.",
    );
    let folder = tempfile::tempdir().map_err(words)?;
    let sandbox = Sandbox::start(SandboxOptions::default()).await.map_err(words)?;
    let clock = DemoClock::start(sandbox.clock.clone());
    let brand = Brand::new(DEMO_SEED);
    brand.plant(&sandbox, sandbox.clock.today());
    let house = Arc::new(found(folder.path(), &sandbox, &clock).await?);
    let mut worker = connect(&house, CONNECTION, &file::of_the_brand(&sandbox)).await?;
    // Whoever opens it at once finds a connection there.
    let served = if end || voice.json { None } else { open_console(&house, voice).await };

    let bar = bar(voice, brand.orders.len());
    story::before(&sandbox);
    bar.set_message("preview: reading and deciding, sending nothing");
    one_cycle(&house, &mut worker).await?;
    house.ledger.insert_command(CONNECTION, "go_live", "{}", BY, worker.now()).await?;
    until_settled(&house, &mut worker, &clock, &bar, "live: exporting").await?;
    story::meanwhile(&sandbox, &house, &brand).await?;
    until_settled(&house, &mut worker, &clock, &bar, "later: edits, cancellations, set to re-export").await?;
    story::afterwards(&sandbox, &house).await?;
    until_settled(&house, &mut worker, &clock, &bar, "settling").await?;
    bar.set_message("mishaps: a second, smaller connection for what goes wrong outside of orders");
    let mishaps = mishaps::run(&house, &sandbox, &clock).await?;
    bar.finish_and_clear();

    let mut verdicts = sandbox::judge::judge(&brand, &sandbox);
    verdicts.extend(mishaps.verdicts);
    let troubles = Troubles::of(&house, &sandbox).await?;
    let workers = [&worker, &mishaps.worker];
    let result = show::gather(&house, &workers, &sandbox, &brand, verdicts, &troubles).await?;
    let well = result.is_well(&troubles.missing());
    match well {
        true => voice.data(result.json.clone()),
        false => voice.bad(result.json.clone(), "not every order met its right fate", "please report this"),
    }
    voice.text(&result.text);
    if !end && !voice.json {
        invite(voice, folder.path(), &sandbox);
        // The engine makes workers of its own.
        drop(worker);
        life::go_on(&house, &sandbox, &brand, &clock, ended_by_somebody()).await?;
    }
    if let Some(served) = served {
        served.stop().await;
    }
    house.ledger.close().await;
    Ok(if well { exit::OK } else { exit::FAILED })
}

/// The console of the made-up brand, without signing in; the demo goes on without it where it cannot be opened.
async fn open_console(house: &Arc<House>, voice: Voice) -> Option<Served> {
    match console::serve(house, Door::Demo).await {
        Ok(served) => {
            let served = served?;
            voice.talk(&format!("The console is open: http://{}/", served.address));
            Some(served)
        }
        Err(error) => {
            voice.talk(&error.to_string());
            None
        }
    }
}

/// Makes what `init` makes: folder, key and ledger; and puts the demo's clock in.
async fn found(folder: &Path, sandbox: &Sandbox, clock: &DemoClock) -> Result<House, ComposeError> {
    let smtp = sandbox.smtp_address();
    let environment = [
        ("JOOR_SHOPIFY_SMTP__HOST", smtp.ip().to_string()),
        ("JOOR_SHOPIFY_SMTP__PORT", smtp.port().to_string()),
        ("JOOR_SHOPIFY_SMTP__SECURITY", "none".to_owned()),
        ("JOOR_SHOPIFY_SMTP__FROM", "joor-shopify <exports@brand.example.com>".to_owned()),
        ("JOOR_SHOPIFY_CONSOLE__LISTEN", "127.0.0.1:0".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let config = Config::load(folder, environment, Trial::On).map_err(|errors| listed(&errors))?;
    drop(Vault::create(&config.key_file).map_err(words)?);
    Ledger::make(&config.ledger).await?.0.close().await;
    let house = House::open(config, Trial::On).await?;
    Ok(House { clock: Arc::new(clock.clone()), ..house })
}

/// Makes what `connection apply` makes: a connection with its settings and its sealed secrets.
async fn connect(house: &House, name: &str, file: &str) -> Result<Worker, ComposeError> {
    let checked =
        settings::check(name, file, &house.config.data, Trial::On).map_err(|errors| listed(&errors))?;
    let now = house.clock.now();
    house.ledger.create_connection(name, &checked.document, BY, now).await?;
    for (secret, value) in &checked.secrets {
        let sealed = house.vault()?.seal(name, secret, value)?;
        house.ledger.put_secret(name, secret, &sealed, now).await?;
    }
    let connection = house.ledger.connection(name).await?;
    let connection =
        connection.ok_or_else(|| ComposeError::Words(format!("the connection {name} is gone")))?;
    house.worker(&connection).await
}

/// Cycles until nothing is in flight, no follow-up and no report is due, and a cycle changed nothing.
async fn until_settled(
    house: &House,
    worker: &mut Worker,
    clock: &DemoClock,
    bar: &ProgressBar,
    what: &str,
) -> Result<(), ComposeError> {
    let mut quiet = 0;
    for _ in 0..CYCLES_MAX {
        let once = one_cycle(house, worker).await?;
        let exported = ExportQuery { states: vec!["exported"], ..ExportQuery::default() };
        let done = house.ledger.exports(CONNECTION, &exported).await?.len();
        bar.set_position(done as u64);
        bar.set_message(format!("{what}: {done} in Shopify, {} not yet certain", once.unconfirmed));
        let counts = &once.turn.counts;
        let changed = counts.exported
            + counts.adopted
            + counts.reported
            + counts.follow_ups
            + counts.new
            + counts.mails;
        let open = once.unconfirmed > 0 || once.turn.problem.is_some() || changed > 0;
        quiet = if open { 0 } else { quiet + 1 };
        // Two quiet cycles, since a set re-export is only honoured when two reads show it.
        if quiet >= 2 {
            break;
        }
        clock.leap(if once.unconfirmed > 0 && changed == 0 { QUIET_LEAP } else { LEAP });
    }
    Ok(())
}

fn bar(voice: Voice, orders: usize) -> ProgressBar {
    if voice.json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(orders as u64);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_bar} {pos} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn invite(voice: Voice, folder: &Path, sandbox: &Sandbox) {
    let how = if std::io::stdin().is_terminal() { "Press Enter to end." } else { "It ends with SIGTERM." };
    voice.talk(&format!(
        "\nLife goes on: orders arrive, and what you ask for in the console is done. The sandbox is still up (JOOR {}, \
         Shopify {}). Look around from another terminal, for example:\n  joor-shopify --trial --data {} problems\n{how}",
        sandbox.joor_api_url(),
        sandbox.shopify_url(),
        folder.display()
    ));
}

/// By a signal, or by Enter where there is a keyboard.
async fn ended_by_somebody() {
    if !std::io::stdin().is_terminal() {
        return stop_signal().await;
    }
    let (pressed, waits) = tokio::sync::oneshot::channel::<()>();
    // A thread of its own: a read that nobody answers must not hold up the end by a signal.
    std::thread::spawn(move || {
        let mut line = String::new();
        // A keyboard that is gone is taken for Enter.
        drop(std::io::stdin().read_line(&mut line));
        drop(pressed);
    });
    tokio::select! {
        () = stop_signal() => {}
        _ = waits => {}
    }
}

fn words(error: impl std::fmt::Display) -> ComposeError {
    ComposeError::Words(error.to_string())
}

fn listed(errors: &[SettingError]) -> ComposeError {
    ComposeError::Words(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
