//! The browser comes back from Atlassian.

use std::time::Duration;

use acceptance::{App, Browser, Client, Consent};
use jira_sandbox::{Effect, Endpoint, Fault, SiteListing, TokenError, When};
use serde_json::json;
use url::Url;

use super::{PROJECTS, STATUS, assert_refused, is_connected, landed, rows, shift_time};

fn callback_with(pairs: &[(&str, &str)]) -> Url {
    let base = "http://handoff.example.test/api/integrations/jira/callback";
    if pairs.is_empty() {
        return Url::parse(base).unwrap();
    }
    Url::parse_with_params(base, pairs).unwrap()
}

/// Begins and consents in a fresh browser; gives the browser and where Atlassian sends it.
async fn consented(client: &Client) -> (Browser, Url) {
    let mut browser = Browser::default();
    let auth_url = browser.begin(client).await;
    let callback = browser.consent(&auth_url, Consent::Acme).await;
    (browser, callback)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_serves_once_and_only_for_ten_minutes() {
    let app = App::start().await;
    let owner = app.client("owner");

    let (browser, callback) = consented(&owner).await;
    let forged = callback_with(&[
        ("code", landed(&callback)["code"].as_str()),
        ("state", "forged"),
    ]);
    assert_refused(&browser.callback(&owner, &forged).await, "invalid_state");
    let stateless = callback_with(&[("code", landed(&callback)["code"].as_str())]);
    assert_refused(&browser.callback(&owner, &stateless).await, "invalid_state");
    let bare = callback_with(&[]);
    assert_refused(&browser.callback(&owner, &bare).await, "invalid_state");

    shift_time(&app, "oauth_states", "expires_at", "-11 minutes");
    assert_refused(&browser.callback(&owner, &callback).await, "invalid_state");
    assert_refused(&browser.callback(&owner, &callback).await, "invalid_state");
    assert!(!is_connected(&owner).await);
    assert_eq!(
        app.sandbox.handle().token_counters().exchanges,
        0,
        "no code was exchanged for these"
    );

    let (browser, callback) = consented(&owner).await;
    shift_time(&app, "oauth_states", "expires_at", "-9 minutes");
    assert_eq!(
        browser.callback(&owner, &callback).await.query(),
        Some("jira=connected")
    );
    let row = rows(&app).remove(0);
    assert_refused(&browser.callback(&owner, &callback).await, "invalid_state");
    assert!(is_connected(&owner).await, "the connection stays");
    assert_eq!(rows(&app).remove(0).generation, row.generation);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_callbacks_with_one_state_at_the_same_moment_connect_once() {
    let app = App::start().await;
    let owner = app.client("owner");
    let (browser, callback) = consented(&owner).await;
    let (one, other) = tokio::join!(
        browser.callback(&owner, &callback),
        browser.callback(&owner, &callback)
    );
    let mut ends = [one.query().unwrap(), other.query().unwrap()];
    ends.sort_unstable();
    assert_eq!(ends, ["jira=connected", "jira=error&reason=invalid_state"]);
    assert_eq!(app.sandbox.handle().token_counters().exchanges, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn declining_is_told_and_an_error_without_a_state_changes_nothing() {
    let app = App::start().await;
    let owner = app.client("owner");
    let mut browser = Browser::default();
    let auth_url = browser.begin(&owner).await;
    let declined = browser.consent(&auth_url, Consent::Decline).await;
    assert_refused(&browser.callback(&owner, &declined).await, "access_denied");
    assert!(!is_connected(&owner).await);
    assert_refused(&browser.callback(&owner, &declined).await, "invalid_state");

    let (browser, callback) = consented(&owner).await;
    let stray = callback_with(&[("error", "access_denied")]);
    assert_refused(&browser.callback(&owner, &stray).await, "access_denied");
    assert_eq!(
        browser.callback(&owner, &callback).await.query(),
        Some("jira=connected"),
        "the flow is as it was"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_makes_no_sense_still_lands_on_the_web_app() {
    let app = App::start().await;
    let owner = app.client("owner");
    let browser = Browser::default();
    let long = "x".repeat(6_000);
    for pairs in [
        &[("state", long.as_str()), ("code", "x")][..],
        &[("state", ""), ("code", "")],
        &[("state", "a"), ("state", "b"), ("code", "c")],
        &[("state", "'; DROP TABLE oauth_states; --"), ("code", "x")],
        &[("nonsense", "1")],
    ] {
        let end = browser.callback(&owner, &callback_with(pairs)).await;
        assert_refused(&end, "invalid_state");
    }
    let mut garbled = callback_with(&[]);
    garbled.set_query(Some("state=%ff%fe&code=%00"));
    assert_refused(&browser.callback(&owner, &garbled).await, "invalid_state");

    let state_of = |callback: &Url| landed(callback)["state"].clone();
    let (browser, callback) = consented(&owner).await;
    let codeless = callback_with(&[("state", state_of(&callback).as_str())]);
    assert_refused(
        &browser.callback(&owner, &codeless).await,
        "exchange_failed",
    );
    assert_refused(&browser.callback(&owner, &callback).await, "invalid_state");
    let (browser, callback) = consented(&owner).await;
    let wrong_scope = callback_with(&[
        ("error", "invalid_scope"),
        ("state", state_of(&callback).as_str()),
    ]);
    assert_refused(
        &browser.callback(&owner, &wrong_scope).await,
        "app_misconfigured",
    );
    assert!(!is_connected(&owner).await);
    assert_eq!(app.sandbox.handle().token_counters().exchanges, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_lost_during_the_consent_stop_the_connection() {
    let app = App::start().await;
    let owner = app.client("owner");
    let (browser, callback) = consented(&owner).await;
    let switch = |on| {
        let arguments = [
            "feature",
            on,
            "has_integrations",
            "--workspace",
            &owner.workspace_id,
        ];
        assert!(app.run(&arguments).status.success());
    };
    switch("off");
    let end = landed(&browser.callback(&owner, &callback).await);
    assert_eq!(end["jira"], "error", "{end:?}");
    assert!(!is_connected(&owner).await);
    switch("on");

    let admin = app.client("admin");
    let (browser, callback) = consented(&admin).await;
    assert!(
        app.run(&["token", "revoke", admin.token()])
            .status
            .success()
    );
    let end = landed(&browser.callback(&owner, &callback).await);
    assert_eq!(end["jira"], "error", "{end:?}");
    assert!(!is_connected(&owner).await);
    assert_eq!(app.sandbox.handle().token_counters().exchanges, 0);
}

/// What can go wrong between the code and the connection, and what the web app is told.
fn failures() -> Vec<(Endpoint, Effect, &'static str)> {
    use Endpoint::{AccessibleResources, Myself, Token};
    let html = |status| Effect::Html {
        status,
        acting: false,
    };
    let empty_object = Effect::Answer {
        status: 200,
        headers: vec![],
        body: json!({}),
        acting: false,
    };
    vec![
        (
            Token,
            Effect::token_error(TokenError::InvalidGrant),
            "exchange_failed",
        ),
        (
            Token,
            Effect::token_error(TokenError::UnauthorizedClient),
            "exchange_failed",
        ),
        (
            Token,
            Effect::token_error(TokenError::InvalidRequest),
            "exchange_failed",
        ),
        (
            Token,
            Effect::token_error(TokenError::AccessDenied),
            "app_misconfigured",
        ),
        (Token, Effect::status(500), "exchange_failed"),
        (Token, Effect::status(503), "exchange_failed"),
        (Token, html(200), "exchange_failed"),
        (Token, html(502), "exchange_failed"),
        (Token, empty_object, "exchange_failed"),
        (Token, Effect::Empty, "exchange_failed"),
        (Token, Effect::Truncated, "exchange_failed"),
        (Token, Effect::DropBefore, "exchange_failed"),
        (Token, Effect::DropAfter, "exchange_failed"),
        (AccessibleResources, Effect::status(500), "exchange_failed"),
        (AccessibleResources, Effect::status(401), "exchange_failed"),
        (AccessibleResources, html(200), "exchange_failed"),
        (Myself, Effect::status(403), "exchange_failed"),
        (Myself, html(503), "exchange_failed"),
        (Myself, Effect::DropBefore, "exchange_failed"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_fails_says_so_and_leaves_no_trace() {
    let app = App::start().await;
    let owner = app.client("owner");
    let handle = app.sandbox.handle();
    for (endpoint, effect, reason) in failures() {
        let (browser, callback) = consented(&owner).await;
        handle.set_faults([Fault::once(endpoint, effect.clone()).when(When::Always)]);
        let end = browser.callback(&owner, &callback).await;
        handle.clear_faults();
        let expected = format!("jira=error&reason={reason}");
        assert_eq!(end.query(), Some(&*expected), "{endpoint:?} {effect:?}");
        assert!(!is_connected(&owner).await, "{endpoint:?} {effect:?}");
        assert!(rows(&app).is_empty(), "{endpoint:?} {effect:?}");
    }
    owner
        .get_in_workspace(PROJECTS)
        .await
        .problem(404, "NO_ACTIVE_INTEGRATION");

    let (browser, callback) = consented(&owner).await;
    handle.advance_clock(Duration::from_secs(11 * 60));
    let late = browser.callback(&owner, &callback).await;
    assert_refused(&late, "exchange_failed");
    assert!(!is_connected(&owner).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_that_fails_leaves_the_connection_as_it_was() {
    let app = App::start().await;
    let owner = app.connected().await;
    let before = owner.get_in_workspace(STATUS).await.expect(200);
    let handle = app.sandbox.handle();
    let faults = [
        (
            Endpoint::Token,
            Effect::token_error(TokenError::InvalidGrant),
        ),
        (Endpoint::Myself, Effect::status(500)),
    ];
    for (endpoint, effect) in faults {
        let (browser, callback) = consented(&owner).await;
        handle.set_faults([Fault::once(endpoint, effect).when(When::Always)]);
        assert_refused(
            &browser.callback(&owner, &callback).await,
            "exchange_failed",
        );
        handle.clear_faults();
    }
    let (browser, callback) = consented(&owner).await;
    handle.set_site_listing(SiteListing::Empty);
    assert_refused(&browser.callback(&owner, &callback).await, "no_site");
    handle.set_site_listing(SiteListing::AsGranted);

    assert_eq!(
        owner.get_in_workspace(STATUS).await.expect(200),
        before,
        "nothing changed"
    );
    owner.get_in_workspace(PROJECTS).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_without_a_jira_site_is_no_site_and_confluence_does_not_count() {
    let app = App::start().await;
    let owner = app.client("owner");
    let handle = app.sandbox.handle();
    for listing in [SiteListing::Empty, SiteListing::ConfluenceOnly] {
        handle.set_site_listing(listing);
        let (browser, callback) = consented(&owner).await;
        assert_refused(&browser.callback(&owner, &callback).await, "no_site");
        assert!(!is_connected(&owner).await);
    }
    handle.set_site_listing(SiteListing::WithConfluence);
    let (browser, callback) = consented(&owner).await;
    let end = browser.callback(&owner, &callback).await;
    assert_eq!(
        end.query(),
        Some("jira=connected"),
        "one site, listed twice"
    );
}
