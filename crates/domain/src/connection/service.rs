//! Connecting a workspace to a site, confirming, asking how it stands, disconnecting.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use time::Duration;
use url::Url;

use super::error::ConnectionError;
use super::model::{
    Integration, IntegrationConfig, OAuthState, Platform, ReconnectReason, TokenGrant,
    TrackerSiteChoice,
};
use super::ports::{
    GrantFlows, IntegrationRepository, RefreshRepository, SecretHasher, SecretSealer,
    TrackerAuthorizer, WriteOutcome,
};
use super::sealing::{TokenColumns, seal_grant};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::audit::ports::AuditTrail;
use crate::shared::clock::{Clock, Randomness};
use crate::shared::failure::{Failure, FailureKind};
use crate::shared::ids::{IdSource, WorkspaceId};
use crate::shared::secret::{hex, new_secret};
use crate::shared::validation::Problems;
use crate::workspace::model::Actor;
use crate::workspace::service::WorkspaceService;

/// How long a consent may take.
pub const STATE_LIFETIME: Duration = Duration::minutes(10);
/// How long a parked grant waits for its confirmation.
pub const PENDING_LIFETIME: Duration = Duration::minutes(30);
/// How long Atlassian lets a grant live, whatever is refreshed.
const GRANT_LIFETIME: Duration = Duration::days(365);
/// How long before its end a grant's end is announced.
const GRANT_NOTICE: Duration = Duration::days(30);
/// How often the row is read again when somebody else writes it at the same moment.
const WRITE_ATTEMPTS: u32 = 5;

/// Where the browser may be sent after the callback.
#[derive(Clone, Debug)]
pub struct ReturnTargets {
    /// The web app, where nothing else was asked for.
    pub app_url: Url,
    /// Further web apps whose origin is allowed.
    pub other_origins: Vec<Url>,
}

impl ReturnTargets {
    /// Reads a wanted target whose origin is allowed.
    fn parse(&self, wanted: &str) -> Option<Url> {
        let url = Url::parse(wanted).ok()?;
        let allowed = std::iter::once(&self.app_url).chain(&self.other_origins);
        let is_allowed = url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && allowed
                .into_iter()
                .any(|known| known.origin() == url.origin());
        is_allowed.then_some(url)
    }
}

/// The ports that connecting stands on.
#[derive(Clone)]
pub struct ConnectionPorts {
    /// Stored integrations.
    pub integrations: Arc<dyn IntegrationRepository>,
    /// Consents that were begun, and grants that wait for their confirmation.
    pub flows: Arc<dyn GrantFlows>,
    /// What becomes of tokens.
    pub refreshes: Arc<dyn RefreshRepository>,
    /// The tracker's authorization server.
    pub authorizer: Arc<dyn TrackerAuthorizer>,
    /// Seals tokens.
    pub sealer: Arc<dyn SecretSealer>,
    /// Hashes states and confirm secrets.
    pub hasher: Arc<dyn SecretHasher>,
    /// The audit record.
    pub audit: Arc<dyn AuditTrail>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Draws secrets.
    pub randomness: Arc<dyn Randomness>,
    /// Draws ids.
    pub ids: IdSource,
}

impl std::fmt::Debug for ConnectionPorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionPorts").finish_non_exhaustive()
    }
}

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct ConnectionService {
    pub(super) ports: ConnectionPorts,
    pub(super) workspaces: WorkspaceService,
    pub(super) targets: ReturnTargets,
}

/// The cookie that ties a flow to the browser that began it.
#[derive(Debug)]
pub struct FlowCookie {
    /// Its name, one per flow.
    pub name: String,
    /// Its value.
    pub value: SecretString,
}

/// A consent that was begun.
#[derive(Debug)]
pub struct ConnectStarted {
    /// Where the browser goes.
    pub auth_url: Url,
    /// The state that comes back with it.
    pub state: SecretString,
    /// The cookie to set.
    pub cookie: FlowCookie,
}

/// How a workspace's connection stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// The active integration.
    pub integration: Option<Integration>,
    /// `grant_ended`, `no_refresh_token`, or `grant_ends_soon` in the 30 days before a grant's end.
    pub reason: Option<&'static str>,
}

/// The name of the cookie of the flow with this state.
#[must_use]
pub fn flow_cookie_name(state_hash: &[u8; 32]) -> String {
    let digits = hex(state_hash);
    format!("handoff_flow_{}", digits.get(..16).unwrap_or(&digits))
}

impl ConnectionService {
    /// Puts the service on its ports.
    #[must_use]
    pub const fn new(
        ports: ConnectionPorts,
        workspaces: WorkspaceService,
        targets: ReturnTargets,
    ) -> Self {
        Self {
            ports,
            workspaces,
            targets,
        }
    }

    /// Begins a consent.
    ///
    /// # Errors
    /// [`ConnectionError::Invalid`] for a `return_to` of another origin, [`ConnectionError::NotConfigured`].
    pub async fn connect(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        return_to: Option<&str>,
    ) -> Result<ConnectStarted, ConnectionError> {
        if return_to.is_some_and(|wanted| self.targets.parse(wanted).is_none()) {
            let message = "give an absolute URL whose origin is configured for the web app";
            return Err(ConnectionError::Invalid(Problems::one(
                "/return_to",
                message,
            )));
        }
        let state = new_secret(self.ports.randomness.as_ref(), "");
        let auth_url = self.ports.authorizer.authorize_url(state.expose_secret())?;
        let value = new_secret(self.ports.randomness.as_ref(), "");
        let now = self.ports.clock.now();
        let state_hash = self.ports.hasher.hash(state.expose_secret());
        let row = OAuthState {
            state_hash,
            browser_hash: self.ports.hasher.hash(value.expose_secret()),
            workspace_id: workspace,
            actor,
            return_to: return_to.map(str::to_owned),
            expires_at: now + STATE_LIFETIME,
        };
        self.ports.flows.insert_state(&row, now).await?;
        self.note(workspace, actor, AuditAction::ConnectStarted, "ok")
            .await?;
        let cookie = FlowCookie {
            name: flow_cookie_name(&state_hash),
            value,
        };
        Ok(ConnectStarted {
            auth_url,
            state,
            cookie,
        })
    }

    /// The site of the active integration, which a reconnect keeps without asking.
    pub(super) async fn reconnect_site(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Option<String>, ConnectionError> {
        let row = self
            .ports
            .integrations
            .find(workspace, Platform::Jira)
            .await?;
        Ok(row
            .filter(|row| row.is_active)
            .map(|row| row.config.cloud_id))
    }

    /// Writes the integration, whatever generation the row has.
    pub(super) async fn save(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        site: &TrackerSiteChoice,
        grant: &TokenGrant,
        account_id: String,
    ) -> Result<(), ConnectionError> {
        let config = IntegrationConfig {
            cloud_id: site.cloud_id.clone(),
            site_url: site.url.trim_end_matches('/').to_owned(),
            site_name: site.name.clone(),
            scope: grant.scope.clone(),
            account_id,
        };
        let now = self.ports.clock.now();
        let columns = TokenColumns::INTEGRATION;
        let tokens = seal_grant(self.ports.sealer.as_ref(), workspace, columns, grant, now)?;
        for _ in 0..WRITE_ATTEMPTS {
            let former = self
                .ports
                .integrations
                .find(workspace, Platform::Jira)
                .await?;
            let row = Integration {
                id: former
                    .as_ref()
                    .map_or_else(|| self.ports.ids.next(), |row| row.id),
                workspace_id: workspace,
                platform: Platform::Jira,
                is_active: true,
                config: config.clone(),
                tokens: Some(tokens.clone()),
                spare_refresh_token: None,
                generation: former.as_ref().map_or(1, |row| row.generation + 1),
                refresh: None,
                needs_reconnect: None,
                connected_by: actor,
                connected_at: now,
                disconnected_at: None,
                updated_at: now,
            };
            let audit = self.entry(workspace, actor, AuditAction::Connected, "ok");
            let expected = former.map(|row| row.generation);
            match self
                .ports
                .integrations
                .connect(&row, expected, &audit)
                .await?
            {
                WriteOutcome::Done => return Ok(()),
                WriteOutcome::Conflict => {}
            }
        }
        Err(Failure::new(
            FailureKind::Unavailable,
            "the integration is written by others",
        )
        .into())
    }

    /// How the workspace's connection stands.
    ///
    /// # Errors
    /// [`ConnectionError::Failure`].
    pub async fn status(
        &self,
        workspace: WorkspaceId,
    ) -> Result<ConnectionStatus, ConnectionError> {
        let row = self
            .ports
            .integrations
            .find(workspace, Platform::Jira)
            .await?;
        let Some(integration) = row.filter(|row| row.is_active) else {
            return Ok(ConnectionStatus::default());
        };
        let notice_from = integration.connected_at + GRANT_LIFETIME - GRANT_NOTICE;
        let ends_soon = self.ports.clock.now() >= notice_from;
        let reason = integration
            .needs_reconnect
            .map(ReconnectReason::as_str)
            .or_else(|| ends_soon.then_some("grant_ends_soon"));
        Ok(ConnectionStatus {
            integration: Some(integration),
            reason,
        })
    }

    /// Disconnects the workspace: the row stays, both tokens are gone. Answers whether it was connected.
    ///
    /// # Errors
    /// [`ConnectionError::Failure`].
    pub async fn disconnect(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
    ) -> Result<bool, ConnectionError> {
        let audit = self.entry(workspace, actor, AuditAction::Disconnected, "ok");
        let now = self.ports.clock.now();
        Ok(self
            .ports
            .integrations
            .disconnect(workspace, Platform::Jira, now, &audit)
            .await?)
    }

    pub(super) async fn note(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        action: AuditAction,
        result: &str,
    ) -> Result<(), Failure> {
        self.ports
            .audit
            .record(&self.entry(workspace, actor, action, result))
            .await
    }

    pub(super) fn entry(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        action: AuditAction,
        result: &str,
    ) -> AuditEntry {
        AuditEntry {
            id: self.ports.ids.next(),
            workspace_id: Some(workspace),
            actor,
            action,
            subject: format!("integration:{}", Platform::Jira),
            result: result.to_owned(),
            at: self.ports.clock.now(),
        }
    }
}
