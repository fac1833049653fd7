//! Control calls that interfere with projects and with many issues at once.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::kit::control::{ok, read, refused};
use crate::kit::http::{Answer, Answered, Request};
use crate::others::{Batch, seed_issues};
use crate::state::State;
use crate::world::{FieldSeed, Issue, Project, ProjectTemplate, Site, World};

use super::no_call;

/// Answers a call below `/sandbox/projects`.
pub(super) fn answer(state: &mut State, request: &Request, rest: &[&str]) -> Answered {
    match (request.method.as_str(), rest) {
        ("GET", []) => Ok(ok(&list(&state.world))),
        ("POST", []) => create(&mut state.world, request),
        ("GET", [key]) => shown(&mut state.world, key),
        ("POST", [key]) => change(&mut state.world, key, request),
        ("DELETE", [key]) => delete(&mut state.world, key),
        ("POST", [key, "seed"]) => seed(&mut state.world, state.timing.now(), key, request),
        ("POST", [key, "others"]) => others(state, key, request),
        ("POST", [key, "issues"]) => range(&mut state.world, key, request),
        ("POST", [key, "fields"]) => add_field(&mut state.world, key, request),
        _ => Err(no_call()),
    }
}

fn no_project() -> Answer {
    refused(404, "There is no such project.")
}

fn find<'a>(world: &'a mut World, key: &str) -> Result<(&'a mut Site, usize), Answer> {
    world.project_mut(key).ok_or_else(no_project)
}

fn show(site: &Site, project: &Project) -> Value {
    json!({
        "site": site.slug,
        "cloud_id": site.cloud_id,
        "id": project.id.to_string(),
        "key": project.key,
        "name": project.name,
        "former_keys": project.former_keys,
        "style": project.style.name(),
        "browse": project.can_browse,
        "create": project.can_create,
        "edit": project.can_edit,
        "transition": project.can_transition,
        "issues": project.numbers.len(),
        "last_number": project.last_number,
    })
}

fn list(world: &World) -> Value {
    let of_site = |site| Site::projects(site).map(move |project| show(site, project));
    let projects: Vec<_> = world.sites.iter().flat_map(of_site).collect();
    json!({"projects": projects})
}

fn shown(world: &mut World, key: &str) -> Answered {
    let (site, at) = find(world, key)?;
    let project = site.project_at(at).ok_or_else(no_project)?;
    Ok(ok(&show(site, project)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewProject {
    key: String,
    #[serde(default)]
    name: Option<String>,
    /// The site's slug; the first site where it is left out.
    #[serde(default)]
    site: Option<String>,
    #[serde(default)]
    template: ProjectTemplate,
}

fn create(world: &mut World, request: &Request) -> Answered {
    let new: NewProject = read(request)?;
    if world.site_of_project(&new.key).is_some() {
        return Err(refused(409, "There is a project of this key already."));
    }
    let mut sites = world.sites.iter_mut();
    let site = sites.find(|site| new.site.as_ref().is_none_or(|slug| *slug == site.slug));
    let site = site.ok_or_else(|| refused(422, "There is no such site."))?;
    let name = new.name.as_deref().unwrap_or(&new.key);
    let id = site.add_project(new.template.project(&new.key, name));
    let (_, project) = site.any_project(&id.to_string()).ok_or_else(no_project)?;
    Ok(Answer::json(201, &show(site, project)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectChange {
    /// Whether the caller may see the project and its issues.
    #[serde(default)]
    browse: Option<bool>,
    /// Whether the caller may create issues in it.
    #[serde(default)]
    create: Option<bool>,
    /// Whether the caller may edit its issues.
    #[serde(default)]
    edit: Option<bool>,
    /// Whether the caller may move its issues through their workflow.
    #[serde(default)]
    transition: Option<bool>,
    /// A new key; the old one goes on leading to the project.
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    name: Option<String>,
    /// Whether priority is on the create screen.
    #[serde(default)]
    priority_on_screen: Option<bool>,
}

fn change(world: &mut World, key: &str, request: &Request) -> Answered {
    let change: ProjectChange = read(request)?;
    let (site, at) = find(world, key)?;
    let taken = |key: &String| {
        let other = site.any_project(key);
        other.is_some_and(|(other, project)| other != at && project.key == *key)
    };
    if change.key.as_ref().is_some_and(taken) {
        return Err(refused(409, "There is a project of this key already."));
    }
    let project = site.all_projects.get_mut(at).ok_or_else(no_project)?;
    let rights = [
        (&mut project.can_browse, change.browse),
        (&mut project.can_create, change.create),
        (&mut project.can_edit, change.edit),
        (&mut project.can_transition, change.transition),
    ];
    for (held, wanted) in rights {
        *held = wanted.unwrap_or(*held);
    }
    if let Some(name) = change.name {
        project.name = name;
    }
    if let Some(on_screen) = change.priority_on_screen {
        project.priority_on_screen = on_screen;
    }
    if let Some(new) = change.key.filter(|new| *new != project.key) {
        project.rename_key(&new);
    }
    Ok(ok(&show(site, site.project_at(at).ok_or_else(no_project)?)))
}

fn delete(world: &mut World, key: &str) -> Answered {
    let actor = world.other_account();
    let (site, at) = find(world, key)?;
    site.delete_project(at, &actor);
    Ok(Answer::empty(204))
}

fn seed(world: &mut World, now: OffsetDateTime, key: &str, request: &Request) -> Answered {
    let batch: Batch = read(request)?;
    find(world, key)?;
    seed_issues(world, now, key, &batch).map_err(|text| refused(422, &text))?;
    shown(world, key)
}

fn others(state: &mut State, key: &str, request: &Request) -> Answered {
    let batch: Batch = read(request)?;
    find(&mut state.world, key)?;
    state
        .start_others(key, &batch)
        .map_err(|text| refused(422, &text))?;
    Ok(Answer::json(202, &json!(state.others)))
}

/// What to do with every issue whose number lies in a range.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    #[serde(default)]
    from: u64,
    #[serde(default = "u64_max")]
    to: u64,
    #[serde(rename = "do")]
    action: Action,
    /// The message of `issue_error`.
    #[serde(default)]
    message: Option<String>,
    /// The key of `drop_property`.
    #[serde(default)]
    property: Option<String>,
}

fn u64_max() -> u64 {
    u64::MAX
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Hide,
    Show,
    Delete,
    IssueError,
    NoIssueError,
    DropProperty,
}

fn range(world: &mut World, key: &str, request: &Request) -> Answered {
    let range: Range = read(request)?;
    let actor = world.other_account();
    let (site, at) = find(world, key)?;
    let project = site.project_at(at).ok_or_else(no_project)?;
    if range.from > range.to {
        return Err(refused(422, "'from' must not be greater than 'to'."));
    }
    let numbers = project.numbers.range(range.from..=range.to);
    let ids: Vec<_> = numbers.map(|(_, id)| *id).collect();
    for id in &ids {
        match range.action {
            Action::Delete => site.delete(*id, &actor),
            _ => {
                if let Some(issue) = site.issue_mut(*id) {
                    apply(issue, &range);
                }
            }
        }
    }
    Ok(ok(&json!({"issues": ids.len()})))
}

fn apply(issue: &mut Issue, range: &Range) {
    let error = || {
        range
            .message
            .as_deref()
            .unwrap_or("The issue cannot be read.")
    };
    match range.action {
        Action::Hide => issue.hidden = true,
        Action::Show => issue.hidden = false,
        Action::IssueError => issue.unreadable = Some(error().into()),
        Action::NoIssueError => issue.unreadable = None,
        Action::DropProperty => {
            let key = range.property.as_deref().unwrap_or_default();
            issue.data.properties.remove(key);
        }
        Action::Delete => {}
    }
}

fn add_field(world: &mut World, key: &str, request: &Request) -> Answered {
    let field: FieldSeed = read(request)?;
    let (site, at) = find(world, key)?;
    let next = site.next_field_number();
    let project = site.all_projects.get_mut(at).ok_or_else(no_project)?;
    let field = field.field(next);
    let shown = json!({"id": field.id, "name": field.name, "required": field.required});
    project.custom_fields.push(field);
    Ok(Answer::json(201, &shown))
}
