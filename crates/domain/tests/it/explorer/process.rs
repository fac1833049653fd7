//! A process: its clocks, its workers and its reconciler, polled one step at a time.

use std::future::poll_fn;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use handoff_domain::delivery::reconciler::Reconciler;
use handoff_domain::delivery::service::{DeliveryPorts, WorkSignal};
use handoff_domain::delivery::times::DeliveryTimes;
use handoff_domain::delivery::worker::DeliveryWorker;
use handoff_domain::shared::clock::Clock;
use handoff_domain::testing::FixedClock;
use time::OffsetDateTime;

/// A process's own view of the time: its wall clock is wrong, its monotonic clock began at its own moment.
#[derive(Clone)]
pub(super) struct LocalClock {
    pub(super) truth: FixedClock,
    pub(super) skew: Arc<Mutex<time::Duration>>,
    pub(super) started: Duration,
}

impl LocalClock {
    /// The true time since the schedule began.
    pub(super) fn truth(&self) -> Duration {
        self.truth.monotonic()
    }
}

#[async_trait]
impl Clock for LocalClock {
    fn now(&self) -> OffsetDateTime {
        self.truth.now() + *self.skew.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.truth.monotonic() + self.started
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.truth() + duration;
        let mut is_first = true;
        poll_fn(|_| {
            let is_over = self.truth() >= until && !is_first;
            is_first = false;
            if is_over {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

#[async_trait]
impl WorkSignal for LocalClock {
    fn wake(&self) {}

    async fn wait(&self, at_most: Duration) {
        self.sleep(at_most).await;
    }
}

/// A process with two worker tasks and a reconciler.
pub(super) struct Process {
    pub(super) ports: DeliveryPorts,
    pub(super) clock: LocalClock,
    /// It stands still until this true time.
    pub(super) frozen_until: Duration,
    times: DeliveryTimes,
    tasks: Vec<BoxFuture<'static, ()>>,
}

impl Process {
    pub(super) fn new(ports: DeliveryPorts, clock: LocalClock, times: DeliveryTimes) -> Self {
        let mut process = Self {
            ports,
            clock,
            frozen_until: Duration::ZERO,
            times,
            tasks: Vec::new(),
        };
        process.restart();
        process
    }

    /// Dies at whatever it is doing, and begins anew without memory.
    pub(super) fn restart(&mut self) {
        self.frozen_until = Duration::ZERO;
        let worker = Arc::new(DeliveryWorker::new(self.ports.clone(), self.times, 2));
        let reconciler = Reconciler::new(self.ports.clone(), self.times);
        let run = |worker: Arc<DeliveryWorker>| -> BoxFuture<'static, ()> {
            Box::pin(async move { worker.run(&AtomicBool::new(false)).await })
        };
        self.tasks = vec![
            run(worker.clone()),
            run(worker),
            Box::pin(async move { reconciler.run(&AtomicBool::new(false)).await }),
        ];
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.clock.truth() < self.frozen_until
    }

    /// Lets one task go on to its next await.
    pub(super) fn step(&mut self, task: u64) {
        let count = u64::try_from(self.tasks.len()).unwrap();
        let task = &mut self.tasks[usize::try_from(task % count).unwrap()];
        let mut context = Context::from_waker(Waker::noop());
        assert!(
            task.as_mut().poll(&mut context).is_pending(),
            "tasks run for ever"
        );
    }

    /// Lets every task go on so many times.
    pub(super) fn step_all(&mut self, times: u64) {
        for _ in 0..times {
            for task in 0..3 {
                self.step(task);
            }
        }
    }
}
