//! The kinds of random faults, and what each does.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, RateLimitReason, TokenError};
use crate::kit::random::Random;

use super::ChaosRule;

macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $name:literal,)+) => {
        /// A kind of random fault.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[non_exhaustive]
        pub enum ChaosKind {
            $($(#[$doc])+ #[serde(rename = $name)] $kind,)+
        }

        impl ChaosKind {
            /// Gives the name that JSON uses.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }
        }
    };
}

kinds! {
    /// The connection is closed with nothing done.
    DropBefore = "drop_before",
    /// The work is done, then the connection is closed without an answer.
    DropAfter = "drop_after",
    /// The work is done, and the connection is closed in the middle of the answer's body.
    Cut = "cut",
    /// The work is done; the answer ends well, but holds only half of its JSON.
    Truncated = "truncated",
    /// The work is done; the answer has no body.
    Empty = "empty",
    /// The work is done after a delay.
    DelayBefore = "delay_before",
    /// The work is done at once, the answer comes after a delay.
    DelayAfter = "delay_after",
    /// 504 at once; the work is done later.
    Later504 = "later_504",
    /// The connection is closed at once; the work is done later.
    LaterDrop = "later_drop",
    /// 429 for the quota of the app over all sites.
    LimitGlobal = "limit_global",
    /// 429 for the quota of the app on this site.
    LimitTenant = "limit_tenant",
    /// 429 for too many requests to one endpoint.
    LimitBurst = "limit_burst",
    /// 429 for too many writes to one issue.
    LimitPerIssue = "limit_per_issue",
    /// 429 of the gateway: no reason, no `Retry-After`.
    LimitGateway = "limit_gateway",
    /// 500 with nothing done.
    Status500 = "status_500",
    /// 500 although the work is done.
    Acting500 = "acting_500",
    /// 502 as a page of HTML, with nothing done.
    Html502 = "html_502",
    /// 200 as a page of HTML, although the work is done.
    ActingHtml200 = "acting_html_200",
    /// 503 with `Retry-After`, with nothing done.
    Status503 = "status_503",
    /// 503 with `Retry-After`, although the work is done.
    Acting503 = "acting_503",
    /// 504 of the gateway, with nothing done.
    Status504 = "status_504",
    /// 504 of the gateway, although the work is done.
    Acting504 = "acting_504",
    /// 408 although the work is done.
    Acting408 = "acting_408",
    /// 401 of the gateway for a token that works.
    Status401 = "status_401",
    /// 409 with nothing done.
    Status409 = "status_409",
    /// One or two elements of a bulk create fail with 500, and are not made.
    Element500 = "element_500",
    /// One or two elements of a bulk create fail with 500, although they are made.
    ActingElement500 = "acting_element_500",
    /// One or two elements of a bulk create fail with 429, and are not made.
    Element429 = "element_429",
    /// 403 `invalid_grant` of the token endpoint, with nothing done.
    InvalidGrant = "token_invalid_grant",
    /// 403 `unauthorized_client` of the token endpoint, with nothing done.
    UnauthorizedClient = "token_unauthorized_client",
    /// 401 `access_denied` of the token endpoint, with nothing done.
    AccessDenied = "token_access_denied",
    /// 422 of a site that is set up badly, with nothing done.
    Status422 = "status_422",
    /// The answer to a bulk create names its issues in another order.
    Shuffled = "shuffled",
}

impl ChaosKind {
    /// Gives what the kind does under a rule that says nothing more.
    pub(crate) fn usual_effect(self) -> Effect {
        self.effect(&ChaosRule::new([], []), &mut Random::default(), 1)
    }

    /// Tells whether the kind strikes elements of a bulk create instead of a whole request.
    pub(super) fn strikes_elements(self) -> bool {
        matches!(
            self,
            Self::Element500 | Self::ActingElement500 | Self::Element429 | Self::Shuffled
        )
    }

    /// Gives what the kind does; positions are drawn among so many elements.
    pub(super) fn effect(self, rule: &ChaosRule, random: &mut Random, elements: usize) -> Effect {
        let mut of = |[least, most]: [u64; 2]| random.between(least, most);
        match self {
            Self::DropBefore => Effect::DropBefore,
            Self::DropAfter => Effect::DropAfter,
            Self::Cut => Effect::Cut,
            Self::Truncated => Effect::Truncated,
            Self::Empty => Effect::Empty,
            Self::Shuffled => Effect::Shuffled,
            Self::DelayBefore => Effect::DelayBefore {
                ms: of(rule.delay_ms),
            },
            Self::DelayAfter => Effect::DelayAfter {
                ms: of(rule.delay_ms),
            },
            Self::Later504 | Self::LaterDrop => Effect::ActLater {
                ms: of(rule.later_ms),
                ms_per_issue: rule.later_ms_per_issue,
                status: (self == Self::Later504).then_some(504),
            },
            Self::Element500 | Self::ActingElement500 | Self::Element429 => {
                let last = u64::try_from(elements.saturating_sub(1)).unwrap_or_default();
                let position = |at: u64| usize::try_from(at).unwrap_or_default();
                let mut struck = [of([0, last]), of([0, last])].map(position).to_vec();
                struck.dedup();
                Effect::FailElements {
                    elements: struck,
                    status: if self == Self::Element429 { 429 } else { 500 },
                    acting: self == Self::ActingElement500,
                }
            }
            _ => self.answer(Duration::from_secs(of(rule.retry_after_seconds))),
        }
    }

    fn answer(self, wait: Duration) -> Effect {
        let html = |status, acting| Effect::Html { status, acting };
        match self {
            Self::LimitGlobal => Effect::rate_limited(RateLimitReason::GlobalQuota, wait),
            Self::LimitTenant => Effect::rate_limited(RateLimitReason::TenantQuota, wait),
            Self::LimitBurst => Effect::rate_limited(RateLimitReason::Burst, wait),
            Self::LimitPerIssue => Effect::rate_limited(RateLimitReason::PerIssueWrite, wait),
            Self::LimitGateway => Effect::gateway_limit(),
            Self::Html502 => html(502, false),
            Self::ActingHtml200 => html(200, true),
            Self::Status504 => html(504, false),
            Self::Acting504 => html(504, true),
            Self::Status503 => Effect::status(503).retry_after(wait),
            Self::Acting503 => Effect::status(503).retry_after(wait).although_done(),
            Self::Acting500 => Effect::status(500).although_done(),
            Self::Acting408 => Effect::status(408).although_done(),
            Self::InvalidGrant => Effect::token_error(TokenError::InvalidGrant),
            Self::UnauthorizedClient => Effect::token_error(TokenError::UnauthorizedClient),
            Self::AccessDenied => Effect::token_error(TokenError::AccessDenied),
            Self::Status422 => Effect::status(422),
            Self::Status401 => Effect::status(401),
            Self::Status409 => Effect::status(409),
            _ => Effect::status(500),
        }
    }
}
