//! `/gzip/`: the same arrays, compressed in transit, as many servers do unasked.

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware,
    response::Response,
};
use tower_http::compression::CompressionLayer;

/// Compresses the answers of `router` for clients that accept gzip.
pub(crate) fn compressed(router: Router) -> Router {
    let weaken = middleware::map_response(async |response| weaken(response));
    router.route_layer(CompressionLayer::new()).route_layer(weaken)
}

/// Weakens the `ETag` of a compressed answer.
/// The strong one was made for other bytes, and compressed bytes are not always the same (RFC 9110, section 8.8.3.3).
fn weaken(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_ENCODING) {
        let etag = headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
        if let Some(Ok(weak)) = etag.map(|etag| HeaderValue::try_from(format!("W/{etag}"))) {
            headers.insert(header::ETAG, weak);
        }
    }
    response
}
