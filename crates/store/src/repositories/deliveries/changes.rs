//! Locking deliveries with all that hangs on them, and writing what the ledger's rules make of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::ledger::table::TicketEffect;
use handoff_domain::delivery::ledger::{Changes, JoinedEntry, Locked, Step};
use handoff_domain::shared::ids::{DeliveryId, PushId};
use time::OffsetDateTime;

use super::super::schema::{deliveries, push_tickets, pushes};
use super::super::tickets::IDS_PER_STATEMENT;
use super::super::{Connection, audit, locks};
use super::rows::{DeliveryRow, EntryRow, PushRow};
use super::tickets;
use super::writes::{write_deliveries, write_entries, write_pushes};
use crate::error::StoreError;
use crate::values::{RowId, row_ids};

/// The states in which Handoff still has something to do. The words stand in the statement, because only so do the
/// databases see that an index over just these rows will do.
pub(super) const IS_UNSETTLED: &str = "deliveries.state IN ('queued', 'sending', 'uncertain')";

/// The states in which a delivery keeps its ticket from being pushed again, in the words of the index that knows them.
pub(super) const IS_OPEN: &str =
    "deliveries.state IN ('queued', 'sending', 'uncertain', 'needs_attention')";

/// How many deliveries one transaction changes where all that fit are to be changed.
pub(super) const CHANGED_AT_ONCE: i64 = 1_000;

/// What is read of a delivery that may be changed before anything is locked: its id, its push and its ticket.
pub(super) type Candidate = (RowId, RowId, RowId);

/// The columns of a [`Candidate`].
pub(super) const CANDIDATE: (deliveries::id, deliveries::push_id, deliveries::ticket_id) =
    (deliveries::id, deliveries::push_id, deliveries::ticket_id);

/// Deliveries with their tickets and pushes, locked, as they stand now.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) pushes: BTreeMap<RowId, PushRow>,
    pub(super) rows: Vec<DeliveryRow>,
    pub(super) joined: JoinedEntries,
}

/// The entries with which other pushes joined deliveries.
type JoinedEntries = HashMap<DeliveryId, Vec<JoinedEntry>>;

/// Lets a rule change candidates as they stand now; answers how many it changed.
pub(super) async fn change(
    connection: &mut Connection,
    found: &[Candidate],
    now: OffsetDateTime,
    rule: impl FnOnce(Locked<'_>) -> Changes + Send,
) -> Result<u32, StoreError> {
    let ledger = Ledger::lock(connection, found).await?;
    let changes = rule(ledger.locked()?);
    ledger.write(connection, changes, now).await
}

impl Ledger {
    /// Locks the tickets, then the pushes that made the deliveries or joined them, and reads what is locked.
    pub(super) async fn lock(
        connection: &mut Connection,
        found: &[Candidate],
    ) -> Result<Self, StoreError> {
        if found.is_empty() {
            return Ok(Self::default());
        }
        let ids = sorted(found.iter().map(|(id, ..)| *id));
        let tickets = sorted(found.iter().map(|(_, _, ticket)| *ticket));
        for tickets in tickets.chunks(IDS_PER_STATEMENT) {
            locks::tickets(connection, tickets).await?;
        }
        let joined = load_joined(connection, &ids).await?;
        let own = found.iter().map(|(_, push, _)| *push);
        let pushes = load_pushes(connection, &sorted(own.chain(joining(&joined)))).await?;
        Ok(Self {
            pushes,
            rows: load_deliveries(connection, &ids).await?,
            joined,
        })
    }

    /// What is locked, as the rules see it.
    pub(super) fn locked(&self) -> Result<Locked<'_>, StoreError> {
        let deliveries = self.rows.iter().map(DeliveryRow::held);
        let pushes = self.pushes.values();
        let pushes = pushes.map(|row| Ok((row.id.id(), row.held()?)));
        Ok(Locked {
            deliveries: deliveries.collect::<Result<_, _>>()?,
            pushes: pushes.collect::<Result<_, StoreError>>()?,
            joined: self.joined.clone(),
        })
    }

    /// Writes what a rule changed of it; answers how many deliveries.
    pub(super) async fn write(
        mut self,
        connection: &mut Connection,
        mut changes: Changes,
        now: OffsetDateTime,
    ) -> Result<u32, StoreError> {
        note(connection, &changes).await?;
        let count = changes.count();
        if count == 0 {
            return Ok(0);
        }
        let doubtful = changes.in_doubt();
        let touched = self.touched(&changes);
        let steps = std::mem::take(&mut changes.steps);
        write_deliveries(connection, self.take_changed(steps, now)?).await?;
        let joined = changes.joined.iter().map(EntryRow::from).collect();
        write_entries(connection, joined).await?;
        for ((effect, platform), ids) in touched {
            for ids in ids.chunks(IDS_PER_STATEMENT) {
                tickets::write(connection, effect, ids, &platform, now).await?;
            }
        }
        let unfinished = find_unfinished(connection, &changes.perhaps_finished()).await?;
        changes.finish(&unfinished, now);
        for (id, held) in &changes.pushes {
            if let Some(row) = self.pushes.get_mut(&RowId::from(*id)) {
                row.set(held);
            }
        }
        write_pushes(connection, self.pushes.into_values().collect()).await?;
        look_at_once(connection, doubtful).await?;
        Ok(count)
    }

    /// The tickets by what becomes of them, and by the platform of their push.
    fn touched(&self, changes: &Changes) -> BTreeMap<(TicketEffect, String), Vec<RowId>> {
        let mut touched: BTreeMap<(TicketEffect, String), Vec<RowId>> = BTreeMap::new();
        for step in &changes.steps {
            if let Some(push) = self.pushes.get(&step.push_id.into()) {
                let kind = (step.rule.ticket, push.platform.clone());
                touched.entry(kind).or_default().push(step.ticket_id.into());
            }
        }
        touched
    }

    /// The rows that moved, as they are to be written.
    fn take_changed(
        &mut self,
        steps: Vec<Step>,
        now: OffsetDateTime,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = std::mem::take(&mut self.rows).into_iter();
        let mut rows: HashMap<RowId, DeliveryRow> = rows.map(|row| (row.id, row)).collect();
        let moved = steps.into_iter().filter_map(|step| {
            let mut row = rows.remove(&step.id.into())?;
            Some(row.take(step, now).map(|()| row))
        });
        moved.collect()
    }
}

/// Tells the audit record, and the log, what a rule noted.
async fn note(connection: &mut Connection, changes: &Changes) -> Result<(), StoreError> {
    for entry in &changes.audit {
        tracing::warn!(
            delivery = %entry.subject,
            issue = %entry.result,
            "an issue turned up whose delivery had ended otherwise"
        );
        audit::insert(connection, entry).await?;
    }
    Ok(())
}

/// Every id once, ascending, which is the order of locking.
pub(super) fn sorted(ids: impl Iterator<Item = RowId>) -> Vec<RowId> {
    ids.collect::<BTreeSet<RowId>>().into_iter().collect()
}

/// The pushes of entries that joined.
pub(super) fn joining(joined: &JoinedEntries) -> impl Iterator<Item = RowId> {
    let entries = joined.values().flatten();
    entries.map(|entry| entry.push_id.into())
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
            .select((
                deliveries::id,
                push_tickets::push_id,
                push_tickets::position,
            ));
        let rows: Vec<(RowId, RowId, i32)> = query.load(connection).await?;
        for (id, push, position) in rows {
            joined.entry(id.id()).or_default().push(JoinedEntry {
                push_id: push.id(),
                position,
            });
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

/// Which of the pushes wait for a delivery, their own or one they joined.
async fn find_unfinished(
    connection: &mut Connection,
    ids: &[PushId],
) -> Result<BTreeSet<PushId>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids = row_ids(ids);
    let own = deliveries::table
        .filter(deliveries::push_id.eq(pushes::id))
        .filter(sql::<Bool>(IS_UNSETTLED));
    let own: Vec<RowId> = pushes::table
        .filter(pushes::id.eq_any(&ids))
        .filter(exists(own))
        .select(pushes::id)
        .load(connection)
        .await?;
    let rest: Vec<RowId> = ids.into_iter().filter(|id| !own.contains(id)).collect();
    let mut unfinished: BTreeSet<PushId> = own.into_iter().map(RowId::id).collect();
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
    unfinished.extend(joined.into_iter().map(RowId::id::<PushId>));
    Ok(unfinished)
}

/// Takes back the wish to look at pushes later.
async fn look_at_once(
    connection: &mut Connection,
    doubtful: BTreeSet<PushId>,
) -> Result<(), StoreError> {
    if doubtful.is_empty() {
        return Ok(());
    }
    let ids = doubtful.into_iter().map(RowId::from);
    let pushes_of = pushes::table.filter(pushes::id.eq_any(ids.collect::<Vec<RowId>>()));
    diesel::update(pushes_of)
        .set(pushes::next_look_at.eq(None::<OffsetDateTime>))
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use handoff_domain::delivery::model::DeliveryState;

    use super::{IS_OPEN, IS_UNSETTLED};
    use crate::values::Word as _;

    fn condition(fits: impl Fn(DeliveryState) -> bool) -> String {
        let states = DeliveryState::ALL.into_iter().filter(|state| fits(*state));
        let words: Vec<String> = states.map(|state| format!("'{}'", state.word())).collect();
        format!("deliveries.state IN ({})", words.join(", "))
    }

    #[test]
    fn statements_name_the_states_that_the_rules_mean() {
        assert_eq!(IS_UNSETTLED, condition(|state| !state.is_settled()));
        assert_eq!(IS_OPEN, condition(DeliveryState::is_open));
    }
}
