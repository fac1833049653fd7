//! Connecting, confirming, disconnecting.

use jira_sandbox::{ACME_CLOUD_ID, BEACON_CLOUD_ID, Sandbox, SandboxConfig, USER_ACCOUNT_ID};
use serde_json::{Value, json};
use url::Url;

use crate::app::TestApp;

fn query(url: &str) -> Vec<(String, String)> {
    Url::parse(url)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

fn value(url: &str, name: &str) -> String {
    query(url)
        .into_iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
        .unwrap_or_default()
}

async fn started(app: &TestApp) -> Value {
    app.post("/api/integrations/jira/connect", app.own(json!({})))
        .await
        .ok(200)
}

async fn callback(app: &TestApp, url: &str) -> String {
    let answer = app.send(app.http.get(url)).await;
    assert_eq!(answer.status.as_u16(), 302);
    answer.header("location").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_that_began_is_connected_at_once() {
    let app = TestApp::start().await;
    let path = app.in_own("/api/integrations/jira/status");
    let before = app.get(&path).await.ok(200);
    assert_eq!(
        (&before["connected"], &before["cloud_id"]),
        (&json!(false), &Value::Null)
    );

    let landed = app.connect().await;
    assert_eq!(landed, "http://web.example/app?view=jira&jira=connected");

    let status = app.get(&path).await.ok(200);
    assert_eq!(
        (&status["connected"], &status["cloud_id"]),
        (&json!(true), &json!(ACME_CLOUD_ID))
    );
    assert_eq!(
        (&status["needs_reconnect"], &status["reason"]),
        (&json!(false), &Value::Null)
    );
    let projects = app
        .get(&app.in_own("/api/integrations/jira/projects"))
        .await
        .ok(200);
    let keys: Vec<_> = projects["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["key"])
        .collect();
    assert!(
        keys.contains(&&json!("SHOP")) && !keys.contains(&&json!("LOCK")),
        "{keys:?}"
    );
    let path_of_all = app.in_own("/api/integrations/jira/projects?can_create=false&query=lock");
    let all = app.get(&path_of_all).await.ok(200);
    assert_eq!(all["projects"][0]["can_create"], false);
    let types = app
        .get(&app.in_own("/api/integrations/jira/projects/SHOP/issue-types"))
        .await
        .ok(200);
    assert_eq!(types["issue_types"][0]["priorities"][0]["name"], "Highest");
    let none = app
        .get(&app.in_own("/api/integrations/jira/projects/NOPE/issue-types"))
        .await;
    none.refused(404, "PROJECT_NOT_FOUND");

    let gone = app
        .post("/api/integrations/jira/disconnect", app.own(json!({})))
        .await
        .ok(200);
    assert_eq!(gone["was_connected"], true);
    assert_eq!(app.get(&path).await.ok(200), before);
    let projects = app
        .get(&app.in_own("/api/integrations/jira/projects"))
        .await;
    projects.refused(404, "NO_ACTIVE_INTEGRATION");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_of_a_flow_is_hidden_from_scripts_and_bound_to_the_callback() {
    let app = TestApp::start().await;
    let answer = app
        .post("/api/integrations/jira/connect", app.own(json!({})))
        .await;
    let cookie = answer.header("set-cookie").to_owned();
    for part in [
        "HttpOnly",
        "SameSite=Lax",
        "Path=/api/integrations/jira/callback",
        "Max-Age=600",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "plain http: {cookie}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_unknown_or_missing_state_is_refused_and_so_is_declined_consent() {
    let app = TestApp::start().await;
    let base = format!("{}/api/integrations/jira/callback", app.base_url);
    for query in ["", "?state=forged&code=x", "?code=x"] {
        let landed = callback(&app, &format!("{base}{query}")).await;
        assert_eq!(value(&landed, "reason"), "invalid_state", "{landed}");
    }
    let landed = callback(&app, &format!("{base}?error=access_denied")).await;
    assert_eq!(value(&landed, "reason"), "access_denied");

    let state = started(&app).await["state"].as_str().unwrap().to_owned();
    let declined = format!("{base}?error=access_denied&state={state}");
    assert_eq!(
        value(&callback(&app, &declined).await, "reason"),
        "access_denied"
    );
    assert_eq!(
        value(&callback(&app, &declined).await, "reason"),
        "invalid_state",
        "used up"
    );

    let began = started(&app).await;
    let back = app.consent(began["auth_url"].as_str().unwrap()).await;
    let spoilt = back.replace("code=", "code=not-");
    assert_eq!(
        value(&callback(&app, &spoilt).await, "reason"),
        "exchange_failed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_is_parked_until_the_person_who_began_confirms() {
    let mut app = TestApp::start().await;
    let began = started(&app).await;
    let back = app.consent(began["auth_url"].as_str().unwrap()).await;

    let landed = callback(&app, &back).await;
    assert_eq!(
        (value(&landed, "jira"), value(&landed, "reason")),
        ("confirm".into(), "other_browser".into())
    );
    let confirm = value(&landed, "confirm");
    let pending = format!("/api/integrations/jira/pending?confirm={confirm}");
    let sites = app.get(&pending).await.ok(200);
    assert_eq!(sites["sites"][0]["cloud_id"], ACME_CLOUD_ID);

    let body = app.own(json!({"confirm": confirm}));
    let owner = app.token.clone();
    app.token = app
        .token_of(
            &app.workspace,
            handoff_domain::workspace::model::Role::Owner,
        )
        .await;
    app.get(&pending).await.refused(403, "FORBIDDEN");
    app.post("/api/integrations/jira/confirm", body.clone())
        .await
        .refused(403, "FORBIDDEN");
    app.token = owner;
    let forged = app.own(json!({"confirm": "forged"}));
    app.post("/api/integrations/jira/confirm", forged)
        .await
        .refused(422, "VALIDATION_FAILED");
    let status = app
        .post("/api/integrations/jira/confirm", body.clone())
        .await
        .ok(200);
    assert_eq!(status["connected"], true);
    app.post("/api/integrations/jira/confirm", body)
        .await
        .refused(422, "VALIDATION_FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_of_two_sites_waits_for_the_choice() {
    let app = TestApp::build(Sandbox::start(SandboxConfig::default()).unwrap(), &[]).await;
    let began = started(&app).await;
    let mut form = query(began["auth_url"].as_str().unwrap());
    let more = [
        ("account", USER_ACCOUNT_ID),
        ("site", ACME_CLOUD_ID),
        ("site", BEACON_CLOUD_ID),
        ("decision", "accept"),
    ];
    form.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let decision = app
        .http
        .post(format!("{}/authorize/decision", app.sandbox.base_url()))
        .form(&form);
    let back = app.send(decision).await.header("location").to_owned();

    let landed = callback(&app, &back).await;
    assert_eq!(value(&landed, "reason"), "choose_site");
    let confirm = value(&landed, "confirm");
    let without = app.own(json!({"confirm": confirm}));
    app.post("/api/integrations/jira/confirm", without)
        .await
        .refused(422, "VALIDATION_FAILED");
    let chosen = app.own(json!({"confirm": confirm, "cloud_id": BEACON_CLOUD_ID}));
    let status = app
        .post("/api/integrations/jira/confirm", chosen)
        .await
        .ok(200);
    assert_eq!(status["cloud_id"], BEACON_CLOUD_ID);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_target_of_another_origin_is_refused() {
    let app = TestApp::start().await;
    for target in [
        "http://evil.example/",
        "//web.example",
        "javascript:alert(1)",
        "http://web.example@evil.example/",
    ] {
        let body = app.own(json!({"return_to": target}));
        app.post("/api/integrations/jira/connect", body)
            .await
            .refused(422, "VALIDATION_FAILED");
    }
    let body = app.own(json!({"return_to": "http://web.example/settings?tab=2"}));
    app.post("/api/integrations/jira/connect", body)
        .await
        .ok(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_apps_keys_connecting_names_them() {
    let app = TestApp::with(&[("jira.client_id", ""), ("jira.client_secret", "")]).await;
    let answer = app
        .post("/api/integrations/jira/connect", app.own(json!({})))
        .await;
    answer.refused(503, "TRACKER_APP_MISCONFIGURED");
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("HANDOFF__JIRA__CLIENT_ID"), "{detail}");
    assert!(detail.contains("HANDOFF__JIRA__CLIENT_SECRET"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_cursor_is_refused_before_it_is_asked_whether_there_is_a_connection() {
    let app = TestApp::start().await;
    let projects = |query: &str| app.in_own(&format!("/api/integrations/jira/projects{query}"));

    app.get(&projects("?cursor=forged"))
        .await
        .refused(422, "VALIDATION_FAILED");
    app.get(&projects(""))
        .await
        .refused(404, "NO_ACTIVE_INTEGRATION");
}
