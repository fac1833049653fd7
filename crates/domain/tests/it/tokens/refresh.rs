//! When a token is refreshed, and what becomes of the new pair.

use std::sync::Arc;

use futures_util::future::join_all;
use handoff_domain::connection::ports::{AccessTokenError, AccessTokens, AuthorizerError};
use handoff_domain::connection::tokens::TokenKeeper;
use handoff_domain::shared::clock::Clock;
use handoff_domain::testing::{FakeAuthorizer, PlainSealer};
use secrecy::ExposeSecret;

use super::{expired, lost, not_sent, token};
use crate::world::World;

#[tokio::test]
async fn a_token_that_lives_on_is_given_without_asking_anybody() {
    let world = World::connected().await;
    let site = world.integration().await.unwrap().site();
    world.pass(3600 - 120);
    assert_eq!(token(&world, &site).await.unwrap(), "access-1");
    assert_eq!(world.authorizer.calls().refresh, 0);
}

#[tokio::test]
async fn a_token_is_replaced_ahead_of_its_end() {
    let world = World::connected().await;
    let site = world.integration().await.unwrap().site();
    world.pass(3600 - 30);
    assert_eq!(token(&world, &site).await.unwrap(), "access-2");
    assert_eq!(world.authorizer.refreshed_with(), ["refresh-1"]);
    assert_eq!(token(&world, &site).await.unwrap(), "access-2");
    assert_eq!(world.authorizer.calls().refresh, 1);
}

#[tokio::test]
async fn the_refresh_token_rotates() {
    let (world, site) = expired().await;
    token(&world, &site).await.unwrap();
    world.pass(3600);
    assert_eq!(token(&world, &site).await.unwrap(), "access-3");
    assert_eq!(
        world.authorizer.refreshed_with(),
        ["refresh-1", "refresh-2"]
    );
}

#[tokio::test]
async fn twenty_callers_with_an_expired_token_refresh_once() {
    let (world, site) = expired().await;

    let given = join_all((0..20).map(|_| token(&world, &site))).await;

    for token in given {
        assert_eq!(token.unwrap(), "access-2");
    }
    assert_eq!(world.authorizer.calls().refresh, 1);
    let row = world.integration().await.unwrap();
    assert!(row.refresh.is_none(), "the row is free again");
}

#[tokio::test]
async fn twenty_callers_whose_token_was_refused_refresh_once() {
    let world = World::connected().await;
    let site = world.integration().await.unwrap().site();
    let refused = world.keeper.token(&site).await.unwrap().generation;

    let renewed = join_all((0..20).map(|_| world.keeper.renew(&site, refused))).await;

    for token in renewed {
        assert_eq!(token.unwrap().secret.expose_secret(), "access-2");
    }
    assert_eq!(world.authorizer.calls().refresh, 1);
}

#[tokio::test]
async fn a_refusal_of_an_older_token_does_not_refresh_again() {
    let world = World::connected().await;
    let site = world.integration().await.unwrap().site();
    let older = world.keeper.token(&site).await.unwrap().generation;
    let newer = world.keeper.renew(&site, older).await.unwrap();

    let again = world.keeper.renew(&site, older).await.unwrap();

    assert_eq!(again.secret.expose_secret(), "access-2");
    assert_eq!(again.generation, newer.generation);
    assert_eq!(world.authorizer.calls().refresh, 1);
    world.keeper.renew(&site, newer.generation).await.unwrap();
    assert_eq!(world.authorizer.calls().refresh, 2);
}

#[tokio::test]
async fn a_token_keeps_its_generation_while_its_row_changes() {
    let (world, site) = expired().await;
    let given = world.keeper.token(&site).await.unwrap();
    let row = world.integration().await.unwrap();
    let now = world.clock.now();
    let written = world
        .connections
        .set_spare(row.id, row.generation, None, now);
    written.await.unwrap();

    let again = world.keeper.token(&site).await.unwrap();

    assert_eq!(again.generation, given.generation);
    assert!(!format!("{given:?}").contains("access-2"));
}

#[tokio::test]
async fn the_present_token_is_given_while_it_lives_and_no_newer_one_can_be_had() {
    for failure in [not_sent(), lost(), AuthorizerError::AppMisconfigured] {
        let world = World::connected().await;
        let site = world.integration().await.unwrap().site();
        world.pass(3600 - 60);
        let repeats = if matches!(failure, AuthorizerError::Lost(_)) {
            3
        } else {
            1
        };
        world.authorizer.next_refresh(Err(failure));
        for _ in 1..repeats {
            world.authorizer.next_refresh(Err(lost()));
        }
        assert_eq!(token(&world, &site).await.unwrap(), "access-1");
        assert!(world.integration().await.unwrap().refresh.is_none());

        world.pass(61);
        world.authorizer.next_refresh(Err(not_sent()));
        assert!(token(&world, &site).await.is_err(), "it has ended");
        assert_eq!(token(&world, &site).await.unwrap(), "access-2");
    }
}

#[tokio::test]
async fn a_refused_token_is_not_given_again_when_somebody_elses_refresh_failed() {
    let world = Arc::new(World::connected().await);
    let site = world.integration().await.unwrap().site();
    let refused = world.keeper.token(&site).await.unwrap().generation;
    let (other, at_site) = (world.clone(), site.clone());
    world.hooks.before("begin_refresh", move || async move {
        other.authorizer.next_refresh(Err(not_sent()));
        assert!(other.keeper.renew(&at_site, refused).await.is_err());
    });

    let renewed = world.keeper.renew(&site, refused).await.unwrap();

    assert_eq!(renewed.secret.expose_secret(), "access-2");
}

#[tokio::test]
async fn the_task_for_idle_grants_forgets_parked_grants_that_have_ended() {
    let world = World::connected().await;
    let started = world.begin(None).await;
    let url = world
        .come_back(&started, crate::world::Browser::Other)
        .await;
    let hash = World::hash(&crate::world::params(&url)["confirm"]);
    let is_parked = async || {
        world
            .connections
            .find_pending(&hash)
            .await
            .unwrap()
            .is_some()
    };
    world.keeper.refresh_idle().await.unwrap();
    assert!(is_parked().await);

    world.pass(1_801);
    world.keeper.refresh_idle().await.unwrap();

    assert!(!is_parked().await);
}

#[tokio::test]
async fn a_lost_answer_is_replayed_with_the_same_old_token() {
    let (world, site) = expired().await;
    world.authorizer.next_refresh(Err(lost()));
    assert_eq!(token(&world, &site).await.unwrap(), "access-2");
    assert_eq!(
        world.authorizer.refreshed_with(),
        ["refresh-1", "refresh-1"]
    );
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_is_no_end_of_the_grant() {
    for failure in [lost, not_sent] {
        let (world, site) = expired().await;
        for _ in 0..3 {
            world.authorizer.next_refresh(Err(failure()));
        }
        let down = token(&world, &site).await;
        assert!(
            matches!(down, Err(AccessTokenError::Failure(_))),
            "{down:?}"
        );
        let row = world.integration().await.unwrap();
        assert!(row.needs_reconnect.is_none());

        while world.authorizer.calls().refresh < 3 {
            token(&world, &site).await.unwrap_err();
        }
        assert!(token(&world, &site).await.is_ok());
        let sent = world.authorizer.refreshed_with();
        assert!(sent.iter().all(|sent| sent == "refresh-1"), "{sent:?}");
    }
}

#[tokio::test]
async fn the_new_pair_is_saved_before_anybody_uses_it() {
    let (world, site) = expired().await;
    world.hooks.fail("finish_refresh", 3);

    assert_eq!(token(&world, &site).await.unwrap(), "access-2");

    assert_eq!(world.authorizer.calls().refresh, 1, "saving is repeated");
    world.pass(3600);
    token(&world, &site).await.unwrap();
    assert_eq!(world.authorizer.refreshed_with()[1], "refresh-2");
}

#[tokio::test]
async fn a_pair_that_cannot_be_saved_is_given_to_nobody_and_the_old_token_is_replayed() {
    let (world, site) = expired().await;
    world.hooks.fail("finish_refresh", 10_000);
    let begun = world.clock.monotonic();

    let unsaved = token(&world, &site).await;

    assert!(matches!(unsaved, Err(AccessTokenError::Failure(_))));
    let tried_for = world.clock.monotonic() - begun;
    assert!(tried_for.as_secs() <= 30, "only while the lease lives");
    world.hooks.clear();
    assert_eq!(token(&world, &site).await.unwrap(), "access-3");
    assert_eq!(
        world.authorizer.refreshed_with(),
        ["refresh-1", "refresh-1"]
    );
}

#[tokio::test]
async fn a_save_whose_answer_is_lost_still_gives_a_token_that_is_stored() {
    let (world, site) = expired().await;
    world.hooks.lose("finish_refresh");

    assert_eq!(token(&world, &site).await.unwrap(), "access-2");

    assert_eq!(world.authorizer.calls().refresh, 1);
    assert_eq!(token(&world, &site).await.unwrap(), "access-2");
}

#[tokio::test]
async fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    let (world, site) = expired().await;
    let kept = FakeAuthorizer::grant("access-x", None);
    world.authorizer.next_refresh(Ok(kept));
    assert_eq!(token(&world, &site).await.unwrap(), "access-x");
    world.pass(3600);
    token(&world, &site).await.unwrap();
    assert_eq!(
        world.authorizer.refreshed_with(),
        ["refresh-1", "refresh-1"]
    );
}

#[tokio::test]
async fn an_unknown_sealing_key_is_an_operators_fault_and_no_reconnect() {
    let (world, site) = expired().await;
    let mut ports = world.connection_ports.clone();
    ports.sealer = Arc::new(PlainSealer::with_key("another"));
    let keeper = TokenKeeper::new(ports);

    let unopened = keeper.token(&site).await;

    assert!(matches!(unopened, Err(AccessTokenError::Failure(_))));
    let row = world.integration().await.unwrap();
    assert!(row.needs_reconnect.is_none());
    assert_eq!(world.authorizer.calls().refresh, 0);
    assert_eq!(token(&world, &site).await.unwrap(), "access-2");
}

#[tokio::test]
async fn idle_grants_are_refreshed_and_busy_ones_left_alone() {
    let world = World::connected().await;
    world.pass(86_400);
    assert_eq!(world.keeper.refresh_idle().await.unwrap(), 0);
    world.pass(60 * 86_400);
    assert_eq!(world.keeper.refresh_idle().await.unwrap(), 1);
    assert_eq!(world.keeper.refresh_idle().await.unwrap(), 0);
    assert_eq!(world.authorizer.refreshed_with(), ["refresh-1"]);
}

#[tokio::test]
async fn an_idle_grant_is_tried_many_times_before_its_ninety_days_are_over() {
    let world = World::connected().await;
    for _ in 0..90 {
        world.authorizer.next_refresh(Err(not_sent()));
        world.pass(86_400);
        assert_eq!(world.keeper.refresh_idle().await.unwrap(), 0);
    }
    let tries = world.authorizer.calls().refresh;
    assert!((6..90).contains(&tries), "{tries}");
}
