//! The code that the demo gives its visitors to copy: taken from the page, and run.

use crate::browser::{Browser, Outcome};
use crate::child::{Server, free_port};
use crate::{root, told};
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Far more time than any page takes.
const LIMIT: Duration = Duration::from_secs(30);

/// The page around `main.js`, for a visitor who installs the package.
const PAGE: &str = "<!doctype html><link rel=\"icon\" href=\"data:,\"><output></output><script type=\"module\" src=\"./main.js\"></script>";
const CONFIG: &str = "export default { base: './', build: { emptyOutDir: true } };";

/// The same array as a file, for a page that no backend serves.
const SAVE: &str = "import sys, numpy as np
np.save(sys.argv[1], np.linspace(-10, 30, 1000).astype('>f4').reshape(4, 250))";

/// The folder of a visitor who has copied the code, served by its Python part.
pub struct Lines {
    backend: Server,
}

impl Lines {
    /// Copies the code from the page, and follows the instructions beside it.
    ///
    /// # Errors
    /// If the page has other code, or the code can't be run.
    pub fn start() -> Result<Self> {
        let page = fs::read_to_string(root().join("demo/index.html"))?;
        let (sites, python) = (told("BYTEFERRY_SITES")?, told("BYTEFERRY_PYTHON")?);
        // Below the folder with the sites' npm packages, byteferry's among them.
        let folder = sites.join("lines");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(folder.join("app/public"))?,
        }
        for (name, place) in [("server.py", ""), ("index.html", ""), ("main.js", "app")] {
            fs::write(folder.join(place).join(name), block(&page, name)?)?;
        }
        // The Rust code is compiled and run with the client's tests.
        let tested = fs::read_to_string(root().join("crates/client/tests/app/show.rs"))?;
        ensure!(block(&page, "show.rs")? == tested, "the lines in Rust are not those that are tested");

        for file in ["byteferry.js", "byteferry-worker.js"] {
            fs::copy(told("BYTEFERRY_DIST")?.join(file), folder.join(file))
                .with_context(|| format!("copying {file}"))?;
        }
        fs::write(folder.join("app/index.html"), PAGE)?;
        fs::write(folder.join("app/vite.config.js"), CONFIG)?;
        let mut save = Command::new(&python);
        save.args(["-B", "-c", SAVE]).arg(folder.join("app/public/temperature.npy"));
        run(save)?;
        let mut vite = Command::new(told("BYTEFERRY_NODE")?);
        vite.arg(sites.join("node_modules/vite/bin/vite.js")).args(["build", "--logLevel", "warn"]);
        vite.current_dir(folder.join("app"));
        run(vite)?;
        Ok(Self { backend: serve(&python, &folder)? })
    }

    /// Visits the resulting pages.
    pub async fn visit(&self, browser: &Browser) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for (title, path, says) in [
            ("Python and plain HTML", "index.html", "float32, shape 4,250, sent big-endian: -10 to 30"),
            ("npm", "app/dist/index.html", "4,250: 30"),
        ] {
            let title = format!("the demo's lines to copy: {title}");
            outcomes.push(match self.shows(browser, path, says).await {
                Ok(()) => Outcome::passed(title),
                Err(error) => Outcome::failed(title, &error),
            });
        }
        outcomes
    }

    async fn shows(&self, browser: &Browser, path: &str, says: &str) -> Result<()> {
        browser.forget().await?;
        browser.page.goto(format!("{}/{path}", self.backend.url)).await?;
        let shown = browser.wait_for("document.querySelector('output')?.textContent || null", LIMIT).await;
        let problems = browser.forget().await?;
        ensure!(problems.is_empty(), "{problems:?}");
        let shown = shown?;
        ensure!(shown == says, "it shows {shown}, not '{says}'");
        Ok(())
    }
}

fn serve(python: &Path, folder: &Path) -> Result<Server> {
    let port = free_port()?;
    let mut backend = Command::new(python);
    backend.args(["-B", "server.py"]).arg(port.to_string()).current_dir(folder);
    Server::start_at(backend, port)
}

fn run(mut command: Command) -> Result<()> {
    let done = command.output().with_context(|| format!("{command:?}"))?;
    let said = [done.stdout, done.stderr].concat();
    ensure!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
    Ok(())
}

/// The code of a file, as it stands in the page.
fn block(page: &str, name: &str) -> Result<String> {
    let begin = format!("<code data-file=\"{name}\">");
    let mut found = page.split(&begin).skip(1);
    let text = found.next().and_then(|rest| rest.split_once("</code>")).map(|(text, _)| text);
    let text = text.with_context(|| format!("the demo has no lines for {name}"))?;
    ensure!(found.next().is_none(), "the demo has {name} twice");
    Ok(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}
