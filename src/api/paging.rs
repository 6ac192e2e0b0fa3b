//! Lists in pages: `limit`, an opaque signed `cursor`, and the link to the next page.

use actix_web::http::header::LINK;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::domain::reading::Fields;
use crate::domain::rule_failure::RuleFailure;
use crate::identity::keys::{Keys, keyed};

/// So many entries in a page unless `limit` says otherwise.
const DEFAULT_LIMIT: i64 = 50;

/// So many at most.
const MAX_LIMIT: i64 = 200;

/// Bytes of the signature in a cursor: half a SHA-256, out of reach of guessing.
const SIGNATURE: usize = 16;

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries, newest first.
    pub items: Vec<T>,
    /// Leads to the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// Which page of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// At most so many entries.
    pub limit: i64,
    /// After which position, as [`Cursors::seal`] was given it; none from the start.
    pub after: Option<String>,
}

/// Makes and reads cursors.
pub struct Cursors([u8; 32]);

impl Cursors {
    /// Cursors that all instances with the same keys read.
    #[must_use]
    pub fn of(keys: &Keys) -> Self {
        Self(keys.secret_for("cursors"))
    }

    /// The cursor that leads on from `position` in the list named `list`.
    #[must_use]
    pub fn seal(&self, list: &str, position: &str) -> String {
        let mut cursor = position.as_bytes().to_vec();
        cursor.extend(self.signature(list, position.as_bytes()).iter().take(SIGNATURE));
        URL_SAFE_NO_PAD.encode(cursor)
    }

    /// The position in a cursor of the list named `list`; nothing where it is not one that we gave.
    #[must_use]
    pub fn open(&self, list: &str, cursor: &str) -> Option<String> {
        let cursor = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (position, signature) = cursor.split_at_checked(cursor.len().checked_sub(SIGNATURE)?)?;
        let expected = self.signature(list, position);
        // Compared to the end whatever differs: the time tells nothing.
        let differs = expected.iter().zip(signature).fold(0, |differs, (a, b)| differs | (a ^ b));
        if differs == 0 { String::from_utf8(position.to_vec()).ok() } else { None }
    }

    fn signature(&self, list: &str, position: &[u8]) -> [u8; 32] {
        keyed(&self.0, &[list.as_bytes(), &[0], position].concat())
    }
}

impl Asked {
    /// Takes `limit` and `cursor` out of the query of the list named `list`; for [`super::query::read`].
    ///
    /// # Errors
    ///
    /// 400 for a cursor that we did not give. A limit that does not hold goes to `refused`.
    pub fn read(
        fields: &mut Fields,
        refused: &mut Vec<RuleFailure>,
        cursors: &Cursors,
        list: &str,
    ) -> Result<Self, Problem> {
        let limit = limit(fields, refused);
        let after = match fields.text("cursor") {
            Some(cursor) => Some(
                cursors
                    .open(list, &cursor)
                    .ok_or_else(|| Problem::Malformed("the cursor is not one of this list's".to_owned()))?,
            ),
            None => None,
        };
        Ok(Self { limit, after })
    }

    /// How many entries to look for: one more than are shown tells whether there is a next page.
    #[must_use]
    pub const fn look_for(&self) -> i64 {
        self.limit + 1
    }
}

/// Takes `limit`: so many entries at most. One that does not hold goes to `refused`.
pub fn limit(fields: &mut Fields, refused: &mut Vec<RuleFailure>) -> i64 {
    match fields.text("limit").map(|text| text.parse()) {
        None => DEFAULT_LIMIT,
        Some(Ok(given)) if (1..=MAX_LIMIT).contains(&given) => given,
        Some(_) => {
            refused.push(RuleFailure::new("/limit", "limit-range").with("maximum", MAX_LIMIT));
            DEFAULT_LIMIT
        }
    }
}

/// The page of what was found by [`Asked::look_for`], as a response with the link to the next one.
/// `position` names an entry's place in the list, `view` shows it.
pub fn respond<E, T: Serialize>(
    request: &HttpRequest,
    asked: &Asked,
    cursors: &Cursors,
    list: &str,
    mut found: Vec<E>,
    position: impl Fn(&E) -> String,
    view: impl FnMut(E) -> T,
) -> HttpResponse {
    let limit = usize::try_from(asked.limit).unwrap_or_default();
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| more).map(|last| cursors.seal(list, &position(last)));
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = &next_cursor {
        response.insert_header((LINK, format!("<{}>; rel=\"next\"", with_cursor(request, cursor))));
    }
    response.json(Page { items: found.into_iter().map(view).collect(), next_cursor })
}

/// The address that was asked, with this cursor in place of its own.
fn with_cursor(request: &HttpRequest, cursor: &str) -> String {
    let kept = request.query_string().split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor="));
    let query: Vec<&str> = kept.collect();
    let cursor = format!("cursor={cursor}");
    format!("{}?{}", request.path(), query.into_iter().chain([cursor.as_str()]).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_where_it_was_made_and_nowhere_else() {
        let (ours, theirs) = (Cursors::of(&Keys::passing().unwrap()), Cursors::of(&Keys::passing().unwrap()));
        let cursor = ours.seal("firms", "17");
        assert_eq!(ours.open("firms", &cursor).as_deref(), Some("17"));
        assert_eq!(ours.open("accounts", &cursor), None);
        assert_eq!(theirs.open("firms", &cursor), None);
        for place in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert_ne!(ours.open("firms", &String::from_utf8(changed).unwrap()).as_deref(), Some("17"), "at {place}");
        }
        for nonsense in ["", "AAAA", "é", "17", &"A".repeat(100_000)] {
            assert_eq!(ours.open("firms", nonsense), None);
        }
    }
}
