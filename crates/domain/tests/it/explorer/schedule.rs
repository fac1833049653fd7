//! One schedule: what happens in which order, and what must be true in the end.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handoff_domain::delivery::ledger::table::Event;
use handoff_domain::delivery::model::{Delivery, DeliveryState};
use handoff_domain::delivery::service::DeliveryPorts;
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::shared::clock::Clock;
use handoff_domain::shared::ids::DeliveryId;
use handoff_domain::testing::FakeIssue;

use super::dice::Dice;
use super::line::{Agenda, Later, Line};
use super::people::{People, deliveries};
use super::process::{LocalClock, Process};
use crate::world::{Proxied, World};

/// What every larger run must have tried.
pub(super) const EVENTS: [&str; 19] = [
    "abandoned",
    "a look failed",
    "asked to slow down",
    "cancelled",
    "connected again",
    "connected as another account",
    "connected to another site",
    "crashed",
    "disconnected",
    "froze",
    "lost and made",
    "lost and made late",
    "lost and never made",
    "numbers were skipped",
    "quarantined",
    "resent by a person",
    "store failed",
    "too late to send",
    "wall clock jumped",
];

/// The lines of the ledger's table that schedules seldom or never come to; random commands do.
pub(super) const UNPLAYED: [Event; 5] = [
    Event::ProvenAnothers,
    Event::Undecidable,
    Event::Overdue,
    Event::Linked,
    Event::Swapped,
];

/// The calls whose failure, or lost answer, must do no harm.
const FRAGILE: [&str; 8] = [
    "claim",
    "settle",
    "list_held",
    "expire_lease",
    "list_uncertain",
    "begin_look",
    "reconcile",
    "find",
];

/// How many things happen before the faults end.
const STEPS: u64 = 400;
/// Within this time everything is settled after the faults have ended.
const QUIET_WITHIN: Duration = Duration::from_secs(12 * 3_600);

pub(super) struct Schedule {
    seed: u64,
    world: World,
    dice: Dice,
    agenda: Agenda,
    people: People,
    processes: Vec<Process>,
    has_gaps: bool,
}

impl Schedule {
    pub(super) async fn new(seed: u64) -> Self {
        let world = World::connected().await;
        let dice = Dice::new(seed);
        let times = DeliveryTimes::default();
        let documents = vec![world.reviewed(3).await, world.reviewed(2).await];
        world.tracker.set_search_lag(true);
        world.tracker.set_look_cost(1);
        let agenda = Agenda::new(Mutex::default());
        let has_gaps = dice.once_in(2);
        let processes = (0..2)
            .map(|number| {
                let clock = LocalClock {
                    truth: world.clock.clone(),
                    skew: Arc::default(),
                    started: Duration::from_secs(number * 5_000),
                };
                let line = Line {
                    tracker: world.tracker.clone(),
                    clock: clock.clone(),
                    dice: dice.clone(),
                    agenda: agenda.clone(),
                    settle: times.settle,
                    has_gaps,
                };
                let ports = DeliveryPorts {
                    tracker: Arc::new(Proxied(Arc::new(line))),
                    signal: Arc::new(clock.clone()),
                    clock: Arc::new(clock.clone()),
                    ..world.delivery_ports.clone()
                };
                Process::new(ports, clock, times)
            })
            .collect();
        let people = People {
            documents,
            dice: dice.clone(),
            patience: times.lease + times.settle + Duration::from_secs(600),
        };
        Self {
            seed,
            world,
            dice,
            agenda,
            people,
            processes,
            has_gaps,
        }
    }

    pub(super) fn struck(&self) -> BTreeMap<&'static str, u64> {
        self.dice.struck()
    }

    pub(super) fn moves(&self) -> HashMap<Event, u64> {
        self.world.store.moves()
    }

    /// Plays the schedule out, waits for quiet, and checks what came of it.
    pub(super) async fn run(&mut self) {
        self.people.push(&self.world).await;
        for _ in 0..STEPS {
            self.happen().await;
            self.check_marks();
        }
        self.settle_down().await;
        self.check().await;
    }

    async fn happen(&mut self) {
        match self.dice.below(100) {
            0..78 => self.step(),
            78..87 => {
                let seconds = self.dice.one_of(&[1, 1, 1, 5, 5, 20, 40, 120, 200, 320]);
                self.pass(Duration::from_secs(seconds));
            }
            87 => {
                self.dice.note("crashed");
                self.process().restart();
            }
            88 => {
                self.dice.note("froze");
                let seconds = self.dice.one_of(&[20, 40, 200, 600, 1_500]);
                let until = self.world.clock.monotonic() + Duration::from_secs(seconds);
                self.process().frozen_until = until;
            }
            89..91 => {
                self.dice.note("store failed");
                let method = self.dice.one_of(&FRAGILE);
                if self.dice.once_in(2) {
                    self.world.hooks.lose(method);
                } else {
                    self.world.hooks.fail(method, 1);
                }
            }
            91 if self.dice.once_in(3) => {
                self.dice.note("wall clock jumped");
                let minutes = self.dice.one_of(&[-600, -5, -5, 0, 5, 5, 600]);
                *self.process().clock.skew.lock().unwrap() = time::Duration::minutes(minutes);
            }
            92 if self.has_gaps => {
                self.dice.note("numbers were skipped");
                self.world.tracker.skip_numbers(150);
            }
            92 => drop(self.world.tracker.create_by_others("cloud-1")),
            93..95 => self.people.push(&self.world).await,
            95 if self.dice.once_in(6) => self.people.cancel(&self.world).await,
            96 if self.dice.once_in(4) => {
                self.world.hooks.clear();
                self.people.reconnect(&self.world).await;
            }
            97 if self.dice.once_in(40) => self.people.quarantine(&self.world).await,
            98 => {
                self.world.hooks.clear();
                self.people.decide(&self.world).await;
            }
            _ => {}
        }
    }

    fn process(&mut self) -> &mut Process {
        let index = usize::try_from(self.dice.below(2)).unwrap();
        &mut self.processes[index]
    }

    fn step(&mut self) {
        let task = self.dice.below(3);
        let process = self.process();
        if !process.is_frozen() {
            process.step(task);
        }
    }

    /// Lets the true time pass; the tracker does what it still had to do on the way.
    fn pass(&self, duration: Duration) {
        let end = self.world.clock.monotonic() + duration;
        loop {
            let due = self.take_due(end);
            let Some((at, later)) = due else { break };
            let now = self.world.clock.monotonic();
            self.world.clock.advance(at.saturating_sub(now));
            match later {
                Later::Act(mark) => drop(self.world.tracker.act_late(mark)),
                Later::Index(mark) => self.world.tracker.index(mark),
            }
        }
        let rest = end.saturating_sub(self.world.clock.monotonic());
        self.world.clock.advance(rest);
    }

    fn take_due(&self, end: Duration) -> Option<(Duration, Later)> {
        let mut agenda = self.agenda.lock().unwrap();
        let due = agenda.iter().enumerate().filter(|(_, (at, _))| *at <= end);
        let (index, _) = due.min_by_key(|(_, (at, _))| *at)?;
        Some(agenda.remove(index))
    }

    /// Ends the faults and goes on until nothing is left to do.
    async fn settle_down(&mut self) {
        self.world.hooks.clear();
        self.world.connect().await;
        let begun = self.world.clock.monotonic();
        for process in &mut self.processes {
            process.frozen_until = Duration::ZERO;
        }
        loop {
            for process in &mut self.processes {
                process.step_all(8);
            }
            self.pass(Duration::from_secs(20));
            let open = deliveries(&self.world).await;
            if open.iter().all(|delivery| delivery.state.is_settled()) {
                break;
            }
            let waited = self.world.clock.monotonic() - begun;
            assert!(
                waited < QUIET_WITHIN,
                "seed {}: unsettled {open:?}",
                self.seed
            );
        }
        // Whatever was still on its way acts now, and every answer arrives.
        self.pass(Duration::from_secs(4_000));
        for process in &mut self.processes {
            process.step_all(40);
        }
    }

    fn check_marks(&self) {
        let twice = self.world.tracker.duplicates();
        assert_eq!(twice, 0, "seed {}: made twice", self.seed);
    }

    async fn check(&self) {
        self.check_marks();
        let issues: HashMap<DeliveryId, FakeIssue> = self
            .world
            .tracker
            .issues()
            .into_iter()
            .map(|issue| (issue.mark, issue))
            .collect();
        for delivery in deliveries(&self.world).await {
            self.check_delivery(&delivery, issues.get(&delivery.id))
                .await;
        }
    }

    async fn check_delivery(&self, delivery: &Delivery, issue: Option<&FakeIssue>) {
        let told = format!("seed {}: {issue:?} of {delivery:?}", self.seed);
        use DeliveryState::{Abandoned, Confirmed, NeedsAttention};
        match issue {
            Some(issue) if delivery.state == Confirmed => {
                assert_eq!(delivery.external.as_ref(), Some(&issue.external), "{told}");
                let ticket = self.world.ticket(delivery.ticket_id).await;
                assert!(ticket.is_pushed(), "{told}");
                assert_eq!(ticket.external.as_ref(), Some(&issue.external), "{told}");
            }
            Some(_) => {
                let is_left_to_a_person = matches!(delivery.state, NeedsAttention | Abandoned);
                assert!(is_left_to_a_person, "lost: {told}");
            }
            None => assert_ne!(delivery.state, Confirmed, "{told}"),
        }
    }
}
