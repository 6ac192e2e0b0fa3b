//! `/api/v1/charts`: pictures of the statistics, each as SVG, and as a page with the same figures in a table.

use std::collections::BTreeMap;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, ETAG, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::conditional::{etag_of, is_known};
use super::frame::language;
use super::negotiation::best;
use super::principal::StatisticsReader;
use super::problem::{Problem, ProblemDocument};
use super::query;
use crate::charts::{Category, Chart, Series, Shape, number, page, svg};
use crate::clock::Clock;
use crate::domain::content::Direction;
use crate::domain::period::{Interval, Period, Span, beginning_of};
use crate::domain::reading::Fields;
use crate::domain::rule_book::InForce;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::throughput::Measure;
use crate::reports::dates::{day_and_month, days, local_time, short_date};
use crate::storage::hourly_backlog::by_hour;
use crate::storage::pool::Pool;
use crate::storage::throughput::{Sum, sums};
use crate::texts::{Language, say, word};

/// The longest span that is answered, in days: a century.
const LONGEST: i64 = 36_600;
/// The most periods that a picture holds: a year of days, and a little more.
const MOST_PERIODS: usize = 400;

/// In which form a chart is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Page,
    Picture,
}

const OFFERED: [(&str, Form); 2] = [("text/html", Form::Page), ("image/svg+xml", Form::Picture)];
const TYPES: &str = "text/html, image/svg+xml";

impl Form {
    /// The best that `Accept` takes, the page before the picture.
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        best(request, &OFFERED).ok_or(Problem::NotAcceptable(TYPES))
    }

    /// Writes `chart`, with a tag that changes when a figure does; `as_of` stands on the page and is no figure.
    fn respond(self, request: &HttpRequest, chart: &Chart, as_of: DateTime<Utc>) -> HttpResponse {
        let picture = svg::draw(chart);
        let form = match self {
            Self::Page => "page",
            Self::Picture => "picture",
        };
        let tag = etag_of(format!("{form}\n{picture}").as_bytes());
        let known = is_known(request, &tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((ETAG, format!("W/{tag}"))).insert_header((CACHE_CONTROL, "private, no-cache"));
        response.insert_header((VARY, "Accept, Accept-Language"));
        if known {
            return response.finish();
        }
        response.insert_header((CONTENT_LANGUAGE, chart.language.as_str()));
        match self {
            Self::Picture => response.content_type("image/svg+xml").body(picture),
            Self::Page => {
                let hash = STANDARD.encode(Sha256::digest(page::STYLE));
                let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'");
                let at = local_time(chart.language, as_of);
                let notes =
                    [say(chart.language, "chart-made-at", &[("at", &at)]), say(chart.language, "chart-source", &[])];
                response
                    .insert_header((CONTENT_SECURITY_POLICY, policy))
                    .content_type("text/html; charset=utf-8")
                    .body(page::write(chart, &notes))
            }
        }
    }
}

/// Takes the parameters `from` and `to`.
fn span(fields: &mut Fields, refused: &mut Vec<RuleFailure>) -> Option<Span> {
    let from = query::required_day(fields, "from", refused);
    let to = query::required_day(fields, "to", refused);
    let span = Span { from: from?, to: to? };
    if span.days() <= 0 {
        refused.push(RuleFailure::new("/to", "span-backwards").with("from", span.from).with("to", span.to));
    } else if span.days() > LONGEST {
        refused.push(RuleFailure::new("/to", "span-too-long").with("max", LONGEST));
    }
    Some(span)
}

/// What is counted, over which days, in which direction or both.
struct Question {
    measure: Measure,
    span: Span,
    direction: Option<Direction>,
}

impl Question {
    fn take(fields: &mut Fields, refused: &mut Vec<RuleFailure>) -> Option<Self> {
        let span = span(fields, refused);
        let measure = fields.word("measure").unwrap_or(Measure::Declared);
        let direction = fields.word("direction");
        Some(Self { measure, span: span?, direction })
    }

    fn directions(&self) -> &[Direction] {
        self.direction.as_ref().map_or(Direction::VARIANTS, std::slice::from_ref)
    }

    /// What is counted, in words: `Đã khai báo, xuất khẩu`.
    fn said(&self, language: Language) -> String {
        let measure = word(language, "measure", self.measure.as_str());
        match self.direction {
            None => measure,
            Some(direction) => format!("{measure} · {}", word(language, "direction", direction.as_str())),
        }
    }
}

/// What is to be seen: the sum, the most and the least.
fn seen(language: Language, categories: &[Category], values: &[i64]) -> String {
    let extreme = |place: Option<usize>| {
        let place = place.unwrap_or_default();
        let name = categories.get(place).map_or_else(String::new, |category| category.name.clone());
        (name, number(language, values.get(place).copied().unwrap_or_default()))
    };
    let most = extreme((0..values.len()).max_by_key(|place| (values.get(*place), std::cmp::Reverse(*place))));
    let least = extreme((0..values.len()).min_by_key(|place| (values.get(*place), *place)));
    let total = number(language, values.iter().sum());
    let args = [
        ("total", total.as_str()),
        ("most", most.1.as_str()),
        ("most_at", most.0.as_str()),
        ("least", least.1.as_str()),
        ("least_at", least.0.as_str()),
    ];
    say(language, "chart-seen", &args)
}

/// Whether `span` begins or ends in the midst of a period: its first or last figure is then less than a whole one.
fn cuts_a_period(interval: Interval, span: Span) -> bool {
    let goes_on_over = |day: NaiveDate| {
        let both = day.pred_opt().zip(day.succ_opt()).map(|(from, to)| interval.divide(Span { from, to }));
        both.is_some_and(|periods| periods.len() == 1)
    };
    goes_on_over(span.from) || goes_on_over(span.to)
}

fn trend(
    question: &Question,
    interval: Interval,
    periods: &[Period],
    sums: &[Sum],
    language: Language,
    now: DateTime<Utc>,
) -> Chart {
    let categories: Vec<Category> = periods
        .iter()
        .map(|Period { name, span }| match interval {
            Interval::Day => {
                Category { short: day_and_month(language, span.from), name: short_date(language, span.from) }
            }
            Interval::Week => Category { short: name.clone(), name: format!("{name} ({})", days(language, *span)) },
            Interval::Month => {
                let month = span.from.format("%m/%Y").to_string();
                Category { short: month.clone(), name: month }
            }
            Interval::Quarter | Interval::Year => Category { short: name.clone(), name: name.clone() },
            Interval::None => Category { short: days(language, *span), name: days(language, *span) },
        })
        .collect();
    let values = |of: Option<Direction>| -> Vec<i64> {
        let mut values = vec![0; periods.len()];
        for sum in sums.iter().filter(|sum| of.is_none_or(|of| of == sum.direction)) {
            if let Some(value) = values.get_mut(sum.span) {
                *value += sum.of(question.measure);
            }
        }
        values
    };
    // What has not begun is not drawn: nought would look like a fall.
    let shown = |values: &[i64]| {
        let begun = |(value, period): (&i64, &Period)| (beginning_of(period.span.from) <= now).then_some(*value);
        values.iter().zip(periods).map(begun).collect()
    };
    let all = values(question.direction);
    let mut series = Vec::new();
    if question.direction.is_none() {
        series.push(Series { name: say(language, "chart-total", &[]), values: shown(&all) });
    }
    for direction in question.directions() {
        let name = word(language, "direction", direction.as_str());
        series.push(Series { name, values: shown(&values(Some(*direction))) });
    }
    let (what, when) = (question.said(language), days(language, question.span));
    let mut description = vec![seen(language, &categories, &all)];
    if interval != Interval::None && cuts_a_period(interval, question.span) {
        description.push(say(language, "chart-is-cut", &[]));
    }
    if !question.span.is_over(now) {
        description.push(say(language, "chart-is-open", &[]));
    }
    Chart {
        shape: Shape::Lines,
        language,
        title: say(language, "chart-trend", &[("what", &what), ("days", &when)]),
        description: description.join(" "),
        heading: word(language, "chart-interval", interval.as_str()),
        categories,
        series,
        total: None,
    }
}

async fn trend_of(
    request: &HttpRequest,
    pool: &Pool,
    clock: &Clock,
    form: impl FnOnce() -> Result<Form, Problem>,
) -> Result<HttpResponse, Problem> {
    let (question, interval) = query::read(request, |fields, refused| {
        let interval = fields.word("interval").unwrap_or(Interval::Day);
        let question = Question::take(fields, refused);
        (question, interval)
    })?;
    let question = question.ok_or(Problem::NotFound)?;
    // A year has at least as many days as a period: what is far too long is not divided first.
    let periods = interval.divide(question.span);
    if periods.len() > MOST_PERIODS {
        let failure = RuleFailure::new("/to", "answer-too-long").with("rows", periods.len()).with("max", MOST_PERIODS);
        return Err(Problem::InvalidRequest(vec![failure]));
    }
    let form = form()?;
    let spans: Vec<Span> = periods.iter().map(|period| period.span).collect();
    let sums = sums(&mut *pool.get().await?, &spans).await?;
    let now = clock.now();
    let chart = trend(&question, interval, &periods, &sums, language(request.headers()), now);
    Ok(form.respond(request, &chart, now))
}

async fn crossing_points_of(
    request: &HttpRequest,
    pool: &Pool,
    rules: &InForce,
    clock: &Clock,
    form: impl FnOnce() -> Result<Form, Problem>,
) -> Result<HttpResponse, Problem> {
    let question = query::read(request, Question::take)?.ok_or(Problem::NotFound)?;
    let form = form()?;
    let sums = sums(&mut *pool.get().await?, &[question.span]).await?;
    let (now, language, book) = (clock.now(), language(request.headers()), rules.book());
    let last_day = question.span.to.pred_opt().unwrap_or(question.span.from);
    let mut counts: BTreeMap<&str, BTreeMap<Direction, i64>> =
        book.reference.crossing_points(last_day).map(|point| (point.code.as_str(), BTreeMap::new())).collect();
    for sum in sums.iter().filter(|sum| question.directions().contains(&sum.direction)) {
        let count = counts.entry(&sum.crossing_point).or_default().entry(sum.direction).or_default();
        *count += sum.of(question.measure);
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    // The most first: that is the comparison.
    counts.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.values().sum::<i64>()));
    let name = |code: &str| {
        book.reference
            .counted_crossing_point(code, last_day)
            .map_or_else(|| code.to_owned(), |point| point.name.clone())
    };
    let categories: Vec<Category> =
        counts.iter().map(|(code, _)| Category { short: name(code), name: name(code) }).collect();
    let all: Vec<i64> = counts.iter().map(|(_, counts)| counts.values().sum()).collect();
    let series = question.directions().iter().map(|direction| Series {
        name: word(language, "direction", direction.as_str()),
        values: counts.iter().map(|(_, counts)| Some(counts.get(direction).copied().unwrap_or(0))).collect(),
    });
    let (what, when) = (question.said(language), days(language, question.span));
    let mut description = seen(language, &categories, &all);
    if !question.span.is_over(now) {
        description.push(' ');
        description.push_str(&say(language, "chart-is-open", &[]));
    }
    let chart = Chart {
        shape: Shape::Bars,
        language,
        title: say(language, "chart-crossing-points", &[("what", &what), ("days", &when)]),
        description,
        heading: say(language, "report-head-place", &[]),
        categories,
        series: series.collect(),
        total: question.direction.is_none().then(|| say(language, "chart-total", &[])),
    };
    Ok(form.respond(request, &chart, now))
}

async fn backlog_of(
    request: &HttpRequest,
    pool: &Pool,
    clock: &Clock,
    form: impl FnOnce() -> Result<Form, Problem>,
) -> Result<HttpResponse, Problem> {
    let day = query::read(request, |fields, refused| query::required_day(fields, "day", refused))?;
    let day = day.ok_or(Problem::NotFound)?;
    let form = form()?;
    let now = clock.now();
    // Both of one snapshot: the stock at the day's beginning, and what changed since.
    let hours = pool
        .get()
        .await?
        .build_transaction()
        .repeatable_read()
        .read_only()
        .run::<_, diesel::result::Error, _>(async |conn| by_hour(conn, day).await)
        .await?;
    let language = language(request.headers());
    // An hour that has not come is not known.
    let come = |hour: usize| beginning_of(day) + TimeDelta::hours(i64::try_from(hour).unwrap_or_default()) <= now;
    let values = |of: fn(&crate::storage::hourly_backlog::Hour) -> i64| -> Vec<Option<i64>> {
        hours.iter().enumerate().map(|(hour, counts)| come(hour).then(|| of(counts))).collect()
    };
    let categories: Vec<Category> = (0..hours.len())
        .map(|hour| format!("{hour:02}:00"))
        .map(|name| Category { short: name.clone(), name })
        .collect();
    let evening = hours.get(20).filter(|_| come(20)).map(|at| {
        let [total, fruit, other] = [at.fruit + at.other, at.fruit, at.other].map(|count| number(language, count));
        say(language, "chart-evening", &[("total", &total), ("fruit", &fruit), ("other", &other)])
    });
    let chart = Chart {
        shape: Shape::Columns,
        language,
        title: say(language, "chart-backlog", &[("day", &short_date(language, day))]),
        description: evening.unwrap_or_else(|| say(language, "chart-is-open", &[])),
        heading: say(language, "chart-hour", &[]),
        categories,
        series: vec![
            Series { name: word(language, "heading", "fruit"), values: values(|hour| hour.fruit) },
            Series { name: word(language, "heading", "other"), values: values(|hour| hour.other) },
        ],
        total: Some(say(language, "chart-total", &[])),
    };
    Ok(form.respond(request, &chart, now))
}

/// Declares a chart's two operations: the picture at a path that ends in `.svg`, the page without the ending. Single
/// tokens, so that the attributes see them as if they stood there.
macro_rules! chart {
    (
        picture $picture:ident $picture_id:tt $picture_path:tt $picture_about:tt,
        page $page:ident $page_id:tt $page_path:tt $page_about:tt,
        $of:ident($($given:ident: $kind:ty),+), params $params:tt
    ) => {
        #[doc = $picture_about]
        #[utoipa::path(
            tag = "charts",
            operation_id = $picture_id,
            params $params,
            responses(
                (status = 200, description = "The picture", body = String, content_type = "image/svg+xml",
                    headers(("ETag" = String, description = "Changes when a figure does"))),
                (status = 304, description = "The figures are those that If-None-Match names"),
                (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 422, description = "Every parameter that is wrong, with what is allowed", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
            ),
            security(("bearer" = [])),
        )]
        #[get($picture_path)]
        pub async fn $picture(
            _: StatisticsReader,
            request: HttpRequest,
            $($given: web::Data<$kind>),+
        ) -> Result<HttpResponse, Problem> {
            $of(&request, $(&$given),+, || Ok(Form::Picture)).await
        }

        #[doc = $page_about]
        #[utoipa::path(
            tag = "charts",
            operation_id = $page_id,
            params $params,
            responses(
                (status = 200, description = "The page, or the picture alone", content((String = "text/html"), (String = "image/svg+xml")),
                    headers(("ETag" = String, description = "Changes when a figure does"))),
                (status = 304, description = "The figures are those that If-None-Match names"),
                (status = 400, description = "A query that is not well-formed", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 401, description = "No valid token", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 403, description = "The role reads no statistics", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 406, description = "Neither HTML nor SVG is accepted", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 422, description = "Every parameter that is wrong, with what is allowed", body = ProblemDocument, content_type = "application/problem+json"),
                (status = 503, description = "The database cannot be reached", body = ProblemDocument, content_type = "application/problem+json"),
            ),
            security(("bearer" = [])),
        )]
        #[get($page_path)]
        pub async fn $page(
            _: StatisticsReader,
            request: HttpRequest,
            $($given: web::Data<$kind>),+
        ) -> Result<HttpResponse, Problem> {
            $of(&request, $(&$given),+, || Form::of(&request)).await
        }
    };
}

chart! {
    picture trend_picture "draw_trend" "/charts/trend.svg" "Draw how a figure went, as SVG",
    page trend_page "show_trend" "/charts/trend" "Show how a figure went: a page with the picture and a table",
    trend_of(pool: Pool, clock: Clock),
    params (
        ("from" = NaiveDate, Query, description = "The first local day", example = "2025-01-01"),
        ("to" = NaiveDate, Query, description = "The first local day after the span", example = "2025-04-01"),
        ("interval" = Option<Interval>, Query, description = "How long the periods are; `day` by default"),
        ("measure" = Option<Measure>, Query, description = "What is counted; `declared` by default"),
        ("direction" = Option<Direction>, Query, description = "One direction alone; both, and their sum, by default"),
    )
}

chart! {
    picture crossing_points_picture "draw_crossing_points" "/charts/crossing-points.svg" "Draw the crossing points side by side, as SVG",
    page crossing_points_page "show_crossing_points" "/charts/crossing-points" "Show the crossing points side by side: a page with the picture and a table",
    crossing_points_of(pool: Pool, rules: InForce, clock: Clock),
    params (
        ("from" = NaiveDate, Query, description = "The first local day", example = "2025-01-01"),
        ("to" = NaiveDate, Query, description = "The first local day after the span", example = "2025-04-01"),
        ("measure" = Option<Measure>, Query, description = "What is counted; `declared` by default"),
        ("direction" = Option<Direction>, Query, description = "One direction alone; both by default"),
    )
}

chart! {
    picture backlog_picture "draw_backlog" "/charts/backlog.svg" "Draw the backlog of a day hour by hour, as SVG",
    page backlog_page "show_backlog" "/charts/backlog" "Show the backlog of a day hour by hour: a page with the picture and a table",
    backlog_of(pool: Pool, clock: Clock),
    params (
        ("day" = NaiveDate, Query, description = "The local day", example = "2024-08-22"),
    )
}
