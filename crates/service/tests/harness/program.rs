//! Runs the real binary: to its end, or as a child that the story kills or stops.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What a run of the program left behind.
#[derive(Clone, Debug)]
pub struct Ran {
    pub code: i32,
    /// The last line of standard output, if it is JSON.
    pub json: Value,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn must_end_with(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "exit code\n{}{}", self.stdout, self.stderr);
        self
    }
}

/// In place of an exit code: the program did not end by itself.
pub const BY_A_SIGNAL: i32 = -1;

/// Names another build of the program that the stories run, such as the release.
const PROGRAM: &str = "JOOR_SHOPIFY_STORIES_PROGRAM";

/// The program with a clean environment.
pub fn program(arguments: &[&str]) -> Command {
    let build = std::env::var_os(PROGRAM).unwrap_or_else(|| env!("CARGO_BIN_EXE_joor-shopify").into());
    let mut command = Command::new(build);
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("JOOR_SHOPIFY_")) {
        command.env_remove(name);
    }
    // Stories are told side by side, and no two may want the same port.
    command.env("JOOR_SHOPIFY_CONSOLE__LISTEN", "127.0.0.1:0");
    command
}

/// Runs it to its end, without holding up the sandbox.
pub async fn run_to_end(mut command: Command) -> Ran {
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("waiting for a child does not panic")
        .expect("the program starts");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let json = stdout.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
    Ran {
        code: output.status.code().unwrap_or(BY_A_SIGNAL),
        json,
        stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The program as a child. It is killed when this is dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts the command; everything that it says goes into the file.
    pub fn start(mut command: Command, log: &Path) -> Daemon {
        let file = std::fs::File::create(log).expect("a log in the story's folder");
        let other = file.try_clone().expect("a second handle of the log");
        let child = command.stdout(file).stderr(other).spawn().expect("the program starts");
        Daemon { child, log: log.to_owned() }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `kill -9`: no destructor, no last words.
    pub fn kill(mut self) {
        self.child.kill().expect("the child is ours");
        self.child.wait().expect("the child is ours");
    }

    /// Asks it to stop, as a service manager would.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Everything in it stands still, as on a machine that is suspended.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill is there");
        assert!(asked.success(), "SIG{name} could not be sent");
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the child is ours").is_some()
    }

    /// Waits for the end by itself and tells its exit code.
    pub async fn ended(mut self) -> i32 {
        let log = self.log.clone();
        let waited = super::until("the program ends by itself", || self.has_ended());
        waited.await;
        let status = self.child.wait().expect("the child is ours");
        status.code().unwrap_or_else(|| {
            panic!("ended by a signal: {}", std::fs::read_to_string(log).unwrap_or_default())
        })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Already gone is fine.
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
    }
}
