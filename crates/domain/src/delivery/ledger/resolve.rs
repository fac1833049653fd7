//! What people decide about single deliveries, and tickets that exchange their issues.

use std::collections::HashMap;

use super::changes::{Changes, Happening, Held, Locked};
use super::proof::Links;
use super::table::Event;
use crate::delivery::model::{DeliveryState, Resolution};
use crate::delivery::ports::ResolveOutcome;
use crate::shared::ids::TicketId;
use crate::ticket::model::ExternalIssue;
use crate::ticket::ports::Relink;

/// Carries out a decision about the one locked delivery, if that is as the person saw it. `can_be_sent` says whether its
/// workspace is connected to what its push is bound to: queued for another site it would be stuck.
#[must_use]
pub fn resolve(
    locked: Locked<'_>,
    seen_change_number: i64,
    resolution: &Resolution,
    can_be_sent: bool,
    mut links: Links,
) -> (ResolveOutcome, Changes) {
    let mut outcome = ResolveOutcome::Changed;
    let changes = locked.change(|held, _| {
        let is_as_seen =
            held.state == DeliveryState::NeedsAttention && held.change_number == seen_change_number;
        if !is_as_seen {
            return None;
        }
        let decided = carry_out(held, resolution, can_be_sent, &mut links);
        outcome = decided
            .as_ref()
            .map_or_else(|refused| *refused, |_| ResolveOutcome::Resolved);
        decided.ok()
    });
    (outcome, changes)
}

fn carry_out(
    held: &Held<'_>,
    resolution: &Resolution,
    can_be_sent: bool,
    links: &mut Links,
) -> Result<Happening, ResolveOutcome> {
    match resolution {
        Resolution::Link { external } if !links.link(held, external) => {
            Err(ResolveOutcome::LinkedElsewhere)
        }
        Resolution::Link { external } => {
            Ok(Happening::told(Event::Linked, None).with_issue(external))
        }
        Resolution::Resend if !can_be_sent => Err(ResolveOutcome::NotConnected),
        Resolution::Resend => Ok(Happening::told(Event::Resent, None).resent()),
        Resolution::Abandon { error } => Ok(Happening::because(Event::GivenUp, error)),
    }
}

/// Gives the confirmed deliveries of tickets that exchange their issues the new ones.
#[must_use]
pub fn relink(locked: Locked<'_>, links: &[Relink]) -> Changes {
    let issues: HashMap<TicketId, &ExternalIssue> =
        links.iter().map(|it| (it.ticket_id, &it.to)).collect();
    locked.change(|held, _| {
        let issue = issues.get(&held.ticket_id)?;
        Some(Happening::plain(Event::Swapped).with_issue(issue))
    })
}
