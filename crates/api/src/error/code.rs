//! The stable codes of everything that can go wrong, and of what a person should know.

use actix_web::http::StatusCode;
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// A whole request is refused or fails with this status.
    Refusal(StatusCode),
    /// One ticket of a push or a sync failed.
    Ticket,
    /// The issue was, or would be, created, and a person should know something about it.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// A stable code; clients may rely on it, unlike on any sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as it is sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or a value in it has another type than expected.
    InvalidJson = "INVALID_JSON",
    /// The request has a field or query parameter that does not exist.
    UnknownField = "UNKNOWN_FIELD",
    /// There is no bearer token, or it is not, or no longer, valid.
    Unauthorized = "UNAUTHORIZED",
    /// The caller does not belong to the workspace, or their role is too low.
    Forbidden = "FORBIDDEN",
    /// The workspace may not use integrations.
    FeatureNotEnabled = "FEATURE_NOT_ENABLED",
    /// There is no such route.
    NotFound = "NOT_FOUND",
    /// There is no such document.
    DocumentNotFound = "DOCUMENT_NOT_FOUND",
    /// There is no such block in the document.
    BlockNotFound = "BLOCK_NOT_FOUND",
    /// There is no such ticket.
    TicketNotFound = "TICKET_NOT_FOUND",
    /// There is no such push.
    PushNotFound = "PUSH_NOT_FOUND",
    /// There is no such delivery.
    DeliveryNotFound = "DELIVERY_NOT_FOUND",
    /// There is no such project, or the connected account cannot see it.
    ProjectNotFound = "PROJECT_NOT_FOUND",
    /// There is no such workspace, or no such member of it.
    WorkspaceNotFound = "WORKSPACE_NOT_FOUND",
    /// The workspace is not connected to the tracker.
    NoActiveIntegration = "NO_ACTIVE_INTEGRATION",
    /// The route does not know this method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// The body is not sent as `application/json`.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
    /// Tickets of the document are being generated at this moment.
    GenerationInProgress = "GENERATION_IN_PROGRESS",
    /// The document was changed while its tickets were generated; nothing was written.
    DocumentChanged = "DOCUMENT_CHANGED",
    /// The ticket is an issue already.
    TicketAlreadyPushed = "TICKET_ALREADY_PUSHED",
    /// The ticket, or one of the document, is on its way to the tracker.
    DeliveryOpen = "DELIVERY_OPEN",
    /// A person must connect the tracker again.
    ReconnectRequired = "RECONNECT_REQUIRED",
    /// The grant lacks a scope; connect again and consent to it.
    MissingScope = "MISSING_SCOPE",
    /// `If-Match` names another version, or somebody else wrote at the same moment.
    VersionConflict = "VERSION_CONFLICT",
    /// The body or the document is too large.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE",
    /// The input breaks a rule; `errors` says which.
    ValidationFailed = "VALIDATION_FAILED",
    /// The document holds more than a document may; the detail names the bound.
    LimitExceeded = "LIMIT_EXCEEDED",
    /// The ticket cannot be part of that one, or cannot hold its children.
    ParentInvalid = "PARENT_INVALID",
    /// A parent was given among the tracker's own fields; it has members of its own.
    UseParentKey = "USE_PARENT_KEY",
    /// There are several projects to choose from, or none.
    ProjectRequired = "PROJECT_REQUIRED",
    /// The project has no such issue type.
    IssueTypeNotFound = "ISSUE_TYPE_NOT_FOUND",
    /// The tracker is not supported.
    UnsupportedPlatform = "UNSUPPORTED_PLATFORM",
    /// The idempotency key was used with another body.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
    /// The caller makes too many requests, or the workspace has too many documents read at once.
    RateLimited = "RATE_LIMITED",
    /// The tracker gave no usable answer; 504 when it gave none in time.
    TrackerUnavailable = "TRACKER_UNAVAILABLE",
    /// The tracker asks to slow down.
    TrackerRateLimited = "TRACKER_RATE_LIMITED",
    /// The tracker app is not configured, or its credentials are refused.
    TrackerAppMisconfigured = "TRACKER_APP_MISCONFIGURED",
    /// A fault of ours.
    Internal = "INTERNAL",
    /// The project requires a field that the push does not fill.
    RequiredField = "REQUIRED_FIELD",
    /// The tracker refused the value of a field.
    FieldRejected = "FIELD_REJECTED",
    /// The connected account may not do this.
    PermissionDenied = "PERMISSION_DENIED",
    /// The ticket's issue lives on another site.
    OtherSite = "OTHER_SITE",
    /// Whether the issue exists could not be found out in time; a person must decide.
    OutcomeUnknown = "OUTCOME_UNKNOWN",
    /// More than one issue carries the ticket's mark; a person must decide.
    SeveralIssues = "SEVERAL_ISSUES",
    /// The issue is linked to another ticket.
    IssueLinkedElsewhere = "ISSUE_LINKED_ELSEWHERE",
    /// The workspace was connected to another site while the issue's fate was not known.
    SiteChanged = "SITE_CHANGED",
    /// An operator restored a backup while the delivery was unfinished.
    Quarantined = "QUARANTINED",
    /// A person gave the delivery up.
    Abandoned = "ABANDONED",
    /// The project has no priority field, so it was left out.
    PriorityNotOnScreen = "PRIORITY_NOT_ON_SCREEN",
    /// The project has other priorities, so the one at the same rank was taken.
    PriorityReplaced = "PRIORITY_REPLACED",
    /// The priority word is unknown, so Medium was taken.
    PriorityUnrecognised = "PRIORITY_UNRECOGNISED",
    /// The project lacks the ticket's type, so another was taken.
    IssueTypeReplaced = "ISSUE_TYPE_REPLACED",
    /// A label was changed to fit the tracker.
    LabelChanged = "LABEL_CHANGED",
    /// Text was cut to fit the tracker.
    TextCut = "TEXT_CUT",
    /// Some Markdown has no counterpart in the tracker's format.
    MarkdownDegraded = "MARKDOWN_DEGRADED",
}

impl Code {
    /// What the code stands for.
    #[must_use]
    pub const fn kind(self) -> CodeKind {
        use CodeKind::{Refusal, Ticket, Warning};
        match self {
            Self::InvalidJson | Self::UnknownField => Refusal(StatusCode::BAD_REQUEST),
            Self::Unauthorized => Refusal(StatusCode::UNAUTHORIZED),
            Self::Forbidden | Self::FeatureNotEnabled => Refusal(StatusCode::FORBIDDEN),
            Self::NotFound
            | Self::DocumentNotFound
            | Self::BlockNotFound
            | Self::TicketNotFound
            | Self::PushNotFound
            | Self::DeliveryNotFound
            | Self::ProjectNotFound
            | Self::WorkspaceNotFound
            | Self::NoActiveIntegration => Refusal(StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => Refusal(StatusCode::METHOD_NOT_ALLOWED),
            Self::UnsupportedMediaType => Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::GenerationInProgress
            | Self::DocumentChanged
            | Self::TicketAlreadyPushed
            | Self::DeliveryOpen
            | Self::ReconnectRequired
            | Self::MissingScope => Refusal(StatusCode::CONFLICT),
            Self::VersionConflict => Refusal(StatusCode::PRECONDITION_FAILED),
            Self::PayloadTooLarge => Refusal(StatusCode::PAYLOAD_TOO_LARGE),
            Self::ValidationFailed
            | Self::LimitExceeded
            | Self::ParentInvalid
            | Self::UseParentKey
            | Self::ProjectRequired
            | Self::IssueTypeNotFound
            | Self::UnsupportedPlatform
            | Self::IdempotencyKeyReused => Refusal(StatusCode::UNPROCESSABLE_ENTITY),
            Self::RateLimited => Refusal(StatusCode::TOO_MANY_REQUESTS),
            Self::TrackerUnavailable => Refusal(StatusCode::BAD_GATEWAY),
            Self::TrackerRateLimited | Self::TrackerAppMisconfigured => {
                Refusal(StatusCode::SERVICE_UNAVAILABLE)
            }
            Self::Internal => Refusal(StatusCode::INTERNAL_SERVER_ERROR),
            Self::RequiredField
            | Self::FieldRejected
            | Self::PermissionDenied
            | Self::OtherSite
            | Self::OutcomeUnknown
            | Self::SeveralIssues
            | Self::IssueLinkedElsewhere
            | Self::SiteChanged
            | Self::Quarantined
            | Self::Abandoned => Ticket,
            Self::PriorityNotOnScreen
            | Self::PriorityReplaced
            | Self::PriorityUnrecognised
            | Self::IssueTypeReplaced
            | Self::LabelChanged
            | Self::TextCut
            | Self::MarkdownDegraded => Warning,
        }
    }

    /// The status of an answer with this code.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self.kind() {
            CodeKind::Refusal(status) => status,
            CodeKind::Ticket | CodeKind::Warning => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "A stable code; clients may rely on it, unlike on any sentence.",
            ))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

impl ToSchema for Code {}
