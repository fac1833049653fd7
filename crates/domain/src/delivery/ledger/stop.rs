//! Calling deliveries off, and leaving to people what nobody can find out any more.

use time::OffsetDateTime;

use super::changes::{Changes, Happening, Locked};
use super::table::Event;
use crate::ticket::model::PushError;

/// Calls off what is queued, of a push or of a workspace.
#[must_use]
pub fn cancel(locked: Locked<'_>) -> Changes {
    locked.change(|_, _| Some(Happening::plain(Event::Cancelled)))
}

/// What is bound to another site or account than its workspace is connected to now: unsent deliveries are cancelled, and
/// where an issue may exist, a person must decide, because it can no longer be looked for.
#[must_use]
pub fn strand(locked: Locked<'_>) -> Changes {
    let error = PushError::site_changed();
    locked.change(|held, _| {
        let is_unsent = Event::Cancelled.rule(held.state).is_some();
        Some(if is_unsent {
            Happening::plain(Event::Cancelled)
        } else {
            Happening::because(Event::SiteChanged, &error)
        })
    })
}

/// Leaves what is unfinished to people.
#[must_use]
pub fn quarantine(locked: Locked<'_>, error: &PushError) -> Changes {
    locked.change(|_, _| Some(Happening::because(Event::Quarantined, error)))
}

/// Leaves uncertain deliveries to people whose last attempt was committed before that time.
#[must_use]
pub fn give_up(locked: Locked<'_>, before: OffsetDateTime, error: &PushError) -> Changes {
    locked.change(|held, _| {
        let is_overdue = held.attempted_at.is_some_and(|at| at < before);
        is_overdue.then(|| Happening::because(Event::Overdue, error))
    })
}
