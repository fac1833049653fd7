//! Sealing stored tokens anew with another key, while they are used.

use std::collections::BTreeMap;
use std::sync::Arc;

use handoff_domain::audit::model::AuditAction;
use handoff_domain::connection::ports::{AccessTokens, SealContext, SecretSealer, WriteOutcome};
use handoff_domain::connection::rotation::{KeyRotation, RotationReport};
use handoff_domain::connection::tokens::TokenKeeper;
use handoff_domain::shared::clock::Clock;
use handoff_domain::testing::PlainSealer;
use handoff_domain::workspace::model::Actor;
use secrecy::{ExposeSecret, SecretString};

use super::{expired, token};
use crate::world::World;

/// What the world's own sealer wrote, and seals with another key now.
const RING: PlainSealer = PlainSealer::with_keys("new", &["test"]);

fn rotation(world: &World, sealer: PlainSealer) -> KeyRotation {
    let ports = world.connection_ports.clone();
    KeyRotation::new(
        world.connections.clone(),
        Arc::new(sealer),
        ports.audit,
        ports.clock,
        ports.ids,
    )
}

async fn rotate(world: &World) -> RotationReport {
    rotation(world, RING).rotate(Actor::System).await.unwrap()
}

/// The keys of the stored tokens.
async fn keys(world: &World) -> Vec<String> {
    let row = world.integration().await.unwrap();
    let pair = row.tokens.unwrap();
    let secrets = [
        Some(pair.access_token),
        pair.refresh_token,
        row.spare_refresh_token,
    ];
    let secrets = secrets.into_iter().flatten();
    secrets
        .map(|secret| RING.key_of(&secret).unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_token_is_sealed_with_the_present_key_and_still_opens() {
    let (world, site) = expired().await;
    let first = rotate(&world).await;
    let again = rotate(&world).await;

    assert_eq!((first.resealed, first.already_current), (2, 0));
    assert_eq!((again.resealed, again.already_current), (0, 2));
    assert!(first.is_complete());
    assert_eq!(keys(&world).await, ["new", "new"]);
    let mut ports = world.connection_ports.clone();
    ports.sealer = Arc::new(PlainSealer::with_key("new"));
    let given = TokenKeeper::new(ports).token(&site).await.unwrap();
    assert_eq!(given.secret.expose_secret(), "access-2");
    let audited = world.audited(AuditAction::KeysRotated);
    assert_eq!(audited.len(), 2);
    assert_eq!(
        (audited[0].subject.as_str(), audited[0].result.as_str()),
        ("key:new", "ok")
    );
}

#[tokio::test]
async fn a_rotation_in_the_middle_of_a_refresh_loses_neither() {
    for moment in ["before finish_refresh", "after begin_refresh"] {
        let (world, site) = expired().await;
        let beside = world.clone();
        let rotating = move || async move {
            assert_eq!(rotate(&beside).await.resealed, 2);
        };
        let (when, method) = moment.split_once(' ').unwrap();
        if when == "before" {
            world.hooks.before(method, rotating);
        } else {
            world.hooks.after(method, rotating);
        }
        let mut ports = world.connection_ports.clone();
        ports.sealer = Arc::new(RING);

        let given = TokenKeeper::new(ports).token(&site).await.unwrap();

        assert_eq!(given.secret.expose_secret(), "access-2", "{moment}");
        assert_eq!(world.authorizer.calls().refresh, 1);
        assert_eq!(keys(&world).await, ["new", "new"]);
    }
}

#[tokio::test]
async fn a_pair_that_came_meanwhile_is_sealed_anew_too() {
    let (world, site) = expired().await;
    let beside = world.clone();
    world.hooks.before("reseal", move || async move {
        assert_eq!(token(&beside, &site).await.unwrap(), "access-2");
    });

    let report = rotate(&world).await;

    assert_eq!(report.changed_meanwhile, 2);
    assert_eq!(report.resealed, 2);
    assert_eq!(keys(&world).await, ["new", "new"]);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_named_and_the_others_are_done() {
    let (world, _) = expired().await;
    let row = world.integration().await.unwrap();
    let context = SealContext {
        workspace_id: row.workspace_id,
        platform: row.platform,
        column: "integrations.refresh_token",
    };
    let lost = PlainSealer::with_key("lost");
    let spare = lost.seal(&SecretString::from("spare"), context).unwrap();
    let now = world.clock.now();
    let kept = world
        .connections
        .set_spare(row.id, row.generation, Some(&spare), now);
    assert_eq!(kept.await.unwrap(), WriteOutcome::Done);

    let report = rotate(&world).await;

    assert_eq!(report.resealed, 2);
    assert_eq!(
        report.unknown_keys,
        BTreeMap::from([("lost".to_owned(), 1)])
    );
    assert!(!report.is_complete());
    assert_eq!(keys(&world).await, ["new", "new", "lost"]);
    assert_eq!(
        world.audited(AuditAction::KeysRotated)[0].result,
        "unknown_key"
    );
}
