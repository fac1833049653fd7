//! Writing an issue's fields, with Jira's checks and texts.

mod values;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::errors::{BAD_ISSUE_TYPE, Problems, cannot_be_set, no_project};
use crate::json::text_of;
use crate::switches::{NoCreate, WriteSwitches};
use crate::world::{Content, IssueData, IssueType, Project, Site, World};

use super::properties;
use super::screen::create_screen;
pub(super) use values::Refused;

/// Who writes where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer<'a> {
    pub(super) world: &'a World,
    pub(super) site: &'a Site,
    pub(super) account: &'a str,
    pub(super) now: OffsetDateTime,
    pub(super) switches: &'a WriteSwitches,
}

/// Reads the body of one create and gives the issue it would make.
pub(super) fn draft(writer: Writer<'_>, details: &Value) -> Result<IssueData, Problems> {
    let empty = Map::new();
    let fields = details
        .get("fields")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let (at, project) = project(writer, fields.get("project"))?;
    let kind = issue_type(project, fields.get("issuetype"))?;
    let content = Content::new(project, kind, writer.account, writer.now);
    let mut data = IssueData::new(at, content);
    let screen = create_screen(project, kind);
    let on_screen = |field: &str| screen.iter().any(|shown| shown.id == field);
    write(writer, &mut data, details, &on_screen)?;
    required(writer, project, kind, &data)?;
    data.properties = properties::read(details.get("properties"))?;
    Ok(data)
}

/// Changes an issue as the body of an edit says; screens are not asked.
pub(super) fn edited(
    writer: Writer<'_>,
    data: &IssueData,
    details: &Value,
) -> Result<IssueData, Problems> {
    let mut data = data.clone();
    let project = writer.site.project_at(data.project);
    let kind = project.and_then(|project| project.issue_type(&data.issue_type));
    let (Some(project), Some(kind)) = (project, kind) else {
        return Err(Problems::field("issuetype", BAD_ISSUE_TYPE));
    };
    stays_in_project(writer, &data, details)?;
    let kind = new_type(project, kind, details)?;
    data.issue_type.clone_from(&kind.id);
    let screen = create_screen(project, kind);
    let exists = |field: &str| {
        matches!(field, "priority" | "status") || screen.iter().any(|shown| shown.id == field)
    };
    write(writer, &mut data, details, &exists)?;
    if data.summary.is_empty() {
        return Err(Problems::field("summary", NO_SUMMARY));
    }
    data.properties
        .extend(properties::read(details.get("properties"))?);
    Ok(data)
}

/// Gives what an edit sets a field to.
fn set_to<'a>(details: &'a Value, field: &str) -> Option<&'a Value> {
    let fields = details.get("fields").and_then(|fields| fields.get(field));
    let operations = || details.get("update")?.get(field)?.as_array()?.first();
    fields.or_else(|| operations()?.get("set"))
}

/// Gives the type that the issue is to have; an edit makes no sub-task, and none of one.
fn new_type<'a>(
    project: &'a Project,
    kind: &'a IssueType,
    details: &Value,
) -> Result<&'a IssueType, Problems> {
    let Some(asked) = set_to(details, "issuetype") else {
        return Ok(kind);
    };
    let wanted = issue_type(project, Some(asked))?;
    match wanted.is_subtask() == kind.is_subtask() {
        true => Ok(wanted),
        false => Err(Problems::field("issuetype", BAD_ISSUE_TYPE)),
    }
}

/// Refuses an edit that names another project: no edit moves an issue.
fn stays_in_project(writer: Writer<'_>, data: &IssueData, details: &Value) -> Result<(), Problems> {
    let Some(asked) = set_to(details, "project") else {
        return Ok(());
    };
    let named = asked.get("id").or_else(|| asked.get("key")).map(text_of);
    let found = named.and_then(|named| writer.site.project(&named));
    match found {
        Some((at, _)) if at == data.project => Ok(()),
        _ => Err(Problems::field("project", cannot_be_set("project"))),
    }
}

const NO_SUMMARY: &str = "You must specify a summary of the issue.";

fn project<'a>(
    writer: Writer<'a>,
    asked: Option<&Value>,
) -> Result<(usize, &'a Project), Problems> {
    let named = asked.and_then(|asked| asked.get("id").or_else(|| asked.get("key")));
    let Some(named) = named.map(text_of) else {
        return Err(Problems::field(
            "project",
            "Specify a valid project ID or key",
        ));
    };
    let Some((at, project)) = writer.site.project(&named) else {
        return Err(Problems::field("project", no_project(&named)));
    };
    if !project.can_create {
        let text = format!(
            "You do not have permission to create issues in the project '{}'.",
            project.key
        );
        return Err(Problems {
            status: match writer.switches.create_without_create {
                NoCreate::Forbidden => 403,
                NoCreate::BadRequest => 400,
            },
            ..Problems::field("project", text)
        });
    }
    Ok((at, project))
}

fn issue_type<'a>(project: &'a Project, asked: Option<&Value>) -> Result<&'a IssueType, Problems> {
    let text = |name: &str| {
        asked
            .and_then(|asked| asked.get(name))
            .and_then(Value::as_str)
    };
    let found = match (text("id"), text("name")) {
        (Some(id), _) => project.issue_type(id),
        (None, Some(name)) => project
            .types
            .iter()
            .find(|kind| kind.name.eq_ignore_ascii_case(name)),
        (None, None) => {
            return Err(Problems::field("issuetype", "Specify an issue type"));
        }
    };
    found.ok_or_else(|| Problems::field("issuetype", BAD_ISSUE_TYPE))
}

/// Applies `fields` and `update`: first everything must be of the right form, then of the right
/// content, as Jira's own two passes do it.
fn write(
    writer: Writer<'_>,
    data: &mut IssueData,
    details: &Value,
    settable: &dyn Fn(&str) -> bool,
) -> Result<(), Problems> {
    let mut form = Problems::default();
    let mut content = Problems::default();
    for (field, change) in changes(details, &mut form) {
        if matches!(field, "project" | "issuetype") {
            continue;
        }
        if !settable(field) {
            form.add(field, cannot_be_set(field));
            continue;
        }
        match change.apply(writer, data, field) {
            Ok(()) => {}
            Err(Refused::Form(text)) => form.add(field, text),
            Err(Refused::Content(text)) => content.add(field, text),
            Err(Refused::Elsewhere(field, text)) => content.add(field, text),
            Err(Refused::Document(path)) => {
                let mut invalid = Problems::message(400, "INVALID_INPUT");
                invalid.hint = Some(format!("{field}{path}"));
                return Err(invalid);
            }
        }
    }
    form.into_result()?;
    content.into_result()
}

/// One thing to do to a field.
#[derive(Debug)]
enum Change<'a> {
    Set(&'a Value),
    Update(&'a Value),
}

impl Change<'_> {
    fn apply(&self, writer: Writer<'_>, data: &mut IssueData, field: &str) -> Result<(), Refused> {
        match self {
            Self::Set(value) => values::set(writer, data, field, value),
            Self::Update(operation) => values::update(writer, data, field, operation),
        }
    }
}

fn changes<'a>(details: &'a Value, problems: &mut Problems) -> Vec<(&'a str, Change<'a>)> {
    let object = |name| details.get(name).and_then(Value::as_object);
    let mut changes = Vec::new();
    for (field, value) in object("fields").into_iter().flatten() {
        changes.push((field.as_str(), Change::Set(value)));
    }
    for (field, operations) in object("update").into_iter().flatten() {
        if object("fields").is_some_and(|fields| fields.contains_key(field)) {
            let text = format!("Field '{field}' cannot appear in both 'fields' and 'update'");
            problems.add(field, text);
        }
        for operation in operations.as_array().into_iter().flatten() {
            changes.push((field.as_str(), Change::Update(operation)));
        }
    }
    changes
}

fn required(
    writer: Writer<'_>,
    project: &Project,
    kind: &IssueType,
    data: &IssueData,
) -> Result<(), Problems> {
    let mut problems = Problems::default();
    if data.summary.is_empty() {
        problems.add("summary", NO_SUMMARY);
    }
    if kind.is_subtask() && data.parent.is_none() {
        let text = "Issue type is a sub-task but parent issue key or id not specified.";
        problems.add("issuetype", text);
    }
    for field in project.fields_of(kind).filter(|field| field.required) {
        if data.custom.get(&field.id).is_some_and(|it| !it.is_null()) {
            continue;
        }
        if writer.switches.required_in_messages {
            let text = format!("Field '{}' is required", field.id);
            problems.messages.push(text);
        } else {
            problems.add(&field.id, format!("{} is required.", field.name));
        }
    }
    problems.into_result()
}
