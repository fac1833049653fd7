//! Pauses that every process obeys.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::model::{Pause, PauseScope};
use time::OffsetDateTime;

use super::super::Connection;
use super::super::schema::tracker_pauses;
use crate::error::StoreError;

/// The pauses that have not ended.
pub(super) struct ActivePauses(HashMap<String, (OffsetDateTime, String)>);

impl ActivePauses {
    pub(super) async fn load(
        connection: &mut Connection,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let query = QueryDsl::filter(tracker_pauses::table, tracker_pauses::paused_until.gt(now));
        let rows: Vec<(String, OffsetDateTime, String)> = query.load(connection).await?;
        let pauses = rows
            .into_iter()
            .map(|(scope, until, reason)| (scope, (until, reason)));
        Ok(Self(pauses.collect()))
    }

    /// Whether nothing at all may be sent.
    pub(super) fn hold_everything(&self) -> bool {
        self.0.contains_key(&PauseScope::App.key())
    }

    /// The sites on which nothing may be created.
    pub(super) fn sites(&self) -> impl Iterator<Item = &str> {
        let site = |key: &'_ String| -> Option<usize> { key.find(':').map(|colon| colon + 1) };
        self.0.keys().filter_map(move |key| key.get(site(key)?..))
    }

    /// The sites that may not even be looked at.
    pub(super) fn whole_sites(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|key| key.strip_prefix("site:"))
    }

    /// The longest pause that holds creates on a site back.
    pub(super) fn on_creates(&self, site: &str) -> Option<Pause> {
        let scopes = PauseScope::holding_creates(site).into_iter();
        let pauses = scopes.filter_map(|scope| {
            let (until, reason) = self.0.get(&scope.key())?;
            Some(Pause {
                scope,
                until: *until,
                reason: reason.clone(),
            })
        });
        pauses.max_by_key(|pause| pause.until)
    }
}

/// Writes a pause; one that lasts longer stays.
pub(super) async fn write(connection: &mut Connection, pause: &Pause) -> Result<(), StoreError> {
    let row = (
        tracker_pauses::scope.eq(pause.scope.key()),
        tracker_pauses::paused_until.eq(pause.until),
        tracker_pauses::reason.eq(&pause.reason),
    );
    let upsert = diesel::insert_into(tracker_pauses::table)
        .values(row)
        .on_conflict(tracker_pauses::scope)
        .do_update()
        .set((
            tracker_pauses::paused_until.eq(excluded(tracker_pauses::paused_until)),
            tracker_pauses::reason.eq(excluded(tracker_pauses::reason)),
        ));
    let shorter = tracker_pauses::paused_until.lt(excluded(tracker_pauses::paused_until));
    FilterDsl::filter(upsert, shorter)
        .execute(connection)
        .await?;
    Ok(())
}
