//! What the tracker was told, and what was created.

use std::collections::{BTreeMap, VecDeque};

use super::sight::Sight;
use super::{CreateScript, FakeIssue, TrackerCalls};
use crate::connection::model::TrackerSite;
use crate::delivery::model::{ClaimedDelivery, Fence};
use crate::delivery::tracker::{
    Costed, IssueStatus, ProjectPage, ProjectQuery, TrackerError, TrackerIssueType, TrackerProject,
    Verdict,
};
use crate::ticket::model::{ExternalIssue, SyncedStatus};

#[derive(Debug)]
pub(super) struct Script {
    pub(super) calls: TrackerCalls,
    pub(super) failures: VecDeque<TrackerError>,
    pub(super) projects: Vec<TrackerProject>,
    pub(super) page_size: usize,
    pub(super) issue_types: Vec<TrackerIssueType>,
    pub(super) verdicts: BTreeMap<String, Verdict>,
    pub(super) fence: Option<Fence>,
    pub(super) creates: VecDeque<CreateScript>,
    pub(super) issues: Vec<FakeIssue>,
    pub(super) statuses: BTreeMap<String, IssueStatus>,
    pub(super) question_cost: i64,
    pub(super) sight: Sight,
}

impl Script {
    pub(super) fn costed<T>(&self, value: T) -> Costed<T> {
        Costed {
            value,
            quota_points: self.question_cost,
        }
    }

    pub(super) fn find_project(&self, key: &str) -> Result<TrackerProject, TrackerError> {
        let found = self.projects.iter().find(|project| project.key == key);
        found.cloned().ok_or(TrackerError::ProjectNotFound)
    }

    pub(super) fn page(&self, query: &ProjectQuery) -> ProjectPage {
        let text = query.text.as_deref().unwrap_or_default().to_lowercase();
        let is_asked = |project: &&TrackerProject| {
            let names = format!("{}\n{}", project.key, project.name).to_lowercase();
            (project.can_create || !query.can_create) && names.contains(&text)
        };
        let start = query
            .cursor
            .as_deref()
            .and_then(|cursor| cursor.parse().ok())
            .unwrap_or(0);
        let mut found = self.projects.iter().filter(is_asked).skip(start);
        let projects = found.by_ref().take(self.page_size).cloned().collect();
        let next_cursor = found.next().map(|_| (start + self.page_size).to_string());
        ProjectPage {
            projects,
            next_cursor,
        }
    }

    pub(super) fn make_issue(
        &mut self,
        site: &TrackerSite,
        delivery: &ClaimedDelivery,
    ) -> ExternalIssue {
        let external = self.sight.next_issue(&site.cloud_id, &site.site_url);
        if self.sight.is_lagging {
            self.sight.unindexed.insert(external.key.clone());
        }
        self.issues.push(FakeIssue {
            mark: delivery.id,
            ticket_id: delivery.ticket_id,
            external: external.clone(),
            payload: delivery.payload.clone(),
        });
        external
    }

    pub(super) fn status(&self, id: &str) -> IssueStatus {
        if let Some(status) = self.statuses.get(id) {
            return status.clone();
        }
        match self.issues.iter().find(|issue| issue.external.id == id) {
            Some(issue) => IssueStatus::Seen {
                status: SyncedStatus::Open,
                external_status: "To Do".to_owned(),
                external: issue.external.clone(),
                marked_ticket: None,
            },
            None => IssueStatus::Missing,
        }
    }
}
