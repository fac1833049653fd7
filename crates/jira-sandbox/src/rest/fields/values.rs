//! The values of single fields.

use serde_json::Value;
use time::Date;
use time::macros::format_description;

use crate::adf::{self, Refusal};
use crate::errors::{NOT_A_DOCUMENT, TEXT_TOO_LONG};
use crate::rest::render;
use crate::world::{FieldKind, IssueData, IssueType, Project};

use super::Writer;

/// The most characters (UTF-16 units) of a summary, a label or a one-line field.
const MAX_LINE_UNITS: usize = 255;

/// Why a value is not taken.
#[derive(Debug)]
pub(in crate::rest) enum Refused {
    /// Not of the form the field takes.
    Form(String),
    /// Of the right form, but not allowed.
    Content(String),
    /// Not allowed, which Jira reports on another field.
    Elsewhere(&'static str, &'static str),
    /// A document that breaks the schema, with the path of the fault.
    Document(String),
}

fn form<T>(text: &str) -> Result<T, Refused> {
    Err(Refused::Form(text.to_owned()))
}

fn content<T>(text: impl Into<String>) -> Result<T, Refused> {
    Err(Refused::Content(text.into()))
}

/// Sets a field that is known to be settable.
pub(super) fn set(
    writer: Writer<'_>,
    data: &mut IssueData,
    field: &str,
    value: &Value,
) -> Result<(), Refused> {
    match field {
        // Only transitions change the status; an edit that names it is taken and changes nothing.
        "status" => {}
        "summary" => data.summary = summary(value)?,
        "description" => data.description = document(writer, value)?,
        "labels" => data.labels = labels(value)?,
        "priority" => data.priority = priority(writer, data, value)?,
        "assignee" => data.assignee = person(writer, value)?,
        "reporter" => data.reporter = person(writer, value)?,
        "duedate" => data.due_date = date(value)?,
        "parent" => data.parent = parent(writer, data, value)?,
        custom => {
            let value = custom_value(writer, data, custom, value)?;
            data.custom.insert(custom.to_owned(), value);
        }
    }
    Ok(())
}

/// Applies one operation of `update`.
pub(super) fn update(
    writer: Writer<'_>,
    data: &mut IssueData,
    field: &str,
    operation: &Value,
) -> Result<(), Refused> {
    if let Some(value) = operation.get("set") {
        return set(writer, data, field, value);
    }
    if field != "labels" {
        return form(&format!(
            "Field with id '{field}' does not support the operation"
        ));
    }
    let single = |value: &Value| labels(&Value::Array(vec![value.clone()]));
    if let Some(value) = operation.get("add") {
        for label in single(value)? {
            add_label(&mut data.labels, label);
        }
    } else if let Some(value) = operation.get("remove") {
        let gone = single(value)?;
        data.labels.retain(|label| !gone.contains(label));
    } else {
        return form("Operation must be one of set, add or remove");
    }
    Ok(())
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn summary(value: &Value) -> Result<String, Refused> {
    let text = match value {
        Value::Null => "",
        Value::String(text) => text.trim(),
        _ => return form("Operation value must be a string"),
    };
    if text.contains(['\n', '\r']) {
        return content("The summary is invalid because it contains newline characters.");
    }
    if units(text) > MAX_LINE_UNITS {
        return content("Summary can't exceed 255 characters.");
    }
    Ok(text.to_owned())
}

fn document(writer: Writer<'_>, value: &Value) -> Result<Option<Value>, Refused> {
    if value.is_null() {
        return Ok(None);
    }
    match adf::check(value) {
        Ok(()) if writer.switches.stored_documents_grow => Ok(Some(adf::grown(value))),
        Ok(()) => Ok(Some(value.clone())),
        Err(Refusal::NotADocument) => form(NOT_A_DOCUMENT),
        Err(Refusal::TooLong) => content(TEXT_TOO_LONG),
        Err(Refusal::Invalid(path)) => Err(Refused::Document(path)),
    }
}

fn labels(value: &Value) -> Result<Vec<String>, Refused> {
    let mut labels = Vec::new();
    let listed = match value {
        Value::Null => return Ok(labels),
        Value::Array(listed) => listed,
        _ => return form("data was not an array"),
    };
    for label in listed {
        let Some(label) = label.as_str() else {
            return form("string expected at index 0");
        };
        if label.contains(char::is_whitespace) {
            return content(format!(
                "The label '{label}' contains spaces which is invalid."
            ));
        }
        if units(label) > MAX_LINE_UNITS {
            return content(format!(
                "The label '{label}' exceeds the maximum length for a single label of 255 \
                 characters"
            ));
        }
        if !label.is_empty() {
            add_label(&mut labels, label.to_owned());
        }
    }
    Ok(labels)
}

fn add_label(labels: &mut Vec<String>, label: String) {
    if !labels.contains(&label) {
        labels.push(label);
    }
}

fn home<'a>(writer: Writer<'a>, data: &IssueData) -> Result<&'a Project, Refused> {
    writer
        .site
        .project_at(data.project)
        .ok_or_else(|| Refused::Form("No such project.".to_owned()))
}

fn priority(
    writer: Writer<'_>,
    data: &IssueData,
    value: &Value,
) -> Result<Option<String>, Refused> {
    if value.is_null() {
        return Ok(home(writer, data)?.default_priority.clone());
    }
    let text = |name| value.get(name).and_then(Value::as_str);
    let scheme = &home(writer, data)?.priorities;
    let found = match (text("id"), text("name")) {
        (Some(id), _) => scheme.iter().find(|priority| priority.id == id),
        (None, Some(name)) => scheme.iter().find(|priority| priority.name == name),
        (None, None) => {
            return form("Specify the Priority (id or name) in the string format");
        }
    };
    match found {
        Some(priority) => Ok(Some(priority.id.clone())),
        None => content("The priority selected is invalid."),
    }
}

fn person(writer: Writer<'_>, value: &Value) -> Result<Option<String>, Refused> {
    if value.is_null() {
        return Ok(None);
    }
    let text = |name| value.get(name).and_then(Value::as_str);
    let Some(id) = text("accountId").or_else(|| text("id")) else {
        return form("expected Object with an accountId property");
    };
    match writer.world.account(id) {
        Some(account) => Ok(Some(account.id.to_owned())),
        None => content(format!("User '{id}' does not exist.")),
    }
}

fn date(value: &Value) -> Result<Option<String>, Refused> {
    if value.is_null() {
        return Ok(None);
    }
    let text = value.as_str().unwrap_or_default();
    if Date::parse(text, format_description!("[year]-[month]-[day]")).is_err() {
        return form("Error parsing date string: the format must be yyyy-MM-dd");
    }
    Ok(Some(text.to_owned()))
}

fn parent(writer: Writer<'_>, data: &IssueData, value: &Value) -> Result<Option<u64>, Refused> {
    if value.is_null() {
        return Ok(None);
    }
    let named = value
        .get("id")
        .or_else(|| value.get("key"))
        .and_then(Value::as_str);
    let Some(parent) = named.and_then(|named| writer.site.visible(named)) else {
        return content("Could not find issue by id or key.");
    };
    let kind = home(writer, data)?.issue_type(&data.issue_type);
    let same_project = parent.data.project == data.project;
    if kind.is_some_and(IssueType::is_subtask) && !same_project {
        let text = "Sub-tasks must be created in the same project as the parent.";
        return Err(Refused::Elsewhere("project", text));
    }
    let parents_home = writer.site.project_at(parent.data.project);
    let parents_kind = parents_home.and_then(|home| home.issue_type(&parent.data.issue_type));
    let fits = |(kind, above): (&IssueType, &IssueType)| above.level == kind.level + 1;
    if !kind.zip(parents_kind).is_some_and(fits) {
        return content("Given parent work item does not belong to appropriate hierarchy.");
    }
    Ok(Some(parent.id))
}

fn custom_value(
    writer: Writer<'_>,
    data: &IssueData,
    id: &str,
    value: &Value,
) -> Result<Value, Refused> {
    let field = home(writer, data)?
        .custom_fields
        .iter()
        .find(|field| field.id == id);
    let (Some(field), false) = (field, value.is_null()) else {
        return Ok(Value::Null);
    };
    match &field.kind {
        FieldKind::Text => match value.as_str() {
            None => form("Operation value must be a string"),
            Some(text) if text.contains(['\n', '\r']) => {
                content(format!("{} cannot contain newline characters.", field.name))
            }
            Some(text) if units(text) > MAX_LINE_UNITS => content(
                "The entered text is too long. It exceeds the allowed limit of 255 characters.",
            ),
            Some(text) if text.trim().is_empty() => Ok(Value::Null),
            Some(text) => Ok(text.into()),
        },
        FieldKind::Paragraph => Ok(document(writer, value)?.unwrap_or_default()),
        FieldKind::Number if value.is_number() => Ok(value.clone()),
        FieldKind::Number => form("Operation value must be a number"),
        FieldKind::Select(options) => {
            let text = |name| value.get(name).and_then(Value::as_str);
            let (by_id, by_value) = (text("id"), text("value"));
            if by_id.is_none() && by_value.is_none() {
                return form("Specify a valid 'id' or 'name' for the option");
            }
            let chosen = options.iter().find(|(id, value)| match by_id {
                Some(wanted) => id == wanted,
                None => by_value == Some(value),
            });
            match chosen {
                Some((id, value)) => Ok(render::option(writer.site, id, value)),
                None => content(format!(
                    "Option is not valid for the field '{}'.",
                    field.name
                )),
            }
        }
    }
}
