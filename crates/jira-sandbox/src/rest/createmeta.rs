//! What can be created in a project, and with which fields.

use serde_json::{Value, json};

use crate::errors::{BAD_ISSUE_TYPE, jira_error, no_project};
use crate::gateway::Call;
use crate::json::set;
use crate::kit::http::{Answer, Answered};
use crate::switches::{CreateMetaWithoutCreate, WriteSwitches};
use crate::world::{FieldKind, Project, Site};

use super::screen::{ScreenField, create_screen};
use super::{Paging, page, render};

/// The most entries on a page; a wish for more is refused.
const MAX_PAGE: usize = 200;

/// Lists the types of a project; none where the caller may not create there.
pub(super) fn types(site: &Site, switches: &WriteSwitches, call: &Call<'_>) -> Answered {
    let paging = paging(call)?;
    let project = project(site, call.part(2))?;
    refuse_without_create(switches, project)?;
    let kinds = project.types.iter().filter(|_| project.can_create);
    let total = kinds.clone().count();
    let shown = kinds.map(|kind| {
        let mut shown = render::issue_type(site, project, kind);
        set(
            &mut shown,
            "untranslatedName",
            kind.untranslated_name.as_str(),
        );
        shown
    });
    let body = page("issueTypes", paging.cut(shown), paging, total);
    Ok(Answer::json(200, &body).costing(1))
}

/// Lists the fields of a type's create screen.
pub(super) fn fields(site: &Site, switches: &WriteSwitches, call: &Call<'_>) -> Answered {
    let paging = paging(call)?;
    let project = project(site, call.part(2))?;
    refuse_without_create(switches, project)?;
    let kind = project
        .issue_type(call.part(4))
        .filter(|_| project.can_create);
    let kind = kind.ok_or_else(|| jira_error(400, BAD_ISSUE_TYPE))?;
    let screen = create_screen(project, kind);
    let total = screen.len();
    let shown = screen
        .iter()
        .map(|field| field_meta(site, project, kind.is_subtask(), field));
    let body = page("fields", paging.cut(shown), paging, total);
    Ok(Answer::json(200, &body).costing(1))
}

/// Refuses somebody who may not create in a project, where the sandbox is switched to do so.
fn refuse_without_create(switches: &WriteSwitches, project: &Project) -> Result<(), Answer> {
    match switches.createmeta_without_create {
        _ if project.can_create => Ok(()),
        CreateMetaWithoutCreate::EmptyList => Ok(()),
        CreateMetaWithoutCreate::BadRequest => {
            let key = &project.key;
            let text =
                format!("You do not have permission to create issues in the project '{key}'.");
            Err(jira_error(400, &text))
        }
        CreateMetaWithoutCreate::NotFound => Err(jira_error(404, &no_project(&project.key))),
    }
}

fn paging(call: &Call<'_>) -> Result<Paging, Answer> {
    let paging = Paging::read(call.request, 50);
    if paging.size > MAX_PAGE {
        let text = "Parameter 'maxResults' must not exceed the limit '200'";
        return Err(jira_error(400, text));
    }
    Ok(paging)
}

fn project<'a>(site: &'a Site, asked: &str) -> Result<&'a Project, Answer> {
    let found = site.project(asked).map(|(_, project)| project);
    found.ok_or_else(|| jira_error(404, &no_project(asked)))
}

fn field_meta(site: &Site, project: &Project, subtask: bool, field: &ScreenField<'_>) -> Value {
    let mut meta = json!({
        "required": field.required,
        "schema": schema(field),
        "name": field.name,
        "key": field.id,
        "fieldId": field.id,
        "hasDefaultValue": field.has_default,
        "operations": operations(field.id),
    });
    if let Some(values) = allowed_values(site, project, subtask, field) {
        set(&mut meta, "allowedValues", values);
    }
    if field.id == "priority" {
        let default = project
            .default_priority
            .as_deref()
            .and_then(|id| project.priority(id));
        if let Some(default) = default {
            set(&mut meta, "defaultValue", render::priority(site, default));
        }
    }
    let completes = match field.id {
        "labels" => "/rest/api/1.0/labels/suggest?query=",
        "assignee" | "reporter" => "/rest/api/3/user/search?query=",
        _ => return meta,
    };
    set(
        &mut meta,
        "autoCompleteUrl",
        format!("{}{completes}", site.url),
    );
    meta
}

fn schema(field: &ScreenField<'_>) -> Value {
    if let Some(custom) = field.custom {
        return render::custom_schema(&custom.id, &custom.kind);
    }
    match field.id {
        "labels" => json!({"type": "array", "items": "string", "system": "labels"}),
        "assignee" | "reporter" => json!({"type": "user", "system": field.id}),
        "issuetype" | "project" | "priority" => json!({"type": field.id, "system": field.id}),
        "duedate" => json!({"type": "date", "system": "duedate"}),
        "parent" => json!({"type": "issuelink", "system": "parent"}),
        _ => json!({"type": "string", "system": field.id}),
    }
}

fn operations(id: &str) -> Value {
    match id {
        "labels" => json!(["add", "set", "remove"]),
        "issuetype" => json!([]),
        _ => json!(["set"]),
    }
}

fn allowed_values(
    site: &Site,
    project: &Project,
    subtask: bool,
    field: &ScreenField<'_>,
) -> Option<Value> {
    let values = match field.id {
        "priority" => project
            .priorities
            .iter()
            .map(|it| render::priority(site, it))
            .collect(),
        "project" => json!([render::project_brief(site, project)]),
        "issuetype" => {
            let alike = project
                .types
                .iter()
                .filter(|kind| kind.is_subtask() == subtask);
            alike
                .map(|kind| render::issue_type(site, project, kind))
                .collect()
        }
        _ => match &field.custom?.kind {
            FieldKind::Select(options) => options
                .iter()
                .map(|(id, value)| render::option(site, id, value))
                .collect(),
            _ => return None,
        },
    };
    Some(values)
}
