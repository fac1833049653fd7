//! Words of the domain as they are written on the wire.

use handoff_domain::delivery::model::{DeliveryState, PushState, Warning, WarningCode};
use handoff_domain::document::model::{BlockType, DocumentStatus, DocumentType};
use handoff_domain::scoping::model::LineOutcome;
use handoff_domain::ticket::model::{
    Effort, PushError, PushErrorCode, SyncedStatus, TicketSource, TicketStatus, TicketType,
};
use handoff_domain::workspace::model::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Code;

/// Declares the wire form of a domain enum; both ways are exhaustive, so that neither can grow alone.
macro_rules! words {
    ($($(#[$doc:meta])* $dto:ident = $domain:ident { $($word:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $dto { $($word,)+ }

        impl From<$domain> for $dto {
            fn from(value: $domain) -> Self {
                match value { $($domain::$word => Self::$word,)+ }
            }
        }

        impl From<$dto> for $domain {
            fn from(value: $dto) -> Self {
                match value { $($dto::$word => Self::$word,)+ }
            }
        }
    )+};
}

words! {
    /// What a member may do, from least to most.
    RoleDto = Role { Member, Admin, Owner }
    /// What sort of document it is.
    DocumentTypeDto = DocumentType { Prd, Spec, Memo, UserStory, RoadmapUpdate, ReleaseNotes }
    /// Where a document stands.
    DocumentStatusDto = DocumentStatus { Draft, Review, Approved, Published }
    /// What a block of a document is about.
    BlockTypeDto = BlockType {
        Problem, Persona, Goal, Solution, UserStory, Requirement, Task, Metrics, NonGoal, Risk, Timeline, OpenQuestion,
        Note,
    }
    /// What sort of work a ticket is.
    TicketTypeDto = TicketType { Task, Story, Bug, Epic, Subtask }
    /// Who made a ticket.
    TicketSourceDto = TicketSource { Scoped, Manual }
    /// What a line of a document is to its tickets.
    LineOutcomeDto = LineOutcome { Ticket, Criterion, Context, NotWork, Finished, Obligation }
    /// How much work a ticket is thought to be.
    EffortDto = Effort { Trivial, Small, Medium, Large, Xlarge }
    /// Where a ticket stands.
    TicketStatusDto = TicketStatus { Generated, Reviewed, Pushed, Synced, PushFailed }
    /// The status of the tracker's issue, in our words.
    SyncedStatusDto = SyncedStatus { Open, InProgress, Done, Missing }
    /// Where a delivery stands.
    DeliveryStateDto = DeliveryState {
        Queued, Sending, Uncertain, Confirmed, Rejected, Cancelled, NeedsAttention, Abandoned,
    }
    /// Whether a push is finished.
    PushStateDto = PushState { Running, Settled }
}

/// What went wrong with one ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PushErrorDto {
    code: Code,
    message: String,
    /// The tracker's field that is meant.
    field: Option<String>,
}

impl From<PushError> for PushErrorDto {
    fn from(error: PushError) -> Self {
        Self {
            code: push_code(error.code),
            message: error.message,
            field: error.field,
        }
    }
}

const fn push_code(code: PushErrorCode) -> Code {
    match code {
        PushErrorCode::RequiredField => Code::RequiredField,
        PushErrorCode::FieldRejected => Code::FieldRejected,
        PushErrorCode::PermissionDenied => Code::PermissionDenied,
        PushErrorCode::OtherSite => Code::OtherSite,
        PushErrorCode::ProjectNotFound => Code::ProjectNotFound,
        PushErrorCode::IssueTypeNotFound => Code::IssueTypeNotFound,
        PushErrorCode::NoActiveIntegration => Code::NoActiveIntegration,
        PushErrorCode::ReconnectRequired => Code::ReconnectRequired,
        PushErrorCode::MissingScope => Code::MissingScope,
        PushErrorCode::TrackerAppMisconfigured => Code::TrackerAppMisconfigured,
        PushErrorCode::TrackerRateLimited => Code::TrackerRateLimited,
        PushErrorCode::TrackerUnavailable => Code::TrackerUnavailable,
        PushErrorCode::OutcomeUnknown => Code::OutcomeUnknown,
        PushErrorCode::SeveralIssues => Code::SeveralIssues,
        PushErrorCode::IssueLinkedElsewhere => Code::IssueLinkedElsewhere,
        PushErrorCode::SiteChanged => Code::SiteChanged,
        PushErrorCode::Quarantined => Code::Quarantined,
        PushErrorCode::Abandoned => Code::Abandoned,
    }
}

/// What a person should know about an issue that was, or would be, created.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WarningDto {
    code: Code,
    message: String,
}

impl From<Warning> for WarningDto {
    fn from(warning: Warning) -> Self {
        let code = match warning.code {
            WarningCode::PriorityNotOnScreen => Code::PriorityNotOnScreen,
            WarningCode::PriorityReplaced => Code::PriorityReplaced,
            WarningCode::PriorityUnrecognised => Code::PriorityUnrecognised,
            WarningCode::IssueTypeReplaced => Code::IssueTypeReplaced,
            WarningCode::LabelChanged => Code::LabelChanged,
            WarningCode::TextCut => Code::TextCut,
            WarningCode::MarkdownDegraded => Code::MarkdownDegraded,
        };
        Self {
            code,
            message: warning.message,
        }
    }
}
