//! The handle by which a test looks into a sandbox and interferes.

mod interfere;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::config::{SandboxConfig, SiteListing};
use crate::journal::{ChargeReport, JournalEntry, TokenCounters};
use crate::kit::faults::Fault;
use crate::kit::journal::Exchange;
use crate::others::Other;
use crate::rest::{Fields, move_to_status, render_issue};
use crate::state::State;
use crate::switches::millis;
use crate::world::{Issue, Site, World};

/// A handle on a running sandbox; clones speak of the same one.
#[derive(Clone, Debug)]
pub struct SandboxHandle {
    state: Arc<Mutex<State>>,
}

/// An issue as it stands now, whatever search knows of it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct IssueSnapshot {
    /// The immutable id.
    pub id: String,
    /// The present key.
    pub key: String,
    /// The site it lives on.
    pub cloud_id: String,
    /// The address of its page.
    pub url: String,
    /// Every field, as Jira's REST API shows it.
    pub fields: Value,
    /// The entity properties by key.
    pub properties: BTreeMap<String, Value>,
}

impl IssueSnapshot {
    pub(crate) fn of(world: &World, site: &Site, issue: &Issue) -> Self {
        let mut shown = render_issue(world, site, issue, &issue.data, &Fields::all(), &[]);
        let key = site.key_of(&issue.data);
        Self {
            id: issue.id.to_string(),
            url: format!("{}/browse/{key}", site.url),
            key,
            cloud_id: site.cloud_id.clone(),
            fields: shown.get_mut("fields").map(Value::take).unwrap_or_default(),
            properties: issue.data.properties.clone(),
        }
    }

    pub(crate) fn of_site(world: &World, site: &Site) -> Vec<Self> {
        site.issues()
            .map(|issue| Self::of(world, site, issue))
            .collect()
    }

    pub(crate) fn find(world: &mut World, key: &str) -> Option<Self> {
        let found = world.site_of_key(key);
        let (cloud_id, id) = found.map(|(site, id)| (site.cloud_id.clone(), id))?;
        let site = world.site(&cloud_id)?;
        Some(Self::of(world, site, site.issue(id)?))
    }

    /// Gives the status's name.
    pub fn status(&self) -> &str {
        self.text("/status/name")
    }

    /// Gives the summary.
    pub fn summary(&self) -> &str {
        self.text("/summary")
    }

    fn text(&self, pointer: &str) -> &str {
        self.fields
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

impl SandboxHandle {
    pub(crate) fn new(config: SandboxConfig, world: World) -> Self {
        Self {
            state: Arc::new_cyclic(|myself| Mutex::new(State::new(config, world, myself.clone()))),
        }
    }

    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Moves the sandbox's clock forwards.
    pub fn advance_clock(&self, by: Duration) {
        self.with(|state| state.timing.clock.advance(by));
    }

    /// Gives the sandbox's present moment.
    pub fn now(&self) -> OffsetDateTime {
        self.with(|state| state.timing.now())
    }

    /// Gives every issue of every site, by site and id.
    pub fn issues(&self) -> Vec<IssueSnapshot> {
        self.with(|state| {
            let of_site = |site| IssueSnapshot::of_site(&state.world, site);
            state.world.sites.iter().flat_map(of_site).collect()
        })
    }

    /// Gives the number of issues of every site together.
    pub fn issue_count(&self) -> usize {
        self.with(|state| state.world.sites.iter().map(Site::issue_count).sum())
    }

    /// Finds an issue by a key it has or had.
    pub fn issue(&self, key: &str) -> Option<IssueSnapshot> {
        self.with(|state| IssueSnapshot::find(&mut state.world, key))
    }

    /// Moves an issue to the status of this name; tells whether both exist.
    pub fn move_issue(&self, key: &str, status: &str) -> bool {
        self.with(|state| {
            let other = Other::acting(&state.world, &mut state.timing);
            let found = state.world.site_of_key(key);
            found.is_some_and(|(site, id)| move_to_status(site, id, status, other.edit()))
        })
    }

    /// Deletes an issue; its number is not given again.
    pub fn delete_issue(&self, key: &str) -> bool {
        let actor = self.with(|state| state.world.other_account());
        self.change(key, |site, id| site.delete(id, &actor))
    }

    /// Takes an issue from everybody's sight, as a permission change does.
    pub fn hide_issue(&self, key: &str) -> bool {
        self.change_issue(key, |issue| issue.hidden = true)
    }

    /// Brings a hidden issue back.
    pub fn show_issue(&self, key: &str) -> bool {
        self.change_issue(key, |issue| issue.hidden = false)
    }

    /// Lets bulk fetch report the issue in `issueErrors` with this message, or no longer.
    pub fn set_issue_error(&self, key: &str, message: Option<&str>) -> bool {
        let message = message.map(str::to_owned);
        self.change_issue(key, |issue| issue.unreadable = message.map(Into::into))
    }

    /// Moves an issue to another project of its site and gives its new key.
    ///
    /// The id stays, and the old key still resolves.
    pub fn move_to_project(&self, key: &str, project: &str) -> Option<String> {
        self.with(|state| {
            let other = Other::acting(&state.world, &mut state.timing);
            let (site, id) = state.world.site_of_key(key)?;
            let (at, _) = site.project(project)?;
            site.move_to(id, at, other.edit_at_once());
            site.issue(id).map(|issue| site.key_of(&issue.data))
        })
    }

    /// Lets writes from now on stay unseen by search for so long.
    pub fn set_search_lag(&self, lag: Duration) {
        self.switch(|switches| switches.timing.search_lag_ms = millis(lag));
    }

    /// Sets how long every request takes, and how much longer for each issue it creates.
    pub fn set_latency(&self, base: Duration, per_issue: Duration) {
        self.switch(|switches| {
            switches.timing.latency_ms = millis(base);
            switches.timing.latency_per_issue_ms = millis(per_issue);
        });
    }

    /// Takes or gives the right to create issues in a project of any site.
    pub fn set_can_create(&self, project: &str, can_create: bool) {
        self.with(|state| {
            let projects = state
                .world
                .sites
                .iter_mut()
                .flat_map(|site| &mut site.all_projects);
            for found in projects.filter(|found| found.key == project) {
                found.can_create = can_create;
            }
        });
    }

    /// Switches one more fault on; the first that fits a request hits it.
    pub fn push_fault(&self, fault: Fault) {
        self.with(|state| state.faults.push(fault));
    }

    /// Replaces every fault.
    pub fn set_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.with(|state| {
            state.faults.clear();
            faults
                .into_iter()
                .for_each(|fault| state.faults.push(fault));
        });
    }

    /// Switches every fault off.
    pub fn clear_faults(&self) {
        self.set_faults([]);
    }

    /// Gives the latest requests to OAuth and Jira, in the order of arrival.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.with(|state| state.journal.entries().cloned().collect())
    }

    /// Gives how many requests to OAuth and Jira have arrived.
    pub fn arrived(&self) -> usize {
        self.with(|state| state.journal.arrived())
    }

    /// Gives what all requests so far cost, by app and endpoint.
    pub fn charges(&self) -> ChargeReport {
        self.with(|state| state.journal.charges())
    }

    /// Keeps every request to Jira whole from now on, with its body and answer, for checking.
    pub fn keep_exchanges(&self) {
        self.with(|state| state.journal.exchanges.keep(true));
    }

    /// Gives the requests to Jira since [`SandboxHandle::keep_exchanges`], in their order.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.with(|state| state.journal.exchanges.kept().to_vec())
    }

    /// Gives the points of Jira's quota that all requests so far have cost.
    pub fn quota_points(&self) -> u64 {
        self.with(|state| state.journal.charges().total.quota_points)
    }

    /// Gives what the token endpoint has done so far.
    pub fn token_counters(&self) -> TokenCounters {
        self.with(|state| state.tokens.counters)
    }

    /// Ends every grant, as a person does under connected apps.
    pub fn revoke_grants(&self) {
        self.with(|state| state.tokens.revoke_all());
    }

    /// Lets every access token expire at once; refresh tokens go on.
    pub fn expire_access_tokens(&self) {
        self.with(|state| {
            let now = state.timing.now();
            state.tokens.expire_access(now);
        });
    }

    /// Adds a site to an account's grant.
    pub fn add_site(&self, account_id: &str, cloud_id: &str) {
        self.with(|state| state.tokens.add_site(account_id, cloud_id));
    }

    /// Takes a site from an account's grant.
    pub fn remove_site(&self, account_id: &str, cloud_id: &str) {
        self.with(|state| state.tokens.remove_site(account_id, cloud_id));
    }

    /// Sets what accessible-resources shows of a grant.
    pub fn set_site_listing(&self, listing: SiteListing) {
        self.with(|state| state.switches.oauth.site_listing = listing);
    }

    fn change(&self, key: &str, change: impl FnOnce(&mut Site, u64)) -> bool {
        self.with(|state| {
            let found = state.world.site_of_key(key);
            found.map(|(site, id)| change(site, id)).is_some()
        })
    }

    fn change_issue(&self, key: &str, change: impl FnOnce(&mut Issue)) -> bool {
        self.change(key, |site, id| {
            if let Some(issue) = site.issue_mut(id) {
                change(issue);
            }
        })
    }
}
