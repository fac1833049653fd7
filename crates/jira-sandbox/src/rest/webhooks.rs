//! The calls by which an app registers, lists, refreshes and deletes its webhooks.

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::errors::jira_error;
use crate::gateway::Call;
use crate::jql::Reader;
use crate::json::set;
use crate::kit::http::{Answer, Answered};
use crate::switches::WebhookSwitches;
use crate::webhooks::{EVENTS, Hook, MAX_PER_USER, WebhookUrlScope, Webhooks, read_filter};
use crate::world::World;

use super::{Paging, page, render, strings};

/// The most webhooks on a page of the list.
const MAX_PAGE: usize = 100;

pub(super) fn register(
    world: &mut World,
    webhooks: &mut Webhooks,
    switches: &WebhookSwitches,
    call: &Call<'_>,
) -> Answered {
    app_only(call)?;
    let body = call.request.json()?;
    let url = body.get("url").and_then(Value::as_str).unwrap_or_default();
    check_url(switches, url)?;
    let listed = body.get("webhooks").and_then(Value::as_array);
    let listed = listed.filter(|listed| !listed.is_empty());
    let listed = listed.ok_or_else(|| jira_error(400, "webhooks must not be empty."))?;
    let reader = Reader {
        site: call.site(world)?,
        account: &call.account,
        now: call.now,
        asks_properties: false,
    };
    let mut results = Vec::new();
    for wanted in listed {
        let result = register_one(webhooks, switches, reader, call, url, wanted)?;
        results.push(match result {
            Ok(id) => json!({"createdWebhookId": id}),
            Err(text) => json!({"errors": [text]}),
        });
    }
    watch(world, webhooks, call.cloud_id);
    let body = json!({"webhookRegistrationResult": results});
    Ok(Answer::json(200, &body))
}

/// Only an app has webhooks: nobody who comes with an API token.
fn app_only(call: &Call<'_>) -> Result<(), Answer> {
    if call.request.at_site {
        let text = "Only Connect and OAuth 2.0 apps can use this operation.";
        return Err(jira_error(403, text));
    }
    Ok(())
}

fn check_url(switches: &WebhookSwitches, url: &str) -> Result<(), Answer> {
    let parsed = url::Url::parse(url).ok();
    let right = parsed.is_some_and(|url| match url.scheme() {
        "https" => true,
        "http" => !switches.webhook_https_only,
        _ => false,
    });
    if right {
        Ok(())
    } else {
        Err(jira_error(400, "The url must be a valid HTTPS URL."))
    }
}

/// Registers one webhook, or says why not in the result; a body of the wrong form is a 400.
fn register_one(
    webhooks: &mut Webhooks,
    switches: &WebhookSwitches,
    reader: Reader<'_>,
    call: &Call<'_>,
    url: &str,
    wanted: &Value,
) -> Result<Result<u64, String>, Answer> {
    let events = strings(wanted, "events")?.unwrap_or_default();
    let field_ids = strings(wanted, "fieldIdsFilter")?;
    let property_keys = strings(wanted, "issuePropertyKeysFilter")?;
    let jql = wanted.get("jqlFilter").and_then(Value::as_str);
    let Some(jql) = jql.filter(|_| !events.is_empty()) else {
        return Err(jira_error(400, "events and jqlFilter are required."));
    };
    if let Some(unknown) = events.iter().find(|it| !EVENTS.contains(&it.as_str())) {
        return Err(jira_error(400, &format!("The event {unknown} is unknown.")));
    }
    let now = call.now;
    let filter = match read_filter(jql, reader) {
        Ok(filter) => filter,
        Err(text) => return Ok(Err(text)),
    };
    if let Some(text) = hindrance(webhooks, switches, call, url) {
        return Ok(Err(text));
    }
    let hook = Hook {
        id: 0,
        cloud_id: call.cloud_id.to_owned(),
        account: call.account.clone(),
        url: url.to_owned(),
        events,
        jql: jql.to_owned(),
        filter,
        field_ids,
        property_keys,
        expires_at: now,
    };
    Ok(Ok(webhooks.add(hook, now)))
}

/// Tells why no further webhook with this URL may be registered.
fn hindrance(
    webhooks: &Webhooks,
    switches: &WebhookSwitches,
    call: &Call<'_>,
    url: &str,
) -> Option<String> {
    let alive = webhooks.hooks.iter().filter(|it| call.now < it.expires_at);
    let mut sharing = alive.filter(|hook| {
        let same_site = hook.cloud_id == call.cloud_id;
        match switches.webhook_url_scope {
            WebhookUrlScope::App => true,
            WebhookUrlScope::Site => same_site,
            WebhookUrlScope::SiteAndAccount => same_site && hook.account == call.account,
        }
    });
    if sharing.any(|hook| hook.url != url) {
        return Some("Only a single URL per app is allowed to be registered.".to_owned());
    }
    let own = webhooks.of(call.cloud_id, &call.account, call.now);
    let own = own.filter(|hook| call.now < hook.expires_at).count();
    (own >= MAX_PER_USER).then(|| {
        format!("The limit of {MAX_PER_USER} webhooks for this app and user has been reached.")
    })
}

/// Lets the site remember its events only where somebody wants them.
fn watch(world: &mut World, webhooks: &Webhooks, cloud_id: &str) {
    if let Some(site) = world.site_mut(cloud_id) {
        site.watch(webhooks.watches(cloud_id));
    }
}

pub(super) fn list(webhooks: &Webhooks, switches: &WebhookSwitches, call: &Call<'_>) -> Answered {
    app_only(call)?;
    let mut paging = Paging::read(call.request, MAX_PAGE);
    paging.size = paging.size.min(MAX_PAGE);
    let as_text = switches.webhook_expiration_as_text;
    let own = webhooks.of(call.cloud_id, &call.account, call.now);
    let own: Vec<_> = own.map(|hook| show(hook, as_text)).collect();
    let total = own.len();
    let values = paging.cut(own.into_iter());
    let is_last = paging.start + values.len() >= total;
    let mut body = page("values", values, paging, total);
    set(&mut body, "isLast", is_last);
    Ok(Answer::json(200, &body))
}

fn show(hook: &Hook, as_text: bool) -> Value {
    let mut shown = json!({
        "id": hook.id,
        "jqlFilter": hook.jql,
        "events": hook.events,
        "url": hook.url,
        "expirationDate": expiration(hook.expires_at, as_text),
    });
    if let Some(ids) = &hook.field_ids {
        set(&mut shown, "fieldIdsFilter", json!(ids));
    }
    if let Some(keys) = &hook.property_keys {
        set(&mut shown, "issuePropertyKeysFilter", json!(keys));
    }
    shown
}

/// Shows a moment as Atlassian's schema has it, in milliseconds, or as its examples do.
fn expiration(at: OffsetDateTime, as_text: bool) -> Value {
    if as_text {
        return render::moment(at).into();
    }
    let ms = at.unix_timestamp_nanos() / 1_000_000;
    i64::try_from(ms).unwrap_or(i64::MAX).into()
}

pub(super) fn refresh(
    webhooks: &mut Webhooks,
    switches: &WebhookSwitches,
    call: &Call<'_>,
) -> Answered {
    app_only(call)?;
    let ids = ids(call)?;
    let end = webhooks.refresh(&ids, call.cloud_id, &call.account, call.now);
    let end = expiration(end, switches.webhook_expiration_as_text);
    Ok(Answer::json(200, &json!({"expirationDate": end})))
}

pub(super) fn delete(world: &mut World, webhooks: &mut Webhooks, call: &Call<'_>) -> Answered {
    app_only(call)?;
    let ids = ids(call)?;
    webhooks.delete(&ids, call.cloud_id, &call.account);
    watch(world, webhooks, call.cloud_id);
    Ok(Answer::empty(202))
}

fn ids(call: &Call<'_>) -> Result<Vec<u64>, Answer> {
    let body = call.request.json()?;
    let listed = body.get("webhookIds").and_then(Value::as_array);
    let ids = listed.map(|listed| listed.iter().map(Value::as_u64).collect::<Option<Vec<_>>>());
    let ids = ids.flatten().filter(|ids| !ids.is_empty());
    ids.ok_or_else(|| jira_error(400, "The list of webhook ids is missing."))
}
