//! Beginning a consent.

use handoff_domain::audit::model::AuditAction;
use handoff_domain::connection::callback::CallbackQuery;
use handoff_domain::connection::error::ConnectionError;
use handoff_domain::connection::service::flow_cookie_name;
use secrecy::ExposeSecret;
use time::Duration;

use crate::world::{APP, Browser, World, params};

#[tokio::test]
async fn the_browser_is_sent_to_consent_with_the_state_that_comes_back() {
    let world = World::new().await;
    let started = world.begin(None).await;
    let state = started.state.expose_secret();

    assert_eq!(params(&started.auth_url)["state"], state);
    assert_eq!(state.len(), 64, "256 bits as hexadecimal digits");
    assert_ne!(started.cookie.value.expose_secret(), state);
    let begun = world.audited(AuditAction::ConnectStarted);
    assert_eq!(begun.len(), 1);
    assert_eq!(begun[0].actor, world.owner);
    assert!(!format!("{begun:?}").contains(state));
}

#[tokio::test]
async fn only_hashes_are_kept_and_they_live_ten_minutes() {
    let world = World::new().await;
    let started = world.begin(None).await;
    let hash = World::hash(started.state.expose_secret());
    let kept = world.connections.take_state(&hash).await.unwrap().unwrap();

    let now = world.connection_ports.clock.now();
    assert_eq!(kept.expires_at - now, Duration::minutes(10));
    assert_eq!(
        kept.browser_hash,
        World::hash(started.cookie.value.expose_secret())
    );
    assert_eq!(kept.actor, world.owner);
    assert_eq!(started.cookie.name, flow_cookie_name(&hash));
}

#[tokio::test]
async fn two_flows_at_once_have_their_own_state_and_cookie() {
    let world = World::new().await;
    let (first, second) = (world.begin(None).await, world.begin(None).await);

    assert_ne!(first.state.expose_secret(), second.state.expose_secret());
    assert_ne!(first.cookie.name, second.cookie.name);
    let url = world.come_back(&first, Browser::Same).await;
    assert_eq!(params(&url)["jira"], "connected");
}

#[tokio::test]
async fn return_to_may_be_any_place_of_a_configured_origin() {
    let world = World::new().await;
    for wanted in [
        "https://app.example/",
        "https://app.example:443/deep/page?tab=2#end",
        "HTTPS://APP.EXAMPLE/x",
        "http://localhost:5173/integrations",
    ] {
        let begun = world
            .connection
            .connect(world.workspace, world.owner, Some(wanted));
        assert!(begun.await.is_ok(), "{wanted}");
    }
}

#[tokio::test]
async fn return_to_of_another_origin_is_refused_with_its_pointer() {
    let world = World::new().await;
    for wanted in [
        "https://evil.example/",
        "https://app.example.evil.example/",
        "https://app.example@evil.example/",
        "https://evil.example@app.example/",
        "https://user:secret@app.example/",
        "https://app.example:8443/",
        "http://app.example/",
        "http://localhost/",
        "http://localhost:5174/",
        "https://localhost:5173/",
        "https://sub.app.example/",
        "https://app.example./",
        "https://evil.example\\@app.example/",
        "javascript:alert(1)//https://app.example/",
        "data:text/html,https://app.example/",
        "blob:https://app.example/0190",
        "file:///etc/passwd",
        "//app.example/",
        "/settings",
        "app.example",
        "",
    ] {
        let begun = world
            .connection
            .connect(world.workspace, world.owner, Some(wanted));
        let Err(ConnectionError::Invalid(problems)) = begun.await else {
            panic!("{wanted:?} was taken");
        };
        assert_eq!(problems.as_slice()[0].pointer, "/return_to");
    }
    assert_eq!(world.authorizer.calls().authorize_url, 0);
}

#[tokio::test]
async fn without_an_app_the_missing_keys_are_named_and_nothing_is_kept() {
    let world = World::new().await;
    world
        .authorizer
        .miss_configuration("HANDOFF__JIRA__CLIENT_ID");

    let begun = world
        .connection
        .connect(world.workspace, world.owner, None)
        .await;

    assert!(
        matches!(begun, Err(ConnectionError::NotConfigured { missing })
        if missing == "HANDOFF__JIRA__CLIENT_ID")
    );
    assert!(world.audited(AuditAction::ConnectStarted).is_empty());
}

#[tokio::test]
async fn the_browser_returns_where_it_was_asked_to_with_the_query_kept() {
    let world = World::new().await;
    let wanted = "http://localhost:5173/integrations?tab=jira#top";
    let started = world.begin(Some(wanted)).await;

    let url = world.come_back(&started, Browser::Same).await;

    assert_eq!(
        url.as_str(),
        "http://localhost:5173/integrations?tab=jira&jira=connected#top"
    );
    let url = world
        .come_back(&world.begin(None).await, Browser::Same)
        .await;
    assert_eq!(url.as_str(), format!("{APP}?jira=connected"));
}

#[tokio::test]
async fn a_refusal_goes_to_return_to_as_well() {
    let world = World::new().await;
    let started = world.begin(Some("http://localhost:5173/")).await;
    let query = CallbackQuery {
        code: None,
        state: Some(started.state.expose_secret().to_owned()),
        error: Some("access_denied".to_owned()),
    };

    let url = world.callback(query, &started, Browser::Same).await;

    assert_eq!(
        url.as_str(),
        "http://localhost:5173/?jira=error&reason=access_denied"
    );
}
