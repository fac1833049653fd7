//! What a project takes: issue types and their fields, asked once and kept ten minutes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use handoff_domain::connection::model::TrackerSite;
use handoff_domain::delivery::tracker::{Costed, TrackerError};
use handoff_domain::shared::clock::Clock;
use jira_client::{FieldMeta, IssueTypeMeta, Jira};

use super::cost;
use super::errors::tracker_error;

/// How long a project's answer is kept.
const KEEP: Duration = Duration::from_secs(600);

/// Names a project as one account sees it.
type Key = (TrackerSite, String);

/// The answers of createmeta.
pub(super) struct MetaCache {
    clock: Arc<dyn Clock>,
    projects: Mutex<HashMap<Key, (Duration, Arc<ProjectMeta>)>>,
}

/// The issue types of a project without sub-tasks, and the fields of those that were asked for.
pub(super) struct ProjectMeta {
    project_id: String,
    pub(super) types: Vec<IssueTypeMeta>,
    fields: Mutex<HashMap<String, Arc<Vec<FieldMeta>>>>,
}

impl MetaCache {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            projects: Mutex::default(),
        }
    }

    /// The issue types of a project.
    pub(super) async fn project(
        &self,
        jira: &Jira,
        site: &TrackerSite,
        project_id: &str,
    ) -> Result<Costed<Arc<ProjectMeta>>, TrackerError> {
        let key = (site.clone(), project_id.to_owned());
        if let Some(meta) = self.kept(&key) {
            return Ok(kept(meta));
        }
        let types = jira
            .create_meta_issue_types(project_id)
            .await
            .map_err(|error| {
                if error.is_not_found() {
                    TrackerError::PermissionDenied
                } else {
                    tracker_error(error)
                }
            })?;
        let meta = Arc::new(ProjectMeta {
            project_id: project_id.to_owned(),
            types: types
                .into_iter()
                .filter(|issue_type| !issue_type.subtask)
                .collect(),
            fields: Mutex::default(),
        });
        let now = self.clock.monotonic();
        let mut projects = lock(&self.projects);
        projects.retain(|_, (since, _)| now.saturating_sub(*since) < KEEP);
        projects.insert(key, (now, Arc::clone(&meta)));
        Ok(asked(meta))
    }

    fn kept(&self, key: &Key) -> Option<Arc<ProjectMeta>> {
        let now = self.clock.monotonic();
        let projects = lock(&self.projects);
        let found = projects
            .get(key)
            .filter(|(since, _)| now.saturating_sub(*since) < KEEP);
        found.map(|(_, meta)| Arc::clone(meta))
    }
}

impl ProjectMeta {
    /// The fields on the create screen of a type.
    pub(super) async fn fields(
        &self,
        jira: &Jira,
        type_id: &str,
    ) -> Result<Costed<Arc<Vec<FieldMeta>>>, TrackerError> {
        if let Some(fields) = lock(&self.fields).get(type_id) {
            return Ok(kept(Arc::clone(fields)));
        }
        let fields = jira.create_meta_fields(&self.project_id, type_id).await;
        let fields = Arc::new(fields.map_err(tracker_error)?);
        lock(&self.fields).insert(type_id.to_owned(), Arc::clone(&fields));
        Ok(asked(fields))
    }
}

/// An answer that was there already.
const fn kept<T>(value: T) -> Costed<T> {
    Costed {
        value,
        quota_points: 0,
    }
}

/// An answer that was asked for.
fn asked<T>(value: T) -> Costed<T> {
    Costed {
        value,
        quota_points: cost::of_objects(1),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
