//! Deliveries whose effect is not known, and what looks at the tracker say of them.

use std::collections::{BTreeMap, HashMap};

use diesel::dsl::{exists, max, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::ledger;
use handoff_domain::delivery::model::{
    AttemptFindings, Fence, Finding, Push, UncertainAttempt, UncertainDelivery, UncertainPush,
    UncertainRequest,
};
use handoff_domain::shared::ids::{LeaseId, PushId};
use handoff_domain::ticket::model::{ExternalIssue, PushError};
use time::OffsetDateTime;

use super::super::schema::{deliveries, integrations, pushes};
use super::super::tickets::IDS_PER_STATEMENT;
use super::super::{Backend, Connection};
use super::changes::{CANDIDATE, CHANGED_AT_ONCE, Candidate, Ledger, change};
use super::claim::{IS_RUNNING, SAME_SITE_AND_ACCOUNT};
use super::links::load_links;
use super::pauses::ActivePauses;
use super::rows::PushRow;
use super::settle::spend;
use crate::error::StoreError;
use crate::values::RowId;

/// Tells which effects are not known, in the words of the index that knows them.
const IS_UNCERTAIN: &str = "deliveries.state = 'uncertain'";

/// The greatest change number of each attempt, among all its deliveries.
type AttemptNumbers = HashMap<LeaseId, i64>;

/// An uncertain delivery: attempt, id, its fence and that of its push, time of the attempt, time of the last change.
type UncertainColumns = (
    Option<RowId>,
    RowId,
    Option<String>,
    String,
    Option<OffsetDateTime>,
    OffsetDateTime,
);

pub(super) async fn list_uncertain(
    connection: &mut Connection,
    limit: u32,
    now: OffsetDateTime,
) -> Result<Vec<UncertainPush>, StoreError> {
    let pauses = ActivePauses::load(connection, now).await?;
    if pauses.hold_everything() {
        return Ok(Vec::new());
    }
    let paused: Vec<&str> = pauses.whole_sites().collect();
    let doubtful = deliveries::table
        .filter(deliveries::push_id.eq(pushes::id))
        .filter(sql::<Bool>(IS_UNCERTAIN));
    let rows: Vec<(PushRow, Option<OffsetDateTime>)> = pushes::table
        .inner_join(
            integrations::table.on(integrations::workspace_id
                .eq(pushes::workspace_id)
                .and(integrations::integration_type.eq(pushes::platform))),
        )
        .filter(sql::<Bool>(IS_RUNNING))
        .filter(pushes::site_id.ne_all(paused))
        .filter(integrations::is_active)
        .filter(integrations::needs_reconnect.is_null())
        .filter(sql::<Bool>(SAME_SITE_AND_ACCOUNT))
        .filter(exists(doubtful))
        .order((
            pushes::next_look_at.is_not_null(),
            pushes::next_look_at,
            pushes::id,
        ))
        .limit(i64::from(limit))
        .select((PushRow::as_select(), pushes::next_look_at))
        .load(connection)
        .await?;
    let ids: Vec<RowId> = rows.iter().map(|(row, _)| row.id).collect();
    let mut attempts = load_attempts(connection, &ids).await?;
    let mut found = Vec::with_capacity(rows.len());
    for (row, next_look_at) in rows {
        found.push(UncertainPush {
            attempts: attempts.remove(&row.id).unwrap_or_default(),
            push: Push::try_from(row)?,
            next_look_at,
        });
    }
    Ok(found)
}

/// The uncertain requests of pushes.
async fn load_attempts(
    connection: &mut Connection,
    pushes: &[RowId],
) -> Result<HashMap<RowId, Vec<UncertainAttempt>>, StoreError> {
    let doubtful: Vec<(RowId, Option<RowId>)> = deliveries::table
        .filter(deliveries::push_id.eq_any(pushes))
        .filter(sql::<Bool>(IS_UNCERTAIN))
        .select((deliveries::push_id, deliveries::attempt_id))
        .distinct()
        .load(connection)
        .await?;
    let ids: Vec<RowId> = doubtful
        .iter()
        .filter_map(|(_, attempt)| *attempt)
        .collect();
    let numbers = load_numbers(connection, &ids).await?;
    let mut attempts: HashMap<RowId, Vec<UncertainAttempt>> = HashMap::new();
    for (push, attempt) in doubtful {
        let Some(attempt) = attempt else { continue };
        let of_push = attempts.entry(push).or_default();
        of_push.push(to_attempt(attempt, &numbers));
    }
    Ok(attempts)
}

fn to_attempt(id: RowId, numbers: &AttemptNumbers) -> UncertainAttempt {
    let lease_id = id.id();
    UncertainAttempt {
        lease_id,
        change_number: numbers.get(&lease_id).copied().unwrap_or_default(),
    }
}

pub(super) async fn load_uncertain(
    connection: &mut Connection,
    push: PushId,
) -> Result<Vec<UncertainRequest>, StoreError> {
    let rows: Vec<UncertainColumns> = deliveries::table
        .inner_join(pushes::table.on(pushes::id.eq(deliveries::push_id)))
        .filter(deliveries::push_id.eq(RowId::from(push)))
        .filter(sql::<Bool>(IS_UNCERTAIN))
        .order(deliveries::id)
        .select((
            deliveries::attempt_id,
            deliveries::id,
            deliveries::fence,
            pushes::fence,
            deliveries::attempted_at,
            deliveries::updated_at,
        ))
        .load(connection)
        .await?;
    let mut requests: BTreeMap<RowId, Vec<UncertainDelivery>> = BTreeMap::new();
    for (attempt, id, fence, fence_of_push, attempted_at, updated_at) in rows {
        let delivery = UncertainDelivery {
            id: id.id(),
            fence: Fence(fence.unwrap_or(fence_of_push)),
            attempted_at: attempted_at.unwrap_or(updated_at),
        };
        let of_request = requests.entry(attempt.unwrap_or(id)).or_default();
        of_request.push(delivery);
    }
    let ids: Vec<RowId> = requests.keys().copied().collect();
    let numbers = load_numbers(connection, &ids).await?;
    let requests = requests
        .into_iter()
        .map(|(id, deliveries)| UncertainRequest {
            attempt: to_attempt(id, &numbers),
            deliveries,
        });
    Ok(requests.collect())
}

/// Leaves the next deliveries that were attempted before that time to a person. Answers how many, and the last one that was
/// looked at, if there may be more.
pub(super) async fn give_up(
    connection: &mut Connection,
    before: OffsetDateTime,
    after: Option<RowId>,
    error: &PushError,
    now: OffsetDateTime,
) -> Result<(u32, Option<RowId>), StoreError> {
    let mut query = deliveries::table
        .filter(sql::<Bool>(IS_UNCERTAIN))
        .filter(deliveries::attempted_at.lt(before))
        .order(deliveries::id)
        .limit(CHANGED_AT_ONCE)
        .select(CANDIDATE)
        .into_boxed::<Backend>();
    if let Some(after) = after {
        query = query.filter(deliveries::id.gt(after));
    }
    let found: Vec<Candidate> = query.load(connection).await?;
    let last = found.last().map(|(id, ..)| *id);
    let changed = change(connection, &found, now, |locked| {
        ledger::give_up(locked, before, error)
    });
    Ok((changed.await?, last))
}

async fn load_numbers(
    connection: &mut Connection,
    attempts: &[RowId],
) -> Result<AttemptNumbers, StoreError> {
    let mut numbers = AttemptNumbers::with_capacity(attempts.len());
    for attempts in attempts.chunks(IDS_PER_STATEMENT) {
        let query = deliveries::table
            .filter(deliveries::attempt_id.eq_any(attempts))
            .group_by(deliveries::attempt_id)
            .select((deliveries::attempt_id, max(deliveries::change_number)));
        let rows: Vec<(Option<RowId>, Option<i64>)> = query.load(connection).await?;
        let known = rows
            .into_iter()
            .filter_map(|(id, max)| Some((id?.id(), max?)));
        numbers.extend(known);
    }
    Ok(numbers)
}

pub(super) async fn begin_look(
    connection: &mut Connection,
    push: PushId,
    seen: Option<OffsetDateTime>,
    next: OffsetDateTime,
) -> Result<bool, StoreError> {
    let push = pushes::table.filter(pushes::id.eq(RowId::from(push)));
    let look = pushes::next_look_at.eq(next);
    let moved = match seen {
        None => {
            let as_seen = push.filter(pushes::next_look_at.is_null());
            diesel::update(as_seen).set(look).execute(connection).await
        }
        Some(seen) => {
            let as_seen = push.filter(pushes::next_look_at.eq(seen));
            diesel::update(as_seen).set(look).execute(connection).await
        }
    };
    Ok(moved? > 0)
}

pub(super) async fn reconcile(
    connection: &mut Connection,
    push: PushId,
    findings: &[AttemptFindings],
    quota_points: i64,
    now: OffsetDateTime,
) -> Result<u32, StoreError> {
    let push = RowId::from(push);
    let found = findings.iter().flat_map(|attempt| &attempt.findings);
    let ids: Vec<RowId> = found.clone().map(|(id, _)| (*id).into()).collect();
    let candidates: Vec<Candidate> = deliveries::table
        .filter(deliveries::id.eq_any(&ids))
        .filter(deliveries::push_id.eq(push))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    let mut written = 0;
    if !candidates.is_empty() {
        let locked = Ledger::lock(connection, &candidates).await?;
        // The push is locked, so that no number of its attempts can grow any more.
        let attempts: Vec<RowId> = findings.iter().map(|it| it.lease_id.into()).collect();
        let numbers = load_numbers(connection, &attempts).await?;
        let issues = found.filter_map(|(_, finding)| issue_of(finding));
        let links = load_links(connection, &issues.collect::<Vec<_>>()).await?;
        let changes = ledger::reconcile(locked.locked()?, findings, &numbers, links, now);
        written = locked.write(connection, changes, now).await?;
    }
    spend(connection, push, quota_points).await?;
    Ok(written)
}

const fn issue_of(finding: &Finding) -> Option<&ExternalIssue> {
    match finding {
        Finding::Present { external } => Some(external),
        Finding::Absent | Finding::Undecidable { .. } => None,
    }
}
