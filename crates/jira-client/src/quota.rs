//! The quota headers of an answer.

use std::time::Duration;

use reqwest::header::HeaderMap;
use time::OffsetDateTime;

use crate::rest::lenient::parse_time;
use crate::send::header;

/// What an answer's headers said about the rate limits.
///
/// Headers with a `Beta-` prefix announce limits that are not enforced yet; they are read too and marked.
///
/// **Source:** Atlassian, "Rate limiting" (Jira Cloud platform), read 2026-10.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Requests allowed in the present window.
    pub limit: Option<u64>,
    /// Requests left in the present window.
    pub remaining: Option<u64>,
    /// When the present window ends.
    pub reset_at: Option<OffsetDateTime>,
    /// Whether less than a fifth is left.
    pub near_limit: bool,
    /// The named quotas, in the order given.
    pub windows: Vec<QuotaWindow>,
    /// What would apply if limits that are only announced were enforced.
    pub announced: Option<AnnouncedLimit>,
}

/// A limit that is announced and not enforced yet: the `X-Beta-RateLimit-` headers and `Beta-Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AnnouncedLimit {
    /// Requests that would be allowed in the present window.
    pub limit: Option<u64>,
    /// Requests that would be left.
    pub remaining: Option<u64>,
    /// When the present window ends.
    pub reset_at: Option<OffsetDateTime>,
    /// How long a caller would have to wait.
    pub retry_after: Option<Duration>,
}

/// One named quota, put together from `RateLimit-Policy` and `RateLimit`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct QuotaWindow {
    /// The name, such as `global-app-quota`.
    pub name: String,
    /// Points per window.
    pub points: Option<u64>,
    /// The window's length.
    pub length: Option<Duration>,
    /// Points left; Jira tells only when the limit is near.
    pub remaining: Option<u64>,
    /// Time until the window ends.
    pub resets_in: Option<Duration>,
    /// Whether the limit is enforced yet.
    pub enforced: bool,
}

impl Quota {
    /// Reads the quota headers; `None` when the answer has none.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let windows = read_windows(headers);
        let announced = AnnouncedLimit {
            limit: number(headers, "x-beta-ratelimit-limit"),
            remaining: number(headers, "x-beta-ratelimit-remaining"),
            reset_at: moment(headers, "x-beta-ratelimit-reset"),
            retry_after: number(headers, "beta-retry-after").map(Duration::from_secs),
        };
        let quota = Self {
            limit: number(headers, "x-ratelimit-limit"),
            remaining: number(headers, "x-ratelimit-remaining"),
            reset_at: moment(headers, "x-ratelimit-reset"),
            near_limit: header(headers, "x-ratelimit-nearlimit")
                .is_some_and(|text| text.trim().eq_ignore_ascii_case("true")),
            windows,
            announced: (announced != AnnouncedLimit::default()).then_some(announced),
        };
        let empty = quota.limit.is_none()
            && quota.remaining.is_none()
            && quota.reset_at.is_none()
            && quota.windows.is_empty()
            && quota.announced.is_none()
            && !quota.near_limit;
        (!empty).then_some(quota)
    }

    /// Returns the time until an exhausted quota is filled again, where a limit in force says so.
    pub(crate) fn time_to_reset(&self) -> Option<Duration> {
        let left = self.reset_at.map(|at| at - OffsetDateTime::now_utc());
        // A moment that has passed says nothing of the present window.
        let left = left.and_then(|left| Duration::try_from(left).ok());
        left.filter(|left| !left.is_zero()).or_else(|| {
            self.windows
                .iter()
                .filter(|window| window.enforced && window.remaining == Some(0))
                .filter_map(|window| window.resets_in)
                .max()
        })
    }
}

/// Returns the time until the UTC hour ends, which is when hourly quotas are filled again.
///
/// **Source:** Atlassian, "Rate limiting" (Jira Cloud platform), read 2026-10.
pub(crate) fn time_to_next_hour(now: OffsetDateTime) -> Duration {
    let gone = Duration::from_secs(60 * u64::from(now.minute()) + u64::from(now.second()));
    Duration::from_secs(3600).saturating_sub(gone)
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    header(headers, name)?.trim().parse().ok()
}

fn moment(headers: &HeaderMap, name: &str) -> Option<OffsetDateTime> {
    parse_time(header(headers, name)?)
}

fn read_windows(headers: &HeaderMap) -> Vec<QuotaWindow> {
    let mut windows: Vec<QuotaWindow> = Vec::new();
    for (name, enforced) in [
        ("ratelimit-policy", true),
        ("ratelimit", true),
        ("beta-ratelimit-policy", false),
        ("beta-ratelimit", false),
    ] {
        for value in headers.get_all(name) {
            let Ok(text) = value.to_str() else { continue };
            for item in text.split(',') {
                merge_item(&mut windows, item, enforced);
            }
        }
    }
    windows
}

/// Merges one structured item such as `"global-app-quota";q=65000;w=3600`.
fn merge_item(windows: &mut Vec<QuotaWindow>, item: &str, enforced: bool) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts
        .next()
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned();
    if name.is_empty() {
        return;
    }
    let known = windows
        .iter_mut()
        .find(|window| window.name == name && window.enforced == enforced);
    let window = match known {
        Some(window) => window,
        None => {
            windows.push(QuotaWindow {
                name,
                enforced,
                ..QuotaWindow::default()
            });
            let Some(window) = windows.last_mut() else {
                return;
            };
            window
        }
    };
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        let Ok(value) = value.trim().parse::<u64>() else {
            continue;
        };
        match key.trim() {
            "q" => window.points = Some(value),
            "w" => window.length = Some(Duration::from_secs(value)),
            "r" => window.remaining = Some(value),
            "t" => window.resets_in = Some(Duration::from_secs(value)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_and_state_of_a_quota_are_put_together() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "ratelimit-policy",
            "\"global-app-quota\";q=65000;w=3600".parse().unwrap(),
        );
        headers.insert(
            "ratelimit",
            "\"global-app-quota\";r=11000;t=600".parse().unwrap(),
        );
        headers.insert("x-ratelimit-remaining", "0".parse().unwrap());
        headers.insert("x-ratelimit-nearlimit", "true".parse().unwrap());

        let quota = Quota::from_headers(&headers).unwrap();

        assert_eq!(quota.remaining, Some(0));
        assert!(quota.near_limit);
        assert_eq!(quota.windows.len(), 1);
        assert_eq!(quota.windows[0].points, Some(65_000));
        assert_eq!(quota.windows[0].remaining, Some(11_000));
        assert_eq!(quota.windows[0].resets_in, Some(Duration::from_secs(600)));
        assert!(quota.windows[0].enforced);
    }

    #[test]
    fn the_wait_of_a_used_up_quota_is_found_where_it_stands() {
        let wait = |pairs: &[(&'static str, String)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            Quota::from_headers(&headers).and_then(|quota| quota.time_to_reset())
        };
        let windows = "\"a\";r=5;t=9, \"b\";r=0;t=600".to_owned();
        assert_eq!(
            wait(&[("ratelimit", windows)]),
            Some(Duration::from_secs(600))
        );
        let in_an_hour = OffsetDateTime::now_utc() + Duration::from_secs(3600);
        let text = in_an_hour
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        let left = wait(&[("x-ratelimit-reset", text)]).unwrap();
        assert!(left > Duration::from_secs(3500) && left <= Duration::from_secs(3600));
        let past = "2020-01-01T00:00:00Z".to_owned();
        assert_eq!(wait(&[("x-ratelimit-reset", past)]), None);
        let announced = "\"a\";r=0;t=600".to_owned();
        assert_eq!(wait(&[("beta-ratelimit", announced)]), None);
        assert_eq!(wait(&[("ratelimit", "\"a\";r=5;t=9".to_owned())]), None);
    }

    #[test]
    fn hourly_quotas_are_filled_at_the_next_full_hour() {
        let wait = |at| time_to_next_hour(at).as_secs();
        assert_eq!(wait(time::macros::datetime!(2026-09-27 10:59:50 UTC)), 10);
        assert_eq!(wait(time::macros::datetime!(2026-09-27 11:00 UTC)), 3600);
    }

    #[test]
    fn an_answer_without_quota_headers_has_no_quota() {
        assert_eq!(Quota::from_headers(&HeaderMap::new()), None);
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-nearlimit", "true".parse().unwrap());
        assert!(Quota::from_headers(&headers).unwrap().near_limit);
    }
}
