#![doc = include_str!("../README.md")]

mod documents;
mod operation;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::{env, fs};

use jsonschema::{Draft, Registry, Resource, Validator};
use serde_json::{Value, json};

use operation::Operation;

/// Where the OpenAPI file stands for references to it.
const OPENAPI_URI: &str = "urn:atlassian:openapi";

/// Statuses of the gateway, of limits and of faults, which no operation lists for itself.
const EVERYWHERE: [u16; 10] = [401, 403, 404, 410, 413, 415, 429, 500, 502, 503];

/// The validator of documents, made when the first one is seen.
type Documents = LazyLock<Validator, Box<dyn FnOnce() -> Validator + Send>>;

/// Atlassian's descriptions, with the validators made from them so far.
pub struct Contract {
    openapi: Value,
    registry: Registry,
    documents: Documents,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contract")
    }
}

/// A request as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path as Atlassian writes it, such as `/rest/api/3/issue/{issueIdOrKey}`.
    pub template: &'a str,
    /// The query's decoded names and values.
    pub query: &'a [(String, String)],
    /// The content type; empty where there is none.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl Contract {
    /// Reads the descriptions where they are at hand.
    ///
    /// # Panics
    ///
    /// When a description is there but cannot be read.
    pub fn find() -> Option<Self> {
        let shared = env::var_os("HANDOFF_SHARED_DIR").map(PathBuf::from);
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
        let folder = shared.unwrap_or_else(beside).join("jira");
        let openapi = read(&folder.join("openapi-subset.json"))?;
        let documents = read(&folder.join("adf-schema.json"))?;
        Some(Self::new(openapi, documents))
    }

    #[expect(clippy::expect_used, reason = "a test without its yardstick must fail")]
    fn new(mut openapi: Value, documents: Value) -> Self {
        operation::simplify(&mut openapi);
        let resource = Resource::from_contents(openapi.clone()).expect("a readable OpenAPI file");
        let registry = Registry::options()
            .draft(Draft::Draft7)
            .build([(OPENAPI_URI, resource)])
            .expect("an OpenAPI file whose references resolve");
        let documents = move || {
            let options = jsonschema::options().with_draft(Draft::Draft4);
            options
                .build(&documents)
                .expect("a readable schema of documents")
        };
        Self {
            openapi,
            registry,
            documents: LazyLock::new(Box::new(documents)),
            validators: Mutex::default(),
        }
    }

    /// Tells whether Atlassian's file describes this operation.
    pub fn describes(&self, method: &str, template: &str) -> bool {
        self.operation(method, template).is_some()
    }

    /// Gives what is wrong with a request; nothing where the operation is not described at all.
    pub fn faults_of_request(&self, request: &Request<'_>) -> Vec<String> {
        let Some(operation) = self.operation(request.method, request.template) else {
            return Vec::new();
        };
        let mut faults = operation.faults_of_query(request.query);
        match (operation.takes_body(), request.body) {
            (false, []) => {}
            (false, _) => faults.push("a body where none is described".to_owned()),
            (true, body) => {
                if !request.content_type.starts_with("application/json") {
                    faults.push(format!("content type '{}'", request.content_type));
                }
                match serde_json::from_slice::<Value>(body) {
                    Ok(body) => self.judge_body(&operation, &body, &mut faults),
                    Err(error) => faults.push(format!("the body is not JSON: {error}")),
                }
            }
        }
        faults
    }

    /// Gives what is wrong with the answer to an operation; nothing where it is not described.
    pub fn faults_of_answer(
        &self,
        method: &str,
        template: &str,
        status: u16,
        body: &[u8],
    ) -> Vec<String> {
        let Some(operation) = self.operation(method, template) else {
            return Vec::new();
        };
        let of_gateway = EVERYWHERE.contains(&status) && is_of_gateway(body);
        let Some(schema) = operation.answer(status) else {
            return match EVERYWHERE.contains(&status) {
                true => faults_of_refusal(body),
                false => vec![format!("the status {status} is not described")],
            };
        };
        if of_gateway {
            return Vec::new();
        }
        if status >= 400 && body.is_empty() {
            return Vec::new();
        }
        match (schema.pointer, body) {
            (None, []) => Vec::new(),
            // Refusals without a schema have the general shape.
            (None, body) if status >= 400 => faults_of_refusal(body),
            (None, _) => vec![format!("a body with status {status}, which has none")],
            (Some(pointer), body) => match serde_json::from_slice::<Value>(body) {
                Ok(mut body) => {
                    operation::leave_out_untranslated_names(&mut body);
                    let mut faults = self.faults_by_schema(&pointer, &body);
                    faults.extend(documents::faults(&self.documents, &body));
                    faults
                }
                Err(_) if schema.is_empty => Vec::new(),
                Err(error) => vec![format!("the body is not JSON: {error}")],
            },
        }
    }

    fn judge_body(&self, operation: &Operation<'_>, body: &Value, faults: &mut Vec<String>) {
        if let Some(pointer) = operation.body_pointer() {
            faults.extend(self.faults_by_schema(&pointer, body));
        }
        faults.extend(operation.undescribed_in_body(body));
        faults.extend(documents::faults(&self.documents, body));
        faults.extend(documents::texts_in_their_place(body));
    }

    fn operation(&self, method: &str, template: &str) -> Option<Operation<'_>> {
        Operation::find(&self.openapi, method, template)
    }

    fn faults_by_schema(&self, pointer: &str, value: &Value) -> Vec<String> {
        let validator = self.validator(pointer);
        let faults = validator.iter_errors(value);
        faults
            .map(|fault| format!("{fault} at {}", fault.instance_path))
            .collect()
    }

    #[expect(clippy::expect_used, reason = "a test without its yardstick must fail")]
    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut made = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = made.get(pointer) {
            return Arc::clone(validator);
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft7)
            .should_validate_formats(false)
            .with_registry(self.registry.clone())
            .build(&json!({"$ref": format!("{OPENAPI_URI}#{pointer}")}))
            .expect("a readable schema");
        let validator = Arc::new(validator);
        made.insert(pointer.to_owned(), Arc::clone(&validator));
        validator
    }
}

#[expect(clippy::panic, reason = "a test without its yardstick must fail")]
fn read(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).ok()?;
    let read = serde_json::from_str(&text);
    Some(read.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Tells whether a body is an error of Jira or of the gateway before it.
fn faults_of_refusal(body: &[u8]) -> Vec<String> {
    if body.is_empty() {
        return Vec::new();
    }
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    let of_jira = read.get("errorMessages").is_some_and(Value::is_array)
        && read.get("errors").is_some_and(Value::is_object);
    match of_jira || is_of_gateway(body) {
        true => Vec::new(),
        false => vec![format!("an error of no known shape: {read}")],
    }
}

/// Tells whether a body is an error of the gateway, which answers for every operation.
fn is_of_gateway(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body.get("code").is_some_and(Value::is_u64) && body.get("message").is_some_and(Value::is_string)
}

#[cfg(test)]
mod tests;
