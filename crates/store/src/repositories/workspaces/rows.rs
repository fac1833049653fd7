//! Rows of workspaces, users and tokens.

use diesel::prelude::*;
use handoff_domain::workspace::model::{ApiToken, User, Workspace};
use time::OffsetDateTime;

use super::super::Backend;
use super::super::schema::{api_tokens, users, workspaces};
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_word};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = workspaces, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct WorkspaceRow {
    pub(super) id: RowId,
    name: String,
    created_at: OffsetDateTime,
}

impl From<&Workspace> for WorkspaceRow {
    fn from(workspace: &Workspace) -> Self {
        Self {
            id: workspace.id.into(),
            name: workspace.name.clone(),
            created_at: workspace.created_at,
        }
    }
}

impl From<WorkspaceRow> for Workspace {
    fn from(row: WorkspaceRow) -> Self {
        Self {
            id: row.id.id(),
            name: row.name,
            created_at: row.created_at,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct UserRow {
    id: RowId,
    pub(super) subject: String,
    created_at: OffsetDateTime,
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.into(),
            subject: user.subject.clone(),
            created_at: user.created_at,
        }
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id.id(),
            subject: row.subject,
            created_at: row.created_at,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct TokenRow {
    id: RowId,
    workspace_id: RowId,
    role: String,
    secret_hash: Vec<u8>,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
}

impl TokenRow {
    pub(super) fn new(token: &ApiToken, secret_hash: &[u8; 32]) -> Self {
        Self {
            id: token.id.into(),
            workspace_id: token.workspace_id.into(),
            role: token.role.word().to_owned(),
            secret_hash: secret_hash.to_vec(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
        }
    }
}

impl TryFrom<TokenRow> for ApiToken {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.id(),
            workspace_id: row.workspace_id.id(),
            role: parse_word("api_tokens.role", &row.role)?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}
