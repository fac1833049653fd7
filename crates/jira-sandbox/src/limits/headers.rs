//! The headers by which answers tell how much of a limit is left.

use crate::http::Answer;
use crate::switches::Switches;

use super::{Asked, Limits, QuotaScope, RateHeaders, TIER_1_POINTS, burst_of, seconds_left};

impl Limits {
    /// Adds what Jira tells of its limits to an answer.
    pub(crate) fn tell(&mut self, asked: Asked<'_>, switches: &Switches, answer: &mut Answer) {
        let beta = switches.rate_headers == RateHeaders::Beta;
        if switches.rate_headers == RateHeaders::Off {
            return;
        }
        if asked.charged && (beta || switches.quota_points_per_hour.is_some()) {
            self.tell_quota(asked, switches, answer);
        }
        if switches.enforce_burst && answer.status != 429 {
            let (rate, size) = burst_of(asked, switches);
            let left = self.bucket(asked, size).tokens.floor();
            let mut push =
                |name: &str, value: String| answer.headers.push((name.to_owned(), value));
            push("X-RateLimit-Limit", format!("{rate:.0}"));
            push("X-RateLimit-Remaining", format!("{left:.0}"));
        }
    }

    fn tell_quota(&mut self, asked: Asked<'_>, switches: &Switches, answer: &mut Answer) {
        let limit = switches.quota_points_per_hour.unwrap_or(TIER_1_POINTS);
        let used = self.quota(asked.cloud_id(), switches.quota_scope, asked.now);
        let left = limit.saturating_sub(used.points);
        // The rest is told from about four fifths of the quota on.
        let near = left * 5 < limit || left == 0;
        let name = match switches.quota_scope {
            QuotaScope::Global => "global-app-quota",
            QuotaScope::Tenant => "tenant-app-quota",
        };
        let wait = seconds_left(asked.now);
        let prefix = match switches.rate_headers {
            RateHeaders::Beta => "Beta-",
            _ => "",
        };
        let mut push = |header: &str, value: String| {
            answer.headers.push((format!("{prefix}{header}"), value));
        };
        push("RateLimit-Policy", format!("\"{name}\";q={limit};w=3600"));
        if near {
            push("RateLimit", format!("\"{name}\";r={left};t={wait}"));
        } else {
            push("RateLimit", format!("\"{name}\";t={wait}"));
        }
        if near && prefix.is_empty() {
            push("X-RateLimit-NearLimit", "true".to_owned());
        }
        if left == 0 && !prefix.is_empty() {
            push("Retry-After", wait.to_string());
        }
    }
}
