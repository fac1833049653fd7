#![doc = include_str!("../README.md")]

pub mod adf;
pub mod auth;
mod error;
pub mod oauth;
mod quota;
mod rates;
pub mod rest;
mod send;
mod site;
pub mod webhooks;

pub use auth::{AccessToken, TokenError, TokenSource};
pub use error::{BodyShape, Error, RateLimitReason, StatusError};
pub use oauth::{OAuthClient, OAuthConfig, OAuthError, Site, TokenSet};
pub use quota::{AnnouncedLimit, Quota, QuotaWindow};
pub use rates::EndpointRates;
pub use rest::{
    Alignment, BulkCreated, BulkFetched, ChunkOutcome, CreatedIssue, ElementOutcome, FetchOptions,
    FieldMeta, FieldSchema, Issue, IssueEdit, IssueError, IssueFields, IssueRejection,
    IssueTypeMeta, IssueTypeRef, MAX_BULK_CREATE, MAX_BULK_FETCH, MyPermissions, Myself, NewIssue,
    Page, Permission, Priority, Project, ProjectAction, ProjectQuery, ProjectRef, Resolution,
    SearchPage, SearchQuery, ServerInfo, Status, StatusCategory, StatusCategoryKey, TargetStatus,
    Transition, UserRef,
};
pub use secrecy::{ExposeSecret, SecretString};
pub use send::{
    BuildError, HttpClients, RetryPolicy, Route, SendDeadline, SendPhase, SiteLimits, monotonic_now,
};
pub use site::{Jira, JiraBuilder, SiteAddress};
pub use url::Url;

/// The name of the span of each request.
const REQUEST_SPAN: &str = "jira_request";
