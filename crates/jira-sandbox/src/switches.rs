//! What can be switched while a sandbox runs.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{DeadRefresh, LeewayPairs, SiteListing};
use crate::limits::{QuotaScope, RateHeaders};
use crate::localise::Language;
use crate::webhooks::{WebhookJwt, WebhookUrlScope};

/// Everything that can be switched while a sandbox runs, by topic.
///
/// JSON and TOML know no topics: there every switch stands under its own name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Switches {
    /// How long things take, and what is drawn.
    #[serde(flatten)]
    pub timing: TimingSwitches,
    /// Consent, tokens and the sites of a grant.
    #[serde(flatten)]
    pub oauth: OAuthSwitches,
    /// Whom the gateway and a site's own address refuse.
    #[serde(flatten)]
    pub gateway: GatewaySwitches,
    /// Rate limits.
    #[serde(flatten)]
    pub limits: LimitSwitches,
    /// What Jira shows.
    #[serde(flatten)]
    pub reads: ReadSwitches,
    /// What Jira makes of creates and edits.
    #[serde(flatten)]
    pub writes: WriteSwitches,
    /// Webhooks, and the app that registers them.
    #[serde(flatten)]
    pub webhooks: WebhookSwitches,
}

/// How long things take, and what is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TimingSwitches {
    /// Milliseconds that every request to OAuth and Jira takes, half of it before it is acted on.
    pub latency_ms: u64,
    /// Milliseconds more for each issue that a request creates.
    pub latency_per_issue_ms: u64,
    /// Milliseconds for which a write stays unseen by search.
    pub search_lag_ms: u64,
    /// With this, the lag of each write is drawn between `search_lag_ms` and this many milliseconds.
    pub search_lag_most_ms: Option<u64>,
    /// Milliseconds for which a write stays unseen by reads of an issue and by bulk fetch.
    pub read_lag_ms: u64,
    /// The seed of every draw that is not a fault's: lags and orders.
    pub seed: u64,
}

/// Consent, tokens and the sites of a grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OAuthSwitches {
    /// What accessible-resources shows of a grant.
    pub site_listing: SiteListing,
    /// How the token endpoint speaks of a dead refresh token.
    pub dead_refresh: DeadRefresh,
    /// Which pair lives when one refresh token is exchanged twice within the leeway.
    pub leeway_pairs: LeewayPairs,
    /// The token endpoint takes forms beside JSON.
    pub token_takes_forms: bool,
    /// A redirect that tells an error does not echo the app's `state`.
    pub error_redirect_without_state: bool,
    /// A further consent of an account goes on with the token family of the one before.
    pub consent_joins_family: bool,
    /// How long access tokens work; null is an hour.
    pub access_token_seconds: Option<u32>,
    /// How long a used refresh token may be exchanged again; null is ten minutes.
    pub leeway_seconds: Option<u32>,
}

/// Whom the gateway and a site's own address refuse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GatewaySwitches {
    /// What the gateway answers to a token that has expired or is unknown.
    pub bad_token: BadToken,
    /// What a site answers to a wrong e-mail address or API token.
    pub bad_site_login: BadSiteLogin,
    /// What the gateway answers for a site that it does not know.
    pub unknown_site: UnknownSite,
}

/// Rate limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct LimitSwitches {
    /// The hourly quota after which Jira answers 429; null does not enforce it.
    pub quota_points_per_hour: Option<u64>,
    /// What one quota covers.
    pub quota_scope: QuotaScope,
    /// Whether answers tell how much of a limit is left; `beta` does not enforce the quota.
    pub rate_headers: RateHeaders,
    /// Every endpoint of a site has its burst limit, a token bucket on the sandbox's clock.
    pub enforce_burst: bool,
    /// Requests a second for every endpoint, instead of Atlassian's 50, 100 and 150.
    pub burst_per_second: Option<u32>,
    /// Requests at once; null is as many as a second brings.
    pub burst_bucket: Option<u32>,
    /// One issue takes 20 writes in 2 seconds and 100 in 30 seconds.
    pub enforce_per_issue: bool,
}

/// What Jira shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReadSwitches {
    /// The language of the accounts' profiles, in which errors are told.
    pub language: Language,
    /// `myself` tells the e-mail address, null, or nothing.
    pub email: EmailShown,
    /// What bulk fetch says of issues that the caller may not see.
    pub hidden_issues: HiddenIssues,
    /// Bulk fetch takes 1,000 issues where few fields are named, as it has since 2026-10.
    pub bulk_fetch_thousand: bool,
    /// Bulk fetch names what could be expanded, as Atlassian's example does and its schema not.
    pub bulk_fetch_expand: bool,
    /// A search for projects that finds nothing answers 404, as Atlassian lists it.
    pub no_projects_is_not_found: bool,
    /// The most issues on a page of a search, whatever is asked for.
    pub search_page_most: Option<usize>,
    /// How the last page of a search looks.
    pub search_last_page: SearchLastPage,
}

/// What Jira makes of creates and edits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WriteSwitches {
    /// What createmeta answers to somebody who may not create in a project.
    pub createmeta_without_create: CreateMetaWithoutCreate,
    /// What a create answers to somebody who may not create in a project.
    pub create_without_create: NoCreate,
    /// What a bulk create of more than 50 issues is answered.
    pub too_many_creates: TooManyCreates,
    /// Bulk create names its issues in another order than they were sent.
    pub shuffle_bulk_answers: bool,
    /// Bulk create makes its issues in another order than they were sent; the answer keeps it.
    pub shuffle_bulk_creation: bool,
    /// A required field that is missing is told in `errorMessages`, not under the field's id.
    pub required_in_messages: bool,
    /// Documents come back with attributes that nobody has sent.
    pub stored_documents_grow: bool,
    /// An edit with `notifyUsers=false` fails for those who are no admins, as has been seen.
    pub notify_users_needs_admin: bool,
}

/// Webhooks, and the app that registers them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WebhookSwitches {
    /// An app that is not public delivers only to webhooks that its owner registered.
    pub app_private: bool,
    /// The account that owns the app; null is the first one.
    pub app_owner: Option<String>,
    /// Registering takes no `http` address, as Atlassian does not.
    pub webhook_https_only: bool,
    /// Who shares the one URL that may be registered.
    pub webhook_url_scope: WebhookUrlScope,
    /// `expirationDate` is a text, as in Atlassian's examples, instead of a number.
    pub webhook_expiration_as_text: bool,
    /// What deliveries carry as their bearer token.
    pub webhook_jwt: WebhookJwt,
    /// Least milliseconds, by the sandbox's clock, from an event to its delivery.
    pub webhook_delay_ms: u64,
    /// With this, each delay is drawn between `webhook_delay_ms` and this many milliseconds.
    pub webhook_delay_most_ms: Option<u64>,
    /// Every other delivery leaves 300 ms later, so that the next one overtakes it.
    pub webhook_reorder: bool,
    /// How many events in a hundred are delivered twice under one identifier.
    pub webhook_duplicate_percent: u8,
    /// How many events in a hundred are never delivered.
    pub webhook_lose_percent: u8,
    /// Deliveries go to the address without its query.
    pub webhook_drop_query: bool,
    /// Changelogs name fields with a capital and without their ids, as older ones do.
    pub webhook_old_changelog: bool,
    /// Deliveries say that they belong to the secondary flow.
    pub webhook_secondary_flow: bool,
    /// Milliseconds for which an answer is waited for; null waits 20 seconds.
    pub webhook_timeout_ms: Option<u64>,
}

impl Switches {
    /// Changes what the object names; what it does not name stays.
    pub(crate) fn merged(&self, changes: &Value) -> Result<Self, String> {
        let changes = changes
            .as_object()
            .ok_or_else(|| "The settings must be a JSON object.".to_owned())?;
        let mut all = self.clone();
        for (name, value) in changes {
            all.set_value(name, value)?;
        }
        Ok(all)
    }

    fn set_value(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let is_known = set_in(&mut self.timing, name, value)?
            || set_in(&mut self.oauth, name, value)?
            || set_in(&mut self.gateway, name, value)?
            || set_in(&mut self.limits, name, value)?
            || set_in(&mut self.reads, name, value)?
            || set_in(&mut self.writes, name, value)?
            || set_in(&mut self.webhooks, name, value)?;
        if is_known {
            return Ok(());
        }
        let all = serde_json::to_value(&*self).unwrap_or_default();
        let names = all.as_object().into_iter().flat_map(|all| all.keys());
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        let names = names.join(", ");
        Err(format!(
            "{name}: unknown field `{name}`, expected one of {names}"
        ))
    }

    /// Switches one thing by its name; the value is JSON, or a text.
    ///
    /// # Errors
    ///
    /// A sentence that names an unknown switch or a value it does not take.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        self.set_value(name, &value)
    }
}

/// Sets a switch of one topic; tells whether the topic has it.
fn set_in<T: Serialize + DeserializeOwned>(
    topic: &mut T,
    name: &str,
    value: &Value,
) -> Result<bool, String> {
    let mut fields = serde_json::to_value(&*topic).map_err(|error| error.to_string())?;
    let Some(field) = fields.get_mut(name) else {
        return Ok(false);
    };
    *field = value.clone();
    *topic = serde_path_to_error::deserialize(fields).map_err(|error| error.to_string())?;
    Ok(true)
}

/// What the gateway answers to a token that has expired or is unknown; Atlassian does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadToken {
    /// 401 in the gateway's shape.
    #[default]
    Gateway,
    /// 401 in Jira's shape.
    Jira,
    /// 401 without a body.
    Empty,
    /// 401 with a page of HTML.
    Html,
    /// 403 in the gateway's shape.
    Forbidden,
}

/// What a site answers to a wrong e-mail address or API token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadSiteLogin {
    /// 401.
    #[default]
    Refused,
    /// What anybody may read is answered as if nobody had logged in: there is nothing to see.
    Anonymous,
}

/// What the gateway answers for a site that it does not know; Atlassian does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownSite {
    /// 404 in the gateway's shape.
    #[default]
    NotFound,
    /// 403, as for a site that the grant does not cover.
    Forbidden,
}

/// What createmeta answers to somebody who may not create; Atlassian does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateMetaWithoutCreate {
    /// A list without types.
    #[default]
    EmptyList,
    /// 400 that names the project.
    BadRequest,
    /// 404, as if there were no such project.
    NotFound,
}

/// The status of a create without the right to create; Atlassian lists both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoCreate {
    /// 403.
    #[default]
    Forbidden,
    /// 400.
    BadRequest,
}

/// What a bulk create of more than 50 issues is answered, with 400; Atlassian does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TooManyCreates {
    /// An error for each issue.
    #[default]
    Each,
    /// One error for the whole request.
    Whole,
}

/// What is told of a person's e-mail address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailShown {
    /// The address.
    #[default]
    Shown,
    /// Null.
    AsNull,
    /// The member is left out.
    Absent,
}

/// How the last page of a search looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchLastPage {
    /// `isLast` is true and there is no token, as Atlassian documents it.
    #[default]
    Documented,
    /// The token is null.
    NullToken,
    /// There is no token and no `isLast`.
    WithoutIsLast,
    /// The last issues come with a token, which leads to an empty last page.
    EmptyPage,
    /// `isLast` is false and the token is the one that was sent, so that nothing ever ends.
    RepeatedToken,
}

/// Gives whole milliseconds.
pub(crate) fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// What bulk fetch says of issues that the caller may not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenIssues {
    /// Nothing, as Atlassian documents it.
    #[default]
    Omitted,
    /// An entry in `issueErrors`.
    IssueErrors,
}
