//! Consent, exchange, refresh and sites.

use std::time::Duration;

use jira_client::{OAuthClient, OAuthConfig, OAuthError, SendDeadline};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::server::{Reply, Server};
use crate::support::{install_tls, soon};

pub(crate) fn client(url: &Url) -> OAuthClient {
    install_tls();
    let redirect_uri = Url::parse("https://app.test/callback").unwrap();
    let config = OAuthConfig {
        auth_url: url.clone(),
        api_url: url.clone(),
        ..OAuthConfig::new("client-1", "app-secret", redirect_uri).unwrap()
    };
    OAuthClient::new(config).unwrap()
}

const TOKENS: &str = r#"{"access_token":"at-1","refresh_token":"rt-2","expires_in":3600,
    "scope":"read:jira-work offline_access"}"#;

#[test]
fn the_authorize_address_has_what_atlassian_asks_for() {
    let client = client(&Url::parse("https://auth.test").unwrap());
    let url = client.authorize_url("st&te", &["read:jira-work", "offline_access"]);
    assert_eq!(url.path(), "/authorize");
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [
        ("audience", "api.atlassian.com"),
        ("client_id", "client-1"),
        ("scope", "read:jira-work offline_access"),
        ("redirect_uri", "https://app.test/callback"),
        ("state", "st&te"),
        ("response_type", "code"),
        ("prompt", "consent"),
    ];
    assert_eq!(
        pairs,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
}

#[tokio::test]
async fn a_code_is_exchanged_by_a_json_body() {
    let server = Server::always(200, TOKENS).await;
    let code = SecretString::from("code-1");
    let set = client(&server.url).exchange_code(&code).await.unwrap();
    assert_eq!(set.access_token.expose_secret(), "at-1");
    assert_eq!(set.refresh_token.unwrap().expose_secret(), "rt-2");
    assert_eq!(set.expires_in, Duration::from_secs(3600));
    let sent = server.seen()[0].json();
    assert_eq!(server.seen()[0].target, "/oauth/token");
    assert_eq!(sent["grant_type"], "authorization_code");
    assert_eq!(sent["redirect_uri"], "https://app.test/callback");
    assert_eq!(sent["client_secret"], "app-secret");
}

#[tokio::test]
async fn a_refresh_sends_no_redirect_and_no_scope() {
    let server = Server::always(200, TOKENS).await;
    let token = SecretString::from("rt-1");
    client(&server.url).refresh(&token, soon()).await.unwrap();
    let sent = server.seen()[0].json();
    let mut keys: Vec<&String> = sent.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        ["client_id", "client_secret", "grant_type", "refresh_token"]
    );
}

#[tokio::test]
async fn each_failure_of_the_token_endpoint_is_told_apart() {
    let body = |error: &str| format!(r#"{{"error":"{error}","error_description":"why"}}"#);
    for (status, error, reconnect, misconfigured) in [
        (403, "invalid_grant", true, false),
        (400, "invalid_grant", true, false),
        (403, "unauthorized_client", true, false),
        (401, "access_denied", false, true),
        (400, "invalid_request", false, false),
        (400, "something_new", false, false),
    ] {
        let server = Server::always(status, body(error)).await;
        let token = SecretString::from("rt-1");
        let failure = client(&server.url)
            .refresh(&token, soon())
            .await
            .unwrap_err();
        assert_eq!(failure.needs_reconnect(), reconnect, "{error}");
        assert_eq!(failure.is_app_misconfigured(), misconfigured, "{error}");
        assert!(
            !failure.is_transient() && !failure.may_have_been_applied(),
            "{error}"
        );
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn everything_else_at_the_token_endpoint_is_transient_and_perhaps_done() {
    let html = "Content-Type: text/html\r\n";
    for (reply, applied) in [
        (
            Box::new(|| Reply::Drop) as Box<dyn Fn() -> Reply + Send + Sync>,
            true,
        ),
        (
            Box::new(|| Reply::json(503, r#"{"error":"temporarily_unavailable"}"#)),
            true,
        ),
        (Box::new(|| Reply::json(302, r#"{"error":"moved"}"#)), true),
        (
            Box::new(|| Reply::json(408, r#"{"error":"timeout"}"#)),
            true,
        ),
        (
            Box::new(|| Reply::json(409, r#"{"error":"conflict"}"#)),
            true,
        ),
        (Box::new(move || Reply::with(502, html, "<html>")), true),
        (Box::new(move || Reply::with(200, html, "<html>")), true),
        (
            Box::new(|| Reply::json(200, r#"{"access_token":""}"#)),
            true,
        ),
        (
            Box::new(|| Reply::json(200, r#"{"access_token":"at"#)),
            true,
        ),
        (Box::new(|| Reply::with(302, "Location: /x\r\n", "")), true),
        (
            Box::new(|| Reply::with(429, "Retry-After: 7\r\n", "")),
            false,
        ),
        (Box::new(move || Reply::with(403, html, "<html>")), false),
    ] {
        let server = Server::start(move |_, _| reply()).await;
        let token = SecretString::from("rt-1");
        let failure = client(&server.url)
            .refresh(&token, soon())
            .await
            .unwrap_err();
        assert!(failure.is_transient(), "{failure:?}");
        assert_eq!(failure.may_have_been_applied(), applied, "{failure:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_refresh_past_its_deadline_is_not_sent() {
    let server = Server::always(200, TOKENS).await;
    let deadline = SendDeadline::after(Duration::ZERO);
    let token = SecretString::from("rt-1");
    let failure = client(&server.url)
        .refresh(&token, deadline)
        .await
        .unwrap_err();
    assert!(matches!(failure, OAuthError::Failed(_)));
    assert!(!failure.may_have_been_applied());
    assert!(server.seen().iter().all(|seen| !seen.is_complete()));
}

#[tokio::test]
async fn a_time_out_without_end_is_taken_for_a_long_one() {
    let server = Server::always(200, TOKENS).await;
    let patient = client(&server.url).with_timeout(Duration::MAX);
    let code = SecretString::from("code-1");
    patient.exchange_code(&code).await.unwrap();
}

#[tokio::test]
async fn the_sites_of_a_grant_are_listed() {
    let body = r#"[{"id":"c-1","name":"One","url":"https://one.test","avatarUrl":"https://a.test",
        "scopes":["read:jira-work"]},
        {"id":"c-1","name":"One","url":"https://one.test","scopes":["read:page:confluence"]}]"#;
    let server = Server::always(200, body).await;
    let token = SecretString::from("at-1");
    let sites = client(&server.url)
        .accessible_resources(&token)
        .await
        .unwrap();
    assert_eq!(
        sites
            .iter()
            .map(jira_client::Site::is_jira)
            .collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(sites[0].avatar_url.as_deref(), Some("https://a.test"));
    assert_eq!(server.seen()[0].target, "/oauth/token/accessible-resources");
    assert_eq!(
        server.seen()[0].header("authorization"),
        Some("Bearer at-1")
    );
}
