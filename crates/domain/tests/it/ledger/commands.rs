//! Random commands on random ledgers: what must be true of every change.

use std::collections::{BTreeSet, HashMap};

use handoff_domain::delivery::ledger::table::{Event, TABLE};
use handoff_domain::delivery::ledger::{self, Changes, HeldPush, Step};
use handoff_domain::delivery::model::{
    AttemptFindings, DeliveryState, Fence, Finding, PushState, Resolution, SettledBatch, Settlement,
};
use handoff_domain::shared::ids::{DeliveryId, LeaseId, PushId, TicketId};
use handoff_domain::ticket::model::{ExternalIssue, PushError, PushErrorCode};
use handoff_domain::ticket::ports::Relink;

use super::chance::Chance;
use super::memory::{self, FEW, Memory, NOW, Row, id};

const SEEDS: u64 = 400;
const DELIVERIES: u64 = memory::DELIVERIES as u64;
const COMMANDS: u64 = 60;

#[test]
fn every_change_follows_the_table_and_is_counted() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for seed in 0..SEEDS {
        let mut chance = Chance::new(seed);
        let mut memory = Memory::random(&mut chance);
        for _ in 0..COMMANDS {
            let (lease, changes) = command(&memory, &mut chance);
            for step in &changes.steps {
                seen.insert(format!("{:?}", step.rule.event));
                check_step(&memory, step, lease, seed);
            }
            check_numbers(&memory, &changes, seed);
            memory.write(changes);
            check_memory(&memory, seed);
            if chance.below(12) == 0 {
                cancel_push(&mut memory, id(chance.below(FEW)));
            }
        }
    }
    for rule in TABLE {
        let event = format!("{:?}", rule.event);
        assert!(seen.contains(&event), "never happened: {event}");
    }
}

/// What an adapter does when a push is cancelled, beside what the rules do.
fn cancel_push(memory: &mut Memory, push: PushId) {
    memory.pushes.get_mut(&push).unwrap().is_cancelled = true;
    for row in memory.rows.values_mut().filter(|row| row.push == push) {
        row.is_resent = false;
    }
}

/// Runs a command, which may speak of a lease.
fn command(memory: &Memory, chance: &mut Chance) -> (LeaseId, Changes) {
    let lease: LeaseId = id(chance.below(FEW));
    let error = trouble();
    let locked = memory.locked();
    let changes = match chance.below(16) {
        0..3 => ledger::claim(locked, lease, &Fence("7".to_owned())),
        3..7 => {
            let batch = answer(lease, chance);
            ledger::settle(locked, &batch, memory.links(), chance.below(2) == 0, NOW)
        }
        7 => ledger::expire(locked, lease),
        8..11 => {
            let findings = look(memory, lease, chance);
            let numbers = HashMap::from([(lease, number_of(memory, lease))]);
            ledger::reconcile(locked, &findings, &numbers, memory.links(), NOW)
        }
        11..13 => {
            let row = &memory.rows[&id::<DeliveryId>(chance.below(DELIVERIES))];
            let resolution = decision(chance);
            let can_be_sent = chance.below(4) > 0;
            let (number, links) = (row.change_number, memory.links());
            ledger::resolve(locked, number, &resolution, can_be_sent, links).1
        }
        13 if chance.below(4) == 0 => ledger::cancel(locked),
        13 if chance.below(3) == 0 => ledger::strand(locked),
        14 if chance.below(4) == 0 => ledger::quarantine(locked, &error),
        14 => ledger::give_up(locked, NOW + time::Duration::SECOND, &error),
        _ => ledger::relink(locked, &swap(memory)),
    };
    (lease, changes)
}

fn trouble() -> PushError {
    PushError::new(PushErrorCode::TrackerUnavailable, "no answer")
}

fn issue(number: u64) -> ExternalIssue {
    ExternalIssue {
        site_id: "site".to_owned(),
        id: number.to_string(),
        key: format!("K-{number}"),
        url: format!("https://example.test/K-{number}"),
    }
}

fn answer(lease_id: LeaseId, chance: &mut Chance) -> SettledBatch {
    let outcome = |number| {
        let error = trouble();
        let outcome = match chance.below(4) {
            0 => Settlement::Confirmed {
                external: issue(if chance.below(6) == 0 { 0 } else { number }),
            },
            1 => Settlement::Rejected { error },
            2 => Settlement::Retry { at: NOW, error },
            _ => Settlement::Uncertain { error },
        };
        (id(number), outcome)
    };
    SettledBatch {
        push_id: id(0),
        lease_id,
        outcomes: (0..DELIVERIES).map(outcome).collect(),
        quota_points: 1,
        fence: None,
    }
}

fn look(memory: &Memory, lease: LeaseId, chance: &mut Chance) -> Vec<AttemptFindings> {
    let finding = |number| {
        let finding = match chance.below(4) {
            0 => Finding::Present {
                external: issue(number),
            },
            1..3 => Finding::Absent,
            _ => Finding::Undecidable { error: trouble() },
        };
        (id(number), finding)
    };
    let findings = (0..DELIVERIES).map(finding).collect();
    vec![AttemptFindings {
        lease_id: lease,
        change_number: number_of(memory, lease) - i64::from(chance.below(4) == 0),
        findings,
    }]
}

fn number_of(memory: &Memory, attempt: LeaseId) -> i64 {
    let rows = memory.rows.values();
    let of_attempt = rows.filter(|row| row.attempt == Some(attempt));
    of_attempt.map(|row| row.change_number).max().unwrap_or(0)
}

fn decision(chance: &mut Chance) -> Resolution {
    match chance.below(3) {
        0 => Resolution::Link {
            external: issue(chance.below(DELIVERIES)),
        },
        1 => Resolution::Resend,
        _ => Resolution::Abandon { error: trouble() },
    }
}

/// The first two tickets that are issues exchange them.
fn swap(memory: &Memory) -> Vec<Relink> {
    let rows = memory.rows.values();
    let linked = rows.filter_map(|row| Some((row.ticket, row.issue.clone()?)));
    let linked: Vec<(TicketId, String)> = linked.take(2).collect();
    let [(one, of_one), (other, of_other)] = linked.as_slice() else {
        return Vec::new();
    };
    let link = |ticket: &TicketId, from: &String, to: &String| Relink {
        ticket_id: *ticket,
        from: from.clone(),
        to: issue(to.parse().unwrap()),
    };
    vec![link(one, of_one, of_other), link(other, of_other, of_one)]
}

fn check_step(memory: &Memory, step: &Step, lease: LeaseId, seed: u64) {
    let row: &Row = &memory.rows[&step.id];
    let told = format!("seed {seed}: {step:?} of {row:?}");
    let (rule, writes) = (step.rule, &step.writes);
    assert_eq!(rule.event.rule(row.state), Some(rule), "{told}");
    let is_sent = rule.to == DeliveryState::Sending;
    assert_eq!(writes.attempt.is_some(), is_sent, "{told}");
    let may_wait = rule.to == DeliveryState::Queued;
    assert!(writes.retry_at.is_none() || may_wait, "{told}");
    let is_issue = rule.to == DeliveryState::Confirmed;
    assert_eq!(writes.issue.is_some(), is_issue, "{told}");
    assert_eq!(writes.is_resent, rule.event == Event::Resent, "{told}");
    match rule.event {
        Event::Refused | Event::NotApplied | Event::EffectUnknown => {
            assert_eq!(row.lease, Some(lease), "without the lease: {told}");
        }
        Event::ProvenAbsent | Event::Undecidable => {
            assert_eq!(row.attempt, Some(lease), "of another attempt: {told}");
        }
        _ => {}
    }
    let push = &memory.pushes[&row.push];
    let is_called_off = push.is_cancelled && !row.is_resent;
    match rule.event {
        Event::NotApplied | Event::ProvenAbsent => assert!(!is_called_off, "{told}"),
        Event::CalledOff => assert!(is_called_off, "{told}"),
        _ => {}
    }
}

/// Each move takes the next number of its push, and of each push that joined.
fn check_numbers(memory: &Memory, changes: &Changes, seed: u64) {
    let own = changes
        .steps
        .iter()
        .map(|it| (it.push_id, it.change_number));
    let joined = changes.joined.iter();
    let joined = joined.map(|it| (it.entry.push_id, it.change_number));
    let mut numbers: Vec<(PushId, i64)> = own.chain(joined).collect();
    numbers.sort_unstable();
    let mut expected = Vec::new();
    for (push, held) in &changes.pushes {
        let before = memory.pushes[push].change_number;
        expected.extend((before + 1..=held.change_number).map(|number| (*push, number)));
    }
    assert_eq!(numbers, expected, "seed {seed}");
}

fn check_memory(memory: &Memory, seed: u64) {
    let unfinished = memory.unfinished();
    for (
        push,
        HeldPush {
            state, settled_at, ..
        },
    ) in &memory.pushes
    {
        let is_settled = *state == PushState::Settled;
        assert_eq!(is_settled, settled_at.is_some(), "seed {seed}");
        let is_unfinished = unfinished.contains(push);
        assert!(!(is_settled && is_unfinished), "seed {seed}: {push}");
    }
    let mut issues = BTreeSet::new();
    for row in memory.rows.values() {
        if let Some(issue) = &row.issue {
            assert!(issues.insert(issue), "seed {seed}: twice {row:?}");
        }
        let is_sent = row.state == DeliveryState::Sending;
        assert_eq!(row.lease.is_some(), is_sent, "seed {seed}: {row:?}");
    }
}
