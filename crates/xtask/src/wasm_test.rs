//! wasm-bindgen's test runner, in the version that the lockfile holds.

use std::env;
use std::ffi::OsString;
use std::iter;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::workspace::Workspace;

/// The variables by which the runner is told its driver; whoever sets one knows which they want.
const DRIVERS: [&str; 6] = [
    "CHROMEDRIVER",
    "CHROMEDRIVER_REMOTE",
    "GECKODRIVER",
    "GECKODRIVER_REMOTE",
    "SAFARIDRIVER",
    "SAFARIDRIVER_REMOTE",
];

/// Runs one test binary, as cargo asks for it.
pub(crate) fn run(workspace: &Workspace, arguments: Vec<OsString>) -> Result<ExitCode> {
    if env::var_os("WASM_BINDGEN_TEST_WEBDRIVER_JSON").is_none() {
        // A plain `cargo test`. The runner reads its settings from its own environment only, so it is started again.
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
    let program = iter::once(OsString::from("wasm-bindgen-test-runner"));
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(program.chain(arguments))?;
    Ok(ExitCode::SUCCESS)
}

/// What the runner is to know: the driver, flags that keep Chromium from calling home, and time for a slow machine.
pub(crate) fn environment(
    workspace: &Workspace,
    chromedriver: Option<PathBuf>,
) -> Vec<(&'static str, OsString)> {
    let mut environment = vec![
        ("WASM_BINDGEN_TEST_WEBDRIVER_JSON", workspace.path("crates/xtask/webdriver.json").into()),
        ("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30".into()),
        ("WASM_BINDGEN_TEST_TIMEOUT", "300".into()),
    ];
    match chromedriver {
        Some(driver) => environment.push(("CHROMEDRIVER", driver.into())),
        // The runner takes whichever driver PATH shows first; ours is Chromium's.
        None if DRIVERS.iter().all(|name| env::var_os(name).is_none()) => {
            environment.push(("CHROMEDRIVER", "chromedriver".into()));
        }
        None => {}
    }
    environment
}
