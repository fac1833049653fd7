//! What the tests of looks share: marks of issues that exist, of such that do not, and what other people do.

use std::time::Duration;

use handoff_domain::delivery::model::{Fence, ProjectRef};
use handoff_domain::delivery::tracker::{
    AbsenceReport, CreateOutcome, FindReport, IssueTracker, Mark, MarkedIssue, TrackerError,
};
use jira_sandbox::{Effect, Endpoint, Fault, OTHER_USER_ACCOUNT_ID};
use serde_json::{Map, Value, json};

use crate::world::{World, titled};

pub(crate) const SHOP_ID: &str = "10000";

pub(crate) fn shop() -> ProjectRef {
    ProjectRef {
        id: SHOP_ID.to_owned(),
        key: "SHOP".to_owned(),
    }
}

/// The keys of the issues that were found, in order.
pub(crate) fn keys(matches: &[MarkedIssue]) -> Vec<&str> {
    let mut keys: Vec<_> = matches
        .iter()
        .map(|found| found.external.key.as_str())
        .collect();
    keys.sort_unstable();
    keys
}

/// Waits until something is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came to that");
}

impl World {
    /// Makes a control call of the sandbox.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/sandbox/{path}", self.sandbox.base_url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let call = reqwest::Client::new()
            .request(method, url)
            .body(body.to_string());
        let answer = call.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Issues that other people have created, which search knows.
    pub(crate) async fn seed(&self, count: u64) {
        self.control(
            "POST",
            "projects/SHOP/seed",
            json!({"count": count, "account": OTHER_USER_ACCOUNT_ID}),
        )
        .await;
    }

    pub(crate) async fn do_to_issues(&self, what: &str, from: u64, to: u64) {
        let body = json!({"do": what, "from": from, "to": to, "property": "handoff.delivery"});
        self.control("POST", "projects/SHOP/issues", body).await;
    }

    pub(crate) async fn set_browse(&self, browse: bool) {
        self.control("POST", "projects/SHOP", json!({"browse": browse}))
            .await;
    }

    pub(crate) async fn fence(&self) -> Fence {
        let fence = self.tracker.fence(&self.site, &shop()).await;
        fence.unwrap().value
    }

    /// Creates issues under a fault; gives their marks, with the fence from before.
    pub(crate) async fn create_under(&self, count: usize, effect: Effect) -> Vec<Mark> {
        let fence = self.fence().await;
        let contents = (0..count)
            .map(|number| titled(&format!("Ticket {number}")))
            .collect();
        let judged = self.judge("SHOP", contents, Map::new()).await.unwrap();
        let fault = Fault::once(Endpoint::BulkCreate, effect);
        self.sandbox.handle().push_fault(fault);
        let outcomes = self.create(&judged).await.outcomes;
        let is_uncertain = |outcome: &CreateOutcome| matches!(outcome, CreateOutcome::Uncertain(_));
        assert!(outcomes.iter().all(is_uncertain), "{outcomes:?}");
        let mark = |delivery_id| Mark {
            delivery_id,
            fence: fence.clone(),
            ceiling: None,
        };
        judged.into_iter().map(|(id, _, _)| mark(id)).collect()
    }

    /// Issues that exist although the answer to their create was lost.
    pub(crate) async fn lost(&self, count: usize) -> Vec<Mark> {
        self.create_under(count, Effect::DropAfter).await
    }

    /// The mark of a ticket that never became an issue.
    pub(crate) async fn never_sent(&self) -> Vec<Mark> {
        let fence = self.fence().await;
        vec![self.mark_beyond(&fence.0)]
    }

    pub(crate) fn mark_beyond(&self, fence: &str) -> Mark {
        Mark {
            delivery_id: self.ids.next(),
            fence: Fence(fence.to_owned()),
            ceiling: None,
        }
    }

    /// Looks for the marks; a look that failed and found nothing is its failure.
    pub(crate) async fn try_find(&self, marks: &[Mark]) -> Result<FindReport, TrackerError> {
        let mut report = self.tracker.find(&self.site, &shop(), marks).await;
        match report.failure.take() {
            Some(error) if report.matches.is_empty() => Err(error),
            failure => Ok(FindReport { failure, ..report }),
        }
    }

    /// Looks for the marks and checks what it says it has cost.
    pub(crate) async fn find(&self, marks: &[Mark]) -> Vec<MarkedIssue> {
        let before = self.sandbox.handle().quota_points();
        let report = self.try_find(marks).await.unwrap();
        let cost = self.sandbox.handle().quota_points() - before;
        assert_eq!(report.quota_points, i64::try_from(cost).unwrap());
        report.matches
    }

    /// Tries to prove absence and checks what it says it has cost.
    pub(crate) async fn prove(&self, marks: &[Mark]) -> AbsenceReport {
        let before = self.sandbox.handle().quota_points();
        let report = self.tracker.prove_absent(&self.site, &shop(), marks).await;
        let cost = self.sandbox.handle().quota_points() - before;
        assert_eq!(report.quota_points, i64::try_from(cost).unwrap());
        report
    }

    /// How many requests of a kind have arrived.
    pub(crate) fn arrived(&self, endpoint: Endpoint) -> usize {
        let journal = self.sandbox.handle().journal();
        journal
            .iter()
            .filter(|entry| entry.endpoint == endpoint)
            .count()
    }
}
