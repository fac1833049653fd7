//! Changing deliveries: with change numbers, their tickets and the pushes that this settles.

mod tickets;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::model::{DeliveryState, PushState};
use time::OffsetDateTime;

use super::super::schema::{deliveries, push_tickets, pushes};
use super::super::tickets::IDS_PER_STATEMENT;
use super::super::{Connection, locks};
use super::rows::{DeliveryRow, EntryRow, PushRow};
use super::writes::{write_deliveries, write_entries, write_pushes};
use crate::error::StoreError;
use crate::values::{RowId, Word};
pub(super) use tickets::TicketChange;

/// The states in which Handoff still has something to do. The words stand in the statement, because only so do the
/// databases see that an index over just these rows will do.
pub(super) const IS_UNSETTLED: &str = "deliveries.state IN ('queued', 'sending', 'uncertain')";

/// The states in which a delivery keeps its ticket from being pushed again, in the words of the index that knows them.
pub(super) const IS_OPEN: &str =
    "deliveries.state IN ('queued', 'sending', 'uncertain', 'needs_attention')";

/// How many deliveries one transaction changes where all that fit are to be changed.
pub(super) const CHANGED_AT_ONCE: i64 = 1_000;

/// A delivery that may be changed, as it was found before anything was locked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) id: RowId,
    pub(super) push_id: RowId,
    pub(super) ticket_id: RowId,
}

/// The columns of a [`Candidate`].
pub(super) const CANDIDATE: (deliveries::id, deliveries::push_id, deliveries::ticket_id) =
    (deliveries::id, deliveries::push_id, deliveries::ticket_id);

/// What a [`CANDIDATE`] is read as.
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

/// Deliveries with their tickets and pushes, locked, as they stand now.
pub(super) struct Ledger {
    pushes: BTreeMap<RowId, PushRow>,
    rows: Vec<DeliveryRow>,
    joined: JoinedEntries,
}

/// The entries with which other pushes joined deliveries.
pub(super) type JoinedEntries = HashMap<RowId, Vec<EntryRow>>;

/// Offers each candidate as it stands now; `decide` changes the row and says what becomes of the ticket, or leaves it
/// alone.
///
/// Answers how many deliveries were changed.
pub(super) async fn change(
    connection: &mut Connection,
    found: Vec<CandidateColumns>,
    now: OffsetDateTime,
    decide: impl FnMut(&mut DeliveryRow, &PushRow) -> Result<Option<TicketChange>, StoreError> + Send,
) -> Result<u32, StoreError> {
    if found.is_empty() {
        return Ok(0);
    }
    let ledger = Ledger::lock(connection, found).await?;
    ledger.change(connection, now, decide).await
}

impl Ledger {
    /// Locks the tickets, then the pushes that made the deliveries or joined them, and reads what is locked.
    pub(super) async fn lock(
        connection: &mut Connection,
        found: Vec<CandidateColumns>,
    ) -> Result<Self, StoreError> {
        let candidates: Vec<Candidate> = found.into_iter().map(Candidate::from).collect();
        let ids = sorted(candidates.iter().map(|candidate| candidate.id));
        let tickets = sorted(candidates.iter().map(|candidate| candidate.ticket_id));
        for tickets in tickets.chunks(IDS_PER_STATEMENT) {
            locks::tickets(connection, tickets).await?;
        }
        let joined = load_joined(connection, &ids).await?;
        let own = candidates.iter().map(|candidate| candidate.push_id);
        let others = joined.values().flatten().map(|entry| entry.push_id);
        let pushes = load_pushes(connection, &sorted(own.chain(others))).await?;
        Ok(Self {
            pushes,
            rows: load_deliveries(connection, &ids).await?,
            joined,
        })
    }

    /// Changes what `decide` wants changed, with everything that follows from it.
    pub(super) async fn change(
        mut self,
        connection: &mut Connection,
        now: OffsetDateTime,
        mut decide: impl FnMut(&mut DeliveryRow, &PushRow) -> Result<Option<TicketChange>, StoreError>
        + Send,
    ) -> Result<u32, StoreError> {
        let mut touched: BTreeMap<(TicketChange, String), Vec<RowId>> = BTreeMap::new();
        let (mut changed, mut entries) = (Vec::new(), Vec::new());
        for mut row in std::mem::take(&mut self.rows) {
            let Some(push) = self.pushes.get(&row.push_id) else {
                continue;
            };
            let Some(effect) = decide(&mut row, push)? else {
                continue;
            };
            let kind = (effect, push.platform.clone());
            touched.entry(kind).or_default().push(row.ticket_id);
            row.updated_at = now;
            self.count(&mut row, &mut entries)?;
            changed.push(row);
        }
        let count = u32::try_from(changed.len()).unwrap_or(u32::MAX);
        let doubtful = pushes_in_doubt(&changed);
        write_deliveries(connection, changed).await?;
        write_entries(connection, entries).await?;
        for ((effect, platform), tickets) in touched {
            for tickets in tickets.chunks(IDS_PER_STATEMENT) {
                effect.write(connection, tickets, &platform, now).await?;
            }
        }
        settle_finished(connection, &mut self.pushes, now).await?;
        write_pushes(connection, self.pushes.into_values().collect()).await?;
        look_at_once(connection, &doubtful).await?;
        Ok(count)
    }

    /// Gives a changed delivery the next number of its push, and its entries in other pushes the next of theirs. A push
    /// that has something to do again is running again.
    fn count(
        &mut self,
        row: &mut DeliveryRow,
        entries: &mut Vec<EntryRow>,
    ) -> Result<(), StoreError> {
        let is_unsettled = !row.state()?.is_settled();
        if let Some(push) = self.pushes.get_mut(&row.push_id) {
            row.change_number = push.count(is_unsettled);
        }
        for entry in self.joined.get(&row.id).into_iter().flatten() {
            if let Some(push) = self.pushes.get_mut(&entry.push_id) {
                let change_number = Some(push.count(is_unsettled));
                entries.push(EntryRow {
                    change_number,
                    ..*entry
                });
            }
        }
        Ok(())
    }
}

impl PushRow {
    /// The next change number, for an entry that is unsettled or not.
    pub(super) fn count(&mut self, is_unsettled: bool) -> i64 {
        if is_unsettled {
            PushState::Running.word().clone_into(&mut self.state);
            self.settled_at = None;
        }
        self.change_number += 1;
        self.change_number
    }
}

fn sorted(ids: impl Iterator<Item = RowId>) -> Vec<RowId> {
    ids.collect::<BTreeSet<RowId>>().into_iter().collect()
}

/// The entries of other pushes than those that made the deliveries.
pub(super) async fn load_joined(
    connection: &mut Connection,
    ids: &[RowId],
) -> Result<JoinedEntries, StoreError> {
    let mut joined = JoinedEntries::new();
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        let query = push_tickets::table
            .inner_join(
                deliveries::table.on(push_tickets::delivery_id.eq(deliveries::id.nullable())),
            )
            .filter(push_tickets::delivery_id.eq_any(ids))
            .filter(push_tickets::push_id.ne(deliveries::push_id))
            .select((deliveries::id, EntryRow::as_select()));
        let rows: Vec<(RowId, EntryRow)> = query.load(connection).await?;
        for (id, entry) in rows {
            joined.entry(id).or_default().push(entry);
        }
    }
    Ok(joined)
}

/// Pushes, locked.
pub(super) async fn load_pushes(
    connection: &mut Connection,
    ids: &[RowId],
) -> Result<BTreeMap<RowId, PushRow>, StoreError> {
    locks::pushes(connection, ids).await?;
    let rows: Vec<PushRow> = pushes::table
        .filter(pushes::id.eq_any(ids))
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
    let own = deliveries::table
        .filter(deliveries::push_id.eq(pushes::id))
        .filter(sql::<Bool>(IS_UNSETTLED));
    let own: Vec<RowId> = pushes::table
        .filter(pushes::id.eq_any(&ids))
        .filter(exists(own))
        .select(pushes::id)
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
        .filter(sql::<Bool>(IS_UNSETTLED))
        .select(push_tickets::push_id)
        .distinct()
        .load(connection)
        .await?;
    unfinished.extend(joined);
    Ok(unfinished)
}

/// The pushes of deliveries whose fate has just become unknown.
fn pushes_in_doubt(changed: &[DeliveryRow]) -> Vec<RowId> {
    let doubtful = changed
        .iter()
        .filter(|row| row.state == DeliveryState::Uncertain.word());
    sorted(doubtful.map(|row| row.push_id))
}

/// Takes back the wish to look at a push later.
async fn look_at_once(connection: &mut Connection, pushes: &[RowId]) -> Result<(), StoreError> {
    if pushes.is_empty() {
        return Ok(());
    }
    diesel::update(pushes::table.filter(pushes::id.eq_any(pushes)))
        .set(pushes::next_look_at.eq(None::<OffsetDateTime>))
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether a lease holds a row that is being sent.
pub(super) fn is_held(row: &DeliveryRow, lease: RowId) -> bool {
    row.state == DeliveryState::Sending.word() && row.lease_id == Some(lease)
}
