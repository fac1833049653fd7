//! How the ledger stands.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::model::{DeliveryState, Pause, PauseScope};
use handoff_domain::shared::ids::WorkspaceId;
use time::OffsetDateTime;

use super::schema::{deliveries, tracker_pauses};
use super::{Connection, Database};
use crate::error::StoreError;
use crate::overview::LedgerOverview;
use crate::values::{RowId, Word};

/// Counts deliveries and lists pauses.
pub(crate) async fn load(
    database: &Database,
    now: OffsetDateTime,
) -> Result<LedgerOverview, StoreError> {
    let mut reader = database.read().await?;
    let connection = reader.connection()?;
    Ok(LedgerOverview {
        deliveries: states(connection).await?,
        needing_attention: needing_attention(connection).await?,
        pauses: pauses(connection, now).await?,
    })
}

async fn states(connection: &mut Connection) -> Result<Vec<(DeliveryState, i64)>, StoreError> {
    let query = deliveries::table
        .group_by(deliveries::state)
        .select((deliveries::state, count_star()));
    let counted: Vec<(String, i64)> = query.load(connection).await?;
    let counted: HashMap<String, i64> = counted.into_iter().collect();
    let states = DeliveryState::ALL.into_iter();
    let count = |state: DeliveryState| counted.get(state.word()).copied().unwrap_or_default();
    Ok(states.map(|state| (state, count(state))).collect())
}

async fn needing_attention(
    connection: &mut Connection,
) -> Result<Vec<(WorkspaceId, i64)>, StoreError> {
    let query = deliveries::table
        .filter(deliveries::state.eq(DeliveryState::NeedsAttention.word()))
        .group_by(deliveries::workspace_id)
        .select((deliveries::workspace_id, count_star()));
    let mut counted: Vec<(RowId, i64)> = query.load(connection).await?;
    counted.sort_unstable();
    let counted = counted.into_iter();
    Ok(counted.map(|(id, count)| (id.id(), count)).collect())
}

async fn pauses(
    connection: &mut Connection,
    now: OffsetDateTime,
) -> Result<Vec<Pause>, StoreError> {
    let query = tracker_pauses::table
        .filter(tracker_pauses::paused_until.gt(now))
        .order(tracker_pauses::paused_until.desc());
    let rows: Vec<(String, OffsetDateTime, String)> = query.load(connection).await?;
    rows.into_iter()
        .map(|(scope, until, reason)| {
            let scope = scope_of(&scope).ok_or(StoreError::Corrupt {
                column: "tracker_pauses.scope",
            })?;
            Ok(Pause {
                scope,
                until,
                reason,
            })
        })
        .collect()
}

fn scope_of(key: &str) -> Option<PauseScope> {
    match key.split_once(':') {
        None if key == PauseScope::App.key() => Some(PauseScope::App),
        Some(("site", site)) => Some(PauseScope::Site(site.to_owned())),
        Some(("creates", site)) => Some(PauseScope::Creates(site.to_owned())),
        _ => None,
    }
}
