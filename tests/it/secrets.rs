//! No secret lies in clear where it should not: not in the database, not in the log.

use std::fs;
use std::path::Path;

use acceptance::{App, AppBuilder, Browser, Consent, document};
use reqwest::Method;
use serde_json::{Value, json};

/// A word of a document that nobody logs.
const MARK: &str = "zebrafinch";

/// What went through the hands of a person or a browser in the journey.
struct Seen(Vec<(&'static str, String)>);

impl Seen {
    fn add(&mut self, kind: &'static str, secret: &str) {
        assert!(secret.len() >= 16, "{kind} is no secret: {secret:?}");
        self.0.push((kind, secret.to_owned()));
    }

    /// Looks for every secret in a text, also in the forms that logs and files may give it.
    fn assert_absent(&self, place: &str, bytes: &[u8]) {
        let found: Vec<&str> = self
            .0
            .iter()
            .filter(|(_, secret)| {
                let is_there = |needle: &[u8]| bytes.windows(needle.len()).any(|at| at == needle);
                // Enough of a long token to know it again, should it be cut.
                let start = secret.as_bytes();
                let start = &start[..start.len().min(80)];
                is_there(start)
            })
            .map(|(kind, _)| *kind)
            .collect();
        assert!(found.is_empty(), "{place} holds in clear: {found:?}");
    }
}

fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

async fn journey(app: &App) -> Seen {
    let mut seen = Seen(Vec::new());
    let owner = app.client("owner");
    seen.add("an API token", owner.token());

    let started = owner
        .post_in_workspace("/api/integrations/jira/connect", json!({}))
        .await;
    let cookie = started.header("set-cookie").to_owned();
    let value = cookie.split(';').next().unwrap().split_once('=').unwrap().1;
    seen.add("the flow's cookie", value);
    seen.add("a state", started.body["state"].as_str().unwrap());

    let mut browser = Browser::default();
    let auth_url = browser.begin(&owner).await;
    let callback = browser.consent(&auth_url, Consent::BothSites).await;
    for (name, value) in callback.query_pairs() {
        seen.add(if name == "code" { "a code" } else { "a state" }, &value);
    }
    let parked = browser.callback(&owner, &callback).await;
    let confirm = parked.query_pairs().find(|(name, _)| name == "confirm");
    let confirm = confirm.unwrap().1.into_owned();
    seen.add("a confirm secret", &confirm);
    for (name, bytes) in files_of(&app.data_folder()) {
        if name != "first-token" {
            seen.assert_absent(&name, &bytes);
        }
    }
    let cloud_id = jira_sandbox::ACME_CLOUD_ID;
    let body = json!({"confirm": confirm, "cloud_id": cloud_id});
    owner
        .post_in_workspace("/api/integrations/jira/confirm", body)
        .await
        .expect(200);
    // A callback that fails must not tell its code and state either.
    browser.callback(&owner, &callback).await;

    let content = document(3).replace("The system", &format!("The {MARK} system"));
    let (id, tickets) = owner.generated(&content).await;
    owner.push(&id, &tickets, "SHOP").await;
    let mut body = json!({"document_id": id});
    app.sandbox.handle().expire_access_tokens();
    owner
        .post_in_workspace("/api/execution/sync", body.clone())
        .await
        .expect(200);
    assert_eq!(app.sandbox.handle().token_counters().refreshes, 1);
    body["workspace_id"] = json!("not-an-id");
    let bad = owner
        .request(Method::POST, "/api/execution/sync")
        .json(&body);
    owner.send(bad).await;
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_database_nor_debug_log_holds_a_secret_in_clear() {
    let mut app = AppBuilder::default().recorded().start().await;
    let mut seen = journey(&app).await;
    let recorder = app.recorder.as_ref().unwrap();
    let (access, refresh) = (
        recorder.words("sandbox-access-"),
        recorder.words("sandbox-refresh-"),
    );
    assert_eq!(
        (access.len(), refresh.len()),
        (2, 2),
        "one exchange and one refresh were seen"
    );
    for token in &access {
        seen.add("an access token", token);
    }
    for token in &refresh {
        seen.add("a refresh token", token);
    }
    let client_secret = recorder.words("sandbox-client-value");
    assert_eq!(client_secret.len(), 1, "{client_secret:?}");
    seen.add("the client secret", &client_secret[0]);
    let first_token = fs::read_to_string(app.data_folder().join("first-token")).unwrap();
    seen.add("the first token", first_token.trim());
    let key = fs::read_to_string(app.data_folder().join("encryption.key")).unwrap();
    seen.add("the encryption key", key.trim().split_once(':').unwrap().1);

    let check = |app: &App, when: &str| {
        let files = files_of(&app.data_folder());
        assert!(files.iter().any(|(name, _)| name == "handoff.db"));
        for (name, bytes) in &files {
            if !matches!(name.as_str(), "first-token" | "encryption.key") {
                seen.assert_absent(&format!("{name} {when}"), bytes);
            }
        }
        let log = app.log();
        assert!(log.contains("\"level\":\"DEBUG\""), "the log is a full one");
        for line in log.lines() {
            let is_object = serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object());
            assert!(is_object, "one JSON object a line: {line}");
        }
        seen.assert_absent(&format!("the log {when}"), log.as_bytes());
        assert!(!log.contains(MARK), "the log tells of a document's text");
    };
    check(&app, "while serving");
    assert!(app.stop("TERM").success());
    check(&app, "after the stop");
}
