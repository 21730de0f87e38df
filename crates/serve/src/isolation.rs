//! The headers that every answer has: readable from anywhere, isolated, never stale.

use crate::conditional::X_ARRAY;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
};
use tower_http::{
    cors::{Any, CorsLayer},
    set_header::SetResponseHeaderLayer,
};

/// Puts them on all answers of `router`.
pub(crate) fn isolated(router: Router) -> Router {
    let set = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    router
        // Cross-origin isolation, without which there is no SharedArrayBuffer and only a coarse clock.
        .layer(set("cross-origin-opener-policy", "same-origin"))
        .layer(set("cross-origin-embedder-policy", "require-corp"))
        // Isolated pages elsewhere may take what is here.
        .layer(set("cross-origin-resource-policy", "cross-origin"))
        // Ask each time: who changes a file and reloads must see the change; a 304 is cheap.
        .layer(set("cache-control", "no-cache"))
        .layer(cors())
}

fn cors() -> CorsLayer {
    const READABLE: [HeaderName; 4] =
        [header::ACCEPT_RANGES, header::CONTENT_LENGTH, header::CONTENT_RANGE, header::ETAG];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT])
        .allow_headers(Any)
        .expose_headers(X_ARRAY.into_iter().chain(READABLE).collect::<Vec<_>>())
}
