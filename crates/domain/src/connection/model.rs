//! Integrations, flows in progress and grants.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::shared::ids::{IntegrationId, LeaseId, WorkspaceId};
use crate::workspace::model::Actor;

/// A tracker that tickets can be pushed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Jira Cloud.
    Jira,
}

impl Platform {
    /// The word used in rows and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jira => "jira",
        }
    }

    /// Reads the word; `None` for trackers that are not supported.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        (word == "jira").then_some(Self::Jira)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A secret as it is kept: the sealer's envelope, useless without its key.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(Vec<u8>);

impl SealedSecret {
    /// Wraps an envelope.
    #[must_use]
    pub const fn from_bytes(envelope: Vec<u8>) -> Self {
        Self(envelope)
    }

    /// The envelope.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedSecret({} bytes)", self.0.len())
    }
}

/// What an integration knows of its site; kept as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrationConfig {
    /// The site's immutable id.
    pub cloud_id: String,
    /// Where people reach the site, without a trailing slash.
    pub site_url: String,
    /// What people call the site.
    pub site_name: String,
    /// The scopes granted, separated by spaces.
    pub scope: String,
    /// The tracker account that granted them, on whose behalf everything is done.
    pub account_id: String,
}

/// The written intent of a refresh that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshIntent {
    /// Who holds it.
    pub lease_id: LeaseId,
    /// When the refresh token was first sent, by the clock of the process that sent it.
    pub started_at: OffsetDateTime,
}

/// Why a person must connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReconnectReason {
    /// The token endpoint no longer takes the refresh token.
    GrantEnded,
    /// The grant came without a refresh token.
    NoRefreshToken,
}

impl ReconnectReason {
    /// The word kept in the row and shown in the status.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GrantEnded => "grant_ended",
            Self::NoRefreshToken => "no_refresh_token",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::GrantEnded, Self::NoRefreshToken]
            .into_iter()
            .find(|reason| reason.as_str() == word)
    }
}

/// The sealed tokens of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedTokens {
    /// The access token.
    pub access_token: SealedSecret,
    /// The refresh token, where the grant has one.
    pub refresh_token: Option<SealedSecret>,
    /// When the access token ends.
    pub access_token_expires_at: OffsetDateTime,
}

/// The integration of a workspace with a tracker; one row each, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The tracker.
    pub platform: Platform,
    /// Whether it may be used.
    pub is_active: bool,
    /// The site.
    pub config: IntegrationConfig,
    /// The tokens; `None` after a disconnect.
    pub tokens: Option<SealedTokens>,
    /// The refresh token of a pair that lost a race, tried once before giving up.
    pub spare_refresh_token: Option<SealedSecret>,
    /// Rises by one with each write to the row.
    pub generation: i64,
    /// The refresh under way, if any.
    pub refresh: Option<RefreshIntent>,
    /// Why a person must connect again, if they must.
    pub needs_reconnect: Option<ReconnectReason>,
    /// Who connected it.
    pub connected_by: Actor,
    /// When it was connected; a grant ends 365 days after.
    pub connected_at: OffsetDateTime,
    /// When it was disconnected.
    pub disconnected_at: Option<OffsetDateTime>,
    /// When the row was last written.
    pub updated_at: OffsetDateTime,
}

/// A consent that was begun, kept by the hash of its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthState {
    /// SHA-256 of the state.
    pub state_hash: [u8; 32],
    /// SHA-256 of the secret in the cookie of the browser that began.
    pub browser_hash: [u8; 32],
    /// For which workspace.
    pub workspace_id: WorkspaceId,
    /// Who began.
    pub actor: Actor,
    /// Where the browser is sent in the end; the configured web app when `None`.
    pub return_to: Option<String>,
    /// Ten minutes after it was begun.
    pub expires_at: OffsetDateTime,
}

/// A site that a grant reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerSiteChoice {
    /// The site's immutable id.
    pub cloud_id: String,
    /// What people call it.
    pub name: String,
    /// Where people reach it.
    pub url: String,
}

/// A grant that waits for the confirmation of the person who began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingConnection {
    /// SHA-256 of the confirm secret.
    pub confirm_hash: [u8; 32],
    /// For which workspace.
    pub workspace_id: WorkspaceId,
    /// Who began, and alone may finish.
    pub actor: Actor,
    /// The sites to choose from.
    pub sites: Vec<TrackerSiteChoice>,
    /// The tokens.
    pub tokens: SealedTokens,
    /// The scopes granted.
    pub scope: String,
    /// Thirty minutes after it was parked.
    pub expires_at: OffsetDateTime,
}

/// What the token endpoint gave, in clear and in memory only.
#[derive(Debug)]
pub struct TokenGrant {
    /// The access token.
    pub access_token: SecretString,
    /// The refresh token, where `offline_access` was granted.
    pub refresh_token: Option<SecretString>,
    /// How long the access token lives.
    pub expires_in: std::time::Duration,
    /// The scopes granted, separated by spaces.
    pub scope: String,
}

/// The site, account and workspace that a tracker call is made for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrackerSite {
    /// Whose tokens are used.
    pub workspace_id: WorkspaceId,
    /// The tracker.
    pub platform: Platform,
    /// The site's immutable id.
    pub cloud_id: String,
    /// Where people reach the site, without a trailing slash.
    pub site_url: String,
    /// The account on whose behalf the call is made.
    pub account_id: String,
}

impl Integration {
    /// The site that calls are made for.
    #[must_use]
    pub fn site(&self) -> TrackerSite {
        TrackerSite {
            workspace_id: self.workspace_id,
            platform: self.platform,
            cloud_id: self.config.cloud_id.clone(),
            site_url: self.config.site_url.clone(),
            account_id: self.config.account_id.clone(),
        }
    }
}
