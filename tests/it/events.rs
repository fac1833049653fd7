//! Watching a push in a terminal.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use acceptance::{App, AppBuilder, Client, document, ids};
use handoff_store::testing::TestDatabase;
use jira_sandbox::{Effect, Endpoint, Fault, RateLimitReason};
use reqwest::Method;
use serde_json::Value;

/// How long something to read is waited for on a busy machine.
const PATIENCE: Duration = Duration::from_secs(45);

/// The lines of a stream as they come.
struct Lines {
    response: reqwest::Response,
    text: String,
}

impl Lines {
    async fn of(client: &Client, push: &str, after: &str) -> Self {
        let path = format!("/api/execution/pushes/{push}/events");
        let request = client.request(Method::GET, &path);
        let request = request.header("last-event-id", after);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let text = String::new();
        Self { response, text }
    }

    /// The next block of lines up to an empty one; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.unwrap().unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

/// A block's field, such as `id`.
fn field<'a>(block: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = block.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// What somebody knows who was cut off again and again.
#[derive(Default)]
struct Known {
    last_id: String,
    results: BTreeMap<String, Value>,
    pushed: Vec<u64>,
    is_settled: bool,
}

impl Known {
    fn learn(&mut self, block: &str) {
        let Some(name) = field(block, "event") else {
            assert!(block.starts_with(':'), "{block}");
            return;
        };
        let data: Value = serde_json::from_str(field(block, "data").unwrap()).unwrap();
        let id = field(block, "id").unwrap();
        assert!(number(id) >= number(&self.last_id), "ids grow");
        self.last_id = id.to_owned();
        match name {
            "delivery" => {
                let ticket = data["ticket_id"].as_str().unwrap().to_owned();
                self.results.insert(ticket, data);
            }
            _ => self.pushed.push(data["pushed"].as_u64().unwrap()),
        }
        self.is_settled = name == "settled";
    }
}

fn number(id: &str) -> u64 {
    id.parse().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_five_hundred_moves_ends_and_resumes_after_each_cut_on_sqlite() {
    watched(&App::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_five_hundred_moves_ends_and_resumes_after_each_cut_on_postgres() {
    let Some(database) = TestDatabase::postgres().await else {
        return;
    };
    let app = AppBuilder::default().postgres(&database.url_text());
    watched(&app.start().await).await;
}

async fn watched(app: &App) {
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(500)).await;
    let latency = Duration::from_millis(300);
    app.sandbox.handle().set_latency(latency, Duration::ZERO);
    let push = owner.push_async(&id, &ids(&tickets), "SHOP").await;
    let mut known = Known::default();
    let mut cuts = 0;
    while !known.is_settled {
        let mut lines = Lines::of(&owner, &push, &known.last_id).await;
        // Cut off after some blocks, wherever that is.
        for _ in 0..150 {
            match lines.next().await {
                Some(block) => known.learn(&block),
                None => break,
            }
        }
        cuts += 1;
    }

    assert!(cuts > 3, "{cuts}");
    let mut steps = known.pushed.clone();
    assert!(steps.is_sorted(), "{steps:?}");
    steps.dedup();
    assert!(steps.len() > 3, "it moves: {steps:?}");
    let report = owner.push_report(&push).await;
    assert_eq!(report["pushed"], 500);
    for result in report["results"].as_array().unwrap() {
        assert_eq!(
            known.results[result["ticket_id"].as_str().unwrap()],
            *result
        );
    }
}

/// A push that waits for an hour because Jira asks for it.
async fn paused(app: &App, owner: &Client) -> String {
    let (id, tickets) = owner.generated(&document(1)).await;
    let hour = Duration::from_secs(3_600);
    let pause = Effect::rate_limited(RateLimitReason::TenantQuota, hour);
    app.sandbox
        .handle()
        .push_fault(Fault::once(Endpoint::BulkCreate, pause));
    owner.push_async(&id, &ids(&tickets), "SHOP").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_keeps_a_quiet_stream_alive() {
    let app = App::start().await;
    let owner = app.connected().await;
    let push = paused(&app, &owner).await;
    let mut lines = Lines::of(&owner, &push, "").await;
    loop {
        let block = lines.next().await.unwrap();
        if block.starts_with(':') {
            return;
        }
        assert_ne!(field(&block, "event"), Some("settled"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_ends_its_streams_at_once() {
    let mut app = App::start().await;
    let owner = app.connected().await;
    let push = paused(&app, &owner).await;
    let mut lines = Lines::of(&owner, &push, "").await;
    lines.next().await.unwrap();
    app.signal("TERM");
    while let Some(block) = lines.next().await {
        assert_ne!(field(&block, "event"), Some("settled"));
    }
    assert!(app.stop("TERM").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_can_watch() {
    let app = App::start().await;
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(3)).await;
    let push = owner.push_async(&id, &ids(&tickets), "SHOP").await;
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--no-buffer", "--header"])
        .arg(format!("Authorization: Bearer {}", owner.token()))
        .arg(format!(
            "{}/api/execution/pushes/{push}/events",
            app.base_url
        ));
    let output = tokio::task::spawn_blocking(move || curl.output()).await;
    let Ok(output) = output.unwrap() else {
        println!("skipped: there is no curl");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("event: settled\n"), "{text}");
    assert_eq!(text.matches("event: settled\n").count(), 1);
    assert!(text.ends_with("\n\n"));
}
