//! What `cargo xtask bench` runs: `byteferry-measure ENGINE FILE quick|full LANES`.

use anyhow::{Context as _, Result};
use byteferry_tests::browser::Engine;
use byteferry_tests::measure::measure;
use std::env;
use std::path::Path;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().context("byteferry-measure ENGINE FILE quick|full LANES");
    let (engine, file, length, lanes) = (next()?, next()?, next()?, next()?);
    let engine = Engine::ALL.into_iter().find(|known| known.name() == engine).context("no such engine")?;
    measure(engine, Path::new(&file), &length, &lanes).await
}
