//! Compares the public names of the published crates with a committed list, so that none goes or comes unnoticed.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::workspace::Workspace;

/// The list, beside a crate's `Cargo.toml`.
const LIST: &str = "api.txt";

/// Prefixes of rustdoc's anchors for names that a program can use.
const PARTS: [&str; 5] = ["variant.", "structfield.", "method.", "tymethod.", "associatedconstant."];

/// Compares the names that rustdoc lists for a crate with its list. `BYTEFERRY_API=write` writes the list anew.
pub(crate) fn check(workspace: &Workspace, docs: &Path, package: &str) -> Result<()> {
    let folder = match package {
        "byteferry" => "client",
        name => name.trim_start_matches("byteferry-"),
    };
    let list = workspace.path(&format!("crates/{folder}/{LIST}"));
    let names = names(&docs.join(package.replace('-', "_")))?;
    let text: String = names.iter().map(|name| format!("{name}\n")).collect();
    if env::var_os("BYTEFERRY_API").is_some_and(|it| it == "write") {
        return fs::write(&list, text).with_context(|| format!("writing {}", list.display()));
    }
    let kept = fs::read_to_string(&list).with_context(|| format!("reading {}", workspace.shown(&list)))?;
    let kept: BTreeSet<String> = kept.lines().map(str::to_owned).collect();
    let gone: Vec<_> = kept.difference(&names).collect();
    let new: Vec<_> = names.difference(&kept).collect();
    ensure!(
        gone.is_empty() && new.is_empty(),
        "{package}: of what it promises {gone:?} are gone, and {new:?} are new. If that is meant: \
         BYTEFERRY_API=write cargo xtask test package"
    );
    Ok(())
}

/// Every public item, by kind and path, and its own variants, fields and methods.
fn names(docs: &Path) -> Result<BTreeSet<String>> {
    let all = fs::read_to_string(docs.join("all.html")).context("reading what rustdoc wrote")?;
    let mut names = BTreeSet::new();
    for link in all.split("<li><a href=\"").skip(1) {
        let Some((page, _)) = link.split_once('"') else { continue };
        let (module, file) = page.rsplit_once('/').unwrap_or(("", page));
        let Some((kind, name)) = file.trim_end_matches(".html").split_once('.') else { continue };
        let path = if module.is_empty() {
            name.to_owned()
        } else {
            format!("{}::{name}", module.replace('/', "::"))
        };
        names.insert(format!("{kind} {path}"));
        let html = fs::read_to_string(docs.join(page)).with_context(|| format!("reading {page}"))?;
        // Below these headings are the implementations of traits.
        let own = html.split("id=\"trait-implementations\"").next().unwrap_or_default();
        let own = own.split("id=\"synthetic-implementations\"").next().unwrap_or_default();
        for anchor in own.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if PARTS.iter().any(|part| anchor.starts_with(part)) {
                names.insert(format!("{kind} {path} {anchor}"));
            }
        }
    }
    ensure!(!names.is_empty(), "rustdoc has written of no item in {}", docs.display());
    Ok(names)
}
