//! `joor-shopify`: starts the runtime and hands the command line over.

use clap::Parser;
use service::cli::{Cli, exit};
use service::commands::{Dispatched, dispatch, usage};
use service::show::output_refused;
use service::{demo, work};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let code = match Cli::try_parse_from(&arguments) {
        Ok(cli) => run(cli),
        Err(error) => usage::answer(&error, &arguments),
    };
    ExitCode::from(with_output(code))
}

fn run(cli: Cli) -> u8 {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            talk(&format!("error: the program cannot start: {error}"));
            return exit::FAILED;
        }
    };
    runtime.block_on(async {
        match dispatch(cli, std::env::vars()).await {
            Dispatched::Done(code) => code,
            Dispatched::Demo { exit, voice } => demo::run(exit, voice).await,
            Dispatched::Work(session, wanted) => work::run(&session, wanted).await,
        }
    })
}

/// Results that nobody could read are no success, whatever was done.
fn with_output(code: u8) -> u8 {
    let Some(reason) = output_refused() else { return code };
    talk(&format!("error: the results cannot be written to standard output: {reason}"));
    if code == exit::OK { exit::FAILED } else { code }
}

fn talk(text: &str) {
    // Nobody listens any more: there is nobody to tell that to.
    drop(writeln!(std::io::stderr(), "{text}"));
}
