//! `joor-shopify`: starts the runtime and hands the command line over.

use clap::Parser;
use service::cli::Cli;
use service::commands::{Dispatched, dispatch};
use service::{demo, work};
use std::process::ExitCode;

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the program cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        match dispatch(Cli::parse(), std::env::vars()).await {
            Dispatched::Done(code) => code,
            Dispatched::Demo { exit, voice } => demo::run(exit, voice).await,
            Dispatched::Work(session, wanted) => work::run(&session, wanted).await,
        }
    });
    ExitCode::from(code)
}
