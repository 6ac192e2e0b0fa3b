//! `GET /api/v1/fees/takings`: what the fee collectors took, for the treasury.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{TIME_ZONE, Table, Wanted, wanted};
use crate::api::principal::Caller;
use crate::api::problem::{Problem, ProblemDocument};
use crate::api::query;
use crate::clock::Clock;
use crate::domain::actor::{Actor, Scope};
use crate::domain::number::Number;
use crate::domain::period::Span;
use crate::domain::receipt::ReceiptKind;
use crate::domain::reference::Reference;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::words::words;
use crate::domain::workflow::Role;
use crate::identity::principal::OauthScope;
use crate::storage::pool::Pool;
use crate::storage::receipts::{self, ListedReceipt, Taking};

words! {
    /// How closely the takings are told.
    "detail" TakingsDetail { Sums = "sums", Receipts = "receipts" }
}

/// The longest span in days.
const LONGEST: i64 = 366;
/// The most receipts that an answer lists.
const MOST_RECEIPTS: i64 = 30_000;

/// What was taken, given back and kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Takings {
    /// How many payments.
    payments: i64,
    /// Their sum, in whole dong.
    paid_vnd: i64,
    /// How many refunds.
    refunds: i64,
    /// Their sum, in whole dong.
    refunded_vnd: i64,
    /// Payments less refunds: what `fees_vnd` of the same days counts.
    net_vnd: i64,
}

/// The takings of a day at a crossing point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TakingsRow {
    /// The local day.
    day: NaiveDate,
    /// The crossing point's code.
    crossing_point: String,
    /// Its name.
    name: String,
    /// What was taken there on that day.
    #[serde(flatten)]
    takings: Takings,
}

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptRow {
    /// The local day on which it counts.
    day: NaiveDate,
    /// Where.
    crossing_point: String,
    /// The receipt's number.
    receipt: String,
    /// Payment or refund.
    kind: ReceiptKind,
    /// When the money changed hands.
    at: DateTime<Utc>,
    /// The declaration that it was for.
    declaration: Option<Number>,
    /// In whole dong; below zero for a refund.
    amount_vnd: i64,
    /// Who took it: an account, a client, or the system for what an older system had taken.
    collector: String,
}

/// What was taken in fees at the crossing points that are the caller's business.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakingsReport {
    /// The first local day.
    from: NaiveDate,
    /// The first local day after the span.
    to: NaiveDate,
    /// The zone whose days are counted by.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    time_zone: &'static str,
    /// When the figures were taken.
    as_of: DateTime<Utc>,
    /// The span is over.
    closed: bool,
    /// Everything together.
    total: Takings,
    /// A row a day and crossing point; one where nothing was taken is all zeros.
    rows: Vec<TakingsRow>,
    /// With `detail=receipts`: every receipt, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipts: Option<Vec<ReceiptRow>>,
}

impl Table for TakingsReport {
    fn name(&self) -> String {
        let detail = if self.receipts.is_some() { "receipts" } else { "takings" };
        let state = if self.closed { "" } else { "-open" };
        format!("{detail}-{}-{}{state}", self.from, self.to)
    }

    fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    fn table(&self) -> Vec<Vec<String>> {
        let heading = |columns: &[&str]| vec![columns.iter().map(|column| (*column).to_owned()).collect()];
        if let Some(receipts) = &self.receipts {
            let mut table =
                heading(&["day", "crossing_point", "receipt", "kind", "at", "declaration", "amount_vnd", "collector"]);
            table.extend(receipts.iter().map(|row| {
                vec![
                    row.day.to_string(),
                    row.crossing_point.clone(),
                    row.receipt.clone(),
                    row.kind.to_string(),
                    row.at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
                    row.declaration.map(|number| number.to_string()).unwrap_or_default(),
                    row.amount_vnd.to_string(),
                    row.collector.clone(),
                ]
            }));
            return table;
        }
        let mut table =
            heading(&["day", "crossing_point", "name", "payments", "paid_vnd", "refunds", "refunded_vnd", "net_vnd"]);
        table.extend(self.rows.iter().map(|row| {
            let Takings { payments, paid_vnd, refunds, refunded_vnd, net_vnd } = row.takings;
            let names = [row.day.to_string(), row.crossing_point.clone(), row.name.clone()];
            let figures = [payments, paid_vnd, refunds, refunded_vnd, net_vnd].map(|figure| figure.to_string());
            names.into_iter().chain(figures).collect()
        }));
        table
    }
}

impl Takings {
    fn add(&mut self, taking: &Taking) {
        match taking.kind {
            ReceiptKind::Payment => {
                self.payments += taking.count;
                self.paid_vnd += taking.sum_vnd;
            }
            ReceiptKind::Refund => {
                self.refunds += taking.count;
                self.refunded_vnd -= taking.sum_vnd;
            }
        }
        self.net_vnd += taking.sum_vnd;
    }
}

/// What was asked for.
struct Question {
    span: Span,
    detail: TakingsDetail,
    wanted: Wanted,
}

impl Question {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let (span, detail, wanted) = query::read(request, |fields, refused| {
            let span = if fields.has("from") || fields.has("to") {
                let from = query::required_day(fields, "from", refused);
                let to = query::required_day(fields, "to", refused);
                from.zip(to).map(|(from, to)| Span { from, to })
            } else {
                let day = query::required_day(fields, "day", refused);
                day.and_then(|from| Some(Span { from, to: from.checked_add_days(Days::new(1))? }))
            };
            if let Some(Span { from, to }) = span {
                let days = (to - from).num_days();
                if days <= 0 {
                    refused.push(RuleFailure::new("/to", "span-backwards").with("from", from).with("to", to));
                } else if days > LONGEST {
                    refused.push(RuleFailure::new("/to", "span-too-long").with("max", LONGEST));
                }
            }
            let detail = fields.word("detail").unwrap_or(TakingsDetail::Sums);
            (span, detail, wanted(fields, refused))
        })?;
        let Some(span) = span else { return Err(Problem::InvalidRequest(Vec::new())) };
        Ok(Self { span, detail, wanted })
    }
}

/// Whose takings are `actor`'s business: an agency's at its crossing points, the province's everywhere.
fn scope(actor: &Actor) -> Scope {
    if actor.role.is_officer() { actor.crossing_points.clone() } else { Scope::All }
}

fn report(
    question: &Question,
    takings: &[Taking],
    listed: Option<Vec<ListedReceipt>>,
    scope: &Scope,
    reference: &Reference,
    now: DateTime<Utc>,
) -> TakingsReport {
    let mut rows: BTreeMap<(NaiveDate, String), Takings> = BTreeMap::new();
    for day in question.span.from.iter_days().take_while(|day| *day < question.span.to) {
        for point in reference.crossing_points(day).filter(|point| scope.contains(&point.code)) {
            rows.insert((day, point.code.clone()), Takings::default());
        }
    }
    let mut total = Takings::default();
    for taking in takings {
        // What was taken is shown, whatever the reference data say now.
        rows.entry((taking.day, taking.crossing_point.clone())).or_default().add(taking);
        total.add(taking);
    }
    let name = |code: &str, day| {
        reference.counted_crossing_point(code, day).map_or(code, |point| point.name.as_str()).to_owned()
    };
    let receipt = |one: ListedReceipt| ReceiptRow {
        day: one.receipt.day(),
        crossing_point: one.crossing_point,
        kind: one.receipt.kind,
        at: one.receipt.at,
        declaration: Number::from_i64(one.declaration),
        amount_vnd: one.receipt.amount_vnd,
        receipt: one.receipt.receipt,
        collector: one.actor,
    };
    TakingsReport {
        from: question.span.from,
        to: question.span.to,
        time_zone: TIME_ZONE,
        as_of: now,
        closed: question.span.is_over(now),
        total,
        rows: rows
            .into_iter()
            .map(|((day, code), takings)| TakingsRow { day, name: name(&code, day), crossing_point: code, takings })
            .collect(),
        receipts: listed.map(|listed| listed.into_iter().map(receipt).collect()),
    }
}

/// The takings of a day
///
/// What was paid and refunded at each crossing point that is the caller's business, or with `detail=receipts` every
/// receipt. The net of all crossing points is `fees_vnd` of the same days in the throughput.
#[utoipa::path(
    tag = "statistics",
    operation_id = "takings",
    params(
        ("day" = Option<NaiveDate>, Query, description = "One local day; or `from` and `to`", example = "2025-03-31"),
        ("from" = Option<NaiveDate>, Query, description = "The first local day"),
        ("to" = Option<NaiveDate>, Query, description = "The first local day after the span"),
        ("detail" = Option<TakingsDetail>, Query, description = "`receipts` lists each; `sums` by default"),
        ("format" = Option<super::Format>, Query, description = "In place of Accept"),
        ("bom" = Option<bool>, Query, description = "CSV with a byte order mark"),
    ),
    responses(
        (status = 200, description = "The takings", content((TakingsReport = "application/json"), (String = "text/csv")),
            headers(("ETag" = String, description = "Changes when a figure does"))),
        (status = 304, description = "The figures are those that If-None-Match names"),
        (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The role reads no takings", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 406, description = "Neither JSON nor CSV is accepted", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Every parameter that is wrong, with what is allowed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
#[get("/fees/takings")]
pub async fn read(
    caller: Caller,
    request: HttpRequest,
    pool: web::Data<Pool>,
    rules: web::Data<InForce>,
    clock: web::Data<Clock>,
) -> Result<HttpResponse, Problem> {
    const READERS: &[Role] = &[Role::FeeCollector, Role::GateManager, Role::Analyst, Role::Auditor, Role::Admin];
    caller.may(OauthScope::StatisticsRead, READERS)?;
    let question = Question::read(&request)?;
    let scope = scope(&caller.actor);
    let mut conn = pool.get().await?;
    let takings = receipts::takings(&mut conn, question.span, &scope).await?;
    let listed = match question.detail {
        TakingsDetail::Sums => None,
        TakingsDetail::Receipts => {
            let count: i64 = takings.iter().map(|taking| taking.count).sum();
            if count > MOST_RECEIPTS {
                let failure = RuleFailure::new("/to", "answer-too-long").with("rows", count);
                return Err(Problem::InvalidRequest(vec![failure.with("max", MOST_RECEIPTS)]));
            }
            Some(receipts::list(&mut conn, question.span, &scope, MOST_RECEIPTS).await?)
        }
    };
    drop(conn);
    let book = rules.book();
    question.wanted.respond(&request, &report(&question, &takings, listed, &scope, &book.reference, clock.now()))
}
