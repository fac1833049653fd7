//! Interfering on a large scale: random faults, switches, projects, other people.

use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::Bytes;
use serde_json::Value;

use crate::chaos::{Chaos, ChaosReport};
use crate::control;
use crate::duplicates::{self, DuplicateReport};
use crate::json::text_of;
use crate::kit::http::Request;
use crate::others::{Batch, seed_issues};
use crate::switches::Switches;
use crate::webhooks::WebhookDelivery;
use crate::world::{Project, ProjectTemplate, Site};

use super::SandboxHandle;

impl SandboxHandle {
    /// Makes any of the control calls without HTTP, such as
    /// `("POST", "issues/SHOP-1/clone", &json!({"with_properties": true}))`.
    ///
    /// Null is no body; the answer is null where the call has none.
    ///
    /// # Errors
    ///
    /// The sentence with which the call is refused.
    pub fn control(&self, method: &str, call: &str, body: &Value) -> Result<Value, String> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
        let body = match body {
            Value::Null => Bytes::new(),
            body => body.to_string().into(),
        };
        let request = Request::of_control(method, call, body);
        let answered = self.with(|state| {
            let answered = control::answer(state, &request);
            state.collect_events();
            answered
        });
        match answered {
            Ok(answer) => Ok(serde_json::from_slice(&answer.body).unwrap_or_default()),
            Err(refusal) => {
                let told: Value = serde_json::from_slice(&refusal.body).unwrap_or_default();
                Err(told.get("error").map(text_of).unwrap_or_default())
            }
        }
    }

    /// Changes switches, such as `|switches| switches.timing.search_lag_ms = 60_000`.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        self.with(|state| {
            let mut switches = state.switches.clone();
            change(&mut switches);
            state.switch(switches);
        });
    }

    /// Gives how everything is switched now.
    pub fn switches(&self) -> Switches {
        self.with(|state| state.switches.clone())
    }

    /// Puts random faults in force and counts anew.
    ///
    /// # Errors
    ///
    /// A sentence where the probabilities of a rule make no sense.
    pub fn start_chaos(&self, chaos: Chaos) -> Result<(), String> {
        self.with(|state| state.chaos.start(chaos))
    }

    /// Ends random faults; what was put off is still carried out.
    pub fn stop_chaos(&self) -> ChaosReport {
        self.with(|state| {
            state.chaos.stop();
            state.chaos.report()
        })
    }

    /// Gives what has struck so far.
    pub fn chaos_report(&self) -> ChaosReport {
        self.with(|state| state.chaos.report())
    }

    /// Groups all issues by a mark that is a member of an entity property.
    pub fn duplicates(&self, property: &str, field: &str) -> DuplicateReport {
        self.with(|state| duplicates::report(&state.world, property, field, true))
    }

    /// Adds issues that were there before, by the first account; search knows them at once.
    ///
    /// # Errors
    ///
    /// A sentence where there is no such project.
    pub fn seed_issues(&self, project: &str, count: u64) -> Result<(), String> {
        self.with(|state| {
            let now = state.timing.now();
            seed_issues(&mut state.world, now, project, &batch(count, None))
        })
    }

    /// Lets the other account create issues: at once, or in the background at a rate.
    ///
    /// # Errors
    ///
    /// A sentence where there is no such project.
    pub fn start_others(
        &self,
        project: &str,
        count: u64,
        per_second: Option<f64>,
    ) -> Result<(), String> {
        self.with(|state| state.start_others(project, &batch(count, per_second)))
    }

    /// Stops everybody who creates issues in the background.
    pub fn stop_others(&self) {
        self.with(|state| state.stop_others());
    }

    /// Takes or gives the right to see a project and its issues.
    pub fn set_can_browse(&self, project: &str, can_browse: bool) -> bool {
        self.change_project(project, |project| project.can_browse = can_browse)
    }

    /// Takes or gives the right to edit the issues of a project.
    pub fn set_can_edit(&self, project: &str, can_edit: bool) -> bool {
        self.change_project(project, |project| project.can_edit = can_edit)
    }

    /// Takes or gives the right to move the issues of a project through their workflow.
    pub fn set_can_transition(&self, project: &str, can_transition: bool) -> bool {
        self.change_project(project, |project| project.can_transition = can_transition)
    }

    /// Gives a project another key; the old one goes on leading to it.
    pub fn rename_project_key(&self, project: &str, key: &str) -> bool {
        self.change_project(project, |project| project.rename_key(key))
    }

    /// Makes a project on the first site and gives its id.
    pub fn create_project(&self, key: &str, template: ProjectTemplate) -> Option<String> {
        self.with(|state| {
            let site = state.world.sites.first_mut()?;
            Some(site.add_project(template.project(key, key)).to_string())
        })
    }

    /// Deletes a project with its issues; its key is free again, its id is not.
    pub fn delete_project(&self, project: &str) -> bool {
        self.with(|state| {
            let actor = state.world.other_account();
            let found = state.world.project_mut(project);
            found
                .map(|(site, at)| site.delete_project(at, &actor))
                .is_some()
        })
    }

    /// Stops the clock, which can still be moved, or lets it run on from where it stands.
    pub fn set_clock_stopped(&self, stopped: bool) {
        self.with(|state| state.timing.clock.set_stopped(stopped));
    }

    /// Hides every issue of a project whose number is in a range, or shows them; gives how many.
    pub fn hide_issues(&self, project: &str, range: RangeInclusive<u64>, hidden: bool) -> usize {
        self.for_issues(project, range, |site, id| {
            if let Some(issue) = site.issue_mut(id) {
                issue.hidden = hidden;
            }
        })
    }

    /// Deletes every issue of a project whose number is in a range; gives how many.
    pub fn delete_issues(&self, project: &str, range: RangeInclusive<u64>) -> usize {
        let actor = self.with(|state| state.world.other_account());
        self.for_issues(project, range, |site, id| site.delete(id, &actor))
    }

    /// Keeps an issue's last write from search for so long from now.
    pub fn set_issue_search_lag(&self, key: &str, lag: Duration) -> bool {
        self.with(|state| {
            let visible_at = state.timing.now() + lag;
            let found = state.world.site_of_key(key);
            let issue = found.and_then(|(site, id)| site.issue_mut(id));
            issue.map(|issue| issue.search_from(visible_at)).is_some()
        })
    }

    fn for_issues(
        &self,
        project: &str,
        range: RangeInclusive<u64>,
        mut change: impl FnMut(&mut Site, u64),
    ) -> usize {
        self.with(|state| {
            let Some((site, at)) = state.world.project_mut(project) else {
                return 0;
            };
            let Some(found) = site.project_at(at).filter(|_| !range.is_empty()) else {
                return 0;
            };
            let ids: Vec<_> = found.numbers.range(range).map(|(_, id)| *id).collect();
            ids.iter().for_each(|id| change(site, *id));
            ids.len()
        })
    }

    /// Gives every remembered delivery of a webhook, the oldest first.
    pub fn webhook_deliveries(&self) -> Vec<WebhookDelivery> {
        self.with(|state| state.webhooks.outbox.deliveries().cloned().collect())
    }

    /// Gives how many webhooks are registered and alive.
    pub fn webhook_count(&self) -> usize {
        self.with(|state| {
            let now = state.timing.now();
            let hooks = state.webhooks.hooks.iter();
            hooks.filter(|hook| now < hook.expires_at).count()
        })
    }

    fn change_project(&self, key: &str, change: impl FnOnce(&mut Project)) -> bool {
        self.with(|state| {
            let found = state.world.project_mut(key);
            let project = found.and_then(|(site, at)| site.all_projects.get_mut(at));
            project.map(change).is_some()
        })
    }
}

fn batch(count: u64, per_second: Option<f64>) -> Batch {
    Batch {
        count,
        per_second,
        account: None,
        summary: None,
    }
}
