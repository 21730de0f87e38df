//! The demo page: it loads, draws what NumPy says, reports no error, and is photographed.

use crate::browser::{Browser, Engine, Outcome};
use crate::root;
use anyhow::{Result, ensure};
use std::time::Duration;

/// Widths and heights that the page is photographed at.
const SIZES: [(&str, u32, u32); 2] = [("desktop", 1280, 900), ("phone", 390, 844)];

/// Looks at the demo, and leaves pictures of it in `target/screenshots`.
pub async fn look(browser: &Browser, engine: Engine, url: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (size, width, height) in SIZES {
        let error = photograph(browser, engine, url, (size, width, height)).await.err();
        outcomes.push(Outcome {
            title: format!("the demo draws both arrays at {size} size"),
            error: error.map(|error| format!("{error:#}")),
            notes: Vec::new(),
        });
    }
    outcomes
}

async fn photograph(
    browser: &Browser,
    engine: Engine,
    url: &str,
    (size, width, height): (&str, u32, u32),
) -> Result<()> {
    let page = &browser.page;
    page.set_window_rect(0, 0, width, height).await?;
    page.goto(url).await?;
    browser.wait_for("document.body.dataset.state === 'ready'", Duration::from_secs(30)).await?;
    let facts = browser
        .wait_for(
            "(({ co2, dem }) => [co2.dtype, co2.byteOrder, co2.data[0], dem.dtype, dem.byteOrder, dem.shape, dem.data[0], \
             co2.data.constructor.name])(window.byteferryDemo)",
            Duration::from_secs(5),
        )
        .await?;
    let expected = serde_json::json!([
        "float32",
        "big",
        316.100_006_103_515_6,
        "int16",
        "big",
        [344, 403],
        483,
        "Float32Array"
    ]);
    ensure!(facts == expected, "the page has {facts}, NumPy {expected}");
    let sideways = browser
        .wait_for("String(document.documentElement.scrollWidth - innerWidth)", Duration::from_secs(5))
        .await?;
    ensure!(
        sideways.as_str().is_some_and(|by| by.starts_with('-') || by == "0"),
        "the page is {sideways} px too wide"
    );
    let folder = root().join("target/screenshots");
    std::fs::create_dir_all(&folder)?;
    page.screenshot(&folder.join(format!("{}-demo-{size}.png", engine.name()))).await?;
    Ok(())
}
