//! The data's whole way in real browsers: server, worker, page. Each mocha test of `browser/*.js` is a test here.

use anyhow::{Context as _, Result, ensure};
use byteferry_tests::browser::{Browser, Engine, Outcome};
use byteferry_tests::child::Server;
use byteferry_tests::guides::Guides;
use byteferry_tests::lines::Lines;
use byteferry_tests::oracle::Oracle;
use byteferry_tests::sites::Sites;
use byteferry_tests::{demo, measure, memory, root, told};
use libtest_mimic::{Arguments, Trial};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use thirtyfour::By;

const SUITES: [&str; 22] = [
    "decode",
    "ownership",
    "failures",
    "codes",
    "headers",
    "files",
    "fetch",
    "worker",
    "pool",
    "oracle",
    "dtypes",
    "layout",
    "encode",
    "corpus",
    "npz",
    "ndarray",
    "streams",
    "parts",
    "arrive",
    "live",
    "send",
    "shared",
];

// `BYTEFERRY_SUITES=parts,live` runs these suites alone; `memory`, `sites`, `guides`, `demo` and `measure` name the
// tests that this program makes itself.

/// Time limit of a suite: one that takes longer hangs. One takes seconds.
const LIMIT: Duration = Duration::from_secs(300);

/// The servers that the pages talk to.
struct Servers {
    /// Test pages, scripts, and faults.
    site: Server,
    /// The demo and its arrays.
    serve: Server,
    /// NumPy behind aiohttp.
    backend: Server,
    /// The sites of `demo/sites`.
    sites: Sites,
    /// The code that the demo gives visitors to copy.
    lines: Lines,
    /// The guides in `docs`.
    guides: Guides,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    if !arguments.list {
        let servers = Servers::start()?;
        // `-- firefox` selects that browser; anything else filters titles, which are known only after a run.
        let asked =
            |engine: &Engine| arguments.filter.as_deref().is_some_and(|it| it.starts_with(engine.name()));
        let alone = Engine::ALL.into_iter().find(asked);
        for engine in Engine::ALL.into_iter().filter(|engine| alone.is_none_or(|alone| alone == *engine)) {
            let outcomes = in_browser(engine, &servers)
                .await
                .unwrap_or_else(|error| vec![Outcome::failed("runs", &error)]);
            let (mut compared, mut passed, mut failed) = (0, 0, 0);
            for Outcome { title, error, notes, skipped } in outcomes {
                for note in notes {
                    println!("{}: {title}: {note}", engine.name());
                    let count = note.strip_suffix(" cells").or_else(|| note.strip_suffix(" cases"));
                    compared += count.and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
                }
                match (&error, skipped) {
                    (Some(_), _) => failed += 1,
                    (None, false) => passed += 1,
                    (None, true) => {}
                }
                let trial = Trial::test(format!("{}: {title}", engine.name()), move || match error {
                    None => Ok(()),
                    Some(error) => Err(error.into()),
                });
                trials.push(trial.with_ignored_flag(skipped));
            }
            println!(
                "{}: {passed} tests passed, {failed} failed; {compared} cells and cases compared with NumPy",
                engine.name()
            );
        }
    }
    libtest_mimic::run(&arguments, trials).exit()
}

impl Servers {
    fn start() -> Result<Self> {
        let python = told("BYTEFERRY_PYTHON")?;
        let folder = assemble(&python)?;
        let uploads = root().join("target/uploads");
        fs::create_dir_all(uploads.join("backend"))?;
        let mut serve = Command::new(told("BYTEFERRY_SERVE")?);
        serve.args(["--port", "0", "--upload-limit", "1000000", "--data"]).arg(root().join("demo/data"));
        serve.arg("--uploads").arg(&uploads);
        serve.arg("--site").arg(demo::with_listener(&told("BYTEFERRY_SITE")?, &folder)?);
        let mut backend = Command::new(&python);
        backend.arg("-B").arg(root().join("demo/backend/app.py")).args([
            "--port",
            "0",
            "--upload-limit",
            "1000000",
        ]);
        backend.arg("--uploads").arg(uploads.join("backend"));
        let mut site = Command::new(&python);
        site.arg("-B").arg(root().join("tests/browser/site.py")).arg(&folder);
        Ok(Self {
            site: Server::start(site)?,
            serve: Server::start(serve)?,
            backend: Server::start(backend)?,
            sites: Sites::start()?,
            lines: Lines::start()?,
            guides: Guides::start()?,
        })
    }
}

/// Makes a folder of links to all that the test pages load.
fn assemble(python: &Path) -> Result<PathBuf> {
    let folder = root().join("target/browser");
    let npm = told("BYTEFERRY_NPM")?;
    Oracle::consult()?;
    let cases = root().join("target/cases");
    let archives = root().join("target/npz");
    fs::create_dir_all(&archives)?;
    write_cases(python, "oracle/cases.py", &[cases.as_os_str()])?;
    write_cases(python, "npz/make.py", &[archives.as_os_str()])?;
    let parts = root().join("target/parts");
    fs::create_dir_all(&parts)?;
    write_cases(python, "parts/make.py", &[parts.as_os_str()])?;
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(folder.join("vendor"))?,
    }
    for (name, place) in [
        ("browser", root().join("tests/browser")),
        ("fixtures", root().join("tests/fixtures")),
        ("dist", told("BYTEFERRY_DIST")?),
        ("faults", told("BYTEFERRY_FAULTS")?),
        ("docs", root().join("docs")),
        ("oracle", root().join("target/oracle")),
        ("cases", cases),
        ("npz", archives),
        ("parts", parts),
        ("vendor/mocha", npm.join("mocha")),
    ] {
        std::os::unix::fs::symlink(&place, folder.join(name))
            .with_context(|| format!("linking {}", place.display()))?;
    }
    // Other people's files, which we may not distribute: tested if there are some.
    if let Some(corpus) = std::env::var_os("BYTEFERRY_CORPUS") {
        let cases = root().join("target/corpus-cases");
        write_cases(python, "oracle/cases.py", &["--corpus".as_ref(), &corpus, cases.as_os_str()])?;
        for (name, place) in [("corpus", Path::new(&corpus)), ("corpus-cases", &cases)] {
            std::os::unix::fs::symlink(place, folder.join(name))?;
        }
    }
    let truth = Command::new(python)
        .arg("-B")
        .arg(root().join("tests/browser/truth.py"))
        .arg(root().join("demo/data"))
        .output()?;
    fs::write(folder.join("truth.json"), truth.stdout)?;
    Ok(folder)
}

/// Has NumPy write the results that the page must see.
fn write_cases(python: &Path, script: &str, arguments: &[&OsStr]) -> Result<()> {
    let script = root().join("tests").join(script);
    let done = Command::new(python).arg("-B").arg(&script).args(arguments).status()?;
    ensure!(done.success(), "{} ended with {done}", script.display());
    Ok(())
}

async fn in_browser(engine: Engine, servers: &Servers) -> Result<Vec<Outcome>> {
    let browser = Browser::start(engine).await?;
    let mut outcomes = vec![harness(&browser, servers).await];
    let some = std::env::var("BYTEFERRY_SUITES").ok();
    let wanted = |suite: &str| some.as_deref().is_none_or(|some| some.split(',').any(|it| it == suite));
    for suite in SUITES.into_iter().filter(|suite| wanted(suite)) {
        let url = format!(
            "{}browser/index.html?suite={suite}&serve={}&backend={}",
            servers.site.url, servers.serve.url, servers.backend.url
        );
        match browser.run_suite(&url, LIMIT).await {
            Ok(report) => outcomes.extend(report),
            Err(error) => outcomes.push(Outcome::failed(format!("{suite} reports"), &error)),
        }
    }
    let title = "a file that is deleted between being chosen and being read is told, and the worker goes on";
    outcomes.push(match gone_file(&browser, servers).await {
        Ok(()) => Outcome::passed(title),
        Err(error) => Outcome::failed(title, &error),
    });
    if wanted("memory") {
        let page = format!("{}browser/index.html?suite=support", servers.site.url);
        for (title, result) in [
            (
                "a hundred thousand live frames leave memory as it was",
                memory::of_many_frames(&browser, &page, &servers.serve.url).await,
            ),
            (
                "a fetch allocates its array and no more",
                memory::of_a_fetch(&browser, &page, &servers.serve.url).await,
            ),
        ] {
            outcomes.push(match result {
                Ok(notes) => Outcome { notes, ..Outcome::passed(title) },
                Err(error) => Outcome::failed(title, &error),
            });
        }
    }
    if wanted("sites") {
        outcomes.extend(servers.sites.visit(&browser).await);
        outcomes.extend(servers.lines.visit(&browser).await);
    }
    if wanted("guides") {
        outcomes.extend(servers.guides.visit(&browser).await);
    }
    if wanted("demo") {
        outcomes.extend(demo::look(&browser, &servers.serve.url, &servers.backend.url).await);
    }
    if wanted("measure") {
        outcomes.extend(measure::look(&browser, &servers.serve.url).await);
    }
    browser.end().await?;
    Ok(outcomes)
}

/// Tests the harness: it must see every way in which a suite can fail, and give up one that hangs.
async fn harness(browser: &Browser, servers: &Servers) -> Outcome {
    let result = async {
        let page = format!("{}browser/index.html?suite=", servers.site.url);
        let report = browser.run_suite(&format!("{page}standin"), LIMIT).await?;
        let seen: Vec<_> = report
            .iter()
            .map(|outcome| (outcome.title.as_str(), outcome.skipped, outcome.error.as_deref().unwrap_or("-")))
            .collect();
        let expected = [
            ("a stand-in passes", false, "-"),
            ("a stand-in fails", false, "on purpose"),
            ("a stand-in is rejected with nothing", false, "falsy reason"),
            ("a stand-in never settles", false, "100ms"),
            ("a stand-in is skipped", true, "-"),
            ("a stand-in with a hook that fails \"before all\" hook", false, "no ground to stand on"),
        ];
        let same = |(seen, expected): (&(&str, bool, &str), &(&str, bool, &str))| {
            seen.0.starts_with(expected.0) && seen.1 == expected.1 && seen.2.contains(expected.2)
        };
        ensure!(
            seen.len() == expected.len() && seen.iter().zip(&expected).all(same),
            "the stand-in reports {seen:#?}"
        );
        ensure!(report[0].notes == ["a figure"], "the figure is lost: {:?}", report[0].notes);
        for (suite, limit, says) in [
            ("nowhere", LIMIT, "nowhere.js"),
            ("support", LIMIT, "no test at all"),
            ("hangs", Duration::from_secs(1), "did not come true"),
        ] {
            let error = match browser.run_suite(&format!("{page}{suite}"), limit).await {
                Ok(report) => report.into_iter().find_map(|outcome| outcome.error).unwrap_or_default(),
                Err(error) => format!("{error:#}"),
            };
            ensure!(error.contains(says), "a suite '{suite}' is reported as '{error}'");
        }
        Ok(())
    };
    match result.await {
        Ok(()) => Outcome::passed("the harness sees what fails, hangs, and isn't there"),
        Err(error) => Outcome::failed("the harness sees what fails, hangs, and isn't there", &error),
    }
}

/// Chooses a file as a visitor does, and deletes it before it is read, which a page alone cannot do.
async fn gone_file(browser: &Browser, servers: &Servers) -> Result<()> {
    let file = root().join("target/browser/gone.raw");
    fs::write(&file, [0; 16])?;
    browser.page.goto(format!("{}browser/index.html?suite=support", servers.site.url)).await?;
    let input = "document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'chosen' }))";
    browser.page.execute(input, Vec::new()).await?;
    browser.page.find(By::Css("#chosen")).await?.send_keys(file.to_string_lossy()).await?;
    fs::remove_file(&file)?;
    let decode = "import('/dist/byteferry.js').then(async ({ Ferry }) => {
        const ferry = new Ferry();
        const [file] = document.querySelector('#chosen').files;
        const told = ({ code, message }) => `${typeof code} ${code}: ${message}`;
        const gone = await ferry.decode(file, { dtype: '>f4' }).then(() => 'it was read', told);
        const next = await ferry.decode(new ArrayBuffer(8), { dtype: '>f4' }).then(({ size }) => size, told);
        window.outcome = { gone, next };
        ferry.close();
    })";
    browser.page.execute(decode, Vec::new()).await?;
    let outcome = browser.wait_for("window.outcome", Duration::from_secs(10)).await?;
    let gone = outcome["gone"].as_str().unwrap_or_default();
    let crash = gone.contains("worker-") || gone.contains("out-of-memory");
    ensure!(gone.starts_with("string ") && !crash && outcome["next"] == 2, "{outcome}");
    Ok(())
}
