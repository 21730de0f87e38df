//! Browsers, by WebDriver: each engine is a row in a table.

use crate::child::{Server, free_port};
use crate::told;
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::process::Command;
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, FirefoxCapabilities};

/// An engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Blink and V8
    Chromium,
    /// Gecko and SpiderMonkey
    Firefox,
}

impl Engine {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Chromium, Self::Firefox];

    /// As it stands in a test's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    fn driver(self) -> Result<Server> {
        let port = free_port()?;
        let mut command = Command::new(told(match self {
            Self::Chromium => "BYTEFERRY_CHROMEDRIVER",
            Self::Firefox => "BYTEFERRY_GECKODRIVER",
        })?);
        match self {
            Self::Chromium => command.arg(format!("--port={port}")),
            // Its own port for talking to Firefox, too, so that two of them can run.
            Self::Firefox => command
                .arg("--port")
                .arg(port.to_string())
                .arg("--websocket-port")
                .arg(free_port()?.to_string()),
        };
        Server::start_at(command, port)
    }

    fn capabilities(self) -> Result<Capabilities> {
        match self {
            Self::Chromium => {
                let mut wanted = ChromeCapabilities::new();
                wanted.set_binary(&told("BYTEFERRY_CHROMIUM")?.to_string_lossy())?;
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
                Ok(wanted.into())
            }
        }
    }
}

/// A running browser. `end` closes it; if a test breaks off before, its driver ends with the process.
pub struct Browser {
    /// What it is asked by.
    pub page: WebDriver,
    _driver: Server,
}

impl Browser {
    /// Starts one.
    ///
    /// # Errors
    /// If the driver or the browser doesn't start.
    pub async fn start(engine: Engine) -> Result<Self> {
        let driver = engine.driver()?;
        let page = WebDriver::new(&driver.url, engine.capabilities()?)
            .await
            .with_context(|| format!("starting {}", engine.name()))?;
        page.set_script_timeout(Duration::from_secs(60)).await?;
        Ok(Self { page, _driver: driver })
    }

    /// Asks an expression again and again until it is neither null nor false.
    ///
    /// # Errors
    /// If it still is when the time is over.
    pub async fn wait_for(&self, expression: &str, limit: Duration) -> Result<serde_json::Value> {
        let began = Instant::now();
        loop {
            let value = self.page.execute(format!("return {expression}"), Vec::new()).await?;
            match value.json() {
                serde_json::Value::Null | serde_json::Value::Bool(false) => {}
                value => return Ok(value.clone()),
            }
            if began.elapsed() > limit {
                bail!("'{expression}' did not come true within {limit:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs one file of mocha tests.
    ///
    /// # Errors
    /// If the page doesn't report within the limit.
    pub async fn run_suite(&self, url: &str, limit: Duration) -> Result<Vec<Outcome>> {
        self.page.goto(url).await?;
        let report = self.wait_for("window.report && JSON.stringify(window.report)", limit).await?;
        Ok(serde_json::from_str(report.as_str().context("a report that is no text")?)?)
    }

    /// Closes it.
    ///
    /// # Errors
    /// If it doesn't answer any more.
    pub async fn end(self) -> Result<()> {
        Ok(self.page.quit().await?)
    }
}

/// What became of a test in a page.
#[derive(Debug, Deserialize)]
pub struct Outcome {
    /// Its full title.
    pub title: String,
    /// What went wrong, if anything did.
    pub error: Option<String>,
    /// Figures worth telling.
    #[serde(default)]
    pub notes: Vec<String>,
}
