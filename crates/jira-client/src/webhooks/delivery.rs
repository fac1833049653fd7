//! What a webhook delivers, read as far as it can be.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::WebhookEvent;
use crate::rest::lenient::{from_milliseconds, parse_time};

/// A delivery of a webhook, with everything optional that Jira might leave out.
///
/// Only a body that is no JSON object is an error; a part of another type than expected reads as absent,
/// because a delivery is a hint and whoever acts on it reads the issue again.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// `X-Atlassian-Webhook-Identifier`: the same in every repetition; together with the site, it tells
    /// what was handled already.
    pub identifier: Option<String>,
    /// `X-Atlassian-Webhook-Retry`: which repetition this is, 0 for the first attempt.
    pub retry: u32,
    /// `X-Atlassian-Webhook-Flow`: how soon Jira means to deliver.
    pub flow: Option<Flow>,
    /// What happened (`webhookEvent`).
    pub event: WebhookEvent,
    /// The finer kind (`issue_event_type_name`), such as `issue_generic`.
    pub event_type: Option<String>,
    /// When it happened.
    pub at: Option<OffsetDateTime>,
    /// The webhooks that matched; their ids are small and unique within a site only.
    pub webhook_ids: Vec<i64>,
    /// The host of the site, such as `example.atlassian.net`, from the issue's own address.
    ///
    /// The body names no cloud id; [`Site::url`](crate::Site::url) has the same host.
    pub site_host: Option<String>,
    /// The issue, in the shape of the REST API v2.
    pub issue: Option<DeliveredIssue>,
    /// The Atlassian account that caused it.
    pub account_id: Option<String>,
    /// What changed; only of updates.
    pub changes: Vec<ChangeItem>,
    /// The whole body.
    pub body: Map<String, Value>,
}

/// The issue of a [`Delivery`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeliveredIssue {
    /// The id, which never changes.
    pub id: String,
    /// The key at that time.
    pub key: String,
    /// The fields in the shape of the REST API v2: texts are plain, not Atlassian documents.
    pub fields: Map<String, Value>,
}

/// One changed field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangeItem {
    /// The field's name.
    pub field: String,
    /// The field's id, which Jira does not always tell.
    pub field_id: Option<String>,
    /// The id of the value before, such as a status id.
    pub from: Option<String>,
    /// The value before, as people see it.
    pub from_text: Option<String>,
    /// The id of the value after.
    pub to: Option<String>,
    /// The value after, as people see it.
    pub to_text: Option<String>,
}

impl ChangeItem {
    /// Tells whether this field changed: by id where Jira told it, else by name whatever its case.
    #[must_use]
    pub fn is_of(&self, field: &str) -> bool {
        match &self.field_id {
            Some(id) => id == field,
            None => self.field.eq_ignore_ascii_case(field),
        }
    }
}

/// How soon Jira means to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flow {
    /// Within 30 seconds.
    Primary,
    /// Within 15 minutes, as after bulk changes.
    Secondary,
    /// A word that this crate does not know.
    Other(String),
}

/// The body of a delivery is no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body of the delivery is no JSON object")]
#[non_exhaustive]
pub struct DeliveryError;

impl Delivery {
    /// Reads a request's headers, whatever their case, and its body.
    ///
    /// # Errors
    /// [`DeliveryError`] when the body is no JSON object.
    pub fn read<'h>(
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
        body: &[u8],
    ) -> Result<Self, DeliveryError> {
        let body: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_not_quoted| DeliveryError)?;
        let issue = body.get("issue").and_then(DeliveredIssue::read);
        let user = body.get("user");
        let mut delivery = Self {
            identifier: None,
            retry: 0,
            flow: None,
            event: WebhookEvent::from(text(body.get("webhookEvent")).unwrap_or_default().as_str()),
            event_type: text(body.get("issue_event_type_name")),
            at: body.get("timestamp").and_then(moment),
            webhook_ids: webhook_ids(body.get("matchedWebhookIds")),
            site_host: site_host(&body),
            issue,
            account_id: user.and_then(|user| text(user.get("accountId"))),
            changes: changes(&body),
            body,
        };
        for (name, value) in headers {
            delivery.read_header(name, value.trim());
        }
        Ok(delivery)
    }

    /// Returns the change of a field, by its id or name.
    #[must_use]
    pub fn change_of(&self, field: &str) -> Option<&ChangeItem> {
        self.changes.iter().find(|change| change.is_of(field))
    }

    fn read_header(&mut self, name: &str, value: &str) {
        if name.eq_ignore_ascii_case("x-atlassian-webhook-identifier") {
            self.identifier = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case("x-atlassian-webhook-retry") {
            self.retry = value.parse().unwrap_or(0);
        } else if name.eq_ignore_ascii_case("x-atlassian-webhook-flow") {
            self.flow = Some(match value.to_ascii_lowercase().as_str() {
                "primary" => Flow::Primary,
                "secondary" => Flow::Secondary,
                _ => Flow::Other(value.to_owned()),
            });
        }
    }
}

impl DeliveredIssue {
    fn read(issue: &Value) -> Option<Self> {
        let fields = issue.get("fields").and_then(Value::as_object);
        Some(Self {
            id: text(issue.get("id"))?,
            key: text(issue.get("key")).unwrap_or_default(),
            fields: fields.cloned().unwrap_or_default(),
        })
    }
}

/// Reads text, and numbers as their digits.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn moment(value: &Value) -> Option<OffsetDateTime> {
    match value {
        Value::Number(number) => from_milliseconds(number.as_i64()?),
        Value::String(text) => parse_time(text),
        _ => None,
    }
}

fn webhook_ids(value: Option<&Value>) -> Vec<i64> {
    let ids = value.and_then(Value::as_array).into_iter().flatten();
    ids.filter_map(|id| text(Some(id))?.parse().ok()).collect()
}

/// Finds the site in the first address that the body holds of itself.
fn site_host(body: &Map<String, Value>) -> Option<String> {
    ["issue", "comment", "user"].iter().find_map(|part| {
        let address = body.get(*part)?.get("self")?.as_str()?;
        let url = Url::parse(address).ok()?;
        url.host_str().map(str::to_owned)
    })
}

fn changes(body: &Map<String, Value>) -> Vec<ChangeItem> {
    let items = body.get("changelog").and_then(|log| log.get("items"));
    let items = items.and_then(Value::as_array).into_iter().flatten();
    items
        .map(|item| ChangeItem {
            field: text(item.get("field")).unwrap_or_default(),
            field_id: text(item.get("fieldId")),
            from: text(item.get("from")),
            from_text: text(item.get("fromString")),
            to: text(item.get("to")),
            to_text: text(item.get("toString")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_update_is_read_with_its_headers_and_its_site() {
        let body = json!({
            "timestamp": 1_790_496_191_123_i64, "webhookEvent": "jira:issue_updated",
            "issue_event_type_name": "issue_generic", "matchedWebhookIds": [7, "8", null],
            "user": {"accountId": "a-1", "self": "https://other.test/u"},
            "issue": {"id": 10_002, "key": "A-1", "self": "https://Example.atlassian.net/rest/api/2/issue/10002",
                "fields": {"description": "plain"}},
            "changelog": {"id": "1", "items": [
                {"field": "Status", "fieldtype": "jira", "from": "1", "fromString": "To Do",
                 "to": 3, "toString": "Done"},
                {"field": "Label", "fieldId": "labels", "from": null, "toString": "x"}]},
            "bulkOperationMetaData": {},
        });
        let headers = [
            ("X-ATLASSIAN-webhook-identifier", "id-1"),
            ("x-atlassian-webhook-retry", "2"),
            ("X-Atlassian-Webhook-Flow", "Secondary"),
        ];
        let delivery = Delivery::read(headers, body.to_string().as_bytes()).unwrap();
        assert_eq!(delivery.event, WebhookEvent::IssueUpdated);
        assert_eq!(delivery.identifier.as_deref(), Some("id-1"));
        assert_eq!(
            (delivery.retry, &delivery.flow),
            (2, &Some(Flow::Secondary))
        );
        assert_eq!(delivery.at, Some(datetime!(2026-09-27 08:03:11.123 UTC)));
        assert_eq!(delivery.site_host.as_deref(), Some("example.atlassian.net"));
        assert_eq!(delivery.webhook_ids, [7, 8]);
        assert_eq!(delivery.account_id.as_deref(), Some("a-1"));
        let issue = delivery.issue.as_ref().unwrap();
        assert_eq!((issue.id.as_str(), issue.key.as_str()), ("10002", "A-1"));
        let status = delivery.change_of("status").unwrap();
        assert_eq!(
            (status.from.as_deref(), status.to.as_deref()),
            (Some("1"), Some("3"))
        );
        assert!(delivery.change_of("labels").is_some());
        assert!(
            delivery.change_of("Label").is_none(),
            "the id decides where there is one"
        );
    }

    #[test]
    fn odd_parts_read_as_absent_and_only_what_is_no_object_is_refused() {
        let body = json!({"timestamp": {}, "webhookEvent": 5, "issue": [], "changelog": {"items": {}},
            "matchedWebhookIds": "x", "user": null});
        let headers = [("X-Atlassian-Webhook-Retry", "many")];
        let delivery = Delivery::read(headers, body.to_string().as_bytes()).unwrap();
        assert_eq!(delivery.event, WebhookEvent::Other("5".to_owned()));
        assert!(delivery.issue.is_none() && delivery.changes.is_empty());
        assert!(delivery.webhook_ids.is_empty() && delivery.site_host.is_none());
        for body in ["", "[]", "null", "{", "\u{0}"] {
            assert_eq!(
                Delivery::read([], body.as_bytes()),
                Err(DeliveryError),
                "{body}"
            );
        }
    }
}
