//! The demo page: it draws NumPy's numbers from each source, takes a visitor's file, and is photographed.

mod live;

use crate::browser::{Browser, Engine, Outcome};
use crate::{root, told};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use thirtyfour::prelude::*;

/// A page's size, with a name.
type Size = (&'static str, u32, u32);

/// The sizes of the screenshots.
const SIZES: [Size; 2] = [("desktop", 1280, 800), ("phone", 390, 844)];

const LIMIT: Duration = Duration::from_secs(30);

/// Copies the demo and the benchmark below it into `folder`, with `listen.js` in front of their own scripts.
///
/// # Errors
/// If a page has no head, or a file can't be written.
pub fn with_listener(site: &Path, folder: &Path) -> Result<PathBuf> {
    let copy = folder.join("site");
    listening(site, &copy, &["measure"])?;
    listening(&site.join("measure"), &copy.join("measure"), &[])?;
    Ok(copy)
}

/// Copies one page's folder: the page itself, and links to the other files.
fn listening(site: &Path, copy: &Path, pages: &[&str]) -> Result<()> {
    fs::create_dir_all(copy)?;
    for entry in fs::read_dir(site).with_context(|| format!("reading {}", site.display()))? {
        let name = entry?.file_name();
        if name != "index.html" && !pages.iter().any(|page| name == *page) {
            symlink(site.join(&name), copy.join(&name))?;
        }
    }
    symlink(root().join("tests/browser/listen.js"), copy.join("listen.js"))?;
    let page = fs::read_to_string(site.join("index.html"))?;
    let (before, after) = page.split_once("<head>").context("a page without <head>")?;
    fs::write(
        copy.join("index.html"),
        format!(r#"{before}<head><script src="./listen.js"></script>{after}"#),
    )?;
    Ok(())
}

/// Tests the demo, and saves screenshots in `target/screenshots`.
pub async fn look(browser: &Browser, url: &str, backend: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if let Err(error) = browser.forget().await {
        outcomes.push(Outcome::failed("the demo", &error));
    }
    let mut tell = |title: String, result: Result<Vec<String>>| {
        outcomes.push(match result {
            Ok(notes) => Outcome { notes, ..Outcome::passed(title) },
            Err(error) => Outcome::failed(title, &error),
        });
    };
    for (size, width, height) in SIZES {
        let result = photograph(browser, url, (size, width, height)).await;
        tell(format!("the demo draws both arrays at {size} size"), result);
    }
    tell("the demo draws them from NumPy behind aiohttp".into(), point_at(browser, url, backend).await);
    tell("the demo draws a visitor's .npy".into(), own_file(browser, url).await);
    tell("the demo draws a file that is dropped on it".into(), drop_file(browser, url).await);
    tell("the demo takes a file apart, byte by byte".into(), anatomy(browser, url).await);
    tell("the demo draws whatever an .npz has".into(), archive(browser, url).await);
    for (size, width, height) in SIZES {
        let result = accessible(browser, url, (width, height)).await;
        tell(format!("axe finds nothing in the demo at {size} size"), result);
    }
    if browser.engine == Engine::Chromium {
        tell("the demo in the dark".into(), dark(browser, url).await);
        tell(
            "the demo paints within a second on a processor four times slower".into(),
            first_paint(browser, url).await,
        );
    }
    tell("the demo decodes 256 MB without a second buffer".into(), large(browser, url).await);
    tell("the demo's telemetry goes on while 256 MB come".into(), live::telemetry(browser, url).await);
    tell("the demo shows a recorded run, as such".into(), recorded(browser, url).await);
    tell("the demo measures, and its link shows it again".into(), measured(browser, url).await);
    for (size, width, height) in SIZES {
        let result = live::photograph(browser, url, (size, width, height)).await;
        tell(format!("the demo shows what comes, and rows of a file, at {size} size"), result);
    }
    outcomes
}

async fn open(browser: &Browser, url: &str) -> Result<()> {
    browser.page.goto(url).await?;
    browser.wait_for("document.body.dataset.state === 'ready'", LIMIT).await?;
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

/// Checks that a canvas shows something: more than 10 colours.
async fn drawn(browser: &Browser, canvas: &str) -> Result<()> {
    // From a copy: Chromium warns of canvases that are read repeatedly.
    let colours = format!(
        "((canvas, {{ width, height }} = canvas, copy = new OffscreenCanvas(width, height), \
          picture = copy.getContext('2d', {{ willReadFrequently: true }})) => (picture.drawImage(canvas, 0, 0), \
          new Set(new Uint32Array(picture.getImageData(0, 0, width, height).data.buffer)).size > 10))\
         (document.querySelector('{canvas}'))"
    );
    browser.wait_for(&colours, LIMIT).await.with_context(|| format!("{canvas} is blank"))?;
    Ok(())
}

async fn photograph(browser: &Browser, url: &str, (size, width, height): Size) -> Result<Vec<String>> {
    browser
        .in_window((width, height), async {
            open(browser, url).await?;
            same_as_numpy(browser).await?;
            drawn(browser, "#co2 canvas").await?;
            drawn(browser, "#dem canvas").await?;
            drawn(browser, "#dem .wrong canvas").await?;
            let place = browser.ask("[innerWidth, innerHeight]").await?;
            ensure!(place == json!([width, height]), "the page of {width} x {height} is {place}");
            browser.fits().await?;
            browser.photograph(&format!("demo-{size}")).await?;
            quiet(browser).await?;
            Ok(vec![format!("{width} x {height} in target/screenshots")])
        })
        .await
}

async fn point_at(browser: &Browser, url: &str, backend: &str) -> Result<Vec<String>> {
    open(browser, url).await?;
    quiet(browser).await?;
    let page = &browser.page;
    page.find(By::Css("#source input[value=backend]")).await?.click().await?;
    // The page's default backend need not run here. If it doesn't, the page says how to start it.
    browser.wait_for("document.body.dataset.state !== 'loading'", LIMIT).await?;
    if browser.ask("document.body.dataset.state").await? == "failed" {
        let message = browser.ask("document.querySelector('#source-message').textContent").await?;
        ensure!(message.as_str().is_some_and(|it| it.contains("app.py")), "the page says {message}");
    }
    browser.problems().await?;
    let address = page.find(By::Css("#source [name=url]")).await?;
    address.clear().await?;
    address.send_keys(format!("{backend}?name=co2&format=raw&order=big")).await?;
    page.find(By::Css("#source button")).await?.click().await?;
    browser.wait_for("document.body.dataset.state === 'ready'", LIMIT).await?;
    // The worker fetches, so the page's own list of resources lacks the request; the address field has it.
    let asked = browser.ask("document.querySelector('#source [name=url]').value").await?;
    ensure!(asked.as_str().is_some_and(|asked| asked.starts_with(backend)), "the page asked {asked}");
    same_as_numpy(browser).await?;
    quiet(browser).await?;
    Ok(Vec::new())
}

/// Checks that the visitor's own file is shown, with NumPy's elevations.
async fn shows_dem(browser: &Browser) -> Result<()> {
    browser
        .wait_for("document.querySelector('#own [data-fact=dtype]')?.textContent === 'int16'", LIMIT)
        .await?;
    let facts = browser
        .ask("['stored', 'shape', 'first'].map((name) => document.querySelector(`#own [data-fact=${name}]`).textContent).join('; ')")
        .await?;
    let facts = facts.as_str().unwrap_or_default();
    for part in [">i2", "344", "403", "483"] {
        ensure!(facts.contains(part), "the page shows '{facts}', without {part}");
    }
    drawn(browser, "#own canvas").await
}

async fn own_file(browser: &Browser, url: &str) -> Result<Vec<String>> {
    open(browser, url).await?;
    let file = root().join("demo/data/dem.npy");
    browser.page.find(By::Css("#file")).await?.send_keys(file.to_string_lossy()).await?;
    shows_dem(browser).await?;

    // For a file without a header, the page asks for its type.
    let file = root().join("README.md");
    let input = browser.page.find(By::Css("#file")).await?;
    input.send_keys(file.to_string_lossy()).await?;
    browser.wait_for("!document.querySelector('#raw').hidden", LIMIT).await?;
    quiet(browser).await?;
    Ok(Vec::new())
}

async fn drop_file(browser: &Browser, url: &str) -> Result<Vec<String>> {
    open(browser, url).await?;
    // A script cannot drag a file in from outside; the event is the same.
    let drop = |bytes: &str, name: &str| {
        format!(
            "fetch('./arrays/dem.npy').then((response) => response.arrayBuffer()).then((dem) => {{
               const dataTransfer = new DataTransfer();
               dataTransfer.items.add(new File([{bytes}], '{name}'));
               const event = () => ({{ bubbles: true, cancelable: true, dataTransfer }});
               document.querySelector('#drop').dispatchEvent(new DragEvent('dragover', event()));
               window.taken = !document.querySelector('#drop').dispatchEvent(new DragEvent('drop', event()));
             }})"
        )
    };
    browser.page.execute(drop("dem", "dem.npy"), Vec::new()).await?;
    shows_dem(browser).await?;
    ensure!(browser.ask("window.taken").await? == json!(true), "the browser would open the file itself");

    // A file that is no array is reported, with what it is.
    browser.page.execute(drop("'PK\\x03\\x04', dem", "dem.npz"), Vec::new()).await?;
    browser.wait_for("!document.querySelector('#own-message').hidden", LIMIT).await?;
    let message = browser.ask("document.querySelector('#own-message').textContent").await?;
    ensure!(message.as_str().is_some_and(|it| it.contains("zip")), "the page says {message}");
    quiet(browser).await?;
    Ok(Vec::new())
}

/// A visitor who has measured nothing chooses a recorded run.
async fn recorded(browser: &Browser, url: &str) -> Result<Vec<String>> {
    open(browser, url).await?;
    let name = browser.engine.name();
    let choose = format!(
        "const select = document.querySelector('#bench select');
         select.value = '{name}';
         select.dispatchEvent(new Event('change'))"
    );
    browser.page.execute(choose, Vec::new()).await?;
    browser.wait_for("!document.querySelector('#bench [data-do=save]').disabled", LIMIT).await?;
    let about = browser.ask("document.querySelector('#bench .about').textContent").await?;
    ensure!(
        about.as_str().is_some_and(|it| it.starts_with("Recorded, not measured here") && it.contains(name)),
        "it says {about}"
    );
    // It must show the ratio in the run's file.
    let run = fs::read_to_string(root().join(format!("demo/measure/recorded/{name}.json")))?;
    let run: Value = serde_json::from_str(&run)?;
    let worst = browser
        .ask("[...document.querySelectorAll('#bench .ratios th')].find(({ title }) => title === 'convert_min_vs_best_js').parentNode.cells[2].textContent")
        .await?;
    let expected = run["ratios"]["convert_min_vs_best_js"].as_f64().context("no worst pair")?;
    let shown =
        worst.as_str().and_then(|it| it.split(' ').next()?.parse::<f64>().ok()).context("no number")?;
    ensure!((shown - expected).abs() < expected / 100.0, "it says {worst}, recorded is {expected}");
    drawn(browser, "#bench .chart canvas").await?;
    browser.page.execute("document.querySelector('#bench .found').scrollIntoView()", Vec::new()).await?;
    browser.photograph("demo-measured").await?;
    quiet(browser).await?;
    Ok(Vec::new())
}

/// The benchmark in the demo, with arrays too small to measure anything.
async fn measured(browser: &Browser, url: &str) -> Result<Vec<String>> {
    open(browser, &format!("{url}?scale=4096")).await?;
    let state = |wanted: &str| format!("document.querySelector('#bench').dataset.state === '{wanted}'");
    let click = |which: &str| format!("document.querySelector('#bench [data-do={which}]').click()");
    browser.page.execute(click("quick"), Vec::new()).await?;
    browser.page.execute(click("cancel"), Vec::new()).await?;
    browser.wait_for(&state("cancelled"), LIMIT).await?;
    browser.page.execute(click("quick"), Vec::new()).await?;
    browser.wait_for(&state("done"), Duration::from_secs(120)).await?;
    let shown =
        "[...document.querySelectorAll('#bench .scroll table')].map((table) => table.tBodies[0].rows.length)";
    let before = browser.ask(shown).await?;
    let rows = |at: usize| before[at].as_u64().unwrap_or(0);
    ensure!(rows(0) > 100 && rows(1) > 20, "tables of {before} rows");
    drawn(browser, "#bench .chart canvas").await?;

    // The link has all rows, shown as not measured here; an invalid link is reported.
    browser.page.execute(click("link"), Vec::new()).await?;
    browser.wait_for("location.hash.startsWith('#results=')", LIMIT).await?;
    let link = browser.ask("location.href").await?;
    let link = link.as_str().context("a link")?;
    quiet(browser).await?;
    browser.page.goto("about:blank").await?;
    open(browser, link).await?;
    browser.wait_for("!document.querySelector('#bench .found').hidden", LIMIT).await?;
    let about = browser.ask("document.querySelector('#bench .about').textContent").await?;
    ensure!(
        about.as_str().is_some_and(|it| it.starts_with("From a link, not measured here")),
        "it says {about}"
    );
    let again = browser.ask(shown).await?;
    ensure!(again == before, "{again} rows in the link, {before} before");
    browser.page.execute("location.hash = '#results=AAAA'", Vec::new()).await?;
    browser
        .wait_for("document.querySelector('#bench .message').textContent.includes('cannot be read')", LIMIT)
        .await?;
    quiet(browser).await?;
    Ok(vec![format!("a link of {} characters", link.len())])
}

/// The rows of a table in the page, as text.
async fn rows_of(browser: &Browser, table: &str) -> Result<Vec<String>> {
    let rows = format!(
        "[...document.querySelectorAll('{table} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent).join(' | '))"
    );
    Ok(serde_json::from_value(browser.ask(&rows).await?)?)
}

async fn anatomy(browser: &Browser, url: &str) -> Result<Vec<String>> {
    open(browser, url).await?;
    browser.wait_for("document.querySelector('.anatomy tbody tr')", LIMIT).await?;
    // As `xxd` and NumPy show it; the header is 128 bytes, of which the text's length field counts 118.
    let npy = rows_of(browser, ".anatomy").await?;
    for row in [
        "93 4e 55 4d 50 59 | magic | ",
        "01 00 | version | 1.0",
        "76 00 | header length | 118 bytes",
        "7b 27 64 65 73 63 … (17) | 'descr': '>i2' | ",
        "01 e3 | element 0 | 483, read big-endian; −7423, read little-endian",
    ] {
        ensure!(npy.iter().any(|it| it.starts_with(row)), "no row '{row}' in {npy:#?}");
    }
    // docs/frame-format.md has the same bytes, checked against byteferry.py's.
    let frame = "new Uint8Array(('934246590102020003000100aaea6dbf0c00000000000000000000000000000002000000000000000300000000000000\
                 3e693274000000000000000000000000000100020003000400050006').match(/../g).map((hex) => parseInt(hex, 16)))";
    browser.page.execute(given(frame, "t.bfy"), Vec::new()).await?;
    browser.wait_for("document.querySelector('.anatomy .name').textContent === 't.bfy'", LIMIT).await?;
    let frame = rows_of(browser, ".anatomy").await?;
    for row in [
        "02 | flags | C order, with a CRC-32",
        "aa ea 6d bf | CRC-32 | 0xbf6deaaa",
        "shape | (2, 3)",
        "3e 69 32 | dtype | “>i2”",
        "00 02 | element 1 | 2, read big-endian; 512, read little-endian",
    ] {
        ensure!(frame.iter().any(|it| it.contains(row)), "no row '{row}' in {frame:#?}");
    }
    quiet(browser).await?;
    Ok(Vec::new())
}

/// A script that drops a file of these bytes on the page.
fn given(bytes: &str, name: &str) -> String {
    format!(
        "const dataTransfer = new DataTransfer();
         dataTransfer.items.add(new File([{bytes}], '{name}'));
         const event = new DragEvent('drop', {{ bubbles: true, cancelable: true, dataTransfer }});
         document.querySelector('#drop').dispatchEvent(event);"
    )
}

/// An archive with an array for each kind of picture.
const ARCHIVE: &str = "import sys, numpy as np
np.savez_compressed(sys.argv[1], line=np.arange(600, dtype='>f4'), plane=np.add.outer(np.arange(40.0), np.arange(60.0)).astype('>f8'),
    complex=np.exp(1j * np.linspace(0, 20, 500)).astype('>c8'), cube=np.arange(6000, dtype='>i4').reshape(5, 30, 40),
    columns=np.asfortranarray(np.arange(6000, dtype='>i4').reshape(30, 40, 5)), nan=np.full(9, np.nan, '>f2'), empty=np.zeros((0, 3)),
    photo=(np.arange(40 * 60 * 3) % 251).astype(np.uint8).reshape(40, 60, 3), number=np.float64(2.5), words=np.array(['eins', 'zwei']),
    records=np.array([(1, 2.5, b'ab', [1, 2])] * 20, [('n', '>i4'), ('x', '>f8'), ('s', 'S2'), ('v', '>i2', (2,))]))";

async fn archive(browser: &Browser, url: &str) -> Result<Vec<String>> {
    open(browser, url).await?;
    let file = root().join("target/pictures.npz");
    let made = Command::new(told("BYTEFERRY_PYTHON")?).args(["-B", "-c", ARCHIVE]).arg(&file).status()?;
    ensure!(made.success(), "NumPy ended with {made}");
    browser.page.find(By::Css("#file")).await?.send_keys(file.to_string_lossy()).await?;
    browser.wait_for("!document.querySelector('#members').hidden", LIMIT).await?;
    for (name, dtype, seen) in [
        ("line", "float32", ".drawing .series canvas"),
        ("plane", "float64", ".drawing canvas.image"),
        ("complex", "complex64", ".drawing .series canvas"),
        ("cube", "int32", ".drawing input[type=range]"),
        ("columns", "int32", ".drawing input[type=range]"),
        ("photo", "uint8", ".drawing canvas.photo"),
        ("records", "void", ".drawing table td"),
        ("words", "str", ".drawing table td"),
        ("nan", "float32", ".drawing p"),
        ("empty", "float64", ".drawing p"),
        ("number", "float64", ".drawing p"),
    ] {
        let choose = format!(
            "document.querySelector('.drawing').replaceChildren();
             const member = document.querySelector('#members select');
             member.value = '{name}';
             member.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        );
        browser.page.execute(choose, Vec::new()).await?;
        let shown = format!(
            "document.querySelector('{seen}') && document.querySelector('#own-status').textContent.includes(' {dtype}')"
        );
        browser.wait_for(&shown, LIMIT).await.with_context(|| name.to_owned())?;
        if name == "records" {
            let rows = rows_of(browser, ".drawing").await?;
            ensure!(rows.len() == 12 && rows[3] == "3 | 1 | 2.5 | ab | [1, 2]", "{rows:?}");
        }
    }
    // The third slice along the slowest axis.
    for (name, axis) in [("cube", "first"), ("columns", "last")] {
        let slide = format!(
            "const member = document.querySelector('#members select');
             member.value = '{name}';
             member.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        );
        browser.page.execute(slide, Vec::new()).await?;
        let label = "document.querySelector('.drawing .slide span')?.textContent ?? ''";
        browser.wait_for(&format!("({label}) === '{axis} axis: 0 of 5'"), LIMIT).await?;
        let slide = "const slider = document.querySelector('.drawing input'); slider.value = 2; slider.dispatchEvent(new Event('input'));";
        browser.page.execute(slide, Vec::new()).await?;
        browser.wait_for(&format!("({label}) === '{axis} axis: 2 of 5'"), LIMIT).await?;
        drawn(browser, ".drawing canvas.image").await?;
    }
    quiet(browser).await?;
    Ok(Vec::new())
}

/// Checks that axe-core finds nothing serious or critical in the whole page.
async fn accessible(browser: &Browser, url: &str, size: (u32, u32)) -> Result<Vec<String>> {
    browser
        .in_window(size, async {
            open(browser, url).await?;
            browser.wait_for("document.querySelector('.anatomy tbody tr')", LIMIT).await?;
            axe(browser).await
        })
        .await
}

async fn axe(browser: &Browser) -> Result<Vec<String>> {
    let axe =
        fs::read_to_string(told("BYTEFERRY_NPM")?.join("axe-core/axe.min.js")).context("reading axe-core")?;
    browser.page.execute(axe, Vec::new()).await?;
    let found = browser
        .ask(
            "axe.run().then(({ passes, violations }) => ({ passes: passes.length, violations: violations.map(({ id, impact, nodes }) => \
             `${impact} ${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).slice(0, 3).join('; ')}`) }))",
        )
        .await?;
    let violations = found["violations"].as_array().context("axe reports nothing")?;
    let of_impact = |impact: &str| {
        violations.iter().filter(|it| it.as_str().is_some_and(|it| it.starts_with(impact))).count()
    };
    ensure!(of_impact("serious") + of_impact("critical") == 0, "{violations:#?}");
    Ok(vec![format!("{} rules passed, {} minor remarks{}", found["passes"], violations.len(), {
        let texts: Vec<_> = violations.iter().filter_map(Value::as_str).collect();
        if texts.is_empty() { String::new() } else { format!(": {}", texts.join(" / ")) }
    })])
}

/// In dark colours, requested by Chromium's own protocol.
async fn dark(browser: &Browser, url: &str) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for (size, width, height) in SIZES {
        let found = browser.in_window((width, height), async {
            let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
            browser.page.cdp().send_raw("Emulation.setEmulatedMedia", dark).await?;
            open(browser, url).await?;
            drawn(browser, "#co2 canvas").await?;
            drawn(browser, "#dem canvas").await?;
            browser.photograph(&format!("demo-dark-{size}")).await?;
            let found = axe(browser).await?;
            for part in ["own", "measure", "use"] {
                browser
                    .page
                    .execute(format!("document.querySelector('#{part}').scrollIntoView()"), Vec::new())
                    .await?;
                browser.photograph(&format!("demo-{part}-dark-{size}")).await?;
            }
            quiet(browser).await?;
            Ok(found)
        });
        notes.extend(found.await?);
    }
    Ok(notes)
}

async fn first_paint(browser: &Browser, url: &str) -> Result<Vec<String>> {
    let protocol = browser.page.cdp();
    protocol.send_raw("Emulation.setCPUThrottlingRate", json!({ "rate": 4 })).await?;
    let painted = async {
        browser.page.goto("about:blank").await?;
        open(browser, url).await?;
        let first = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
        browser.wait_for(first, LIMIT).await
    }
    .await;
    protocol.send_raw("Emulation.setCPUThrottlingRate", json!({ "rate": 1 })).await?;
    let painted = painted?.as_f64().context("no time")?;
    ensure!(painted < 1000.0, "first contentful paint after {painted} ms");
    Ok(vec![format!("first contentful paint after {painted:.0} ms")])
}

async fn large(browser: &Browser, url: &str) -> Result<Vec<String>> {
    open(browser, url).await?;
    let status = "document.querySelector('#run-status').textContent";
    let mut notes = Vec::new();
    for way in ["byteferry", "loop"] {
        // Clicks what is at the button's centre, in one script: WebDriver's click would miss if the layout moved
        // meanwhile.
        let press = format!(
            "((button) => {{ button.scrollIntoView({{ block: 'center' }}); {status} = ''; \
             const {{ x, y, width, height }} = button.getBoundingClientRect(); \
             const hit = document.elementFromPoint(x + width / 2, y + height / 2); \
             hit.click(); return hit === button }})(document.querySelector('#run-{way}'))"
        );
        ensure!(browser.ask(&press).await? == true, "{way}: something lies above its button");
        let ended = browser.wait_for(&format!("/[^…]$/.test({status})"), LIMIT).await;
        let told = browser.ask(status).await?;
        ended.with_context(|| format!("{way}: the page says {told}"))?;
        ensure!(told.as_str().is_some_and(|told| told.starts_with("Done")), "{way}: the page says {told}");
        let cells = browser
            .ask(&format!(
                "[...document.querySelectorAll('#result-{way} td')].map((cell) => cell.textContent)"
            ))
            .await?;
        let cell = |at: usize| cells[at].as_str().unwrap_or("?").to_owned();
        if way == "byteferry" {
            ensure!(cell(2) == "nothing", "the page says that {} were allocated", cell(2));
        }
        notes.push(format!("{way} took {}, longest frame {}", cell(0), cell(1)));
    }
    quiet(browser).await?;
    Ok(notes)
}

async fn quiet(browser: &Browser) -> Result<()> {
    let problems = browser.problems().await?;
    ensure!(problems.is_empty(), "the page reported {}", Value::from(problems));
    Ok(())
}
