//! The demo page: it draws what NumPy says from wherever it is pointed, takes a visitor's file, and is photographed.

use crate::browser::{Browser, Engine, Outcome};
use crate::root;
use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Duration;
use thirtyfour::prelude::*;

/// Widths and heights that the page is photographed at.
const SIZES: [(&str, u32, u32); 2] = [("desktop", 1280, 900), ("phone", 390, 844)];

const LIMIT: Duration = Duration::from_secs(30);

/// Looks at the demo, and leaves pictures of it in `target/screenshots`.
pub async fn look(browser: &Browser, engine: Engine, url: &str, backend: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut tell = |title: String, result: Result<()>| {
        outcomes.push(Outcome {
            title,
            error: result.err().map(|error| format!("{error:#}")),
            notes: Vec::new(),
        });
    };
    for (size, width, height) in SIZES {
        let result = photograph(browser, engine, url, (size, width, height)).await;
        tell(format!("the demo draws both arrays at {size} size"), result);
    }
    tell("the demo draws them from NumPy behind aiohttp".into(), point_at(browser, url, backend).await);
    tell("the demo draws a visitor's .npy".into(), own_file(browser, url).await);
    tell("the demo decodes 256 MB without a second buffer".into(), large(browser, url).await);
    outcomes
}

async fn open(browser: &Browser, url: &str) -> Result<()> {
    browser.page.goto(url).await?;
    browser.wait_for("document.body.dataset.state === 'ready'", LIMIT).await?;
    // From here on, whatever goes wrong in the page is remembered.
    let listen = "window.problems = []; for (const type of ['error', 'unhandledrejection']) \
                  addEventListener(type, (event) => problems.push(String(event.message ?? event.reason)))";
    browser.page.execute(listen, Vec::new()).await?;
    Ok(())
}

async fn same_as_numpy(browser: &Browser) -> Result<()> {
    let facts = browser
        .wait_for(
            "(({ co2, dem }) => [co2.dtype, co2.byteOrder, co2.data[0], co2.data.constructor.name, \
             dem.dtype, dem.byteOrder, dem.shape, dem.data[0]])(window.byteferryDemo)",
            LIMIT,
        )
        .await?;
    let expected =
        json!(["float32", "big", 316.100_006_103_515_6, "Float32Array", "int16", "big", [344, 403], 483]);
    ensure!(facts == expected, "the page has {facts}, NumPy {expected}");
    Ok(())
}

async fn photograph(
    browser: &Browser,
    engine: Engine,
    url: &str,
    (size, width, height): (&str, u32, u32),
) -> Result<()> {
    let page = &browser.page;
    page.set_window_rect(0, 0, width, height).await?;
    open(browser, url).await?;
    same_as_numpy(browser).await?;
    let sideways =
        browser.wait_for("String(document.documentElement.scrollWidth - innerWidth)", LIMIT).await?;
    ensure!(
        sideways.as_str().is_some_and(|by| by.starts_with('-') || by == "0"),
        "the page is {sideways} px too wide"
    );
    let folder = root().join("target/screenshots");
    std::fs::create_dir_all(&folder)?;
    page.screenshot(&folder.join(format!("{}-demo-{size}.png", engine.name()))).await?;
    quiet(browser).await
}

async fn point_at(browser: &Browser, url: &str, backend: &str) -> Result<()> {
    open(browser, url).await?;
    let page = &browser.page;
    page.find(By::Css("#source input[value=backend]")).await?.click().await?;
    let address = page.find(By::Css("#source [name=url]")).await?;
    // The backend that the page expects by itself need not run here: its message is replaced once it is told of ours.
    address.clear().await?;
    address.send_keys(format!("{backend}?name=co2&format=raw&order=big")).await?;
    page.find(By::Css("#source button")).await?.click().await?;
    browser.wait_for("document.body.dataset.state === 'ready'", LIMIT).await?;
    // The worker fetches, so the page's own list of resources does not have it; the address it used does.
    let asked = browser.wait_for("document.querySelector('#source [name=url]').value", LIMIT).await?;
    ensure!(asked.as_str().is_some_and(|asked| asked.starts_with(backend)), "the page asked {asked}");
    same_as_numpy(browser).await
}

async fn own_file(browser: &Browser, url: &str) -> Result<()> {
    open(browser, url).await?;
    let file = root().join("demo/data/dem.npy");
    browser.page.find(By::Css("#file")).await?.send_keys(file.to_string_lossy()).await?;
    browser
        .wait_for("document.querySelector('#own [data-fact=dtype]')?.textContent === 'int16'", LIMIT)
        .await?;
    browser
        .wait_for("document.querySelector('#own [data-fact=stored]').textContent.includes('>i2')", LIMIT)
        .await?;
    browser.wait_for("document.querySelector('#own canvas')?.width > 0", LIMIT).await?;

    // What is no array is told in the page, with its code.
    let file = root().join("README.md");
    let input = browser.page.find(By::Css("#file")).await?;
    input.send_keys(file.to_string_lossy()).await?;
    browser.wait_for("!document.querySelector('#raw').hidden", LIMIT).await?;
    quiet(browser).await
}

async fn large(browser: &Browser, url: &str) -> Result<()> {
    open(browser, url).await?;
    browser.page.find(By::Css("#run-byteferry")).await?.click().await?;
    browser.wait_for("document.querySelector('#run-status').textContent.startsWith('Done')", LIMIT).await?;
    let allocated = browser
        .wait_for("document.querySelector('#result-byteferry td:last-child').textContent", LIMIT)
        .await?;
    ensure!(allocated == "nothing", "the page says that {allocated} were allocated");
    quiet(browser).await
}

async fn quiet(browser: &Browser) -> Result<()> {
    let problems = browser.wait_for("JSON.stringify(window.problems)", LIMIT).await?;
    ensure!(problems == "[]", "the page reported {problems}");
    Ok(())
}
