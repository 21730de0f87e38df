//! Follows the instructions in `docs/`: takes the files from the pages, and visits them.

use crate::browser::{Browser, Outcome};
use crate::child::{Server, free_port};
use crate::pages::Page;
use crate::{root, told};
use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use thirtyfour::By;

/// Far more time than any page takes.
const LIMIT: Duration = Duration::from_secs(30);

/// The files that the pages say to copy.
const COPIED: [(&str, &[&str]); 3] = [
    ("my-site", &["byteferry.js", "byteferry-worker.js", "byteferry-worker.full.js"]),
    ("my-worker", &["byteferry-worker.full.js"]),
    ("my-backend/static", &["byteferry.js", "byteferry-worker.js", "byteferry-worker.full.js"]),
];

/// The readers' folders, and their servers.
pub struct Guides {
    folder: PathBuf,
    files: Server,
    backend: Server,
    numpy: Numpy,
}

/// NumPy's values for the array that the pages make.
#[derive(Deserialize)]
struct Numpy {
    first: String,
    /// Sum of the grey values that it is drawn with.
    greys: u64,
    temperature: String,
    nbytes: u64,
}

/// Run in the folder of the readers' folders.
const ASK: &str = "
import io, json, pathlib, numpy as np
heights = np.load('my-site/heights.npy')
assert heights.dtype.str == '>f8'
least, greatest = heights.min(), heights.max()
temperature = np.load('my-worker/temperature.npy')
print(json.dumps({
    'first': repr(float(heights[0, 0])),
    'greys': int(np.rint(255 * (heights - least) / (greatest - least)).sum()),
    'temperature': 'float32 [3,4] from big-endian: ' + ', '.join(f'{value:g}' for value in temperature.ravel().tolist()),
    'nbytes': pathlib.Path('my-worker/temperature.npy').stat().st_size,
}))";

impl Guides {
    /// Follows the pages up to the browser.
    ///
    /// # Errors
    /// If an instruction can't be followed.
    pub fn start() -> Result<Self> {
        let (sites, python) = (told("BYTEFERRY_SITES")?, told("BYTEFERRY_PYTHON")?);
        // Below the folder with the sites' npm packages.
        let folder = sites.join("guides");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&folder)?,
        }
        for page in ["docs/getting-started.md", "docs/worker-protocol.md"] {
            for (name, content) in Page::read(page)?.files() {
                let path = folder.join(name);
                fs::create_dir_all(path.parent().context("a file in no folder")?)?;
                fs::write(path, content)?;
            }
        }
        let dist = told("BYTEFERRY_DIST")?;
        for (place, files) in COPIED {
            for file in files {
                fs::copy(dist.join(file), folder.join(place).join(file))
                    .with_context(|| format!("{file} to {place}"))?;
            }
        }
        let run = |mut command: Command| {
            let done = command.output().with_context(|| format!("{command:?}"))?;
            let said = || {
                format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
            };
            ensure!(done.status.success(), "{command:?}: {}", said());
            Ok(done.stdout)
        };
        let mut make = Command::new(&python);
        make.arg("-B").arg("make.py").current_dir(folder.join("my-site"));
        run(make)?;
        fs::copy(sites.join("plain/temperature.npy"), folder.join("my-worker/temperature.npy"))?;
        fs::create_dir_all(folder.join("my-app/public"))?;
        fs::copy(folder.join("my-site/heights.npy"), folder.join("my-app/public/heights.npy"))?;
        let mut vite = Command::new(told("BYTEFERRY_NODE")?);
        vite.arg(sites.join("node_modules/vite/bin/vite.js")).args(["build", "--logLevel", "warn"]);
        run({
            vite.current_dir(folder.join("my-app"));
            vite
        })?;

        let port = free_port()?;
        let server = folder.join("my-backend/server.py");
        let text = fs::read_to_string(&server)?;
        ensure!(text.contains("port=8080"), "the backend's port is another");
        fs::write(&server, text.replace("port=8080", &format!("port={port}")))?;
        fs::copy(root().join("demo/backend/byteferry.py"), folder.join("my-backend/byteferry.py"))?;
        let mut backend = Command::new(&python);
        backend.arg("-B").arg("server.py").current_dir(folder.join("my-backend"));
        let backend = Server::start_at(backend, port)?;

        let mut files = Command::new(&python);
        files.arg("-B").arg(root().join("tests/sites/serve.py")).arg(&folder);
        let mut ask = Command::new(&python);
        ask.args(["-B", "-c", ASK]).current_dir(&folder);
        let numpy = serde_json::from_slice(&run(ask)?)?;
        Ok(Self { files: Server::start(files)?, folder, backend, numpy })
    }

    /// Visits the resulting pages.
    pub async fn visit(&self, browser: &Browser) -> Vec<Outcome> {
        let file = |path: &str| format!("{}{path}", self.files.url);
        let Numpy { first, temperature, nbytes, .. } = &self.numpy;
        let mut outcomes = Vec::new();
        for (title, url, says) in [
            ("plain HTML", file("my-site/index.html"), "float64 [200,300], was big-endian".to_owned()),
            (
                "npm and Vite",
                file("my-app/dist/index.html"),
                format!("float64 [200,300], was big-endian, begins with {first}"),
            ),
            ("a NumPy backend", format!("{}/index.html", self.backend.url), self.promised()),
            (
                "the worker's messages",
                file("my-worker/index.html"),
                format!("{temperature}; the same {nbytes} bytes again; truncated, 12 and 10, 10 bytes back"),
            ),
        ] {
            outcomes.push(of(title, self.shows(browser, &url, &says).await));
            if title == "plain HTML" {
                outcomes.push(of("plain HTML: the drawing", self.drawn(browser).await));
            }
        }
        outcomes.push(of("a visitor's own file", self.chosen(browser, &file("my-site/own.html")).await));
        outcomes
    }

    /// The text that the guide promises for the backend's page.
    fn promised(&self) -> String {
        let page = Page::read("docs/getting-started.md").map(|page| page.text).unwrap_or_default();
        let shown = page.split("index.html then shows `").nth(1).and_then(|rest| rest.split('`').next());
        shown.unwrap_or("nothing: the page doesn't say").to_owned()
    }

    async fn shows(&self, browser: &Browser, url: &str, says: &str) -> Result<()> {
        browser.forget().await?;
        browser.page.goto(url).await?;
        let shown = browser.wait_for("document.querySelector('output')?.textContent || null", LIMIT).await;
        let problems = browser.forget().await?;
        ensure!(problems.is_empty(), "{problems:?}");
        let shown = shown?;
        ensure!(shown == says, "it shows '{shown}', not '{says}'");
        Ok(())
    }

    /// Compares the canvas of the open page with NumPy's grey values.
    async fn drawn(&self, browser: &Browser) -> Result<()> {
        let greys = "(() => {
            const canvas = document.querySelector('canvas');
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return data.reduce((sum, value, i) => sum + (i % 4 ? 0 : value), 0);
        })()";
        let drawn = browser.wait_for(greys, LIMIT).await?;
        ensure!(
            drawn.as_f64() == Some(self.numpy.greys as f64),
            "greys of {drawn}, NumPy has {}",
            self.numpy.greys
        );
        Ok(())
    }

    async fn chosen(&self, browser: &Browser, url: &str) -> Result<()> {
        for (file, says) in [
            ("heights.npy", "heights.npy: float64 [200,300]"),
            ("heights.npz", "heights: float64 [200,300], x: float64 [300]"),
            ("make.py", "bad-magic: "),
        ] {
            browser.forget().await?;
            browser.page.goto(url).await?;
            let path = self.folder.join("my-site").join(file);
            browser.page.find(By::Css("input")).await?.send_keys(path.to_string_lossy()).await?;
            let shown =
                browser.wait_for("document.querySelector('output')?.textContent || null", LIMIT).await?;
            let shown = shown.as_str().unwrap_or_default();
            ensure!(
                shown == says || (says.ends_with(' ') && shown.starts_with(says)),
                "{file}: it shows '{shown}', not '{says}'"
            );
            let problems = browser.forget().await?;
            ensure!(problems.is_empty(), "{problems:?}");
        }
        Ok(())
    }
}

fn of(title: &str, result: Result<()>) -> Outcome {
    let title = format!("a guide: {title}");
    match result {
        Ok(()) => Outcome::passed(title),
        Err(error) => Outcome::failed(title, &error),
    }
}
