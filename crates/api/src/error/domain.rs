//! What the domain's errors mean over HTTP; one exhaustive match each.

use std::time::Duration;

use actix_web::http::StatusCode;
use handoff_domain::connection::error::ConnectionError;
use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::delivery::tracker::{TrackerError, TrackerProject};
use handoff_domain::document::error::DocumentError;
use handoff_domain::scoping::error::ScopeError;
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::shared::validation::{FieldError, Problems};
use handoff_domain::sync::error::SyncError;
use handoff_domain::ticket::error::TicketError;
use handoff_domain::ticket::family::FamilyError;
use handoff_domain::workspace::error::WorkspaceError;

use super::{ApiError, Code};

/// When to try again where a workspace's documents wait for each other.
const BUSY_RETRY_AFTER: Duration = Duration::from_secs(5);

impl From<WorkspaceError> for ApiError {
    fn from(error: WorkspaceError) -> Self {
        let detail = error.to_string();
        match error {
            WorkspaceError::Forbidden => Self::new(Code::Forbidden, detail),
            WorkspaceError::FeatureNotEnabled => Self::new(
                Code::FeatureNotEnabled,
                "integrations are not enabled in this workspace",
            ),
            WorkspaceError::NotFound | WorkspaceError::MemberNotFound => {
                Self::new(Code::WorkspaceNotFound, detail)
            }
            WorkspaceError::Invalid(problems) => problems.into(),
            WorkspaceError::Failure(failure) => Self::internal(failure),
        }
    }
}

impl From<DocumentError> for ApiError {
    fn from(error: DocumentError) -> Self {
        let detail = error.to_string();
        match error {
            DocumentError::NotFound => Self::new(Code::DocumentNotFound, detail),
            DocumentError::DeliveryOpen => Self::new(Code::DeliveryOpen, detail),
            DocumentError::VersionConflict => Self::new(Code::VersionConflict, detail),
            DocumentError::TooLarge => document_too_large(),
            DocumentError::Invalid(problems) => problems.into(),
            DocumentError::Scope(error) => error.into(),
            DocumentError::Failure(failure) => Self::internal(failure),
        }
    }
}

impl From<ScopeError> for ApiError {
    fn from(error: ScopeError) -> Self {
        let detail = error.to_string();
        match error {
            ScopeError::TooManyTickets(_) => limit_exceeded(&detail, "TICKETS_PER_DOCUMENT"),
            ScopeError::TooManyBlocks(_) => limit_exceeded(&detail, "BLOCKS_PER_DOCUMENT"),
            ScopeError::TooLarge => document_too_large(),
            ScopeError::Busy => {
                Self::new(Code::RateLimited, detail).retry_after(Some(BUSY_RETRY_AFTER))
            }
            ScopeError::Failure(failure) => Self::internal(failure),
        }
    }
}

impl From<TicketError> for ApiError {
    fn from(error: TicketError) -> Self {
        let detail = error.to_string();
        match error {
            TicketError::NotFound => Self::new(Code::TicketNotFound, detail),
            TicketError::DocumentNotFound => Self::new(Code::DocumentNotFound, detail),
            TicketError::BlockNotFound => Self::new(Code::BlockNotFound, detail),
            TicketError::AlreadyPushed => Self::new(Code::TicketAlreadyPushed, detail),
            TicketError::DeliveryOpen => Self::new(Code::DeliveryOpen, detail),
            TicketError::Invalid(problems) => problems.into(),
            TicketError::VersionConflict => Self::new(Code::VersionConflict, detail),
            TicketError::GenerationInProgress => Self::new(Code::GenerationInProgress, detail),
            TicketError::ParentInvalid(FamilyError::UnknownDependency) => {
                Self::invalid(FamilyError::UnknownDependency.pointer(), detail)
            }
            TicketError::ParentInvalid(error) => {
                Self::new(Code::ParentInvalid, detail.clone()).at(at(error.pointer(), detail))
            }
            TicketError::UseParentKey => {
                Self::new(Code::UseParentKey, detail.clone()).at(at("/fields/jira/parent", detail))
            }
            TicketError::DocumentChanged => Self::new(Code::DocumentChanged, detail),
            TicketError::Scope(error) => error.into(),
            TicketError::Failure(failure) => Self::internal(failure),
        }
    }
}

impl From<ConnectionError> for ApiError {
    fn from(error: ConnectionError) -> Self {
        let detail = error.to_string();
        match error {
            ConnectionError::Forbidden => Self::new(Code::Forbidden, detail),
            ConnectionError::Invalid(problems) => problems.into(),
            ConnectionError::NotConfigured { .. } | ConnectionError::AppMisconfigured => {
                Self::new(Code::TrackerAppMisconfigured, detail)
            }
            ConnectionError::GrantRefused => Self::new(
                Code::ReconnectRequired,
                "the tracker refuses the grant; connect again",
            ),
            ConnectionError::Failure(failure) => tracker_failure(failure),
        }
    }
}

impl From<TrackerError> for ApiError {
    fn from(error: TrackerError) -> Self {
        let detail = error.to_string();
        match error {
            TrackerError::NotConnected => Self::new(
                Code::NoActiveIntegration,
                "the workspace is not connected to Jira",
            ),
            TrackerError::ReconnectRequired => Self::new(Code::ReconnectRequired, detail),
            TrackerError::MissingScope => {
                Self::new(Code::MissingScope, "the grant lacks a scope; connect again")
            }
            TrackerError::AppMisconfigured => Self::new(Code::TrackerAppMisconfigured, detail),
            TrackerError::PermissionDenied => Self::new(
                Code::Forbidden,
                "the connected account may not do this in the tracker",
            ),
            TrackerError::ProjectNotFound => Self::new(Code::ProjectNotFound, detail),
            TrackerError::IssueTypeNotFound { available } => {
                let message = format!("give one of {}", available.join(", "));
                Self::new(Code::IssueTypeNotFound, detail).at(at("/issue_type", message))
            }
            TrackerError::InvalidCursor => {
                Self::invalid("/cursor", "give the next_cursor of a former page, or none")
            }
            TrackerError::InvalidFields(found) => {
                let mut problems = Problems::default();
                for problem in found {
                    problems.require(false, format!("/fields/{}", problem.field), problem.message);
                }
                problems.into()
            }
            TrackerError::QuotaSpent { wait, .. } => {
                Self::new(Code::TrackerRateLimited, detail).retry_after(Some(wait))
            }
            TrackerError::Failure(failure) => tracker_failure(failure),
        }
    }
}

impl From<DeliveryError> for ApiError {
    fn from(error: DeliveryError) -> Self {
        let detail = error.to_string();
        match error {
            DeliveryError::DocumentNotFound => Self::new(Code::DocumentNotFound, detail),
            DeliveryError::TicketNotFound(problems) => tickets_not_found(&problems),
            DeliveryError::PushNotFound => Self::new(Code::PushNotFound, detail),
            DeliveryError::DeliveryNotFound => Self::new(Code::DeliveryNotFound, detail),
            DeliveryError::DeliveryOpen => Self::new(Code::DeliveryOpen, detail),
            DeliveryError::AlreadyPushed => Self::new(Code::TicketAlreadyPushed, detail),
            DeliveryError::ProjectRequired { choices } => project_required(&choices),
            DeliveryError::Invalid(problems) => problems.into(),
            DeliveryError::KeyReused => Self::new(Code::IdempotencyKeyReused, detail),
            DeliveryError::LookIncomplete { .. } => Self::new(Code::TrackerUnavailable, detail)
                .with_status(StatusCode::SERVICE_UNAVAILABLE),
            DeliveryError::Tracker(error) => error.into(),
            DeliveryError::Failure(failure) => Self::internal(failure),
        }
    }
}

impl From<SyncError> for ApiError {
    fn from(error: SyncError) -> Self {
        let detail = error.to_string();
        match error {
            SyncError::DocumentNotFound => Self::new(Code::DocumentNotFound, detail),
            SyncError::TicketNotFound(problems) => tickets_not_found(&problems),
            SyncError::Invalid(problems) => problems.into(),
            SyncError::Tracker(error) => error.into(),
            SyncError::Failure(failure) => Self::internal(failure),
        }
    }
}

fn document_too_large() -> ApiError {
    ApiError::new(Code::PayloadTooLarge, "a document has at most 4 MiB")
}

/// Names the setting, so that whoever runs the service can raise it.
fn limit_exceeded(what: &str, setting: &str) -> ApiError {
    let detail = format!("{what} (HANDOFF__LIMITS__{setting})");
    ApiError::new(Code::LimitExceeded, detail).at(at("/content", what.to_owned()))
}

fn at(pointer: &str, message: String) -> Vec<FieldError> {
    vec![FieldError {
        pointer: pointer.to_owned(),
        message,
    }]
}

fn tickets_not_found(problems: &Problems) -> ApiError {
    ApiError::new(Code::TicketNotFound, "some ids name no ticket").at(problems.as_slice().to_vec())
}

fn project_required(choices: &[TrackerProject]) -> ApiError {
    if choices.is_empty() {
        let detail = "the connected account may create issues in no project";
        return ApiError::new(Code::ProjectRequired, detail);
    }
    let keys: Vec<&str> = choices.iter().map(|project| project.key.as_str()).collect();
    let message = format!("give one of {}", keys.join(", "));
    ApiError::new(Code::ProjectRequired, format!("name a project: {message}"))
        .at(at("/project_key", message))
}

/// What a failure of the tracker means; failures of the store are [`ApiError::internal`].
pub(crate) fn tracker_failure(failure: Failure) -> ApiError {
    let retry_after = failure.retry_after();
    let error = match failure.kind() {
        FailureKind::Unavailable => ApiError::new(
            Code::TrackerUnavailable,
            "the tracker gave no usable answer",
        ),
        FailureKind::TimedOut => ApiError::new(
            Code::TrackerUnavailable,
            "the tracker gave no answer in time",
        )
        .with_status(StatusCode::GATEWAY_TIMEOUT),
        FailureKind::RateLimited => {
            ApiError::new(Code::TrackerRateLimited, "the tracker asks to slow down")
        }
        FailureKind::Corrupt | FailureKind::Internal => return ApiError::internal(failure),
    };
    error.retry_after(retry_after).caused_by(failure)
}
