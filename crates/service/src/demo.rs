//! `demo`: a made-up brand with its JOOR, its Shopify shop and its mailbox, all in this process, and the real program
//! working between them on a real ledger in a temporary folder. The judge of the sandbox knows each order's right fate.

mod show;
mod story;

use crate::cli::exit;
use crate::compose::{ComposeError, House};
use crate::config::Config;
use crate::cycle::Worker;
use crate::engine::one_cycle;
use crate::show::Voice;
use adapters::clock::SystemClock;
use adapters::ledger::{ExportQuery, Ledger};
use adapters::ports::Clock;
use adapters::settings::{self, SettingError, Trial};
use adapters::vault::Vault;
use indicatif::{ProgressBar, ProgressStyle};
use sandbox::brand::{Brand, DEMO_SEED};
use sandbox::{Sandbox, SandboxOptions};
use std::path::Path;
use std::time::Duration;

/// The connection of the demo.
pub const CONNECTION: &str = "demo";
/// Real shops get five minutes; the demo shortens it and says so.
const QUIET_TIME: &str = "10s";
/// Cycles are this far apart at least; a real connection keeps 60 seconds.
const INTERVAL: Duration = Duration::from_millis(300);
const CYCLES_MAX: usize = 60;

/// Runs the demo and says how it ended as an exit code.
pub async fn run(end: bool, voice: Voice) -> u8 {
    match play(end, voice).await {
        Ok(code) => code,
        Err(error) => {
            voice.talk(&format!("error: the demo could not run: {error}"));
            exit::FAILED
        }
    }
}

async fn play(end: bool, voice: Voice) -> Result<u8, ComposeError> {
    voice.talk(&format!(
        "Demo: a made-up brand, its JOOR, its Shopify and its mailbox run inside this program. Quiet time is {QUIET_TIME} \
         instead of 5 minutes."
    ));
    let folder = tempfile::tempdir().map_err(words)?;
    let sandbox = Sandbox::start(SandboxOptions::default()).await.map_err(words)?;
    let brand = Brand::new(DEMO_SEED);
    brand.plant(&sandbox, sandbox.clock.today());
    let house = set_up(folder.path(), &sandbox).await?;
    let connection = house.ledger.connection(CONNECTION).await?;
    let connection = connection.ok_or_else(|| ComposeError::Words("the demo's connection is gone".to_owned()))?;
    let mut worker = house.worker(&connection).await?;

    let bar = bar(voice, brand.orders.len());
    story::before(&sandbox);
    bar.set_message("preview: reading and deciding, sending nothing");
    one_cycle(&house, &mut worker).await?;
    house.ledger.insert_command(CONNECTION, "go_live", "{}", "demo", worker.now()).await?;
    until_settled(&house, &mut worker, &bar, "live: exporting").await?;
    story::meanwhile(&sandbox, &house, &brand).await?;
    until_settled(&house, &mut worker, &bar, "later: edits, cancellations, set to re-export").await?;
    story::afterwards(&house, &worker).await?;
    until_settled(&house, &mut worker, &bar, "settling").await?;
    bar.finish_and_clear();

    let verdicts = sandbox::judge::judge(&brand, &sandbox);
    let result = show::gather(&house, &worker, &sandbox, &brand, verdicts).await?;
    let settled = result.in_flight == 0 && result.wrong.is_empty() && result.balances;
    voice.data(result.json.clone());
    voice.text(&result.text);
    if !end && !voice.json {
        wait_for_enter(voice, folder.path(), &sandbox);
    }
    house.ledger.close().await;
    Ok(if settled { exit::OK } else { exit::FAILED })
}

/// Makes what `init` and `connection apply` make: folder, key, ledger, and the connection with its sealed secrets.
async fn set_up(folder: &Path, sandbox: &Sandbox) -> Result<House, ComposeError> {
    let smtp = sandbox.smtp_address();
    let environment = [
        ("JOOR_SHOPIFY_SMTP__HOST", smtp.ip().to_string()),
        ("JOOR_SHOPIFY_SMTP__PORT", smtp.port().to_string()),
        ("JOOR_SHOPIFY_SMTP__SECURITY", "none".to_owned()),
        ("JOOR_SHOPIFY_SMTP__FROM", "joor-shopify <exports@brand.example.com>".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let config = Config::load(folder, environment, Trial::On).map_err(|errors| listed(&errors))?;
    let vault = Vault::create(&config.key_file).map_err(words)?;
    let ledger = Ledger::open(&config.ledger).await?;
    let checked = settings::check("demo", &connection_file(sandbox), folder, Trial::On).map_err(|errors| listed(&errors))?;
    let now = SystemClock::start().now();
    ledger.create_connection(CONNECTION, &checked.document, "demo", now).await?;
    for (name, secret) in &checked.secrets {
        let sealed = vault.seal(CONNECTION, name, secret).map_err(words)?;
        ledger.put_secret(CONNECTION, name, &sealed, now).await?;
    }
    ledger.close().await;
    House::open(config, Trial::On).await
}

/// The settings of the demo's connection, as a brand would write them.
fn connection_file(sandbox: &Sandbox) -> String {
    let joor = sandbox.joor.options();
    let start = sandbox.clock.today().saturating_sub(jiff::ToSpan::days(sandbox::brand::START_DAYS_AGO));
    let mut tax = String::new();
    for rule in sandbox::brand::TAX_RULES {
        tax.push_str(&format!(
            "[tax.rules.{}]\nname = \"{}\"\nrate = \"{}%\"\non_shipping = true\n",
            rule.country,
            if rule.percent == 0 { "tax free" } else { rule.name },
            rule.percent
        ));
    }
    let currencies = sandbox::brand::CURRENCIES_ALLOWED.map(|code| format!("\"{code}\"")).join(", ");
    format!(
        r#"[joor]
environment = "sandbox"
api_url = "{api}"
token_url = "{token}"
account = "{account}"
client_id = "{client}"
client_secret = "{secret}"
username = "{user}"
password = "{password}"
[shopify]
shop_url = "{shop}"
access_token = "shpat_sandbox"
[schedule]
interval = "1s"
quiet_time = "{QUIET_TIME}"
exported_since = "{start}"
[orders]
currencies = [{currencies}]
[tax]
otherwise = "hold"
{tax}
[tags]
templates = ["{{{{ linesheet }}}}", "{{{{ season }}}}"]
[attributes]
"JOOR order" = "{{{{ order }}}}"
[alerts]
outages = ["it@brand.example.com"]
orders = ["wholesale@brand.example.com"]
daily = ["wholesale@brand.example.com"]
"#,
        api = sandbox.joor_api_url(),
        token = sandbox.joor_token_url(),
        account = joor.account,
        client = joor.client_id,
        secret = joor.client_secret,
        user = joor.username,
        password = joor.password,
        shop = sandbox.shopify_url(),
    )
}

/// Cycles until nothing is in flight, no follow-up and no report is due, and a cycle changed nothing.
async fn until_settled(house: &House, worker: &mut Worker, bar: &ProgressBar, what: &str) -> Result<(), ComposeError> {
    let mut quiet = 0;
    for _ in 0..CYCLES_MAX {
        let once = one_cycle(house, worker).await?;
        let exported = ExportQuery { states: vec!["exported"], ..ExportQuery::default() };
        let done = house.ledger.exports(CONNECTION, &exported).await?.len();
        bar.set_position(done as u64);
        bar.set_message(format!("{what}: {done} in Shopify, {} not yet certain", once.unconfirmed));
        let counts = &once.turn.counts;
        let changed = counts.exported + counts.adopted + counts.reported + counts.follow_ups + counts.new + counts.mails;
        let open = once.unconfirmed > 0 || once.turn.problem.is_some() || changed > 0;
        quiet = if open { 0 } else { quiet + 1 };
        // Two quiet cycles, since a set re-export is only honoured when two reads show it.
        if quiet >= 2 {
            break;
        }
        tokio::time::sleep(INTERVAL).await;
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

/// On a terminal the pretended world stays up for a look around, until Enter.
fn wait_for_enter(voice: Voice, folder: &Path, sandbox: &Sandbox) {
    use std::io::IsTerminal;
    if !std::io::stdin().is_terminal() {
        return;
    }
    voice.talk(&format!(
        "\nThe sandbox is still up (JOOR {}, Shopify {}). Look around from another terminal, for example:\n  \
         joor-shopify --trial --data {} problems\nPress Enter to end.",
        sandbox.joor_api_url(),
        sandbox.shopify_url(),
        folder.display()
    ));
    let mut line = String::new();
    if let Err(error) = std::io::stdin().read_line(&mut line) {
        voice.talk(&error.to_string());
    }
}

fn words(error: impl std::fmt::Display) -> ComposeError {
    ComposeError::Words(error.to_string())
}

fn listed(errors: &[SettingError]) -> ComposeError {
    ComposeError::Words(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
