//! Whose word is taken, for what, and in which state.

use std::collections::HashMap;

use handoff_domain::delivery::ledger::{self, Changes, Links};
use handoff_domain::delivery::model::{
    AttemptFindings, DeliveryState, Finding, SettledBatch, Settlement,
};
use handoff_domain::shared::ids::{DeliveryId, LeaseId};
use handoff_domain::ticket::model::{ExternalIssue, PushError, PushErrorCode};

use super::memory::{Memory, NOW, id};

use DeliveryState::{
    Abandoned, Cancelled, Confirmed, NeedsAttention, Queued, Rejected, Sending, Uncertain,
};

/// The lease under which each delivery was last attempted.
const LEASE: u64 = 1;

/// One delivery in each state, with its number as its id; those that end as issues are `0`.
fn in_every_state() -> Memory {
    let mut memory = Memory::queued(DeliveryState::ALL.len());
    for (row, state) in memory.rows.values_mut().zip(DeliveryState::ALL) {
        row.state = state;
        row.attempt = Some(id(LEASE));
        row.lease = (state == Sending).then(|| id(LEASE));
        row.issue = (state == Confirmed).then(|| "0".to_owned());
    }
    memory
}

fn trouble() -> PushError {
    PushError::new(PushErrorCode::TrackerUnavailable, "no answer")
}

fn issue(name: &str) -> ExternalIssue {
    ExternalIssue {
        site_id: "site".to_owned(),
        id: name.to_owned(),
        key: format!("K-{name}"),
        url: format!("https://example.test/K-{name}"),
    }
}

/// What the same outcome for each delivery, brought under a lease, makes of it.
fn settled(memory: &Memory, lease: u64, outcome: impl Fn(&str) -> Settlement) -> Changes {
    answered(memory, lease, outcome, true)
}

fn answered(
    memory: &Memory,
    lease: u64,
    outcome: impl Fn(&str) -> Settlement,
    is_first: bool,
) -> Changes {
    let ids = memory.rows.keys();
    let outcomes = ids.map(|id| (*id, outcome(&format!("of {id}"))));
    let batch = SettledBatch {
        push_id: id(0),
        lease_id: id(lease),
        outcomes: outcomes.collect(),
        quota_points: 0,
        fence: None,
    };
    ledger::settle(memory.locked(), &batch, memory.links(), is_first, NOW)
}

/// What the same finding for each delivery, of a look that began with this number, makes of it.
fn found(memory: &Memory, lease: u64, number: i64, finding: &Finding) -> Changes {
    let ids = memory.rows.keys();
    let findings = [AttemptFindings {
        lease_id: id(lease),
        change_number: number,
        findings: ids.map(|id| (*id, finding.clone())).collect(),
    }];
    let numbers: HashMap<LeaseId, i64> = HashMap::from([(id(LEASE), 9)]);
    ledger::reconcile(memory.locked(), &findings, &numbers, Links::default(), NOW)
}

/// From which state to which one each change leads.
fn moves(memory: &Memory, changes: &Changes) -> Vec<(DeliveryState, DeliveryState)> {
    let state = |id: DeliveryId| memory.rows[&id].state;
    let steps = changes.steps.iter();
    steps.map(|step| (state(step.id), step.rule.to)).collect()
}

#[test]
fn only_the_lease_settles_what_is_no_proof() {
    let memory = in_every_state();
    let outcomes: [(fn() -> Settlement, DeliveryState); 3] = [
        (|| Settlement::Rejected { error: trouble() }, Rejected),
        (
            || Settlement::Retry {
                at: NOW,
                error: trouble(),
            },
            Queued,
        ),
        (|| Settlement::Uncertain { error: trouble() }, Uncertain),
    ];
    for (outcome, to) in outcomes {
        let own = settled(&memory, LEASE, |_| outcome());
        assert_eq!(moves(&memory, &own), [(Sending, to)]);
        let stranger = settled(&memory, LEASE + 1, |_| outcome());
        assert_eq!(moves(&memory, &stranger), []);
    }
}

#[test]
fn proof_is_taken_from_anybody_while_a_delivery_is_open() {
    let memory = in_every_state();
    let open = [Queued, Sending, Uncertain, NeedsAttention];
    let expected = open.map(|state| (state, Confirmed));

    let answer = settled(&memory, LEASE + 1, |name| Settlement::Confirmed {
        external: issue(name),
    });

    assert_eq!(moves(&memory, &answer), expected);
    let told = |step: &ledger::Step| step.writes.error.clone();
    assert!(answer.steps.iter().all(|step| told(step) == Some(None)));
}

#[test]
fn an_issue_that_comes_too_late_is_noted_once() {
    let memory = in_every_state();
    let confirmed = |name: &str| Settlement::Confirmed {
        external: issue(name),
    };
    let answer = settled(&memory, LEASE + 1, confirmed);
    let again = answered(&memory, LEASE + 1, confirmed, false);
    assert_eq!((again.steps, again.audit), (answer.steps.clone(), vec![]));
    let ended = [Confirmed, Rejected, Cancelled, Abandoned];
    let rows = memory.rows.values();
    let ended = rows.filter(|row| ended.contains(&row.state));
    let expected: Vec<(String, String)> = ended
        .map(|row| (format!("delivery:{}", row.id), format!("K-of {}", row.id)))
        .collect();

    let noted = answer.audit.iter();
    let noted = noted.map(|entry| (entry.subject.clone(), entry.result.clone()));
    assert_eq!(noted.collect::<Vec<_>>(), expected);

    let known = settled(&memory, LEASE, |_| Settlement::Confirmed {
        external: issue("0"),
    });
    assert_eq!(known.audit.len(), 3, "the confirmed one is that issue");
}

#[test]
fn an_issue_of_another_ticket_leaves_its_delivery_to_a_person() {
    let memory = in_every_state();
    let taken = settled(&memory, LEASE, |_| Settlement::Confirmed {
        external: issue("0"),
    });

    let unfinished = [Queued, Sending, Uncertain];
    let expected = unfinished.map(|state| (state, NeedsAttention));
    assert_eq!(moves(&memory, &taken), expected);
    for step in &taken.steps {
        let error = step.writes.error.clone().flatten();
        assert_eq!(error, Some(PushError::linked_elsewhere("K-0")));
        assert_eq!(step.writes.issue, None);
    }
}

#[test]
fn all_but_presence_needs_the_attempt_as_the_look_began() {
    let memory = in_every_state();
    let undecidable = Finding::Undecidable { error: trouble() };
    for (finding, to) in [(Finding::Absent, Queued), (undecidable, NeedsAttention)] {
        let as_it_was = found(&memory, LEASE, 9, &finding);
        assert_eq!(moves(&memory, &as_it_was), [(Uncertain, to)]);
        for (lease, number) in [(LEASE, 8), (LEASE, 10), (LEASE + 1, 9)] {
            let other = found(&memory, lease, number, &finding);
            assert_eq!(moves(&memory, &other), [], "{lease} {number}");
        }
    }
}

#[test]
fn a_delivery_that_was_sent_again_belongs_to_its_new_attempt_alone() {
    let mut memory = in_every_state();
    for row in memory.rows.values_mut() {
        row.attempt = Some(id(LEASE + 1));
    }
    let old = found(&memory, LEASE, 9, &Finding::Absent);
    assert_eq!(moves(&memory, &old), []);
}

#[test]
fn what_comes_back_unsent_is_called_off_with_its_push() {
    let mut memory = in_every_state();
    let retry = |_: &str| Settlement::Retry {
        at: NOW,
        error: trouble(),
    };
    memory.pushes.get_mut(&id(0)).unwrap().is_cancelled = true;

    let answer = settled(&memory, LEASE, retry);
    let look = found(&memory, LEASE, 9, &Finding::Absent);

    assert_eq!(moves(&memory, &answer), [(Sending, Cancelled)]);
    assert_eq!(moves(&memory, &look), [(Uncertain, Cancelled)]);
    for step in answer.steps.iter().chain(&look.steps) {
        assert_eq!(step.writes.error, Some(None));
        assert_eq!(step.writes.retry_at, None);
    }

    for row in memory.rows.values_mut() {
        row.is_resent = true;
    }
    let answer = settled(&memory, LEASE, retry);
    let look = found(&memory, LEASE, 9, &Finding::Absent);
    assert_eq!(moves(&memory, &answer), [(Sending, Queued)]);
    assert_eq!(moves(&memory, &look), [(Uncertain, Queued)]);
}

#[test]
fn only_overdue_deliveries_are_given_up() {
    let memory = in_every_state();
    let second = time::Duration::SECOND;
    let late = ledger::give_up(memory.locked(), NOW + second, &trouble());
    assert_eq!(moves(&memory, &late), [(Uncertain, NeedsAttention)]);
    let early = ledger::give_up(memory.locked(), NOW, &trouble());
    assert_eq!(moves(&memory, &early), []);
}
