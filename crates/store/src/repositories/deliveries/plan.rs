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

/// The rows that accepting a push will write. Payloads stay where they are until they are written.
pub(super) struct Plan<'a> {
    new: &'a NewPush,
    pub(super) entries: Vec<EntryRow>,
    /// The deliveries to be made, with the numbers of their entries.
    opened: Vec<(i64, Opened<'a>)>,
    pub(super) joined: Vec<RowId>,
    pub(super) has_queued: bool,
    pub(super) has_refused: bool,
}

/// A delivery to be made.
struct Opened<'a> {
    id: DeliveryId,
    ticket_id: TicketId,
    ticket_version: i64,
    payload: Option<&'a str>,
    error: Option<&'a PushError>,
    warnings: &'a [Warning],
}

impl<'a> Opened<'a> {
    const fn new(entry: &'a NewEntry) -> Option<Self> {
        match entry {
            NewEntry::Deliver {
                ticket_id,
                ticket_version,
                delivery_id,
                payload,
                warnings,
            } => Some(Self {
                id: *delivery_id,
                ticket_id: *ticket_id,
                ticket_version: *ticket_version,
                payload: Some(payload.as_str()),
                error: None,
                warnings: warnings.as_slice(),
            }),
            NewEntry::Refuse {
                ticket_id,
                ticket_version,
                delivery_id,
                error,
                warnings,
            } => Some(Self {
                id: *delivery_id,
                ticket_id: *ticket_id,
                ticket_version: *ticket_version,
                payload: None,
                error: Some(error),
                warnings: warnings.as_slice(),
            }),
            NewEntry::Existing { .. } => None,
        }
    }
}

impl<'a> Plan<'a> {
    /// `None` when a ticket is not as the push was made from.
    pub(super) fn make(new: &'a NewPush, tickets: &HashMap<RowId, TicketState>) -> Option<Self> {
        let mut plan = Self {
            new,
            entries: Vec::with_capacity(new.entries.len()),
            opened: Vec::with_capacity(new.entries.len()),
            joined: Vec::new(),
            has_queued: false,
            has_refused: false,
        };
        for (entry, number) in new.entries.iter().zip(1..) {
            let ticket = tickets.get(&ticket_id(entry).into())?;
            let mut row = EntryRow {
                push_id: new.push.id.into(),
                position: i32::try_from(plan.entries.len()).unwrap_or(i32::MAX),
                ticket_id: ticket.id,
                delivery_id: ticket.delivery_id,
                change_number: Some(number),
            };
            if ticket.is_pushed() {
                row.delivery_id = None;
            } else if let Some(open) = ticket.delivery_id {
                plan.joined.push(open);
            } else {
                row.delivery_id = Some(plan.open(entry, ticket, number)?);
                row.change_number = None;
            }
            plan.entries.push(row);
        }
        Some(plan)
    }

    /// Plans a new delivery; `None` when the ticket has another version.
    fn open(&mut self, entry: &'a NewEntry, ticket: &TicketState, number: i64) -> Option<RowId> {
        let opened = Opened::new(entry).filter(|it| it.ticket_version == ticket.version)?;
        self.has_queued |= opened.error.is_none();
        self.has_refused |= opened.error.is_some();
        let id = opened.id.into();
        self.opened.push((number, opened));
        Some(id)
    }

    /// The number of the last entry.
    pub(super) fn change_number(&self) -> i64 {
        i64::try_from(self.entries.len()).unwrap_or(i64::MAX)
    }

    /// The rows of the deliveries, so many at a time.
    pub(super) fn deliveries(
        &self,
        rows: usize,
    ) -> impl Iterator<Item = Result<Vec<NewDeliveryRow>, StoreError>> {
        let chunks = self.opened.chunks(rows.max(1));
        chunks.map(|chunk| {
            let row = |(number, opened): &(i64, Opened<'_>)| self.row(*number, opened);
            chunk.iter().map(row).collect()
        })
    }

    fn row(&self, number: i64, opened: &Opened<'_>) -> Result<NewDeliveryRow, StoreError> {
        let push = &self.new.push;
        let state = opened
            .error
            .map_or(DeliveryState::Queued, |_| DeliveryState::Rejected);
        let delivery = DeliveryRow {
            id: opened.id.into(),
            push_id: push.id.into(),
            workspace_id: push.workspace_id.into(),
            ticket_id: opened.ticket_id.into(),
            site_id: push.site_id.clone(),
            state: state.word().to_owned(),
            attempts: 0,
            retry_at: None,
            lease_id: None,
            fence: None,
            warnings: to_json(&opened.warnings)?,
            error: opened.error.map(to_json).transpose()?,
            external_id: None,
            external_key: None,
            external_url: None,
            change_number: number,
            created_at: push.created_at,
            updated_at: push.created_at,
            attempt_id: None,
            attempted_at: None,
            is_resent: false,
        };
        Ok(NewDeliveryRow {
            delivery,
            payload: PayloadColumn {
                payload: opened.payload.map(str::to_owned),
            },
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
