//! A server on its own port, and the expected arrays, read from the committed files without byteferry.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use byteferry_serve::{Options, Server};
use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderMap};
use std::{fs, path::PathBuf};

/// The repository's `demo/data`.
pub(crate) fn data() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/data"))
}

/// A started server and a client for it.
pub(crate) struct Running {
    pub(crate) url: String,
    client: Client,
}

/// Starts a server on any free port; it ends with the test.
pub(crate) async fn start(options: Options) -> Running {
    let server = Server::bind(&Options { port: 0, data: data(), ..options }).await.unwrap();
    Running::run(server)
}

impl Running {
    pub(crate) fn run(server: Server) -> Self {
        let url = server.url().trim_end_matches('/').into();
        tokio::spawn(server.run(std::future::pending()));
        Self { url, client: Client::new() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// GET with some headers.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = headers
            .iter()
            .fold(self.request(Method::GET, path), |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap()
    }

    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.unwrap().into()
    }
}

/// A header's text, empty where there is none.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// A committed array, described by hand.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// Type string without the byte order
    pub(crate) kind: &'static str,
    pub(crate) width: usize,
    pub(crate) shape: &'static [u64],
    /// Where in the file the elements begin
    pub(crate) offset: usize,
    pub(crate) file: &'static str,
}

pub(crate) const KNOWN: [Known; 2] = [
    Known { name: "co2", kind: "f4", width: 4, shape: &[2284], offset: 0, file: "co2.raw" },
    Known { name: "dem", kind: "i2", width: 2, shape: &[344, 403], offset: 128, file: "dem.npy" },
];

impl Known {
    /// The elements as committed, big-endian, or with the bytes of each reversed.
    pub(crate) fn payload(&self, order: &str) -> Vec<u8> {
        let stored = fs::read(data().join(self.file)).unwrap().split_off(self.offset);
        match order {
            "big" => stored,
            "little" => stored.chunks(self.width).flat_map(|element| element.iter().rev().copied()).collect(),
            _ => unreachable!(),
        }
    }

    pub(crate) fn dtype(&self, order: &str) -> String {
        format!("{}{}", if order == "big" { ">" } else { "<" }, self.kind)
    }
}
