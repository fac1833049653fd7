//! Registering webhooks, and keeping them alive.

use futures_util::Stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use url::Url;

use super::lenient::{null_as_empty, number, time};
use super::page::Page;
use crate::error::Error;
use crate::send::{Answer, Call};
use crate::site::Jira;
use crate::webhooks::WebhookEvent;

const WEBHOOK: &str = "/rest/api/3/webhook";
const REFRESH: &str = "/rest/api/3/webhook/refresh";
const PAGE_SIZE: u32 = 100;

/// A webhook to be registered.
///
/// ```
/// use jira_client::webhooks::{NewWebhook, WebhookEvent};
///
/// let webhook = NewWebhook::new([WebhookEvent::IssueUpdated], "project IN (SHOP, TEAM)")
///     .only_fields(["status", "resolution"]);
/// assert_eq!(webhook.jql_filter, "project IN (SHOP, TEAM)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewWebhook {
    /// What to be told of.
    pub events: Vec<WebhookEvent>,
    /// Of which issues, in a part of JQL: `issueKey`, `project`, `issuetype`, `status`, `assignee`,
    /// `reporter` and `issue.property`, with `=`, `!=`, `IN` and `NOT IN`.
    pub jql_filter: String,
    /// Tell of updates only when one of these fields changed; none means any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub field_ids_filter: Vec<String>,
    /// Tell of property events only of these keys; none means any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issue_property_keys_filter: Vec<String>,
}

impl NewWebhook {
    /// Asks for events of the issues that match.
    #[must_use]
    pub fn new(
        events: impl IntoIterator<Item = WebhookEvent>,
        jql_filter: impl Into<String>,
    ) -> Self {
        Self {
            events: events.into_iter().collect(),
            jql_filter: jql_filter.into(),
            field_ids_filter: Vec::new(),
            issue_property_keys_filter: Vec::new(),
        }
    }

    /// Limits updates to changes of these fields.
    #[must_use]
    pub fn only_fields<F: Into<String>>(mut self, ids: impl IntoIterator<Item = F>) -> Self {
        self.field_ids_filter = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Limits property events to these keys.
    #[must_use]
    pub fn only_properties<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.issue_property_keys_filter = keys.into_iter().map(Into::into).collect();
        self
    }
}

/// What became of one webhook of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Registration {
    /// It was registered under this id, which is unique within the site.
    Created(i64),
    /// Jira refused it, for instance because of its filter; the messages are Jira's own.
    Rejected(Vec<String>),
    /// The answer does not say; list the webhooks before registering it again.
    Unknown,
}

impl Registration {
    /// Returns the id of a webhook that was registered.
    #[must_use]
    pub const fn created(&self) -> Option<i64> {
        match self {
            Self::Created(id) => Some(*id),
            _ => None,
        }
    }
}

/// A registered webhook.
///
/// **Source:** Jira Cloud REST API v3, "Get dynamic webhooks for app".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Webhook {
    /// The id, unique within the site.
    #[serde(deserialize_with = "webhook_id")]
    pub id: i64,
    /// Where it delivers to, where Jira tells.
    #[serde(default)]
    pub url: Option<String>,
    /// Of which issues it tells.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub jql_filter: String,
    /// What it tells of.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub events: Vec<WebhookEvent>,
    /// Of changes to which fields; none means any.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub field_ids_filter: Vec<String>,
    /// Of which property keys; none means any.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub issue_property_keys_filter: Vec<String>,
    /// When it stops delivering, unless refreshed; it stays listed for months.
    #[serde(default, deserialize_with = "time")]
    pub expiration_date: Option<OffsetDateTime>,
}

fn webhook_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let id = number(deserializer)?;
    id.ok_or_else(|| serde::de::Error::custom("invalid type: null, expected a whole number"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    #[serde(default, deserialize_with = "null_as_empty")]
    webhook_registration_result: Vec<RegistrationResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationResult {
    #[serde(default, deserialize_with = "number")]
    created_webhook_id: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    errors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refreshed {
    #[serde(default, deserialize_with = "time")]
    expiration_date: Option<OffsetDateTime>,
}

impl Jira {
    /// Registers webhooks that deliver to `url`, and returns what became of each, in input order.
    ///
    /// Jira refuses a bad filter inside a success. An app has one `url` per site and at most five webhooks per
    /// user; each lives 30 days unless refreshed. Needs the scopes `read:jira-work` and
    /// `manage:jira-webhook` of an OAuth app.
    ///
    /// # Errors
    /// [`Error`]; 400 for another `url` than the registered one, 403 for a caller that is no app. After an
    /// error in doubt ([`Error::may_have_been_applied`]) list the webhooks before repeating.
    ///
    /// **Source:** Jira Cloud REST API v3, "Register dynamic webhooks".
    pub async fn register_webhooks(
        &self,
        url: &Url,
        webhooks: &[NewWebhook],
    ) -> Result<Vec<Registration>, Error> {
        let call = Call::post(WEBHOOK).json(&json!({ "url": url, "webhooks": webhooks }));
        let answer = self.send(call).await?;
        let registered: Registered = answer.json()?;
        align(
            &answer,
            registered.webhook_registration_result,
            webhooks.len(),
        )
    }

    /// Returns one page of the webhooks that this app and user have registered on the site.
    ///
    /// # Errors
    /// [`Error`] as for every read; 403 for a caller that is no app.
    pub async fn webhooks(&self, start_at: u64) -> Result<Page<Webhook>, Error> {
        let call = Call::get(WEBHOOK)
            .query("startAt", start_at.to_string())
            .query("maxResults", PAGE_SIZE.to_string());
        self.send(call).await?.json()
    }

    /// Streams all webhooks that this app and user have registered on the site; ends with the first error.
    pub fn webhooks_stream(&self) -> impl Stream<Item = Result<Webhook, Error>> + Send + use<> {
        let jira = self.clone();
        super::page::stream(0, move |start_at| {
            let jira = jira.clone();
            async move {
                let page = jira.webhooks(start_at).await?;
                let next = page.next_start_after(start_at, Call::get(WEBHOOK).route)?;
                Ok((page.values, next))
            }
        })
    }

    /// Lets webhooks live another 30 days and returns until when, where Jira tells; unknown ids are ignored.
    ///
    /// Repeating it does no harm. Needs the scopes of [`register_webhooks`](Self::register_webhooks).
    ///
    /// # Errors
    /// [`Error`]; 400 and 403 as for registering.
    ///
    /// **Source:** Jira Cloud REST API v3, "Extend webhook life".
    pub async fn refresh_webhooks(&self, ids: &[i64]) -> Result<Option<OffsetDateTime>, Error> {
        let call = Call::put(REFRESH).json(&json!({ "webhookIds": ids }));
        let answer = self.send(call).await?;
        answer.without_content()?;
        let refreshed: Refreshed = answer.json()?;
        Ok(refreshed.expiration_date)
    }

    /// Deletes webhooks; ids that are unknown or of others are ignored.
    ///
    /// Repeating it does no harm. Needs the scopes of [`register_webhooks`](Self::register_webhooks).
    ///
    /// # Errors
    /// [`Error`]; 400 and 403 as for registering.
    ///
    /// **Source:** Jira Cloud REST API v3, "Delete webhooks by ID".
    pub async fn delete_webhooks(&self, ids: &[i64]) -> Result<(), Error> {
        let call = Call::delete(WEBHOOK).json(&json!({ "webhookIds": ids }));
        self.send(call).await?.without_content()
    }
}

/// Gives each webhook its result; results are in the order of the request.
fn align(
    answer: &Answer,
    results: Vec<RegistrationResult>,
    count: usize,
) -> Result<Vec<Registration>, Error> {
    if results.len() > count {
        let reason = "more results than webhooks".to_owned();
        return Err(answer.undecodable("webhookRegistrationResult".to_owned(), reason));
    }
    let read = |result: RegistrationResult| match result.created_webhook_id {
        Some(id) => Registration::Created(id),
        None if result.errors.is_empty() => Registration::Unknown,
        None => Registration::Rejected(result.errors),
    };
    let mut registrations: Vec<Registration> = results.into_iter().map(read).collect();
    registrations.resize(count, Registration::Unknown);
    Ok(registrations)
}
