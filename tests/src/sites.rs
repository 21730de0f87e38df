//! The sites of `demo/sites`, each as a visitor sees it.

use crate::browser::{Browser, Outcome};
use crate::child::{Server, free_port};
use crate::{root, told};
use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use std::fs;
use std::process::Command;
use std::time::Duration;

/// Far more time than any of them takes.
const LIMIT: Duration = Duration::from_secs(30);

/// The servers of the sites.
pub struct Sites {
    files: Server,
    aiohttp: Server,
    vite: Server,
    _cdn: Server,
    /// The numbers that each site shows, by NumPy.
    expected: String,
}

impl Sites {
    /// Serves the sites: as files, by an aiohttp app, and by Vite's development server.
    ///
    /// # Errors
    /// If one of the servers doesn't start.
    pub fn start() -> Result<Self> {
        let (sites, python) = (told("BYTEFERRY_SITES")?, told("BYTEFERRY_PYTHON")?);
        let serve = root().join("tests/sites/serve.py");
        let mut cdn = Command::new(&python);
        cdn.arg("-B").arg(&serve).arg(told("BYTEFERRY_DIST")?);
        let cdn = Server::start(cdn)?;
        let mut files = Command::new(&python);
        files.arg("-B").arg(&serve).arg(&sites).arg(&cdn.url);
        let port = free_port()?;
        let mut aiohttp = Command::new(&python);
        aiohttp.arg("-B").arg(sites.join("aiohttp/app.py")).arg(port.to_string());
        let aiohttp = Server::start_at(aiohttp, port)?;
        let port = free_port()?;
        let mut vite = Command::new(told("BYTEFERRY_NODE")?);
        vite.arg(sites.join("node_modules/vite/bin/vite.js")).current_dir(sites.join("vite"));
        vite.args(["--host", "127.0.0.1", "--strictPort", "--port"]).arg(port.to_string());
        let vite = Server::start_at(vite, port)?;
        let expected = fs::read_to_string(sites.join("expected.json")).context("reading expected.json")?;
        let expected = serde_json::from_str(&expected)?;
        Ok(Self { files: Server::start(files)?, aiohttp, vite, _cdn: cdn, expected })
    }

    /// Visits each, and reads what it shows.
    pub async fn visit(&self, browser: &Browser) -> Vec<Outcome> {
        let file = |path: &str| format!("{}{path}", self.files.url);
        let mut outcomes = Vec::new();
        for (title, url) in [
            ("plain HTML with two copied files", file("plain/index.html")),
            ("a classic script", file("classic/index.html")),
            ("the worker without its client", file("worker/index.html")),
            ("the script on another origin", file("cdn/index.html")),
            ("a strict Content-Security-Policy", file("csp/index.html")),
            ("Vite's server", format!("{}/", self.vite.url)),
            ("Vite's build", file("vite/dist/index.html")),
            ("webpack's build", file("webpack/public/index.html")),
            ("TypeScript, from the package", file("typescript/index.html")),
            ("Leptos, with the Rust client", file("leptos/index.html")),
            ("zarrita's big-endian chunks", file("zarrita/dist/index.html")),
            ("aiohttp, changed by three lines", format!("{}/", self.aiohttp.url)),
        ] {
            let title = format!("a site: {title}");
            outcomes.push(match self.shows(browser, &url).await {
                Ok(()) => Outcome::passed(title),
                Err(error) => Outcome::failed(title, &error),
            });
        }
        let title = "a site: Leptos, asked for other types";
        outcomes.push(match self.chooses(browser, &file("leptos/index.html")).await {
            Ok(()) => Outcome::passed(title),
            Err(error) => Outcome::failed(title, &error),
        });
        let published = self.published(browser, &file("published/index.html")).await;
        outcomes.push(match published {
            Ok(()) => Outcome::passed("the demo as files, without isolation"),
            Err(error) => Outcome::failed("the demo as files, without isolation", &error),
        });
        outcomes
    }

    /// The demo on a host that serves only files, without special headers.
    async fn published(&self, browser: &Browser, url: &str) -> Result<()> {
        browser.forget().await?;
        browser.page.goto(url).await?;
        browser.wait_for("document.body.dataset.state === 'ready'", LIMIT).await?;
        let drawn = "(({ co2, dem }) => [crossOriginIsolated, co2.data[0], dem.data[0], \
                     ...['#live .together', '#live .published'].map((it) => document.querySelector(it).hidden)])(byteferryDemo)";
        let drawn = browser.ask(drawn).await?;
        ensure!(drawn == json!([false, 316.100_006_103_515_6, 483, true, false]), "the page has {drawn}");
        browser.wait_for("document.querySelector('.anatomy tbody tr')", LIMIT).await?;
        let problems = browser.forget().await?;
        ensure!(problems.is_empty(), "{problems:?}");
        Ok(())
    }

    /// The site in Leptos, asked for a type that NumPy's `safe` allows, and for one that it doesn't.
    async fn chooses(&self, browser: &Browser, url: &str) -> Result<()> {
        self.shows(browser, url).await?;
        let float64 = self.expected.replacen("float32", "float64", 1);
        for (dtype, expected) in
            [("float64", &*float64), ("int32", "unsafe-cast: "), ("float32", &self.expected)]
        {
            let change = "dispatchEvent(new Event('change', { bubbles: true }))";
            let choose = format!(
                "((it) => {{ it.value = '{dtype}'; return it.{change}; }})(document.querySelector('select'))"
            );
            browser.ask(&choose).await?;
            let shown = format!("document.querySelector('output').textContent.includes({})", json!(expected));
            browser.wait_for(&shown, LIMIT).await?;
        }
        let problems = browser.forget().await?;
        ensure!(problems.is_empty(), "{problems:?}");
        Ok(())
    }

    async fn shows(&self, browser: &Browser, url: &str) -> Result<()> {
        browser.forget().await?;
        browser.page.goto(url).await?;
        let text = "document.querySelector('output')?.textContent.replace('…', '') || null";
        let shown = browser.wait_for(text, LIMIT).await;
        let problems = browser.forget().await?;
        ensure!(problems.is_empty(), "{problems:?}");
        let shown = shown?.as_str().unwrap_or_default().to_owned();
        ensure!(shown.contains(&self.expected), "it shows '{shown}', not '{}'", self.expected);
        Ok(())
    }
}
