//! Rows of integrations, states and parked grants.

use diesel::prelude::*;
use handoff_domain::connection::model::{
    Integration, OAuthState, PendingConnection, RefreshIntent, SealedSecret, SealedTokens,
};
use serde_json::Value;
use time::OffsetDateTime;

use super::super::Backend;
use super::super::schema::{integrations, oauth_states, pending_connections};
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_actor, parse_hash, parse_json, parse_word, to_json};

/// An integration; as a changeset an absent value clears its column.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(
    table_name = integrations,
    check_for_backend(Backend),
    treat_none_as_default_value = false,
    treat_none_as_null = true
)]
pub(super) struct IntegrationRow {
    pub(super) id: RowId,
    pub(super) workspace_id: RowId,
    pub(super) integration_type: String,
    pub(super) is_active: bool,
    pub(super) site_id: Option<String>,
    pub(super) config: Value,
    pub(super) access_token_encrypted: Option<Vec<u8>>,
    pub(super) refresh_token_encrypted: Option<Vec<u8>>,
    pub(super) spare_refresh_token_encrypted: Option<Vec<u8>>,
    pub(super) access_token_expires_at: Option<OffsetDateTime>,
    pub(super) generation: i64,
    pub(super) refresh_lease_id: Option<RowId>,
    pub(super) refresh_started_at: Option<OffsetDateTime>,
    pub(super) needs_reconnect: Option<String>,
    pub(super) connected_by: String,
    pub(super) connected_at: OffsetDateTime,
    pub(super) disconnected_at: Option<OffsetDateTime>,
    pub(super) updated_at: OffsetDateTime,
}

impl IntegrationRow {
    /// The row of an integration.
    pub(super) fn new(integration: &Integration) -> Result<Self, StoreError> {
        let tokens = integration.tokens.as_ref();
        let refresh_token = tokens.and_then(|tokens| tokens.refresh_token.as_ref());
        let refresh = integration.refresh;
        Ok(Self {
            id: integration.id.into(),
            workspace_id: integration.workspace_id.into(),
            integration_type: integration.platform.word().to_owned(),
            is_active: integration.is_active,
            site_id: Some(integration.config.cloud_id.clone()),
            config: to_json(&integration.config)?,
            access_token_encrypted: tokens.map(|tokens| bytes(&tokens.access_token)),
            refresh_token_encrypted: refresh_token.map(bytes),
            spare_refresh_token_encrypted: integration.spare_refresh_token.as_ref().map(bytes),
            access_token_expires_at: tokens.map(|tokens| tokens.access_token_expires_at),
            generation: integration.generation,
            refresh_lease_id: refresh.map(|intent| intent.lease_id.into()),
            refresh_started_at: refresh.map(|intent| intent.started_at),
            needs_reconnect: integration
                .needs_reconnect
                .map(|reason| reason.word().to_owned()),
            connected_by: integration.connected_by.to_string(),
            connected_at: integration.connected_at,
            disconnected_at: integration.disconnected_at,
            updated_at: integration.updated_at,
        })
    }

    /// Takes the tokens away.
    pub(super) fn forget_tokens(&mut self) {
        self.access_token_encrypted = None;
        self.refresh_token_encrypted = None;
        self.spare_refresh_token_encrypted = None;
        self.access_token_expires_at = None;
    }

    /// Keeps another pair of tokens.
    pub(super) fn set_tokens(&mut self, tokens: &SealedTokens) {
        self.access_token_encrypted = Some(bytes(&tokens.access_token));
        self.refresh_token_encrypted = tokens.refresh_token.as_ref().map(bytes);
        self.access_token_expires_at = Some(tokens.access_token_expires_at);
    }

    /// Clears the written intent to refresh.
    pub(super) const fn forget_refresh(&mut self) {
        self.refresh_lease_id = None;
        self.refresh_started_at = None;
    }
}

impl TryFrom<IntegrationRow> for Integration {
    type Error = StoreError;

    fn try_from(row: IntegrationRow) -> Result<Self, StoreError> {
        let tokens = row.access_token_encrypted.zip(row.access_token_expires_at);
        let refresh_token = row.refresh_token_encrypted.map(SealedSecret::from_bytes);
        let refresh = row.refresh_lease_id.zip(row.refresh_started_at);
        let needs_reconnect = row.needs_reconnect.as_deref();
        Ok(Self {
            id: row.id.id(),
            workspace_id: row.workspace_id.id(),
            platform: parse_word("integrations.integration_type", &row.integration_type)?,
            is_active: row.is_active,
            config: parse_json("integrations.config", row.config)?,
            tokens: tokens.map(|(access_token, access_token_expires_at)| SealedTokens {
                access_token: SealedSecret::from_bytes(access_token),
                refresh_token,
                access_token_expires_at,
            }),
            spare_refresh_token: row
                .spare_refresh_token_encrypted
                .map(SealedSecret::from_bytes),
            generation: row.generation,
            refresh: refresh.map(|(lease_id, started_at)| RefreshIntent {
                lease_id: lease_id.id(),
                started_at,
            }),
            needs_reconnect: needs_reconnect
                .map(|word| parse_word("integrations.needs_reconnect", word))
                .transpose()?,
            connected_by: parse_actor("integrations.connected_by", &row.connected_by)?,
            connected_at: row.connected_at,
            disconnected_at: row.disconnected_at,
            updated_at: row.updated_at,
        })
    }
}

/// The bytes of an envelope.
pub(super) fn bytes(sealed: &SealedSecret) -> Vec<u8> {
    sealed.as_bytes().to_vec()
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_states, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct StateRow {
    state_hash: Vec<u8>,
    browser_hash: Vec<u8>,
    workspace_id: RowId,
    actor: String,
    return_to: Option<String>,
    expires_at: OffsetDateTime,
}

impl From<&OAuthState> for StateRow {
    fn from(state: &OAuthState) -> Self {
        Self {
            state_hash: state.state_hash.to_vec(),
            browser_hash: state.browser_hash.to_vec(),
            workspace_id: state.workspace_id.into(),
            actor: state.actor.to_string(),
            return_to: state.return_to.clone(),
            expires_at: state.expires_at,
        }
    }
}

impl TryFrom<StateRow> for OAuthState {
    type Error = StoreError;

    fn try_from(row: StateRow) -> Result<Self, StoreError> {
        Ok(Self {
            state_hash: parse_hash("oauth_states.state_hash", &row.state_hash)?,
            browser_hash: parse_hash("oauth_states.browser_hash", &row.browser_hash)?,
            workspace_id: row.workspace_id.id(),
            actor: parse_actor("oauth_states.actor", &row.actor)?,
            return_to: row.return_to,
            expires_at: row.expires_at,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(
    table_name = pending_connections,
    check_for_backend(Backend),
    treat_none_as_default_value = false
)]
pub(super) struct PendingRow {
    confirm_hash: Vec<u8>,
    workspace_id: RowId,
    actor: String,
    sites: Value,
    access_token_encrypted: Vec<u8>,
    refresh_token_encrypted: Option<Vec<u8>>,
    access_token_expires_at: OffsetDateTime,
    scope: String,
    expires_at: OffsetDateTime,
}

impl PendingRow {
    pub(super) fn new(pending: &PendingConnection) -> Result<Self, StoreError> {
        Ok(Self {
            confirm_hash: pending.confirm_hash.to_vec(),
            workspace_id: pending.workspace_id.into(),
            actor: pending.actor.to_string(),
            sites: to_json(&pending.sites)?,
            access_token_encrypted: bytes(&pending.tokens.access_token),
            refresh_token_encrypted: pending.tokens.refresh_token.as_ref().map(bytes),
            access_token_expires_at: pending.tokens.access_token_expires_at,
            scope: pending.scope.clone(),
            expires_at: pending.expires_at,
        })
    }
}

impl TryFrom<PendingRow> for PendingConnection {
    type Error = StoreError;

    fn try_from(row: PendingRow) -> Result<Self, StoreError> {
        Ok(Self {
            confirm_hash: parse_hash("pending_connections.confirm_hash", &row.confirm_hash)?,
            workspace_id: row.workspace_id.id(),
            actor: parse_actor("pending_connections.actor", &row.actor)?,
            sites: parse_json("pending_connections.sites", row.sites)?,
            tokens: SealedTokens {
                access_token: SealedSecret::from_bytes(row.access_token_encrypted),
                refresh_token: row.refresh_token_encrypted.map(SealedSecret::from_bytes),
                access_token_expires_at: row.access_token_expires_at,
            },
            scope: row.scope,
            expires_at: row.expires_at,
        })
    }
}
