//! Fresh access tokens: one refresh at a time for each grant, across tasks and processes.
//!
//! The row is the only lock. An intent (lease, generation, start) is written before the token endpoint is called, the new pair
//! is saved before it is used, and every write compares and bumps the generation. A lease is never compared with a wall clock:
//! whoever wants to take it over must itself have seen the row unchanged for the lease's whole length.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use super::model::{Integration, SealedSecret, TrackerSite};
use super::ports::{
    AccessToken, AccessTokenError, AccessTokens, SealContext, SendDeadline, WriteOutcome,
};
use super::sealing::{TokenColumns, seal_failure};
use super::service::ConnectionPorts;
use crate::shared::failure::{Failure, FailureKind};

mod held;
mod sightings;

use sightings::Sightings;

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
    sightings: Arc<Sightings>,
}

/// For whom a token is fetched, and which one the tracker refused.
#[derive(Clone, Copy)]
struct Asked<'a> {
    site: &'a TrackerSite,
    refused: Option<i64>,
}

#[async_trait]
impl AccessTokens for TokenKeeper {
    async fn token(&self, site: &TrackerSite) -> Result<AccessToken, AccessTokenError> {
        let row = self.load(site).await?;
        if self.is_fresh(&row) {
            return self.open_access(&row);
        }
        let asked = Asked {
            site,
            refused: None,
        };
        match self.refresh(asked, row).await {
            Err(error @ (AccessTokenError::Failure(_) | AccessTokenError::AppMisconfigured)) => {
                self.open_living(site).await.ok_or(error)
            }
            answer => answer,
        }
    }

    async fn renew(
        &self,
        site: &TrackerSite,
        refused_generation: i64,
    ) -> Result<AccessToken, AccessTokenError> {
        let row = self.load(site).await?;
        let asked = Asked {
            site,
            refused: Some(refused_generation),
        };
        if let Some(token) = self.open_settled(asked, &row)? {
            return Ok(token);
        }
        self.refresh(asked, row).await
    }
}

impl TokenKeeper {
    /// Puts the keeper on its ports.
    #[must_use]
    pub fn new(ports: ConnectionPorts) -> Self {
        Self {
            ports,
            sightings: Arc::default(),
        }
    }

    /// Refreshes grants that would otherwise end for want of use; answers how many.
    ///
    /// Parked grants and begun consents that have ended are forgotten on the way.
    ///
    /// # Errors
    /// The failure of the store; those of single grants are logged.
    pub async fn refresh_idle(&self) -> Result<u32, Failure> {
        let now = self.ports.clock.now();
        self.ports.flows.forget_ended(now).await?;
        let before = now - IDLE_AFTER;
        let mut refreshed = 0;
        for row in self.ports.refreshes.list_idle(before, IDLE_BATCH).await? {
            let site = row.site();
            let asked = Asked {
                site: &site,
                refused: None,
            };
            match self.refresh(asked, row).await {
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
            .integrations
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
            generation: self.name_of(&secret),
            secret,
        })
    }

    /// The present token when a newer one could not be had: it is replaced ahead of its end, so it may live a while yet.
    async fn open_living(&self, site: &TrackerSite) -> Option<AccessToken> {
        let row = self.load(site).await.ok()?;
        let now = self.ports.clock.now();
        let pair = row.tokens.as_ref();
        let lives = pair.is_some_and(|pair| pair.access_token_expires_at > now);
        self.open_access(&row).ok().filter(|_| lives)
    }

    /// The row's token when nobody refreshes it, it lives on, and it is not the refused one.
    fn open_settled(
        &self,
        asked: Asked<'_>,
        row: &Integration,
    ) -> Result<Option<AccessToken>, AccessTokenError> {
        if row.refresh.is_some() || !self.is_fresh(row) {
            return Ok(None);
        }
        let token = self.open_access(row)?;
        Ok((asked.refused != Some(token.generation)).then_some(token))
    }

    /// The present token after somebody else wrote the row, unless it is still the refused one.
    async fn open_newer(&self, asked: Asked<'_>) -> Result<AccessToken, AccessTokenError> {
        let token = self.open_access(&self.load(asked.site).await?)?;
        if asked.refused == Some(token.generation) {
            let cause = "the row changed, yet it holds the token that was refused";
            return Err(Failure::new(FailureKind::Unavailable, cause).into());
        }
        Ok(token)
    }

    /// Names a token by a part of its hash. The row's generation would not do: it rises with writes that leave the token as
    /// it was.
    fn name_of(&self, token: &SecretString) -> i64 {
        let hash = self.ports.hasher.hash(token.expose_secret());
        let [a, b, c, d, e, f, g, h, ..] = hash;
        i64::from_be_bytes([a, b, c, d, e, f, g, h]) & i64::MAX
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
        asked: Asked<'_>,
        mut row: Integration,
    ) -> Result<AccessToken, AccessTokenError> {
        let begun = self.ports.clock.monotonic();
        while self.ports.clock.monotonic().saturating_sub(begun) < WAIT_AT_MOST {
            let now = self.ports.clock.monotonic();
            let unchanged_for = self.sightings.see(row.id, row.generation, now);
            let may_take = row.refresh.is_none() || unchanged_for >= LEASE;
            if may_take {
                // Counted from before the intent is written: a process frozen in between must not send any more.
                let deadline = SendDeadline(now + SEND_WITHIN);
                let lease = self.ports.ids.next();
                let at = self.ports.clock.now();
                let refreshes = &self.ports.refreshes;
                let begun = refreshes
                    .begin_refresh(row.id, row.generation, lease, at)
                    .await?;
                if begun == WriteOutcome::Done {
                    self.sightings.forget(row.id);
                    row.generation += 1;
                    return self.refresh_held(asked, row, deadline).await;
                }
            } else {
                self.ports.clock.sleep(LOOK_EVERY).await;
            }
            row = self.load(asked.site).await?;
            if let Some(token) = self.open_settled(asked, &row)? {
                self.sightings.forget(row.id);
                return Ok(token);
            }
        }
        Err(Failure::new(FailureKind::TimedOut, "another process holds the refresh").into())
    }
}
