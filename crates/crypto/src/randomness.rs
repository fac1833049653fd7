//! Random bytes from the operating system.

use std::thread;
use std::time::Duration;

use handoff_domain::shared::clock::Randomness;
use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

/// How long to wait before the generator is asked again.
const PAUSE: Duration = Duration::from_millis(10);

/// The operating system gives no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operating system gives no random bytes")]
pub struct RandomnessError;

/// Draws from the operating system's generator.
///
/// That it works is seen once, at the start; a generator that has been seeded does not fail later on any system we know.
/// Should it fail all the same, [`Randomness::fill`] blocks and asks again until it has its bytes: a request that stands
/// still is noticed and harms nobody, a secret that can be guessed is neither.
#[derive(Clone, Debug)]
pub struct RingRandomness(SystemRandom);

impl RingRandomness {
    /// Opens the generator and tries it.
    ///
    /// # Errors
    /// [`RandomnessError`] when it gives nothing; the program should not start.
    pub fn new() -> Result<Self, RandomnessError> {
        let random = SystemRandom::new();
        random.fill(&mut [0; 32]).map_err(|_| RandomnessError)?;
        Ok(Self(random))
    }
}

impl Randomness for RingRandomness {
    fn fill(&self, buffer: &mut [u8]) {
        while self.0.fill(buffer).is_err() {
            thread::sleep(PAUSE);
        }
    }
}
