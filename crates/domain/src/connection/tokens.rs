//! Fresh access tokens: one refresh at a time for each grant, across tasks and processes.
//!
//! The row is the only lock. An intent (lease, generation, start) is written before the token endpoint is called, the new pair
//! is saved before it is used, and every write compares and bumps the generation. A lease is never compared with a wall clock:
//! whoever wants to take it over must itself have seen the row unchanged for the lease's whole length.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use super::model::{Integration, ReconnectReason, SealedSecret, TokenGrant, TrackerSite};
use super::ports::{
    AccessToken, AccessTokenError, AccessTokens, AuthorizerError, SealContext, SendDeadline,
    WriteOutcome,
};
use super::sealing::{TokenColumns, seal_failure, seal_grant};
use super::service::ConnectionPorts;
use crate::audit::model::{AuditAction, AuditEntry};
use crate::shared::failure::{Failure, FailureKind};
use crate::workspace::model::Actor;

/// How long before its end an access token is replaced.
const REFRESH_AHEAD: time::Duration = time::Duration::seconds(90);
/// How long a refresh may hold the row.
const LEASE: Duration = Duration::from_secs(30);
/// How long before the end of the lease the request must have left.
const SEND_WITHIN: Duration = Duration::from_secs(15);
/// How often those who wait look at the row.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long anybody waits for a token.
const WAIT_AT_MOST: Duration = Duration::from_secs(90);
/// How often a refresh whose answer was lost is replayed.
const REPLAYS: u32 = 2;
/// Rows not written for this long are refreshed in the background. Atlassian ends a grant after 90 days without a refresh;
/// a failed refresh writes the row too, so that this leaves a dozen tries.
const IDLE_AFTER: time::Duration = time::Duration::days(7);
/// How many idle grants are refreshed in one go.
const IDLE_BATCH: u32 = 50;

/// Gives access tokens out of the stored integrations.
#[derive(Clone, Debug)]
pub struct TokenKeeper {
    ports: ConnectionPorts,
}

/// What an observer saw of the row, and since when on its own clock.
struct Watch {
    generation: i64,
    since: Duration,
}

#[async_trait]
impl AccessTokens for TokenKeeper {
    async fn token(&self, site: &TrackerSite) -> Result<AccessToken, AccessTokenError> {
        let row = self.load(site).await?;
        if self.is_fresh(&row) {
            return self.open_access(&row);
        }
        self.refresh(site, row).await
    }

    async fn renew(
        &self,
        site: &TrackerSite,
        refused_generation: i64,
    ) -> Result<AccessToken, AccessTokenError> {
        let row = self.load(site).await?;
        let was_replaced = row.generation != refused_generation && row.refresh.is_none();
        if was_replaced && self.is_fresh(&row) {
            return self.open_access(&row);
        }
        self.refresh(site, row).await
    }
}

impl TokenKeeper {
    /// Puts the keeper on its ports.
    #[must_use]
    pub const fn new(ports: ConnectionPorts) -> Self {
        Self { ports }
    }

    /// Refreshes grants that would otherwise end for want of use; answers how many.
    ///
    /// # Errors
    /// The failure of the store; those of single grants are logged.
    pub async fn refresh_idle(&self) -> Result<u32, Failure> {
        let before = self.ports.clock.now() - IDLE_AFTER;
        let mut refreshed = 0;
        for row in self.ports.connections.list_idle(before, IDLE_BATCH).await? {
            let site = row.site();
            match self.refresh(&site, row).await {
                Ok(_) => refreshed += 1,
                Err(error) => {
                    let workspace = site.workspace_id;
                    tracing::warn!(%workspace, %error, "an idle grant could not be refreshed");
                }
            }
        }
        Ok(refreshed)
    }

    /// The active row of the site and account that the call is for.
    async fn load(&self, site: &TrackerSite) -> Result<Integration, AccessTokenError> {
        let row = self
            .ports
            .connections
            .find(site.workspace_id, site.platform)
            .await?;
        let row = row
            .filter(|row| row.is_active && row.tokens.is_some())
            .filter(|row| row.config.cloud_id == site.cloud_id)
            .filter(|row| row.config.account_id == site.account_id)
            .ok_or(AccessTokenError::NotConnected)?;
        if row.needs_reconnect.is_some() {
            return Err(AccessTokenError::ReconnectRequired);
        }
        Ok(row)
    }

    fn is_fresh(&self, row: &Integration) -> bool {
        let soon = self.ports.clock.now() + REFRESH_AHEAD;
        row.tokens
            .as_ref()
            .is_some_and(|tokens| tokens.access_token_expires_at > soon)
    }

    fn open_access(&self, row: &Integration) -> Result<AccessToken, AccessTokenError> {
        let tokens = row.tokens.as_ref().ok_or(AccessTokenError::NotConnected)?;
        let context = TokenColumns::INTEGRATION.access(row.workspace_id);
        let secret = self.open(&tokens.access_token, context)?;
        Ok(AccessToken {
            secret,
            generation: row.generation,
        })
    }

    fn open(&self, sealed: &SealedSecret, context: SealContext) -> Result<SecretString, Failure> {
        self.ports
            .sealer
            .open(sealed, context)
            .map_err(seal_failure)
    }

    /// Takes the row's lease and refreshes, or waits for the one who holds it.
    async fn refresh(
        &self,
        site: &TrackerSite,
        mut row: Integration,
    ) -> Result<AccessToken, AccessTokenError> {
        let begun = self.ports.clock.monotonic();
        let mut seen = Watch {
            generation: row.generation,
            since: begun,
        };
        while self.ports.clock.monotonic().saturating_sub(begun) < WAIT_AT_MOST {
            let now = self.ports.clock.monotonic();
            if seen.generation != row.generation {
                seen = Watch {
                    generation: row.generation,
                    since: now,
                };
            }
            let may_take = row.refresh.is_none() || now.saturating_sub(seen.since) >= LEASE;
            if may_take {
                // Counted from before the intent is written: a process frozen in between must not send any more.
                let deadline = SendDeadline(now + SEND_WITHIN);
                let lease = self.ports.ids.next();
                let at = self.ports.clock.now();
                let connections = &self.ports.connections;
                let begun = connections
                    .begin_refresh(row.id, row.generation, lease, at)
                    .await?;
                if begun == WriteOutcome::Done {
                    row.generation += 1;
                    return self.refresh_held(site, row, deadline).await;
                }
            } else {
                self.ports.clock.sleep(LOOK_EVERY).await;
            }
            row = self.load(site).await?;
            if row.refresh.is_none() && self.is_fresh(&row) {
                return self.open_access(&row);
            }
        }
        Err(Failure::new(FailureKind::TimedOut, "another process holds the refresh").into())
    }

    /// Sends the refresh; the row is held by this call.
    async fn refresh_held(
        &self,
        site: &TrackerSite,
        row: Integration,
        deadline: SendDeadline,
    ) -> Result<AccessToken, AccessTokenError> {
        let stored = row.tokens.as_ref();
        let Some(stored) = stored.and_then(|pair| pair.refresh_token.clone()) else {
            return self
                .give_up(site, &row, ReconnectReason::NoRefreshToken)
                .await;
        };
        let mut answer = self.send(&row, &stored, deadline).await;
        for _ in 0..REPLAYS {
            if !matches!(answer, Err(AuthorizerError::Lost(_))) {
                break;
            }
            answer = self.send(&row, &stored, deadline).await;
        }
        match answer {
            Ok(grant) => self.keep(site, row, grant).await,
            Err(AuthorizerError::GrantRefused { reason }) => {
                tracing::info!(workspace = %row.workspace_id, reason, "the grant is refused");
                self.try_spare(site, row, deadline).await
            }
            Err(AuthorizerError::NotConfigured { .. } | AuthorizerError::AppMisconfigured) => {
                self.drop_intent(&row).await?;
                Err(AccessTokenError::AppMisconfigured)
            }
            Err(AuthorizerError::NotSent(failure) | AuthorizerError::Lost(failure)) => {
                self.drop_intent(&row).await?;
                Err(failure.into())
            }
            Err(error @ AuthorizerError::Unauthorized) => {
                self.drop_intent(&row).await?;
                Err(Failure::internal(error).into())
            }
        }
    }

    async fn send(
        &self,
        row: &Integration,
        sealed: &SealedSecret,
        deadline: SendDeadline,
    ) -> Result<TokenGrant, AuthorizerError> {
        let context = TokenColumns::INTEGRATION.refresh(row.workspace_id);
        let secret = self
            .open(sealed, context)
            .map_err(AuthorizerError::NotSent)?;
        self.ports.authorizer.refresh(&secret, deadline).await
    }

    async fn drop_intent(&self, row: &Integration) -> Result<(), Failure> {
        let now = self.ports.clock.now();
        self.ports
            .connections
            .drop_refresh(row.id, row.generation, now)
            .await
            .map(|_| ())
    }

    /// Saves the new pair before anybody uses it; a failed save is tried again while the lease lives.
    async fn keep(
        &self,
        site: &TrackerSite,
        row: Integration,
        grant: TokenGrant,
    ) -> Result<AccessToken, AccessTokenError> {
        let now = self.ports.clock.now();
        let columns = TokenColumns::INTEGRATION;
        let sealer = self.ports.sealer.as_ref();
        let mut tokens = seal_grant(sealer, row.workspace_id, columns, &grant, now)?;
        if tokens.refresh_token.is_none() {
            tokens.refresh_token = row
                .tokens
                .as_ref()
                .and_then(|old| old.refresh_token.clone());
        }
        let begun = self.ports.clock.monotonic();
        let mut generation = row.generation;
        loop {
            let connections = &self.ports.connections;
            match connections
                .finish_refresh(row.id, generation, &tokens, &grant.scope, now)
                .await
            {
                Ok(WriteOutcome::Done) => {
                    let secret = grant.access_token;
                    return Ok(AccessToken {
                        secret,
                        generation: generation + 1,
                    });
                }
                Ok(WriteOutcome::Conflict) => {
                    let present = self.load(site).await?;
                    if !self.has_same_grant(&present, &row)? {
                        let spare = tokens.refresh_token.as_ref();
                        return self.keep_as_spare(site, &present, spare).await;
                    }
                    generation = present.generation;
                }
                Err(failure) => {
                    if self.ports.clock.monotonic().saturating_sub(begun) >= LEASE - SEND_WITHIN {
                        return Err(failure.into());
                    }
                    self.ports.clock.sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// Whether the row still holds the pair that was refreshed: it was written, but only its lease or its sealing.
    ///
    /// Then the new pair is the only one that lives, and goes in before whoever took the lease over.
    fn has_same_grant(&self, one: &Integration, other: &Integration) -> Result<bool, Failure> {
        let pair = (self.refresh_token(one)?, self.refresh_token(other)?);
        Ok(matches!(pair, (Some(a), Some(b)) if a.expose_secret() == b.expose_secret()))
    }

    fn refresh_token(&self, row: &Integration) -> Result<Option<SecretString>, Failure> {
        let sealed = row
            .tokens
            .as_ref()
            .and_then(|pair| pair.refresh_token.as_ref());
        let context = TokenColumns::INTEGRATION.refresh(row.workspace_id);
        sealed.map(|sealed| self.open(sealed, context)).transpose()
    }

    /// Somebody else saved a pair: theirs counts, ours is kept in case theirs turns out dead.
    async fn keep_as_spare(
        &self,
        site: &TrackerSite,
        row: &Integration,
        spare: Option<&SealedSecret>,
    ) -> Result<AccessToken, AccessTokenError> {
        let now = self.ports.clock.now();
        let kept = self
            .ports
            .connections
            .set_spare(row.id, row.generation, spare, now)
            .await?;
        if kept == WriteOutcome::Conflict {
            tracing::warn!(workspace = %site.workspace_id, "a spare token could not be kept");
        }
        self.open_access(&self.load(site).await?)
    }

    /// Tries the pair that lost a race, once, before a person is asked to connect again.
    async fn try_spare(
        &self,
        site: &TrackerSite,
        mut row: Integration,
        deadline: SendDeadline,
    ) -> Result<AccessToken, AccessTokenError> {
        let Some(spare) = row.spare_refresh_token.take() else {
            return self.give_up(site, &row, ReconnectReason::GrantEnded).await;
        };
        let now = self.ports.clock.now();
        let cleared = self
            .ports
            .connections
            .set_spare(row.id, row.generation, None, now)
            .await?;
        if cleared == WriteOutcome::Conflict {
            return self.open_access(&self.load(site).await?);
        }
        row.generation += 1;
        match self.send(&row, &spare, deadline).await {
            Ok(grant) => self.keep(site, row, grant).await,
            Err(AuthorizerError::NotSent(failure) | AuthorizerError::Lost(failure)) => {
                let connections = &self.ports.connections;
                connections
                    .set_spare(row.id, row.generation, Some(&spare), now)
                    .await?;
                row.generation += 1;
                self.drop_intent(&row).await?;
                Err(failure.into())
            }
            Err(_) => self.give_up(site, &row, ReconnectReason::GrantEnded).await,
        }
    }

    /// Writes that a person must connect again, unless somebody wrote the row meanwhile.
    async fn give_up(
        &self,
        site: &TrackerSite,
        row: &Integration,
        reason: ReconnectReason,
    ) -> Result<AccessToken, AccessTokenError> {
        let now = self.ports.clock.now();
        let audit = AuditEntry {
            id: self.ports.ids.next(),
            workspace_id: Some(row.workspace_id),
            actor: Actor::System,
            action: AuditAction::ReconnectNeeded,
            subject: format!("integration:{}", row.platform),
            result: reason.as_str().to_owned(),
            at: now,
        };
        let connections = &self.ports.connections;
        let (id, generation) = (row.id, row.generation);
        let marked = connections
            .mark_needs_reconnect(id, generation, reason, now, &audit)
            .await?;
        match marked {
            WriteOutcome::Done => Err(AccessTokenError::ReconnectRequired),
            WriteOutcome::Conflict => self.open_access(&self.load(site).await?),
        }
    }
}
