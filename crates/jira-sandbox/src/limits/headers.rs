//! The headers by which answers tell how much of a limit is left.

use crate::kit::http::Answer;
use crate::kit::limits::seconds_left;
use crate::switches::LimitSwitches;

use super::{Asked, Limits, RateHeaders, TIER_1_POINTS, burst_of};

impl Limits {
    /// Adds what Jira tells of its limits to an answer.
    pub(crate) fn tell(&mut self, asked: Asked<'_>, switches: &LimitSwitches, answer: &mut Answer) {
        let beta = switches.rate_headers == RateHeaders::Beta;
        if switches.rate_headers == RateHeaders::Off {
            return;
        }
        if asked.charged && (beta || switches.quota_points_per_hour.is_some()) {
            self.tell_quota(asked, switches, answer);
        }
        if switches.enforce_burst && answer.status != 429 {
            let (rate, size) = burst_of(asked, switches);
            let left = self.bucket(asked, size).left();
            let mut push =
                |name: &str, value: String| answer.headers.push((name.to_owned(), value));
            push("X-RateLimit-Limit", rate.to_string());
            push("X-RateLimit-Remaining", format!("{left:.0}"));
        }
    }

    fn tell_quota(&mut self, asked: Asked<'_>, switches: &LimitSwitches, answer: &mut Answer) {
        let limit = switches.quota_points_per_hour.unwrap_or(TIER_1_POINTS);
        let wait = seconds_left(asked.now);
        let (mut policies, mut rests) = (Vec::new(), Vec::new());
        let mut least = limit;
        for quota in switches.quota_scope.quotas() {
            let used = self.quota(asked.cloud_id(), *quota, asked.now);
            let (left, name) = (limit.saturating_sub(*used), quota.name());
            policies.push(format!("\"{name}\";q={limit};w=3600"));
            rests.push(match is_near(left, limit) {
                true => format!("\"{name}\";r={left};t={wait}"),
                false => format!("\"{name}\";t={wait}"),
            });
            least = least.min(left);
        }
        let prefix = match switches.rate_headers {
            RateHeaders::Beta => "Beta-",
            _ => "",
        };
        let mut push = |header: &str, value: String| {
            answer.headers.push((format!("{prefix}{header}"), value));
        };
        push("RateLimit-Policy", policies.join(", "));
        push("RateLimit", rests.join(", "));
        if is_near(least, limit) && prefix.is_empty() {
            push("X-RateLimit-NearLimit", "true".to_owned());
        }
        if least == 0 && !prefix.is_empty() {
            push("Retry-After", wait.to_string());
        }
    }
}

/// Tells whether the rest is told, which is from about four fifths of the quota on.
fn is_near(left: u64, limit: u64) -> bool {
    left * 5 < limit || left == 0
}
