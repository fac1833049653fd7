#![doc = include_str!("../README.md")]

pub mod adf;
pub mod auth;
mod clock;
mod error;
mod http;
pub mod oauth;
pub mod rest;
mod site;
pub mod webhooks;

pub use auth::{AccessToken, TokenError, TokenSource};
pub use clock::{SendDeadline, monotonic_now};
pub use error::{BodyShape, Error, RateLimitReason, Route, SendPhase, StatusError};
pub use http::{
    AnnouncedLimit, BuildError, EndpointRates, HttpClients, Quota, QuotaWindow, RetryPolicy,
    SiteLimits,
};
pub use oauth::{OAuthClient, OAuthConfig, OAuthError, Site, TokenSet};
pub use rest::{
    Alignment, BulkCreated, BulkFetched, ChunkOutcome, CreatedIssue, ElementOutcome, FetchOptions,
    FieldMeta, FieldSchema, Issue, IssueEdit, IssueError, IssueFields, IssueRejection,
    IssueTypeMeta, IssueTypeRef, MAX_BULK_CREATE, MAX_BULK_FETCH, MyPermissions, Myself, NewIssue,
    Page, Permission, Priority, Project, ProjectAction, ProjectQuery, ProjectRef, Resolution,
    SearchPage, SearchQuery, ServerInfo, Status, StatusCategory, StatusCategoryKey, TargetStatus,
    Transition, UserRef,
};
pub use secrecy::{ExposeSecret, SecretString};
pub use site::{Jira, JiraBuilder, SiteAddress};
pub use url::Url;
