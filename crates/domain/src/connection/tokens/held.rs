//! A refresh whose row this call holds.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::super::model::{Integration, ReconnectReason, SealedSecret, TokenGrant};
use super::super::ports::{
    AccessToken, AccessTokenError, AuthorizerError, SendDeadline, WriteOutcome,
};
use super::super::sealing::{TokenColumns, seal_grant};
use super::{Asked, LEASE, LOOK_EVERY, REPLAYS, SEND_WITHIN, TokenKeeper};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::shared::failure::Failure;
use crate::workspace::model::Actor;

impl TokenKeeper {
    /// Sends the refresh; the row is held by this call.
    pub(super) async fn refresh_held(
        &self,
        asked: Asked<'_>,
        row: Integration,
        deadline: SendDeadline,
    ) -> Result<AccessToken, AccessTokenError> {
        let stored = row.tokens.as_ref();
        let Some(stored) = stored.and_then(|pair| pair.refresh_token.clone()) else {
            return self
                .give_up(asked, &row, ReconnectReason::NoRefreshToken)
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
            Ok(grant) => self.keep(asked, row, grant).await,
            Err(AuthorizerError::GrantRefused { reason }) => {
                tracing::info!(workspace = %row.workspace_id, reason, "the grant is refused");
                self.try_spare(asked, row, deadline).await
            }
            Err(error) => self.leave(&row, error).await,
        }
    }

    /// Ends a refresh whose failure says nothing of the grant; the stored pair stays.
    async fn leave(
        &self,
        row: &Integration,
        error: AuthorizerError,
    ) -> Result<AccessToken, AccessTokenError> {
        self.drop_intent(row).await?;
        Err(match error {
            AuthorizerError::NotConfigured { .. } | AuthorizerError::AppMisconfigured => {
                AccessTokenError::AppMisconfigured
            }
            AuthorizerError::NotSent(failure) | AuthorizerError::Lost(failure) => failure.into(),
            error => Failure::internal(error).into(),
        })
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
            .refreshes
            .drop_refresh(row.id, row.generation, now)
            .await
            .map(|_| ())
    }

    /// Saves the new pair before anybody uses it; a failed save is tried again while the lease lives.
    async fn keep(
        &self,
        asked: Asked<'_>,
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
            let refreshes = &self.ports.refreshes;
            match refreshes
                .finish_refresh(row.id, generation, &tokens, &grant.scope, now)
                .await
            {
                Ok(WriteOutcome::Done) => {
                    let secret = grant.access_token;
                    return Ok(AccessToken {
                        generation: self.name_of(&secret),
                        secret,
                    });
                }
                Ok(WriteOutcome::Conflict) => {
                    let present = self.load_patiently(asked, begun).await?;
                    if !self.has_same_grant(&present, &row)? {
                        let spare = tokens.refresh_token.as_ref();
                        return self.keep_as_spare(asked, &present, spare).await;
                    }
                    generation = present.generation;
                }
                Err(failure) => self.rest_after(failure, begun).await?,
            }
        }
    }

    /// Reads the row again; the new pair, which may be the only one that lives, must not be lost because the store fails.
    async fn load_patiently(
        &self,
        asked: Asked<'_>,
        begun: Duration,
    ) -> Result<Integration, AccessTokenError> {
        loop {
            match self.load(asked.site).await {
                Err(AccessTokenError::Failure(failure)) => self.rest_after(failure, begun).await?,
                answer => return answer,
            }
        }
    }

    /// Waits a moment after a failure of the store, as long as the lease lives.
    async fn rest_after(&self, failure: Failure, begun: Duration) -> Result<(), Failure> {
        if self.ports.clock.monotonic().saturating_sub(begun) >= LEASE - SEND_WITHIN {
            return Err(failure);
        }
        self.ports.clock.sleep(LOOK_EVERY).await;
        Ok(())
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
        asked: Asked<'_>,
        row: &Integration,
        spare: Option<&SealedSecret>,
    ) -> Result<AccessToken, AccessTokenError> {
        let now = self.ports.clock.now();
        let kept = self
            .ports
            .refreshes
            .set_spare(row.id, row.generation, spare, now)
            .await?;
        if kept == WriteOutcome::Conflict {
            tracing::warn!(workspace = %asked.site.workspace_id, "a spare token could not be kept");
        }
        self.open_newer(asked).await
    }

    /// Tries the pair that lost a race before a person is asked to connect again.
    ///
    /// It stays where it is until it is known to be dead or its successor is saved: a process that dies in between loses
    /// nothing. The lease makes sure that nobody else tries it meanwhile.
    async fn try_spare(
        &self,
        asked: Asked<'_>,
        mut row: Integration,
        deadline: SendDeadline,
    ) -> Result<AccessToken, AccessTokenError> {
        let Some(spare) = row.spare_refresh_token.clone() else {
            return self.give_up(asked, &row, ReconnectReason::GrantEnded).await;
        };
        match self.send(&row, &spare, deadline).await {
            Ok(grant) => return self.keep(asked, row, grant).await,
            Err(AuthorizerError::GrantRefused { .. }) => {}
            Err(error) => return self.leave(&row, error).await,
        }
        let now = self.ports.clock.now();
        let refreshes = &self.ports.refreshes;
        let forgotten = refreshes.set_spare(row.id, row.generation, None, now);
        if forgotten.await? == WriteOutcome::Conflict {
            return self.open_newer(asked).await;
        }
        row.generation += 1;
        self.give_up(asked, &row, ReconnectReason::GrantEnded).await
    }

    /// Writes that a person must connect again, unless somebody wrote the row meanwhile.
    async fn give_up(
        &self,
        asked: Asked<'_>,
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
        let refreshes = &self.ports.refreshes;
        let (id, generation) = (row.id, row.generation);
        let marked = refreshes
            .mark_needs_reconnect(id, generation, reason, now, &audit)
            .await?;
        match marked {
            WriteOutcome::Done => Err(AccessTokenError::ReconnectRequired),
            WriteOutcome::Conflict => self.open_newer(asked).await,
        }
    }
}
