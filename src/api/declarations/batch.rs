//! `POST /api/v1/declarations/batch`: many declarations over one connection, each line with its own answer.

use std::io::{self, Read};
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, post, rt, web};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use utoipa::ToSchema;

use super::{Office, problem};
use crate::api::conditional::idempotency_key;
use crate::api::frame::{RequestId, language};
use crate::api::principal::Caller;
use crate::api::problem::{Asked, Problem, ProblemDocument};
use crate::api::query;
use crate::casework::batch::{self, Batch, Format, MAX_LINES, Outcome, lines_of};
use crate::domain::number::Number;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::workflow::Role;
use crate::identity::principal::OauthScope;
use crate::storage::pool::Pool;
use crate::texts::Language;

/// The largest batch, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// How many pieces of the body wait to be read.
const WAITING: usize = 16;
/// How many bytes of answers are kept for a caller who sends everything before he reads anything; while he has not read
/// so much, the answers to further lines say their status and number alone, so that nobody waits for the other.
const UNREAD: usize = 8 * 1024 * 1024;
/// Answers are sent in pieces of at least so many bytes, where so many are there.
const PIECE: usize = 16 * 1024;
const NDJSON: &str = "application/x-ndjson";
const TYPES: &str = "application/x-ndjson, text/csv";

/// The room for batches of one process: what they keep in memory is bounded by it.
pub struct BatchRoom(Arc<Semaphore>);

impl Default for BatchRoom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(2)))
    }
}

/// The answer to one line.
#[derive(Serialize, ToSchema)]
pub struct BatchLine {
    /// The line's number in what was sent, from 1; of a CSV record over several lines the first.
    line: u64,
    /// 201 declared, 200 it would be (a dry run), otherwise the status that it would have alone.
    status: u16,
    /// The declaration's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<Number>,
    /// It was declared by an earlier try with the same Idempotency-Key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    /// Why it is not declared. Left out where the caller has left 8 MiB of answers unread.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

/// How the body is written, by its type.
fn format_of(request: &HttpRequest) -> Result<Format, Problem> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(NDJSON) {
        Ok(Format::Ndjson)
    } else if essence.eq_ignore_ascii_case("text/csv") {
        Ok(Format::Csv)
    } else {
        Err(Problem::UnsupportedMediaType(TYPES))
    }
}

/// The body's pieces, as something that is read.
struct Pieces {
    coming: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.coming.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), self.piece.get(..length)) {
            to.copy_from_slice(from);
        }
        self.piece.advance(length);
        Ok(length)
    }
}

/// Takes the body in, piece by piece, as fast as it is read.
async fn take_in(mut body: web::Payload, pieces: mpsc::Sender<io::Result<Bytes>>) {
    let mut taken = 0;
    while let Some(piece) = body.next().await {
        let piece = match piece {
            Ok(piece) => {
                taken += piece.len();
                if taken > MAX_BYTES { Err(io::Error::other("the batch is too large")) } else { Ok(piece) }
            }
            // The caller is gone: what he had not sent to its end is no line.
            Err(error) => Err(io::Error::other(error.to_string())),
        };
        let last = piece.is_err();
        if pieces.send(piece).await.is_err() || last {
            return;
        }
    }
}

/// Declare many vehicles
///
/// One declaration a line, as `POST /declarations` takes it (NDJSON), or a row (CSV with comma, semicolon or tab; the
/// headings of the template, Vietnamese or as the fields are called). Up to 10,000 lines and 64 MiB. The answers come one a line, in the
/// lines' order, while the batch is still being sent: read while you send. Good lines stand whatever the bad ones do; when the connection is
/// cut, every line stands or does not. With an Idempotency-Key the same batch can be sent again: what stands already is answered with
/// `replayed` and has no second effect.
#[utoipa::path(
    tag = "declarations",
    operation_id = "declare_batch",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable characters; kept with each line's number and effect for seven days"),
        ("dry_run" = Option<bool>, Query, description = "Everything is checked, and nothing is declared"),
    ),
    request_body(content(("application/x-ndjson"), ("text/csv"))),
    responses(
        (status = 200, description = "One answer a line", body = BatchLine, content_type = "application/x-ndjson"),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Not a declarant", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "More than 64 MiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Neither NDJSON nor CSV", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A key or parameter that does not hold", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Other batches are under way; Retry-After says when to try again", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[post("/declarations/batch")]
pub async fn declare(
    caller: Caller,
    request: HttpRequest,
    body: web::Payload,
    office: web::Data<Office>,
    pool: web::Data<Pool>,
    room: web::Data<BatchRoom>,
) -> Result<HttpResponse, Problem> {
    caller.may(OauthScope::DeclarationsWrite, &[Role::Declarant])?;
    let dry_run = query::read(&request, |fields, refused| query::flag(fields, "dry_run", refused))?;
    let format = format_of(&request)?;
    let key = idempotency_key(&request)?;
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_BYTES) {
        return Err(Problem::TooLarge(MAX_BYTES));
    }
    let place = Arc::clone(&room.0).try_acquire_owned().map_err(|_| Problem::Unavailable("other batches".into()))?;
    let batch = Batch {
        writer: office.writer.clone(),
        pool: Pool::clone(&pool),
        rules: Arc::clone(&office.rules),
        clock: office.clock.clone(),
        who: caller.principal(),
        key,
        dry_run,
    };
    let teller = Teller::of(&request);
    let (answers, unread) = mpsc::unbounded_channel::<Bytes>();
    let space = Arc::new(Semaphore::new(UNREAD));
    let read = Arc::clone(&space);
    rt::spawn(async move {
        let (pieces, coming) = mpsc::channel(WAITING);
        rt::spawn(take_in(body, pieces));
        let lines = lines_of(Pieces { coming, piece: Bytes::new() }, format);
        let told = async |line, outcome| {
            let mut answer = teller.told(line, outcome);
            let mut text = written(&answer);
            if let Ok(taken) = space.try_acquire_many(u32::try_from(text.len()).unwrap_or(u32::MAX)) {
                taken.forget();
            } else if answer.problem.take().is_some() {
                text = written(&answer);
            }
            answers.send(text).is_ok()
        };
        batch.run(lines, told).await;
        drop(place);
    });
    let pieces = futures_util::stream::unfold((unread, read), |(mut unread, read)| async move {
        let mut piece = BytesMut::from(unread.recv().await?);
        while piece.len() < PIECE
            && let Ok(more) = unread.try_recv()
        {
            piece.extend_from_slice(&more);
        }
        read.add_permits(piece.len().min(UNREAD.saturating_sub(read.available_permits())));
        Some((Ok::<_, io::Error>(piece.freeze()), (unread, read)))
    });
    Ok(HttpResponse::Ok().content_type(NDJSON).streaming(pieces))
}

/// Tells in the caller's language what became of a line.
struct Teller {
    path: String,
    request_id: String,
    language: Language,
}

impl Teller {
    fn of(request: &HttpRequest) -> Self {
        let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
        Self {
            path: request.path().to_owned(),
            request_id: id.unwrap_or_default(),
            language: language(request.headers()),
        }
    }

    fn told(&self, line: u64, outcome: Outcome) -> BatchLine {
        let answer = BatchLine { line, status: 201, number: None, replayed: false, problem: None };
        match outcome {
            Outcome::Declared { number, replayed } => BatchLine { number: Some(number), replayed, ..answer },
            Outcome::WouldBeDeclared => BatchLine { status: 200, ..answer },
            Outcome::Failed(failure) => self.refused(answer, &problem(failure, Problem::InvalidDeclaration)),
            Outcome::Unreadable(failures) => self.refused(answer, &Problem::InvalidDeclaration(failures)),
            Outcome::TooMany => {
                let failure = RuleFailure::new("", "batch-too-long").with("max", MAX_LINES);
                self.refused(answer, &Problem::InvalidRequest(vec![failure]))
            }
        }
    }

    fn refused(&self, mut answer: BatchLine, problem: &Problem) -> BatchLine {
        let asked = Asked { path: &self.path, request_id: &self.request_id, language: self.language };
        answer.status = problem.kind().0.as_u16();
        answer.problem = Some(problem.document(&asked));
        answer
    }
}

/// An answer as its line.
fn written(answer: &BatchLine) -> Bytes {
    // It is made of plain fields: it always has a JSON form.
    let mut text = serde_json::to_vec(answer).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

/// Download the batch's template
///
/// A CSV for spreadsheets: the headings, in Vietnamese or as the fields are called, and an example.
#[utoipa::path(
    tag = "declarations",
    operation_id = "read_batch_template",
    responses((status = 200, description = "The template", body = String, content_type = "text/csv")),
    security(()),
)]
#[get("/declarations/batch/template.csv")]
pub async fn template(request: HttpRequest) -> HttpResponse {
    let vietnamese = language(request.headers()) == Language::Vi;
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"declarations.csv\""))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(batch::template(vietnamese))
}
