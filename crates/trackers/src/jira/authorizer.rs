//! Atlassian's authorization server behind the domain's port.

use std::sync::Arc;

use async_trait::async_trait;
use handoff_domain::connection::model::{TokenGrant, TrackerSiteChoice};
use handoff_domain::connection::ports::{AuthorizerError, SendDeadline, TrackerAuthorizer};
use handoff_domain::shared::failure::Failure;
use jira_client::auth::StaticBearer;
use jira_client::{
    BuildError, Error, HttpClients, Jira, OAuthClient, OAuthConfig, OAuthError, SiteAddress,
    TokenSet,
};
use secrecy::SecretString;
use url::Url;

use super::errors::failure;

/// The Atlassian app that Handoff is registered as.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// The app's id, from Atlassian's developer console.
    pub client_id: Option<String>,
    /// The app's secret.
    pub client_secret: Option<SecretString>,
    /// What is asked for, separated by spaces.
    pub scopes: String,
    /// Where Atlassian sends the browser back to.
    pub redirect_uri: Url,
    /// Atlassian's authorization server.
    pub auth_url: Url,
    /// Atlassian's API gateway.
    pub api_url: Url,
    /// The configuration keys of id and secret, named when they are missing.
    pub keys: [&'static str; 2],
}

/// Atlassian's OAuth 2.0 (3LO).
#[derive(Debug)]
pub struct JiraAuthorizer {
    client: Result<OAuthClient, String>,
    scopes: Vec<String>,
    http: HttpClients,
    api_url: Url,
}

impl JiraAuthorizer {
    /// Makes an authorizer; an app that is not configured is told on its first use.
    ///
    /// # Errors
    /// [`BuildError`] when an address cannot be used or the HTTP clients cannot be made.
    pub fn new(app: AppConfig) -> Result<Self, BuildError> {
        let http = HttpClients::new()?;
        let scopes = app.scopes.split_whitespace().map(str::to_owned).collect();
        let api_url = app.api_url.clone();
        let client = match (app.client_id, app.client_secret) {
            (Some(client_id), Some(client_secret)) => {
                let config = OAuthConfig {
                    client_id,
                    client_secret,
                    redirect_uri: app.redirect_uri,
                    auth_url: app.auth_url,
                    api_url: app.api_url,
                };
                Ok(OAuthClient::with_http_clients(config, http.clone())?)
            }
            (id, secret) => {
                let [id_key, secret_key] = app.keys;
                let missing = [(id.is_none(), id_key), (secret.is_none(), secret_key)];
                let names = missing
                    .into_iter()
                    .filter_map(|(is_missing, key)| is_missing.then_some(key));
                Err(names.collect::<Vec<_>>().join(", "))
            }
        };
        Ok(Self {
            client,
            scopes,
            http,
            api_url,
        })
    }

    fn client(&self) -> Result<&OAuthClient, AuthorizerError> {
        self.client
            .as_ref()
            .map_err(|missing| AuthorizerError::NotConfigured {
                missing: missing.clone(),
            })
    }
}

#[async_trait]
impl TrackerAuthorizer for JiraAuthorizer {
    fn authorize_url(&self, state: &str) -> Result<Url, AuthorizerError> {
        Ok(self.client()?.authorize_url(state, &self.scopes))
    }

    async fn exchange(&self, code: &str) -> Result<TokenGrant, AuthorizerError> {
        let tokens = self
            .client()?
            .exchange_code(&SecretString::from(code))
            .await;
        tokens.map(grant).map_err(token_endpoint_error)
    }

    async fn refresh(
        &self,
        refresh_token: &SecretString,
        deadline: SendDeadline,
    ) -> Result<TokenGrant, AuthorizerError> {
        let deadline = jira_client::SendDeadline::at(deadline.0);
        let tokens = self.client()?.refresh(refresh_token, deadline).await;
        tokens.map(grant).map_err(token_endpoint_error)
    }

    async fn sites(
        &self,
        access_token: &SecretString,
    ) -> Result<Vec<TrackerSiteChoice>, AuthorizerError> {
        let found = self.client()?.accessible_resources(access_token).await;
        let sites = found.map_err(question_error)?;
        let jira_sites = sites.into_iter().filter(jira_client::Site::is_jira);
        let choices = jira_sites.map(|site| TrackerSiteChoice {
            cloud_id: site.id,
            name: site.name,
            url: site.url,
        });
        Ok(choices.collect())
    }

    async fn account_id(
        &self,
        access_token: &SecretString,
        cloud_id: &str,
    ) -> Result<String, AuthorizerError> {
        let jira = Jira::builder(SiteAddress::Cloud {
            cloud_id: cloud_id.to_owned(),
        })
        .api_url(self.api_url.clone())
        .token_source(Arc::new(StaticBearer::new(access_token.clone())))
        .http_clients(self.http.clone())
        .build()
        .map_err(|error| AuthorizerError::NotSent(Failure::internal(error)))?;
        Ok(jira.myself().await.map_err(question_error)?.account_id)
    }
}

fn grant(tokens: TokenSet) -> TokenGrant {
    TokenGrant {
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        expires_in: tokens.expires_in,
        scope: tokens.scope,
    }
}

fn token_endpoint_error(error: OAuthError) -> AuthorizerError {
    if error.is_app_misconfigured() {
        return AuthorizerError::AppMisconfigured;
    }
    let is_lost = error.may_have_been_applied();
    match error {
        OAuthError::InvalidGrant { .. } => AuthorizerError::GrantRefused {
            reason: "invalid_grant".to_owned(),
        },
        OAuthError::UnauthorizedClient { .. } => AuthorizerError::GrantRefused {
            reason: "unauthorized_client".to_owned(),
        },
        OAuthError::Failed(error) if is_lost => AuthorizerError::Lost(failure(error)),
        OAuthError::Failed(error) => AuthorizerError::NotSent(failure(error)),
        other => AuthorizerError::NotSent(Failure::internal(other)),
    }
}

fn question_error(error: Error) -> AuthorizerError {
    if matches!(error.status(), Some(401 | 403)) {
        return AuthorizerError::Unauthorized;
    }
    AuthorizerError::Lost(failure(error))
}
