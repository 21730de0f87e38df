//! Node and the npm packages: wasm-opt, esbuild, tsc, uPlot.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::setup::{Made, program, say};
use crate::workspace::Workspace;

/// The oldest major version that runs all the packages.
const OLDEST: u32 = 20;

/// Node, with the packages of `crates/xtask/npm` installed.
pub(crate) struct Node {
    node: PathBuf,
    npm: PathBuf,
    modules: PathBuf,
}

impl Node {
    /// Finds node and installs the packages if they are not those of the lockfile.
    pub(crate) fn set_up(workspace: &Workspace) -> Result<Self> {
        let missing = format!(
            "node ({OLDEST} or newer) and npm are needed: install them from nodejs.org or your system"
        );
        let (Some(node), Some(npm)) = (program(&["node", "nodejs"]), npm()) else { bail!(missing) };
        let mut asked = Command::new(&node);
        asked.arg("--version");
        let version = process::output_of(asked, "node --version")?;
        let major = version
            .trim()
            .trim_start_matches('v')
            .split('.')
            .next()
            .and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < OLDEST) {
            bail!("{missing} (this node is {})", version.trim());
        }

        let set_up = Self { node, npm, modules: workspace.node_modules() };
        set_up.install(
            &workspace.tools(),
            "npm",
            &workspace.path("crates/xtask/npm"),
            "wasm-opt, esbuild, tsc, uPlot",
        )?;
        Ok(set_up)
    }

    /// Installs the packages of the lockfile in `source` into the folder `name`, unless they are there.
    pub(crate) fn install(&self, folder: &Path, name: &str, source: &Path, what: &str) -> Result<()> {
        let lock = fs::read_to_string(source.join("package-lock.json")).context("reading npm's lockfile")?;
        let made = Made::new(folder, name, &lock);
        if made.is_current() {
            return Ok(());
        }
        let folder = folder.join(name);
        say(&format!("npm ci ({what})"));
        made.begin(&folder)?;
        for file in ["package.json", "package-lock.json", ".npmrc"] {
            fs::copy(source.join(file), folder.join(file))
                .with_context(|| format!("copying npm's {file}"))?;
        }
        let mut command = self.npm();
        // No package needs its install script here, so none is run.
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        process::run(command, "npm ci")?;
        made.finish()
    }

    /// Node itself.
    pub(crate) fn program(&self) -> &Path {
        &self.node
    }

    /// npm itself.
    pub(crate) fn npm(&self) -> Command {
        Command::new(&self.npm)
    }

    /// Node with a script of any path.
    pub(crate) fn run(&self, script: impl AsRef<Path>) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(script.as_ref());
        command
    }

    /// Node with a package's program, by its path in node_modules: the links in `.bin` differ by system.
    pub(crate) fn script(&self, script: impl AsRef<Path>) -> Command {
        self.run(self.modules.join(script))
    }

    /// Node with a line of JavaScript.
    pub(crate) fn evaluate(&self, script: &str) -> Command {
        let mut command = Command::new(&self.node);
        command.args(["--eval", script]);
        command
    }
}

fn npm() -> Option<PathBuf> {
    if cfg!(windows) {
        let npm = program(&["node"])?.with_file_name("npm.cmd");
        return npm.is_file().then_some(npm);
    }
    program(&["npm"])
}
