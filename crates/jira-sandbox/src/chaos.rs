//! Random faults for a long run, repeatable by a seed, with a count of what really struck.

mod kind;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::effect::Effect;
use crate::endpoint::Endpoint;
use crate::kit::faults::Struck;
use crate::kit::random::Random;

pub use kind::ChaosKind;

/// Random faults: the first rule that fits a request's endpoint decides over it.
///
/// As JSON: `{"seed": 7, "rules": [{"endpoints": ["creates"], "probability": {"drop_after": 0.1}}]}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chaos {
    /// The same seed gives the same faults to the same sequence of requests.
    #[serde(default)]
    pub seed: u64,
    /// What may strike where.
    pub rules: Vec<ChaosRule>,
}

impl Chaos {
    /// Tells whether every rule's probabilities make sense.
    pub(crate) fn check(&self) -> Result<(), String> {
        let sane = |rule: &ChaosRule| {
            let mut shares = rule.probability.values();
            let sum: f64 = shares.clone().sum();
            shares.all(|share| (0.0..=1.0).contains(share)) && sum < 1.000_001
        };
        if self.rules.iter().all(sane) {
            return Ok(());
        }
        let text = "The probabilities of a rule must lie between 0 and 1, and together be at \
                    most 1.";
        Err(text.to_owned())
    }
}

/// What may strike some endpoints, and how probably.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChaosRule {
    /// Endpoints or groups of them.
    pub endpoints: Vec<ChaosTarget>,
    /// The probability of each kind, from 0 to 1; together at most 1, and the rest is left alone.
    pub probability: BTreeMap<ChaosKind, f64>,
    /// Least and most milliseconds of a delay.
    #[serde(default = "ChaosRule::default_delay")]
    pub delay_ms: [u64; 2],
    /// Least and most milliseconds until a late request is carried out.
    #[serde(default = "ChaosRule::default_later")]
    pub later_ms: [u64; 2],
    /// Milliseconds between the issues of a late bulk create; zero makes them all at once.
    #[serde(default)]
    pub later_ms_per_issue: u64,
    /// Least and most seconds of `Retry-After`.
    #[serde(default = "ChaosRule::default_retry_after")]
    pub retry_after_seconds: [u64; 2],
}

impl ChaosRule {
    /// Makes a rule with the usual delays: 50 to 500 ms, and 1 to 5 s until late work is done.
    pub fn new(
        endpoints: impl IntoIterator<Item = ChaosTarget>,
        probability: impl IntoIterator<Item = (ChaosKind, f64)>,
    ) -> Self {
        Self {
            endpoints: endpoints.into_iter().collect(),
            probability: probability.into_iter().collect(),
            delay_ms: Self::default_delay(),
            later_ms: Self::default_later(),
            later_ms_per_issue: 0,
            retry_after_seconds: Self::default_retry_after(),
        }
    }

    fn default_delay() -> [u64; 2] {
        [50, 500]
    }

    fn default_later() -> [u64; 2] {
        [1_000, 5_000]
    }

    fn default_retry_after() -> [u64; 2] {
        [1, 2]
    }
}

/// An endpoint or a group of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum ChaosTarget {
    /// Several endpoints.
    Group(EndpointGroup),
    /// One endpoint.
    One(Endpoint),
}

/// Endpoints that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointGroup {
    /// Create and bulk create.
    Creates,
    /// Everything that changes something in Jira.
    Writes,
    /// Everything that only reads from Jira.
    Reads,
    /// Everything of Jira.
    Jira,
}

impl TryFrom<Value> for ChaosTarget {
    type Error = String;

    fn try_from(name: Value) -> Result<Self, String> {
        let group = serde_json::from_value(name.clone()).map(Self::Group);
        let one = || serde_json::from_value(name.clone()).map(Self::One);
        group
            .or_else(|_| one())
            .map_err(|_| format!("{name} is neither an endpoint nor a group of them"))
    }
}

impl From<ChaosTarget> for Value {
    fn from(target: ChaosTarget) -> Self {
        match target {
            ChaosTarget::Group(group) => json!(group),
            ChaosTarget::One(endpoint) => json!(endpoint),
        }
    }
}

impl ChaosTarget {
    fn has(self, endpoint: Endpoint) -> bool {
        match self {
            Self::One(one) => one == endpoint,
            Self::Group(EndpointGroup::Creates) => {
                matches!(endpoint, Endpoint::CreateIssue | Endpoint::BulkCreate)
            }
            Self::Group(EndpointGroup::Writes) => endpoint.is_write(),
            Self::Group(EndpointGroup::Reads) => endpoint.is_api() && !endpoint.is_write(),
            Self::Group(EndpointGroup::Jira) => endpoint.is_api(),
        }
    }
}

/// What one kind of fault has done to one endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StruckCount {
    /// Requests it struck.
    pub requests: u64,
    /// Issues that were made all the same, at once or later.
    pub issues: u64,
}

/// What has struck so far, under which rules.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ChaosReport {
    /// What may strike now.
    pub chaos: Chaos,
    /// What struck: by endpoint, then by kind. Faults switched on one by one count here too.
    pub struck: BTreeMap<String, BTreeMap<String, StruckCount>>,
    /// Requests that were put off and not carried out yet.
    pub pending_late: usize,
}

/// The rules in force with their generators, and the counts.
#[derive(Debug, Default)]
pub(crate) struct ChaosRun {
    chaos: Chaos,
    draws: Vec<Random>,
    struck: BTreeMap<String, BTreeMap<String, StruckCount>>,
    pub(crate) pending_late: usize,
}

impl ChaosRun {
    /// Puts rules in force and starts counting anew; refused where probabilities make no sense.
    pub(crate) fn start(&mut self, chaos: Chaos) -> Result<(), String> {
        chaos.check()?;
        let seeds = (1_u64..).map(|at| Random::new(chaos.seed ^ at.wrapping_mul(0xA5A5_5A5A)));
        self.draws = seeds.take(chaos.rules.len()).collect();
        self.chaos = chaos;
        self.struck.clear();
        Ok(())
    }

    /// Takes the rules out of force; the counts stay.
    pub(crate) fn stop(&mut self) {
        self.chaos.rules.clear();
        self.draws.clear();
    }

    pub(crate) fn report(&self) -> ChaosReport {
        ChaosReport {
            chaos: self.chaos.clone(),
            struck: self.struck.clone(),
            pending_late: self.pending_late,
        }
    }

    /// Decides what strikes a request; `elements` counts those of a bulk create.
    pub(crate) fn draw(
        &mut self,
        endpoint: Endpoint,
        elements: impl Fn() -> usize,
    ) -> Option<Struck> {
        let mut rules = self.chaos.rules.iter().zip(&mut self.draws);
        let fits = |rule: &ChaosRule| rule.endpoints.iter().any(|it| it.has(endpoint));
        let (rule, draws) = rules.find(|(rule, _)| fits(rule))?;
        let mut left = draws.fraction();
        let kind = rule.probability.iter().find_map(|(kind, share)| {
            left -= share;
            (left < 0.0).then_some(*kind)
        })?;
        let count = match kind.strikes_elements() {
            true => elements(),
            false => 0,
        };
        let effect = kind.effect(rule, draws, count);
        effect.finds(|| count).then(|| Struck {
            name: kind.name(),
            effect,
        })
    }

    /// Counts a request that was really struck, with the issues it made all the same.
    pub(crate) fn count(&mut self, endpoint: Endpoint, fault: &str, requests: u64, issues: u32) {
        let of_endpoint = self.struck.entry(endpoint.name()).or_default();
        let count = of_endpoint.entry(fault.to_owned()).or_default();
        count.requests += requests;
        count.issues += u64::from(issues);
    }
}

impl Effect {
    /// Names the effect together with itself.
    pub(crate) fn struck(self) -> Struck {
        Struck {
            name: self.name(),
            effect: self,
        }
    }
}

#[cfg(test)]
mod tests;
