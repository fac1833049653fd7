//! Claiming queued deliveries.

use diesel::dsl::{exists, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::ledger;
use handoff_domain::delivery::model::{ClaimedBatch, ClaimedDelivery, DeliveryState, Fence, Push};
use handoff_domain::shared::ids::LeaseId;
use time::OffsetDateTime;

use super::super::schema::{deliveries, integrations, pushes};
use super::super::{Connection, locks};
use super::changes::{IS_UNSETTLED, Ledger, joining, load_joined, load_pushes, sorted};
use super::pauses::ActivePauses;
use super::rows::{DeliveryRow, PushRow};
use crate::error::StoreError;
use crate::values::RowId;

/// How many pushes are looked at for one that nobody else works on.
const PUSHES_LOOKED_AT: i64 = 8;

/// The integration is with the site and account that the push is bound to; this reads alike on both databases.
pub(super) const SAME_SITE_AND_ACCOUNT: &str = "integrations.config ->> 'cloud_id' = pushes.site_id \
     AND integrations.config ->> 'account_id' = pushes.account_id";

/// Tells what is being sent, in the words of the index that knows it.
const IS_SENDING: &str = "sending.state = 'sending'";

/// Tells which pushes run, in the words of the index that knows them.
pub(super) const IS_RUNNING: &str = "pushes.state = 'running'";

diesel::alias!(deliveries as sending: Sending);

pub(super) async fn claim(
    connection: &mut Connection,
    lease: LeaseId,
    limit: u32,
    busy_sites: &[String],
    now: OffsetDateTime,
) -> Result<Option<ClaimedBatch>, StoreError> {
    let pauses = ActivePauses::load(connection, now).await?;
    if pauses.hold_everything() {
        return Ok(None);
    }
    let mut held_back: Vec<String> = busy_sites.to_vec();
    held_back.extend(pauses.sites().map(str::to_owned));
    let candidates = find_pushes(connection, None, &held_back, now).await?;
    let Some(push) = lock_first_free(connection, &candidates).await? else {
        return Ok(None);
    };
    if find_pushes(connection, Some(push), &held_back, now)
        .await?
        .is_empty()
    {
        return Ok(None);
    }
    claim_of_push(connection, push, lease, limit, now).await
}

/// Locks the first push that can be had, and its integration, against changes.
///
/// A disconnect at this moment either comes first and is seen by a second look, or waits until the claim is committed. A
/// workspace that is just accepting a long push or being connected is left out, so that the others need not wait for it.
async fn lock_first_free(
    connection: &mut Connection,
    candidates: &[(RowId, RowId)],
) -> Result<Option<RowId>, StoreError> {
    let mut first = None;
    for (push, integration) in candidates {
        if !locks::try_share_integration(connection, *integration).await? {
            continue;
        }
        if locks::try_push(connection, *push).await? {
            return Ok(Some(*push));
        }
        first.get_or_insert(*push);
    }
    // Every one is being worked on, which does not take long.
    if let Some(first) = first {
        locks::pushes(connection, &[first]).await?;
    }
    Ok(first)
}

/// The deliveries whose turn to be sent has come.
#[diesel::dsl::auto_type(no_type_alias)]
fn due(now: OffsetDateTime) -> _ {
    let is_unsettled: SqlLiteral<Bool> = sql::<Bool>(IS_UNSETTLED);
    let queued: &'static str = DeliveryState::Queued.as_str();
    let may_be_sent = deliveries::retry_at
        .is_null()
        .or(deliveries::retry_at.le(now));
    deliveries::table
        .filter(is_unsettled)
        .filter(deliveries::state.eq(queued))
        .filter(may_be_sent)
}

/// The pushes that have something to send, with their integrations: of the workspace with the fewest requests under way, then the oldest.
async fn find_pushes(
    connection: &mut Connection,
    only: Option<RowId>,
    held_back: &[String],
    now: OffsetDateTime,
) -> Result<Vec<(RowId, RowId)>, StoreError> {
    let due = due(now).filter(deliveries::push_id.eq(pushes::id));
    let under_way = sending
        .filter(
            sending
                .field(deliveries::workspace_id)
                .eq(pushes::workspace_id),
        )
        .filter(sql::<Bool>(IS_SENDING))
        .count()
        .single_value();
    let mut query = pushes::table
        .inner_join(
            integrations::table.on(integrations::workspace_id
                .eq(pushes::workspace_id)
                .and(integrations::integration_type.eq(pushes::platform))),
        )
        .filter(sql::<Bool>(IS_RUNNING))
        .filter(pushes::site_id.ne_all(held_back))
        .filter(integrations::is_active)
        .filter(integrations::needs_reconnect.is_null())
        .filter(sql::<Bool>(SAME_SITE_AND_ACCOUNT))
        .filter(exists(due))
        .order((under_way, pushes::id))
        .limit(PUSHES_LOOKED_AT)
        .select((pushes::id, integrations::id))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(pushes::id.eq(only));
    }
    Ok(query.load(connection).await?)
}

/// Commits the rows as being sent; the push is locked.
async fn claim_of_push(
    connection: &mut Connection,
    push: RowId,
    lease: LeaseId,
    limit: u32,
    now: OffsetDateTime,
) -> Result<Option<ClaimedBatch>, StoreError> {
    let query = pushes::table.find(push).select(PushRow::as_select());
    let mut push: PushRow = query.first(connection).await?;
    let due: Vec<(DeliveryRow, Option<String>)> = due(now)
        .filter(deliveries::push_id.eq(push.id))
        .order(deliveries::id)
        .limit(i64::from(limit))
        .select((DeliveryRow::as_select(), deliveries::payload))
        .load(connection)
        .await?;
    let mut claimed = Vec::with_capacity(due.len());
    let mut ledger = Ledger::default();
    for (row, payload) in due {
        claimed.push(ClaimedDelivery {
            id: row.id.id(),
            ticket_id: row.ticket_id.id(),
            payload: payload.ok_or(StoreError::Corrupt {
                column: "deliveries.payload",
            })?,
            attempt: row.attempts + 1,
        });
        ledger.rows.push(row);
    }
    if claimed.is_empty() {
        return Ok(None);
    }
    // Tickets are not locked here: a push that joins at this very moment does not hear of the claim, but of what becomes of
    // it.
    let ids: Vec<RowId> = ledger.rows.iter().map(|row| row.id).collect();
    ledger.joined = load_joined(connection, &ids).await?;
    let others = sorted(joining(&ledger.joined));
    if !others.is_empty() {
        ledger.pushes = load_pushes(connection, &others).await?;
    }
    ledger.pushes.insert(push.id, push.clone());
    let changes = ledger::claim(ledger.locked()?, lease, &Fence(push.fence.clone()));
    if let Some(held) = changes.pushes.get(&push.id.id()) {
        push.set(held);
    }
    let written = ledger.write(connection, changes, now).await?;
    // What is sent is what was written: a row that the rule left queued must not leave with the batch.
    if usize::try_from(written) != Ok(claimed.len()) {
        return Err(StoreError::Corrupt {
            column: "deliveries.state",
        });
    }
    Ok(Some(ClaimedBatch {
        push: Push::try_from(push)?,
        lease_id: lease,
        deliveries: claimed,
    }))
}
