//! What is claimed at all, and the loop around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use handoff_domain::connection::ports::{AccessTokens, AuthorizerError};
use handoff_domain::delivery::model::PushState;

use crate::world::World;

#[tokio::test]
async fn nothing_to_do_is_said() {
    let world = World::connected().await;
    assert!(!world.worker().run_once().await.unwrap());
    assert!(world.tracker.calls().creates.is_empty());
}

#[tokio::test]
async fn a_workspace_whose_grant_ended_waits_until_it_is_connected_again() {
    let world = World::connected().await;
    let site = world.integration().await.unwrap().site();
    let (document, _) = world.reviewed(1).await;
    let push = world.push(&world.push_of(document)).await;
    world.pass(3600);
    let ended = AuthorizerError::GrantRefused {
        reason: "invalid_grant".to_owned(),
    };
    world.authorizer.next_refresh(Err(ended));
    world.keeper.token(&site).await.unwrap_err();

    world.work().await;
    assert!(world.tracker.calls().creates.is_empty());

    world.connect().await;
    world.work().await;
    assert_eq!(world.report(push).await.counts().pushed, 1);
}

#[tokio::test]
async fn a_push_is_bound_to_the_account_that_it_was_accepted_for() {
    let world = World::connected().await;
    let (document, _) = world.reviewed(1).await;
    world.push(&world.push_of(document)).await;
    world.authorizer.next_account(Ok("account-2".to_owned()));
    world.connect().await;
    world.work().await;
    assert!(world.tracker.calls().creates.is_empty());
}

#[tokio::test]
async fn the_loop_survives_a_store_that_fails_and_stops_when_told() {
    let world = Arc::new(World::connected().await);
    let (document, _) = world.reviewed(60).await;
    let push = world.push(&world.push_of(document)).await;
    let stop = Arc::new(AtomicBool::new(false));
    world.hooks.fail("claim", 2);
    world.hooks.fail("list_held", 1);
    let told = stop.clone();
    world.hooks.before("settle", move || async move {
        told.store(true, Ordering::Release);
    });

    world.worker().run(&stop).await;

    let report = world.report(push).await;
    assert_eq!(report.counts().pushed, 50, "the batch is finished first");
    assert_eq!(report.push.state, PushState::Running);
}
