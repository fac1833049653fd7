//! Jira's three rate limits: the hourly quota, bursts, and writes to one issue.

mod headers;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::effect::RateLimitReason;
use crate::endpoint::Endpoint;
use crate::errors::jira_error;
use crate::kit::http::{Answer, Request};
use crate::kit::limits::{Bucket, HourlyUse, Recent, Window, seconds_left};
use crate::switches::LimitSwitches;

/// The quota that headers speak of where none is enforced: Atlassian's first tier.
const TIER_1_POINTS: u64 = 65_000;
/// Writes to one issue: at most so many within so long.
const ISSUE_WRITES: [Window; 2] = [(20, Duration::seconds(2)), (100, Duration::seconds(30))];

/// What one quota covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaScope {
    /// Every site of the app together.
    #[default]
    Global,
    /// Each site for itself.
    Tenant,
    /// One quota for every site together and one for each.
    Both,
}

impl QuotaScope {
    /// Gives the quotas that there are.
    fn quotas(self) -> &'static [Quota] {
        match self {
            Self::Global => &[Quota::Global],
            Self::Tenant => &[Quota::Tenant],
            Self::Both => &[Quota::Global, Quota::Tenant],
        }
    }
}

/// One hourly quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quota {
    Global,
    Tenant,
}

impl Quota {
    fn reason(self) -> RateLimitReason {
        match self {
            Self::Global => RateLimitReason::GlobalQuota,
            Self::Tenant => RateLimitReason::TenantQuota,
        }
    }

    /// Gives the name that headers use.
    fn name(self) -> &'static str {
        match self {
            Self::Global => "global-app-quota",
            Self::Tenant => "tenant-app-quota",
        }
    }
}

/// Whether answers tell how much of a limit is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateHeaders {
    /// Of the limits that are enforced.
    #[default]
    Enforced,
    /// Of the quota, under names with `Beta-`, while it is not enforced.
    Beta,
    /// Never.
    Off,
}

/// How much of every limit is used.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// By cloud id; empty for the quota of all sites.
    quotas: HashMap<String, HourlyUse>,
    bursts: HashMap<(String, Endpoint, String), Bucket>,
    issue_writes: HashMap<(String, String), Recent>,
}

/// Which limits a request falls under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) request: &'a Request,
    /// Whether the hourly quota counts it.
    pub(crate) charged: bool,
    /// The id of the issue that it writes to.
    pub(crate) writes_to: Option<u64>,
    pub(crate) now: OffsetDateTime,
}

impl Asked<'_> {
    fn cloud_id(&self) -> &str {
        self.request.part(2)
    }
}

impl Limits {
    /// Refuses a request that is one too many; otherwise counts it.
    pub(crate) fn admit(
        &mut self,
        asked: Asked<'_>,
        switches: &LimitSwitches,
    ) -> Result<(), Answer> {
        let enforced = switches.rate_headers != RateHeaders::Beta;
        if let (true, true, Some(limit)) = (asked.charged, enforced, switches.quota_points_per_hour)
        {
            for quota in switches.quota_scope.quotas() {
                let used = self.quota(asked.cloud_id(), *quota, asked.now);
                if *used >= limit {
                    let wait = seconds_left(asked.now);
                    return Err(refusal(quota.reason(), Some(limit), wait, asked.now));
                }
            }
        }
        if switches.enforce_burst {
            self.admit_burst(asked, switches)?;
        }
        if switches.enforce_per_issue {
            self.admit_issue_write(asked)?;
        }
        Ok(())
    }

    /// Counts the points that a request has cost.
    pub(crate) fn charge(&mut self, cloud_id: &str, points: u64, now: OffsetDateTime) {
        for quota in [Quota::Global, Quota::Tenant] {
            *self.quota(cloud_id, quota, now) += points;
        }
    }

    /// Gives the points of a quota that are used.
    fn quota(&mut self, cloud_id: &str, quota: Quota, now: OffsetDateTime) -> &mut u64 {
        let whose = match quota {
            Quota::Global => "",
            Quota::Tenant => cloud_id,
        };
        if !self.quotas.contains_key(whose) {
            self.quotas.insert(whose.to_owned(), HourlyUse::default());
        }
        self.quotas.entry(whose.to_owned()).or_default().points(now)
    }

    fn admit_burst(&mut self, asked: Asked<'_>, switches: &LimitSwitches) -> Result<(), Answer> {
        let (rate, size) = burst_of(asked, switches);
        if self.bucket(asked, size).take(rate, size, asked.now) {
            return Ok(());
        }
        let limit = Some(rate.into());
        Err(refusal(RateLimitReason::Burst, limit, 1, asked.now))
    }

    fn bucket(&mut self, asked: Asked<'_>, size: u32) -> &mut Bucket {
        let method = asked.request.method.to_string();
        let key = (asked.cloud_id().to_owned(), asked.endpoint, method);
        let full = || Bucket::full(size, asked.now);
        self.bursts.entry(key).or_insert_with(full)
    }

    fn admit_issue_write(&mut self, asked: Asked<'_>) -> Result<(), Answer> {
        let Some(id) = asked.writes_to else {
            return Ok(());
        };
        let key = (asked.cloud_id().to_owned(), id.to_string());
        let writes = self.issue_writes.entry(key).or_default();
        writes.add(&ISSUE_WRITES, asked.now).map_err(|full| {
            let limit = u64::try_from(full.most).ok();
            let reason = RateLimitReason::PerIssueWrite;
            refusal(reason, limit, full.wait, asked.now)
        })
    }
}

/// Gives an endpoint's steady rate a second and how much it may save up.
fn burst_of(asked: Asked<'_>, switches: &LimitSwitches) -> (u32, u32) {
    let published = match (asked.request.method.as_str(), asked.endpoint) {
        (_, Endpoint::GetIssue | Endpoint::ApproximateCount) => 150,
        ("PUT" | "DELETE", _) => 50,
        _ => 100,
    };
    let rate = switches.burst_per_second.unwrap_or(published).max(1);
    let size = switches.burst_bucket.unwrap_or(rate).max(1);
    (rate, size)
}

/// Refuses a request as Jira does where a limit is reached, really or by a fault.
///
/// Without a limit it names the one that Atlassian publishes.
pub(crate) fn refusal(
    reason: RateLimitReason,
    limit: Option<u64>,
    wait: u64,
    now: OffsetDateTime,
) -> Answer {
    let published = match reason {
        RateLimitReason::GlobalQuota | RateLimitReason::TenantQuota => TIER_1_POINTS,
        RateLimitReason::Burst => 100,
        RateLimitReason::PerIssueWrite => 20,
    };
    let mut answer = jira_error(429, "Rate limit exceeded.");
    let reset = now + std::time::Duration::from_secs(wait);
    let rfc3339 = &time::format_description::well_known::Rfc3339;
    let reset = reset.replace_nanosecond(0).unwrap_or(reset);
    let headers = [
        ("Retry-After", wait.to_string()),
        ("RateLimit-Reason", reason.header().to_owned()),
        ("X-RateLimit-Limit", limit.unwrap_or(published).to_string()),
        ("X-RateLimit-Remaining", "0".to_owned()),
        (
            "X-RateLimit-Reset",
            reset.format(rfc3339).unwrap_or_default(),
        ),
    ];
    for (name, value) in headers {
        answer.headers.push((name.to_owned(), value));
    }
    answer
}
