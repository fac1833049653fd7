//! Sealing the tokens of a grant to the place where they are kept.

use time::OffsetDateTime;

use super::model::{Platform, SealedTokens, TokenGrant};
use super::ports::{
    SealContext, SealError, SealedHolder, SecretColumn, SecretHolder, SecretSealer,
};
use crate::shared::failure::Failure;
use crate::shared::ids::WorkspaceId;

/// Where a pair of tokens is kept; part of what they are sealed to.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenColumns {
    access: &'static str,
    refresh: &'static str,
}

impl TokenColumns {
    pub(super) const INTEGRATION: Self = Self {
        access: "integrations.access_token",
        refresh: "integrations.refresh_token",
    };
    pub(super) const PENDING: Self = Self {
        access: "pending_connections.access_token",
        refresh: "pending_connections.refresh_token",
    };

    pub(super) const fn access(self, workspace_id: WorkspaceId) -> SealContext {
        SealContext {
            workspace_id,
            platform: Platform::Jira,
            column: self.access,
        }
    }

    pub(super) const fn refresh(self, workspace_id: WorkspaceId) -> SealContext {
        SealContext {
            workspace_id,
            platform: Platform::Jira,
            column: self.refresh,
        }
    }
}

/// What the secret in a place is sealed to. A spare refresh token was sealed as a refresh token and is kept as it was.
pub(super) const fn context_of(holder: &SealedHolder, column: SecretColumn) -> SealContext {
    let columns = match holder.holder {
        SecretHolder::Integration(_) => TokenColumns::INTEGRATION,
        SecretHolder::Pending(_) => TokenColumns::PENDING,
    };
    let column = match column {
        SecretColumn::Access => columns.access,
        SecretColumn::Refresh | SecretColumn::SpareRefresh => columns.refresh,
    };
    SealContext {
        workspace_id: holder.workspace_id,
        platform: holder.platform,
        column,
    }
}

/// Seals both tokens of a grant.
pub(super) fn seal_grant(
    sealer: &dyn SecretSealer,
    workspace: WorkspaceId,
    columns: TokenColumns,
    grant: &TokenGrant,
    now: OffsetDateTime,
) -> Result<SealedTokens, Failure> {
    let access_token = sealer
        .seal(&grant.access_token, columns.access(workspace))
        .map_err(seal_failure)?;
    let refresh_token = grant
        .refresh_token
        .as_ref()
        .map(|secret| sealer.seal(secret, columns.refresh(workspace)))
        .transpose()
        .map_err(seal_failure)?;
    Ok(SealedTokens {
        access_token,
        refresh_token,
        access_token_expires_at: now + grant.expires_in,
    })
}

/// A sealing fault is an operator's, never the end of a grant.
pub(super) fn seal_failure(error: SealError) -> Failure {
    match error {
        SealError::Damaged => Failure::corrupt(error),
        SealError::UnknownKey { .. } | SealError::Sealing => Failure::internal(error),
    }
}
