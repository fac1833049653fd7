//! The REST API's resources, in Jira's own words.

mod bulk_create;
mod create_meta;
mod edit;
mod fetch;
mod issue;
pub(crate) mod lenient;
mod myself;
mod new_issue;
mod page;
mod permissions;
mod projects;
mod search;
mod site_info;
mod values;
mod webhooks;

pub use bulk_create::{
    Alignment, BulkCreated, ChunkOutcome, CreatedIssue, ElementOutcome, IssueRejection,
    MAX_BULK_CREATE,
};
pub use create_meta::{FieldMeta, FieldSchema, IssueTypeMeta};
pub use edit::{IssueEdit, TargetStatus, Transition};
pub(crate) use fetch::GET_ISSUE;
pub use fetch::{BulkFetched, FetchOptions, IssueError, MAX_BULK_FETCH};
pub use issue::{Issue, IssueFields};
pub use myself::Myself;
pub use new_issue::NewIssue;
pub use page::Page;
pub use permissions::{MyPermissions, Permission};
pub use projects::{Project, ProjectAction, ProjectQuery};
pub use search::{SearchPage, SearchQuery};
pub use site_info::ServerInfo;
pub use values::{
    IssueTypeRef, Priority, ProjectRef, Resolution, Status, StatusCategory, StatusCategoryKey,
    UserRef,
};
pub use webhooks::{NewWebhook, Registration, Webhook};
