//! Changing deliveries: with change numbers, their tickets and the pushes that this settles.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::model::{DeliveryState, PushState};
use handoff_domain::ticket::model::TicketStatus;
use serde_json::Value;
use time::OffsetDateTime;

use super::super::schema::{deliveries, execution_tickets, push_tickets, pushes};
use super::super::tickets::IDS_PER_STATEMENT;
use super::super::{Connection, execute_batch, locks};
use super::rows::{DeliveryRow, PushRow};
use crate::error::StoreError;
use crate::values::{RowId, Word};

/// How many deliveries one statement writes; keeps well below the databases' greatest number of parameters.
const ROWS_PER_STATEMENT: usize = 500;

/// The states in which Handoff still has something to do.
pub(super) const UNSETTLED: [&str; 3] = ["queued", "sending", "uncertain"];

/// A delivery that may be changed, as it was found before anything was locked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) id: RowId,
    pub(super) push_id: RowId,
    pub(super) ticket_id: RowId,
}

/// The columns of a [`Candidate`].
pub(super) type CandidateColumns = (RowId, RowId, RowId);

impl From<CandidateColumns> for Candidate {
    fn from((id, push_id, ticket_id): CandidateColumns) -> Self {
        Self {
            id,
            push_id,
            ticket_id,
        }
    }
}

/// What a change does to the ticket of its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TicketChange {
    /// Nothing.
    Keep,
    /// It is an issue now.
    Pushed,
    /// It failed.
    Failed,
    /// It is as it was before the push.
    Released,
    /// A person must decide; only its version tells.
    Touched,
}

/// Locks tickets and pushes, then offers each candidate as it stands now; `decide` changes the row and says what
/// becomes of the ticket, or leaves it alone.
///
/// Answers how many deliveries were changed.
pub(super) async fn change(
    connection: &mut Connection,
    candidates: Vec<Candidate>,
    now: OffsetDateTime,
    decide: impl Fn(&mut DeliveryRow) -> Result<Option<TicketChange>, StoreError> + Send,
) -> Result<u32, StoreError> {
    if candidates.is_empty() {
        return Ok(0);
    }
    let ids = sorted(candidates.iter().map(|candidate| candidate.id));
    let tickets = sorted(candidates.iter().map(|candidate| candidate.ticket_id));
    for tickets in tickets.chunks(IDS_PER_STATEMENT) {
        locks::tickets(connection, tickets).await?;
    }
    let mut pushes = load_pushes(connection, &candidates, &ids).await?;
    let mut touched: BTreeMap<(TicketChange, String), Vec<RowId>> = BTreeMap::new();
    let mut changed = Vec::new();
    for mut row in load_deliveries(connection, &ids).await? {
        let Some(effect) = decide(&mut row)? else {
            continue;
        };
        let Some(push) = pushes.get_mut(&row.push_id) else {
            continue;
        };
        push.change_number += 1;
        row.change_number = push.change_number;
        row.updated_at = now;
        touched
            .entry((effect, push.platform.clone()))
            .or_default()
            .push(row.ticket_id);
        changed.push(row);
    }
    let count = u32::try_from(changed.len()).unwrap_or(u32::MAX);
    write_deliveries(connection, changed).await?;
    for ((effect, platform), tickets) in touched {
        for tickets in tickets.chunks(IDS_PER_STATEMENT) {
            effect.write(connection, tickets, &platform, now).await?;
        }
    }
    settle_finished(connection, &mut pushes, now).await?;
    write_pushes(connection, pushes.into_values().collect()).await?;
    Ok(count)
}

fn sorted(ids: impl Iterator<Item = RowId>) -> Vec<RowId> {
    ids.collect::<BTreeSet<RowId>>().into_iter().collect()
}

impl TicketChange {
    /// Changes tickets whose deliveries are written already.
    async fn write(
        self,
        connection: &mut Connection,
        ids: &[RowId],
        platform: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let tickets = execution_tickets::table.filter(execution_tickets::id.eq_any(ids));
        let touch = (
            execution_tickets::version.eq(execution_tickets::version + 1),
            execution_tickets::updated_at.eq(now),
        );
        let release = execution_tickets::delivery_id.eq(None::<RowId>);
        match self {
            Self::Keep => return Ok(()),
            Self::Touched => {
                diesel::update(tickets)
                    .set(touch)
                    .execute(connection)
                    .await?
            }
            Self::Released => {
                diesel::update(tickets)
                    .set((touch, release))
                    .execute(connection)
                    .await?
            }
            Self::Failed => {
                let error = deliveries::table
                    .filter(deliveries::id.nullable().eq(execution_tickets::delivery_id))
                    .select(deliveries::error)
                    .single_value();
                let failure = (
                    execution_tickets::status.eq(TicketStatus::PushFailed.word()),
                    execution_tickets::push_error.eq(error),
                );
                let update = diesel::update(tickets).set((touch, release, failure));
                update.execute(connection).await?
            }
            Self::Pushed => {
                let link = (
                    execution_tickets::status.eq(TicketStatus::Pushed.word()),
                    execution_tickets::platform.eq(platform),
                    execution_tickets::push_error.eq(None::<Value>),
                    execution_tickets::pushed_at.eq(now),
                );
                link_issues(connection, ids).await?;
                let update = diesel::update(tickets).set((touch, release, link));
                update.execute(connection).await?
            }
        };
        Ok(())
    }
}

/// Copies the issues of confirmed deliveries to their tickets, while these still name them.
async fn link_issues(connection: &mut Connection, ids: &[RowId]) -> Result<(), StoreError> {
    let delivery =
        || deliveries::table.filter(deliveries::id.nullable().eq(execution_tickets::delivery_id));
    let issue = (
        execution_tickets::external_site_id
            .eq(delivery().select(deliveries::site_id).single_value()),
        execution_tickets::external_id
            .eq(delivery().select(deliveries::external_id).single_value()),
        execution_tickets::external_key
            .eq(delivery().select(deliveries::external_key).single_value()),
        execution_tickets::external_url
            .eq(delivery().select(deliveries::external_url).single_value()),
    );
    let tickets = execution_tickets::table.filter(execution_tickets::id.eq_any(ids));
    diesel::update(tickets)
        .set(issue)
        .execute(connection)
        .await?;
    Ok(())
}

/// The pushes that made the deliveries and those that joined them, locked.
async fn load_pushes(
    connection: &mut Connection,
    candidates: &[Candidate],
    ids: &[RowId],
) -> Result<BTreeMap<RowId, PushRow>, StoreError> {
    let mut wanted: BTreeSet<RowId> = candidates
        .iter()
        .map(|candidate| candidate.push_id)
        .collect();
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        let joined: Vec<RowId> = push_tickets::table
            .filter(push_tickets::delivery_id.eq_any(ids))
            .select(push_tickets::push_id)
            .distinct()
            .load(connection)
            .await?;
        wanted.extend(joined);
    }
    let wanted: Vec<RowId> = wanted.into_iter().collect();
    locks::pushes(connection, &wanted).await?;
    let rows: Vec<PushRow> = pushes::table
        .filter(pushes::id.eq_any(&wanted))
        .select(PushRow::as_select())
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn load_deliveries(
    connection: &mut Connection,
    ids: &[RowId],
) -> Result<Vec<DeliveryRow>, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        let query = deliveries::table
            .filter(deliveries::id.eq_any(ids))
            .order(deliveries::id)
            .select(DeliveryRow::as_select());
        rows.append(&mut query.load(connection).await?);
    }
    Ok(rows)
}

/// Marks the running pushes that have nothing left to do.
async fn settle_finished(
    connection: &mut Connection,
    pushes: &mut BTreeMap<RowId, PushRow>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let running = pushes
        .values()
        .filter(|push| push.state == PushState::Running.word());
    let ids: Vec<RowId> = running.map(|push| push.id).collect();
    let unfinished = find_unfinished(connection, ids.clone()).await?;
    for id in ids.iter().filter(|id| !unfinished.contains(id)) {
        if let Some(push) = pushes.get_mut(id) {
            PushState::Settled.word().clone_into(&mut push.state);
            push.settled_at = Some(now);
        }
    }
    Ok(())
}

/// Which of the pushes wait for a delivery, their own or one they joined.
async fn find_unfinished(
    connection: &mut Connection,
    ids: Vec<RowId>,
) -> Result<BTreeSet<RowId>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let own: Vec<RowId> = deliveries::table
        .filter(deliveries::push_id.eq_any(&ids))
        .filter(deliveries::state.eq_any(UNSETTLED))
        .select(deliveries::push_id)
        .distinct()
        .load(connection)
        .await?;
    let mut unfinished: BTreeSet<RowId> = own.into_iter().collect();
    let rest: Vec<RowId> = ids
        .into_iter()
        .filter(|id| !unfinished.contains(id))
        .collect();
    if rest.is_empty() {
        return Ok(unfinished);
    }
    let joined: Vec<RowId> = push_tickets::table
        .inner_join(deliveries::table.on(push_tickets::delivery_id.eq(deliveries::id.nullable())))
        .filter(push_tickets::push_id.eq_any(&rest))
        .filter(deliveries::state.eq_any(UNSETTLED))
        .select(push_tickets::push_id)
        .distinct()
        .load(connection)
        .await?;
    unfinished.extend(joined);
    Ok(unfinished)
}

/// Writes what can change of deliveries.
pub(super) async fn write_deliveries(
    connection: &mut Connection,
    rows: Vec<DeliveryRow>,
) -> Result<(), StoreError> {
    let mut rows = rows.into_iter();
    loop {
        let chunk: Vec<DeliveryRow> = rows.by_ref().take(ROWS_PER_STATEMENT).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let upsert = diesel::insert_into(deliveries::table)
            .values(chunk)
            .on_conflict(deliveries::id)
            .do_update()
            .set((
                deliveries::state.eq(excluded(deliveries::state)),
                deliveries::attempts.eq(excluded(deliveries::attempts)),
                deliveries::retry_at.eq(excluded(deliveries::retry_at)),
                deliveries::lease_id.eq(excluded(deliveries::lease_id)),
                deliveries::fence.eq(excluded(deliveries::fence)),
                deliveries::error.eq(excluded(deliveries::error)),
                deliveries::external_id.eq(excluded(deliveries::external_id)),
                deliveries::external_key.eq(excluded(deliveries::external_key)),
                deliveries::external_url.eq(excluded(deliveries::external_url)),
                deliveries::change_number.eq(excluded(deliveries::change_number)),
                deliveries::updated_at.eq(excluded(deliveries::updated_at)),
            ));
        execute_batch(connection, upsert).await?;
    }
}

/// Writes what can change of pushes.
pub(super) async fn write_pushes(
    connection: &mut Connection,
    rows: Vec<PushRow>,
) -> Result<(), StoreError> {
    let mut rows = rows.into_iter();
    loop {
        let chunk: Vec<PushRow> = rows.by_ref().take(ROWS_PER_STATEMENT).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let upsert = diesel::insert_into(pushes::table)
            .values(chunk)
            .on_conflict(pushes::id)
            .do_update()
            .set((
                pushes::state.eq(excluded(pushes::state)),
                pushes::change_number.eq(excluded(pushes::change_number)),
                pushes::settled_at.eq(excluded(pushes::settled_at)),
            ));
        execute_batch(connection, upsert).await?;
    }
}

/// Whether a lease holds a row that is being sent.
pub(super) fn is_held(row: &DeliveryRow, lease: RowId) -> bool {
    row.state == DeliveryState::Sending.word() && row.lease_id == Some(lease)
}
