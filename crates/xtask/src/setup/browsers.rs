//! Chromium and Firefox with their WebDrivers.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::process;
use crate::setup::{Made, apt, program, say};
use crate::workspace::Workspace;

/// The version that `cargo install` gets: Debian packages none.
const GECKODRIVER: &str = "0.37.1";

/// A browser and the program that speaks WebDriver for it.
pub(crate) struct Browser {
    pub(crate) browser: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Chromium and chromedriver, which Debian builds as a pair.
pub(crate) fn chromium() -> Result<Browser> {
    let find = || {
        let browser = chosen(
            "BYTEFERRY_CHROMIUM",
            &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
        )?;
        Some(Browser { browser, driver: chosen("BYTEFERRY_CHROMEDRIVER", &["chromedriver"])? })
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    apt::install(&["chromium", "chromium-driver"], "the tests in Chromium").context(
        "Chromium and chromedriver (or name them by BYTEFERRY_CHROMIUM and BYTEFERRY_CHROMEDRIVER)",
    )?;
    find().context("chromium and chromedriver are installed, but not on PATH")
}

/// Firefox, and a geckodriver of our own.
pub(crate) fn firefox(workspace: &Workspace) -> Result<Browser> {
    let find = || chosen("BYTEFERRY_FIREFOX", &["firefox-esr", "firefox"]);
    let browser = match find() {
        Some(found) => found,
        None => {
            apt::install(&["firefox-esr"], "the tests in Firefox")
                .context("Firefox is not on PATH, nor named by BYTEFERRY_FIREFOX")?;
            find().context("firefox-esr is installed, but not on PATH")?
        }
    };
    let driver = match env::var_os("BYTEFERRY_GECKODRIVER") {
        Some(driver) => driver.into(),
        None => geckodriver(workspace)?,
    };
    Ok(Browser { browser, driver })
}

fn chosen(variable: &str, names: &[&str]) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).or_else(|| program(names))
}

fn geckodriver(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.tools();
    let binary = tools.join(format!("bin/geckodriver{}", env::consts::EXE_SUFFIX));
    let made = Made::new(&tools, "geckodriver", GECKODRIVER);
    if made.is_current() && binary.is_file() {
        return Ok(binary);
    }
    say(&format!("cargo install geckodriver {GECKODRIVER} into target/tools (about a minute)"));
    fs::create_dir_all(&tools).context("creating target/tools")?;
    let mut command = workspace.cargo("install");
    command
        .args(["geckodriver", "--locked", "--force", "--version", &format!("={GECKODRIVER}"), "--root"])
        .arg(&tools);
    // It passes on a few hundred small messages: optimising it takes twice the time and gains nothing.
    command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    process::run(command, "cargo install geckodriver")?;
    made.finish()?;
    Ok(binary)
}
