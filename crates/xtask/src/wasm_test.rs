//! wasm-bindgen's test runner, in the version that the lockfile holds.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::iter;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::dist;
use crate::process;
use crate::setup::browsers::Browser;
use crate::workspace::Workspace;

/// The variables that name the runner's driver. If one is set, the user has chosen.
const DRIVERS: [&str; 6] = [
    "CHROMEDRIVER",
    "CHROMEDRIVER_REMOTE",
    "GECKODRIVER",
    "GECKODRIVER_REMOTE",
    "SAFARIDRIVER",
    "SAFARIDRIVER_REMOTE",
];

/// The folder that the runner's own server serves to tests.
const SITE: &str = "target/wasm-site";

/// The engines that the runner runs tests in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
    Webkit,
    /// What needs nothing of a browser
    Node,
}

impl Engine {
    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Runs one test binary, called by cargo.
pub(crate) fn run(workspace: &Workspace, arguments: Vec<OsString>) -> Result<ExitCode> {
    if env::var_os("WASM_BINDGEN_TEST_WEBDRIVER_JSON").is_none() {
        // A plain `cargo test`: the runner reads settings only from its environment, so this program starts itself
        // again.
        let mut command = Command::new(env::current_exe().context("finding this program")?);
        command.arg("wasm-test-runner").args(arguments);
        for (name, value) in environment(workspace, None) {
            if env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        let status = command.status().context("starting the test runner")?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let arguments = absolute(arguments)?;
    // The runner serves the folder it is started in.
    let site = workspace.path(SITE);
    if site.is_dir() {
        env::set_current_dir(&site).with_context(|| format!("going to {SITE}"))?;
    } else {
        eprintln!("note: the client's tests load files that `cargo xtask test wasm` lays out, once");
    }
    let program = iter::once(OsString::from("wasm-bindgen-test-runner"));
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(program.chain(arguments))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the first argument, the test binary, an absolute path.
fn absolute(mut arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    if let Some(binary) = arguments.first_mut() {
        *binary = std::path::absolute(&*binary).context("finding the test binary")?.into();
    }
    Ok(arguments)
}

/// Copies what tests load: the scripts, beside the page as on a site, and the test files of byteferry.js.
pub(crate) fn lay_out(workspace: &Workspace, python: &Path) -> Result<()> {
    let site = workspace.path(SITE);
    dist::clear(&site)?;
    for (from, to) in [
        (workspace.dist(), ""),
        (workspace.dist(), "dist"),
        (workspace.path("tests/browser"), "browser"),
        (workspace.path("tests/fixtures"), "fixtures"),
    ] {
        copy_files(&from, &site.join(to))?;
    }
    let frames = "demo/backend/frames.bfy";
    fs::copy(workspace.path(frames), site.join("frames.bfy")).with_context(|| format!("copying {frames}"))?;
    for (script, folder) in [("oracle/cases.py", "cases"), ("npz/make.py", "npz"), ("parts/make.py", "parts")]
    {
        let mut make = Command::new(python);
        make.arg("-B").arg(workspace.path("tests").join(script)).arg(site.join(folder));
        process::run(make, &format!("NumPy, writing the {folder} that pages are tested with"))?;
    }
    Ok(())
}

/// Copies the files of a folder, without subfolders.
fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("creating {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let source = entry.with_context(|| format!("reading {}", from.display()))?.path();
        if let Some(name) = source.file_name().filter(|_| source.is_file()) {
            fs::copy(&source, to.join(name)).with_context(|| format!("copying {}", source.display()))?;
        }
    }
    Ok(())
}

/// The runner's settings: the driver, flags that keep the browser from calling home, and timeouts for a slow machine.
pub(crate) fn environment(
    workspace: &Workspace,
    chosen: Option<(Engine, Option<Browser>)>,
) -> Vec<(&'static str, OsString)> {
    let mut environment =
        vec![("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30".into()), ("WASM_BINDGEN_TEST_TIMEOUT", "300".into())];
    let mut settings = "crates/xtask/webdriver.json";
    let is_node = matches!(chosen, Some((Engine::Node, _)));
    match chosen {
        Some((Engine::Firefox, Some(firefox))) => {
            settings = "crates/xtask/webdriver-firefox.json";
            let mut binary = OsString::from("--binary=");
            binary.push(firefox.browser);
            environment.push(("GECKODRIVER_ARGS", binary));
            environment.push(("GECKODRIVER", firefox.driver.into()));
        }
        // The runner doesn't know WebKitGTK. It knows Safari, and asks of Safari's driver only what every driver has.
        Some((Engine::Webkit, Some(webkit))) => {
            environment.push(("SAFARIDRIVER", webkit.driver.into()));
            environment.push(("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1".into()));
            environment.push(("JSC_useSharedArrayBuffer", "1".into()));
            // With a concurrent JIT, WebKitGTK 2.50 occasionally computes wrong results in code as large and slow as
            // that of tests: see docs/design.md.
            environment.push(("JSC_useConcurrentJIT", "0".into()));
            environment.push(("LC_ALL", "en_US.UTF-8".into()));
        }
        Some((_, Some(chromium))) => environment.push(("CHROMEDRIVER", chromium.driver.into())),
        Some((_, None)) => {}
        // The runner takes the first driver on PATH; the default here is Chromium's.
        None if DRIVERS.iter().all(|name| env::var_os(name).is_none()) => {
            environment.push(("CHROMEDRIVER", "chromedriver".into()));
        }
        None if env::var_os("GECKODRIVER").is_some() || env::var_os("GECKODRIVER_REMOTE").is_some() => {
            settings = "crates/xtask/webdriver-firefox.json";
        }
        None => {}
    }
    // By default tests run where arrays are converted: in a worker.
    if !is_node {
        environment.push(("WASM_BINDGEN_USE_DEDICATED_WORKER", "1".into()));
    }
    environment.push(("WASM_BINDGEN_TEST_WEBDRIVER_JSON", workspace.path(settings).into()));
    environment
}
