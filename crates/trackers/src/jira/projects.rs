//! Projects as the domain lists them.

use std::collections::HashSet;

use handoff_domain::delivery::tracker::{
    Costed, ProjectPage, ProjectQuery, TrackerError, TrackerProject,
};
use jira_client::{Jira, Project, ProjectAction};

use super::cost;
use super::errors::tracker_error;

/// How many projects a page has; also the most ids that Jira takes as a filter.
const PAGE: u32 = 50;

/// One page of projects; the cursor is Jira's offset.
pub(super) async fn page(
    jira: &Jira,
    query: &ProjectQuery,
) -> Result<Costed<ProjectPage>, TrackerError> {
    let start_at = match &query.cursor {
        Some(cursor) => cursor.parse().map_err(|_| TrackerError::InvalidCursor)?,
        None => 0,
    };
    let action = if query.can_create {
        ProjectAction::Create
    } else {
        ProjectAction::View
    };
    let wanted = jira_client::ProjectQuery {
        query: query.text.clone(),
        action,
        start_at,
        page_size: PAGE,
        ..jira_client::ProjectQuery::default()
    };
    let found = jira.projects(&wanted).await.map_err(tracker_error)?;
    let mut quota_points = cost::of_objects(found.values.len());
    let next_cursor = found.next_start().map(|next| next.to_string());
    let creatable = match query.can_create {
        true => found
            .values
            .iter()
            .map(|project| project.id.clone())
            .collect(),
        false => creatable(jira, &found.values, &mut quota_points).await?,
    };
    let projects = found.values.into_iter().map(|project| {
        let can_create = creatable.contains(&project.id);
        tracker_project(project, can_create)
    });
    Ok(Costed {
        value: ProjectPage {
            projects: projects.collect(),
            next_cursor,
        },
        quota_points,
    })
}

/// Which of these projects the account may create issues in.
async fn creatable(
    jira: &Jira,
    projects: &[Project],
    quota_points: &mut i64,
) -> Result<HashSet<String>, TrackerError> {
    if projects.is_empty() {
        return Ok(HashSet::new());
    }
    let query = jira_client::ProjectQuery {
        action: ProjectAction::Create,
        ids: projects.iter().map(|project| project.id.clone()).collect(),
        page_size: PAGE,
        ..jira_client::ProjectQuery::default()
    };
    let found = jira.projects(&query).await.map_err(tracker_error)?;
    *quota_points += cost::of_objects(found.values.len());
    Ok(found.values.into_iter().map(|project| project.id).collect())
}

/// The project with this key; whether issues may be created in it is asked along.
pub(super) async fn by_key(jira: &Jira, key: &str) -> Result<Costed<TrackerProject>, TrackerError> {
    let query = jira_client::ProjectQuery {
        action: ProjectAction::Create,
        keys: vec![key.to_owned()],
        page_size: PAGE,
        ..jira_client::ProjectQuery::default()
    };
    let mut quota_points = match jira.projects(&query).await {
        Ok(page) => {
            let quota_points = cost::of_objects(page.values.len());
            if let Some(project) = page.values.into_iter().find(|project| project.key == key) {
                return Ok(Costed {
                    value: tracker_project(project, true),
                    quota_points,
                });
            }
            quota_points
        }
        Err(error) if matches!(error.status(), Some(400 | 404)) => cost::of_failure(&error),
        Err(error) => return Err(tracker_error(error)),
    };
    match jira.project(key).await {
        Ok(project) => {
            // A key of former days leads to a project that the first question did not find.
            quota_points += cost::of_objects(1);
            let one = std::slice::from_ref(&project);
            let found = creatable(jira, one, &mut quota_points).await?;
            let can_create = found.contains(&project.id);
            Ok(Costed {
                value: tracker_project(project, can_create),
                quota_points,
            })
        }
        // An odd key is refused before it is looked for.
        Err(jira_client::Error::InvalidArgument { .. }) => Err(TrackerError::ProjectNotFound),
        Err(error) if error.is_not_found() => Err(TrackerError::ProjectNotFound),
        Err(error) => Err(tracker_error(error)),
    }
}

fn tracker_project(project: Project, can_create: bool) -> TrackerProject {
    let style = project.style.clone().unwrap_or_else(|| {
        if project.is_team_managed() {
            "next-gen"
        } else {
            "classic"
        }
        .to_owned()
    });
    let avatar_url = project.avatar_url().map(str::to_owned);
    TrackerProject {
        id: project.id,
        key: project.key,
        name: project.name,
        style,
        can_create,
        avatar_url,
    }
}
