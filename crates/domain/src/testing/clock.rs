//! Time and randomness that a test decides.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::shared::clock::{Clock, Randomness, to_micros};

/// Lets other tasks run once.
pub async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A clock that stands still until it is moved; clones share their time.
///
/// Sleeping moves it by the duration and lets other tasks run once, so that loops with pauses end at once.
#[derive(Clone, Debug)]
pub struct FixedClock(Arc<Mutex<Times>>);

#[derive(Clone, Copy, Debug)]
struct Times {
    now: OffsetDateTime,
    monotonic: Duration,
}

impl FixedClock {
    /// A clock that shows the given time.
    #[must_use]
    pub fn new(now: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(Times {
            now: to_micros(now),
            monotonic: Duration::ZERO,
        })))
    }

    /// Moves time forward.
    pub fn advance(&self, duration: Duration) {
        let mut times = self.times();
        times.now += duration;
        times.monotonic += duration;
    }

    /// Sets the wall clock, forward or back; the monotonic time stays.
    pub fn set(&self, now: OffsetDateTime) {
        self.times().now = to_micros(now);
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::new(datetime!(2026-11-23 09:00 UTC))
    }
}

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        to_micros(self.times().now)
    }

    fn monotonic(&self) -> Duration {
        self.times().monotonic
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        yield_now().await;
    }
}

/// Bytes that look random, differ with each draw, and are the same in each run; clones share their place.
#[derive(Clone, Debug, Default)]
pub struct CountingRandomness(Arc<Mutex<u64>>);

impl Randomness for CountingRandomness {
    fn fill(&self, buffer: &mut [u8]) {
        let mut drawn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            *drawn = drawn.wrapping_add(1);
            for (to, from) in chunk.iter_mut().zip(spread(*drawn).to_be_bytes()) {
                *to = from;
            }
        }
    }
}

/// The finalizer of SplitMix64: a bijection, so that no draw repeats.
const fn spread(counter: u64) -> u64 {
    let mixed = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
