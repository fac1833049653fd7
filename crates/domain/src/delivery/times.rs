//! How long delivering waits for what.

use std::time::Duration;

/// The times that workers and reconcilers of all processes agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryTimes {
    /// How long after its claim the last byte of a request may leave; 30 seconds.
    pub send_within: Duration,
    /// How long an observer must have seen a claimed row unchanged before it takes the row's worker for dead; longer than
    /// `send_within` and the time an answer may take together; 180 seconds.
    pub lease: Duration,
    /// Within which time after its last byte the tracker acts on a request, or never does, and lets its issues be seen; 300
    /// seconds.
    pub settle: Duration,
    /// How long after an attempt its fate is looked into before a person must decide; 24 hours.
    pub deadline: Duration,
}

impl Default for DeliveryTimes {
    fn default() -> Self {
        Self {
            send_within: Duration::from_secs(30),
            lease: Duration::from_secs(180),
            settle: Duration::from_secs(300),
            deadline: Duration::from_secs(24 * 3_600),
        }
    }
}
