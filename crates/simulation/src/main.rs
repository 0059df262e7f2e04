//! The command of simulations: months of a brand's life from seeds, and the crash matrix.

mod budgets;
mod crashes;
mod seeds;

use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Nobody waits longer than this for a word.
const SILENCE_MAX: Duration = Duration::from_secs(20);

#[derive(Parser)]
#[command(name = "simulate", about = "Plays the life of a connection in stopped time, with judges")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Months of a brand's life from a seed.
    Months(Months),
    /// Dies at every point of every scene, with one, two and three deaths in a row; repeats every step and every call.
    Crashes {
        /// Two and three deaths are tried for at most so many seconds; what happens once is always tried at every point.
        /// Without it nothing is left out, which takes hours.
        #[arg(long)]
        seconds: Option<u64>,
        /// Only scenes whose name contains this.
        #[arg(long, default_value = "")]
        scene: String,
    },
    /// What an export costs, beside its budgets.
    Bench {
        /// Orders that wait for stock while the memory is measured; there are ten variants for each.
        #[arg(long, default_value_t = 10_000)]
        waiting: usize,
    },
}

#[derive(Args, Clone, Copy)]
struct Months {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 3)]
    months: u32,
    /// As many further seeds as fit this many seconds; without it, the one seed. A seed that was begun is played to its
    /// end.
    #[arg(long)]
    seconds: Option<u64>,
    /// A plan that fails is made shorter for at most so many seconds.
    #[arg(long, default_value_t = 240)]
    shrink_seconds: u64,
    /// Only shows the plan.
    #[arg(long)]
    plan: bool,
}

/// How long it takes on this machine is part of what is asked for.
#[derive(Clone, Copy)]
struct Watch(Instant);

impl Watch {
    #[allow(
        clippy::disallowed_methods,
        reason = "simulated time is elsewhere; this is what the machine needs"
    )]
    fn start() -> Watch {
        Watch(Instant::now())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().what {
        What::Months(months) => seeds::run(months),
        What::Crashes { seconds, scene } => crashes::run(seconds.map(Duration::from_secs), &scene),
        What::Bench { waiting } => budgets::run(waiting),
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Does the work in as many threads as the machine has, and says now and then how far it is. `Err`: a thread broke off.
fn together(work: impl Fn() + Sync, how_far: impl Fn() -> String + Sync) -> Result<(), String> {
    std::thread::scope(|scope| {
        let (working, over) = channel::<()>();
        let teller = scope.spawn(|| {
            let over = over;
            while over.recv_timeout(SILENCE_MAX) == Err(RecvTimeoutError::Timeout) {
                println!("{}", how_far());
            }
        });
        let players: Vec<_> = (0..players()).map(|_| scope.spawn(&work)).collect();
        let broken = players.into_iter().filter_map(|player| player.join().err()).count();
        drop(working);
        let told = teller.join();
        if broken > 0 || told.is_err() {
            return Err(format!("{broken} threads broke off"));
        }
        Ok(())
    })
}

/// Threads that play at the same time.
fn players() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// A runtime for one player: everything happens in one thread, in one order.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the machine has a thread more")
}
