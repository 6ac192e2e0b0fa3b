//! JSON over HTTP. A route's path and method stand once, in its handler's attribute.

use std::sync::LazyLock;

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, PathItem, Ref, Response, ResponseBuilder};
use utoipa::{OpenApi, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};
use utoipa_swagger_ui::{Config, SwaggerUi};

pub mod admin;
pub mod charts;
pub mod checkpoints;
pub mod conditional;
pub mod declarations;
pub mod devices;
pub mod feed;
pub mod frame;
pub mod gates;
pub mod health;
pub mod negotiation;
pub mod oauth;
pub mod once_a_minute;
pub mod open_data;
pub mod paging;
pub mod places;
pub mod principal;
pub mod problem;
pub mod problem_pages;
pub mod query;
pub mod reports;
pub mod sessions;
pub mod statistics;
pub mod waiting;
pub mod workflow;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "border-gate",
        description = "The digital border gate of a province: firms declare the vehicles that will cross, every agency does its part on the same record, the province reads exact statistics.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    // The order in which the pages show them.
    tags(
        (name = "sessions", description = "Signing in, machine clients, the keys that verify tokens"),
        (name = "declarations", description = "Declaring, amending, acting, the history"),
        (name = "devices", description = "What a gate's devices did while they were cut off"),
        (name = "statistics", description = "Exact figures, current at every commit"),
        (name = "reports", description = "The province's papers: daily and quarterly, as JSON, CSV and workbook"),
        (name = "charts", description = "Pictures of the statistics, each also as a page with its table"),
        (name = "public", description = "What anybody may read without a token: the board, and open data"),
        (name = "workflow", description = "The table that decides who may do what from where"),
        (name = "reference", description = "Gates, crossing points, yards and codes, each with its dates"),
        (name = "administration", description = "Firms, accounts, machine clients and reference data"),
        (name = "problems", description = "The pages behind the types of errors"),
        (name = "operations", description = "Health, metrics and the checkpoints of the record")
    ),
    modifiers(&Bearer),
    components(schemas(
        problem::ProblemDocument,
        statistics::Format,
        reports::ReportFormat,
        statistics::takings::TakingsDetail,
        crate::domain::period::Interval
    ))
)]
struct Document;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Every route of the contract. More specific paths come before those with a parameter in the same place.
pub fn routes(config: &mut ServiceConfig) {
    config.service(health::live).service(health::ready).service(health::metrics);
    config.service(oauth::token).service(oauth::keys).service(oauth::metadata);
    config.service(open_data::throughput).service(open_data::package);
    config.service(checkpoints::list);
    config.service(problem_pages::index).service(problem_pages::read);
    config.service(
        scope::scope("/api/v1")
            // Paths are tried in this order: those that are asked for most stand first, but for words where others have a number.
            .service(declarations::batch::template)
            .service(declarations::batch::declare)
            .service(declarations::declare)
            .service(declarations::act)
            .service(declarations::read)
            .service(declarations::amend)
            .service(declarations::list::list)
            .service(declarations::history::read)
            .service(feed::read)
            .service(declarations::fee::read)
            .service(declarations::pass::read)
            .service(devices::tell_all)
            .service(devices::list::list)
            .service(workflow::read)
            .service(gates::gates)
            .service(gates::crossing_points)
            .service(places::slots)
            .service(places::yards)
            .service(gates::reference)
            .service(sessions::sign_in)
            .service(sessions::refresh)
            .service(sessions::sign_out)
            .service(sessions::me)
            .service(admin::firms::list)
            .service(admin::firms::create)
            .service(admin::firms::read)
            .service(admin::firms::change)
            .service(admin::accounts::list)
            .service(admin::accounts::create)
            .service(admin::accounts::read)
            .service(admin::accounts::change)
            .service(admin::clients::list)
            .service(admin::clients::create)
            .service(admin::clients::read)
            .service(admin::clients::change)
            .service(admin::erasure::erase)
            .service(admin::reference::read)
            .service(admin::reference::change)
            .service(statistics::quarter::read)
            .service(statistics::throughput::read)
            .service(statistics::backlog::read)
            .service(waiting::read)
            .service(reports::of_day)
            .service(reports::of_quarter)
            .service(charts::trend_picture)
            .service(charts::trend_page)
            .service(charts::crossing_points_picture)
            .service(charts::crossing_points_page)
            .service(charts::backlog_picture)
            .service(charts::backlog_page)
            .service(statistics::period::read)
            .service(statistics::dwell::read)
            .service(statistics::closings::create)
            .service(statistics::closings::list)
            .service(statistics::closings::compare)
            .service(statistics::closings::read)
            .service(statistics::closings::signed)
            .service(statistics::takings::read),
    );
}

/// The contract: what `openapi/border-gate.json` must equal.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let app = actix_web::App::new().into_utoipa_app().openapi(Document::openapi()).configure(routes);
    let mut document = app.split_for_parts().1;
    for operation in document.paths.paths.values_mut().flat_map(operations_of) {
        operation.responses.responses.entry("422".to_owned()).or_insert_with(|| unknown_parameter().into());
    }
    document
}

fn operations_of(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = path;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}

/// What [`frame`] answers for every operation that reads no parameters itself.
fn unknown_parameter() -> Response {
    let problem = Ref::from_schema_name(problem::ProblemDocument::name());
    ResponseBuilder::new()
        .description("A parameter that is not known here")
        .content("application/problem+json", ContentBuilder::new().schema(Some(problem)).build())
        .build()
}

/// Where the contract is served; the pages of the docs read it there.
const CONTRACT_PATH: &str = "/openapi.json";

/// The contract as it is served: made once for all threads, since its document takes megabytes.
static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let document = document();
    Contract {
        json: serde_json::to_vec(&document).unwrap_or_default().into(),
        known: web::Data::new(frame::KnownPaths::of(&document)),
    }
});

struct Contract {
    json: Bytes,
    known: web::Data<frame::KnownPaths>,
}

async fn contract() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(CONTRACT.json.clone())
}

/// Everything that is served, for the one application that both the binary and the tests run.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(CONTRACT.known.clone())
        .app_data(web::Data::new(statistics::live::Live::default()))
        .app_data(web::PayloadConfig::new(frame::MAX_BODY))
        .default_service(web::to(frame::unknown));
    routes(&mut ServiceConfig::new(config));
    config
        // Whoever opens the address in a browser finds the docs.
        .route("/", web::get().to(|| async { web::Redirect::to("/docs/").see_other() }))
        .route("/docs", web::get().to(|| async { web::Redirect::to("/docs/").permanent() }))
        .route(CONTRACT_PATH, web::get().to(contract))
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::new([CONTRACT_PATH])));
}
