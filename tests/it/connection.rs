//! Connecting a workspace to Jira, as people, web apps and operators meet it.

mod callback;
mod catalog;
mod parked;
mod tokens;

use std::collections::BTreeMap;

use acceptance::{App, AppBuilder, Browser, Client, Consent};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl as _};
use jira_sandbox::{ACME_CLOUD_ID, BEACON_CLOUD_ID};
use serde_json::{Value, json};
use url::Url;

const CONNECT: &str = "/api/integrations/jira/connect";
const CONFIRM: &str = "/api/integrations/jira/confirm";
const DISCONNECT: &str = "/api/integrations/jira/disconnect";
const PROJECTS: &str = "/api/integrations/jira/projects";
const STATUS: &str = "/api/integrations/jira/status";

/// The parameters with which the browser landed on the web app.
fn landed(url: &Url) -> BTreeMap<String, String> {
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

#[track_caller]
fn assert_refused(url: &Url, reason: &str) {
    let expected = format!("jira=error&reason={reason}");
    assert_eq!(url.query(), Some(expected.as_str()), "{url}");
}

async fn is_connected(client: &Client) -> bool {
    let status = client.get_in_workspace(STATUS).await.expect(200);
    status["connected"].as_bool().unwrap()
}

#[track_caller]
fn assert_keys(object: &Value, expected: &[&str]) {
    let mut found: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// The row of an integration as it lies in the file.
#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = Bool)]
    is_active: bool,
    #[diesel(sql_type = Nullable<Binary>)]
    access_token_encrypted: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    refresh_token_encrypted: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    disconnected_at: Option<String>,
    #[diesel(sql_type = BigInt)]
    generation: i64,
}

fn rows(app: &App) -> Vec<Row> {
    let query = diesel::sql_query(
        "SELECT is_active, access_token_encrypted, refresh_token_encrypted, disconnected_at, generation \
         FROM integrations",
    );
    query.load(&mut app.database()).unwrap()
}

/// Changes a time in the database behind the service's back.
fn shift_time(app: &App, table: &str, column: &str, by: &str) {
    let statement = format!(
        "UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%f+00:00', {column}, '{by}')"
    );
    let changed = diesel::sql_query(statement)
        .execute(&mut app.database())
        .unwrap();
    assert!(changed > 0, "nothing changed in {table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_is_for_admins_of_a_workspace_with_integrations() {
    let app = App::start().await;
    let (owner, admin, member) = (
        app.client("owner"),
        app.client("admin"),
        app.client("member"),
    );

    member
        .post_in_workspace(CONNECT, json!({}))
        .await
        .problem(403, "FORBIDDEN");
    for client in [&owner, &admin] {
        let started = client.post_in_workspace(CONNECT, json!({})).await;
        let cookie = started.header("set-cookie").to_owned();
        for part in [
            "; HttpOnly",
            "; SameSite=Lax",
            "; Path=/api/integrations/jira/callback",
            "; Max-Age=600",
        ] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(
            !cookie.contains("Secure"),
            "a browser would not send it over http: {cookie}"
        );
        let started = started.expect(200);
        assert_keys(&started, &["auth_url", "state"]);
        let auth_url = Url::parse(started["auth_url"].as_str().unwrap()).unwrap();
        let asked = landed(&auth_url);
        assert_eq!(asked["state"], started["state"].as_str().unwrap());
        assert!(
            asked["state"].len() >= 43,
            "256 bits need 43 characters of base64"
        );
        assert_eq!(asked["audience"], "api.atlassian.com");
        assert_eq!(
            (asked["response_type"].as_str(), asked["prompt"].as_str()),
            ("code", "consent")
        );
        assert_eq!(
            asked["redirect_uri"],
            "http://handoff.example.test/api/integrations/jira/callback"
        );
        assert!(asked["scope"].contains("offline_access"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_feature_only_status_and_disconnect_remain() {
    let app = App::start().await;
    let owner = app.client("owner");
    let switch = |on: &str| {
        let arguments = ["feature", on, "has_integrations", "--workspace"];
        let switched = app.run(&[&arguments[..], &[&owner.workspace_id]].concat());
        assert!(switched.status.success(), "{switched:?}");
    };
    switch("off");
    owner
        .post_in_workspace(CONNECT, json!({}))
        .await
        .problem(403, "FEATURE_NOT_ENABLED");
    owner
        .get_in_workspace(PROJECTS)
        .await
        .problem(403, "FEATURE_NOT_ENABLED");
    owner.get_in_workspace(STATUS).await.expect(200);
    owner
        .post_in_workspace(DISCONNECT, json!({}))
        .await
        .expect(200);
    switch("on");
    owner
        .post_in_workspace(CONNECT, json!({}))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_returns_only_to_the_web_app() {
    let app = App::start().await;
    let owner = app.client("owner");
    for target in [
        "http://elsewhere.example.test/settings",
        "https://web.example.test/settings",
        "http://web.example.test:8080/settings",
        "http://web.example.test@elsewhere.example.test/",
        "http://web.example.test.elsewhere.example.test/",
        "//web.example.test/settings",
        "/settings",
        "javascript:alert(1)",
        "",
    ] {
        let problem = owner
            .post_in_workspace(CONNECT, json!({"return_to": target}))
            .await
            .problem(422, "VALIDATION_FAILED");
        assert_eq!(problem["errors"][0]["pointer"], "/return_to", "{target}");
    }

    let body = json!({"return_to": "http://web.example.test/boards?tab=jira#top"});
    let mut browser = Browser::default();
    let auth_url = browser.begin_with(&owner, body).await;
    let callback = browser.consent(&auth_url, Consent::Acme).await;
    let end = browser.callback(&owner, &callback).await;
    assert_eq!(
        end.as_str(),
        "http://web.example.test/boards?tab=jira&jira=connected#top"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_the_cookie_travels_only_over_it() {
    let app = AppBuilder::default()
        .env(
            "HANDOFF__SERVER__PUBLIC_URL",
            "https://handoff.example.test/base/",
        )
        .start()
        .await;
    let started = app
        .client("owner")
        .post_in_workspace(CONNECT, json!({}))
        .await;
    let cookie = started.header("set-cookie");
    assert!(cookie.contains("; Secure"), "{cookie}");
    assert!(
        cookie.contains("; Path=/base/api/integrations/jira/callback;"),
        "{cookie}"
    );
    let auth_url = Url::parse(started.body["auth_url"].as_str().unwrap()).unwrap();
    assert_eq!(
        landed(&auth_url)["redirect_uri"],
        "https://handoff.example.test/base/api/integrations/jira/callback"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_atlassian_app_connecting_names_the_missing_keys() {
    let app = AppBuilder::default()
        .env("HANDOFF__JIRA__CLIENT_ID", "")
        .env("HANDOFF__JIRA__CLIENT_SECRET", "")
        .start()
        .await;
    let owner = app.client("owner");
    let problem = owner
        .post_in_workspace(CONNECT, json!({}))
        .await
        .problem(503, "TRACKER_APP_MISCONFIGURED");
    let detail = problem["detail"].as_str().unwrap();
    for key in ["HANDOFF__JIRA__CLIENT_ID", "HANDOFF__JIRA__CLIENT_SECRET"] {
        assert!(detail.contains(key), "{detail}");
    }
    assert!(!is_connected(&owner).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_what_is_connected_to_the_letter() {
    const KEYS: [&str; 9] = [
        "connected",
        "connected_at",
        "cloud_id",
        "site_url",
        "site_name",
        "scope",
        "connected_by",
        "needs_reconnect",
        "reason",
    ];
    let app = App::start().await;
    let member = app.client("member");
    let before = member.get_in_workspace(STATUS).await.expect(200);
    assert_eq!(before["connected"], false);
    assert_keys(&before, &KEYS);
    let nothing = member
        .post_in_workspace("/api/execution/sync", json!({}))
        .await;
    nothing.problem(404, "NO_ACTIVE_INTEGRATION");

    let owner = app.connected().await;
    let status = member.get_in_workspace(STATUS).await.expect(200);
    assert_keys(&status, &KEYS);
    assert_eq!(status["connected"], true);
    assert_eq!(status["cloud_id"], ACME_CLOUD_ID);
    assert_eq!(status["site_name"], "Acme");
    assert_eq!(
        status["site_url"],
        format!("{}/sites/acme", app.sandbox.base_url())
    );
    assert_eq!(
        (&status["needs_reconnect"], &status["reason"]),
        (&json!(false), &Value::Null)
    );
    let scope: Vec<&str> = status["scope"].as_str().unwrap().split(' ').collect();
    assert!(scope.contains(&"write:jira-work"), "{scope:?}");
    assert!(status["connected_at"].as_str().unwrap().ends_with('Z'));
    let me = owner.get("/api/me").await.expect(200);
    let by = format!("token:{}", me["token_id"].as_str().unwrap());
    assert_eq!(status["connected_by"], by);
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_keeps_the_row_without_a_token_and_connecting_again_uses_it() {
    let app = App::start().await;
    let (member, owner) = (app.client("member"), app.connected().await);
    let (document, tickets) = owner.generated(&acceptance::document(1)).await;
    member
        .post_in_workspace(DISCONNECT, json!({}))
        .await
        .problem(403, "FORBIDDEN");
    let gone = owner
        .post_in_workspace(DISCONNECT, json!({}))
        .await
        .expect(200);
    assert_eq!(gone, json!({"disconnected": true, "was_connected": true}));
    let kept = rows(&app);
    assert_eq!(kept.len(), 1, "the row is kept");
    assert!(!kept[0].is_active);
    assert_eq!(kept[0].access_token_encrypted, None);
    assert_eq!(kept[0].refresh_token_encrypted, None);
    assert!(kept[0].disconnected_at.is_some());
    let status = owner.get_in_workspace(STATUS).await.expect(200);
    assert_eq!(status["connected"], false);
    owner
        .get_in_workspace(PROJECTS)
        .await
        .problem(404, "NO_ACTIVE_INTEGRATION");
    let body = json!({
        "document_id": document, "platform": "jira", "project_key": "SHOP",
        "ticket_ids": [tickets[0]["id"]],
    });
    owner
        .post_in_workspace("/api/execution/push", body.clone())
        .await
        .problem(404, "NO_ACTIVE_INTEGRATION");
    let again = owner
        .post_in_workspace(DISCONNECT, json!({}))
        .await
        .expect(200);
    assert_eq!(again, json!({"disconnected": true, "was_connected": false}));

    let end = Browser::default().connect(&owner, Consent::Acme).await;
    assert_eq!(end.query(), Some("jira=connected"));
    let kept = rows(&app);
    assert_eq!(kept.len(), 1, "the same row serves again");
    assert!(kept[0].is_active && kept[0].disconnected_at.is_none());
    let pushed = owner
        .post_in_workspace("/api/execution/push", body)
        .await
        .expect(200);
    assert_eq!(pushed["pushed"], 1, "{pushed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_keeps_its_site_without_asking_and_the_old_grant_until_then() {
    let app = App::start().await;
    let owner = app.connected().await;
    let first = rows(&app).remove(0);

    let mut browser = Browser::default();
    let auth_url = browser.begin(&owner).await;
    owner.get_in_workspace(PROJECTS).await.expect(200);
    let callback = browser.consent(&auth_url, Consent::BothSites).await;
    owner.get_in_workspace(PROJECTS).await.expect(200);
    let end = browser.callback(&owner, &callback).await;
    assert_eq!(
        end.query(),
        Some("jira=connected"),
        "the row's site is among them"
    );
    let status = owner.get_in_workspace(STATUS).await.expect(200);
    assert_eq!(status["cloud_id"], ACME_CLOUD_ID);
    let second = rows(&app).remove(0);
    assert!(second.generation > first.generation);
    assert_ne!(second.access_token_encrypted, first.access_token_encrypted);

    owner
        .post_in_workspace(DISCONNECT, json!({}))
        .await
        .expect(200);
    let end = Browser::default().connect(&owner, Consent::BothSites).await;
    let end = landed(&end);
    assert_eq!(
        end["reason"], "choose_site",
        "after a disconnect a person may mean the other one"
    );
    let body = json!({"confirm": end["confirm"], "cloud_id": BEACON_CLOUD_ID});
    let status = owner.post_in_workspace(CONFIRM, body).await.expect(200);
    assert_eq!(status["site_name"], "Beacon");
    let projects = owner.get_in_workspace(PROJECTS).await.expect(200);
    assert_eq!(projects["projects"][0]["key"], "BEA");
}
