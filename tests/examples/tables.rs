//! Writes the tables of `docs/dtypes.md` anew, after a change of what the code does.

use byteferry_tests::{root, tables};
use std::fs;

fn main() -> anyhow::Result<()> {
    let path = root().join("docs/dtypes.md");
    let page = fs::read_to_string(&path)?;
    fs::write(&path, tables::renew(&page)?)?;
    Ok(())
}
