//! A scripted issue tracker that remembers what was created.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::json;

use super::clock::yield_now;
use crate::connection::model::TrackerSite;
use crate::connection::ports::SendDeadline;
use crate::delivery::model::{ClaimedDelivery, Fence, ProjectRef};
use crate::delivery::tracker::{
    AbsenceReport, Costed, CreateReport, FindReport, IssueStatus, IssueTracker, Mark,
    PreflightBatch, ProjectPage, ProjectQuery, TrackerError, TrackerIssueType, TrackerProject,
    Verdict,
};
use crate::shared::failure::{Failure, FailureKind};
use crate::shared::ids::{DeliveryId, TicketId};
use crate::ticket::model::ExternalIssue;

mod creating;
mod script;
mod sight;

pub use creating::{CreateScript, FakeCreate};
use script::Script;
use sight::Sight;

/// An issue that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeIssue {
    /// The mark it carries.
    pub mark: DeliveryId,
    /// The ticket it was made for.
    pub ticket_id: TicketId,
    /// Where it lives.
    pub external: ExternalIssue,
    /// What was sent.
    pub payload: String,
}

/// How often each question was asked, and what each create held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackerCalls {
    /// Pages of projects, and single projects.
    pub projects: u32,
    /// Lists of issue types.
    pub issue_types: u32,
    /// Preflights.
    pub preflight: u32,
    /// Fences.
    pub fence: u32,
    /// The number of elements of each create, in order.
    pub creates: Vec<usize>,
    /// The number of ids of each question for statuses, in order.
    pub statuses: Vec<usize>,
    /// The number of marks of each look for presence, in order.
    pub finds: Vec<usize>,
    /// The number of marks of each look for a proof of absence, in order.
    pub proofs: Vec<usize>,
}

/// Answers as it was told, and otherwise as a tracker where all is well: one project `ENG`, one type `Task`, and every
/// create succeeds. Issues have numbers; looks read the range of numbers beyond the fence as far as it has no wide gap, and a
/// search whose index may lag.
#[derive(Debug)]
pub struct FakeTracker {
    state: Mutex<Script>,
}

impl Default for FakeTracker {
    fn default() -> Self {
        let task = TrackerIssueType {
            id: "10001".to_owned(),
            name: "Task".to_owned(),
            hierarchy_level: 0,
            required_fields: Vec::new(),
            priorities: Vec::new(),
        };
        let script = Script {
            calls: TrackerCalls::default(),
            failures: VecDeque::new(),
            projects: vec![Self::project("10000", "ENG")],
            page_size: 50,
            issue_types: vec![task],
            verdicts: BTreeMap::new(),
            fence: None,
            creates: VecDeque::new(),
            issues: Vec::new(),
            statuses: BTreeMap::new(),
            question_cost: 0,
            sight: Sight::default(),
        };
        Self {
            state: Mutex::new(script),
        }
    }
}

impl FakeTracker {
    /// A company-managed project in which the account may create issues.
    #[must_use]
    pub fn project(id: &str, key: &str) -> TrackerProject {
        TrackerProject {
            id: id.to_owned(),
            key: key.to_owned(),
            name: format!("Project {key}"),
            style: "classic".to_owned(),
            can_create: true,
            avatar_url: None,
        }
    }

    /// Lets the next question (not the next create) fail.
    pub fn fail_next(&self, error: TrackerError) {
        self.script().failures.push_back(error);
    }

    /// Replaces the projects, listed in pages of the given size.
    pub fn set_projects(&self, projects: Vec<TrackerProject>, page_size: usize) {
        let mut script = self.script();
        script.projects = projects;
        script.page_size = page_size.max(1);
    }

    /// Replaces the issue types of every project.
    pub fn set_issue_types(&self, issue_types: Vec<TrackerIssueType>) {
        self.script().issue_types = issue_types;
    }

    /// Says what the preflight thinks of tickets with this title.
    pub fn set_verdict(&self, title: impl Into<String>, verdict: Verdict) {
        self.script().verdicts.insert(title.into(), verdict);
    }

    /// Says which fence is given; without it the number of issues made.
    pub fn set_fence(&self, fence: impl Into<String>) {
        self.script().fence = Some(Fence(fence.into()));
    }

    /// Says what each question of a preflight costs.
    pub fn set_question_cost(&self, quota_points: i64) {
        self.script().question_cost = quota_points;
    }

    /// Says what is answered for the issue with this id; without it, an issue made here is open and another missing.
    pub fn set_status(&self, external_id: impl Into<String>, status: IssueStatus) {
        self.script().statuses.insert(external_id.into(), status);
    }

    /// The issues made, in order.
    #[must_use]
    pub fn issues(&self) -> Vec<FakeIssue> {
        self.script().issues.clone()
    }

    /// How many issues carry a mark that an earlier one carries.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        let script = self.script();
        let marks: HashSet<DeliveryId> = script.issues.iter().map(|issue| issue.mark).collect();
        script.issues.len() - marks.len()
    }

    /// What was asked so far.
    #[must_use]
    pub fn calls(&self) -> TrackerCalls {
        self.script().calls.clone()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn asked(&self) -> Result<MutexGuard<'_, Script>, TrackerError> {
        yield_now().await;
        let mut script = self.script();
        match script.failures.pop_front() {
            Some(error) => Err(error),
            None => Ok(script),
        }
    }
}

#[async_trait]
impl IssueTracker for FakeTracker {
    async fn projects(
        &self,
        _site: &TrackerSite,
        query: &ProjectQuery,
    ) -> Result<Costed<ProjectPage>, TrackerError> {
        let mut script = self.asked().await?;
        script.calls.projects += 1;
        Ok(script.costed(script.page(query)))
    }

    async fn project(
        &self,
        _site: &TrackerSite,
        key: &str,
    ) -> Result<Costed<TrackerProject>, TrackerError> {
        let mut script = self.asked().await?;
        script.calls.projects += 1;
        Ok(script.costed(script.find_project(key)?))
    }

    async fn issue_types(
        &self,
        _site: &TrackerSite,
        project_key: &str,
    ) -> Result<Vec<TrackerIssueType>, TrackerError> {
        let mut script = self.asked().await?;
        script.calls.issue_types += 1;
        script
            .find_project(project_key)
            .map(|_| script.issue_types.clone())
    }

    async fn preflight(
        &self,
        _site: &TrackerSite,
        batch: &PreflightBatch,
    ) -> Result<Costed<Vec<Verdict>>, TrackerError> {
        let mut script = self.asked().await?;
        script.calls.preflight += 1;
        let verdicts = batch.tickets.iter().map(|ticket| {
            script
                .verdicts
                .get(&ticket.content.title)
                .cloned()
                .unwrap_or_else(|| {
                    let element = json!({
                        "project": batch.project.id,
                        "summary": ticket.content.title,
                        "mark": ticket.delivery_id,
                    });
                    Verdict {
                        payload: element.to_string(),
                        warnings: Vec::new(),
                        refusal: None,
                    }
                })
        });
        Ok(script.costed(verdicts.collect()))
    }

    async fn fence(
        &self,
        _site: &TrackerSite,
        _project: &ProjectRef,
    ) -> Result<Costed<Fence>, TrackerError> {
        let mut script = self.asked().await?;
        script.calls.fence += 1;
        Ok(script.costed(script.present_fence()))
    }

    async fn create(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        _deadline: SendDeadline,
    ) -> CreateReport {
        yield_now().await;
        let plan = self.script().creates.pop_front().unwrap_or_default();
        self.create_now(site, deliveries, plan)
    }

    async fn statuses(
        &self,
        _site: &TrackerSite,
        ids: &[String],
    ) -> Result<Vec<IssueStatus>, TrackerError> {
        let mut script = self.asked().await?;
        script.calls.statuses.push(ids.len());
        Ok(ids.iter().map(|id| script.status(id)).collect())
    }

    async fn find(&self, site: &TrackerSite, _project: &ProjectRef, marks: &[Mark]) -> FindReport {
        let mut script = match self.asked().await {
            Ok(script) => script,
            Err(error) => return FindReport::failed(error),
        };
        script.calls.finds.push(marks.len());
        let breaks_off = std::mem::take(&mut script.sight.breaks_off);
        let broken = || Failure::new(FailureKind::Unavailable, "no answer").into();
        FindReport {
            matches: script.look(site, marks).matches,
            gap: script.sight.gap.clone(),
            failure: breaks_off.then(broken),
            quota_points: script.sight.cost,
        }
    }

    async fn prove_absent(
        &self,
        site: &TrackerSite,
        _project: &ProjectRef,
        marks: &[Mark],
    ) -> AbsenceReport {
        let mut script = match self.asked().await {
            Ok(script) => script,
            Err(error) => return AbsenceReport::failed(error),
        };
        script.calls.proofs.push(marks.len());
        let look = script.look(site, marks);
        let verdict = script.sight.verdicts.pop_front();
        AbsenceReport {
            matches: look.matches,
            verdict: verdict.unwrap_or(look.verdict),
            strays: script.sight.strays.clone(),
            lagging: script.sight.lagging_marks(marks),
            ceiling: script.sight.ceiling.clone(),
            failure: None,
            quota_points: script.sight.cost,
        }
    }

    async fn issue(
        &self,
        site: &TrackerSite,
        key: &str,
    ) -> Result<Option<ExternalIssue>, TrackerError> {
        let script = self.asked().await?;
        Ok(script.visible(site).find(|issue| issue.key == key).cloned())
    }
}
