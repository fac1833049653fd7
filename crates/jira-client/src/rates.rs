//! The steady rates of endpoints.

use crate::rest::GET_ISSUE;
use crate::send::Route;

/// The requests a second that one endpoint (method and route) gets; short bursts of one second's worth pass.
///
/// The default is what Atlassian documents as each site's steady rate, shared by all its apps: 100 for GET
/// and POST, 50 for PUT and DELETE, 150 for reading one issue. [`EndpointRates::UNLIMITED`] leaves the pace
/// to Jira's answers.
///
/// **Source:** Atlassian, "Rate limiting" (Jira Cloud platform), burst limits, read 2026-10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointRates {
    /// For each endpoint called by GET, except [`Jira::issue`](crate::Jira::issue).
    pub get: u32,
    /// For [`Jira::issue`](crate::Jira::issue).
    pub get_issue: u32,
    /// For each endpoint called by POST.
    pub post: u32,
    /// For each endpoint called by PUT.
    pub put: u32,
    /// For each endpoint called by DELETE.
    pub delete: u32,
}

impl EndpointRates {
    /// No pace at all.
    pub const UNLIMITED: Self = Self {
        get: u32::MAX,
        get_issue: u32::MAX,
        post: u32::MAX,
        put: u32::MAX,
        delete: u32::MAX,
    };

    pub(crate) fn of(&self, route: Route) -> u32 {
        let rate = match (route.method, route.template) {
            ("GET", GET_ISSUE) => self.get_issue,
            ("GET", _) => self.get,
            ("PUT", _) => self.put,
            ("DELETE", _) => self.delete,
            _ => self.post,
        };
        rate.max(1)
    }
}

impl Default for EndpointRates {
    fn default() -> Self {
        Self {
            get: 100,
            get_issue: 150,
            post: 100,
            put: 50,
            delete: 50,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send::Call;

    #[test]
    fn an_issue_is_read_at_its_own_rate() {
        let rates = EndpointRates::default();
        let of = |call: Call| rates.of(call.route);
        assert_eq!(of(Call::get(GET_ISSUE)), 150);
        assert_eq!(of(Call::get("/rest/api/3/myself")), 100);
        assert_eq!(of(Call::post("/rest/api/3/issue/bulk")), 100);
        assert_eq!(of(Call::put(GET_ISSUE)), 50);
        assert_eq!(of(Call::delete(GET_ISSUE)), 50);
    }
}
