//! A scripted authorization server.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::clock::yield_now;
use crate::connection::model::{TokenGrant, TrackerSiteChoice};
use crate::connection::ports::{AuthorizerError, SendDeadline, TrackerAuthorizer};

/// How often each question was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuthorizerCalls {
    /// Consent addresses made.
    pub authorize_url: u32,
    /// Codes exchanged.
    pub exchange: u32,
    /// Pairs refreshed.
    pub refresh: u32,
    /// Lists of sites asked for.
    pub sites: u32,
    /// Accounts asked for.
    pub account_id: u32,
}

/// Answers what it was told to, in that order, and otherwise as a server where all is well.
///
/// Its own answers: the n-th grant is `access-n` with `refresh-n` for an hour, there is one site `cloud-1`, and the
/// account is `account-1`.
#[derive(Debug, Default)]
pub struct FakeAuthorizer {
    state: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    calls: AuthorizerCalls,
    grants: u32,
    refreshed_with: Vec<String>,
    missing_configuration: Option<String>,
    exchanges: VecDeque<Result<TokenGrant, AuthorizerError>>,
    refreshes: VecDeque<Result<TokenGrant, AuthorizerError>>,
    sites: VecDeque<Result<Vec<TrackerSiteChoice>, AuthorizerError>>,
    accounts: VecDeque<Result<String, AuthorizerError>>,
}

impl FakeAuthorizer {
    /// How often each question was asked.
    #[must_use]
    pub fn calls(&self) -> AuthorizerCalls {
        self.script().calls
    }

    /// The refresh tokens that were sent, in order.
    #[must_use]
    pub fn refreshed_with(&self) -> Vec<String> {
        self.script().refreshed_with.clone()
    }

    /// Lets the app be unconfigured, naming what is missing.
    pub fn miss_configuration(&self, missing: impl Into<String>) {
        self.script().missing_configuration = Some(missing.into());
    }

    /// Says how the next exchange ends.
    pub fn next_exchange(&self, answer: Result<TokenGrant, AuthorizerError>) {
        self.script().exchanges.push_back(answer);
    }

    /// Says how the next refresh ends.
    pub fn next_refresh(&self, answer: Result<TokenGrant, AuthorizerError>) {
        self.script().refreshes.push_back(answer);
    }

    /// Says which sites are listed next.
    pub fn next_sites(&self, answer: Result<Vec<TrackerSiteChoice>, AuthorizerError>) {
        self.script().sites.push_back(answer);
    }

    /// Says which account is named next.
    pub fn next_account(&self, answer: Result<String, AuthorizerError>) {
        self.script().accounts.push_back(answer);
    }

    /// A grant with the given tokens, for an hour.
    #[must_use]
    pub fn grant(access_token: &str, refresh_token: Option<&str>) -> TokenGrant {
        TokenGrant {
            access_token: SecretString::from(access_token),
            refresh_token: refresh_token.map(SecretString::from),
            expires_in: Duration::from_secs(3600),
            scope: "read:jira-work write:jira-work offline_access".to_owned(),
        }
    }

    /// A site `https://<name>.example` with the given id.
    #[must_use]
    pub fn site(cloud_id: &str, name: &str) -> TrackerSiteChoice {
        TrackerSiteChoice {
            cloud_id: cloud_id.to_owned(),
            name: name.to_owned(),
            url: format!("https://{name}.example"),
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script {
    fn next_grant(&mut self) -> TokenGrant {
        self.grants += 1;
        let access = format!("access-{}", self.grants);
        FakeAuthorizer::grant(&access, Some(&format!("refresh-{}", self.grants)))
    }
}

#[async_trait]
impl TrackerAuthorizer for FakeAuthorizer {
    fn authorize_url(&self, state: &str) -> Result<Url, AuthorizerError> {
        let mut script = self.script();
        script.calls.authorize_url += 1;
        if let Some(missing) = script.missing_configuration.clone() {
            return Err(AuthorizerError::NotConfigured { missing });
        }
        Url::parse_with_params("https://auth.example/authorize", [("state", state)]).map_err(
            |error| AuthorizerError::NotConfigured {
                missing: error.to_string(),
            },
        )
    }

    async fn exchange(&self, _code: &str) -> Result<TokenGrant, AuthorizerError> {
        yield_now().await;
        let mut script = self.script();
        script.calls.exchange += 1;
        let scripted = script.exchanges.pop_front();
        scripted.unwrap_or_else(|| Ok(script.next_grant()))
    }

    async fn refresh(
        &self,
        refresh_token: &SecretString,
        _deadline: SendDeadline,
    ) -> Result<TokenGrant, AuthorizerError> {
        yield_now().await;
        let mut script = self.script();
        script.calls.refresh += 1;
        script
            .refreshed_with
            .push(refresh_token.expose_secret().to_owned());
        let scripted = script.refreshes.pop_front();
        scripted.unwrap_or_else(|| Ok(script.next_grant()))
    }

    async fn sites(
        &self,
        _access_token: &SecretString,
    ) -> Result<Vec<TrackerSiteChoice>, AuthorizerError> {
        yield_now().await;
        let mut script = self.script();
        script.calls.sites += 1;
        script
            .sites
            .pop_front()
            .unwrap_or_else(|| Ok(vec![Self::site("cloud-1", "first")]))
    }

    async fn account_id(
        &self,
        _access_token: &SecretString,
        _cloud_id: &str,
    ) -> Result<String, AuthorizerError> {
        yield_now().await;
        let mut script = self.script();
        script.calls.account_id += 1;
        script
            .accounts
            .pop_front()
            .unwrap_or_else(|| Ok("account-1".to_owned()))
    }
}
