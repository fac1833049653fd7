//! Credentials that never change.

use async_trait::async_trait;
use secrecy::SecretString;

use super::{AccessToken, TokenError, TokenSource};

/// A bearer token given once, for scripts and tests.
#[derive(Debug, Clone)]
pub struct StaticBearer(AccessToken);

impl StaticBearer {
    /// Wraps an OAuth access token.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(AccessToken::bearer(token.into(), 0))
    }
}

/// An e-mail address with an API token, for a site's own address ([`SiteAddress::Direct`]).
///
/// Calls count against no hourly app quota, but Atlassian forbids apps that serve others to ask their
/// users for API tokens; this is for scripts in one's own organisation.
///
/// [`SiteAddress::Direct`]: crate::SiteAddress::Direct
#[derive(Debug, Clone)]
pub struct ApiToken(AccessToken);

impl ApiToken {
    /// Combines the account's e-mail address and one of its API tokens.
    pub fn new(email: &str, token: impl Into<SecretString>) -> Self {
        Self(AccessToken::basic(email, &token.into(), 0))
    }
}

#[async_trait]
impl TokenSource for StaticBearer {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _rejected: &AccessToken) -> Result<AccessToken, TokenError> {
        Err(TokenError::NotRenewable)
    }
}

#[async_trait]
impl TokenSource for ApiToken {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _rejected: &AccessToken) -> Result<AccessToken, TokenError> {
        Err(TokenError::NotRenewable)
    }
}
