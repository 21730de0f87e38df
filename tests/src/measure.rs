//! The benchmark's page: run for its figures by `cargo xtask bench`, and tested with arrays too small to measure
//! anything.

use crate::browser::{Browser, Engine, Outcome};
use crate::child::Server;
use crate::{root, told};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Time limit of a full run, on a slow machine.
const LIMIT: Duration = Duration::from_secs(25 * 60);

/// Runs the benchmark, and writes its results.
///
/// # Errors
/// If the browser doesn't start, or the page fails.
pub async fn measure(engine: Engine, file: &Path, length: &str, lanes: &str) -> Result<()> {
    let mut serve = Command::new(told("BYTEFERRY_SERVE")?);
    serve.args(["--port", "0", "--data"]).arg(root().join("demo/data"));
    serve.arg("--site").arg(told("BYTEFERRY_SITE")?);
    let serve = Server::start(serve)?;
    let browser = Browser::start(engine).await?;
    let lanes = if lanes.is_empty() { String::new() } else { format!("&lanes={lanes}") };
    browser.page.goto(format!("{}measure/?run={length}{lanes}", serve.url)).await?;
    let mut results = results(&browser, LIMIT).await?;
    results["machine"]["browser"] = engine.name().into();
    fs::write(file, results.to_string()).with_context(|| format!("writing {}", file.display()))?;
    browser.end().await
}

/// The page's results, once it is done, with its bounds.
async fn results(browser: &Browser, limit: Duration) -> Result<Value> {
    // Asked seldom: each question disturbs the measurement.
    let began = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        match browser.ask("document.body.dataset.state").await?.as_str() {
            Some("done") => break,
            Some("failed") => bail!("{}", browser.ask("byteferryMeasure.error").await?),
            _ => ensure!(began.elapsed() < limit, "the benchmark was not done within {limit:?}"),
        }
    }
    let text = browser
        .ask("JSON.stringify({ ...byteferryMeasure.results, bounds: byteferryMeasure.bounds })")
        .await?;
    Ok(serde_json::from_str(text.as_str().context("results that are no text")?)?)
}

/// Runs the page as a visitor does, with arrays of a few KiB: it must end, with all results and no problems.
pub async fn look(browser: &Browser, url: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (title, result) in [
        ("the benchmark measures all that it names", whole(browser, url).await),
        ("the benchmark can be cancelled, and started again", cancelled(browser, url).await),
    ] {
        outcomes.push(match result {
            Ok(notes) => Outcome { notes, ..Outcome::passed(title) },
            Err(error) => Outcome::failed(title, &error),
        });
    }
    outcomes
}

/// Time limit of a run with small arrays.
const SOON: Duration = Duration::from_secs(120);

async fn whole(browser: &Browser, url: &str) -> Result<Vec<String>> {
    browser.forget().await?;
    browser
        .in_window((390, 844), async {
            browser.page.goto(format!("{url}measure/?run=quick&scale=1024")).await?;
            let results = results(browser, SOON).await?;
            quiet(browser).await?;
            complete(&results)?;
            browser.fits().await?;
            browser.photograph("measure-phone").await?;
            Ok(results["notes"].as_array().into_iter().flatten().map(Value::to_string).collect())
        })
        .await
}

/// Checks that no lane, pair or ratio is missing, and that every figure is plausible.
fn complete(results: &Value) -> Result<()> {
    let rows = results["rows"].as_array().context("no rows")?;
    for row in rows {
        let figures = ["min", "median", "max", "runs"].map(|name| row[name].as_f64());
        let [Some(min), Some(median), Some(max), Some(runs)] = figures else { bail!("no figures in {row}") };
        ensure!(min > 0.0 && min <= median && median <= max && runs >= 3.0, "no figures are these: {row}");
    }
    let lanes: BTreeSet<&str> = rows.iter().filter_map(|row| row["lane"].as_str()).collect();
    let named = ["convert", "fetch", "files", "jank", "start", "swap", "transfer"];
    ensure!(lanes.iter().eq(named.iter()), "there are rows of {lanes:?} only");
    // 16 real types to all targets, two complex ones to all and to both complex ones, a date to two; minus the four
    // that change no bytes: int8 and uint8, to themselves and to each other.
    let targets = if results["machine"]["float16"] == true { 12 } else { 11 };
    let pairs = rows.iter().filter(|row| row["lane"] == "convert" && row["name"] == "byteferry").count();
    ensure!(pairs == 16 * targets + 2 * (targets + 2) + 2 - 4, "{pairs} pairs were converted");
    let missing: Vec<&String> = results["bounds"]
        .as_object()
        .context("no bounds")?
        .keys()
        .filter(|name| results["ratios"][name.as_str()].as_f64().is_none())
        .collect();
    ensure!(missing.is_empty(), "no {missing:?}, but notes: {}", results["notes"]);
    Ok(())
}

async fn cancelled(browser: &Browser, url: &str) -> Result<Vec<String>> {
    browser.page.goto(format!("{url}measure/?lanes=swap,start")).await?;
    let click = |selector: &str| format!("document.querySelector('{selector}').click()");
    browser.wait_for("document.body.dataset.state === 'idle'", SOON).await?;
    browser.page.execute(click("#start"), Vec::new()).await?;
    browser.wait_for("document.querySelector('progress').value > 0", SOON).await?;
    browser.page.execute(click("#cancel"), Vec::new()).await?;
    browser.wait_for("document.body.dataset.state === 'cancelled'", SOON).await?;
    browser.page.execute(click("#start"), Vec::new()).await?;
    let results = results(browser, SOON).await?;
    ensure!(results["ratios"]["ready_ms"].is_number(), "it was not measured to the end");
    quiet(browser).await?;
    Ok(Vec::new())
}

async fn quiet(browser: &Browser) -> Result<()> {
    let problems = browser.problems().await?;
    ensure!(problems.is_empty(), "the page reported {}", Value::from(problems));
    Ok(())
}
