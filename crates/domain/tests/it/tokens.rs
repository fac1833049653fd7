//! Fresh access tokens, one refresh at a time for each grant.

use std::sync::Arc;

use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::{AccessTokenError, AccessTokens, AuthorizerError};
use handoff_domain::shared::failure::{Failure, FailureKind};
use secrecy::ExposeSecret;

use crate::world::World;

mod ends;
mod races;
mod refresh;
mod rotation;

/// A connected workspace whose access token `access-1` has just ended, and its site.
async fn expired() -> (Arc<World>, TrackerSite) {
    let world = Arc::new(World::connected().await);
    let site = world.integration().await.unwrap().site();
    world.pass(3600);
    (world, site)
}

/// The token that a caller is given.
async fn token(world: &World, site: &TrackerSite) -> Result<String, AccessTokenError> {
    let token = world.keeper.token(site).await?;
    Ok(token.secret.expose_secret().to_owned())
}

fn lost() -> AuthorizerError {
    AuthorizerError::Lost(Failure::new(FailureKind::TimedOut, "no answer"))
}

fn not_sent() -> AuthorizerError {
    AuthorizerError::NotSent(Failure::new(FailureKind::Unavailable, "no connection"))
}

fn refused(word: &str) -> AuthorizerError {
    AuthorizerError::GrantRefused {
        reason: word.to_owned(),
    }
}
