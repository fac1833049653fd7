//! Proof that an issue exists: taken from whoever brings it, but an issue is linked to one ticket only.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::changes::{Happening, Held};
use super::table::Event;
use crate::audit::model::AuditEntry;
use crate::shared::ids::TicketId;
use crate::ticket::model::{ExternalIssue, PushError};

/// The tickets that the issues of a command are linked to already, by site and issue.
#[derive(Clone, Debug, Default)]
pub struct Links(HashMap<(String, String), TicketId>);

impl Links {
    /// Links of the given site and issue ids.
    #[must_use]
    pub fn new(links: impl IntoIterator<Item = ((String, String), TicketId)>) -> Self {
        Self(links.into_iter().collect())
    }

    /// Links an issue to the ticket of a delivery; `false` where it is another's.
    pub(super) fn link(&mut self, held: &Held<'_>, issue: &ExternalIssue) -> bool {
        let link = (held.site_id.to_owned(), issue.id.clone());
        *self.0.entry(link).or_insert(held.ticket_id) == held.ticket_id
    }

    /// What the proof of an issue means for a delivery.
    pub(super) fn prove(&mut self, held: &Held<'_>, issue: &ExternalIssue) -> Option<Happening> {
        Event::Proven.rule(held.state)?;
        Some(if self.link(held, issue) {
            Happening::told(Event::Proven, None).with_issue(issue)
        } else {
            let error = PushError::linked_elsewhere(&issue.key);
            Happening::because(Event::ProvenAnothers, &error)
        })
    }
}

/// The note of an issue that its delivery, as it stands, can no longer become and is not; a person can find it in the audit
/// record.
pub(super) fn note_unlinked(
    held: &Held<'_>,
    issue: &ExternalIssue,
    now: OffsetDateTime,
) -> Option<AuditEntry> {
    let is_unlinked = !held.state.is_open() && held.issue_id != Some(issue.id.as_str());
    is_unlinked.then(|| AuditEntry::issue_unlinked(held.workspace_id, held.id, issue, now))
}
