//! The server: routes and listener.

use crate::{
    Error, Options, arrays, catalogue::Catalogue, faults, gzip, isolation::isolated, live, site, uploads,
    zeros,
};
use axum::{Router, http::Uri, serve::ListenerExt};
use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, time};

/// How long answers under way may take after the server was asked to stop.
const GRACE: Duration = Duration::from_secs(2);

/// A server that listens; connections wait until it [`run`](Self::run)s.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

impl Server {
    /// Reads the arrays and listens.
    ///
    /// # Errors
    /// If the port is taken, a folder doesn't exist or an array is not what `arrays.json` says.
    pub async fn bind(options: &Options) -> Result<Self, Error> {
        let router = router(options)?;
        let Options { host, port, .. } = options;
        let listener = TcpListener::bind((host.as_str(), *port)).await;
        let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = bound.map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => Error::PortTaken { host: host.clone(), port: *port },
            _ => Error::Listen { host: host.clone(), port: *port, source },
        })?;
        Ok(Self { listener, address, router })
    }

    /// Its URL, with the actual port even for port 0: `http://127.0.0.1:8080/`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Answers requests until `stop` is ready. Answers under way are then finished, within two seconds.
    ///
    /// # Errors
    /// The system's error if it can't go on listening.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        // Without Nagle's algorithm, a small payload need not wait until its header was acknowledged.
        let listener = self.listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let (stopping, stopped) = oneshot::channel();
        let serving = axum::serve(listener, self.router).with_graceful_shutdown(async {
            stop.await;
            let _ = stopping.send(());
        });
        let overdue = async {
            match stopped.await {
                Ok(()) => time::sleep(GRACE).await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = serving => ended,
            () = overdue => Ok(()),
        }
    }
}

fn router(options: &Options) -> Result<Router, Error> {
    let arrays = arrays::routes(Catalogue::read(&options.data)?).merge(zeros::routes());
    let compressed = Router::new().nest("/gzip", gzip::compressed(arrays.clone()));
    let mut router = faults::on_demand(arrays.merge(compressed)).merge(live::routes());
    if let Some(folder) = folder("uploads", &options.uploads)? {
        router = router.merge(uploads::routes(folder, options.upload_limit));
    }
    if let Some(folder) = folder("oracle", &options.oracle)? {
        router = router.nest_service("/oracle", site::files(folder));
    }
    router = match folder("site", &options.site)? {
        Some(folder) => router.fallback_service(site::files(folder)),
        None => router.fallback(async |uri: Uri| site::not_found(&uri)),
    };
    Ok(isolated(router))
}

fn folder<'a>(option: &'static str, path: &'a Option<PathBuf>) -> Result<Option<&'a Path>, Error> {
    match path.as_deref() {
        Some(path) if !path.is_dir() => Err(Error::NoFolder { option, path: path.to_owned() }),
        other => Ok(other),
    }
}
