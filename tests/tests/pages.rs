//! The documentation is correct: its links lead somewhere, its tables match the code.

use anyhow::{Result, ensure};
use byteferry_header::Code;
use byteferry_tests::pages::Page;
use byteferry_tests::{root, tables};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn links_lead_somewhere() -> Result<()> {
    let pages = Page::all()?;
    let mut broken = Vec::new();
    for page in &pages {
        for (path, anchor) in page.links() {
            let there = root().join(&path).exists();
            let target = pages.iter().find(|page| page.path == path);
            let anchored = anchor
                .as_ref()
                .is_none_or(|anchor| target.is_some_and(|page| page.anchors().contains(anchor)));
            if !there || !anchored {
                broken.push(format!(
                    "{}: {}#{}",
                    page.path.display(),
                    path.display(),
                    anchor.unwrap_or_default()
                ));
            }
        }
    }
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    ensure!(
        pages.len() > 8 && pages.iter().map(|page| page.links().len()).sum::<usize>() > 20,
        "hardly any links are found"
    );
    Ok(())
}

#[test]
fn tables_have_as_many_cells_in_each_row() -> Result<()> {
    let mut tables = 0;
    for page in Page::all()? {
        let mut cells = None;
        for line in page.prose() {
            let row = line.strip_prefix('|').map(|row| row.replace("\\|", "").matches('|').count());
            let uneven = cells.is_some() && row.is_some() && cells != row;
            ensure!(!uneven, "{}: a row with other cells than its heads: {line}", page.path.display());
            tables += usize::from(cells.is_none() && row.is_some());
            cells = row;
        }
    }
    ensure!(tables > 20, "hardly any tables are found");
    Ok(())
}

#[test]
fn the_index_has_every_page() -> Result<()> {
    let linked: BTreeSet<_> =
        Page::read("docs/README.md")?.links().into_iter().map(|(path, _)| path).collect();
    for page in
        Page::all()?.iter().filter(|page| page.path.starts_with("docs") && !page.path.ends_with("README.md"))
    {
        ensure!(linked.contains(&page.path), "docs/README.md does not link {}", page.path.display());
    }
    let readme = Page::read("README.md")?;
    ensure!(
        readme.links().iter().any(|(path, _)| path.ends_with("docs/README.md")),
        "README.md does not link docs/README.md"
    );
    Ok(())
}

#[test]
fn tables_of_dtypes_are_the_codes() -> Result<()> {
    let page = Page::read("docs/dtypes.md")?.text;
    ensure!(
        tables::renew(&page)? == page,
        "docs/dtypes.md differs: cargo run --package byteferry-tests --example tables"
    );
    Ok(())
}

#[test]
fn every_error_code_is_told() -> Result<()> {
    let codes: Vec<String> = Code::ALL.iter().map(|code| format!("`{code}`")).collect();
    let page = Page::read("docs/ownership-and-errors.md")?;
    let told = page.column("| `code` | when | details | what to do |");
    ensure!(told == codes, "docs/ownership-and-errors.md has {told:?}, the code {codes:?}");
    let readme = Page::read("README.md")?;
    let mut listed: Vec<&str> =
        readme.column("| code | |").into_iter().flat_map(|cell| cell.split(' ')).collect();
    listed.sort_unstable();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    ensure!(listed == sorted, "README.md has {listed:?}, the code {sorted:?}");

    // JavaScript has no error code that Rust lacks.
    let mut of_scripts = BTreeSet::new();
    for entry in fs::read_dir(root().join("crates/worker/js"))? {
        let script = fs::read_to_string(entry?.path())?;
        for call in ["failure(\"", "FerryError(\"", "refuse(\"", "wrong(\""] {
            let words = script.split(call).skip(1).filter_map(|rest| rest.split('"').next());
            of_scripts.extend(words.map(|word| format!("`{word}`")));
        }
    }
    ensure!(of_scripts.len() > 10, "hardly any codes are found in the scripts: {of_scripts:?}");
    let unknown: Vec<_> = of_scripts.iter().filter(|word| !codes.contains(word)).collect();
    ensure!(unknown.is_empty(), "no code of byteferry-header's: {unknown:?}");
    Ok(())
}

#[test]
fn every_message_is_told() -> Result<()> {
    let page = Page::read("docs/worker-protocol.md")?.text;
    let version = format!("protocol {}:", byteferry_protocol::VERSION);
    ensure!(page.contains(&version), "docs/worker-protocol.md does not say '{version}'");
    let protocol = fs::read_to_string(root().join("crates/protocol/src/lib.rs"))?;
    let ops: BTreeSet<_> =
        protocol.split("op: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    ensure!(ops.len() > 10, "hardly any messages are found: {ops:?}");
    for op in ops {
        let named = page.contains(&format!("`{op}`")) || page.contains(&format!("op: \"{op}\""));
        ensure!(named, "docs/worker-protocol.md does not tell of '{op}'");
    }
    Ok(())
}
