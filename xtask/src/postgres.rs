//! A PostgreSQL server of our own for the tests: on loopback, on a free port, with a fresh folder, never as root, and gone
//! at the end. What is in the databases is the tests' business.

use crate::tools;
use std::io::{BufRead, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The oldest that the product takes.
const OLDEST: u32 = 15;
const START_MAX: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);
/// Only this machine gets to ask for it, and only while the tests run.
const PASSWORD: &str = "for-tests-only";
/// Who runs the server where we are root, which it refuses.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// What the tests read.
pub const URL: &str = "JOOR_SHOPIFY_TEST_POSTGRES";
pub const CERTIFICATE: &str = "JOOR_SHOPIFY_TEST_POSTGRES_CERTIFICATE";
pub const STARTER: &str = "JOOR_SHOPIFY_TEST_POSTGRES_STARTER";

/// Ends with this value.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<&'static str>,
    port: u16,
    child: Option<Child>,
}

impl Server {
    pub fn start() -> Result<Server, String> {
        let programs = programs().ok_or_else(|| {
            format!("PostgreSQL {OLDEST} or newer is not here; hint: sudo apt-get install postgresql")
        })?;
        let folder = std::env::temp_dir().join(format!("joor-shopify-postgres-{}", std::process::id()));
        let user = if tools::is_root() { USERS.into_iter().find(|user| is_user(user)) } else { None };
        let mut server = Server { programs, folder, user, port: free_port()?, child: None };
        server.make()?;
        server.spawn()?;
        Ok(server)
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.join("server.crt")
    }

    /// Sets what the tests look for.
    pub fn told_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        if let Ok(this) = std::env::current_exe() {
            command.env(STARTER, this);
        }
        command.env(URL, self.url()).env(CERTIFICATE, self.certificate())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn make(&self) -> Result<(), String> {
        let folder = self.folder.display().to_string();
        tools::run(self.as_user("mkdir").args(["-m", "755", &folder]))?;
        let password = self.folder.join("password");
        let mut write = self.as_user("sh");
        tools::run(write.args(["-c", &format!("echo {PASSWORD} > {}", password.display())]))?;
        let mut init = self.as_user(self.programs.join("initdb"));
        init.args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        init.arg(format!("--pwfile={}", password.display())).arg("-D").arg(self.data());
        tools::run(init.stdout(Stdio::null()))?;
        let mut certificate = self.as_user("openssl");
        certificate.args(["req", "-new", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
        certificate.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
        certificate
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-out")
            .arg(self.certificate());
        tools::run(certificate.arg("-keyout").arg(self.folder.join("server.key")).stderr(Stdio::null()))
    }

    fn spawn(&mut self) -> Result<(), String> {
        let mut command = self.as_user(self.programs.join("postgres"));
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        let key = self.folder.join("server.key");
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "max_connections=300".to_owned(),
            // The machine does not fail during a test.
            "fsync=off".to_owned(),
            "log_min_messages=panic".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", self.certificate().display()),
            format!("ssl_key_file={}", key.display()),
        ] {
            command.arg("-c").arg(setting);
        }
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(quiet.spawn().map_err(|error| format!("postgres: {error}"))?);
        self.wait_until_ready()
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let looks = START_MAX.as_millis() / LOOK.as_millis();
        for _ in 0..looks {
            let mut ask = Command::new(self.programs.join("pg_isready"));
            ask.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ask.status().is_ok_and(|status| status.success()) {
                return Ok(());
            }
            if let Some(Ok(Some(status))) = self.child.as_mut().map(Child::try_wait) {
                return Err(format!("postgres ended with {status}"));
            }
            std::thread::sleep(LOOK);
        }
        Err(format!("postgres was not ready within {START_MAX:?}"))
    }

    /// Ends the server as a crash would: its clients hear nothing.
    fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let sent = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
        if !sent.is_ok_and(|status| status.success()) {
            child.kill().ok();
        }
        child.wait().ok();
    }

    pub fn restart(&mut self) -> Result<(), String> {
        self.stop();
        self.spawn()
    }

    /// A command as the server's user, told to end when this program does.
    fn as_user(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "QUIT"]).current_dir("/");
        if let Some(user) = self.user {
            command.arg(format!("--reuid={user}")).args(["--clear-groups", "--"]);
        } else {
            command.arg("--");
        }
        command.arg(program);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// `cargo xtask postgres`: a server until standard input ends. It says where it is in the first line; a line `restart`
/// restarts it.
pub fn serve() -> Result<(), String> {
    let mut server = Server::start()?;
    let mut out = std::io::stdout();
    let mut say =
        |words: &str| writeln!(out, "{words}").and_then(|()| out.flush()).map_err(|error| error.to_string());
    say(&server.url())?;
    for line in std::io::stdin().lock().lines() {
        if line.is_ok_and(|line| line.trim() == "restart") {
            server.restart()?;
            say("restarted")?;
        }
    }
    Ok(())
}

/// The folder of the newest server's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let newest = debian.filter(|(version, folder)| *version >= OLDEST && has_all(folder)).max();
    newest.map(|(_, folder)| folder).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| has_all(folder))
    })
}

fn has_all(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_isready"].iter().all(|program| folder.join(program).is_file())
}

/// Is there a server that the tests can start?
pub fn is_here() -> bool {
    programs().is_some()
}

fn is_user(name: &str) -> bool {
    Command::new("id")
        .arg(name)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// Free a moment ago, which is as good as it gets.
fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}
