//! Looking for issues by their marks.

use handoff_domain::connection::model::TrackerSite;
use handoff_domain::delivery::model::ProjectRef;
use handoff_domain::delivery::tracker::{FindReport, Mark, TrackerError};
use handoff_domain::ticket::model::ExternalIssue;
use jira_client::{Error, FetchOptions, Jira};

use super::create::external_issue;
use super::errors::tracker_error;
use super::look::Look;

/// The most keys that one look reads; the search finds what lies farther, and reading costs a point an issue.
const LIMIT: u64 = 1_000;

/// The issues that carry the marks, and what may have gone unseen.
pub(super) async fn find(
    jira: &Jira,
    site: &TrackerSite,
    project: &ProjectRef,
    marks: &[Mark],
) -> FindReport {
    if marks.is_empty() {
        return FindReport::default();
    }
    let mut look = Look::new(jira, site, project, marks, LIMIT);
    let looked = look_at(&mut look).await;
    FindReport {
        gap: look.gap(),
        failure: looked.err().map(project_error),
        quota_points: look.points,
        matches: look.into_matches(),
    }
}

async fn look_at(look: &mut Look<'_>) -> Result<(), Error> {
    look.learn_key().await?;
    let range = look.read_range().await;
    // The one sees what the other does not, also while that one fails.
    look.search_own().await?;
    range?;
    look.read_range().await
}

/// What the failure of a question about a project means; 404 stands for gone and for hidden.
pub(super) fn project_error(error: Error) -> TrackerError {
    if error.is_not_found() {
        TrackerError::ProjectNotFound
    } else {
        tracker_error(error)
    }
}

/// The issue with this key as the account sees it.
pub(super) async fn issue(
    jira: &Jira,
    site: &TrackerSite,
    key: &str,
) -> Result<Option<ExternalIssue>, TrackerError> {
    match jira.issue(key, &FetchOptions::fields(["project"])).await {
        Ok(issue) => Ok(Some(external_issue(site, &issue.id, &issue.key))),
        // An odd key is refused before it is looked for.
        Err(Error::InvalidArgument { .. }) => Ok(None),
        Err(error) if matches!(error.status(), Some(400 | 404)) => Ok(None),
        Err(error) => Err(tracker_error(error)),
    }
}
