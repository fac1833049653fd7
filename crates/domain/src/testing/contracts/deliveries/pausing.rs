//! The promises about pauses.

use super::super::Ports;
use super::super::world::{World, at, nth, ok, page, there};
use super::ledger::trouble;
use crate::delivery::model::{Pause, PauseScope, Settlement};
use crate::delivery::ports::PushFilter;
use crate::shared::ids::PushId;

/// Runs these promises.
pub async fn check(ports: &Ports) {
    a_paused_site_is_left_out_until_the_pause_ends(ports).await;
    the_pause_that_lasts_longer_stays(ports).await;
    a_pause_of_the_app_holds_every_site_back(ports).await;
}

async fn pause(ports: &Ports, scope: PauseScope, until: i64, reason: &str) -> Pause {
    let pause = Pause {
        scope,
        until: at(until),
        reason: reason.to_owned(),
    };
    ok(ports.deliveries.pause(&pause).await);
    pause
}

/// The pause that a push shows at a time, in itself and in the list.
async fn shown(world: &World<'_>, push: PushId, seconds: i64) -> Option<Pause> {
    let deliveries = &world.ports.deliveries;
    let report = there(
        deliveries
            .find_push(world.workspace, push, at(seconds))
            .await,
    );
    let filter = PushFilter::default();
    let listed = deliveries
        .list_pushes(world.workspace, filter, page(50, None), at(seconds))
        .await;
    let listed = ok(listed).items;
    let listed = listed.iter().find(|summary| summary.push.id == push);
    assert_eq!(
        listed.map(|summary| summary.pause.clone()),
        Some(report.pause.clone())
    );
    report.pause
}

/// A pause of a site, or of creating on it, holds that site back until it ends, and the push says so.
pub async fn a_paused_site_is_left_out_until_the_pause_ends(ports: &Ports) {
    for scope in [PauseScope::Site, PauseScope::Creates] {
        let (paused, free) = (World::new(ports).await, World::new(ports).await);
        paused.connect().await;
        free.connect().await;
        let waiting = paused.accepted(1).await;
        let going = free.accepted(1).await;

        let written = pause(ports, scope(paused.site()), 60, "jira-burst-based").await;

        assert_eq!(free.claimed(50, 10).await.push.id, going.push);
        assert_eq!(paused.claim(50, 59).await, None);
        assert_eq!(shown(&paused, waiting.push, 59).await, Some(written));
        assert_eq!(shown(&free, going.push, 59).await, None);
        assert_eq!(shown(&paused, waiting.push, 61).await, None);
        assert_eq!(paused.claimed(50, 61).await.push.id, waiting.push);
        paused.retire().await;
        free.retire().await;
    }
}

/// A pause is made longer and never shorter; of several, the one that lasts longest is shown.
pub async fn the_pause_that_lasts_longer_stays(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(1).await;
    let site = || PauseScope::Site(world.site());

    let first = pause(ports, site(), 60, "first").await;
    pause(ports, site(), 30, "shorter").await;
    assert_eq!(world.claim(50, 40).await, None);
    assert_eq!(shown(&world, accepted.push, 40).await, Some(first));

    let longer = pause(ports, site(), 120, "longer").await;
    assert_eq!(world.claim(50, 90).await, None);
    assert_eq!(shown(&world, accepted.push, 90).await, Some(longer));

    let creates = pause(ports, PauseScope::Creates(world.site()), 180, "creates").await;
    assert_eq!(
        shown(&world, accepted.push, 90).await,
        Some(creates.clone())
    );
    assert_eq!(world.claim(50, 150).await, None);
    assert_eq!(shown(&world, accepted.push, 150).await, Some(creates));
    assert_eq!(world.claimed(50, 181).await.push.id, accepted.push);
    world.retire().await;
}

/// A pause of the app holds back what is queued on every site, also what waits for a repeat.
pub async fn a_pause_of_the_app_holds_every_site_back(ports: &Ports) {
    let (one, two) = (World::new(ports).await, World::new(ports).await);
    one.connect().await;
    two.connect().await;
    one.accepted(1).await;
    let batch = one.claimed(50, -2_000).await;
    let again = Settlement::Retry {
        at: at(-1_950),
        error: trouble(),
    };
    one.settle(&batch, 0, again, -1_990).await;
    let queued = two.accepted(1).await;

    // Before the other promises begin, since it would hold them back too.
    let written = pause(ports, PauseScope::App, -1_000, "jira-quota-global-based").await;

    assert_eq!(one.claim(50, -1_001).await, None);
    assert_eq!(shown(&two, queued.push, -1_001).await, Some(written));
    let after = [one.claim(50, -999).await, one.claim(50, -999).await];
    let mut served: Vec<_> = after
        .iter()
        .flatten()
        .map(|batch| batch.push.workspace_id)
        .collect();
    served.sort_unstable();
    assert_eq!(served, [one.workspace, two.workspace]);
    assert_eq!(nth(&batch.deliveries, 0).attempt, 1);
    one.retire().await;
    two.retire().await;
}
