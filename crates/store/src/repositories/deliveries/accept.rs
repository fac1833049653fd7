//! Accepting a push.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::connection::model::IntegrationConfig;
use handoff_domain::delivery::model::{DeliveryState, PushState, Warning};
use handoff_domain::delivery::ports::{
    AcceptOutcome, IdempotencyKey, KeyLookup, NewEntry, NewPush,
};
use handoff_domain::shared::ids::{DeliveryId, TicketId, WorkspaceId};
use handoff_domain::ticket::model::{PushError, TicketStatus};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::super::schema::{deliveries, execution_tickets, integrations, push_tickets, pushes};
use super::super::tickets::IDS_PER_STATEMENT;
use super::super::{Connection, audit, execute_batch, locks};
use super::changes::UNSETTLED;
use super::rows::{
    DeliveryRow, EntryRow, KeyColumns, NewDeliveryRow, NewPushRow, PayloadColumn, PushRow,
};
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_json, row_ids, to_json};

/// How long an idempotency key is kept.
const KEY_LIFE: Duration = Duration::hours(24);

/// How many rows one statement inserts; keeps well below the databases' greatest number of parameters.
const ROWS_PER_STATEMENT: usize = 500;

pub(super) async fn accept(
    connection: &mut Connection,
    new: &NewPush,
) -> Result<AcceptOutcome, StoreError> {
    if let Some(key) = &new.idempotency
        && let Some(outcome) = use_key(connection, new, key).await?
    {
        return Ok(outcome);
    }
    if !is_connected(connection, new).await? {
        return Ok(AcceptOutcome::NotConnected);
    }
    let tickets = load_tickets(connection, new).await?;
    let Some(plan) = Plan::make(new, &tickets)? else {
        return Ok(AcceptOutcome::TicketsChanged);
    };
    let is_running = plan.has_queued || waits_for_joined(connection, &plan.joined).await?;
    write_push(connection, new, &plan, is_running).await?;
    let (opened, refused) = (plan.has_queued, plan.has_refused);
    write_rows(connection, plan).await?;
    if opened {
        open_tickets(connection, new).await?;
    }
    if refused {
        refuse_tickets(connection, new).await?;
    }
    audit::insert(connection, &new.audit).await?;
    Ok(AcceptOutcome::Accepted)
}

/// A push that was made with a key.
#[derive(Queryable)]
pub(super) struct KeyedPush {
    id: RowId,
    created_at: OffsetDateTime,
    body_hash: Option<Vec<u8>>,
}

impl KeyedPush {
    /// What the key means now.
    pub(super) fn lookup(&self, key: &IdempotencyKey, now: OffsetDateTime) -> KeyLookup {
        if self.created_at + KEY_LIFE <= now {
            return KeyLookup::Free;
        }
        if self.body_hash.as_deref() == Some(key.body_hash.as_slice()) {
            return KeyLookup::Same(self.id.id());
        }
        KeyLookup::Other
    }
}

pub(super) async fn find_key(
    connection: &mut Connection,
    workspace: WorkspaceId,
    key: &IdempotencyKey,
) -> Result<Option<KeyedPush>, StoreError> {
    let query = pushes::table
        .filter(pushes::workspace_id.eq(RowId::from(workspace)))
        .filter(pushes::idempotency_caller.eq(key.caller.to_string()))
        .filter(pushes::idempotency_key.eq(&key.key))
        .select((pushes::id, pushes::created_at, pushes::idempotency_hash));
    Ok(query.first(connection).await.optional()?)
}

/// Answers from an earlier push with the key, or frees a key that is too old.
async fn use_key(
    connection: &mut Connection,
    new: &NewPush,
    key: &IdempotencyKey,
) -> Result<Option<AcceptOutcome>, StoreError> {
    let Some(found) = find_key(connection, new.push.workspace_id, key).await? else {
        return Ok(None);
    };
    match found.lookup(key, new.push.created_at) {
        KeyLookup::Same(push) => Ok(Some(AcceptOutcome::Replayed(push))),
        KeyLookup::Other => Ok(Some(AcceptOutcome::KeyReused)),
        KeyLookup::Free => {
            let nothing = (
                pushes::idempotency_caller.eq(None::<String>),
                pushes::idempotency_key.eq(None::<String>),
                pushes::idempotency_hash.eq(None::<Vec<u8>>),
            );
            diesel::update(pushes::table.find(found.id))
                .set(nothing)
                .execute(connection)
                .await?;
            Ok(None)
        }
    }
}

async fn is_connected(connection: &mut Connection, new: &NewPush) -> Result<bool, StoreError> {
    let workspace = RowId::from(new.push.workspace_id);
    locks::integrations(connection, workspace).await?;
    let config: Option<Value> = integrations::table
        .filter(integrations::workspace_id.eq(workspace))
        .filter(integrations::integration_type.eq(new.push.platform.word()))
        .filter(integrations::is_active)
        .select(integrations::config)
        .first(connection)
        .await
        .optional()?;
    let Some(config) = config else {
        return Ok(false);
    };
    let config: IntegrationConfig = parse_json("integrations.config", config)?;
    Ok(config.cloud_id == new.push.site_id && config.account_id == new.push.account_id)
}

/// What matters of a ticket that is to be pushed.
#[derive(Queryable)]
struct TicketState {
    id: RowId,
    status: String,
    version: i64,
    delivery_id: Option<RowId>,
}

impl TicketState {
    fn is_pushed(&self) -> bool {
        self.status == TicketStatus::Pushed.word() || self.status == TicketStatus::Synced.word()
    }
}

/// The tickets of the push as they are now, locked.
async fn load_tickets(
    connection: &mut Connection,
    new: &NewPush,
) -> Result<HashMap<RowId, TicketState>, StoreError> {
    let ids: Vec<TicketId> = new.entries.iter().map(ticket_id).collect();
    let mut tickets = HashMap::with_capacity(ids.len());
    for ids in row_ids(&ids).chunks(IDS_PER_STATEMENT) {
        locks::tickets(connection, ids).await?;
        let rows: Vec<TicketState> = execution_tickets::table
            .filter(execution_tickets::id.eq_any(ids))
            .filter(execution_tickets::workspace_id.eq(RowId::from(new.push.workspace_id)))
            .filter(execution_tickets::deleted_at.is_null())
            .select((
                execution_tickets::id,
                execution_tickets::status,
                execution_tickets::version,
                execution_tickets::delivery_id,
            ))
            .load(connection)
            .await?;
        tickets.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(tickets)
}

const fn ticket_id(entry: &NewEntry) -> TicketId {
    match entry {
        NewEntry::Deliver { ticket_id, .. }
        | NewEntry::Refuse { ticket_id, .. }
        | NewEntry::Existing { ticket_id } => *ticket_id,
    }
}

/// The rows that accepting a push will write.
struct Plan {
    entries: Vec<EntryRow>,
    deliveries: Vec<NewDeliveryRow>,
    joined: Vec<RowId>,
    has_queued: bool,
    has_refused: bool,
}

impl Plan {
    /// `None` when a ticket is not as the push was made from.
    fn make(
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

/// Whether one of the deliveries that the push joins is not settled; their tickets are locked, so that none can settle.
async fn waits_for_joined(
    connection: &mut Connection,
    joined: &[RowId],
) -> Result<bool, StoreError> {
    for ids in joined.chunks(IDS_PER_STATEMENT) {
        let unsettled: Option<RowId> = deliveries::table
            .filter(deliveries::id.eq_any(ids))
            .filter(deliveries::state.eq_any(UNSETTLED))
            .select(deliveries::id)
            .first(connection)
            .await
            .optional()?;
        if unsettled.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn write_push(
    connection: &mut Connection,
    new: &NewPush,
    plan: &Plan,
    is_running: bool,
) -> Result<(), StoreError> {
    let state = if is_running {
        PushState::Running
    } else {
        PushState::Settled
    };
    let push = PushRow {
        state: state.word().to_owned(),
        settled_at: (!is_running).then_some(new.push.created_at),
        change_number: i64::try_from(plan.deliveries.len()).unwrap_or(i64::MAX),
        quota_points: 0,
        ..PushRow::from(&new.push)
    };
    let row = NewPushRow {
        push,
        key: KeyColumns::from(new.idempotency.as_ref()),
    };
    diesel::insert_into(pushes::table)
        .values(row)
        .execute(connection)
        .await?;
    Ok(())
}

async fn write_rows(connection: &mut Connection, plan: Plan) -> Result<(), StoreError> {
    let mut rows = plan.deliveries.into_iter();
    loop {
        let chunk: Vec<NewDeliveryRow> = rows.by_ref().take(ROWS_PER_STATEMENT).collect();
        if chunk.is_empty() {
            break;
        }
        execute_batch(
            connection,
            diesel::insert_into(deliveries::table).values(chunk),
        )
        .await?;
    }
    for chunk in plan.entries.chunks(ROWS_PER_STATEMENT) {
        let insert = diesel::insert_into(push_tickets::table).values(chunk.to_vec());
        execute_batch(connection, insert).await?;
    }
    Ok(())
}

/// Ties the tickets of the queued deliveries to them.
async fn open_tickets(connection: &mut Connection, new: &NewPush) -> Result<(), StoreError> {
    let push = RowId::from(new.push.id);
    let tickets = execution_tickets::table
        .filter(execution_tickets::id.eq_any(tickets_in_state(push, DeliveryState::Queued)));
    let delivery = deliveries::table
        .filter(deliveries::push_id.eq(push))
        .filter(deliveries::ticket_id.eq(execution_tickets::id))
        .select(deliveries::id)
        .single_value();
    let changes = (
        execution_tickets::delivery_id.eq(delivery),
        execution_tickets::version.eq(execution_tickets::version + 1),
        execution_tickets::updated_at.eq(new.push.created_at),
    );
    diesel::update(tickets)
        .set(changes)
        .execute(connection)
        .await?;
    Ok(())
}

/// Marks the tickets of the refused deliveries.
async fn refuse_tickets(connection: &mut Connection, new: &NewPush) -> Result<(), StoreError> {
    let push = RowId::from(new.push.id);
    let tickets = execution_tickets::table
        .filter(execution_tickets::id.eq_any(tickets_in_state(push, DeliveryState::Rejected)));
    let error = deliveries::table
        .filter(deliveries::push_id.eq(push))
        .filter(deliveries::ticket_id.eq(execution_tickets::id))
        .select(deliveries::error)
        .single_value();
    let changes = (
        execution_tickets::status.eq(TicketStatus::PushFailed.word()),
        execution_tickets::push_error.eq(error),
        execution_tickets::version.eq(execution_tickets::version + 1),
        execution_tickets::updated_at.eq(new.push.created_at),
    );
    diesel::update(tickets)
        .set(changes)
        .execute(connection)
        .await?;
    Ok(())
}

/// The tickets that this push itself delivers and that stand so.
#[diesel::dsl::auto_type(no_type_alias)]
fn tickets_in_state(push: RowId, state: DeliveryState) -> _ {
    let word: &'static str = state.as_str();
    deliveries::table
        .filter(deliveries::push_id.eq(push))
        .filter(deliveries::state.eq(word))
        .select(deliveries::ticket_id)
}
