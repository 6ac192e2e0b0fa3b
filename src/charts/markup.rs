//! Text made safe to stand in HTML and SVG.

/// `text` as HTML and XML may hold it, also within quotes.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
