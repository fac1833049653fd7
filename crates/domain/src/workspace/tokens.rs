//! The API tokens of a workspace.

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::error::WorkspaceError;
use super::model::{Actor, ApiToken, Role};
use super::service::WorkspaceService;
use crate::audit::model::AuditAction;
use crate::shared::ids::{ApiTokenId, WorkspaceId};
use crate::shared::secret::new_secret;

/// The prefix of every workspace API token, so that a leaked one can be told by its look.
pub const TOKEN_PREFIX: &str = "handoff_";

/// A new token with its secret, which is shown this once.
#[derive(Debug)]
pub struct NewToken {
    /// The token.
    pub token: ApiToken,
    /// The bearer secret.
    pub secret: SecretString,
}

impl WorkspaceService {
    /// Who a bearer secret of ours belongs to.
    ///
    /// # Errors
    /// [`WorkspaceError::Failure`].
    pub async fn token_actor(&self, secret: &str) -> Result<Option<Actor>, WorkspaceError> {
        if !secret.starts_with(TOKEN_PREFIX) {
            return Ok(None);
        }
        let hash = self.hasher.hash(secret);
        let found = self.directory.find_token(&hash, self.clock.now()).await?;
        Ok(found.map(|token| Actor::Token(token.id)))
    }

    /// Makes a token for a workspace.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub async fn create_token(
        &self,
        actor: Actor,
        workspace: WorkspaceId,
        role: Role,
        expires_at: Option<OffsetDateTime>,
    ) -> Result<NewToken, WorkspaceError> {
        self.existing(workspace).await?;
        let token = ApiToken {
            id: self.ids.next(),
            workspace_id: workspace,
            role,
            created_at: self.clock.now(),
            expires_at,
            revoked_at: None,
        };
        let secret = new_secret(self.randomness.as_ref(), TOKEN_PREFIX);
        self.directory
            .create_token(&token, &self.hasher.hash(secret.expose_secret()))
            .await?;
        self.note(
            actor,
            workspace,
            AuditAction::TokenCreated,
            format!("token:{}", token.id),
        )
        .await?;
        Ok(NewToken { token, secret })
    }

    /// Revokes a token by its id or by its secret; `false` where there is none.
    ///
    /// # Errors
    /// [`WorkspaceError::Failure`].
    pub async fn revoke_token(
        &self,
        actor: Actor,
        id_or_secret: &str,
    ) -> Result<bool, WorkspaceError> {
        let now = self.clock.now();
        let id = match id_or_secret.parse::<ApiTokenId>() {
            Ok(id) => Some(id),
            Err(_) => {
                let hash = self.hasher.hash(id_or_secret);
                self.directory
                    .find_token(&hash, now)
                    .await?
                    .map(|token| token.id)
            }
        };
        let Some(id) = id else { return Ok(false) };
        if !self.directory.revoke_token(id, now).await? {
            return Ok(false);
        }
        let entry = self.entry(
            actor,
            None,
            AuditAction::TokenRevoked,
            format!("token:{id}"),
        );
        self.audit.record(&entry).await?;
        Ok(true)
    }
}
