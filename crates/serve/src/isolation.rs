//! The headers of every answer: readable from any origin, cross-origin isolated, never stale.

use crate::conditional::X_ARRAY;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
};
use tower_http::{
    cors::{Any, CorsLayer},
    set_header::SetResponseHeaderLayer,
};

/// Puts these headers on all answers of `router`.
pub(crate) fn isolated(router: Router) -> Router {
    let set = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    router
        // Cross-origin isolation: without it there is no SharedArrayBuffer, and only a coarse clock.
        .layer(set("cross-origin-opener-policy", "same-origin"))
        .layer(set("cross-origin-embedder-policy", "require-corp"))
        // Isolated pages on other origins may load this.
        .layer(set("cross-origin-resource-policy", "cross-origin"))
        // Revalidate each time: after a file is changed, a reload must show the change. A 304 is cheap.
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
