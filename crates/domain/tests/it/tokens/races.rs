//! Several processes at the same grant, and processes that died or froze in the middle.

use std::sync::Arc;
use std::time::Duration;

use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::{
    AccessTokenError, AccessTokens, AuthorizerError, WriteOutcome,
};
use handoff_domain::connection::tokens::TokenKeeper;
use handoff_domain::shared::clock::Clock;
use handoff_domain::testing::yield_now;

use super::{expired, lost, refused, token};
use crate::world::{FencedAuthorizer, World};

/// The lease of a refresh.
const LEASE: Duration = Duration::from_secs(30);

/// Leaves the row as a process leaves it that died after the intent was written.
async fn die_refreshing(world: &World) {
    let row = world.integration().await.unwrap();
    let lease = world.ids.next();
    let now = world.clock.now();
    let begun = world
        .connections
        .begin_refresh(row.id, row.generation, lease, now);
    assert_eq!(begun.await.unwrap(), WriteOutcome::Done);
}

#[tokio::test]
async fn the_lease_of_a_dead_process_is_taken_over_only_after_its_whole_length() {
    let (world, site) = expired().await;
    die_refreshing(&world).await;
    let begun = world.clock.monotonic();

    assert_eq!(token(&world, &site).await.unwrap(), "access-2");

    assert!(world.clock.monotonic() - begun >= LEASE);
    assert_eq!(world.authorizer.refreshed_with(), ["refresh-1"]);
}

#[tokio::test]
async fn the_age_that_a_row_claims_is_not_believed() {
    let (world, site) = expired().await;
    die_refreshing(&world).await;
    world.pass(365 * 3600);
    let begun = world.clock.monotonic();

    token(&world, &site).await.unwrap();

    assert!(world.clock.monotonic() - begun >= LEASE);
}

#[tokio::test]
async fn a_row_that_changes_is_watched_anew() {
    let (world, site) = expired().await;
    die_refreshing(&world).await;
    let begun = world.clock.monotonic();
    let living = async {
        while world.clock.monotonic() - begun < Duration::from_secs(20) {
            yield_now().await;
        }
        die_refreshing(&world).await;
        world.clock.monotonic() - begun
    };

    let (given, changed_after) = futures_util::future::join(token(&world, &site), living).await;

    assert_eq!(given.unwrap(), "access-2");
    assert!(world.clock.monotonic() - begun >= changed_after + LEASE);
}

#[tokio::test]
async fn callers_who_give_up_before_a_dead_lease_ends_do_not_begin_its_watch_anew() {
    let (world, site) = expired().await;
    die_refreshing(&world).await;
    let begun = world.clock.monotonic();

    for half in 1..=2 {
        let gives_up = async {
            while world.clock.monotonic() - begun < LEASE / 2 * half - Duration::from_secs(1) {
                yield_now().await;
            }
        };
        let asked = std::pin::pin!(token(&world, &site));
        let gives_up = std::pin::pin!(gives_up);
        let given = futures_util::future::select(asked, gives_up).await;
        assert!(matches!(given, futures_util::future::Either::Right(_)));
    }

    assert_eq!(token(&world, &site).await.unwrap(), "access-2");
    let waited = world.clock.monotonic() - begun;
    assert!((LEASE..LEASE * 3 / 2).contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn an_intent_older_than_the_leeway_is_tried_once() {
    let (world, site) = expired().await;
    die_refreshing(&world).await;
    world.pass(11 * 60);
    world.authorizer.next_refresh(Err(refused("invalid_grant")));

    let ended = token(&world, &site).await;

    assert!(matches!(ended, Err(AccessTokenError::ReconnectRequired)));
    assert_eq!(world.authorizer.calls().refresh, 1);
}

#[tokio::test]
async fn a_process_frozen_after_its_intent_sends_nothing_when_it_thaws() {
    let (world, site) = expired().await;
    let mut ports = world.connection_ports.clone();
    ports.authorizer = Arc::new(FencedAuthorizer {
        inner: world.authorizer.clone(),
        clock: world.clock.clone(),
    });
    let frozen = TokenKeeper::new(ports);
    let clock = world.clock.clone();
    world.hooks.after("begin_refresh", move || async move {
        clock.advance(Duration::from_secs(600));
    });

    let late = frozen.token(&site).await;

    assert!(
        matches!(late, Err(AccessTokenError::Failure(_))),
        "{late:?}"
    );
    assert_eq!(world.authorizer.calls().refresh, 0);
    let row = world.integration().await.unwrap();
    assert!(row.needs_reconnect.is_none());
}

#[tokio::test]
async fn a_pair_that_lost_to_a_new_connection_is_kept_aside_and_not_used() {
    let (world, site) = expired().await;
    let other = world.clone();
    world.hooks.before("finish_refresh", move || async move {
        other.connect().await;
    });

    // The exchange of the new connection is the third grant: the refresh had been given the second.
    assert_eq!(token(&world, &site).await.unwrap(), "access-3");

    let row = world.integration().await.unwrap();
    assert!(row.spare_refresh_token.is_some());
    assert_eq!(token(&world, &site).await.unwrap(), "access-3");
}

/// A grant that has expired, and beside it the pair of a refresh that lost the race against a new connection.
async fn with_spare() -> (Arc<World>, TrackerSite) {
    let (world, site) = expired().await;
    let other = world.clone();
    world.hooks.before("finish_refresh", move || async move {
        other.connect().await;
    });
    token(&world, &site).await.unwrap();
    world.pass(3600);
    (world, site)
}

#[tokio::test]
async fn a_spare_is_tried_once_before_a_person_is_asked() {
    let (world, site) = with_spare().await;

    world.authorizer.next_refresh(Err(refused("invalid_grant")));
    assert_eq!(token(&world, &site).await.unwrap(), "access-4");
    assert_eq!(
        world.authorizer.refreshed_with(),
        ["refresh-1", "refresh-3", "refresh-2"]
    );

    world.pass(3600);
    world.authorizer.next_refresh(Err(refused("invalid_grant")));
    let ended = token(&world, &site).await;
    assert!(matches!(ended, Err(AccessTokenError::ReconnectRequired)));
    assert_eq!(world.authorizer.calls().refresh, 4, "there is none left");
}

#[tokio::test]
async fn a_process_that_dies_while_it_tries_the_spare_does_not_take_it_along() {
    let (world, site) = with_spare().await;
    world.authorizer.next_refresh(Err(refused("invalid_grant")));
    world.hooks.before("finish_refresh", std::future::pending);
    let has_sent = async {
        while world.authorizer.calls().refresh < 3 {
            yield_now().await;
        }
    };
    let asked = Box::pin(token(&world, &site));
    let died = futures_util::future::select(asked, Box::pin(has_sent)).await;
    assert!(matches!(died, futures_util::future::Either::Right(_)));
    drop(died);
    assert!(
        world
            .integration()
            .await
            .unwrap()
            .spare_refresh_token
            .is_some()
    );

    world.authorizer.next_refresh(Err(refused("invalid_grant")));
    token(&world, &site).await.unwrap();

    let sent = world.authorizer.refreshed_with();
    assert_eq!(sent[3..], ["refresh-3", "refresh-2"], "{sent:?}");
}

#[tokio::test]
async fn a_spare_that_got_no_answer_stays_and_a_refused_one_is_forgotten() {
    let (world, site) = with_spare().await;
    let spare = async || world.integration().await.unwrap().spare_refresh_token;
    for (end, is_kept) in [
        (lost(), true),
        (AuthorizerError::AppMisconfigured, true),
        (refused("invalid_grant"), false),
    ] {
        world.authorizer.next_refresh(Err(refused("invalid_grant")));
        world.authorizer.next_refresh(Err(end));
        assert!(token(&world, &site).await.is_err());
        assert_eq!(spare().await.is_some(), is_kept);
    }
}

#[tokio::test]
async fn a_new_pair_is_saved_although_the_row_cannot_be_read_at_once_after_a_takeover() {
    let (world, site) = expired().await;
    let other = world.clone();
    world.hooks.before("finish_refresh", move || async move {
        die_refreshing(&other).await;
        other.hooks.fail("find", 3);
    });

    assert_eq!(token(&world, &site).await.unwrap(), "access-2");

    let row = world.integration().await.unwrap();
    assert!(row.refresh.is_none() && row.spare_refresh_token.is_none());
}

#[tokio::test]
async fn a_spare_that_is_refused_too_ends_the_grant() {
    let (world, site) = with_spare().await;
    for _ in 0..2 {
        world.authorizer.next_refresh(Err(refused("invalid_grant")));
    }

    let ended = token(&world, &site).await;

    assert!(matches!(ended, Err(AccessTokenError::ReconnectRequired)));
    assert_eq!(world.authorizer.calls().refresh, 3);
}

#[tokio::test]
async fn a_slow_answer_after_a_takeover_is_kept_aside() {
    let (world, site) = expired().await;
    let (other, other_site) = (world.clone(), site.clone());
    world.hooks.before("finish_refresh", move || async move {
        other.pass(60);
        let taken_over = token(&other, &other_site).await;
        assert_eq!(taken_over.unwrap(), "access-3");
    });

    let given = token(&world, &site).await.unwrap();

    assert_eq!(given, "access-3", "the pair that was saved counts");
    let row = world.integration().await.unwrap();
    assert!(row.refresh.is_none() && row.spare_refresh_token.is_some());
}

#[tokio::test]
async fn a_slow_answer_during_a_takeover_does_not_kill_the_other_refresh() {
    let (world, site) = expired().await;
    let other = world.clone();
    // Another process took the lease over and is about to send; the first has its pair already.
    world.hooks.before("finish_refresh", move || async move {
        die_refreshing(&other).await;
    });

    let given = token(&world, &site).await.unwrap();

    assert_eq!(given, "access-2", "never the token that has ended");
    assert_eq!(token(&world, &site).await.unwrap(), "access-2");
    world.pass(3600);
    token(&world, &site).await.unwrap();
    assert_eq!(
        world.authorizer.refreshed_with(),
        ["refresh-1", "refresh-2"]
    );
}
