//! The refusals of an administrator's operations, for the contract.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

const MALFORMED: (&str, &str) = ("400", "Not well-formed");
const UNAUTHENTICATED: (&str, &str) = ("401", "No valid token");
const FORBIDDEN: (&str, &str) = ("403", "Not an administrator");
const NOT_FOUND: (&str, &str) = ("404", "Not there");
const TOO_LARGE: (&str, &str) = ("413", "A body over 256 KiB");
const NOT_JSON: (&str, &str) = ("415", "Not JSON");
const UNAVAILABLE: (&str, &str) = ("503", "The database cannot be reached");

/// Of reading one.
pub(super) struct OfReading;

/// Of listing.
pub(super) struct OfListing;

/// Of making one.
pub(super) struct OfMaking;

/// Of changing one.
pub(super) struct OfChanging;

/// Of erasing.
pub(super) struct OfErasing;

impl IntoResponses for OfErasing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            MALFORMED,
            UNAUTHENTICATED,
            FORBIDDEN,
            NOT_FOUND,
            ("409", "It has not ended, or holds no people"),
            TOO_LARGE,
            NOT_JSON,
            ("422", "A reason that does not hold"),
            UNAVAILABLE,
        ])
    }
}

impl IntoResponses for OfReading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, UNAVAILABLE])
    }
}

impl IntoResponses for OfListing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("400", "Not well-formed, or not a cursor of this list"),
            UNAUTHENTICATED,
            FORBIDDEN,
            ("422", "A limit that does not hold, or an unknown parameter"),
            UNAVAILABLE,
        ])
    }
}

impl IntoResponses for OfMaking {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            MALFORMED,
            UNAUTHENTICATED,
            FORBIDDEN,
            ("409", "There already, or the same key is being worked on"),
            TOO_LARGE,
            NOT_JSON,
            ("422", "Fields that do not hold, or the key came with another body"),
            UNAVAILABLE,
        ])
    }
}

impl IntoResponses for OfChanging {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            MALFORMED,
            UNAUTHENTICATED,
            FORBIDDEN,
            NOT_FOUND,
            TOO_LARGE,
            ("415", "Neither JSON nor a merge patch"),
            ("422", "Fields that do not hold"),
            UNAVAILABLE,
        ])
    }
}

fn problems(of: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let problem = |about: &str| {
        let document = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDocument"))).build();
        ResponseBuilder::new().description(about).content("application/problem+json", document).build()
    };
    of.iter().map(|(status, about)| ((*status).to_owned(), problem(about).into())).collect()
}
