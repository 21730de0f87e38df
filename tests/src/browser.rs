//! Browsers, by WebDriver: each engine is a row in a table.

use crate::child::{Server, free_port};
use crate::{root, told};
use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, FirefoxCapabilities, LoggingPrefsLogLevel};

/// An engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Blink and V8
    Chromium,
    /// Gecko and SpiderMonkey
    Firefox,
    /// WebKit and JavaScriptCore, as GTK's: Safari's engine, though not Safari
    WebKit,
}

impl Engine {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// Its name in test titles.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        }
    }

    /// The display that it needs, if any.
    fn display(self) -> Result<Option<Server>> {
        match self {
            Self::Chromium | Self::Firefox => Ok(None),
            Self::WebKit => Server::start_display().map(Some),
        }
    }

    fn driver(self, display: Option<&Server>) -> Result<Server> {
        let port = free_port()?;
        let mut command = Command::new(told(match self {
            Self::Chromium => "BYTEFERRY_CHROMEDRIVER",
            Self::Firefox => "BYTEFERRY_GECKODRIVER",
            Self::WebKit => "BYTEFERRY_WEBKITDRIVER",
        })?);
        if let Some(display) = display {
            command.env("DISPLAY", &display.url);
        }
        match self {
            Self::Chromium => command.arg(format!("--port={port}")),
            // A second port, for talking to Firefox, so that two drivers can run.
            Self::Firefox => command
                .arg("--port")
                .arg(port.to_string())
                .arg("--websocket-port")
                .arg(free_port()?.to_string()),
            Self::WebKit => command
                .arg(format!("--port={port}"))
                // Its sandbox needs namespaces, which containers lack.
                .env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1")
                // An isolated page has shared memory only in a process of its own, which it doesn't get under
                // automation.
                .env("JSC_useSharedArrayBuffer", "1")
                // Its Intl takes the system's locale as a language tag, and throws at C.
                .env("LC_ALL", "en_US.UTF-8"),
        };
        Server::start_at(command, port)
    }

    fn capabilities(self) -> Result<Capabilities> {
        match self {
            Self::Chromium => {
                let mut wanted = ChromeCapabilities::new();
                wanted.set_binary(&told("BYTEFERRY_CHROMIUM")?.to_string_lossy())?;
                wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
                for argument in [
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--disable-dev-shm-usage",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                ] {
                    wanted.add_arg(argument)?;
                }
                Ok(wanted.into())
            }
            Self::Firefox => {
                let mut wanted = FirefoxCapabilities::new();
                wanted.set_firefox_binary(&told("BYTEFERRY_FIREFOX")?.to_string_lossy())?;
                wanted.add_arg("-headless")?;
                // Allows popups: only a window without toolbars can be as narrow as a phone.
                let mut preferences = FirefoxPreferences::new();
                preferences.set("dom.disable_open_during_load", false)?;
                wanted.set_preferences(preferences)?;
                Ok(wanted.into())
            }
            Self::WebKit => {
                let mut wanted = Capabilities::new();
                let binary = told("BYTEFERRY_MINIBROWSER")?;
                let arguments = ["--automation", "--javascript-can-open-windows-automatically=true"];
                let options = json!({ "binary": binary.to_string_lossy(), "args": arguments });
                wanted.set("webkitgtk:browserOptions", options)?;
                Ok(wanted)
            }
        }
    }
}

/// A running browser. `end` closes it, and so does dropping it, if a test fails.
pub struct Browser {
    /// Its engine.
    pub engine: Engine,
    /// The WebDriver session.
    pub page: WebDriver,
    // Dropped in this order: the driver, which ends its browser, then the display.
    driver: Server,
    _display: Option<Server>,
}

impl Browser {
    /// Starts one.
    ///
    /// # Errors
    /// If the driver or the browser doesn't start.
    pub async fn start(engine: Engine) -> Result<Self> {
        let display = engine.display()?;
        let driver = engine.driver(display.as_ref())?;
        let page = WebDriver::new(&driver.url, engine.capabilities()?)
            .await
            .with_context(|| format!("starting {}", engine.name()))?;
        page.set_script_timeout(Duration::from_secs(60)).await?;
        Ok(Self { engine, page, driver, _display: display })
    }

    /// The process id of the browser's driver.
    pub fn driver(&self) -> u32 {
        self.driver.id()
    }

    /// Evaluates an expression in the page.
    ///
    /// # Errors
    /// If it throws.
    pub async fn ask(&self, expression: &str) -> Result<Value> {
        let value = self.page.execute(format!("return {expression}"), Vec::new()).await?;
        Ok(value.json().clone())
    }

    /// Evaluates an expression again and again until it is neither null nor false.
    ///
    /// # Errors
    /// If it still is at the end of the limit.
    pub async fn wait_for(&self, expression: &str, limit: Duration) -> Result<Value> {
        let began = Instant::now();
        loop {
            match self.ask(expression).await? {
                Value::Null | Value::Bool(false) => {}
                value => return Ok(value),
            }
            if began.elapsed() > limit {
                bail!("'{expression}' did not come true within {limit:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a job in a new window whose page has exactly that size; closes the window in any case.
    ///
    /// # Errors
    /// The job's error; or if there is no such window within ten seconds.
    pub async fn in_window<T>(
        &self,
        (width, height): (u32, u32),
        job: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let main = self.open_window(width, height).await?;
        let result = job.await;
        self.page.close_window().await?;
        self.page.switch_to_window(main).await?;
        result
    }

    /// Saves a screenshot of the page in `target/screenshots`.
    ///
    /// # Errors
    /// If it cannot be taken or written.
    pub async fn photograph(&self, name: &str) -> Result<()> {
        let folder = root().join("target/screenshots");
        fs::create_dir_all(&folder)?;
        Ok(self.page.screenshot(&folder.join(format!("{}-{name}.png", self.engine.name()))).await?)
    }

    /// Checks that the page is no wider than its window.
    ///
    /// # Errors
    /// If it is wider, and by how much.
    pub async fn fits(&self) -> Result<()> {
        let wide = self.ask("document.documentElement.scrollWidth - innerWidth").await?;
        ensure!(wide.as_i64().is_some_and(|by| by <= 0), "the page is {wide} pixels too wide");
        Ok(())
    }

    /// Opens a window whose page has exactly that size, and switches to it; returns the window to come back to.
    ///
    /// The window has no toolbars: with them, Firefox makes none narrower than 500 pixels.
    async fn open_window(&self, width: u32, height: u32) -> Result<WindowHandle> {
        let main = self.page.window().await?;
        let before = self.page.windows().await?;
        let open = format!("window.open('about:blank', '', 'popup,width={width},height={height}')");
        self.page.execute(open, Vec::new()).await?;
        let mut opened = None;
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if opened.is_none() {
                opened = self.page.windows().await?.into_iter().find(|window| !before.contains(window));
                if let Some(window) = &opened {
                    self.page.switch_to_window(window.clone()).await?;
                }
                continue;
            }
            let inner = self.ask("[innerWidth, innerHeight]").await?;
            let (Some(w), Some(h)) = (inner[0].as_i64(), inner[1].as_i64()) else {
                bail!("a window of {inner}");
            };
            let (more_w, more_h) = (i64::from(width) - w, i64::from(height) - h);
            if (more_w, more_h) == (0, 0) {
                return Ok(main);
            }
            // The size of the window's frame is known only now.
            let outer = self.page.get_window_rect().await?;
            let size = |outer: i64, more: i64| u32::try_from(outer + more).context("a window of no size");
            self.page.set_window_rect(0, 0, size(outer.width, more_w)?, size(outer.height, more_h)?).await?;
        }
        bail!("no window whose page has {width} x {height} pixels")
    }

    /// All problems of a page with `listen.js` since the last call: those it recorded, and the browser's log.
    ///
    /// # Errors
    /// If the page has no such script.
    pub async fn problems(&self) -> Result<Vec<String>> {
        let told = self.ask("window.problems && problems.splice(0)").await?;
        let mut problems: Vec<String> = serde_json::from_value(told).context("a page without listen.js")?;
        problems.extend(self.forget().await?);
        Ok(problems)
    }

    /// Empties the browser's own log, and returns its errors and warnings.
    /// Only Chromium lets it be read: there, it has failed requests, too.
    ///
    /// # Errors
    /// If the browser doesn't answer any more.
    pub async fn forget(&self) -> Result<Vec<String>> {
        if self.engine != Engine::Chromium {
            return Ok(Vec::new());
        }
        let log = self.page.browser_log().await?;
        let bad = log.into_iter().filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
        Ok(bad.map(|entry| format!("log: {}", entry.message)).collect())
    }

    /// Runs one file of mocha tests.
    ///
    /// # Errors
    /// If the page doesn't report within the limit, or reports that it ran nothing.
    pub async fn run_suite(&self, url: &str, limit: Duration) -> Result<Vec<Outcome>> {
        self.page.goto(url).await?;
        let report = self.wait_for("window.report && JSON.stringify(window.report)", limit).await?;
        let outcomes: Vec<Outcome> =
            serde_json::from_str(report.as_str().context("a report that is no text")?)?;
        ensure!(!outcomes.is_empty(), "{url} ran no test at all");
        Ok(outcomes)
    }

    /// Closes it.
    ///
    /// # Errors
    /// If it doesn't answer any more.
    pub async fn end(self) -> Result<()> {
        Ok(self.page.quit().await?)
    }
}

/// The outcome of a test in a page.
#[derive(Debug, Deserialize)]
pub struct Outcome {
    /// Its full title.
    pub title: String,
    /// What went wrong, if anything did.
    pub error: Option<String>,
    /// Figures to print.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Whether it skipped itself, as meaningless in this engine.
    #[serde(default)]
    pub skipped: bool,
}

impl Outcome {
    /// A test that passed.
    pub fn passed(title: impl Into<String>) -> Self {
        Self { title: title.into(), error: None, notes: Vec::new(), skipped: false }
    }

    /// A test that failed, and why.
    pub fn failed(title: impl Into<String>, error: &anyhow::Error) -> Self {
        Self { error: Some(format!("{error:#}")), ..Self::passed(title) }
    }
}
