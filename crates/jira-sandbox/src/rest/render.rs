//! How Jira's things look in JSON.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::json::set;
use crate::world::{
    Account, Category, FieldKind, Issue, IssueData, IssueType, Priority, Project, SITE_OFFSET,
    SITE_ZONE, Site, Status, Style, World,
};

/// Writes a moment as Jira does: milliseconds, and an offset without a colon.
pub(crate) fn moment(at: OffsetDateTime) -> String {
    let format = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]\
         [offset_hour sign:mandatory][offset_minute]"
    );
    at.to_offset(SITE_OFFSET)
        .format(&format)
        .unwrap_or_default()
}

/// Which fields of an issue are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    all: bool,
    named: Vec<String>,
    left_out: Vec<String>,
}

impl Fields {
    /// Reads names such as `summary`, `*all`, `*navigable` and `-description`.
    pub(crate) fn of(names: &[String]) -> Self {
        let left_out = names.iter().filter_map(|name| name.strip_prefix('-'));
        let left_out: Vec<_> = left_out.map(str::to_owned).collect();
        let all = names
            .iter()
            .any(|name| matches!(name.as_str(), "*all" | "*navigable"));
        let named: Vec<_> = names
            .iter()
            .filter(|name| !name.starts_with(['*', '-']))
            .cloned()
            .collect();
        let only_left_out = named.is_empty() && !left_out.is_empty();
        Self {
            all: all || only_left_out,
            named,
            left_out,
        }
    }

    pub(crate) fn all() -> Self {
        Self {
            all: true,
            named: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Tells whether nothing beyond id and key is asked for.
    pub(crate) fn is_bare(&self) -> bool {
        !self.all
            && self
                .named
                .iter()
                .all(|name| matches!(name.as_str(), "id" | "key"))
    }

    /// Tells whether not even the key is asked for.
    pub(crate) fn is_only_id(&self) -> bool {
        !self.all && self.named.iter().all(|name| name == "id")
    }

    /// Tells whether a field is asked for.
    pub(crate) fn has(&self, name: &str) -> bool {
        let asked = self.all || self.named.iter().any(|named| named == name);
        asked && !self.left_out.iter().any(|left_out| left_out == name)
    }
}

/// Shows an issue with the asked fields and properties.
pub(crate) fn issue(
    world: &World,
    site: &Site,
    issue: &Issue,
    data: &IssueData,
    fields: &Fields,
    properties: &[String],
) -> Value {
    let id = issue.id.to_string();
    let mut shown = if fields.is_only_id() {
        json!({"id": id})
    } else {
        let link = format!("{}/rest/api/3/issue/{id}", site.url);
        json!({"expand": ISSUE_EXPANDS, "id": id, "self": link, "key": site.key_of(data)})
    };
    if !fields.is_bare() {
        let values = issue_fields(world, site, data, fields);
        set(&mut shown, "fields", values);
    }
    if !properties.is_empty() {
        set(&mut shown, "properties", shown_properties(data, properties));
    }
    shown
}

const ISSUE_EXPANDS: &str =
    "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations";

fn shown_properties(data: &IssueData, names: &[String]) -> Value {
    let all = names.iter().any(|name| name == "*all");
    let asked = data
        .properties
        .iter()
        .filter(|(key, _)| all || names.contains(key));
    asked
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn issue_fields(
    world: &World,
    site: &Site,
    data: &IssueData,
    fields: &Fields,
) -> Map<String, Value> {
    let mut shown = Map::new();
    let Some(home) = site.project_at(data.project) else {
        return shown;
    };
    let mut show = |name: &str, value: &dyn Fn() -> Value| {
        if fields.has(name) {
            shown.insert(name.to_owned(), value());
        }
    };
    let person = |id: Option<&str>| {
        let account = id.and_then(|id| world.account(id));
        account.map_or(Value::Null, |account| user(site, account))
    };
    let kind = home.issue_type(&data.issue_type);
    show("summary", &|| data.summary.as_str().into());
    show("description", &|| data.description.clone().into());
    show("issuetype", &|| {
        kind.map(|kind| issue_type(site, home, kind)).into()
    });
    show("project", &|| project_brief(site, home));
    show("priority", &|| priority_of(site, home, data).into());
    show("labels", &|| data.labels.as_slice().into());
    show("status", &|| {
        home.status(&data.status)
            .map(|it| status(site, home, it))
            .into()
    });
    show("creator", &|| person(Some(&data.creator)));
    show("reporter", &|| person(data.reporter.as_deref()));
    show("assignee", &|| person(data.assignee.as_deref()));
    show("created", &|| moment(data.created).into());
    show("updated", &|| moment(data.updated).into());
    show("duedate", &|| data.due_date.clone().into());
    show("resolution", &|| resolution(site, home, data));
    show("resolutiondate", &|| data.resolved_at.map(moment).into());
    show("statuscategorychangedate", &|| {
        moment(data.status_changed_at).into()
    });
    show("subtasks", &|| json!([]));
    if let Some(parent) = data.parent.and_then(|id| site.issue(id)) {
        show("parent", &|| parent_brief(site, parent));
    }
    for field in kind.into_iter().flat_map(|kind| home.fields_of(kind)) {
        show(&field.id, &|| data.custom.get(&field.id).cloned().into());
    }
    shown
}

fn priority_of(site: &Site, home: &Project, data: &IssueData) -> Option<Value> {
    let held = home.priority(data.priority.as_deref()?)?;
    Some(priority(site, held))
}

fn resolution(site: &Site, project: &Project, data: &IssueData) -> Value {
    if data.resolved_at.is_none() || project.style == Style::NextGen {
        return Value::Null;
    }
    json!({
        "self": format!("{}/rest/api/3/resolution/10000", site.url),
        "id": "10000",
        "description": "Work has been completed on this issue.",
        "name": "Done",
    })
}

fn parent_brief(site: &Site, parent: &Issue) -> Value {
    json!({
        "id": parent.id.to_string(),
        "key": site.key_of(&parent.data),
        "self": format!("{}/rest/api/3/issue/{}", site.url, parent.id),
        "fields": {"summary": parent.data.summary},
    })
}

/// Shows an account as other people see it, without its e-mail address.
pub(crate) fn user(site: &Site, account: &Account) -> Value {
    json!({
        "self": format!("{}/rest/api/3/user?accountId={}", site.url, account.id),
        "accountId": account.id,
        "accountType": "atlassian",
        "avatarUrls": avatars(site, "useravatar"),
        "displayName": account.name,
        "active": true,
        "timeZone": SITE_ZONE,
    })
}

fn avatars(site: &Site, path: &str) -> Value {
    let url = |size: u8| format!("{}/secure/{path}?size={size}", site.url);
    json!({"16x16": url(16), "24x24": url(24), "32x32": url(32), "48x48": url(48)})
}

/// Shows a project as it stands inside an issue.
pub(crate) fn project_brief(site: &Site, project: &Project) -> Value {
    json!({
        "self": format!("{}/rest/api/3/project/{}", site.url, project.id),
        "id": project.id.to_string(),
        "key": project.key,
        "name": project.name,
        "projectTypeKey": "software",
        "simplified": project.style == Style::NextGen,
        "avatarUrls": avatars(site, "projectavatar"),
    })
}

/// Shows a project as the project calls do.
pub(crate) fn project(site: &Site, project: &Project) -> Value {
    let mut shown = project_brief(site, project);
    let expands = "description,lead,issueTypes,url,projectKeys,permissions,insight";
    set(&mut shown, "expand", expands);
    set(&mut shown, "style", project.style.name());
    set(&mut shown, "isPrivate", false);
    set(&mut shown, "properties", json!({}));
    shown
}

/// Shows an issue type of a project.
pub(crate) fn issue_type(site: &Site, project: &Project, kind: &IssueType) -> Value {
    let mut shown = json!({
        "self": format!("{}/rest/api/3/issuetype/{}", site.url, kind.id),
        "id": kind.id,
        "description": "",
        "iconUrl": format!("{}/images/issuetypes/{}.svg", site.url, kind.id),
        "name": kind.name,
        "subtask": kind.is_subtask(),
        "hierarchyLevel": kind.level,
    });
    scope(project, &mut shown);
    shown
}

/// Marks what belongs to a team-managed project alone.
fn scope(project: &Project, shown: &mut Value) {
    if project.style == Style::NextGen {
        set(
            shown,
            "scope",
            json!({"type": "PROJECT", "project": {"id": project.id.to_string()}}),
        );
    }
}

pub(crate) fn priority(site: &Site, priority: &Priority) -> Value {
    json!({
        "self": format!("{}/rest/api/3/priority/{}", site.url, priority.id),
        "iconUrl": format!("{}/images/priorities/{}.svg", site.url, priority.id),
        "name": priority.name,
        "id": priority.id,
    })
}

pub(crate) fn status(site: &Site, project: &Project, status: &Status) -> Value {
    let mut shown = json!({
        "self": format!("{}/rest/api/3/status/{}", site.url, status.id),
        "description": "",
        "iconUrl": format!("{}/images/statuses/generic.png", site.url),
        "name": status.name,
        "id": status.id,
        "statusCategory": category(site, status.category),
    });
    scope(project, &mut shown);
    shown
}

fn category(site: &Site, category: Category) -> Value {
    json!({
        "self": format!("{}/rest/api/3/statuscategory/{}", site.url, category.id()),
        "id": category.id(),
        "key": category.key(),
        "colorName": category.color(),
        "name": category.name(),
    })
}

/// Shows the options of a select field.
pub(crate) fn option(site: &Site, id: &str, value: &str) -> Value {
    json!({
        "self": format!("{}/rest/api/3/customFieldOption/{id}", site.url),
        "value": value,
        "id": id,
    })
}

/// Shows what a custom field takes.
pub(crate) fn custom_schema(id: &str, kind: &FieldKind) -> Value {
    let (of, custom) = match kind {
        FieldKind::Text => ("string", "textfield"),
        FieldKind::Paragraph => ("string", "textarea"),
        FieldKind::Number => ("number", "float"),
        FieldKind::Select(_) => ("option", "select"),
    };
    let number = id
        .strip_prefix("customfield_")
        .and_then(|id| id.parse::<u64>().ok());
    json!({
        "type": of,
        "custom": format!("com.atlassian.jira.plugin.system.customfieldtypes:{custom}"),
        "customId": number.unwrap_or_default(),
    })
}
