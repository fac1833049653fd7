//! Access tokens end, grants are revoked.

use acceptance::{App, AppBuilder, document};
use diesel::RunQueryDsl as _;
use futures_util::future::join_all;
use jira_sandbox::{DeadRefresh, Effect, Endpoint, Fault, TokenError, When};
use serde_json::json;

use super::{PROJECTS, STATUS, rows};
use crate::databases::OnPostgres;

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_ended_is_refreshed_once_however_many_ask() {
    let app = App::start().await;
    let owner = app.connected().await;
    let handle = app.sandbox.handle();
    let generation = || rows(&app).remove(0).generation;

    for (round, known_to_have_ended) in [(1, false), (2, true)] {
        let before = generation();
        handle.expire_access_tokens();
        if known_to_have_ended {
            diesel::sql_query("UPDATE integrations SET access_token_expires_at = connected_at")
                .execute(&mut app.database())
                .unwrap();
        }
        let asked = (0..20).map(|_| owner.get_in_workspace(PROJECTS));
        for answer in join_all(asked).await {
            answer.expect(200);
        }
        let counters = handle.token_counters();
        assert_eq!(
            (
                counters.refreshes,
                counters.leeway_refreshes,
                counters.refused
            ),
            (round, 0, 0)
        );
        assert!(generation() > before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_ended_is_refreshed_once_on_postgres_too() {
    let Some(app) = OnPostgres::start().await else {
        return;
    };
    let owner = app.connected().await;
    app.sandbox.handle().expire_access_tokens();
    let asked = (0..20).map(|_| owner.get_in_workspace(PROJECTS));
    for answer in join_all(asked).await {
        answer.expect(200);
    }
    let counters = app.sandbox.handle().token_counters();
    assert_eq!(
        (counters.refreshes, counters.leeway_refreshes),
        (1, 0),
        "{counters:?}"
    );
    let gone = owner
        .post_in_workspace("/api/integrations/jira/disconnect", json!({}))
        .await
        .expect(200);
    assert_eq!(gone["was_connected"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_asks_for_a_reconnect_and_a_reconnect_heals_it() {
    for dead in [DeadRefresh::InvalidGrant, DeadRefresh::UnauthorizedClient] {
        let app = AppBuilder::default()
            .sandbox(|config| config.switches.oauth.dead_refresh = dead)
            .start()
            .await;
        let owner = app.connected().await;
        let (id, tickets) = owner.generated(&document(1)).await;
        let ids = [&tickets[0]["id"]];
        let push = json!({
            "document_id": id, "platform": "jira", "project_key": "SHOP", "ticket_ids": ids,
        });
        app.sandbox.handle().revoke_grants();

        owner
            .get_in_workspace(PROJECTS)
            .await
            .problem(409, "RECONNECT_REQUIRED");
        let status = owner.get_in_workspace(STATUS).await.expect(200);
        assert_eq!(
            (&status["connected"], &status["needs_reconnect"]),
            (&json!(true), &json!(true))
        );
        assert!(status["reason"].is_string(), "{status}");
        owner
            .post_in_workspace("/api/execution/push", push.clone())
            .await
            .problem(409, "RECONNECT_REQUIRED");
        owner
            .post_in_workspace("/api/execution/sync", json!({}))
            .await
            .problem(409, "RECONNECT_REQUIRED");
        let refused = app.sandbox.handle().token_counters().refused;
        owner
            .get_in_workspace(PROJECTS)
            .await
            .problem(409, "RECONNECT_REQUIRED");
        assert_eq!(
            app.sandbox.handle().token_counters().refused,
            refused,
            "a dead grant is not asked again"
        );

        let owner = app.connected().await;
        let status = owner.get_in_workspace(STATUS).await.expect(200);
        assert_eq!(
            (&status["needs_reconnect"], &status["reason"]),
            (&json!(false), &json!(null))
        );
        let pushed = owner
            .post_in_workspace("/api/execution/push", push)
            .await
            .expect(200);
        assert_eq!(pushed["pushed"], 1, "{pushed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_in_trouble_does_not_end_the_grant() {
    let app = App::start().await;
    let owner = app.connected().await;
    let handle = app.sandbox.handle();
    let html = Effect::Html {
        status: 502,
        acting: false,
    };
    let troubles = [
        (Effect::status(503), 502, "TRACKER_UNAVAILABLE"),
        (html, 502, "TRACKER_UNAVAILABLE"),
        (
            Effect::token_error(TokenError::AccessDenied),
            503,
            "TRACKER_APP_MISCONFIGURED",
        ),
    ];
    handle.expire_access_tokens();
    for (effect, status, code) in troubles {
        handle.set_faults([Fault::once(Endpoint::Token, effect).when(When::Always)]);
        owner.get_in_workspace(PROJECTS).await.problem(status, code);
        handle.clear_faults();
        let status = owner.get_in_workspace(STATUS).await.expect(200);
        assert_eq!(status["needs_reconnect"], false, "{code}");
    }
    owner.get_in_workspace(PROJECTS).await.expect(200);

    handle.expire_access_tokens();
    handle.push_fault(Fault::once(Endpoint::Token, Effect::DropAfter));
    owner.get_in_workspace(PROJECTS).await.expect(200);
    let counters = handle.token_counters();
    assert_eq!(
        counters.leeway_refreshes, 1,
        "a lost answer is asked for again with the same token: {counters:?}"
    );
}
