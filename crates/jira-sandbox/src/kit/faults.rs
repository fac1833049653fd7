//! Faults that a test or a person switches on.

use serde::{Deserialize, Serialize};

use super::random::Random;
use crate::effect::{self, Effect};
use crate::endpoint::Endpoint;

/// One fault: what happens, to which requests, and how often.
///
/// As JSON: `{"endpoint": "bulk_create", "project": "SHOP", "skip": 1, "when": {"times": 2},
/// "effect": {"kind": "drop_after"}}`; only `effect` is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens; in JSON and TOML also the name of a random fault, such as `"limit_burst"`.
    #[serde(deserialize_with = "effect::read")]
    pub effect: Effect,
    /// The endpoint it happens to; none means every endpoint of the API.
    #[serde(default)]
    pub endpoint: Option<Endpoint>,
    /// The key of the project that the request must speak of.
    #[serde(default)]
    pub project: Option<String>,
    /// Matching requests to leave alone first.
    #[serde(default)]
    pub skip: u32,
    /// How often it happens among the matching requests that follow.
    #[serde(default)]
    pub when: When,
}

impl Fault {
    /// Makes a fault that happens once, on the next request to the endpoint.
    pub fn once(endpoint: Endpoint, effect: Effect) -> Self {
        Self {
            effect,
            endpoint: Some(endpoint),
            project: None,
            skip: 0,
            when: When::default(),
        }
    }

    /// Makes the fault happen as often as given.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Makes the fault happen only to requests that speak of this project.
    #[must_use]
    pub fn on_project(mut self, key: &str) -> Self {
        self.project = Some(key.to_owned());
        self
    }

    /// Makes the fault leave the first matching requests alone.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }
}

/// How often a fault happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// To the next so many requests.
    Times(u32),
    /// To every nth request.
    Every(u32),
    /// To so many in a hundred, chosen by a generator with this seed.
    Percent {
        /// Out of a hundred.
        percent: u8,
        /// The same seed chooses the same requests.
        seed: u64,
    },
    /// To every request.
    Always,
}

impl Default for When {
    fn default() -> Self {
        Self::Times(1)
    }
}

/// The faults that are switched on, with how often each was looked at.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    armed: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    seen: u32,
    draws: Random,
}

/// A fault that strikes a request, under the name that the journal and the counts use.
#[derive(Clone, Debug)]
pub(crate) struct Struck {
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
}

impl FaultPlan {
    pub(crate) fn push(&mut self, fault: Fault) {
        let draws = match fault.when {
            When::Percent { seed, .. } => seed,
            _ => 0,
        };
        self.armed.push(Armed {
            fault,
            seen: 0,
            draws: Random::new(draws),
        });
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    /// Switches the fault at this place in the list off; tells whether there is one.
    pub(crate) fn remove(&mut self, at: usize) -> bool {
        let found = at < self.armed.len();
        if found {
            self.armed.remove(at);
        }
        found
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.armed.iter().map(|armed| armed.fault.clone()).collect()
    }

    /// Gives what happens to this request: the first fault whose turn it is.
    ///
    /// `elements` counts those of a bulk create; there are none in any other request.
    pub(crate) fn take(
        &mut self,
        endpoint: Endpoint,
        project: impl Fn() -> Option<String>,
        elements: impl Fn() -> usize,
    ) -> Option<Effect> {
        let about_project = self.armed.iter().any(|armed| armed.fault.project.is_some());
        let project = if about_project { project() } else { None };
        let matching = self
            .armed
            .iter_mut()
            .filter(|armed| armed.matches(endpoint, project.as_deref()));
        let mut matching = matching.filter(|armed| armed.fault.effect.finds(&elements));
        let effect = matching.find_map(Armed::draw);
        self.armed.retain(|armed| !armed.is_spent());
        effect
    }
}

impl Armed {
    fn matches(&self, endpoint: Endpoint, project: Option<&str>) -> bool {
        let right_endpoint = match self.fault.endpoint {
            Some(wanted) => wanted == endpoint,
            None => endpoint.is_api(),
        };
        let right_project = match self.fault.project.as_deref() {
            Some(wanted) => project == Some(wanted),
            None => true,
        };
        right_endpoint && right_project
    }

    fn draw(&mut self) -> Option<Effect> {
        self.seen += 1;
        let turn = self
            .seen
            .checked_sub(self.fault.skip)
            .filter(|turn| *turn > 0)?;
        let happens = match self.fault.when {
            When::Times(times) => turn <= times,
            When::Every(nth) => nth > 0 && turn % nth == 0,
            When::Percent { percent, .. } => self.draws.next() % 100 < u64::from(percent),
            When::Always => true,
        };
        happens.then(|| self.fault.effect.clone())
    }

    fn is_spent(&self) -> bool {
        match self.fault.when {
            When::Times(times) => self.seen >= self.fault.skip.saturating_add(times),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
