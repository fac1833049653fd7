//! Who a bearer token belongs to.

mod jwks;
mod jwt;
mod limiter;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use handoff_domain::shared::ids::UserId;
use handoff_domain::workspace::model::Actor;
use handoff_domain::workspace::service::WorkspaceService;
use handoff_domain::workspace::tokens::TOKEN_PREFIX;

pub use jwks::JwksError;
pub use jwt::IdentityProvider;
pub use limiter::RateLimiter;

use crate::error::ApiError;

/// The greatest number of subjects whose user ids are remembered; the pairing never changes.
const MAX_REMEMBERED: usize = 10_000;

/// Checks bearer tokens: the identity provider's JWTs and our own workspace API tokens.
pub struct Authenticator {
    workspaces: WorkspaceService,
    provider: Option<IdentityProvider>,
    users: Mutex<HashMap<String, UserId>>,
}

impl Authenticator {
    /// Puts the check on its sources.
    #[must_use]
    pub fn new(workspaces: WorkspaceService, provider: Option<IdentityProvider>) -> Self {
        Self {
            workspaces,
            provider,
            users: Mutex::default(),
        }
    }

    /// Who a token belongs to; `None` for one that is not, or no longer, valid.
    ///
    /// # Errors
    /// When the database or the identity provider's keys cannot be read.
    pub async fn actor(&self, token: &str) -> Result<Option<Actor>, ApiError> {
        if token.starts_with(TOKEN_PREFIX) {
            return Ok(self.workspaces.token_actor(token).await?);
        }
        let Some(provider) = &self.provider else {
            return Ok(None);
        };
        let Some(subject) = provider.subject(token).await.map_err(ApiError::internal)? else {
            return Ok(None);
        };
        Ok(Some(Actor::User(self.user(&subject).await?)))
    }

    async fn user(&self, subject: &str) -> Result<UserId, ApiError> {
        if let Some(id) = self
            .users
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(subject)
        {
            return Ok(*id);
        }
        let id = self.workspaces.user(subject).await?.id;
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.len() >= MAX_REMEMBERED {
            users.clear();
        }
        users.insert(subject.to_owned(), id);
        Ok(id)
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").finish_non_exhaustive()
    }
}
