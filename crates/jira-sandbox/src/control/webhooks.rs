//! Control calls about webhooks and their deliveries.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::kit::control::{ok, read, refused};
use crate::kit::http::{Answer, Answered, Request};
use crate::webhooks::{Outbox, Webhooks};
use crate::world::World;

use super::no_call;

/// Answers a call below `/sandbox/webhooks`.
pub(super) fn answer(
    world: &mut World,
    webhooks: &mut Webhooks,
    now: OffsetDateTime,
    request: &Request,
    rest: &[&str],
) -> Answered {
    match (request.method.as_str(), rest) {
        ("GET", []) => Ok(ok(&list(webhooks, now))),
        ("DELETE", []) => {
            webhooks.hooks.clear();
            world.sites.iter_mut().for_each(|site| site.watch(false));
            Ok(Answer::empty(204))
        }
        ("GET", ["deliveries"]) => Ok(ok(&deliveries(&webhooks.outbox, request))),
        ("POST", ["deliveries"]) => again(&mut webhooks.outbox, now, request),
        _ => Err(no_call()),
    }
}

fn list(webhooks: &Webhooks, now: OffsetDateTime) -> Value {
    let rfc3339 = &time::format_description::well_known::Rfc3339;
    let hooks = webhooks.hooks.iter().map(|hook| {
        json!({
            "id": hook.id,
            "cloud_id": hook.cloud_id,
            "account": hook.account,
            "url": hook.url,
            "events": hook.events,
            "jql_filter": hook.jql,
            "expires_at": hook.expires_at.format(rfc3339).unwrap_or_default(),
            "expired": now >= hook.expires_at,
        })
    });
    json!({"webhooks": hooks.collect::<Vec<_>>()})
}

fn deliveries(outbox: &Outbox, request: &Request) -> Value {
    let limit = request.query_number("limit", 1_000);
    let all: Vec<_> = outbox.deliveries().collect();
    let latest = all.get(all.len().saturating_sub(limit)..);
    json!({"total": all.len(), "deliveries": latest.unwrap_or_default()})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Again {
    identifier: String,
}

fn again(outbox: &mut Outbox, now: OffsetDateTime, request: &Request) -> Answered {
    let again: Again = read(request)?;
    if outbox.again(&again.identifier, now) {
        Ok(Answer::empty(202))
    } else {
        Err(refused(404, "There is no such delivery."))
    }
}
