//! A Python with NumPy, for the oracle and the aiohttp backend.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::setup::{Made, apt, program, say};
use crate::workspace::Workspace;

/// The oldest Python that the pinned NumPy runs on.
const OLDEST: &str = "3.11";

/// The Python of the venv in `target/tools/venv`, which is made anew when `tests/requirements.txt` or Python changes.
pub(crate) fn venv(workspace: &Workspace) -> Result<PathBuf> {
    let Some(python) = program(&["python3", "python"]) else {
        bail!("python3 ({OLDEST} or newer) is needed for NumPy: install it from your system's packages");
    };
    let mut asked = Command::new(&python);
    asked.args([
        "-c",
        "import sys; print(sys.base_prefix, *sys.version_info[:3]); sys.exit(sys.version_info < (3, 11))",
    ]);
    let identity =
        process::output_of(asked, &format!("python3 is too old: {OLDEST} or newer is needed; asking it"))?;
    let requirements = workspace.path("tests/requirements.txt");
    let recipe = identity + &fs::read_to_string(&requirements).context("reading tests/requirements.txt")?;

    let tools = workspace.tools();
    let folder = tools.join("venv");
    let inside = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let made = Made::new(&tools, "venv", &recipe);
    if made.is_current() && inside.is_file() {
        return Ok(inside);
    }
    say("python3 -m venv and pip install -r tests/requirements.txt (NumPy, aiohttp) into target/tools/venv");
    made.begin(&folder)?;
    let create = || {
        let mut command = Command::new(&python);
        command.args(["-m", "venv"]).arg(&folder);
        process::run(command, "python3 -m venv")
    };
    if let Err(error) = create() {
        // Debian has the half of the module that installs pip in a separate package.
        apt::install(&["python3-venv"], "Python's venv module").with_context(|| format!("{error:#}"))?;
        create()?;
    }
    let mut pip = Command::new(&inside);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements);
    process::run(pip, "pip install")?;
    made.finish()?;
    Ok(inside)
}
