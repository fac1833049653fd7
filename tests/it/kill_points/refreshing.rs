//! Killed while an access token is refreshed; the one who wanted it is asked again.

use diesel::SqliteConnection;
use jira_sandbox::{Effect, Endpoint};

use super::Stage;

/// A refresh for a push that is about to be accepted, at the point where its request has arrived.
async fn refreshing(effect: Effect) -> Stage {
    let stage = Stage::set().await;
    stage.end_access_token();
    let former = stage.requests(Endpoint::Token);
    stage.fault(Endpoint::Token, effect);
    tokio::spawn(stage.ask());
    stage.arrived(Endpoint::Token, former).await;
    stage
}

/// Checks that the service that comes next gets a token and delivers.
async fn recovers(mut stage: Stage, lock: Option<SqliteConnection>) {
    stage.dies(lock);
    let push = stage.ask_again().await;
    stage.is_delivered_once(&push).await;
    assert_eq!(stage.app.creates().len(), 1);
    let status = stage
        .owner
        .get_in_workspace("/api/integrations/jira/status")
        .await
        .expect(200);
    assert_eq!(status["needs_reconnect"], false, "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_refresh_before_atlassian_rotated() {
    let stage = refreshing(Effect::DelayBefore { ms: 2_000 }).await;
    assert_eq!(stage.app.sandbox.handle().token_counters().refreshes, 0);
    recovers(stage, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_refresh_after_atlassian_rotated() {
    let stage = refreshing(Effect::DelayAfter { ms: 60_000 }).await;
    rotated(&stage).await;
    recovers(stage, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_answer_of_a_refresh_before_it_was_saved() {
    let stage = refreshing(Effect::DelayBefore { ms: 1_500 }).await;
    let lock = stage.hold_commits();
    rotated(&stage).await;
    stage.quiet().await;
    recovers(stage, Some(lock)).await;
}

async fn rotated(stage: &Stage) {
    acceptance::eventually("Atlassian has rotated", async || {
        let counters = stage.app.sandbox.handle().token_counters();
        (counters.refreshes == 1).then_some(())
    })
    .await;
}
