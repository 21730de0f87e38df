//! Paths in the repository, and the cargo that builds it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process;

/// The repository's root and the folders that commands write to.
pub(crate) struct Workspace {
    /// The folder that holds `Cargo.lock`.
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// The workspace of this program, found from the crate's own folder, so that it works from any folder.
    pub(crate) fn find() -> Result<Self> {
        // Set by `cargo run`; the compile-time path is for starting the binary itself.
        let here = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        for folder in here.ancestors() {
            if folder.join("Cargo.lock").is_file() && folder.join("crates/xtask").is_dir() {
                return Ok(Self { root: folder.to_owned() });
            }
        }
        bail!("no byteferry workspace at {} or above it", here.display())
    }

    /// A path inside the repository.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// Tools installed for this repository alone: npm packages, the Python venv, geckodriver.
    pub(crate) fn tools(&self) -> PathBuf {
        self.path("target/tools")
    }

    /// The installed npm packages.
    pub(crate) fn node_modules(&self) -> PathBuf {
        self.tools().join("npm/node_modules")
    }

    /// The files that a site copies.
    pub(crate) fn dist(&self) -> PathBuf {
        self.path("dist")
    }

    /// The files that the demo's server serves at `/`.
    pub(crate) fn site(&self) -> PathBuf {
        self.path("target/site")
    }

    /// The sites of `demo/sites`, built, and the packages that they use.
    pub(crate) fn sites(&self) -> PathBuf {
        self.path("target/sites")
    }

    /// A path relative to the root, for people to read.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// `cargo SUBCOMMAND` in the root, in the user's environment.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg(subcommand).current_dir(&self.root);
        // `cargo run` sets variables that describe xtask. Build scripts that watch one of them would be run again at
        // each change between `cargo xtask test` and `cargo test`.
        for (name, _) in env::vars_os() {
            let Some(text) = name.to_str() else { continue };
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|ours| text.starts_with(ours)) {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a `cargo build` and returns the files of the target of that name and kind.
    pub(crate) fn built(&self, mut build: Command, target: &str, kind: &str) -> Result<Vec<PathBuf>> {
        build.arg("--message-format=json-render-diagnostics");
        let messages = process::output_of(build, &format!("building {target}"))?;
        let files: Vec<PathBuf> = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| {
                message["reason"] == "compiler-artifact"
                    && message["target"]["name"] == target
                    && message["target"]["kind"]
                        .as_array()
                        .is_some_and(|kinds| kinds.iter().any(|k| k == kind))
            })
            .filter_map(|message| message["filenames"].as_array().cloned())
            .flatten()
            .filter_map(|file| file.as_str().map(PathBuf::from))
            .collect();
        if files.is_empty() {
            bail!("cargo built no {kind} named {target}");
        }
        Ok(files)
    }

    /// Builds one of the workspace's programs and returns its path.
    pub(crate) fn program(&self, package: &str, name: &str, release: bool) -> Result<PathBuf> {
        let mut build = self.cargo("build");
        build.args(["--package", package, "--bin", name]);
        if release {
            build.arg("--release");
        }
        self.built(build, name, "bin")?.into_iter().next().context("a program without a file")
    }
}
