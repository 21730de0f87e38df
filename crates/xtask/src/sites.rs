//! `target/sites`: the sites of `demo/sites` as their owners have them, with what they take from `dist/` or from the npm package.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::demo::{self, copy};
use crate::dist;
use crate::process;
use crate::setup::node::Node;
use crate::workspace::Workspace;

/// What each site copies from `dist/`; the others install the package.
const COPIED: [(&str, &[&str]); 5] = [
    ("plain", &["byteferry.js", "byteferry-worker.js"]),
    ("classic", &["byteferry.global.js", "byteferry-worker.js"]),
    ("worker", &["byteferry-worker.js"]),
    ("csp", &["byteferry.js", "byteferry-worker.js"]),
    ("aiohttp/static", &["byteferry.js", "byteferry-worker.js"]),
];

/// The package as npm packs it.
const PACKED: &str = concat!("byteferry-", env!("CARGO_PKG_VERSION"), ".tgz");

/// Puts the sites together, anew each time; what they install from npm stays.
pub(crate) fn assemble(workspace: &Workspace, node: &Node, python: &Path) -> Result<()> {
    let (source, sites) = (workspace.path("demo/sites"), workspace.sites());
    node.install(&workspace.path("target"), "sites", &source, "Vite, webpack, zarrita, publint, attw")?;

    let mut pack = node.npm();
    pack.args(["pack", "--silent", "--pack-destination"]).arg(&sites).arg(workspace.dist().join("npm"));
    process::run(pack, "npm pack")?;
    let package = sites.join("node_modules/byteferry");
    dist::clear(&package)?;
    fs::create_dir_all(&package).context("creating a folder for the package")?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(sites.join(PACKED)).arg("--strip-components=1").arg("-C").arg(&package);
    process::run(unpack, "tar")?;

    for entry in fs::read_dir(&source).context("reading demo/sites")? {
        let entry = entry.context("reading demo/sites")?;
        if entry.path().is_dir() {
            let site = sites.join(entry.file_name());
            dist::clear(&site)?;
            copy(&entry.path(), &site, &|_| true)?;
        }
    }
    for (site, files) in COPIED {
        for file in files {
            let from = workspace.dist().join(file);
            fs::copy(from, sites.join(site).join(file))
                .with_context(|| format!("copying {file} to {site}"))?;
        }
    }
    let published = sites.join("published");
    dist::clear(&published)?;
    copy(&demo::publish(workspace)?, &published, &|_| true)?;
    let mut make = Command::new(python);
    make.arg("-B").arg(workspace.path("tests/sites/make.py")).arg(&sites);
    process::run(make, "tests/sites/make.py")
}

/// Whether the package is in order, and each site builds with it.
pub(crate) fn checks(workspace: &Workspace, node: &Node) -> Vec<Command> {
    let sites = workspace.sites();
    [
        ("node_modules/publint/src/cli.js", &["run", PACKED, "--strict"][..], ""),
        (
            "node_modules/@arethetypeswrong/cli/dist/index.js",
            &[PACKED, "--profile", "esm-only", "--entrypoints", "."],
            "",
        ),
        ("node_modules/vite/bin/vite.js", &["build", "--logLevel", "warn"], "vite"),
        ("node_modules/vite/bin/vite.js", &["build", "--logLevel", "warn"], "zarrita"),
        ("node_modules/webpack-cli/bin/cli.js", &[], "webpack"),
        ("node_modules/typescript/bin/tsc", &["--pretty", "false"], "typescript"),
    ]
    .into_iter()
    .map(|(script, arguments, site)| {
        let mut command = node.run(sites.join(script));
        command.args(arguments).current_dir(sites.join(site));
        command
    })
    .collect()
}
