//! Which issue is which ticket: an issue is linked to one ticket only.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::model::DeliveryState;
use handoff_domain::ticket::model::{ExternalIssue, PushError};

use super::super::Connection;
use super::super::schema::execution_tickets;
use super::super::tickets::IDS_PER_STATEMENT;
use super::changes::TicketChange;
use super::rows::DeliveryRow;
use crate::error::StoreError;
use crate::values::{RowId, to_json};

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
            row.external_id = Some(external.id.clone());
            row.external_key = Some(external.key.clone());
            row.external_url = Some(external.url.clone());
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
