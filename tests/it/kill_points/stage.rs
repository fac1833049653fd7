//! A push that can be stopped at a point.

use std::time::{Duration, Instant};

use acceptance::{App, AppBuilder, Client, document, eventually, eventually_within, ids};
use diesel::{RunQueryDsl as _, SqliteConnection};
use jira_sandbox::{Effect, Endpoint, Fault, RateLimitReason};
use serde_json::{Value, json};

/// How long a restarted service may need: leases of the one that died must end first, that of a refresh after 30 s.
const PATIENCE: Duration = Duration::from_secs(120);
/// For how long nothing must happen until everybody waits for the lock.
const QUIET: Duration = Duration::from_millis(700);
const KEY: (&str, &str) = ("Idempotency-Key", "the-only-push");

/// A service whose leases and settle times pass while one watches, and tickets to push.
pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) owner: Client,
    document: String,
    tickets: Vec<Value>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let app = AppBuilder::default()
            .env("HANDOFF__DELIVERY__LEASE_SECONDS", "6")
            .env("HANDOFF__DELIVERY__SETTLE_SECONDS", "1")
            .env("HANDOFF__DELIVERY__MAX_IN_FLIGHT_PER_SITE", "1");
        let app = app.start().await;
        let owner = app.connected().await;
        let (document, tickets) = owner.generated(&document(4)).await;
        Self {
            app,
            owner,
            document,
            tickets: ids(&tickets),
        }
    }

    /// Lets something happen to the next request to an endpoint.
    pub(crate) fn fault(&self, endpoint: Endpoint, effect: Effect) {
        self.app
            .sandbox
            .handle()
            .push_fault(Fault::once(endpoint, effect));
    }

    /// Accepts the push without waiting for it, and gives its id.
    pub(crate) async fn push(&self) -> String {
        self.owner
            .push_async(&self.document, &self.tickets, "SHOP")
            .await
    }

    /// Accepts the push and lets Jira ask its first attempt to come back in some seconds.
    pub(crate) async fn push_paused(&self) -> String {
        let wait = Duration::from_secs(5);
        let later = Effect::rate_limited(RateLimitReason::TenantQuota, wait);
        self.fault(Endpoint::BulkCreate, later);
        let push = self.push().await;
        eventually("the push is paused", async || {
            let report = self.owner.push_report(&push).await;
            report["paused_until"].is_string().then_some(())
        })
        .await;
        push
    }

    /// Asks for the push under an idempotency key, as somebody who loses the answer and asks again.
    pub(crate) fn ask(&self) -> impl Future<Output = Option<(u16, Value)>> + Send + use<> {
        let body = json!({
            "workspace_id": self.owner.workspace_id, "document_id": self.document, "platform": "jira",
            "ticket_ids": self.tickets, "project_key": "SHOP",
        });
        let request = self
            .owner
            .request(reqwest::Method::POST, "/api/execution/push")
            .header(KEY.0, KEY.1)
            .json(&body);
        async move {
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            Some((status, answer.json().await.ok()?))
        }
    }

    /// Asks again until the push is accepted, and gives its id.
    pub(crate) async fn ask_again(&self) -> String {
        eventually_within(PATIENCE, "the push is accepted", async || {
            let (status, body) = self.ask().await?;
            assert!([200, 202, 503].contains(&status), "{body}");
            body["push_id"].as_str().map(str::to_owned)
        })
        .await
    }

    /// Makes the access token one that has ended, for the service and for Jira.
    pub(crate) fn end_access_token(&self) {
        self.app.sandbox.handle().expire_access_tokens();
        diesel::sql_query("UPDATE integrations SET access_token_expires_at = connected_at")
            .execute(&mut self.app.database())
            .unwrap();
    }

    /// How many requests have come to an endpoint.
    pub(crate) fn requests(&self, endpoint: Endpoint) -> usize {
        let journal = self.app.sandbox.handle().journal().into_iter();
        journal.filter(|entry| entry.endpoint == endpoint).count()
    }

    /// Waits until more requests than so many have come to an endpoint.
    pub(crate) async fn arrived(&self, endpoint: Endpoint, former: usize) {
        let what = format!("a request to {endpoint:?}");
        eventually(&what, async || {
            (self.requests(endpoint) > former).then_some(())
        })
        .await;
    }

    /// Waits until Jira has made the issues.
    pub(crate) async fn made(&self) {
        eventually("Jira has made the issues", async || {
            let all = self.tickets.iter();
            let mut all = all.map(|ticket| self.app.issues_of(ticket).len());
            all.all(|count| count == 1).then_some(())
        })
        .await;
    }

    /// Lets nobody commit any more until what is given is dropped.
    pub(crate) fn hold_commits(&self) -> SqliteConnection {
        let mut database = self.app.database();
        diesel::sql_query("BEGIN IMMEDIATE")
            .execute(&mut database)
            .unwrap();
        database
    }

    /// Waits until every request is answered and no further one comes.
    pub(crate) async fn quiet(&self) {
        let mut seen = (usize::MAX, Instant::now());
        let begun = Instant::now();
        while seen.1.elapsed() < QUIET {
            assert!(begun.elapsed() < PATIENCE, "it does not become quiet");
            let journal = self.app.sandbox.handle().journal();
            let is_under_way = journal.iter().any(|entry| entry.duration_us == 0);
            if is_under_way || journal.len() != seen.0 {
                seen = (journal.len(), Instant::now());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the service, lets go what held it, and starts it again.
    pub(crate) fn dies(&mut self, lock: Option<SqliteConnection>) {
        self.app.kill();
        drop(lock);
        self.app.restart();
        self.owner = self.app.client_with(Some(self.owner.token()));
    }

    /// Stops the service where it is, but not inside a transaction: one frozen there would hold up every other service too.
    pub(crate) fn freeze(&self) {
        let lock = self.hold_commits();
        self.app.signal("STOP");
        drop(lock);
    }

    /// Lets another service be asked from now on, and gives the caller of the former one.
    pub(crate) fn asks_instead(&mut self, caller: Client) -> Client {
        std::mem::replace(&mut self.owner, caller).afresh()
    }

    /// Waits for the push's end, and checks that ledger, tickets and Jira agree that each ticket is one issue.
    pub(crate) async fn is_delivered_once(&self, push: &str) {
        let report = eventually_within(PATIENCE, "the push is settled", async || {
            let report = self.owner.push_report(push).await;
            (report["state"] == "settled").then_some(report)
        })
        .await;
        assert_eq!(report["pushed"], self.tickets.len(), "{report}");
        for result in report["results"].as_array().unwrap() {
            let issue = self.app.issue_of(result);
            let made = self.app.issues_of(&result["ticket_id"]);
            assert_eq!(made.len(), 1, "{result}");
            let ticket = self.owner.ticket(&result["ticket_id"]).await;
            assert_eq!(
                (
                    &ticket["status"],
                    &ticket["external_key"],
                    &ticket["delivery"]
                ),
                (&json!("pushed"), &json!(issue.key), &Value::Null)
            );
        }
        let status = self.app.cli(&["status", "--json"]);
        for (state, count) in status["deliveries"].as_object().unwrap() {
            let expected = if state == "confirmed" {
                self.tickets.len()
            } else {
                0
            };
            assert_eq!(*count, expected, "{state}: {status}");
        }
        let tokens = self.app.sandbox.handle().token_counters();
        assert_eq!((tokens.refused, tokens.families_killed), (0, 0));
    }
}
