//! The promises about which deliveries are looked for, and by whom.

use super::super::super::Ports;
use super::super::super::world::{World, at, nth, ok, tokens};
use super::super::ledger::{check_change_numbers, deliveries, trouble};
use super::uncertain;
use crate::audit::model::AuditAction;
use crate::connection::model::ReconnectReason;
use crate::connection::ports::WriteOutcome;
use crate::delivery::model::{DeliveryState, Pause, PauseScope, PushState, Settlement};
use crate::delivery::ports::{AcceptOutcome, NewEntry};
use crate::shared::ids::PushId;
use crate::ticket::model::{PushError, PushErrorCode};

/// Runs these promises.
pub async fn check(ports: &Ports) {
    uncertain_deliveries_are_listed_by_request(ports).await;
    only_what_can_be_looked_for_is_listed(ports).await;
    pauses_hold_looks_back(ports).await;
    one_observer_takes_a_look(ports).await;
    what_is_overdue_is_given_up_whatever_holds_looks_back(ports).await;
}

/// Each request is listed with its uncertain deliveries, and with the greatest number among all of its deliveries.
pub async fn uncertain_deliveries_are_listed_by_request(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let accepted = world.accepted(5).await;
    assert_eq!(world.listed(accepted.push, 5).await, None);
    let lost = world.claimed(3, 10).await;
    let dead = world.claimed(1, 11).await;
    assert_eq!(world.listed(accepted.push, 12).await, None);
    let doubt = Settlement::Uncertain { error: trouble() };
    world.settle(&lost, 1, doubt.clone(), 20).await;
    world.settle(&lost, 2, doubt, 21).await;
    world.settle(&lost, 0, world.confirmed(), 22).await;
    ok(ports.deliveries.expire_lease(dead.lease_id, at(60)).await);

    let Some(listed) = world.listed(accepted.push, 70).await else {
        panic!("the push is not listed")
    };

    let report = world.report(accepted.push).await;
    assert_eq!((&listed.push, listed.next_look_at), (&report.push, None));
    let mut requests = ok(ports.deliveries.load_uncertain(accepted.push).await);
    requests.sort_by_key(|request| request.attempt.lease_id);
    let mut attempts = listed.attempts;
    attempts.sort_by_key(|attempt| attempt.lease_id);
    let loaded: Vec<_> = requests.iter().map(|request| request.attempt).collect();
    assert_eq!(attempts, loaded);
    let numbers: Vec<i64> = deliveries(&report)
        .iter()
        .map(|delivery| delivery.change_number)
        .collect();
    let expected = [
        (lost.lease_id, *nth(&numbers, 0), vec![(1, 10), (2, 10)]),
        (dead.lease_id, *nth(&numbers, 3), vec![(3, 11)]),
    ];
    assert_eq!(requests.len(), expected.len());
    for (request, (lease, number, rows)) in requests.iter().zip(expected) {
        let attempt = request.attempt;
        assert_eq!((attempt.lease_id, attempt.change_number), (lease, number));
        let mut found: Vec<_> = request.deliveries.clone();
        found.sort_by_key(|row| row.id);
        let found: Vec<_> = found
            .iter()
            .map(|row| (row.id, &row.fence, row.attempted_at))
            .collect();
        let rows: Vec<_> = rows
            .iter()
            .map(|(index, seconds)| (accepted.delivery(*index), &report.push.fence, at(*seconds)))
            .collect();
        assert_eq!(found, rows);
    }
    let unknown = ok(ports.deliveries.load_uncertain(ports.ids.next()).await);
    assert_eq!(unknown, []);
    world.retire().await;
}

/// What belongs to no working connection with the push's site as its account is left out until there is one again.
pub async fn only_what_can_be_looked_for_is_listed(ports: &Ports) {
    let world = World::new(ports).await;
    let row = world.connect().await;
    let (accepted, _) = uncertain(&world, 1).await;
    let is_listed = async || world.listed(accepted.push, 40).await.is_some();
    assert!(is_listed().await);

    let audit = world.audit(AuditAction::ReconnectNeeded, at(30));
    let reason = ReconnectReason::GrantEnded;
    let marked = ports
        .connections
        .mark_needs_reconnect(row.id, 1, reason, at(30), &audit);
    assert_eq!(ok(marked.await), WriteOutcome::Done);
    assert!(!is_listed().await);
    let pair = tokens("second", at(7200));
    let refreshed = ports
        .connections
        .finish_refresh(row.id, 2, &pair, "read", at(31));
    assert_eq!(ok(refreshed.await), WriteOutcome::Done);
    assert!(is_listed().await);

    assert!(world.disconnect(32).await);
    assert!(!is_listed().await);
    world.retire().await;
}

/// A pause of the site or of the whole app holds looks back while it lasts; one of creates does not.
pub async fn pauses_hold_looks_back(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (accepted, _) = uncertain(&world, 1).await;
    let pause = async |scope, seconds| {
        let pause = Pause {
            scope,
            until: at(seconds),
            reason: "jira-quota-tenant-based".to_owned(),
        };
        ok(ports.deliveries.pause(&pause).await);
    };
    let is_listed = async |seconds| world.listed(accepted.push, seconds).await.is_some();

    pause(PauseScope::Creates(world.site()), 90).await;
    assert!(is_listed(30).await);
    pause(PauseScope::Site(world.site()), 60).await;
    assert!(!is_listed(59).await);
    assert!(is_listed(60).await);
    pause(PauseScope::App, 5).await;
    assert!(!is_listed(4).await);
    world.retire().await;
}

/// Of two observers that saw the same wish, one takes the look; those without a wish come first, then the soonest.
pub async fn one_observer_takes_a_look(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (older, _) = uncertain(&world, 1).await;
    let (newer, _) = uncertain(&world, 1).await;
    let begin = async |push, seen: Option<i64>, next: i64| {
        let begun = ports.deliveries.begin_look(push, seen.map(at), at(next));
        ok(begun.await)
    };
    let order = async |limit| {
        let listed = ok(ports.deliveries.list_uncertain(limit, at(30)).await);
        let pushes: Vec<PushId> = listed.iter().map(|listed| listed.push.id).collect();
        pushes
    };
    assert_eq!(order(10).await, [older.push, newer.push]);

    assert!(begin(older.push, None, 100).await);
    assert!(!begin(older.push, None, 101).await);
    assert_eq!(order(10).await, [newer.push, older.push]);
    assert!(begin(newer.push, None, 200).await);
    assert_eq!(order(10).await, [older.push, newer.push]);
    assert!(!begin(older.push, Some(99), 300).await);
    assert!(begin(older.push, Some(100), 300).await);

    assert_eq!(order(1).await, [newer.push]);
    let wish = world.listed(older.push, 30).await;
    assert_eq!(wish.and_then(|listed| listed.next_look_at), Some(at(300)));
    assert!(!begin(ports.ids.next(), None, 100).await);
    world.retire().await;
}

/// What was attempted too long ago waits for a person, also without a connection and under a pause; younger deliveries and
/// those in other states are left alone.
pub async fn what_is_overdue_is_given_up_whatever_holds_looks_back(ports: &Ports) {
    let world = World::new(ports).await;
    world.connect().await;
    let (older, _) = uncertain(&world, 2).await;
    let joining = vec![NewEntry::Existing {
        ticket_id: older.ticket(0),
    }];
    let joined = world.new_push(older.document, joining);
    assert_eq!(world.accept(&joined).await, AcceptOutcome::Accepted);
    let younger = world.accepted(2).await;
    let batch = world.claimed(50, 1_000).await;
    let doubt = Settlement::Uncertain { error: trouble() };
    world.settle(&batch, 0, doubt, 1_001).await;
    let before = world.load(older.ticket(0)).await;
    let number = world.report(joined.push.id).await.push.change_number;
    use DeliveryState::{NeedsAttention, Sending, Uncertain};
    assert!(world.disconnect(1_002).await);
    assert_eq!(world.listed(older.push, 1_003).await, None);
    let error = PushError::new(PushErrorCode::OutcomeUnknown, "nobody could tell");
    let give_up = async |before| {
        let given_up = ports
            .deliveries
            .give_up_uncertain(at(before), &error, at(2_000));
        ok(given_up.await)
    };

    give_up(10).await;
    let state = world.delivery_state(older.delivery(0)).await;
    assert_eq!(state, Uncertain, "attempted at that moment");
    assert!(give_up(1_000).await >= 2);
    assert_eq!(give_up(1_000).await, 0);

    for index in 0..2 {
        let delivery = world.delivery(older.delivery(index)).await;
        assert_eq!(
            (delivery.state, delivery.error.as_ref()),
            (NeedsAttention, Some(&error))
        );
    }
    assert!(world.load(older.ticket(0)).await.version > before.version);
    for push in [older.push, joined.push.id] {
        let report = world.report(push).await;
        assert_eq!(
            (report.push.state, report.push.settled_at),
            (PushState::Settled, Some(at(2_000)))
        );
        check_change_numbers(&report);
    }
    assert!(world.report(joined.push.id).await.push.change_number > number);
    assert_eq!(world.delivery_state(younger.delivery(0)).await, Uncertain);
    assert_eq!(world.delivery_state(younger.delivery(1)).await, Sending);
    assert_eq!(give_up(1_001).await, 1);
    let proven = world
        .settle_as_stranger(older.push, older.delivery(0), world.confirmed())
        .await;
    assert_eq!(proven, 1, "proof is still taken");
}
