//! Accepting a push.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use handoff_domain::connection::model::IntegrationConfig;
use handoff_domain::delivery::ledger::{self, AcceptedEntry, HeldTicket, KeptKey, Plan};
use handoff_domain::delivery::model::{DeliveryState, Push, PushState};
use handoff_domain::delivery::ports::{
    AcceptOutcome, IdempotencyKey, KeyLookup, NewEntry, NewPush,
};
use handoff_domain::shared::ids::{DeliveryId, TicketId, WorkspaceId};
use handoff_domain::ticket::model::TicketStatus;
use serde_json::Value;
use time::OffsetDateTime;

use super::super::schema::{deliveries, execution_tickets, integrations, push_tickets, pushes};
use super::super::tickets::IDS_PER_STATEMENT;
use super::super::{Connection, audit, execute_batch, locks};
use super::changes::IS_UNSETTLED;
use super::rows::{EntryRow, KeyColumns, NewDeliveryRow, NewPushRow, PushRow};
use super::writes::ROWS_PER_STATEMENT;
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_json, row_ids};

/// How many deliveries one statement inserts; so many payloads are held twice.
const PAYLOADS_PER_STATEMENT: usize = 100;

pub(super) async fn accept(
    connection: &mut Connection,
    new: &NewPush,
) -> Result<AcceptOutcome, StoreError> {
    if let Some(key) = &new.idempotency
        && let Some(outcome) = use_key(connection, new, key).await?
    {
        return Ok(outcome);
    }
    let push = &new.push;
    let bound = Bound {
        workspace: push.workspace_id.into(),
        platform: push.platform.word(),
        site: &push.site_id,
        account: &push.account_id,
    };
    if !is_connected(connection, bound).await? {
        return Ok(AcceptOutcome::NotConnected);
    }
    let tickets = load_tickets(connection, new).await?;
    let Some(plan) = ledger::accept(new, &tickets) else {
        return Ok(AcceptOutcome::TicketsChanged);
    };
    drop(tickets);
    let opens = |state| plan.opens(state);
    let is_running =
        opens(DeliveryState::Queued) || waits_for_joined(connection, &plan.joined).await?;
    write_push(connection, new, &plan, is_running).await?;
    write_rows(connection, push, &plan).await?;
    if opens(DeliveryState::Queued) {
        open_tickets(connection, new).await?;
    }
    if opens(DeliveryState::Rejected) {
        refuse_tickets(connection, new).await?;
    }
    audit::insert(connection, &new.audit).await?;
    Ok(AcceptOutcome::Accepted)
}

pub(super) async fn find_key(
    connection: &mut Connection,
    workspace: WorkspaceId,
    key: &IdempotencyKey,
) -> Result<Option<KeptKey>, StoreError> {
    let query = pushes::table
        .filter(pushes::workspace_id.eq(RowId::from(workspace)))
        .filter(pushes::idempotency_caller.eq(key.caller.to_string()))
        .filter(pushes::idempotency_key.eq(&key.key))
        .select((pushes::id, pushes::created_at, pushes::idempotency_hash));
    let row: Option<(RowId, OffsetDateTime, Option<Vec<u8>>)> =
        query.first(connection).await.optional()?;
    Ok(row.map(|(id, kept_at, body_hash)| KeptKey {
        push_id: id.id(),
        kept_at,
        body_hash,
    }))
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
            diesel::update(pushes::table.find(RowId::from(found.push_id)))
                .set(nothing)
                .execute(connection)
                .await?;
            Ok(None)
        }
    }
}

/// What a push is bound to.
#[derive(Clone, Copy)]
pub(super) struct Bound<'a> {
    pub(super) workspace: RowId,
    pub(super) platform: &'a str,
    pub(super) site: &'a str,
    pub(super) account: &'a str,
}

/// Whether the workspace is connected to that site as that account, which then stays so until the transaction ends.
pub(super) async fn is_connected(
    connection: &mut Connection,
    bound: Bound<'_>,
) -> Result<bool, StoreError> {
    locks::integrations(connection, bound.workspace).await?;
    let config: Option<Value> = integrations::table
        .filter(integrations::workspace_id.eq(bound.workspace))
        .filter(integrations::integration_type.eq(bound.platform))
        .filter(integrations::is_active)
        .select(integrations::config)
        .first(connection)
        .await
        .optional()?;
    let Some(config) = config else {
        return Ok(false);
    };
    let config: IntegrationConfig = parse_json("integrations.config", config)?;
    Ok(config.cloud_id == bound.site && config.account_id == bound.account)
}

/// What is read of a ticket that is to be pushed: its id, its status, its version and its open delivery.
type TicketColumns = (RowId, String, i64, Option<RowId>);

/// The tickets of the push as they are now, locked.
async fn load_tickets(
    connection: &mut Connection,
    new: &NewPush,
) -> Result<HashMap<TicketId, HeldTicket>, StoreError> {
    let ids: Vec<TicketId> = new.entries.iter().map(NewEntry::ticket_id).collect();
    let is_pushed = [TicketStatus::Pushed.word(), TicketStatus::Synced.word()];
    let mut tickets = HashMap::with_capacity(ids.len());
    for ids in row_ids(&ids).chunks(IDS_PER_STATEMENT) {
        locks::tickets(connection, ids).await?;
        let rows: Vec<TicketColumns> = execution_tickets::table
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
        tickets.extend(rows.into_iter().map(|(id, status, version, delivery)| {
            let held = HeldTicket {
                is_pushed: is_pushed.contains(&status.as_str()),
                version,
                delivery_id: delivery.map(RowId::id),
            };
            (id.id(), held)
        }));
    }
    Ok(tickets)
}

/// Whether one of the deliveries that the push joins is not settled; their tickets are locked, so that none can settle.
async fn waits_for_joined(
    connection: &mut Connection,
    joined: &[DeliveryId],
) -> Result<bool, StoreError> {
    for ids in row_ids(joined).chunks(IDS_PER_STATEMENT) {
        let unsettled: Option<RowId> = deliveries::table
            .filter(deliveries::id.eq_any(ids))
            .filter(sql::<Bool>(IS_UNSETTLED))
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
    plan: &Plan<'_>,
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
        change_number: plan.change_number(),
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

async fn write_rows(
    connection: &mut Connection,
    push: &Push,
    plan: &Plan<'_>,
) -> Result<(), StoreError> {
    for openings in plan.openings.chunks(PAYLOADS_PER_STATEMENT) {
        let rows = openings.iter().map(|it| NewDeliveryRow::new(push, it));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        execute_batch(
            connection,
            diesel::insert_into(deliveries::table).values(rows),
        )
        .await?;
    }
    let mut position = 0..;
    for entries in plan.entries.chunks(ROWS_PER_STATEMENT) {
        let row = |(entry, position): (&AcceptedEntry, i32)| EntryRow {
            push_id: push.id.into(),
            position,
            ticket_id: entry.ticket_id.into(),
            delivery_id: entry.delivery_id.map(RowId::from),
            change_number: entry.change_number,
        };
        let rows: Vec<EntryRow> = entries.iter().zip(position.by_ref()).map(row).collect();
        let insert = diesel::insert_into(push_tickets::table).values(rows);
        execute_batch(connection, insert).await?;
    }
    Ok(())
}

/// Ties the tickets of the queued deliveries to them.
async fn open_tickets(connection: &mut Connection, new: &NewPush) -> Result<(), StoreError> {
    let push = RowId::from(new.push.id);
    let tickets = execution_tickets::table
        .filter(execution_tickets::id.eq_any(tickets_in_state(push, DeliveryState::Queued)));
    let delivery = own_delivery(push).select(deliveries::id).single_value();
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
    let error = own_delivery(push).select(deliveries::error).single_value();
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

/// What this push itself does with a ticket that is being updated.
#[diesel::dsl::auto_type(no_type_alias)]
fn own_delivery(push: RowId) -> _ {
    deliveries::table
        .filter(deliveries::push_id.eq(push))
        .filter(deliveries::ticket_id.eq(execution_tickets::id))
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
