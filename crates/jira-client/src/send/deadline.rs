//! The moments at which a call ends, some by a clock that keeps running while the machine is suspended.

use std::time::Duration;

use tokio::time::Instant;

use super::{Call, Intent, SendGate};

/// Beyond any wait that means something, and still inside of what clocks can count.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// A moment after which a request must not leave this process any more.
///
/// A create cannot be taken back, so a process that was frozen (suspended laptop, paused container,
/// swapped-out machine) between deciding to send and sending must not post afterwards, when somebody
/// else may already have acted on its silence. The body of such a request yields its last byte only
/// before this moment, measured on a clock that counts suspended time too.
///
/// The fence ends in this process: bytes handed to the operating system may still travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SendDeadline(Duration);

impl SendDeadline {
    /// Returns the deadline that lies `span` from now.
    #[must_use]
    pub fn after(span: Duration) -> Self {
        Self(monotonic_now().saturating_add(span))
    }

    /// Returns the deadline at a reading of [`monotonic_now`].
    #[must_use]
    pub const fn at(reading: Duration) -> Self {
        Self(reading)
    }

    /// Returns how long is left, zero when the deadline has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_sub(monotonic_now())
    }

    /// Tells whether the deadline has passed.
    #[must_use]
    pub fn has_passed(self) -> bool {
        monotonic_now() >= self.0
    }
}

/// When the parts of one call end.
#[derive(Clone, Copy)]
pub(super) struct Deadlines {
    /// When waiting for an answer ends.
    pub(super) give_up: Instant,
    /// When nothing is sent any more, by the clock that pauses and permits are waited for with.
    pub(super) send_by: Instant,
    /// The same for writes, by the clock that runs through suspend.
    fence: Option<SendDeadline>,
    at_most_once: bool,
}

impl Deadlines {
    pub(super) fn of(call: &Call, deadline: Duration) -> Self {
        let fence = match call.intent {
            Intent::Read => None,
            Intent::Write => Some(SendDeadline::after(deadline)),
            Intent::WriteOnce(deadline) => Some(deadline),
        };
        let send_within = fence.map_or(deadline, |fence| fence.remaining().min(deadline));
        Self {
            give_up: instant_after(deadline),
            send_by: instant_after(send_within),
            fence,
            at_most_once: matches!(call.intent, Intent::WriteOnce(_)),
        }
    }

    pub(super) fn have_passed(&self) -> bool {
        Instant::now() >= self.give_up || self.fence.is_some_and(SendDeadline::has_passed)
    }

    /// Returns the gate of one attempt's body; an attempt that may be followed by another has its own fence.
    pub(super) fn gate(&self, call: &Call, request_timeout: Duration) -> Option<SendGate> {
        let fence = self.fence.filter(|_| call.has_body())?;
        Some(SendGate::new(if self.at_most_once {
            fence
        } else {
            fence.min(SendDeadline::after(request_timeout))
        }))
    }
}

/// Returns the moment that lies `span` from now, or one far away where that cannot be counted.
pub(crate) fn instant_after(span: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(span).unwrap_or_else(|| now + FAR)
}

/// Returns a monotonic reading that also counts the time the machine was suspended.
///
/// **Units:** time since an unspecified start (boot on Linux); readings compare within one boot only.
/// Linux and Android use `CLOCK_BOOTTIME`, other systems the clock of [`std::time::Instant`].
#[must_use]
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn monotonic_now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(now.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

/// Returns a monotonic reading that also counts the time the machine was suspended.
///
/// **Units:** time since an unspecified start (boot on Linux); readings compare within one boot only.
/// Linux and Android use `CLOCK_BOOTTIME`, other systems the clock of [`std::time::Instant`].
#[must_use]
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn monotonic_now() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
