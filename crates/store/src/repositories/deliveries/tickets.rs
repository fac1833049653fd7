//! What a change of a delivery does to its ticket.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::ledger::table::TicketEffect;
use handoff_domain::ticket::model::TicketStatus;
use serde_json::Value;
use time::OffsetDateTime;

use super::super::Connection;
use super::super::schema::{deliveries, execution_tickets};
use crate::error::StoreError;
use crate::values::{RowId, Word};

/// Changes tickets whose deliveries are written already.
pub(super) async fn write(
    connection: &mut Connection,
    effect: TicketEffect,
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
    match effect {
        TicketEffect::Keep => return Ok(()),
        TicketEffect::Touched => {
            let update = diesel::update(tickets).set(touch);
            update.execute(connection).await?
        }
        TicketEffect::Released => {
            let update = diesel::update(tickets).set((touch, release));
            update.execute(connection).await?
        }
        TicketEffect::Failed => {
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
        TicketEffect::Pushed => {
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
