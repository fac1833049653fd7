//! Workspaces, members, callers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::shared::ids::{ApiTokenId, UserId, WorkspaceId};

/// The feature that gates connect, projects, issue types and push.
pub const HAS_INTEGRATIONS: &str = "has_integrations";

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name, 1 to 200 characters.
    pub name: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// What a member may do, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works with documents, tickets, pushes and syncs.
    Member,
    /// Also connects, disconnects, and keeps members and tokens.
    Admin,
    /// Also names and removes other owners.
    Owner,
}

/// A person known to the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The `sub` claim of their tokens.
    pub subject: String,
    /// When they were first seen.
    pub created_at: OffsetDateTime,
}

/// A person's place in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user: User,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub created_at: OffsetDateTime,
}

/// A workspace API token; its secret is kept only as a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// The one workspace it opens.
    pub workspace_id: WorkspaceId,
    /// What it may do there.
    pub role: Role,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it ends, if ever.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
}

/// Who did something, as it is kept in rows: `user:<uuid>`, `token:<uuid>` or `system`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person.
    User(UserId),
    /// A workspace API token.
    Token(ApiTokenId),
    /// Handoff itself, or an operator at its command line.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// The text is not an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an actor")]
pub struct ActorParseError;

impl FromStr for Actor {
    type Err = ActorParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("user", id)) => id.parse().map(Self::User).map_err(|_| ActorParseError),
            Some(("token", id)) => id.parse().map(Self::Token).map_err(|_| ActorParseError),
            None if text == "system" => Ok(Self::System),
            _ => Err(ActorParseError),
        }
    }
}

/// What a caller may do in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceAccess {
    /// The workspace.
    pub workspace: Workspace,
    /// The caller's role there.
    pub role: Role,
    /// The features that are on, in alphabetical order.
    pub features: Vec<String>,
}

impl WorkspaceAccess {
    /// Whether a feature is on.
    #[must_use]
    pub fn has_feature(&self, name: &str) -> bool {
        self.features.iter().any(|feature| feature == name)
    }
}
