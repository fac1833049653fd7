//! Every fault, at every request of a look: an issue that exists is found or doubted, never denied.

use std::time::Duration;

use handoff_domain::delivery::tracker::{Absence, IssueTracker, Mark};
use jira_sandbox::{Effect, Fault, RateLimitReason, When};
use serde_json::json;

use crate::looks::{keys, shop};
use crate::world::World;

/// More requests than a look makes.
const REQUESTS: u32 = 14;
const REQUESTS_OF_FIND: u32 = 5;

/// Which witness sees the issue.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SeenBy {
    Range,
    Search,
    Both,
}

impl World {
    async fn with_issue(seen: SeenBy) -> (Self, Vec<Mark>) {
        let world = Self::start().await;
        world.seed(3).await;
        if seen == SeenBy::Search {
            world.seed(150).await;
            world.do_to_issues("hide", 4, 153).await;
        }
        let marks = world.lost(1).await;
        if seen == SeenBy::Range {
            let lag = json!({"ms": 3_600_000});
            world.control("POST", "issues/SHOP-4/search_lag", lag).await;
        }
        (world, marks)
    }

    async fn hold_both(&self, marks: &[Mark], case: &str) {
        let project = shop();
        let report = self.tracker.prove_absent(&self.site, &project, marks).await;
        let denies = !matches!(report.verdict, Absence::NotYet(_));
        assert!(!denies, "{case}: {report:?}");
        self.sandbox.handle().clear_faults();
    }

    async fn hold_find(&self, marks: &[Mark], case: &str) {
        if let Ok(report) = self.try_find(marks).await {
            assert_eq!(keys(&report.matches).len(), 1, "{case}: {report:?}");
        }
        self.sandbox.handle().clear_faults();
    }
}

/// Strikes each request of a look in turn, then all requests from each on.
async fn under(effect: Effect) {
    tokio::join!(
        under_as(&effect, SeenBy::Range),
        under_as(&effect, SeenBy::Search),
        under_as(&effect, SeenBy::Both),
    );
}

async fn under_as(effect: &Effect, seen: SeenBy) {
    let (world, marks) = World::with_issue(seen).await;
    for at in 0..REQUESTS {
        for when in [When::Times(1), When::Always] {
            // The pauses between repeats would make every case last for seconds.
            if matches!(when, When::Always) && is_repeated(effect) && at != 5 {
                continue;
            }
            let fault = Fault {
                effect: effect.clone(),
                endpoint: None,
                project: None,
                skip: at,
                when: when.clone(),
            };
            let case = format!("{effect:?} at {at} {when:?}, seen by {seen:?}");
            world.sandbox.handle().set_faults([fault.clone()]);
            world.hold_both(&marks, &case).await;
            if at < REQUESTS_OF_FIND && !is_well_formed(effect) {
                world.sandbox.handle().set_faults([fault]);
                world.hold_find(&marks, &case).await;
            }
        }
    }
    assert_eq!(keys(&world.find(&marks).await).len(), 1);
}

/// An empty answer is an answer to a find; only a proof asks whether it can be true.
fn is_well_formed(effect: &Effect) -> bool {
    *effect == answering(json!({}))
}

/// Whether a read is tried again after it.
const fn is_repeated(effect: &Effect) -> bool {
    match effect {
        Effect::Answer { status, .. } | Effect::Html { status, .. } => {
            matches!(*status, 429 | 502 | 503 | 504)
        }
        Effect::DropBefore | Effect::DropAfter | Effect::Cut | Effect::RateLimited { .. } => true,
        _ => false,
    }
}

macro_rules! held {
    ($($name:ident: $effect:expr;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                under($effect).await;
            }
        )+
    };
}

const fn page(status: u16) -> Effect {
    Effect::Html {
        status,
        acting: true,
    }
}

fn answering(body: serde_json::Value) -> Effect {
    Effect::Answer {
        status: 200,
        headers: Vec::new(),
        body,
        acting: false,
    }
}

held! {
    nothing_is_denied_when_a_request_is_dropped: Effect::DropBefore;
    nothing_is_denied_when_an_answer_is_lost: Effect::DropAfter;
    nothing_is_denied_when_an_answer_is_cut: Effect::Cut;
    nothing_is_denied_when_an_answer_is_truncated: Effect::Truncated;
    nothing_is_denied_when_an_answer_is_empty: Effect::Empty;
    nothing_is_denied_when_an_answer_is_late: Effect::DelayAfter { ms: 20 };
    nothing_is_denied_when_an_answer_is_400: Effect::status(400);
    nothing_is_denied_when_an_answer_is_403: Effect::status(403);
    nothing_is_denied_when_an_answer_is_404: Effect::status(404);
    nothing_is_denied_when_an_answer_is_408: Effect::status(408);
    nothing_is_denied_when_an_answer_is_409: Effect::status(409);
    nothing_is_denied_when_an_answer_is_422: Effect::status(422);
    nothing_is_denied_when_an_answer_is_500: Effect::status(500);
    nothing_is_denied_when_an_answer_is_503: Effect::status(503);
    nothing_is_denied_when_an_answer_is_a_page: page(200);
    nothing_is_denied_when_an_answer_is_a_page_of_502: page(502);
    nothing_is_denied_when_an_answer_is_an_empty_object: answering(json!({}));
    nothing_is_denied_when_an_answer_is_429:
        Effect::rate_limited(RateLimitReason::Burst, Duration::ZERO);
}
