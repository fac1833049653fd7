//! The end of a consent: the browser comes back from the tracker.

use secrecy::ExposeSecret;
use url::Url;

use super::confirmation::site_without_asking;
use super::error::ConnectionError;
use super::model::{OAuthState, PendingConnection, TokenGrant, TrackerSiteChoice};
use super::ports::AuthorizerError;
use super::sealing::{TokenColumns, seal_grant};
use super::service::{ConnectionService, PENDING_LIFETIME, flow_cookie_name};
use crate::audit::model::AuditAction;
use crate::shared::secret::new_secret;
use crate::workspace::error::WorkspaceError;
use crate::workspace::model::Role;

/// What the browser brings back.
#[derive(Clone, Debug, Default)]
pub struct CallbackQuery {
    /// The code, after consent.
    pub code: Option<String>,
    /// The state of the flow.
    pub state: Option<String>,
    /// The tracker's error word, without consent.
    pub error: Option<String>,
}

/// Why a connection was not made, as the web app is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    InvalidState,
    AccessDenied,
    ExchangeFailed,
    NoSite,
    AppMisconfigured,
}

impl Refusal {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidState => "invalid_state",
            Self::AccessDenied => "access_denied",
            Self::ExchangeFailed => "exchange_failed",
            Self::NoSite => "no_site",
            Self::AppMisconfigured => "app_misconfigured",
        }
    }

    /// What the tracker's error word on the redirect means.
    fn of_redirect(error: &str) -> Self {
        match error {
            "access_denied" => Self::AccessDenied,
            "invalid_scope" | "unauthorized_client" | "invalid_request" | "invalid_client" => {
                Self::AppMisconfigured
            }
            _ => Self::ExchangeFailed,
        }
    }
}

impl From<AuthorizerError> for Refusal {
    fn from(error: AuthorizerError) -> Self {
        match error {
            AuthorizerError::NotConfigured { .. } | AuthorizerError::AppMisconfigured => {
                Self::AppMisconfigured
            }
            AuthorizerError::GrantRefused { .. }
            | AuthorizerError::Unauthorized
            | AuthorizerError::NotSent(_)
            | AuthorizerError::Lost(_) => Self::ExchangeFailed,
        }
    }
}

enum Ending {
    Connected,
    Confirm {
        secret: secrecy::SecretString,
        reason: &'static str,
    },
}

impl ConnectionService {
    /// Ends a consent and answers where the browser goes: the web app, told what happened in its query.
    ///
    /// `cookie` looks a cookie of the request up by its name. The state is used up, whatever happens then.
    ///
    /// # Errors
    /// [`ConnectionError::Failure`] when the store fails before the state is known.
    pub async fn callback(
        &self,
        query: CallbackQuery,
        cookie: impl Fn(&str) -> Option<String>,
    ) -> Result<Url, ConnectionError> {
        let Some(state) = query.state.as_deref() else {
            let refusal = query
                .error
                .as_deref()
                .map_or(Refusal::InvalidState, Refusal::of_redirect);
            return Ok(refused(self.targets.app_url.clone(), refusal));
        };
        let hash = self.ports.hasher.hash(state);
        let Some(flow) = self.ports.flows.take_state(&hash).await? else {
            return Ok(refused(self.targets.app_url.clone(), Refusal::InvalidState));
        };
        let target = self.target(&flow);
        let brought = cookie(&flow_cookie_name(&hash));
        let is_same_browser =
            brought.is_some_and(|value| self.ports.hasher.hash(&value) == flow.browser_hash);
        match self.finish(&flow, query, is_same_browser).await {
            Ok(Ending::Connected) => Ok(with_query(target, &[("jira", "connected")])),
            Ok(Ending::Confirm { secret, reason }) => {
                let pairs = [
                    ("jira", "confirm"),
                    ("confirm", secret.expose_secret()),
                    ("reason", reason),
                ];
                Ok(with_query(target, &pairs))
            }
            Err(refusal) => {
                let result = refusal.as_str();
                self.note(
                    flow.workspace_id,
                    flow.actor,
                    AuditAction::ConnectFailed,
                    result,
                )
                .await?;
                Ok(refused(target, refusal))
            }
        }
    }

    async fn finish(
        &self,
        flow: &OAuthState,
        query: CallbackQuery,
        is_same_browser: bool,
    ) -> Result<Ending, Refusal> {
        if flow.expires_at <= self.ports.clock.now() {
            return Err(Refusal::InvalidState);
        }
        if let Some(error) = query.error {
            return Err(Refusal::of_redirect(&error));
        }
        let code = query.code.ok_or(Refusal::ExchangeFailed)?;
        self.still_allowed(flow).await?;
        let grant = self.ports.authorizer.exchange(&code).await?;
        let sites = self.ports.authorizer.sites(&grant.access_token).await?;
        if sites.is_empty() {
            return Err(Refusal::NoSite);
        }
        let kept = self.reconnect_site(flow.workspace_id).await;
        let kept = kept.map_err(failed)?;
        match site_without_asking(kept.as_deref(), &sites) {
            Some(site) if is_same_browser => self.complete(flow, site, &grant).await,
            Some(_) => self.park(flow, sites, &grant, "other_browser").await,
            None => self.park(flow, sites, &grant, "choose_site").await,
        }
    }

    /// Membership, role and feature may have changed since the flow was begun.
    async fn still_allowed(&self, flow: &OAuthState) -> Result<(), Refusal> {
        let access = self
            .workspaces
            .require_integrations(flow.actor, flow.workspace_id, Role::Admin)
            .await;
        match access {
            Ok(_) => Ok(()),
            Err(WorkspaceError::Failure(_)) => Err(Refusal::ExchangeFailed),
            Err(_) => Err(Refusal::AccessDenied),
        }
    }

    async fn complete(
        &self,
        flow: &OAuthState,
        site: &TrackerSiteChoice,
        grant: &TokenGrant,
    ) -> Result<Ending, Refusal> {
        let account = self
            .ports
            .authorizer
            .account_id(&grant.access_token, &site.cloud_id)
            .await?;
        self.save(flow.workspace_id, flow.actor, site, grant, account)
            .await
            .map_err(failed)?;
        Ok(Ending::Connected)
    }

    async fn park(
        &self,
        flow: &OAuthState,
        sites: Vec<TrackerSiteChoice>,
        grant: &TokenGrant,
        reason: &'static str,
    ) -> Result<Ending, Refusal> {
        let secret = new_secret(self.ports.randomness.as_ref(), "");
        let now = self.ports.clock.now();
        let sealer = self.ports.sealer.as_ref();
        let tokens = seal_grant(sealer, flow.workspace_id, TokenColumns::PENDING, grant, now)
            .map_err(failed)?;
        let pending = PendingConnection {
            confirm_hash: self.ports.hasher.hash(secret.expose_secret()),
            workspace_id: flow.workspace_id,
            actor: flow.actor,
            sites,
            tokens,
            scope: grant.scope.clone(),
            expires_at: now + PENDING_LIFETIME,
        };
        let audit = self.entry(
            flow.workspace_id,
            flow.actor,
            AuditAction::ConnectParked,
            reason,
        );
        self.ports
            .flows
            .park(&pending, now, &audit)
            .await
            .map_err(failed)?;
        Ok(Ending::Confirm { secret, reason })
    }

    fn target(&self, flow: &OAuthState) -> Url {
        let wanted = flow
            .return_to
            .as_deref()
            .and_then(|url| Url::parse(url).ok());
        wanted.unwrap_or_else(|| self.targets.app_url.clone())
    }
}

/// Logs why and answers what the web app is told.
fn failed(error: impl Into<ConnectionError>) -> Refusal {
    let error = error.into();
    tracing::error!(
        error = &error as &dyn std::error::Error,
        "the connection could not be saved"
    );
    Refusal::ExchangeFailed
}

fn refused(target: Url, refusal: Refusal) -> Url {
    with_query(target, &[("jira", "error"), ("reason", refusal.as_str())])
}

fn with_query(mut target: Url, pairs: &[(&str, &str)]) -> Url {
    target.query_pairs_mut().extend_pairs(pairs);
    target
}
