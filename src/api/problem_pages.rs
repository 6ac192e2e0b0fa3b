//! `/problems/{slug}`: the page behind a problem's `type`, in the reader's language.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::frame::language;
use super::problem::{Problem, ProblemDocument};
use crate::charts::markup::escaped;
use crate::texts::{Language, say};

/// Status and slug of every problem type, as [`Problem::kind`] has them: a test holds that none is missing.
const KINDS: &[(u16, &str)] = &[
    (400, "malformed"),
    (401, "unauthenticated"),
    (401, "wrong-credentials"),
    (403, "forbidden"),
    (404, "not-found"),
    (405, "method-not-allowed"),
    (406, "not-acceptable"),
    (409, "illegal-action"),
    (409, "on-hold"),
    (409, "gate-closed"),
    (409, "vehicle-already-declared"),
    (409, "receipt-used"),
    (409, "yard-full"),
    (409, "bay-taken"),
    (409, "slot-full"),
    (409, "idempotency-in-flight"),
    (409, "already-exists"),
    (409, "sequence-mismatch"),
    (409, "no-pass"),
    (409, "nothing-new"),
    (410, "gone"),
    (412, "stale"),
    (413, "too-large"),
    (415, "unsupported-media-type"),
    (422, "invalid-declaration"),
    (422, "invalid-action"),
    (422, "invalid-request"),
    (422, "idempotency-mismatch"),
    (428, "precondition-required"),
    (429, "too-many-requests"),
    (500, "internal"),
    (503, "unavailable"),
];

/// List the problem types
///
/// A page for people, in Vietnamese, English or Chinese by Accept-Language.
#[utoipa::path(
    tag = "problems",
    operation_id = "list_problem_types",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
    security(()),
)]
#[get("/problems")]
pub async fn index(request: HttpRequest) -> HttpResponse {
    let language = language(request.headers());
    let title = say(language, "page-problems-title", &[]);
    let items: Vec<String> = KINDS
        .iter()
        .map(|(status, slug)| {
            let name = escaped(&say(language, &format!("problem-{slug}"), &[]));
            format!("<li>{status} <a href=\"/problems/{slug}\">{name}</a> (<code>{slug}</code>)</li>")
        })
        .collect();
    let about = escaped(&say(language, "page-problems-about", &[]));
    let body = format!("<p>{about}</p>\n<ul>\n{}\n</ul>", items.join("\n"));
    page(language, &title, &body)
}

/// Read what a problem type means
///
/// The page that a problem's `type` leads to, in Vietnamese, English or Chinese by Accept-Language.
#[utoipa::path(
    tag = "problems",
    operation_id = "read_problem_type",
    params(("slug" = String, Path, description = "The problem type", example = "invalid-declaration")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 404, description = "No such problem type", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/problems/{slug}")]
pub async fn read(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let language = language(request.headers());
    let (status, slug) = KINDS.iter().find(|(_, known)| *known == *slug).ok_or(Problem::NotFound)?;
    let key = format!("problem-{slug}");
    let body = format!(
        "<p>{}</p>\n<dl><dt>type</dt><dd><code>/problems/{slug}</code></dd><dt>{}</dt><dd>{status}</dd></dl>\n<p><a href=\"/problems\">{}</a></p>",
        escaped(&say(language, &format!("{key}.page"), &[])),
        escaped(&say(language, "page-problem-status", &[])),
        escaped(&say(language, "page-all-problems", &[])),
    );
    Ok(page(language, &say(language, &key, &[]), &body))
}

/// How the pages look: readable on a telephone and in print. The hash by which the policy lets it through is made of it.
const STYLE: &str = "body{font:1.05rem/1.6 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b2733;\
    background:#fff}h1{font-size:1.6rem}dt{font-weight:600}code{font-family:ui-monospace,monospace}a{color:#0b5cad}";

/// What the pages may load: their own style, by its hash, and nothing else.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'")
}

/// A whole page; `body` is HTML, `title` is not.
fn page(language: Language, title: &str, body: &str) -> HttpResponse {
    let title = escaped(title);
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_LANGUAGE, language.as_str()))
        .insert_header((VARY, "Accept-Language"))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .insert_header((CONTENT_SECURITY_POLICY, policy()))
        .body(format!(
            "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
            <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · border-gate</title>\n<style>{STYLE}</style>\n</head>\n\
            <body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
        ))
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, web::Bytes};

    use super::*;

    async fn asked(path: &str, accept_language: &str) -> (StatusCode, Bytes) {
        let app = init_service(App::new().service(index).service(read)).await;
        let request = TestRequest::get().uri(path).insert_header(("Accept-Language", accept_language)).to_request();
        let answer = call_service(&app, request).await;
        (answer.status(), read_body(answer).await)
    }

    #[actix_web::test]
    async fn every_problem_type_has_a_page_in_the_readers_language() {
        for language in Language::VARIANTS {
            let (_, list) = asked("/problems", language.as_str()).await;
            for (_, slug) in KINDS {
                let (status, body) = asked(&format!("/problems/{slug}"), language.as_str()).await;
                let body = String::from_utf8(body.to_vec()).unwrap();
                assert_eq!(status, StatusCode::OK, "{slug}");
                assert!(body.contains(&format!("<html lang=\"{language}\">")), "{slug} in {language}");
                assert!(body.contains(&escaped(&say(*language, &format!("problem-{slug}.page"), &[]))), "{slug}");
                assert!(
                    String::from_utf8_lossy(&list).contains(&format!("/problems/{slug}\"")),
                    "{slug} is not listed"
                );
            }
        }
    }

    #[test]
    fn every_problem_that_can_arise_is_listed() {
        let arms = include_str!("problem.rs").lines().filter_map(|line| line.split_once("=> (StatusCode::"));
        let arms: Vec<&str> = arms.filter_map(|(_, kind)| kind.split('"').nth(1)).collect();
        let listed: Vec<&str> = KINDS.iter().map(|(_, slug)| *slug).collect();
        assert_eq!(listed, arms);
        for problem in [Problem::NotFound, Problem::Stale(1), Problem::TooLarge(1), Problem::Gone] {
            let (status, slug) = problem.kind();
            assert!(KINDS.contains(&(status.as_u16(), slug)), "{slug} is {status}");
        }
    }

    #[actix_web::test]
    async fn an_unknown_problem_type_has_no_page() {
        assert_eq!(asked("/problems/no-such", "en").await.0, StatusCode::NOT_FOUND);
    }
}
