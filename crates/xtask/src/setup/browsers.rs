//! Chromium, Firefox and WebKitGTK with their WebDrivers.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::process;
use crate::setup::{Made, apt, program, say};
use crate::workspace::Workspace;

/// The version for `cargo install`: Debian has no package.
const GECKODRIVER: &str = "0.37.1";

/// A browser and the program that speaks WebDriver for it.
pub(crate) struct Browser {
    pub(crate) browser: PathBuf,
    pub(crate) driver: PathBuf,
    /// The environment variables that the tests package reads: for the browser, for the driver.
    names: [&'static str; 2],
}

impl Browser {
    /// Environment variables that tell the tests package the paths.
    pub(crate) fn told(self) -> [(&'static str, PathBuf); 2] {
        let [browser, driver] = self.names;
        [(browser, self.browser), (driver, self.driver)]
    }
}

/// Chromium and chromedriver, which Debian builds as a pair.
pub(crate) fn chromium() -> Result<Browser> {
    let find = || {
        let browser = chosen(
            "BYTEFERRY_CHROMIUM",
            &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
        )?;
        let names = ["BYTEFERRY_CHROMIUM", "BYTEFERRY_CHROMEDRIVER"];
        Some(Browser { browser, driver: chosen("BYTEFERRY_CHROMEDRIVER", &["chromedriver"])?, names })
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    apt::install(&["chromium", "chromium-driver"], "the tests in Chromium").context(
        "Chromium and chromedriver (or name them by BYTEFERRY_CHROMIUM and BYTEFERRY_CHROMEDRIVER)",
    )?;
    find().context("chromium and chromedriver are installed, but not on PATH")
}

/// Firefox, and a geckodriver installed by cargo.
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
    Ok(Browser { browser, driver, names: ["BYTEFERRY_FIREFOX", "BYTEFERRY_GECKODRIVER"] })
}

/// WebKitGTK's MiniBrowser and its driver, and an X server, since it has no headless mode.
pub(crate) fn webkit() -> Result<Browser> {
    let find = || {
        program(&["Xvfb"])?;
        let browser = env::var_os("BYTEFERRY_MINIBROWSER").map(PathBuf::from).or_else(minibrowser)?;
        let names = ["BYTEFERRY_MINIBROWSER", "BYTEFERRY_WEBKITDRIVER"];
        Some(Browser { browser, driver: chosen("BYTEFERRY_WEBKITDRIVER", &["WebKitWebDriver"])?, names })
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    apt::install(&["webkit2gtk-driver", "xvfb"], "the tests in WebKit").context(
        "WebKitWebDriver, MiniBrowser and Xvfb (the former may be named by BYTEFERRY_WEBKITDRIVER and \
         BYTEFERRY_MINIBROWSER)",
    )?;
    find().context("WebKitWebDriver, MiniBrowser and Xvfb are installed, but not where Debian has them")
}

/// MiniBrowser is not on PATH, but beside the library's other programs in Debian, Ubuntu, Fedora and Arch.
fn minibrowser() -> Option<PathBuf> {
    let multiarch = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
    let folders = [multiarch.as_str(), "/usr/libexec", "/usr/lib"];
    ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"]
        .iter()
        .flat_map(|version| folders.iter().map(move |folder| Path::new(folder).join(version)))
        .map(|folder| folder.join("MiniBrowser"))
        .find(|candidate| candidate.is_file())
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
    // Unoptimised: it passes on a few hundred small messages, and optimising it doubles the build time.
    command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    process::run(command, "cargo install geckodriver")?;
    made.finish()?;
    Ok(binary)
}
