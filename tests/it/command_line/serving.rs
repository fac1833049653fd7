//! `serve`: its first start, its end, its next start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use acceptance::{App, AppBuilder, document, handoff};
use handoff_store::testing::TestDatabase;
use jira_sandbox::{Effect, Endpoint, Fault};
use serde_json::json;

use super::refusal;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_leaves_a_key_and_a_token_that_only_the_owner_can_read() {
    let mut app = App::start().await;
    let folder = app.data_folder();
    let mode = |name: &str| {
        let path = if name.is_empty() {
            folder.clone()
        } else {
            folder.join(name)
        };
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    for file in ["encryption.key", "first-token", "handoff.db"] {
        assert_eq!(mode(file) & 0o077, 0, "{file}: {:o}", mode(file));
    }
    assert_eq!(
        (mode("encryption.key"), mode("first-token")),
        (0o600, 0o600)
    );
    let token = fs::read_to_string(folder.join("first-token")).unwrap();
    let log = app.log();
    assert!(!log.contains(token.trim()), "the token is not logged");
    assert!(log.contains("first-token"), "where it is, is logged: {log}");
    let first = app.client_with(Some(token.trim()));
    let me = first.get("/api/me").await.expect(200);
    assert_eq!(me["workspaces"][0]["role"], "owner");
    let keys = app.cli(&["keys", "list", "--json"]);
    assert_eq!(keys.as_array().unwrap().len(), 1);

    let owner = app.connected().await;
    let key = fs::read(folder.join("encryption.key")).unwrap();
    assert!(app.stop("TERM").success());
    app.restart();
    assert_eq!(fs::read(folder.join("encryption.key")).unwrap(), key);
    assert_eq!(
        fs::read_to_string(folder.join("first-token")).unwrap(),
        token
    );
    app.client_with(Some(token.trim()))
        .get("/api/me")
        .await
        .expect(200);
    let workspaces = app.cli(&["workspace", "list", "--json"]);
    assert_eq!(
        workspaces.as_array().unwrap().len(),
        2,
        "ours and the first start's; no new one"
    );
    let owner = app.client_with(Some(owner.token()));
    let projects = owner
        .get_in_workspace("/api/integrations/jira/projects")
        .await;
    projects.expect(200);

    app.kill();
    fs::remove_file(folder.join("encryption.key")).unwrap();
    let output = app.run(&["serve"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{output:?}");
    assert!(
        told.contains("HANDOFF__ENCRYPTION__KEYS"),
        "what is sealed is not given up: {told}"
    );
    assert!(!folder.join("encryption.key").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_requests_end_and_the_next_start_takes_up_what_is_left() {
    let mut app = App::start().await;
    let owner = app.connected().await;
    let (id, tickets) = owner.generated(&document(3)).await;
    let slow = Fault::once(Endpoint::BulkCreate, Effect::DelayAfter { ms: 1_000 });
    app.sandbox.handle().push_fault(slow);
    let ids: Vec<_> = tickets.iter().map(|ticket| &ticket["id"]).collect();
    let body = json!({
        "document_id": id, "platform": "jira", "project_key": "SHOP", "ticket_ids": ids,
    });
    let pushing = tokio::spawn({
        let owner = owner.clone();
        async move { owner.post_in_workspace("/api/execution/push", body).await }
    });
    let handle = app.sandbox.handle();
    let is_sent = || {
        let journal = handle.journal();
        journal
            .iter()
            .any(|entry| entry.endpoint == Endpoint::BulkCreate)
    };
    while !is_sent() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.signal("TERM");
    let answer = pushing.await.unwrap();
    assert!(
        matches!(answer.status, 200 | 202),
        "the caller gets an answer: {} {}",
        answer.status,
        answer.text
    );
    let push = answer.body["push_id"].as_str().unwrap().to_owned();
    assert_eq!(app.stop("TERM").code(), Some(0), "{}", app.log());

    app.restart();
    let owner = app.client_with(Some(owner.token()));
    let path = format!("/api/execution/pushes/{push}");
    let mut push = owner.get(&path).await.expect(200);
    for _ in 0..600 {
        if push["state"] == "settled" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        push = owner.get(&path).await.expect(200);
    }
    assert_eq!(
        (&push["state"], &push["pushed"]),
        (&json!("settled"), &json!(3)),
        "{push}"
    );
    assert_eq!(app.sandbox.handle().issue_count(), 3, "none twice");
    assert_eq!(app.stop("INT").code(), Some(0), "as Ctrl-C does");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named() {
    let app = App::start().await;
    let taken = app.base_url.trim_start_matches("http://");
    let folder = tempfile::tempdir().unwrap();
    let mut command = handoff();
    let output = command
        .args(["serve", "--bind", taken, "--metrics-bind", "off"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = refusal(&output);
    assert!(told.contains(taken), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_pending_migrations_stop_the_start_and_the_command_is_named() {
    let Some(database) = TestDatabase::empty_postgres().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = database.url_text();
    let command = |arguments: &[&str]| {
        let mut command = handoff();
        command
            .args(arguments)
            .args(["--database", &url])
            .env("HANDOFF__SERVER__BIND", "127.0.0.1:0")
            .env("HANDOFF__SERVER__METRICS_BIND", "off")
            .current_dir(folder.path());
        command.output().unwrap()
    };
    let told = refusal(&command(&["serve"]));
    assert!(told.contains("handoff migrate up"), "{told}");
    let told = refusal(&command(&["workspace", "list"]));
    assert!(told.contains("handoff migrate up"), "{told}");
    let status = command(&["status"]);
    assert!(!status.status.success(), "{status:?}");
    assert!(command(&["migrate", "up"]).status.success());
    assert!(command(&["workspace", "list"]).status.success());

    let keyless = refusal(&command(&["serve"]));
    assert!(
        keyless.contains("HANDOFF__ENCRYPTION__KEYS"),
        "several processes cannot share a file of one: {keyless}"
    );
    let app = AppBuilder::default().postgres(&url).start().await;
    app.client("owner").get("/api/me").await.expect(200);
    assert!(!app.data_folder().join("encryption.key").exists());
}
