//! The domain's access tokens as the client's token source.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::{AccessToken, AccessTokenError, AccessTokens};
use jira_client::{TokenError, TokenSource};

/// The tokens of one workspace's grant for one site.
pub(super) struct SiteTokens {
    pub(super) site: TrackerSite,
    pub(super) tokens: Arc<dyn AccessTokens>,
}

impl fmt::Debug for SiteTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteTokens")
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenSource for SiteTokens {
    async fn access_token(&self) -> Result<jira_client::AccessToken, TokenError> {
        self.tokens
            .token(&self.site)
            .await
            .map(bearer)
            .map_err(token_error)
    }

    async fn renew(
        &self,
        rejected: &jira_client::AccessToken,
    ) -> Result<jira_client::AccessToken, TokenError> {
        let generation = i64::try_from(rejected.version()).unwrap_or(i64::MAX);
        self.tokens
            .renew(&self.site, generation)
            .await
            .map(bearer)
            .map_err(token_error)
    }
}

fn bearer(token: AccessToken) -> jira_client::AccessToken {
    let version = u64::try_from(token.generation).unwrap_or_default();
    jira_client::AccessToken::bearer(token.secret, version)
}

/// Keeps the domain's own error inside, so that it comes out again on the other side of the client.
fn token_error(error: AccessTokenError) -> TokenError {
    TokenError::Unavailable(Arc::new(error))
}
