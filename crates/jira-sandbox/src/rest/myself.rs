//! Who asks, of which server, and what they may do.

use serde_json::{Map, Value, json};

use crate::errors::{jira_error, no_project};
use crate::gateway::Call;
use crate::json::set;
use crate::kit::http::{Answer, Answered};
use crate::switches::{EmailShown, ReadSwitches};
use crate::world::{Project, SITE_ZONE, Site, World};

use super::{render, visible};

/// The permissions the sandbox knows: key, id, name.
const PERMISSIONS: &[(&str, &str, &str)] = &[
    ("BROWSE_PROJECTS", "10", "Browse Projects"),
    ("CREATE_ISSUES", "11", "Create Issues"),
    ("EDIT_ISSUES", "12", "Edit Issues"),
    ("ASSIGN_ISSUES", "13", "Assign Issues"),
    ("TRANSITION_ISSUES", "46", "Transition Issues"),
    ("DELETE_ISSUES", "16", "Delete Issues"),
    ("ADMINISTER_PROJECTS", "23", "Administer Projects"),
];

pub(super) fn myself(world: &World, switches: &ReadSwitches, call: &Call<'_>) -> Answered {
    let site = call.site(world)?;
    let account = world.account(&call.account);
    let account = account.ok_or_else(|| jira_error(404, "No such user."))?;
    let mut shown = render::user(site, account);
    match switches.email {
        EmailShown::Shown => set(&mut shown, "emailAddress", account.email.as_str()),
        EmailShown::AsNull => set(&mut shown, "emailAddress", Value::Null),
        EmailShown::Absent => {}
    }
    set(&mut shown, "locale", switches.language.locale());
    set(&mut shown, "groups", json!({"size": 1, "items": []}));
    set(
        &mut shown,
        "applicationRoles",
        json!({"size": 1, "items": []}),
    );
    set(&mut shown, "expand", "groups,applicationRoles");
    Ok(Answer::json(200, &shown).costing(2))
}

pub(super) fn server_info(site: &Site, call: &Call<'_>) -> Answer {
    let info = json!({
        "baseUrl": site.url,
        "displayUrl": site.url,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100_000,
        "serverTime": render::moment(call.now),
        "serverTimeZone": SITE_ZONE,
        "serverTitle": "Jira",
    });
    Answer::json(200, &info)
}

pub(super) fn permissions(site: &Site, call: &Call<'_>) -> Answered {
    let wanted = call.request.query_list("permissions");
    if wanted.is_empty() {
        return Err(jira_error(
            400,
            "The 'permissions' query parameter is required.",
        ));
    }
    let projects = asked_about(site, call)?;
    let mut shown = Map::new();
    for key in wanted {
        let Some((key, id, name)) = PERMISSIONS.iter().find(|(known, ..)| *known == key) else {
            return Err(jira_error(400, &format!("Unrecognized permission: {key}")));
        };
        let held = match *key {
            _ if call.is_anonymous() => false,
            "CREATE_ISSUES" => projects.iter().any(|project| project.can_create),
            "EDIT_ISSUES" | "ASSIGN_ISSUES" => projects.iter().any(|project| project.can_edit),
            "TRANSITION_ISSUES" => projects.iter().any(|project| project.can_transition),
            "ADMINISTER_PROJECTS" | "DELETE_ISSUES" => false,
            _ => true,
        };
        let permission = json!({
            "id": id, "key": key, "name": name, "type": "PROJECT", "description": "",
            "havePermission": held,
        });
        shown.insert((*key).to_owned(), permission);
    }
    let body = Value::from(Map::from_iter([("permissions".to_owned(), shown.into())]));
    Ok(Answer::json(200, &body).costing(2))
}

/// Gives the projects that are asked about: one, an issue's, or every one.
fn asked_about<'a>(site: &'a Site, call: &Call<'_>) -> Result<Vec<&'a Project>, Answer> {
    let query = |name| call.request.query(name);
    if let Some(project) = query("projectId").or_else(|| query("projectKey")) {
        let found = site.project(project);
        let (_, found) = found.ok_or_else(|| jira_error(404, &no_project(project)))?;
        return Ok(vec![found]);
    }
    if let Some(issue) = query("issueId").or_else(|| query("issueKey")) {
        let found = visible(site, issue)?;
        return Ok(site.project_at(found.data.project).into_iter().collect());
    }
    Ok(site.browsable().collect())
}
