//! Listing sealed secrets and sealing them anew.

use super::super::Ports;
use super::super::world::{START, World, at, ok, there, tokens};
use crate::audit::model::AuditAction;
use crate::connection::model::{Integration, PendingConnection, SealedSecret};
use crate::connection::ports::{
    SealedHolder, SecretColumn, SecretHolder, SecretPlace, WriteOutcome,
};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    every_sealed_secret_is_listed_once(ports).await;
    a_secret_is_sealed_anew_while_it_is_the_same(ports).await;
    sealing_anew_disturbs_no_refresh(ports).await;
}

fn sealed(name: &str) -> SealedSecret {
    SealedSecret::from_bytes(name.as_bytes().to_vec())
}

/// Connects, with a spare token.
async fn with_spare(world: &World<'_>) -> Integration {
    let row = world.connect().await;
    let spare = sealed("spare");
    let connections = &world.ports.connections;
    let kept = connections.set_spare(row.id, 1, Some(&spare), START).await;
    assert_eq!(ok(kept), WriteOutcome::Done);
    row
}

async fn park(world: &World<'_>) -> PendingConnection {
    let mut confirm_hash = [7; 32];
    for (byte, of_workspace) in confirm_hash
        .iter_mut()
        .zip(world.workspace.as_uuid().as_bytes())
    {
        *byte = *of_workspace;
    }
    let parked = PendingConnection {
        confirm_hash,
        workspace_id: world.workspace,
        actor: world.actor,
        sites: Vec::new(),
        tokens: tokens("parked", at(3600)),
        scope: "read".to_owned(),
        expires_at: at(1800),
    };
    let audit = world.audit(AuditAction::ConnectParked, START);
    // Nothing that was parked by others ends so early.
    ok(world
        .ports
        .connections
        .park(&parked, at(-100_000), &audit)
        .await);
    parked
}

/// Every row with secrets, read in small pages.
async fn listed(ports: &Ports) -> Vec<SealedHolder> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ok(ports.connections.list_sealed(after, 2).await);
        assert!(page.len() <= 2);
        let Some(last) = page.last() else {
            return all;
        };
        assert!(Some(last.holder) > after, "the list goes round in circles");
        after = Some(last.holder);
        all.extend(page);
    }
}

/// Integrations with tokens, spare ones too, and parked grants are listed; those that were disconnected are not.
pub async fn every_sealed_secret_is_listed_once(ports: &Ports) {
    let (world, gone) = (World::new(ports).await, World::new(ports).await);
    let row = with_spare(&world).await;
    let parked = park(&world).await;
    let disconnected = gone.connect().await;
    let audit = gone.audit(AuditAction::Disconnected, START);
    let platform = row.platform;
    ok(ports
        .connections
        .disconnect(gone.workspace, platform, START, &audit)
        .await);

    let all = listed(ports).await;

    let of =
        |holder| -> Vec<&SealedHolder> { all.iter().filter(|row| row.holder == holder).collect() };
    let holder = SecretHolder::Integration(row.id);
    let pair = tokens("first", at(3600));
    let expected = SealedHolder {
        holder,
        workspace_id: world.workspace,
        platform,
        secrets: [
            (SecretColumn::Access, Some(pair.access_token)),
            (SecretColumn::Refresh, pair.refresh_token),
            (SecretColumn::SpareRefresh, Some(sealed("spare"))),
        ]
        .into_iter()
        .filter_map(|(column, secret)| Some((column, secret?)))
        .collect(),
    };
    assert_eq!(of(holder), [&expected]);
    let pending = of(SecretHolder::Pending(parked.confirm_hash));
    assert_eq!(pending.len(), 1);
    assert!(
        pending
            .iter()
            .all(|row| row.workspace_id == world.workspace && row.secrets.len() == 2)
    );
    assert!(of(SecretHolder::Integration(disconnected.id)).is_empty());
    ok(ports.connections.take_pending(&parked.confirm_hash).await);
}

/// Each secret is replaced by itself, only while it is the one that was read.
pub async fn a_secret_is_sealed_anew_while_it_is_the_same(ports: &Ports) {
    let world = World::new(ports).await;
    let row = with_spare(&world).await;
    let parked = park(&world).await;
    for holder in [
        SecretHolder::Integration(row.id),
        SecretHolder::Pending(parked.confirm_hash),
    ] {
        let all = listed(ports).await;
        let found = all.into_iter().find(|row| row.holder == holder);
        for (column, secret) in found.into_iter().flat_map(|row| row.secrets) {
            let place = SecretPlace { holder, column };
            let new = sealed(&format!("{column:?} anew"));
            let connections = &ports.connections;
            assert!(!ok(connections
                .reseal(place, &sealed("another"), &new)
                .await));
            assert!(ok(connections.reseal(place, &secret, &new).await));
            assert!(!ok(connections.reseal(place, &secret, &new).await));
        }
    }

    let stored = world.stored_integration().await;
    let pair = stored.tokens.as_ref();
    assert_eq!(
        pair.map(|pair| &pair.access_token),
        Some(&sealed("Access anew"))
    );
    let refresh = pair.and_then(|pair| pair.refresh_token.as_ref());
    assert_eq!(refresh, Some(&sealed("Refresh anew")));
    assert_eq!(
        stored.spare_refresh_token,
        Some(sealed("SpareRefresh anew"))
    );
    assert_eq!(stored.updated_at, START, "it counts as no use of the grant");
    let taken = there(ports.connections.take_pending(&parked.confirm_hash).await);
    assert_eq!(taken.tokens.access_token, sealed("Access anew"));
    assert_eq!(taken.tokens.refresh_token, Some(sealed("Refresh anew")));
}

/// A refresh that was begun before is finished after, because the generation stays.
pub async fn sealing_anew_disturbs_no_refresh(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let connections = &ports.connections;
    let lease = ports.ids.next();
    ok(connections.begin_refresh(row.id, 1, lease, START).await);
    let (old, new) = (tokens("first", at(3600)), tokens("second", at(7200)));
    let place = SecretPlace {
        holder: SecretHolder::Integration(row.id),
        column: SecretColumn::Access,
    };

    assert!(ok(connections
        .reseal(place, &old.access_token, &sealed("anew"))
        .await));
    let stored = world.stored_integration().await;
    let finished = connections
        .finish_refresh(row.id, 2, &new, "read", at(1))
        .await;

    assert_eq!(stored.generation, 2);
    assert_eq!(stored.refresh.map(|intent| intent.lease_id), Some(lease));
    assert_eq!(ok(finished), WriteOutcome::Done);
    assert_eq!(world.stored_integration().await.tokens, Some(new));
    assert!(!ok(connections
        .reseal(place, &old.access_token, &sealed("late"))
        .await));
}
