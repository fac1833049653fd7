//! What an operator meets at the first start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use handoff_api::serve;
use handoff_api::wiring;
use jira_sandbox::{Sandbox, SandboxConfig};
use reqwest::Client;
use serde_json::Value;

use crate::app::settings;

fn sandbox() -> Sandbox {
    Sandbox::start(SandboxConfig {
        auto_consent: true,
        ..SandboxConfig::default()
    })
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_leaves_a_key_a_database_and_a_token_that_only_the_owner_can_read() {
    wiring::install_tls();
    let (folder, sandbox) = (tempfile::tempdir().unwrap(), sandbox());
    let config = settings(folder.path(), &sandbox, &[]);

    let service = serve::start(&config, None).await.unwrap();

    for file in ["encryption.key", "first-token"] {
        let mode = fs::metadata(folder.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let token = fs::read_to_string(folder.path().join("first-token")).unwrap();
    let url = service.public_url.join("/api/me").unwrap();
    let answer = Client::new()
        .get(url)
        .bearer_auth(token.trim())
        .send()
        .await
        .unwrap();
    let me: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(me["workspaces"][0]["role"], "owner");
    service.stop().await;

    let again = serve::start(&config, None).await.unwrap();
    again.stop().await;
    let kept = fs::read_to_string(folder.path().join("first-token")).unwrap();
    assert_eq!(kept, token, "a second start makes nothing anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_lost_stops_the_start_once_something_is_sealed() {
    let app = crate::app::TestApp::start().await;
    app.connect().await;
    let key = app.folder.path().join("encryption.key");
    fs::remove_file(&key).unwrap();
    let config = settings(app.folder.path(), &app.sandbox, &[]);

    let error = serve::start(&config, None).await.unwrap_err().to_string();

    assert!(error.contains("HANDOFF__ENCRYPTION__KEYS"), "{error}");
    assert!(error.contains("encryption.key"), "{error}");
    assert!(!key.exists(), "no new key is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_migrations_stop_the_start_where_they_may_not_be_applied() {
    wiring::install_tls();
    let (folder, sandbox) = (tempfile::tempdir().unwrap(), sandbox());
    let config = settings(
        folder.path(),
        &sandbox,
        &[("database.migrate_on_start", "false")],
    );

    let error = serve::start(&config, None).await.unwrap_err().to_string();

    assert!(error.contains("handoff migrate up"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_lies_in_clear_in_the_data_folder() {
    let app = crate::app::TestApp::start().await;
    app.connect().await;

    let counters = app.sandbox.handle().token_counters();
    assert!(counters.exchanges >= 1, "a grant was made");
    for entry in fs::read_dir(app.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let has = |needle: &str| {
            bytes
                .windows(needle.len())
                .any(|part| part == needle.as_bytes())
        };
        assert!(!has(&app.token), "{} holds an API token", path.display());
        assert!(
            !has("sandbox-access"),
            "{} holds an access token",
            path.display()
        );
    }
}
