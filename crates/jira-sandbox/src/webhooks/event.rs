//! Turning what has happened to issues into bodies for those who registered for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::json::set;
use crate::kit::random::Random;
use crate::rest::{Fields, render_issue, render_user, v2};
use crate::switches::WebhookSwitches;
use crate::world::{ChangeKind, Issue, IssueChange, Site, World};

use super::outbox::Payload;
use super::{Hook, Webhooks, changelog};

/// One event of Jira's, with what its body says beside the envelope.
struct Event {
    name: &'static str,
    type_name: Option<&'static str>,
    changelog: Option<Vec<Value>>,
    property: Option<(String, Value)>,
}

impl Webhooks {
    /// Turns what has happened on the sites since the last call into payloads.
    pub(crate) fn collect(
        &mut self,
        world: &mut World,
        draws: &mut Random,
        switches: &WebhookSwitches,
        now: OffsetDateTime,
    ) {
        if self.hooks.is_empty() {
            return;
        }
        for at in 0..world.sites.len() {
            let site = world.sites.get_mut(at);
            let changes = site.map(|site| std::mem::take(&mut site.changes));
            let Some(site) = world.sites.get(at) else {
                continue;
            };
            for change in changes.unwrap_or_default() {
                for payload in self.payloads(world, site, switches, &change, now) {
                    self.outbox.post(payload, switches, draws, now);
                }
            }
        }
    }

    fn payloads(
        &self,
        world: &World,
        site: &Site,
        switches: &WebhookSwitches,
        change: &IssueChange,
        now: OffsetDateTime,
    ) -> Vec<Payload> {
        let mut payloads = Vec::new();
        for event in events(world, site, change) {
            let mut ids_by_url: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            let hooks = self.hooks.iter().filter(|hook| {
                now < hook.expires_at
                    && may_deliver(world, switches, hook)
                    && wants(hook, site, &event, change)
            });
            for hook in hooks {
                ids_by_url.entry(&hook.url).or_default().push(hook.id);
            }
            for (url, ids) in ids_by_url {
                let mut body = body(world, site, &event, change, &ids, now);
                if switches.webhook_old_changelog {
                    age(&mut body);
                }
                payloads.push(Payload {
                    cloud_id: site.cloud_id.clone(),
                    url: url.to_owned(),
                    event: event.name.to_owned(),
                    webhook_ids: ids,
                    body: body.to_string(),
                });
            }
        }
        payloads
    }
}

/// Tells whether an app that is not public may deliver: only to its owner's webhooks.
fn may_deliver(world: &World, switches: &WebhookSwitches, hook: &Hook) -> bool {
    let first = world.accounts.first().map(|account| &account.id);
    let owner = switches.app_owner.as_ref().or(first);
    !switches.app_private || owner == Some(&hook.account)
}

/// Tells whether a webhook is registered for an event of an issue.
fn wants(hook: &Hook, site: &Site, event: &Event, change: &IssueChange) -> bool {
    let registered = hook.events.iter().any(|name| name == event.name);
    let matches = || hook.filter.holds(site, change.id, &change.after);
    let fields = || match (&hook.field_ids, &event.changelog) {
        (Some(wanted), Some(items)) => items.iter().any(|item| {
            let id = item.get("fieldId").and_then(Value::as_str);
            id.is_some_and(|id| wanted.iter().any(|wanted| wanted == id))
        }),
        _ => true,
    };
    let properties = || match (&hook.property_keys, &event.property) {
        (Some(wanted), Some((key, _))) => wanted.contains(key),
        _ => true,
    };
    let home = site.project_at(change.after.project);
    let browsable = home.is_some_and(|home| home.can_browse);
    hook.cloud_id == site.cloud_id
        && registered
        && browsable
        && !change.hidden
        && fields()
        && properties()
        && matches()
}

fn events(world: &World, site: &Site, change: &IssueChange) -> Vec<Event> {
    let plain = |name, type_name| Event {
        name,
        type_name: Some(type_name),
        changelog: None,
        property: None,
    };
    match &change.what {
        ChangeKind::Created => vec![plain("jira:issue_created", "issue_created")],
        ChangeKind::Deleted => vec![plain("jira:issue_deleted", "issue_deleted")],
        ChangeKind::Changed(before) => {
            let items = changelog::items(world, site, before, &change.after);
            let mut events = property_events(&before.properties, &change.after.properties);
            if !items.is_empty() {
                let status = items.iter().any(|item| item["field"] == "status");
                events.push(Event {
                    name: "jira:issue_updated",
                    type_name: Some(if status {
                        "issue_generic"
                    } else {
                        "issue_updated"
                    }),
                    changelog: Some(items),
                    property: None,
                });
            }
            events
        }
    }
}

fn property_events(
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) -> Vec<Event> {
    let event = |name, key: &String, value: Value| Event {
        name,
        type_name: None,
        changelog: None,
        property: Some((key.clone(), value)),
    };
    let set = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(value))
        .map(|(key, value)| event("issue_property_set", key, value.clone()));
    let deleted = before
        .keys()
        .filter(|key| !after.contains_key(*key))
        .map(|key| event("issue_property_deleted", key, Value::Null));
    set.chain(deleted).collect()
}

/// Gives a changelog the look of older ones.
fn age(body: &mut Value) {
    let items = body.pointer_mut("/changelog/items");
    let items = items.and_then(Value::as_array_mut);
    for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
        item.remove("fieldId");
        if let Some(Value::String(name)) = item.get_mut("field") {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            *name = first.into_iter().chain(letters).collect();
        }
    }
}

fn body(
    world: &World,
    site: &Site,
    event: &Event,
    change: &IssueChange,
    ids: &[u64],
    now: OffsetDateTime,
) -> Value {
    let ms = now.unix_timestamp_nanos() / 1_000_000;
    let issue = Issue::new(change.id, change.after.clone(), now);
    let mut shown = render_issue(world, site, &issue, &issue.data, &Fields::all(), &[]);
    v2::downgrade_body(&mut shown);
    let mut body = json!({
        "timestamp": u64::try_from(ms).unwrap_or_default(),
        "webhookEvent": event.name,
        "issue": shown,
        "matchedWebhookIds": ids,
    });
    if let Some(account) = world.account(&change.actor) {
        let mut user = render_user(site, account);
        v2::downgrade_body(&mut user);
        set(&mut body, "user", user);
    }
    if let Some(name) = event.type_name {
        set(&mut body, "issue_event_type_name", name);
    }
    if let Some(items) = &event.changelog {
        set(
            &mut body,
            "changelog",
            json!({"id": change.sequence.to_string(), "items": items}),
        );
    }
    if let Some((key, value)) = &event.property {
        let mut property = json!({"key": key});
        if !value.is_null() {
            set(&mut property, "value", value.clone());
        }
        set(&mut body, "property", property);
    }
    body
}
