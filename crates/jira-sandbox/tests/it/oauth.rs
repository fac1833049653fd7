//! Consent, tokens, sites and the gateway.

use std::time::Duration;

use jira_sandbox::{
    ACME_CLOUD_ID, BEACON_CLOUD_ID, DeadRefresh, Effect, Endpoint, Fault, Sandbox, SandboxConfig,
    SiteListing, TokenError, USER_ACCOUNT_ID,
};
use serde_json::{Value, json};

use crate::harness::{
    CALLBACK, Jira, SCOPES, consent, consent_fields, decide, exchange, form, parameter, refresh,
    token,
};
use crate::http::{Reply, send};

fn authorize(base: &str, fields: &[(&str, &str)]) -> Reply {
    send(
        base,
        "GET",
        &format!("/authorize?{}", form(fields)),
        &[],
        &[],
    )
    .unwrap()
}

fn replaced<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = consent_fields(SCOPES);
    fields.retain(|(field, _)| *field != name);
    fields.push((name, value));
    fields
}

#[test]
fn the_consent_page_offers_accounts_and_sites_and_escapes_what_it_shows() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let page = authorize(sandbox.base_url(), &replaced("state", "\"><script>"));
    assert_eq!(page.status, 200);
    for shown in [
        "Sandbox User",
        "Sandbox Other User",
        "Acme",
        "Beacon",
        "Accept",
        "Decline",
    ] {
        assert!(page.text().contains(shown), "{shown}");
    }
    assert!(!page.text().contains("<script>"));
}

#[test]
fn a_wrong_client_or_callback_is_never_redirected() {
    let callback_urls = vec![CALLBACK.to_owned()];
    let config = SandboxConfig {
        callback_urls,
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::start(config).unwrap();
    for fields in [
        replaced("client_id", "other"),
        replaced("redirect_uri", "http://evil.example/"),
        replaced("redirect_uri", "javascript:alert(1)"),
    ] {
        let reply = authorize(sandbox.base_url(), &fields);
        assert_eq!(
            (reply.status, reply.header("Location")),
            (400, None),
            "{fields:?}"
        );
    }
}

#[test]
fn other_wrong_parameters_are_sent_back_to_the_app_with_its_state() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("audience", "elsewhere", "invalid_request"),
        ("scope", "read:jira-work read:everything", "invalid_scope"),
    ] {
        let reply = authorize(sandbox.base_url(), &replaced(name, value));
        let location = reply.header("Location").unwrap();
        assert_eq!(parameter(location, "error").as_deref(), Some(error));
        assert_eq!(
            parameter(location, "state").as_deref(),
            Some("a+state%2Fwith+signs")
        );
        assert_eq!(parameter(location, "from").as_deref(), Some("jira"));
    }
}

#[test]
fn declining_sends_access_denied_back() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let mut fields = consent_fields(SCOPES);
    fields.push(("decision", "decline"));
    let reply = decide(sandbox.base_url(), &fields);
    let location = reply.header("Location").unwrap();
    assert_eq!(reply.status, 302);
    assert_eq!(
        parameter(location, "error").as_deref(),
        Some("access_denied")
    );
    let description = parameter(location, "error_description");
    assert_eq!(
        description.as_deref(),
        Some("User+did+not+authorize+the+request")
    );
    assert_eq!(parameter(location, "code"), None);
}

#[test]
fn accepting_without_a_site_asks_again() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let mut fields = consent_fields(SCOPES);
    fields.push(("decision", "accept"));
    let reply = decide(sandbox.base_url(), &fields);
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("Choose at least one site."));
}

#[test]
fn a_sandbox_set_to_consent_by_itself_redirects_at_once() {
    let config = SandboxConfig {
        auto_consent: true,
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::start(config).unwrap();
    let reply = authorize(sandbox.base_url(), &consent_fields(SCOPES));
    let code = parameter(reply.header("Location").unwrap(), "code").unwrap();
    assert_eq!(exchange(sandbox.base_url(), &code).status, 200);
}

#[test]
fn a_code_gives_tokens_once() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let base = sandbox.base_url();
    let code = consent(base, SCOPES, &[ACME_CLOUD_ID]);
    let pair = exchange(base, &code);
    assert_eq!(pair.status, 200);
    assert_eq!(pair.json()["expires_in"], 3600);
    assert_eq!(pair.json()["scope"], SCOPES);
    assert_eq!(pair.json()["token_type"], "Bearer");
    let again = exchange(base, &code);
    assert_eq!(
        (again.status, again.json()["error"].as_str()),
        (403, Some("invalid_grant"))
    );
    let late = consent(base, SCOPES, &[ACME_CLOUD_ID]);
    sandbox.handle().advance_clock(Duration::from_secs(601));
    assert_eq!(exchange(base, &late).status, 403);
}

#[test]
fn without_offline_access_there_is_no_refresh_token() {
    let sandbox = Sandbox::start(SandboxConfig::default()).unwrap();
    let code = consent(sandbox.base_url(), "read:jira-work", &[ACME_CLOUD_ID]);
    let pair = exchange(sandbox.base_url(), &code).json();
    assert!(pair.get("refresh_token").is_none());
}

#[test]
fn the_token_endpoint_refuses_as_atlassian_does() {
    let jira = Jira::start();
    let base = jira.sandbox.base_url();
    let refused = |body: Value| {
        let reply = token(base, &body);
        (
            reply.status,
            reply.json()["error"].as_str().unwrap().to_owned(),
        )
    };
    let client = |secret: &str, grant: &str| {
        json!({"client_id": "sandbox-client", "client_secret": secret, "grant_type": grant,
            "refresh_token": "unknown"})
    };
    let right = "sandbox-client-value";
    assert_eq!(
        refused(client("wrong", "refresh_token")),
        (401, "access_denied".to_owned())
    );
    assert_eq!(
        refused(client(right, "refresh_token")),
        (403, "invalid_grant".to_owned())
    );
    assert_eq!(
        refused(client(right, "authorization_code")),
        (400, "invalid_request".to_owned())
    );
    assert_eq!(
        refused(client(right, "password")),
        (400, "unsupported_grant_type".to_owned())
    );
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = send(
        base,
        "POST",
        "/oauth/token",
        &form,
        b"grant_type=refresh_token",
    )
    .unwrap();
    assert_eq!(reply.json()["error"], "invalid_request");
    let description = refresh(base, "unknown").json()["error_description"].clone();
    assert_eq!(description, "Unknown or invalid refresh token.");
}

#[test]
fn a_dead_refresh_token_can_be_reported_as_production_does() {
    let mut config = SandboxConfig::default();
    config.switches.oauth.dead_refresh = DeadRefresh::UnauthorizedClient;
    let sandbox = Sandbox::start(config).unwrap();
    let reply = refresh(sandbox.base_url(), "unknown");
    assert_eq!(reply.status, 403);
    let expected =
        json!({"error": "unauthorized_client", "error_description": "refresh_token is invalid"});
    assert_eq!(reply.json(), expected);
}

#[test]
fn a_refresh_rotates_and_the_leeway_lets_it_be_repeated() {
    let mut jira = Jira::start();
    let base = jira.sandbox.base_url().to_owned();
    let first = refresh(&base, &jira.refresh_token).json();
    assert!(first.get("token_type").is_none());
    let again = refresh(&base, &jira.refresh_token).json();
    assert_ne!(first["refresh_token"], again["refresh_token"]);
    jira.handle().advance_clock(Duration::from_secs(540));
    assert_eq!(jira.get("myself").status, 200);
    jira.handle().advance_clock(Duration::from_secs(120));
    assert_eq!(
        jira.get("myself").status,
        401,
        "the old access token dies with the leeway"
    );
    jira.access_token = first["access_token"].as_str().unwrap().to_owned();
    assert_eq!(jira.get("myself").status, 200);
    assert_eq!(
        refresh(&base, &jira.refresh_token).status,
        403,
        "reuse kills the family"
    );
    assert_eq!(jira.get("myself").status, 401);
    assert_eq!(
        refresh(&base, first["refresh_token"].as_str().unwrap()).status,
        403
    );
    let counters = jira.handle().token_counters();
    let seen = (
        counters.exchanges,
        counters.refreshes,
        counters.leeway_refreshes,
    );
    assert_eq!(seen, (1, 1, 1));
    assert_eq!((counters.families_killed, counters.refused), (1, 2));
}

#[test]
fn a_lost_answer_to_a_refresh_can_be_repeated() {
    let jira = Jira::start();
    jira.handle()
        .push_fault(Fault::once(Endpoint::Token, Effect::DropAfter));
    let base = jira.sandbox.base_url();
    let body = json!({"grant_type": "refresh_token", "client_id": "sandbox-client",
        "client_secret": "sandbox-client-value", "refresh_token": jira.refresh_token});
    let headers = [("Content-Type", "application/json")];
    let lost = send(
        base,
        "POST",
        "/oauth/token",
        &headers,
        body.to_string().as_bytes(),
    );
    assert!(lost.is_err());
    assert_eq!(refresh(base, &jira.refresh_token).status, 200);
    assert_eq!(jira.handle().token_counters().leeway_refreshes, 1);
}

#[test]
fn token_faults_answer_what_they_are_told_to() {
    let jira = Jira::start();
    let base = jira.sandbox.base_url();
    for (error, status, code) in [
        (TokenError::InvalidGrant, 403, "invalid_grant"),
        (TokenError::UnauthorizedClient, 403, "unauthorized_client"),
        (TokenError::AccessDenied, 401, "access_denied"),
        (TokenError::InvalidRequest, 400, "invalid_request"),
    ] {
        jira.handle()
            .push_fault(Fault::once(Endpoint::Token, Effect::token_error(error)));
        let reply = refresh(base, &jira.refresh_token);
        assert_eq!(
            (reply.status, reply.json()["error"].as_str()),
            (status, Some(code))
        );
    }
    let page = Effect::Html {
        status: 502,
        acting: false,
    };
    jira.handle().push_fault(Fault::once(Endpoint::Token, page));
    let reply = refresh(base, &jira.refresh_token);
    assert_eq!(reply.status, 502);
    assert!(reply.text().starts_with("<!DOCTYPE html>"));
    assert_eq!(refresh(base, &jira.refresh_token).status, 200);
}

#[test]
fn an_access_token_expires_by_the_clock_or_by_command() {
    let jira = Jira::start();
    jira.handle().advance_clock(Duration::from_secs(3601));
    assert_eq!(
        jira.get("myself").json(),
        json!({"code": 401, "message": "Unauthorized"})
    );
    let jira = Jira::start();
    jira.handle().expire_access_tokens();
    assert_eq!(jira.get("myself").status, 401);
    assert_eq!(
        refresh(jira.sandbox.base_url(), &jira.refresh_token).status,
        200
    );
    jira.handle().revoke_grants();
    assert_eq!(
        refresh(jira.sandbox.base_url(), &jira.refresh_token).status,
        403
    );
}

#[test]
fn the_gateway_checks_bearer_site_and_scope() {
    let mut jira = Jira::start();
    let refused = |jira: &Jira, path: &str| (jira.get(path).status, jira.get(path).json());
    jira.cloud_id = BEACON_CLOUD_ID.to_owned();
    let expected = json!({"code": 403, "message": "The app is not installed on this instance"});
    assert_eq!(refused(&jira, "myself"), (403, expected));
    jira.cloud_id = "00000000-0000-4000-8000-000000000000".to_owned();
    assert_eq!(jira.get("myself").status, 404);
    jira.cloud_id = ACME_CLOUD_ID.to_owned();
    let expected = json!({"code": 401, "message": "Unauthorized; scope does not match"});
    assert_eq!(refused(&jira, "priority/search"), (401, expected));
    jira.access_token = "unknown".to_owned();
    assert_eq!(refused(&jira, "myself").0, 401);
    let site = jira.beside("GET", "/sites/acme/rest/api/3/myself", "");
    assert_eq!(
        site.status, 401,
        "a 3LO token does not work on the site's own domain"
    );
}

#[test]
fn accessible_resources_lists_every_site_of_the_grant() {
    let jira = Jira::start();
    let names = |jira: &Jira| -> Vec<String> {
        let listed = jira
            .beside("GET", "/oauth/token/accessible-resources", "")
            .json();
        let name = |site: &Value| site["name"].as_str().unwrap().to_owned();
        listed.as_array().unwrap().iter().map(name).collect()
    };
    assert_eq!(names(&jira), ["Acme"]);
    consent(jira.sandbox.base_url(), SCOPES, &[BEACON_CLOUD_ID]);
    assert_eq!(
        names(&jira),
        ["Acme", "Beacon"],
        "a later consent adds to the same grant"
    );
    jira.handle().remove_site(USER_ACCOUNT_ID, ACME_CLOUD_ID);
    assert_eq!(names(&jira), ["Beacon"]);
    jira.handle().set_site_listing(SiteListing::Empty);
    assert_eq!(names(&jira), [""; 0]);
    jira.handle().set_site_listing(SiteListing::ConfluenceOnly);
    let listed = jira
        .beside("GET", "/oauth/token/accessible-resources", "")
        .json();
    assert_eq!(listed[0]["scopes"], json!(["read:confluence-content.all"]));
}
