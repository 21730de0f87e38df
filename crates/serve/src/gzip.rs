//! `/gzip/`: the same arrays, compressed on the way as many servers do unasked.

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware,
    response::Response,
};
use tower_http::compression::CompressionLayer;

/// Lets the answers of `router` be compressed for those who accept that.
pub(crate) fn compressed(router: Router) -> Router {
    let weaken = middleware::map_response(async |response| weaken(response));
    router.route_layer(CompressionLayer::new()).route_layer(weaken)
}

/// The compressed bytes are not those that the strong `ETag` was made for, nor always the same (RFC 9110, section
/// 8.8.3.3).
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
