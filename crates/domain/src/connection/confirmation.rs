//! Finishing a parked grant: the person who began names the site.

use time::OffsetDateTime;

use super::error::ConnectionError;
use super::model::{PendingConnection, TokenGrant, TrackerSiteChoice};
use super::sealing::{TokenColumns, seal_failure};
use super::service::{ConnectionService, ConnectionStatus};
use crate::shared::ids::WorkspaceId;
use crate::shared::validation::Problems;
use crate::workspace::model::Actor;

/// The sites of a parked grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingSites {
    /// The sites to choose from.
    pub sites: Vec<TrackerSiteChoice>,
    /// When the grant is forgotten.
    pub expires_at: OffsetDateTime,
}

impl ConnectionService {
    /// The sites of a parked grant, for the person who began.
    ///
    /// # Errors
    /// [`ConnectionError::Invalid`] for an unknown, used or late secret, [`ConnectionError::Forbidden`] for anybody else.
    pub async fn pending(
        &self,
        actor: Actor,
        confirm: &str,
    ) -> Result<PendingSites, ConnectionError> {
        let pending = self.parked(actor, confirm).await?;
        Ok(PendingSites {
            sites: pending.sites,
            expires_at: pending.expires_at,
        })
    }

    /// Finishes a parked grant with the chosen site.
    ///
    /// # Errors
    /// As for [`ConnectionService::pending`]; [`ConnectionError::Invalid`] too when the workspace is another one or no
    /// site of the grant is named; the errors of asking the tracker for the account.
    pub async fn confirm(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        confirm: &str,
        cloud_id: Option<&str>,
    ) -> Result<ConnectionStatus, ConnectionError> {
        let pending = self.parked(actor, confirm).await?;
        if pending.workspace_id != workspace {
            let message = "the flow was begun for another workspace";
            return Err(ConnectionError::Invalid(Problems::one(
                "/workspace_id",
                message,
            )));
        }
        let site = self.chosen_site(&pending, cloud_id).await?;
        let grant = self.open_pending(&pending)?;
        let account_id = self
            .ports
            .authorizer
            .account_id(&grant.access_token, &site.cloud_id)
            .await?;
        let hash = self.ports.hasher.hash(confirm);
        if self.ports.flows.take_pending(&hash).await?.is_none() {
            return Err(unknown_confirm());
        }
        self.save(workspace, actor, &site, &grant, account_id)
            .await?;
        self.status(workspace).await
    }

    async fn chosen_site(
        &self,
        pending: &PendingConnection,
        cloud_id: Option<&str>,
    ) -> Result<TrackerSiteChoice, ConnectionError> {
        let found = match cloud_id {
            Some(id) => pending.sites.iter().find(|site| site.cloud_id == id),
            None => {
                let kept = self.reconnect_site(pending.workspace_id).await?;
                site_without_asking(kept.as_deref(), &pending.sites)
            }
        };
        found.cloned().ok_or_else(|| {
            let message = "name one of the sites that pending lists";
            ConnectionError::Invalid(Problems::one("/cloud_id", message))
        })
    }

    async fn parked(
        &self,
        actor: Actor,
        confirm: &str,
    ) -> Result<PendingConnection, ConnectionError> {
        let hash = self.ports.hasher.hash(confirm);
        let found = self.ports.flows.find_pending(&hash).await?;
        let pending = found
            .filter(|pending| pending.expires_at > self.ports.clock.now())
            .ok_or_else(unknown_confirm)?;
        if pending.actor != actor {
            return Err(ConnectionError::Forbidden);
        }
        Ok(pending)
    }

    fn open_pending(&self, pending: &PendingConnection) -> Result<TokenGrant, ConnectionError> {
        let columns = TokenColumns::PENDING;
        let workspace = pending.workspace_id;
        let sealer = self.ports.sealer.as_ref();
        let access = sealer
            .open(&pending.tokens.access_token, columns.access(workspace))
            .map_err(seal_failure)?;
        let refresh = pending
            .tokens
            .refresh_token
            .as_ref()
            .map(|sealed| sealer.open(sealed, columns.refresh(workspace)))
            .transpose()
            .map_err(seal_failure)?;
        let left = pending.tokens.access_token_expires_at - self.ports.clock.now();
        Ok(TokenGrant {
            access_token: access,
            refresh_token: refresh,
            expires_in: left.try_into().unwrap_or_default(),
            scope: pending.scope.clone(),
        })
    }
}

/// The site that a reconnect keeps, or the only one.
pub(super) fn site_without_asking<'a>(
    kept: Option<&str>,
    sites: &'a [TrackerSiteChoice],
) -> Option<&'a TrackerSiteChoice> {
    let held = kept.and_then(|id| sites.iter().find(|site| site.cloud_id == id));
    match (held, sites) {
        (Some(site), _) | (None, [site]) => Some(site),
        (None, _) => None,
    }
}

fn unknown_confirm() -> ConnectionError {
    let message = "this secret is unknown, used or too old; begin again with connect";
    ConnectionError::Invalid(Problems::one("/confirm", message))
}
