//! The memory that a browser needs for arrays on their way, measured by the system.

use crate::browser::{Browser, Engine};
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::time::Duration;

/// How many frames come, and between which ones the browser counts as warm.
const FRAMES: u64 = 120_000;
const WARM: std::ops::Range<u64> = 30_000..60_000;
/// From this frame on, memory counts as that at the end.
const LATE: u64 = 90_000;

/// Bytes of the array that is fetched.
const FETCHED: u64 = 1 << 28;

const MIB: f64 = 1_048_576.0;

/// Takes frames as fast as they come, and watches the memory of all the browser's processes. Returns a note.
///
/// # Errors
/// If a frame is lost, one needs new memory, or memory at the end is more than 5 % above that of the warm browser.
pub async fn of_many_frames(browser: &Browser, page: &str, serve: &str) -> Result<Vec<String>> {
    // WebKit never makes a server wait, and chunks that pile up take time that grows with the square of their number.
    let rate = if browser.engine == Engine::WebKit { 4000 } else { 0 };
    let script = format!(
        "window.taken = [0, 0]; import('/dist/byteferry.js').then(async ({{ Ferry }}) => {{
            const ferry = new Ferry({{ workers: 1 }});
            let began = performance.now();
            for await (const {{ sequence, stats }} of ferry.frames('{serve}live?rate={rate}&count={FRAMES}&samples=64')) {{
                if (sequence !== window.taken[0]) throw new Error(`frame ${{sequence}} is not in its place`);
                window.taken = [sequence + 1, window.taken[1] + (sequence < 100 ? 0 : stats.allocated)];
            }}
            window.took = (performance.now() - began) / 1000;
            ferry.close();
        }}).catch((error) => (window.took = String(error)))"
    );
    browser.page.goto(page).await?;
    browser.page.execute(script, Vec::new()).await?;
    let (mut warm, mut late) = (Vec::new(), Vec::new());
    let took = loop {
        let told = browser.ask("[window.taken[0], window.taken[1], window.took ?? null]").await?;
        let taken = told[0].as_u64().unwrap_or(0);
        if WARM.contains(&taken) {
            warm.push(resident(browser)?);
        } else if taken >= LATE {
            late.push(resident(browser)?);
        }
        if !told[2].is_null() {
            ensure!(
                taken == FRAMES && told[1] == 0,
                "{taken} frames, {} bytes allocated: {}",
                told[1],
                told[2]
            );
            break told[2].as_f64().context("no time")?;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let (warm, late) = (median(warm), median(late));
    let note =
        format!("{FRAMES} frames in {took:.1} s; memory {warm:.0} MiB when warm, {late:.0} MiB in the end");
    ensure!(late <= 1.05 * warm, "{note}");
    Ok(vec![note])
}

/// Fetches a large array that keeps its width, and watches the peak memory of the process that grows most.
/// A browser also holds pieces in transit, and memory that is unused but not freed yet, more of it on a busy machine:
/// the median of five fetches counts.
///
/// # Errors
/// If the worker, by its own account, allocates more than the array, or the process grows enough for a second copy.
pub async fn of_a_fetch(browser: &Browser, page: &str, serve: &str) -> Result<Vec<String>> {
    let fetch = |nbytes: u64| {
        format!(
            "window.told = null; import('/dist/byteferry.js').then(async ({{ Ferry }}) => {{
                window.ferry ??= new Ferry({{ workers: 1 }});
                const {{ nbytes, stats }} = window.kept = await ferry.fetch('{serve}zeros/{nbytes}.npy', {{ cache: 'no-store' }});
                window.told = [nbytes, stats.allocated, stats.wasmMemory];
            }}).catch((error) => (window.told = String(error)))"
        )
    };
    browser.page.goto(page).await?;
    let (mut peaks, mut wasm) = (Vec::new(), 0);
    for _ in 0..5 {
        browser.page.execute(fetch(1 << 20), Vec::new()).await?;
        browser.wait_for("window.told", Duration::from_secs(30)).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let before = processes(browser)?
            .into_iter()
            // Writing this resets the process's peak.
            .filter(|process| fs::write(format!("/proc/{process}/clear_refs"), "5").is_ok())
            .map(|process| (process, status(process, "VmRSS")))
            .collect::<Vec<_>>();
        browser.page.execute(fetch(FETCHED), Vec::new()).await?;
        let told = browser.wait_for("window.told", Duration::from_secs(60)).await?;
        let taken = |(process, before)| status(process, "VmHWM") - before;
        peaks.push(before.into_iter().map(taken).fold(0.0, f64::max));
        wasm = told[2].as_u64().unwrap_or(u64::MAX);
        ensure!(told[0] == FETCHED && told[1] == FETCHED && wasm < 2 << 20, "{told}");
        // Ending the worker frees the memory at once, not at some garbage collection.
        browser
            .page
            .execute(
                "window.ferry.recycle(window.kept); window.ferry = void window.ferry.close()",
                Vec::new(),
            )
            .await?;
    }
    let peak = median(peaks.clone());
    let array = FETCHED as f64 / MIB;
    let note = format!(
        "{array} MiB allocated, {:.1} MiB of wasm, 1 MiB for pieces; the process's peak is {peak:.0} MiB over what it had (each time {peaks:.0?})",
        wasm as f64 / MIB
    );
    // WebKit reads everything ahead of the reader.
    let most = if browser.engine == Engine::WebKit { 2.25 } else { 1.25 };
    ensure!(peak < most * array, "{note}");
    Ok(vec![note])
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The memory of all the browser's processes, in MiB.
fn resident(browser: &Browser) -> Result<f64> {
    Ok(processes(browser)?.into_iter().map(|process| status(process, "VmRSS")).sum())
}

/// A line of the process's status, in MiB; 0 if the process has ended.
fn status(process: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// The driver's process and all its descendants.
fn processes(browser: &Browser) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").context("reading /proc")? {
        let Ok(process) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // After the name, which is in parentheses and may hold anything: state, parent.
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let parent =
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (process, parent)));
    }
    let mut found = vec![browser.driver()];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        at += 1;
    }
    Ok(found)
}
