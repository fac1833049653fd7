//! Tickets.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::{Date, OffsetDateTime};

use super::error::TicketError;
use crate::delivery::model::DeliveryState;
use crate::shared::ids::{BlockId, DeliveryId, DocumentId, TicketId, WorkspaceId};

/// The greatest length of a ticket title, in characters; Jira's summary takes 255 of them.
pub const MAX_TITLE_CHARS: usize = 10_000;
/// The greatest length of a priority word, in characters; that of a priority's name in Jira.
pub const MAX_PRIORITY_CHARS: usize = 60;

/// What sort of work a ticket is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketType {
    /// A piece of work.
    #[default]
    Task,
    /// A user story.
    Story,
    /// A defect.
    Bug,
    /// A body of work that holds others.
    Epic,
    /// A part of another ticket's work.
    Subtask,
}

impl TicketType {
    /// Where the type stands among the others: epics 1, parts of other tickets -1, the rest 0.
    #[must_use]
    pub const fn level(self) -> i8 {
        match self {
            Self::Epic => 1,
            Self::Task | Self::Story | Self::Bug => 0,
            Self::Subtask => -1,
        }
    }

    /// Whether a ticket of this type may be the parent of one of the other; so there are at most three levels, and no circle.
    #[must_use]
    pub const fn may_hold(self, child: Self) -> bool {
        self.level() == child.level() + 1
    }
}

/// How urgent a ticket is, in the document's terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Must not wait.
    P0,
    /// High.
    P1,
    /// Medium.
    P2,
    /// Low.
    P3,
    /// Another word of 1 to 60 characters.
    Other(String),
}

impl Priority {
    /// Reads a priority word; P0 to P3 in either case, any other word of 1 to 60 characters as it stands.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.trim();
        match word.to_ascii_uppercase().as_str() {
            "P0" => Some(Self::P0),
            "P1" => Some(Self::P1),
            "P2" => Some(Self::P2),
            "P3" => Some(Self::P3),
            _ if word.is_empty() || word.chars().count() > MAX_PRIORITY_CHARS => None,
            _ if word.chars().any(char::is_control) => None,
            _ => Some(Self::Other(word.to_owned())),
        }
    }

    /// The word that [`Priority::parse`] reads back.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much work a ticket is thought to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Hardly any.
    Trivial,
    /// Little.
    Small,
    /// Some.
    Medium,
    /// Much.
    Large,
    /// Very much.
    Xlarge,
}

/// What a ticket says; the part that people edit and that is sent to the tracker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketContent {
    /// One line, 1 to [`MAX_TITLE_CHARS`] characters.
    pub title: String,
    /// Markdown, may be empty.
    pub description: String,
    /// The sort of work.
    pub ticket_type: TicketType,
    /// How urgent it is, if that is said.
    pub priority: Option<Priority>,
    /// Labels as people write them; spaces are replaced only on the way to the tracker.
    pub labels: Vec<String>,
    /// Markdown each, of one or several lines.
    pub acceptance_criteria: Vec<String>,
    /// How much work it is, if that is said.
    pub estimated_effort: Option<Effort>,
    /// Who is to do it, as the document names them.
    pub assignee: Option<String>,
    /// When it is due.
    pub due_on: Option<Date>,
}

/// Who made a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketSource {
    /// It was found in the document.
    #[default]
    Scoped,
    /// A person added it.
    Manual,
}

/// What a ticket is part of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Parent {
    /// A ticket of the same document.
    Ticket(TicketId),
    /// An issue of the same site, by its key.
    Key(String),
}

impl Parent {
    /// The ticket that is meant, if it is one.
    #[must_use]
    pub const fn ticket_id(&self) -> Option<TicketId> {
        match self {
            Self::Ticket(id) => Some(*id),
            Self::Key(_) => None,
        }
    }

    /// The key that is meant, if it is one.
    #[must_use]
    pub const fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key.as_str()),
            Self::Ticket(_) => None,
        }
    }
}

/// What must be there before a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Dependency {
    /// A ticket of the same document.
    Ticket {
        /// Which.
        ticket_id: TicketId,
    },
    /// An issue of a tracker.
    Key {
        /// Its key.
        key: String,
    },
}

/// What the tracker says now of an issue beside its status; shown, and never written over the ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerView {
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// The name of its priority.
    #[serde(default)]
    pub priority: Option<String>,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The name of its assignee.
    #[serde(default)]
    pub assignee: Option<String>,
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Made from the document, not looked at.
    Generated,
    /// Looked at by a person.
    Reviewed,
    /// In the tracker.
    Pushed,
    /// In the tracker, and its status has been read there.
    Synced,
    /// The tracker would not take it.
    PushFailed,
}

/// The status of the tracker's issue, in our words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncedStatus {
    /// Not begun.
    Open,
    /// Being worked on.
    InProgress,
    /// Done.
    Done,
    /// No longer there, or no longer to be seen.
    Missing,
}

/// Where in a tracker a ticket lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIssue {
    /// The tracker's site: Jira's cloud id.
    pub site_id: String,
    /// The tracker's immutable id of the issue.
    pub id: String,
    /// The key that people use; it may change.
    pub key: String,
    /// Where a person can see it.
    pub url: String,
}

/// The open delivery of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// Its state: queued, sending, uncertain or needs_attention.
    pub state: DeliveryState,
}

/// The stable codes of what can go wrong with one ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PushErrorCode {
    /// The project requires a field that nobody fills.
    RequiredField,
    /// The tracker refuses a field's value.
    FieldRejected,
    /// The account may not create issues there.
    PermissionDenied,
    /// The issue lives on another site than the one connected.
    OtherSite,
    /// The project is gone or hidden.
    ProjectNotFound,
    /// The project lost the issue type.
    IssueTypeNotFound,
    /// The workspace is not connected to the push's site.
    NoActiveIntegration,
    /// A person must connect again.
    ReconnectRequired,
    /// The grant lacks a scope.
    MissingScope,
    /// The tracker app is misconfigured; an operator's fault.
    TrackerAppMisconfigured,
    /// The tracker asks to slow down.
    TrackerRateLimited,
    /// The tracker gave no usable answer.
    TrackerUnavailable,
    /// Whether the issue exists could not be found out in time.
    OutcomeUnknown,
    /// More than one issue carries the ticket's mark.
    SeveralIssues,
    /// The issue is linked to another ticket.
    IssueLinkedElsewhere,
    /// The workspace was connected to another site while the issue's fate was not known.
    SiteChanged,
    /// An operator restored a backup while the delivery was unfinished.
    Quarantined,
    /// A person gave it up.
    Abandoned,
}

/// What went wrong with one ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushError {
    /// A stable code.
    pub code: PushErrorCode,
    /// A sentence for people.
    pub message: String,
    /// The tracker's field that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl PushError {
    /// An error that is not about one field.
    #[must_use]
    pub fn new(code: PushErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
        }
    }

    /// The issue that a delivery became is another ticket's already.
    #[must_use]
    pub fn linked_elsewhere(key: &str) -> Self {
        let message = format!("the issue {key} is linked to another ticket");
        Self::new(PushErrorCode::IssueLinkedElsewhere, message)
    }

    /// What may have been sent can no longer be looked for, because the workspace is connected differently.
    #[must_use]
    pub fn site_changed() -> Self {
        let message = "site_changed: the workspace was connected to another site, or as another account, meanwhile";
        Self::new(PushErrorCode::SiteChanged, message)
    }

    /// The process that sent it, or was about to, gives no more sign of life.
    #[must_use]
    pub fn sender_died() -> Self {
        let message = "the process that sent it died; the issue is being looked for";
        Self::new(PushErrorCode::OutcomeUnknown, message)
    }

    /// Names the tracker's field that is meant.
    #[must_use]
    pub fn of_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// The workspace it belongs to.
    pub workspace_id: WorkspaceId,
    /// The document it was made from.
    pub document_id: DocumentId,
    /// The block it was made from, while that block is there.
    pub block_id: Option<BlockId>,
    /// Who made it.
    pub source: TicketSource,
    /// The first line of the document that it was made from, from 1.
    pub source_line: Option<u32>,
    /// The last one.
    pub source_end_line: Option<u32>,
    /// What it says.
    pub content: TicketContent,
    /// What it is part of.
    pub parent: Option<Parent>,
    /// What must be there first.
    pub depends_on: Vec<Dependency>,
    /// Further fields by platform, each in the tracker's own JSON.
    pub fields: Map<String, Value>,
    /// Where it stands.
    pub status: TicketStatus,
    /// The tracker it was pushed to.
    pub platform: Option<String>,
    /// The issue it became.
    pub external: Option<ExternalIssue>,
    /// What the tracker says of the issue now.
    pub tracker_view: Option<TrackerView>,
    /// Whether its source has changed since it was pushed.
    pub differs_from_document: bool,
    /// The issue's status in our words.
    pub synced_status: Option<SyncedStatus>,
    /// The issue's status in the tracker's own words.
    pub external_status: Option<String>,
    /// Why the last push failed.
    pub push_error: Option<PushError>,
    /// The open delivery; while there is one the ticket counts as pushed.
    pub delivery: Option<OpenDelivery>,
    /// Rises by one with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
    /// When it was pushed.
    pub pushed_at: Option<OffsetDateTime>,
    /// When its status was last read from the tracker.
    pub synced_at: Option<OffsetDateTime>,
}

/// A change of a ticket: absent keeps, the inner `None` clears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketChanges {
    /// A new title.
    pub title: Option<String>,
    /// A new description; cleared it is empty.
    pub description: Option<Option<String>>,
    /// A new type; cleared it is a task.
    pub ticket_type: Option<Option<TicketType>>,
    /// A new priority.
    pub priority: Option<Option<Priority>>,
    /// New labels; cleared there are none.
    pub labels: Option<Option<Vec<String>>>,
    /// New acceptance criteria; cleared there are none.
    pub acceptance_criteria: Option<Option<Vec<String>>>,
    /// A new estimate.
    pub estimated_effort: Option<Option<Effort>>,
    /// Another person.
    pub assignee: Option<Option<String>>,
    /// Another day.
    pub due_on: Option<Option<Date>>,
    /// Another parent among the document's tickets; takes the place of a key.
    pub parent_id: Option<Option<TicketId>>,
    /// Another parent by its key; takes the place of a ticket.
    pub parent_key: Option<Option<String>>,
    /// New dependencies; cleared there are none.
    pub depends_on: Option<Option<Vec<Dependency>>>,
    /// New parts of the further fields, each as a whole; a null clears one, and cleared there are none.
    pub fields: Option<Option<Map<String, Value>>>,
}

impl TicketChanges {
    /// Whether the place of the ticket among the others may change.
    #[must_use]
    pub const fn touches_family(&self) -> bool {
        self.parent_id.is_some() || self.ticket_type.is_some() || self.depends_on.is_some()
    }
}

impl Ticket {
    /// A ticket as it is when it is generated, without a place in the document yet.
    #[must_use]
    pub fn generated(
        id: TicketId,
        workspace_id: WorkspaceId,
        document_id: DocumentId,
        content: TicketContent,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id,
            workspace_id,
            document_id,
            block_id: None,
            source: TicketSource::Scoped,
            source_line: None,
            source_end_line: None,
            content,
            parent: None,
            depends_on: Vec::new(),
            fields: Map::new(),
            status: TicketStatus::Generated,
            platform: None,
            external: None,
            tracker_view: None,
            differs_from_document: false,
            synced_status: None,
            external_status: None,
            push_error: None,
            delivery: None,
            version: 1,
            created_at: now,
            updated_at: now,
            pushed_at: None,
            synced_at: None,
        }
    }

    /// No longer names tickets that are gone; whether it named any.
    pub fn forget(&mut self, gone: &HashSet<TicketId>) -> bool {
        let is_gone = |id: Option<TicketId>| id.is_some_and(|id| gone.contains(&id));
        let had_parent = is_gone(self.parent.as_ref().and_then(Parent::ticket_id));
        if had_parent {
            self.parent = None;
        }
        let n_before = self.depends_on.len();
        self.depends_on
            .retain(|dependency| !is_gone(dependency.ticket_id()));
        had_parent || self.depends_on.len() != n_before
    }

    /// Whether the issue exists in a tracker.
    #[must_use]
    pub const fn is_pushed(&self) -> bool {
        matches!(self.status, TicketStatus::Pushed | TicketStatus::Synced)
    }

    /// Refuses a change of a ticket that is in a tracker or on its way there.
    ///
    /// # Errors
    /// [`TicketError::AlreadyPushed`] or [`TicketError::DeliveryOpen`].
    pub const fn ensure_editable(&self) -> Result<(), TicketError> {
        if self.is_pushed() {
            return Err(TicketError::AlreadyPushed);
        }
        if self.delivery.is_some() {
            return Err(TicketError::DeliveryOpen);
        }
        Ok(())
    }

    /// Applies a person's changes, which is the review; an empty change is a review too.
    ///
    /// # Errors
    /// [`TicketError::AlreadyPushed`] or [`TicketError::DeliveryOpen`].
    pub fn review(
        &mut self,
        changes: TicketChanges,
        now: OffsetDateTime,
    ) -> Result<(), TicketError> {
        self.ensure_editable()?;
        let content = &mut self.content;
        if let Some(title) = changes.title {
            content.title = title;
        }
        if let Some(description) = changes.description {
            content.description = description.unwrap_or_default();
        }
        if let Some(ticket_type) = changes.ticket_type {
            content.ticket_type = ticket_type.unwrap_or_default();
        }
        if let Some(priority) = changes.priority {
            content.priority = priority;
        }
        if let Some(labels) = changes.labels {
            content.labels = labels.unwrap_or_default();
        }
        if let Some(criteria) = changes.acceptance_criteria {
            content.acceptance_criteria = criteria.unwrap_or_default();
        }
        if let Some(effort) = changes.estimated_effort {
            content.estimated_effort = effort;
        }
        if let Some(assignee) = changes.assignee {
            content.assignee = assignee;
        }
        if let Some(due_on) = changes.due_on {
            content.due_on = due_on;
        }
        if let Some(depends_on) = changes.depends_on {
            self.depends_on = depends_on.unwrap_or_default();
        }
        self.change_parent(changes.parent_id, changes.parent_key);
        self.change_fields(changes.fields);
        self.status = TicketStatus::Reviewed;
        self.push_error = None;
        self.updated_at = now;
        Ok(())
    }

    /// A new parent of either sort takes the place of the former one; clearing one sort leaves the other alone.
    fn change_parent(&mut self, id: Option<Option<TicketId>>, key: Option<Option<String>>) {
        let is_ticket = matches!(self.parent, Some(Parent::Ticket(_)));
        let is_key = matches!(self.parent, Some(Parent::Key(_)));
        if (id == Some(None) && is_ticket) || (key == Some(None) && is_key) {
            self.parent = None;
        }
        if let Some(key) = key.flatten() {
            self.parent = Some(Parent::Key(key));
        }
        if let Some(id) = id.flatten() {
            self.parent = Some(Parent::Ticket(id));
        }
    }

    fn change_fields(&mut self, fields: Option<Option<Map<String, Value>>>) {
        let Some(parts) = fields else { return };
        let Some(parts) = parts else {
            self.fields.clear();
            return;
        };
        for (platform, part) in parts {
            match part {
                Value::Null => drop(self.fields.remove(&platform)),
                part => drop(self.fields.insert(platform, part)),
            }
        }
    }
}

impl Dependency {
    /// The ticket that is meant, if it is one.
    #[must_use]
    pub const fn ticket_id(&self) -> Option<TicketId> {
        match self {
            Self::Ticket { ticket_id } => Some(*ticket_id),
            Self::Key { .. } => None,
        }
    }
}
