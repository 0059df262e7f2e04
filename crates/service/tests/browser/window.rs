//! A window of Debian's Chromium with a profile of its own, and the verbs of a person in front of it.

use crate::harness::{BOUND, until};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, Key, LoggingPrefsLogLevel, SessionId};

const POLL: Duration = Duration::from_millis(50);
/// Nobody looks at more of a page, in pixels.
const HEIGHT_MAX: f64 = 4000.0;
/// A click may have to wait for a cycle, and that for whatever else this machine does.
const PATIENCE: Duration = BOUND.saturating_mul(3);
/// Where whoever wants to look finds every page as it was.
pub const SCREENSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/screenshots");

/// What a browser is told besides where to go.
const ARGUMENTS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--lang=en",
    // What the browser itself would ask the world ends here; this machine is asked without a proxy.
    "--proxy-server=http://127.0.0.1:9",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    On,
    Off,
}

pub struct Window {
    driver: Option<WebDriver>,
    session: SessionId,
    chromedriver: Child,
    port: u16,
    /// Host and port of the console.
    home: String,
    _profile: tempfile::TempDir,
}

impl Window {
    pub async fn at(home: &str) -> Window {
        Window::with(home, Script::On).await
    }

    pub async fn with(home: &str, script: Script) -> Window {
        // A second window of a journey finds it chosen.
        rustls::crypto::ring::default_provider().install_default().ok();
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let (chromedriver, port) = started(profile.path()).await;
        let mut wanted = ChromeCapabilities::new();
        for argument in ARGUMENTS {
            wanted.add_arg(argument).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().join("user").display())).unwrap();
        wanted.set_logging_prefs("performance", LoggingPrefsLogLevel::All).unwrap();
        if script == Script::Off {
            let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wanted.add_experimental_option("prefs", off).unwrap();
        }
        let driver =
            WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.expect("Chromium opens");
        let session = driver.session_id().clone();
        let window = Window {
            driver: Some(driver),
            session,
            chromedriver,
            port,
            home: home.to_owned(),
            _profile: profile,
        };
        window.be(Device::Desk, Scheme::Light).await;
        window
    }

    pub fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("the window is open")
    }

    // Where one is.

    pub async fn goto(&self, path: &str) {
        self.driver().goto(format!("http://{}{path}", self.home)).await.expect("the console answers");
    }

    /// Path and query.
    pub async fn path(&self) -> String {
        let url = self.driver().current_url().await.expect("a window has an address");
        url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
    }

    pub async fn until_at(&self, path: &str) {
        self.until(&format!("at {path}"), async || self.path().await == path).await;
    }

    // What one sees.

    /// What can be read on the page, as it is laid out.
    pub async fn words(&self) -> String {
        match self.driver().find(By::Tag("main")).await {
            Ok(main) => main.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    pub async fn says(&self, words: &str) {
        self.until(&format!("{words:?} is said"), async || self.words().await.contains(words)).await;
    }

    /// Looks again and again until it holds.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let watch = async {
            while !holds().await {
                tokio::time::sleep(POLL).await;
            }
        };
        if tokio::time::timeout(PATIENCE, watch).await.is_err() {
            self.photograph("where-it-failed").await;
            panic!("not within {PATIENCE:?}: {what}\n{}\n{}", self.path().await, self.words().await);
        }
    }

    /// Whether something with these words can be pressed or followed.
    pub async fn offers(&self, words: &str) -> bool {
        self.driver().find(pressed(words)).await.is_ok()
    }

    /// The texts of all of them, in their order.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.driver().find_all(By::Css(css)).await.unwrap_or_default() {
            texts.push(element.text().await.unwrap_or_default());
        }
        texts
    }

    // What one does.

    /// A button, a link or something that unfolds, by its words.
    pub async fn press(&self, words: &str) {
        self.click(words, pressed(words)).await;
    }

    /// Parts of a page that come alive may be replaced just now; a click that meets nothing has done nothing.
    pub async fn click(&self, what: &str, by: By) {
        self.until(&format!("{what} can be pressed"), async || {
            let found = self.driver().find(by.clone()).await;
            matches!(found, Ok(found) if found.click().await.is_ok())
        })
        .await;
    }

    /// The field of this label.
    pub async fn field(&self, label: &str) -> WebElement {
        let label = By::XPath(format!("//label[normalize-space()=\"{label}\"]"));
        let label = self.driver().find(label).await.expect("a field has a label");
        let id = label.attr("for").await.unwrap().expect("a label says whose it is");
        self.driver().find(By::Id(id)).await.expect("a label belongs to a field")
    }

    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Keys go to whatever has the focus.
    pub async fn keys(&self, keys: impl AsRef<str>) {
        self.driver().action_chain().send_keys(keys.as_ref()).perform().await.expect("keys can be pressed");
    }

    pub async fn key(&self, key: Key) {
        self.keys(char::from(key).to_string()).await;
    }

    /// What a script of ours tells about the page.
    pub async fn run(&self, script: &str) -> Value {
        self.driver().execute(script, vec![]).await.expect("the script runs").json().clone()
    }

    /// The same for one that is handed `done`.
    pub async fn run_until_done(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1];\n{script}");
        self.driver().execute_async(script, vec![]).await.expect("the script ends").json().clone()
    }

    // How one looks at it.

    pub async fn be(&self, device: Device, scheme: Scheme) {
        let (width, height, mobile) = match device {
            Device::Desk => (1280, 800, false),
            Device::Phone => (390, 844, true),
        };
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        let value = if scheme == Scheme::Dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.cdp("Emulation.setEmulatedMedia", features).await;
    }

    pub async fn cdp(&self, method: &str, parameters: Value) -> Value {
        self.driver().cdp().send_raw(method, parameters).await.expect("Chromium does as it is told")
    }

    /// Keeps a picture of the whole page.
    pub async fn photograph(&self, name: &str) {
        let size = self.cdp("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone();
        let height = size["height"].as_f64().unwrap_or_default().min(HEIGHT_MAX);
        let png = self.picture(size["width"].as_f64().unwrap_or_default(), height).await;
        std::fs::create_dir_all(SCREENSHOTS).expect("target/ can be written");
        std::fs::write(Path::new(SCREENSHOTS).join(format!("{name}.png")), png)
            .expect("target/ can be written");
    }

    /// The upper left of the page, as PNG.
    pub async fn picture(&self, width: f64, height: f64) -> Vec<u8> {
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let asked = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.cdp("Page.captureScreenshot", asked).await;
        BASE64.decode(taken["data"].as_str().unwrap_or_default()).expect("a picture")
    }

    /// What pages wanted from other hosts since this was asked last.
    pub async fn asked_outside(&self) -> Vec<String> {
        let log = self.driver().get_log("performance").await.expect("Chromium keeps a log");
        let requests = log.iter().filter_map(|entry| serde_json::from_str::<Value>(&entry.message).ok());
        let of_pages = requests.filter(|one| {
            let document = one["message"]["params"]["documentURL"].as_str().unwrap_or_default();
            // The page that a window begins with is the browser's own.
            one["message"]["method"] == "Network.requestWillBeSent" && !document.starts_with("chrome")
        });
        let urls: Vec<String> = of_pages
            .filter_map(|one| one["message"]["params"]["request"]["url"].as_str().map(str::to_owned))
            .collect();
        assert!(!urls.is_empty(), "the log tells nothing");
        let own = format!("http://{}/", self.home);
        urls.into_iter().filter(|url| !url.starts_with(&own) && !url.starts_with("data:")).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    Desk,
    Phone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.leak().ok();
        }
        // Chromedriver takes its Chromium along only when the session is ended.
        if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
            let end = format!("DELETE /session/{} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", self.session);
            stream.set_read_timeout(Some(BOUND)).ok();
            stream.write_all(end.as_bytes()).ok();
            stream.read_to_end(&mut Vec::new()).ok();
        }
        self.chromedriver.kill().ok();
        self.chromedriver.wait().ok();
    }
}

/// A button, a link, or what unfolds.
fn pressed(words: &str) -> By {
    let named = |tag: &str| format!("//{tag}[normalize-space()=\"{words}\"]");
    By::XPath(["button", "a", "summary"].map(named).join(" | "))
}

async fn started(folder: &Path) -> (Child, u16) {
    let log = folder.join("chromedriver.log");
    let file = std::fs::File::create(&log).expect("a log in the profile's folder");
    let child = Command::new("chromedriver")
        .arg("--port=0")
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver is here; hint: apt-get install chromium chromium-driver");
    let port = || {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let (_, port) = said.split_once("started successfully on port ")?;
        port.split('.').next()?.parse().ok()
    };
    until("chromedriver says its port", || port().is_some()).await;
    (child, port().unwrap())
}
