//! The port to an issue tracker.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};
use thiserror::Error;

use super::model::{ClaimedDelivery, Fence, PauseScope, ProjectRef, Warning};
use crate::connection::model::TrackerSite;
use crate::connection::ports::{AccessTokenError, SendDeadline};
use crate::shared::failure::Failure;
use crate::shared::ids::{DeliveryId, TicketId};
use crate::ticket::model::{ExternalIssue, PushError, SyncedStatus, TicketContent};

mod reports;

pub use reports::{
    Absence, AbsenceReport, Costed, CreateOutcome, CreateReport, FindReport, Mark, MarkedIssue,
    PauseRequest, StrayMark,
};

/// A project of a tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackerProject {
    /// The immutable id.
    pub id: String,
    /// The key that people use.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The tracker's word for its kind: Jira's `classic` or `next-gen`.
    pub style: String,
    /// Whether the account may create issues in it.
    pub can_create: bool,
    /// A picture, if there is one.
    pub avatar_url: Option<String>,
}

/// Which projects are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectQuery {
    /// Matches key or name.
    pub text: Option<String>,
    /// Only those in which the account may create issues.
    pub can_create: bool,
    /// Where the page begins, as a former page told.
    pub cursor: Option<String>,
}

/// One part of the list of projects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectPage {
    /// The projects.
    pub projects: Vec<TrackerProject>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// A field that must be filled for an issue to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredField {
    /// The field's id, such as `customfield_10010`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether Handoff fills it from the ticket.
    pub supplied_by_us: bool,
}

/// A priority that a project offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackerPriority {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A type of issue that a project offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackerIssueType {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// 1 for epics, 0 for ordinary types, -1 for sub-tasks.
    pub hierarchy_level: i32,
    /// What must be filled.
    pub required_fields: Vec<RequiredField>,
    /// The priorities on its create screen, from most to least urgent; empty without that field.
    pub priorities: Vec<TrackerPriority>,
}

/// A ticket to be looked at before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreflightTicket {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The mark that the issue will carry.
    pub delivery_id: DeliveryId,
    /// What it says.
    pub content: TicketContent,
    /// What it is part of, as people call it.
    pub parent: Option<String>,
    /// What must be there first, as people call it.
    pub depends_on: Vec<String>,
}

/// The tickets of one push.
#[derive(Clone, Debug, PartialEq)]
pub struct PreflightBatch {
    /// Where they go.
    pub project: ProjectRef,
    /// The issue type for all of them, by id or name, when the caller named one.
    pub issue_type: Option<String>,
    /// Further fields in the tracker's own JSON.
    pub fields: Map<String, Value>,
    /// The title of the document, named at the end of each description.
    pub document_title: String,
    /// The tickets.
    pub tickets: Vec<PreflightTicket>,
}

/// What the preflight says of one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The tracker's request element as JSON text: what would be, and will be, sent.
    pub payload: String,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// Why it cannot succeed, if it cannot.
    pub refusal: Option<PushError>,
}

/// Something wrong with the caller's `fields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a tracker did not answer a question.
#[derive(Debug, Error)]
pub enum TrackerError {
    /// The workspace has no active integration with this site and account.
    #[error("the workspace is not connected to this site")]
    NotConnected,
    /// A person must connect again.
    #[error("the tracker must be connected again")]
    ReconnectRequired,
    /// The grant lacks a scope.
    #[error("the grant lacks a scope")]
    MissingScope,
    /// The app's secret is refused or missing; an operator's fault.
    #[error("the tracker app is misconfigured")]
    AppMisconfigured,
    /// The account may not do this.
    #[error("the account may not do this")]
    PermissionDenied,
    /// There is no such project, or the account cannot see it.
    #[error("there is no such project")]
    ProjectNotFound,
    /// The project has no such issue type.
    #[error("the project has no such issue type")]
    IssueTypeNotFound {
        /// The names it has.
        available: Vec<String>,
    },
    /// The cursor is none that a former page gave.
    #[error("the cursor is none of a former page")]
    InvalidCursor,
    /// The caller's `fields` do not fit the project.
    #[error("the fields do not fit the project")]
    InvalidFields(Vec<FieldProblem>),
    /// An hourly quota is spent: the tracker refuses everything that the app asks, of this site or of any.
    #[error("the tracker asks for a pause ({reason})")]
    QuotaSpent {
        /// Whether it is the app's quota for all sites together.
        is_of_app: bool,
        /// How long the tracker asked to wait.
        wait: Duration,
        /// The tracker's own reason.
        reason: String,
    },
    /// The tracker gave no usable answer.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl TrackerError {
    /// How long the tracker asked to wait before it is asked again.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::QuotaSpent { wait, .. } => Some(*wait),
            Self::Failure(failure) => failure.retry_after(),
            _ => None,
        }
    }

    /// What every process should pause, when a question about this site was answered so.
    #[must_use]
    pub fn pause(&self, site_id: &str) -> Option<PauseRequest> {
        let Self::QuotaSpent {
            is_of_app,
            wait,
            reason,
        } = self
        else {
            return None;
        };
        let scope = match is_of_app {
            true => PauseScope::App,
            false => PauseScope::Site(site_id.to_owned()),
        };
        Some(PauseRequest {
            scope,
            wait: *wait,
            reason: reason.clone(),
        })
    }
}

impl From<AccessTokenError> for TrackerError {
    fn from(error: AccessTokenError) -> Self {
        match error {
            AccessTokenError::NotConnected => Self::NotConnected,
            AccessTokenError::ReconnectRequired => Self::ReconnectRequired,
            AccessTokenError::AppMisconfigured => Self::AppMisconfigured,
            AccessTokenError::Failure(failure) => Self::Failure(failure),
        }
    }
}

/// What a tracker says of one issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueStatus {
    /// It was seen.
    Seen {
        /// Its status in our words: open, in_progress or done.
        status: SyncedStatus,
        /// Its status in the tracker's words.
        external_status: String,
        /// Its present key and address.
        external: ExternalIssue,
        /// The ticket that its mark names, if the mark could be read.
        marked_ticket: Option<TicketId>,
    },
    /// It is gone or hidden.
    Missing,
    /// It could not be asked for.
    Failed(PushError),
}

/// An issue tracker; one adapter a platform.
#[async_trait]
pub trait IssueTracker: Send + Sync + 'static {
    /// One page of projects.
    async fn projects(
        &self,
        site: &TrackerSite,
        query: &ProjectQuery,
    ) -> Result<Costed<ProjectPage>, TrackerError>;

    /// The project with this key, as the account sees it.
    async fn project(
        &self,
        site: &TrackerSite,
        key: &str,
    ) -> Result<Costed<TrackerProject>, TrackerError>;

    /// The issue types of a project, sub-tasks left out.
    async fn issue_types(
        &self,
        site: &TrackerSite,
        project_key: &str,
    ) -> Result<Vec<TrackerIssueType>, TrackerError>;

    /// Decides for each ticket whether it can succeed, and freezes what would be sent. One verdict a ticket, aligned.
    async fn preflight(
        &self,
        site: &TrackerSite,
        batch: &PreflightBatch,
    ) -> Result<Costed<Vec<Verdict>>, TrackerError>;

    /// The project's highest known position.
    async fn fence(
        &self,
        site: &TrackerSite,
        project: &ProjectRef,
    ) -> Result<Costed<Fence>, TrackerError>;

    /// Creates up to 50 issues in one request, whose last byte leaves before the deadline or not at all.
    ///
    /// Never sends twice. One outcome a delivery, aligned.
    async fn create(
        &self,
        site: &TrackerSite,
        deliveries: &[ClaimedDelivery],
        deadline: SendDeadline,
    ) -> CreateReport;

    /// The status of issues by their immutable ids, aligned to the input.
    async fn statuses(
        &self,
        site: &TrackerSite,
        ids: &[String],
    ) -> Result<Vec<IssueStatus>, TrackerError>;

    /// Looks for issues by their marks: in the range of keys beyond the fences and by search; reads only.
    async fn find(&self, site: &TrackerSite, project: &ProjectRef, marks: &[Mark]) -> FindReport;

    /// Looks for marks and decides whether those not found are proven absent; reads only.
    ///
    /// The caller has waited until the attempts can no longer be sent and the tracker has had its settle time.
    async fn prove_absent(
        &self,
        site: &TrackerSite,
        project: &ProjectRef,
        marks: &[Mark],
    ) -> AbsenceReport;

    /// The issue with this key as the account sees it, if it sees one.
    async fn issue(
        &self,
        site: &TrackerSite,
        key: &str,
    ) -> Result<Option<ExternalIssue>, TrackerError>;
}
