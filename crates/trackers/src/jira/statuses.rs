//! Reading the status of issues.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::delivery::tracker::{IssueStatus, TrackerError};
use handoff_domain::ticket::model::{PushError, PushErrorCode, SyncedStatus};
use jira_client::{FetchOptions, Issue, Jira, StatusCategoryKey};

use super::DELIVERY_PROPERTY;
use super::create::external_issue;
use super::errors::tracker_error;
use super::marks::marked_ticket;

/// One status an id; an issue that the bulk answer does not name is asked for once by itself.
pub(super) async fn read(
    jira: &Jira,
    site: &TrackerSite,
    ids: &[String],
) -> Result<Vec<IssueStatus>, TrackerError> {
    // A property costs nothing more, and a first sync checks by it that issue and ticket belong together.
    let options = FetchOptions::fields(["summary", "status", "priority", "labels"])
        .with_property(DELIVERY_PROPERTY);
    let fetched = jira
        .bulk_fetch(ids, &options)
        .await
        .map_err(tracker_error)?;
    let failed: HashSet<&str> = fetched
        .errors
        .iter()
        .map(|error| error.id.as_str())
        .collect();
    let mut seen: HashMap<&str, IssueStatus> = fetched
        .issues
        .iter()
        .map(|issue| (issue.id.as_str(), status_of(site, issue)))
        .collect();
    let alone = ids.iter().filter(|id| !seen.contains_key(id.as_str()));
    let alone: Vec<&String> = alone.filter(|id| !failed.contains(id.as_str())).collect();
    let answers = join_all(alone.iter().map(|id| read_one(jira, site, id, &options))).await;
    seen.extend(alone.iter().map(|id| id.as_str()).zip(answers));
    Ok(ids
        .iter()
        .map(|id| seen.remove(id.as_str()).unwrap_or_else(unknown))
        .collect())
}

async fn read_one(
    jira: &Jira,
    site: &TrackerSite,
    id: &str,
    options: &FetchOptions,
) -> IssueStatus {
    match jira.issue(id, options).await {
        Ok(issue) => status_of(site, &issue),
        Err(error) if error.is_not_found() => IssueStatus::Missing,
        Err(error) => {
            tracing::warn!(%error, "an issue could not be asked for by itself");
            unknown()
        }
    }
}

fn status_of(site: &TrackerSite, issue: &Issue) -> IssueStatus {
    let Some(status) = &issue.fields.status else {
        return unknown();
    };
    IssueStatus::Seen {
        status: synced_status(&status.category.key),
        external_status: status.name.clone(),
        external: external_issue(site, &issue.id, &issue.key),
        marked_ticket: marked_ticket(issue).and_then(|id| id.parse().ok()),
    }
}

/// Only the category counts: names are renamed, translated and differ by project.
const fn synced_status(category: &StatusCategoryKey) -> SyncedStatus {
    match category {
        StatusCategoryKey::Indeterminate => SyncedStatus::InProgress,
        StatusCategoryKey::Done => SyncedStatus::Done,
        _ => SyncedStatus::Open,
    }
}

fn unknown() -> IssueStatus {
    let message = "Jira could not tell the status of the issue; the last known one is kept";
    IssueStatus::Failed(PushError::new(PushErrorCode::TrackerUnavailable, message))
}
