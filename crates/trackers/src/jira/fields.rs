//! The caller's own fields, checked against what a project takes.

use std::collections::BTreeSet;
use std::sync::Arc;

use handoff_domain::delivery::tracker::{FieldProblem, TrackerError};
use jira_client::FieldMeta;
use serde_json::{Map, Value};

/// The fields that Handoff, or Jira itself, fills in.
const OURS: [&str; 7] = [
    "project",
    "issuetype",
    "summary",
    "description",
    "labels",
    "priority",
    "reporter",
];

/// Whether Handoff, or Jira itself, fills a field in.
pub(super) fn is_supplied_by_us(field_id: &str) -> bool {
    OURS.contains(&field_id)
}

/// Checks the caller's fields against the types that will be used: each must be on one of their screens and fit it.
pub(super) fn check(
    given: &Map<String, Value>,
    screens: &[Arc<Vec<FieldMeta>>],
) -> Result<(), TrackerError> {
    let problems: Vec<FieldProblem> = given
        .iter()
        .filter_map(|(id, value)| problem(id, value, screens))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(TrackerError::InvalidFields(problems))
    }
}

fn problem(id: &str, value: &Value, screens: &[Arc<Vec<FieldMeta>>]) -> Option<FieldProblem> {
    let told = |message: String| {
        Some(FieldProblem {
            field: id.to_owned(),
            message,
        })
    };
    if is_supplied_by_us(id) && id != "reporter" {
        return told("Handoff fills this field from the ticket; leave it out".to_owned());
    }
    let known = screens.iter().flat_map(|screen| screen.iter());
    let Some(field) = known.into_iter().find(|field| field.field_id == id) else {
        return told(format!(
            "the project has no such field on its create screen{}",
            known_ids(screens)
        ));
    };
    misfit(field, value).and_then(told)
}

/// Names the fields a caller may give.
fn known_ids(screens: &[Arc<Vec<FieldMeta>>]) -> String {
    let fields = screens.iter().flat_map(|screen| screen.iter());
    let ids: BTreeSet<&str> = fields
        .map(|field| field.field_id.as_str())
        .filter(|id| !is_supplied_by_us(id))
        .take(20)
        .collect();
    let ids = ids.into_iter().collect::<Vec<_>>().join(", ");
    if ids.is_empty() {
        String::new()
    } else {
        format!("; it has {ids}")
    }
}

/// Why a value does not fit its field, as far as createmeta tells.
fn misfit(field: &FieldMeta, value: &Value) -> Option<String> {
    let name = &field.name;
    if value.is_null() {
        return field
            .required
            .then(|| format!("{name} is required and cannot be null"));
    }
    match field.schema.kind.as_str() {
        "string" if !(value.is_string() || value.is_object()) => Some(format!("{name} takes text")),
        "number" if !value.is_number() => Some(format!("{name} takes a number")),
        "array" if !value.is_array() => Some(format!("{name} takes a list")),
        "option" | "priority" | "version" | "component" if !value.is_object() => {
            Some(format!("{name} takes an object such as {{\"id\": \"…\"}}"))
        }
        "option" if !is_allowed(field, value) => {
            Some(format!("{name} takes one of {}", offered(field)))
        }
        _ => None,
    }
}

fn is_allowed(field: &FieldMeta, value: &Value) -> bool {
    let same = |key: &str, allowed: &Value| {
        value
            .get(key)
            .is_some_and(|wanted| allowed.get(key) == Some(wanted))
    };
    let allowed = &field.allowed_values;
    allowed.is_empty()
        || allowed
            .iter()
            .any(|one| same("id", one) || same("value", one))
}

fn offered(field: &FieldMeta) -> String {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let names = field
        .allowed_values
        .iter()
        .filter_map(|one| text(one, "value"));
    names
        .take(20)
        .map(|name| format!("{{\"value\": \"{name}\"}}"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn screen() -> Vec<Arc<Vec<FieldMeta>>> {
        let field = |id: &str, kind: &str, values: Value| {
            json!({
                "fieldId": id, "key": id, "name": id, "required": true, "hasDefaultValue": false,
                "schema": {"type": kind}, "operations": ["set"], "allowedValues": values,
            })
        };
        let fields = json!([
            field("customfield_1", "string", json!([])),
            field(
                "customfield_2",
                "option",
                json!([{"id": "7", "value": "Red"}])
            ),
            field("customfield_3", "number", json!([])),
        ]);
        vec![Arc::new(serde_json::from_value(fields).unwrap())]
    }

    fn problems(given: Value) -> Vec<FieldProblem> {
        match check(given.as_object().unwrap(), &screen()) {
            Err(TrackerError::InvalidFields(problems)) => problems,
            _ => Vec::new(),
        }
    }

    #[test]
    fn values_that_fit_are_taken() {
        let given = json!({
            "customfield_1": "text", "customfield_2": {"value": "Red"}, "customfield_3": 4,
        });
        assert_eq!(problems(given), []);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let given = json!({
            "customfield_1": 1, "customfield_2": {"value": "Blue"}, "customfield_3": "x",
            "customfield_9": 1, "summary": "mine",
        });
        let problems = problems(given);
        assert_eq!(problems.len(), 5);
        assert!(problems.iter().any(|one| one.message.contains("Red")));
    }
}
