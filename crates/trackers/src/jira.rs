//! Jira Cloud behind the domain's ports.

mod absence;
mod authorizer;
mod cost;
mod create;
mod description;
mod errors;
mod fence;
mod fields;
mod find;
mod issue_types;
mod labels;
mod look;
mod marks;
mod meta;
mod payload;
mod preflight;
mod priority;
mod projects;
mod refusal;
mod sites;
mod statuses;
mod summary;
mod text;
mod tokens;
mod tracker;

pub use authorizer::{AppConfig, JiraAuthorizer};
pub use tracker::{JiraTracker, JiraTrackerConfig};

/// The entity property that marks an issue as ours: `{"delivery_id": "…", "ticket_id": "…"}`.
///
/// It is set by the create itself, so that no issue of ours is ever without it.
pub const DELIVERY_PROPERTY: &str = "handoff.delivery";
