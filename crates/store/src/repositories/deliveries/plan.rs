//! What accepting a push will write, decided before anything is written.

use std::collections::HashMap;

use diesel::prelude::*;
use handoff_domain::delivery::model::{DeliveryState, Warning};
use handoff_domain::delivery::ports::{NewEntry, NewPush};
use handoff_domain::shared::ids::{DeliveryId, TicketId};
use handoff_domain::ticket::model::{PushError, TicketStatus};

use super::rows::{DeliveryRow, EntryRow, NewDeliveryRow, PayloadColumn};
use crate::error::StoreError;
use crate::values::{RowId, Word, to_json};

/// What matters of a ticket that is to be pushed.
#[derive(Queryable)]
pub(super) struct TicketState {
    pub(super) id: RowId,
    status: String,
    version: i64,
    delivery_id: Option<RowId>,
}

impl TicketState {
    fn is_pushed(&self) -> bool {
        self.status == TicketStatus::Pushed.word() || self.status == TicketStatus::Synced.word()
    }
}

/// The rows that accepting a push will write.
pub(super) struct Plan {
    pub(super) entries: Vec<EntryRow>,
    pub(super) deliveries: Vec<NewDeliveryRow>,
    pub(super) joined: Vec<RowId>,
    pub(super) has_queued: bool,
    pub(super) has_refused: bool,
}

impl Plan {
    /// `None` when a ticket is not as the push was made from.
    pub(super) fn make(
        new: &NewPush,
        tickets: &HashMap<RowId, TicketState>,
    ) -> Result<Option<Self>, StoreError> {
        let mut plan = Self {
            entries: Vec::with_capacity(new.entries.len()),
            deliveries: Vec::new(),
            joined: Vec::new(),
            has_queued: false,
            has_refused: false,
        };
        for entry in &new.entries {
            let Some(ticket) = tickets.get(&ticket_id(entry).into()) else {
                return Ok(None);
            };
            let delivery = if ticket.is_pushed() {
                None
            } else if let Some(open) = ticket.delivery_id {
                plan.joined.push(open);
                Some(open)
            } else {
                let Some(id) = plan.open(new, entry, ticket)? else {
                    return Ok(None);
                };
                Some(id)
            };
            plan.entries.push(EntryRow {
                push_id: new.push.id.into(),
                position: i32::try_from(plan.entries.len()).unwrap_or(i32::MAX),
                ticket_id: ticket.id,
                delivery_id: delivery,
            });
        }
        Ok(Some(plan))
    }

    /// Plans a new delivery; `None` when the ticket has another version.
    fn open(
        &mut self,
        new: &NewPush,
        entry: &NewEntry,
        ticket: &TicketState,
    ) -> Result<Option<RowId>, StoreError> {
        let (version, id, payload, error, warnings) = match entry {
            NewEntry::Deliver {
                ticket_version,
                delivery_id,
                payload,
                warnings,
                ..
            } => (
                *ticket_version,
                *delivery_id,
                Some(payload.clone()),
                None,
                warnings,
            ),
            NewEntry::Refuse {
                ticket_version,
                delivery_id,
                error,
                warnings,
                ..
            } => (*ticket_version, *delivery_id, None, Some(error), warnings),
            NewEntry::Existing { .. } => return Ok(None),
        };
        if version != ticket.version {
            return Ok(None);
        }
        self.has_queued |= error.is_none();
        self.has_refused |= error.is_some();
        let delivery = self.new_delivery(new, ticket.id, id, error, warnings)?;
        self.deliveries.push(NewDeliveryRow {
            delivery,
            payload: PayloadColumn { payload },
        });
        Ok(Some(id.into()))
    }

    fn new_delivery(
        &self,
        new: &NewPush,
        ticket_id: RowId,
        id: DeliveryId,
        error: Option<&PushError>,
        warnings: &[Warning],
    ) -> Result<DeliveryRow, StoreError> {
        let state = error.map_or(DeliveryState::Queued, |_| DeliveryState::Rejected);
        let earlier = i64::try_from(self.deliveries.len()).unwrap_or(i64::MAX);
        Ok(DeliveryRow {
            id: id.into(),
            push_id: new.push.id.into(),
            workspace_id: new.push.workspace_id.into(),
            ticket_id,
            site_id: new.push.site_id.clone(),
            state: state.word().to_owned(),
            attempts: 0,
            retry_at: None,
            lease_id: None,
            fence: None,
            warnings: to_json(&warnings)?,
            error: error.map(to_json).transpose()?,
            external_id: None,
            external_key: None,
            external_url: None,
            change_number: earlier + 1,
            created_at: new.push.created_at,
            updated_at: new.push.created_at,
        })
    }
}

/// The ticket that an entry is about.
pub(super) const fn ticket_id(entry: &NewEntry) -> TicketId {
    match entry {
        NewEntry::Deliver { ticket_id, .. }
        | NewEntry::Refuse { ticket_id, .. }
        | NewEntry::Existing { ticket_id } => *ticket_id,
    }
}
