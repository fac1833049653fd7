//! Which issue is which ticket: an issue is linked to one ticket only.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::delivery::model::DeliveryState;
use handoff_domain::ticket::model::{ExternalIssue, PushError};
use handoff_domain::ticket::ports::Relink;
use time::OffsetDateTime;

use super::super::schema::{deliveries, execution_tickets};
use super::super::tickets::IDS_PER_STATEMENT;
use super::super::{Connection, audit};
use super::changes::{CANDIDATE, CandidateColumns, TicketChange, change};
use super::rows::DeliveryRow;
use crate::error::StoreError;
use crate::values::{RowId, Word, to_json};

/// The tickets that the named issues are linked to already, by site and issue.
pub(super) struct Links(HashMap<(String, String), RowId>);

type LinkColumns = (Option<String>, Option<String>, RowId);

impl Links {
    /// Looks the issues up.
    pub(super) async fn load(
        connection: &mut Connection,
        issues: &[&ExternalIssue],
    ) -> Result<Self, StoreError> {
        let mut sites: Vec<&str> = issues.iter().map(|issue| issue.site_id.as_str()).collect();
        sites.sort_unstable();
        sites.dedup();
        let ids: Vec<&str> = issues.iter().map(|issue| issue.id.as_str()).collect();
        let mut links = HashMap::with_capacity(issues.len());
        for ids in ids.chunks(IDS_PER_STATEMENT) {
            let query = execution_tickets::table
                .filter(execution_tickets::external_site_id.eq_any(&sites))
                .filter(execution_tickets::external_id.eq_any(ids))
                .select((
                    execution_tickets::external_site_id,
                    execution_tickets::external_id,
                    execution_tickets::id,
                ));
            let rows: Vec<LinkColumns> = query.load(connection).await?;
            links.extend(rows.into_iter().filter_map(|(site, issue, ticket)| {
                let link = (site?, issue?);
                Some((link, ticket))
            }));
        }
        Ok(Self(links))
    }

    /// Links an issue to the ticket; `false` where it is another's.
    fn link(&mut self, site: &str, issue: &str, ticket: RowId) -> bool {
        let link = (site.to_owned(), issue.to_owned());
        *self.0.entry(link).or_insert(ticket) == ticket
    }

    /// Confirms a delivery with its issue; `false` where the issue is another ticket's.
    pub(super) fn confirm(&mut self, row: &mut DeliveryRow, external: &ExternalIssue) -> bool {
        let is_free = self.link(&row.site_id, &external.id, row.ticket_id);
        if is_free {
            row.error = None;
            row.set_issue(external);
            row.set_state(DeliveryState::Confirmed);
        }
        is_free
    }

    /// Confirms a delivery with its issue, or leaves it to a person where the issue is another ticket's.
    pub(super) fn confirm_or_ask(
        &mut self,
        row: &mut DeliveryRow,
        external: &ExternalIssue,
    ) -> Result<Option<TicketChange>, StoreError> {
        if self.confirm(row, external) {
            return Ok(Some(TicketChange::Pushed));
        }
        if row.state()? == DeliveryState::NeedsAttention {
            return Ok(None);
        }
        ask_a_person(row, &PushError::linked_elsewhere(&external.key)).map(Some)
    }
}

/// Leaves a delivery to a person.
pub(super) fn ask_a_person(
    row: &mut DeliveryRow,
    error: &PushError,
) -> Result<TicketChange, StoreError> {
    row.error = Some(to_json(error)?);
    row.set_state(DeliveryState::NeedsAttention);
    Ok(TicketChange::Touched)
}

/// Issues that were proven after their deliveries had ended otherwise. A person can find them in the audit record.
pub(super) struct Unlinked {
    now: OffsetDateTime,
    entries: Vec<AuditEntry>,
}

impl Unlinked {
    pub(super) const fn new(now: OffsetDateTime) -> Self {
        Self {
            now,
            entries: Vec::new(),
        }
    }

    /// Notes an issue that the delivery, as it stands, can no longer become and is not.
    pub(super) fn note(
        &mut self,
        row: &DeliveryRow,
        external: &ExternalIssue,
    ) -> Result<(), StoreError> {
        if !row.may_be_there()? && !row.is_issue(external) {
            let (workspace, delivery) = (row.workspace_id.id(), row.id.id());
            let entry = AuditEntry::issue_unlinked(workspace, delivery, external, self.now);
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Writes down what was noted.
    pub(super) async fn write(self, connection: &mut Connection) -> Result<(), StoreError> {
        for entry in &self.entries {
            tracing::warn!(
                delivery = %entry.subject,
                issue = %entry.result,
                "an issue turned up whose delivery had ended otherwise"
            );
            audit::insert(connection, entry).await?;
        }
        Ok(())
    }
}

/// Gives the confirmed deliveries of tickets that exchange their issues the new ones.
pub(in super::super) async fn relink(
    connection: &mut Connection,
    links: &[Relink],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let issues: HashMap<RowId, &ExternalIssue> = links
        .iter()
        .map(|link| (link.ticket_id.into(), &link.to))
        .collect();
    let tickets: Vec<RowId> = issues.keys().copied().collect();
    let found: Vec<CandidateColumns> = deliveries::table
        .filter(deliveries::ticket_id.eq_any(&tickets))
        .filter(deliveries::state.eq(DeliveryState::Confirmed.word()))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let moved = change(connection, found, now, |row, _| {
        let Some(issue) = issues.get(&row.ticket_id) else {
            return Ok(None);
        };
        if row.state()? != DeliveryState::Confirmed {
            return Ok(None);
        }
        row.set_issue(issue);
        Ok(Some(TicketChange::Keep))
    });
    moved.await?;
    Ok(())
}
