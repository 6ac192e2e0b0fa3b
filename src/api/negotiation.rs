//! In which form to answer: what the caller's `Accept` takes best of what there is (RFC 9110, section 12.5.1).

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;

/// The best of `offered` for the request's `Accept`, the first of those that are taken equally; none where none is.
#[must_use]
pub fn best<T: Copy>(request: &HttpRequest, offered: &[(&'static str, T)]) -> Option<T> {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let mut best = (None, 0.0);
    for (name, form) in offered {
        let weight = quality(accept, name);
        if weight > best.1 {
            best = (Some(*form), weight);
        }
    }
    best.0
}

/// How much `accept` likes the media type `name`, from 0 to 1.
fn quality(accept: &str, name: &str) -> f32 {
    let family = name.split('/').next().unwrap_or_default();
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        let fits = if kind == name { 2 } else { i32::from(kind == format!("{family}/*")) };
        let fits = if fits > 0 || kind == "*/*" { fits } else { return None };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
        Some((fits, weight))
    });
    // The most specific range decides.
    ranges.max_by_key(|(fits, _)| *fits).map_or(0.0, |(_, weight)| weight)
}
