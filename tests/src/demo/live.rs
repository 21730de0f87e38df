//! The demo's live section: telemetry, a large array meanwhile, and rows of a file.

use super::{LIMIT, Size, drawn, open, quiet};
use crate::browser::Browser;
use anyhow::{Context as _, Result, ensure};
use thirtyfour::prelude::*;

/// Scrolls to the section, which starts its telemetry; no frame may have come before.
async fn come_to_live(browser: &Browser, url: &str) -> Result<()> {
    open(browser, url).await?;
    let before = browser.ask("byteferryDemo.telemetry.arrived").await?;
    ensure!(before == 0, "{before} frames of telemetry came before anybody saw them");
    browser.page.execute("document.querySelector('#live').scrollIntoView()", Vec::new()).await?;
    browser.wait_for("byteferryDemo.telemetry.drawn >= 30", LIMIT).await.context("30 drawn frames")?;
    drawn(browser, "#telemetry canvas").await
}

/// A figure in the section, as text.
async fn figure(browser: &Browser, place: &str, name: &str) -> Result<String> {
    let text = format!("document.querySelector('#{place} [data-figure={name}]').textContent");
    Ok(browser.ask(&text).await?.as_str().unwrap_or_default().to_owned())
}

/// Checks that 30 more frames of telemetry are drawn.
async fn goes_on(browser: &Browser) -> Result<()> {
    let now = browser.ask("byteferryDemo.telemetry.drawn").await?;
    browser
        .wait_for(&format!("byteferryDemo.telemetry.drawn >= {now} + 30"), LIMIT)
        .await
        .context("the telemetry stands still")?;
    Ok(())
}

pub(super) async fn telemetry(browser: &Browser, url: &str) -> Result<Vec<String>> {
    come_to_live(browser, url).await?;
    let page = &browser.page;
    let start = page.find(By::Css("#fetch-large")).await?;
    let cancel = page.find(By::Css("#cancel-large")).await?;

    let drawn_before = browser.ask("byteferryDemo.telemetry.drawn").await?;
    start.click().await?;
    browser
        .wait_for("document.querySelector('#large [role=status]').textContent.startsWith('Done')", LIMIT)
        .await?;
    let drawn_after = browser.ask("byteferryDemo.telemetry.drawn").await?;
    ensure!(drawn_after.as_u64() > drawn_before.as_u64(), "no telemetry was drawn meanwhile");
    let bar =
        browser.ask("(({ value, max }) => [value, max])(document.querySelector('#large progress'))").await?;
    ensure!(bar[0] == bar[1] && bar[0].as_u64() > Some(256_000_000), "the bar stands at {bar}");
    browser.wait_for("!document.querySelector('#fetch-large').disabled", LIMIT).await?;
    let [took, longest, arrived] = [
        figure(browser, "large", "took").await?,
        figure(browser, "large", "longest").await?,
        figure(browser, "large", "arrived").await?,
    ];
    let count: u32 = arrived.split(' ').next().unwrap_or_default().parse().context(arrived.clone())?;
    ensure!(
        count > 0 && longest.ends_with('s'),
        "{arrived} of telemetry came meanwhile, longest gap {longest}"
    );
    goes_on(browser).await?;

    // Cancelled, it stops without a message in the console, and the telemetry continues.
    start.click().await?;
    browser.wait_for("document.querySelector('#large progress').value > 0", LIMIT).await?;
    cancel.click().await?;
    browser
        .wait_for("document.querySelector('#large [role=status]').textContent.startsWith('Cancelled')", LIMIT)
        .await?;
    goes_on(browser).await?;

    // Paused, the telemetry gets no more frames; it can be resumed.
    let pause = page.find(By::Css("#telemetry button")).await?;
    pause.click().await?;
    let still = "((before) => new Promise((resolve) => setTimeout(() => resolve(byteferryDemo.telemetry.arrived - before), 500)))\
                 (byteferryDemo.telemetry.arrived)";
    let more = browser.ask(still).await?;
    ensure!(more == 0, "{more} frames came while it was paused");
    pause.click().await?;
    goes_on(browser).await?;
    quiet(browser).await?;
    Ok(vec![format!("256 MB took {took}, {arrived} of telemetry meanwhile, longest gap {longest}")])
}

pub(super) async fn photograph(
    browser: &Browser,
    url: &str,
    (size, width, height): Size,
) -> Result<Vec<String>> {
    browser.in_window((width, height), async {
        come_to_live(browser, url).await?;
        // Until the lines reach from one edge to the other.
        browser.wait_for("byteferryDemo.telemetry.arrived >= 240", LIMIT).await?;
        browser.photograph(&format!("demo-live-{size}")).await?;

        browser.page.execute("document.querySelector('#rows').scrollIntoView()", Vec::new()).await?;
        drawn(browser, "#rows canvas").await?;
        // Quick moves, of which only the last counts. 40 rows of 403 int16 are 32,240 bytes; the whole array has
        // 277,264.
        let slide = "const slider = document.querySelector('#rows input');\
                     for (const row of [3, 120, 304]) { slider.value = row; slider.dispatchEvent(new Event('input')); }";
        browser.page.execute(slide, Vec::new()).await?;
        let readout = "document.querySelector('#rows .readout').textContent";
        let last = "Rows 304 to 343: 32,240 of 277,264 bytes";
        browser.wait_for(&format!("{readout}.startsWith('{last}')"), LIMIT).await?;
        drawn(browser, "#rows canvas").await?;
        browser.photograph(&format!("demo-rows-{size}")).await?;
        browser.fits().await?;
        quiet(browser).await?;
        Ok(vec![format!("{width} x {height} in target/screenshots")])
    }).await
}
