//! The OpenAPI document and its viewer.

use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::{App, HttpResponse, web};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema};
use utoipa_actix_web::AppExt as _;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::error::{Code, PROBLEM_JSON, Problem, ProblemField};
use crate::routes;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Handoff",
        description = "Turns product documents into engineering tickets, delivers each of them to Jira exactly once, \
                       and keeps their status true.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(Problem, ProblemField, Code))
)]
struct Base;

static DOCUMENT: LazyLock<String> =
    LazyLock::new(|| document().to_pretty_json().unwrap_or_default());

static ROUTES: LazyLock<Vec<(String, Vec<Method>)>> = LazyLock::new(routes_of_document);

/// The whole document.
#[must_use]
pub fn document() -> OpenApi {
    let app = App::new().into_utoipa_app().openapi(Base::openapi());
    let (_, mut document) = app.configure(routes::configure).split_for_parts();
    let components = document.components.get_or_insert_with(Default::default);
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("bearer", bearer);
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            add_problem(operation);
        }
    }
    document
}

/// Every guarded operation may also be answered by a problem.
fn add_problem(operation: &mut Operation) {
    if operation.security.is_none() {
        return;
    }
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name(Problem::name()))));
    let problem: Response = ResponseBuilder::new()
        .description("What is wrong: problem+json with a stable code")
        .content(PROBLEM_JSON, content)
        .build();
    operation
        .responses
        .responses
        .insert("default".to_owned(), problem.into());
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.patch,
        &mut item.put,
        &mut item.delete,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

/// The document as JSON, always the same for the same code.
#[must_use]
pub fn json() -> &'static str {
    &DOCUMENT
}

/// The methods that a path knows; none where there is no such path.
#[must_use]
pub fn methods_of(path: &str) -> Vec<Method> {
    let is_same = |template: &str| {
        let (mut template, mut path) = (template.split('/'), path.split('/'));
        loop {
            match (template.next(), path.next()) {
                (None, None) => return true,
                (Some(known), Some(given)) if known == given => {}
                (Some(known), Some(given)) if known.starts_with('{') && !given.is_empty() => {}
                _ => return false,
            }
        }
    };
    ROUTES
        .iter()
        .filter(|(template, _)| is_same(template))
        .flat_map(|(_, methods)| methods.iter().cloned())
        .collect()
}

fn routes_of_document() -> Vec<(String, Vec<Method>)> {
    let known = document().paths.paths.into_iter().map(|(path, item)| {
        let methods = [
            (item.get.is_some(), Method::GET),
            (item.post.is_some(), Method::POST),
            (item.patch.is_some(), Method::PATCH),
            (item.put.is_some(), Method::PUT),
            (item.delete.is_some(), Method::DELETE),
        ];
        (
            path,
            methods
                .into_iter()
                .filter_map(|(is, method)| is.then_some(method))
                .collect(),
        )
    });
    known.collect()
}

/// Registers the document and its viewer.
pub fn configure(config: &mut web::ServiceConfig) {
    let viewer = SwaggerUi::new("/docs/{_:.*}").config(Config::from("/api/openapi.json"));
    config
        .route("/docs", web::get().to(to_viewer))
        .service(viewer);
}

async fn to_viewer() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header(("location", "/docs/"))
        .finish()
}
