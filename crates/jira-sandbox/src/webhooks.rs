//! Dynamic webhooks: who has registered for what, and what is still to be delivered.

mod changelog;
mod event;
mod filter;
mod jwt;
mod outbox;
mod sender;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::jql::Query;

pub(crate) use filter::read as read_filter;
pub use jwt::WebhookJwt;
pub(crate) use outbox::Outbox;
pub use outbox::{WebhookAttempt, WebhookDelivery, WebhookDeliveryState};
pub(crate) use sender::run as run_sender;

/// How long a webhook lives after its creation or its last refresh.
const LIFE: Duration = Duration::days(30);
/// How long an expired webhook stays in the list.
const AFTERLIFE: Duration = Duration::days(90);
/// The most webhooks that one account may have through one app on one site.
pub(crate) const MAX_PER_USER: usize = 5;
/// Everything that can be registered for.
pub(crate) const EVENTS: &[&str] = &[
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issue_property_set",
    "issue_property_deleted",
    "sprint_created",
    "sprint_updated",
    "sprint_closed",
    "sprint_deleted",
    "sprint_started",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_created",
    "jira:version_moved",
    "jira:version_updated",
    "jira:version_merged",
    "jira:version_deleted",
];

/// Who shares the one URL that may be registered; Atlassian does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookUrlScope {
    /// All accounts of a site.
    #[default]
    Site,
    /// Each account on a site for itself.
    SiteAndAccount,
    /// All sites and accounts.
    App,
}

/// A registered webhook.
#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) cloud_id: String,
    /// The account that registered it.
    pub(crate) account: String,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) jql: String,
    pub(crate) filter: Query,
    pub(crate) field_ids: Option<Vec<String>>,
    pub(crate) property_keys: Option<Vec<String>>,
    pub(crate) expires_at: OffsetDateTime,
}

/// Every webhook there is, and its deliveries.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    pub(crate) hooks: Vec<Hook>,
    pub(crate) outbox: Outbox,
    /// The last id by cloud id; every site counts for itself.
    last_ids: HashMap<String, u64>,
}

impl Webhooks {
    /// Gives a webhook its id and its life, and keeps it.
    pub(crate) fn add(&mut self, hook: Hook, now: OffsetDateTime) -> u64 {
        let last_id = self.last_ids.entry(hook.cloud_id.clone()).or_default();
        *last_id += 1;
        let id = *last_id;
        self.hooks.push(Hook {
            id,
            expires_at: now + LIFE,
            ..hook
        });
        id
    }

    /// Gives what an account has registered on a site, and what is not long gone.
    pub(crate) fn of<'a>(
        &'a self,
        cloud_id: &'a str,
        account: &'a str,
        now: OffsetDateTime,
    ) -> impl Iterator<Item = &'a Hook> {
        self.hooks.iter().filter(move |hook| {
            hook.cloud_id == cloud_id
                && hook.account == account
                && now < hook.expires_at + AFTERLIFE
        })
    }

    /// Extends the life of those that are still alive, and gives its new end.
    pub(crate) fn refresh(
        &mut self,
        ids: &[u64],
        cloud_id: &str,
        account: &str,
        now: OffsetDateTime,
    ) -> OffsetDateTime {
        let end = now + LIFE;
        let owned = |hook: &&mut Hook| {
            let own = hook.cloud_id == cloud_id && hook.account == account;
            own && ids.contains(&hook.id) && now < hook.expires_at
        };
        for hook in self.hooks.iter_mut().filter(owned) {
            hook.expires_at = end;
        }
        end
    }

    /// Deletes those of the ids that the account has registered on the site.
    pub(crate) fn delete(&mut self, ids: &[u64], cloud_id: &str, account: &str) {
        self.hooks.retain(|hook| {
            let own = hook.cloud_id == cloud_id && hook.account == account;
            !(own && ids.contains(&hook.id))
        });
    }

    /// Tells whether a site has anybody to tell about its events.
    pub(crate) fn watches(&self, cloud_id: &str) -> bool {
        self.hooks.iter().any(|hook| hook.cloud_id == cloud_id)
    }
}
