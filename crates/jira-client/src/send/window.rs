//! The time a call has.

use std::time::Duration;

use tokio::time::Instant;

use super::{Call, Intent, SendDeadline, SendGate, instant_after};

/// The time a call has.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// When waiting for an answer ends.
    pub(super) give_up: Instant,
    /// When nothing is sent any more, by the clock that pauses and permits are waited for with.
    pub(super) send_until: Instant,
    /// The same for writes, by the clock that runs through suspend.
    fence: Option<SendDeadline>,
    at_most_once: bool,
}

impl Window {
    pub(super) fn of(call: &Call, deadline: Duration) -> Self {
        let fence = match call.intent {
            Intent::Read => None,
            Intent::Write => Some(SendDeadline::after(deadline)),
            Intent::WriteOnce(deadline) => Some(deadline),
        };
        let send_within = fence.map_or(deadline, |fence| fence.remaining().min(deadline));
        Self {
            give_up: instant_after(deadline),
            send_until: instant_after(send_within),
            fence,
            at_most_once: matches!(call.intent, Intent::WriteOnce(_)),
        }
    }

    pub(super) fn has_closed(&self) -> bool {
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
