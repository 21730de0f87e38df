//! The whole way of the data in real browsers: server, worker, page. Each mocha test of `browser/*.js` is a test here.

use anyhow::{Context as _, Result};
use byteferry_tests::browser::{Browser, Engine, Outcome};
use byteferry_tests::child::Server;
use byteferry_tests::oracle::Oracle;
use byteferry_tests::{demo, root, told};
use libtest_mimic::{Arguments, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SUITES: [&str; 5] = ["decode", "failures", "fetch", "worker", "oracle"];

/// A suite that hasn't reported by then hangs; one takes seconds.
const LIMIT: Duration = Duration::from_secs(300);

/// The servers that the pages talk to.
struct Servers {
    /// Test pages, scripts, and faults.
    site: Server,
    /// The demo and its arrays.
    serve: Server,
    /// NumPy behind aiohttp.
    backend: Server,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    if !arguments.list {
        let servers = Servers::start()?;
        for engine in Engine::ALL {
            let outcomes = in_browser(engine, &servers).await.unwrap_or_else(|error| {
                vec![Outcome { title: "runs".into(), error: Some(format!("{error:#}")), notes: vec![] }]
            });
            for Outcome { title, error, notes } in outcomes {
                for note in notes {
                    println!("{}: {title}: {note}", engine.name());
                }
                trials.push(Trial::test(format!("{}: {title}", engine.name()), move || match error {
                    None => Ok(()),
                    Some(error) => Err(error.into()),
                }));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit()
}

impl Servers {
    fn start() -> Result<Self> {
        let python = told("BYTEFERRY_PYTHON")?;
        let mut serve = Command::new(told("BYTEFERRY_SERVE")?);
        serve.args(["--port", "0", "--data"]).arg(root().join("demo/data"));
        serve.arg("--site").arg(told("BYTEFERRY_SITE")?);
        let mut backend = Command::new(&python);
        backend.arg("-B").arg(root().join("demo/backend/app.py")).args(["--port", "0"]);
        let mut site = Command::new(&python);
        site.arg("-B").arg(root().join("tests/browser/site.py")).arg(assemble(&python)?);
        Ok(Self {
            site: Server::start(site)?,
            serve: Server::start(serve)?,
            backend: Server::start(backend)?,
        })
    }
}

/// A folder with all that the test pages load: links to where it is.
fn assemble(python: &Path) -> Result<PathBuf> {
    let folder = root().join("target/browser");
    let npm = told("BYTEFERRY_NPM")?;
    Oracle::consult()?;
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(folder.join("vendor"))?,
    }
    for (name, place) in [
        ("browser", root().join("tests/browser")),
        ("dist", told("BYTEFERRY_DIST")?),
        ("oracle", root().join("target/oracle")),
        ("vendor/mocha", npm.join("mocha")),
    ] {
        std::os::unix::fs::symlink(&place, folder.join(name))
            .with_context(|| format!("linking {}", place.display()))?;
    }
    let truth = Command::new(python)
        .arg("-B")
        .arg(root().join("tests/browser/truth.py"))
        .arg(root().join("demo/data"))
        .output()?;
    fs::write(folder.join("truth.json"), truth.stdout)?;
    Ok(folder)
}

async fn in_browser(engine: Engine, servers: &Servers) -> Result<Vec<Outcome>> {
    let browser = Browser::start(engine).await?;
    let mut outcomes = Vec::new();
    for suite in SUITES {
        let url = format!(
            "{}browser/index.html?suite={suite}&serve={}&backend={}",
            servers.site.url, servers.serve.url, servers.backend.url
        );
        match browser.run_suite(&url, LIMIT).await {
            Ok(report) => outcomes.extend(report),
            Err(error) => outcomes.push(Outcome {
                title: format!("{suite} reports"),
                error: Some(format!("{error:#}")),
                notes: Vec::new(),
            }),
        }
    }
    outcomes.extend(demo::look(&browser, engine, &servers.serve.url, &servers.backend.url).await);
    browser.end().await?;
    Ok(outcomes)
}
