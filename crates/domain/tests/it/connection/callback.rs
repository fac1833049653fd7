//! The browser comes back from the consent.

use handoff_domain::audit::model::AuditAction;
use handoff_domain::connection::callback::CallbackQuery;
use handoff_domain::connection::ports::AuthorizerError;
use handoff_domain::connection::service::ConnectStarted;
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::testing::FakeAuthorizer;
use handoff_domain::workspace::model::{Actor, HAS_INTEGRATIONS, Role};
use secrecy::ExposeSecret;
use url::Url;

use crate::world::{Browser, World, params};

fn down() -> Failure {
    Failure::new(FailureKind::Unavailable, "no answer")
}

fn reason(url: &Url) -> String {
    let params = params(url);
    assert_eq!(params["jira"], "error", "{url}");
    params["reason"].clone()
}

fn with_error(started: &ConnectStarted, error: &str) -> CallbackQuery {
    CallbackQuery {
        code: None,
        state: Some(started.state.expose_secret().to_owned()),
        error: Some(error.to_owned()),
    }
}

#[tokio::test]
async fn the_same_browser_with_one_site_is_connected_at_once() {
    let world = World::new().await;
    let started = world.begin(None).await;

    let url = world.come_back(&started, Browser::Same).await;

    assert_eq!(params(&url)["jira"], "connected");
    let row = world.integration().await.unwrap();
    assert!(row.is_active && row.needs_reconnect.is_none());
    assert_eq!(row.config.cloud_id, "cloud-1");
    assert_eq!(row.config.site_url, "https://first.example");
    assert_eq!(row.config.account_id, "account-1");
    assert_eq!(row.connected_by, world.owner);
    let tokens = row.tokens.unwrap();
    assert!(tokens.refresh_token.is_some());
    assert_eq!(world.audited(AuditAction::Connected).len(), 1);
}

#[tokio::test]
async fn a_state_serves_once() {
    let world = World::new().await;
    let started = world.begin(None).await;
    world.come_back(&started, Browser::Same).await;
    let before = world.integration().await;

    let again = world.come_back(&started, Browser::Same).await;

    assert_eq!(reason(&again), "invalid_state");
    assert_eq!(world.authorizer.calls().exchange, 1);
    assert_eq!(world.integration().await, before);
}

#[tokio::test]
async fn two_callbacks_at_once_with_the_same_state_exchange_one_code() {
    let world = World::new().await;
    let started = world.begin(None).await;

    let (first, second) = futures_util::future::join(
        world.come_back(&started, Browser::Same),
        world.come_back(&started, Browser::Same),
    )
    .await;

    let outcomes = [
        params(&first)["jira"].clone(),
        params(&second)["jira"].clone(),
    ];
    assert!(outcomes.contains(&"connected".to_owned()), "{outcomes:?}");
    assert!(outcomes.contains(&"error".to_owned()), "{outcomes:?}");
    assert_eq!(world.authorizer.calls().exchange, 1);
}

#[tokio::test]
async fn a_forged_state_or_none_is_invalid_and_asks_nobody() {
    let world = World::new().await;
    let started = world.begin(None).await;
    for state in [Some("0".repeat(64)), Some(String::new()), None] {
        let query = CallbackQuery {
            code: Some("code".to_owned()),
            state,
            error: None,
        };
        let url = world.callback(query, &started, Browser::Same).await;
        assert_eq!(reason(&url), "invalid_state");
    }
    assert_eq!(world.authorizer.calls().exchange, 0);
}

#[tokio::test]
async fn a_state_eleven_minutes_old_is_invalid_and_used_up() {
    let world = World::new().await;
    let started = world.begin(None).await;
    world.pass(11 * 60);

    let url = world.come_back(&started, Browser::Same).await;

    assert_eq!(reason(&url), "invalid_state");
    assert_eq!(world.authorizer.calls().exchange, 0);
    let hash = World::hash(started.state.expose_secret());
    assert!(world.connections.take_state(&hash).await.unwrap().is_none());
}

#[tokio::test]
async fn a_state_is_good_until_just_before_ten_minutes() {
    let world = World::new().await;
    let started = world.begin(None).await;
    world.pass(10 * 60 - 1);
    let url = world.come_back(&started, Browser::Same).await;
    assert_eq!(params(&url)["jira"], "connected");
}

#[tokio::test]
async fn a_declined_consent_is_told_and_uses_the_state_up() {
    let world = World::new().await;
    let started = world.begin(None).await;

    let url = world
        .callback(
            with_error(&started, "access_denied"),
            &started,
            Browser::Same,
        )
        .await;

    assert_eq!(reason(&url), "access_denied");
    assert!(world.integration().await.is_none());
    let failed = world.audited(AuditAction::ConnectFailed);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].result, "access_denied");
    let late = world.come_back(&started, Browser::Same).await;
    assert_eq!(reason(&late), "invalid_state");
}

#[tokio::test]
async fn an_app_that_the_tracker_does_not_know_is_told_as_misconfigured() {
    for error in ["unauthorized_client", "invalid_scope"] {
        let world = World::new().await;
        let started = world.begin(None).await;
        let url = world
            .callback(with_error(&started, error), &started, Browser::Same)
            .await;
        assert_eq!(reason(&url), "app_misconfigured");
    }
}

#[tokio::test]
async fn an_error_without_a_state_changes_nothing() {
    let world = World::connected().await;
    let started = world.begin(None).await;
    let (before, audit) = (world.integration().await, world.store.audit_entries());
    let query = CallbackQuery {
        code: None,
        state: None,
        error: Some("access_denied".to_owned()),
    };

    let url = world.callback(query, &started, Browser::Same).await;

    assert_eq!(params(&url)["jira"], "error");
    assert_eq!(world.integration().await, before);
    assert_eq!(world.store.audit_entries(), audit);
    let url = world.come_back(&started, Browser::Same).await;
    assert_eq!(params(&url)["jira"], "connected", "the flow still stands");
}

#[tokio::test]
async fn each_failure_of_the_exchange_leaves_the_workspace_as_it_was() {
    type Case = (fn() -> AuthorizerError, &'static str);
    let failures: [Case; 6] = [
        (
            || AuthorizerError::GrantRefused {
                reason: "invalid_grant".to_owned(),
            },
            "exchange_failed",
        ),
        (|| AuthorizerError::NotSent(down()), "exchange_failed"),
        (|| AuthorizerError::Lost(down()), "exchange_failed"),
        (|| AuthorizerError::Unauthorized, "exchange_failed"),
        (|| AuthorizerError::AppMisconfigured, "app_misconfigured"),
        (
            || AuthorizerError::NotConfigured {
                missing: "HANDOFF__JIRA__CLIENT_SECRET".to_owned(),
            },
            "app_misconfigured",
        ),
    ];
    for (failure, told) in failures {
        let world = World::new().await;
        for step in ["exchange", "sites", "account"] {
            match step {
                "exchange" => world.authorizer.next_exchange(Err(failure())),
                "sites" => world.authorizer.next_sites(Err(failure())),
                _ => world.authorizer.next_account(Err(failure())),
            }
            let started = world.begin(None).await;
            let url = world.come_back(&started, Browser::Same).await;
            assert_eq!(reason(&url), told, "{step}: {:?}", failure());
            assert!(world.integration().await.is_none());
        }
        assert_eq!(world.audited(AuditAction::ConnectFailed).len(), 3);
    }
}

#[tokio::test]
async fn a_store_that_fails_at_the_last_step_is_exchange_failed() {
    let world = World::new().await;
    let started = world.begin(None).await;
    world.hooks.fail("connect", 1);

    let url = world.come_back(&started, Browser::Same).await;

    assert_eq!(reason(&url), "exchange_failed");
    assert!(world.integration().await.is_none());
    assert!(world.audited(AuditAction::Connected).is_empty());
}

#[tokio::test]
async fn a_grant_without_a_jira_site_connects_nothing() {
    let world = World::new().await;
    world.authorizer.next_sites(Ok(Vec::new()));
    let started = world.begin(None).await;
    let url = world.come_back(&started, Browser::Same).await;
    assert_eq!(reason(&url), "no_site");
    assert!(world.integration().await.is_none());
}

#[tokio::test]
async fn several_sites_are_parked_for_a_choice_and_nothing_is_active() {
    let world = World::new().await;
    world.authorizer.next_sites(Ok(vec![
        FakeAuthorizer::site("cloud-1", "first"),
        FakeAuthorizer::site("cloud-2", "second"),
    ]));
    let started = world.begin(None).await;

    let url = world.come_back(&started, Browser::Same).await;

    let params = params(&url);
    assert_eq!(params["jira"], "confirm");
    assert_eq!(params["reason"], "choose_site");
    assert_eq!(params["confirm"].len(), 64);
    assert!(!world.is_connected().await);
    let parked = world.audited(AuditAction::ConnectParked);
    assert_eq!(parked.len(), 1);
    assert!(!format!("{parked:?}").contains(&params["confirm"]));
}

#[tokio::test]
async fn another_browser_is_parked_although_there_is_one_site() {
    let world = World::new().await;
    let started = world.begin(None).await;
    let url = world.come_back(&started, Browser::Other).await;
    let params = params(&url);
    assert_eq!(params["jira"], "confirm");
    assert_eq!(params["reason"], "other_browser");
    assert!(!world.is_connected().await);
}

#[tokio::test]
async fn the_cookie_of_another_flow_does_not_count() {
    let world = World::new().await;
    let (lured, mine) = (world.begin(None).await, world.begin(None).await);
    let query = CallbackQuery {
        code: Some("code".to_owned()),
        state: Some(lured.state.expose_secret().to_owned()),
        error: None,
    };
    let value = mine.cookie.value.expose_secret().to_owned();

    let ended = world
        .connection
        .callback(query, |_| Some(value.clone()))
        .await;

    assert_eq!(params(&ended.unwrap())["reason"], "other_browser");
}

#[tokio::test]
async fn what_was_withdrawn_meanwhile_is_missed_before_the_code_is_exchanged() {
    for withdrawn in ["membership", "role", "feature"] {
        let world = World::new().await;
        let ada = world.person("ada", Role::Admin).await;
        let Actor::User(user) = ada else {
            panic!("a person is a user")
        };
        let begun = world.connection.connect(world.workspace, ada, None).await;
        let started = begun.unwrap();
        let (workspaces, workspace) = (&world.workspaces, world.workspace);
        match withdrawn {
            "membership" => workspaces
                .remove_member(world.owner, Role::Owner, workspace, user)
                .await
                .unwrap(),
            "role" => {
                world.person("ada", Role::Member).await;
            }
            _ => workspaces
                .set_feature(world.owner, workspace, HAS_INTEGRATIONS, false)
                .await
                .unwrap(),
        }

        let url = world.come_back(&started, Browser::Same).await;

        assert_eq!(reason(&url), "access_denied", "{withdrawn}");
        assert_eq!(world.authorizer.calls().exchange, 0, "{withdrawn}");
        assert!(world.integration().await.is_none(), "{withdrawn}");
    }
}

#[tokio::test]
async fn a_reconnect_whose_grant_holds_the_site_asks_nothing() {
    let world = World::connected().await;
    let before = world.integration().await.unwrap();
    world.authorizer.next_sites(Ok(vec![
        FakeAuthorizer::site("cloud-9", "other"),
        FakeAuthorizer::site("cloud-1", "first"),
    ]));
    let started = world.begin(None).await;

    let url = world.come_back(&started, Browser::Same).await;

    assert_eq!(params(&url)["jira"], "connected");
    let row = world.integration().await.unwrap();
    assert_eq!(row.id, before.id, "one row a workspace, never another");
    assert_eq!(row.config.cloud_id, "cloud-1");
    assert!(row.generation > before.generation);
    assert_ne!(row.tokens, before.tokens);
}

#[tokio::test]
async fn the_active_connection_stays_until_the_new_one_is_complete() {
    let world = World::connected().await;
    let before = world.integration().await;
    let two = vec![
        FakeAuthorizer::site("cloud-2", "second"),
        FakeAuthorizer::site("cloud-3", "third"),
    ];
    world.authorizer.next_sites(Ok(two));
    let parked = world
        .come_back(&world.begin(None).await, Browser::Same)
        .await;
    assert_eq!(params(&parked)["reason"], "choose_site");
    assert_eq!(world.integration().await, before, "parking leaves it alone");

    world
        .authorizer
        .next_account(Err(AuthorizerError::Lost(down())));
    let failed = world
        .come_back(&world.begin(None).await, Browser::Same)
        .await;
    assert_eq!(reason(&failed), "exchange_failed");
    assert_eq!(world.integration().await, before, "so does a failure");
}

#[tokio::test]
async fn a_row_that_others_write_at_the_same_moment_is_written_all_the_same() {
    let world = World::connected().await;
    let row = world.integration().await.unwrap();
    let (connections, id) = (world.connections.clone(), row.id);
    world.hooks.before("connect", move || async move {
        let now = time::OffsetDateTime::UNIX_EPOCH;
        let bumped = connections.drop_refresh(id, row.generation, now).await;
        bumped.unwrap();
    });

    world.connect().await;

    let after = world.integration().await.unwrap();
    assert_eq!(after.generation, row.generation + 2);
}
