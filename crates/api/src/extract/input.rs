//! From JSON values to typed input, with errors that name the place.

use std::future::Future;
use std::pin::Pin;

use actix_web::HttpRequest;
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::shared::validation::FieldError;
use handoff_domain::workspace::model::{Role, WorkspaceAccess};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Caller, path_id};
use crate::error::{ApiError, Code};
use crate::state::AppState;

/// A body or query that is being read.
pub(super) type Reading<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

/// A body or query that can be read.
pub trait Input: DeserializeOwned + 'static {
    /// The greatest size of a body in bytes.
    const MAX_BYTES: usize = 1024 * 1024;
    /// Whether no body at all counts as an empty object.
    const MAY_BE_ABSENT: bool = false;
    /// Whether workspace API tokens are refused.
    const PEOPLE_ONLY: bool = false;
}

/// Input that names its workspace, and what the caller needs there.
pub trait Gate: Input {
    /// The least role.
    const ROLE: Role = Role::Member;
    /// Whether the workspace must be allowed to use integrations.
    const INTEGRATIONS: bool = false;
}

/// Lets an absent field (`None`) be told from a null one (`Some(None)`), as RFC 7396 wants.
///
/// # Errors
/// Those of the inner type.
pub fn double_option<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Refuses callers who may not do this in the workspace that the path or the input names; before anything else of the
/// input is looked at.
///
/// Input that names no workspace passes: it is refused when it is read.
pub(super) async fn enter<T: Gate>(
    request: &HttpRequest,
    caller: Caller,
    input: &Value,
) -> Result<Option<WorkspaceAccess>, ApiError> {
    let workspace: WorkspaceId = match request.match_info().get("workspace_id") {
        Some(id) => path_id(id, Code::WorkspaceNotFound)?,
        None => match input
            .get("workspace_id")
            .and_then(Value::as_str)
            .map(str::parse)
        {
            Some(Ok(id)) => id,
            _ => return Ok(None),
        },
    };
    let state = AppState::of(request)?;
    let service = &state.workspaces;
    let access = if T::INTEGRATIONS {
        service
            .require_integrations(caller.actor, workspace, T::ROLE)
            .await?
    } else {
        service.require(caller.actor, workspace, T::ROLE).await?
    };
    Ok(Some(access))
}

/// Refuses input that was read and names no workspace.
pub(super) fn entered(access: Option<WorkspaceAccess>) -> Result<WorkspaceAccess, ApiError> {
    access.ok_or_else(|| ApiError::invalid("/workspace_id", "expected a UUID"))
}

/// Reads typed input and says where it does not fit.
pub(super) fn read<T: Input>(input: Value) -> Result<T, ApiError> {
    if !input.is_object() {
        return Err(ApiError::new(Code::InvalidJson, "expected a JSON object"));
    }
    if let Some(pointer) = nul_in(&input, String::new()) {
        return Err(ApiError::invalid(pointer, "must not contain U+0000"));
    }
    serde_path_to_error::deserialize(input).map_err(|error| {
        let pointer = pointer(error.path());
        explain(pointer, &error.into_inner().to_string())
    })
}

/// Where the first text with a NUL character is, which PostgreSQL cannot keep in a text.
fn nul_in(value: &Value, pointer: String) -> Option<String> {
    const NUL: char = '\0';
    match value {
        Value::String(text) => text.contains(NUL).then_some(pointer),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| nul_in(item, format!("{pointer}/{index}"))),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            if name.contains(NUL) {
                return Some(pointer.clone());
            }
            nul_in(field, format!("{pointer}/{}", escaped(name)))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn explain(pointer: String, message: &str) -> ApiError {
    if let Some(field) = quoted(message, "unknown field `") {
        let pointer = if pointer.ends_with(&format!("/{field}")) {
            pointer
        } else {
            format!("{pointer}/{field}")
        };
        let detail = format!("there is no field named {field}");
        return ApiError::new(Code::UnknownField, detail.clone()).at(vec![FieldError {
            pointer,
            message: detail,
        }]);
    }
    if let Some(field) = quoted(message, "missing field `") {
        return ApiError::invalid(format!("{pointer}/{field}"), "is required");
    }
    let expected = message
        .rsplit_once(", expected ")
        .map(|(_, expected)| format!("expected {expected}"));
    if message.starts_with("invalid type") {
        let message = expected.unwrap_or_else(|| "has another type than expected".to_owned());
        return ApiError::new(Code::InvalidJson, "a value has another type than expected")
            .at(vec![FieldError { pointer, message }]);
    }
    let message = match expected {
        Some(expected) => expected,
        None if message.starts_with("UUID parsing failed") => "expected a UUID".to_owned(),
        None => message.to_owned(),
    };
    ApiError::invalid(pointer, message)
}

fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |mut text, segment| {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                text.push('/');
                text.push_str(&escaped(key));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
        text
    })
}
