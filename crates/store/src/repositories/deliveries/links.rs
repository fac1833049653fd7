//! Which issue is which ticket.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use handoff_domain::delivery::ledger::{self, Links};
use handoff_domain::delivery::model::DeliveryState;
use handoff_domain::ticket::model::ExternalIssue;
use handoff_domain::ticket::ports::Relink;
use time::OffsetDateTime;

use super::super::Connection;
use super::super::schema::{deliveries, execution_tickets};
use super::super::tickets::IDS_PER_STATEMENT;
use super::changes::{CANDIDATE, Candidate, change};
use crate::error::StoreError;
use crate::values::{RowId, Word};

type LinkColumns = (Option<String>, Option<String>, RowId);

/// The tickets that the named issues are linked to.
pub(super) async fn load_links(
    connection: &mut Connection,
    issues: &[&ExternalIssue],
) -> Result<Links, StoreError> {
    let mut sites: Vec<&str> = issues.iter().map(|issue| issue.site_id.as_str()).collect();
    sites.sort_unstable();
    sites.dedup();
    let ids: Vec<&str> = issues.iter().map(|issue| issue.id.as_str()).collect();
    let mut links = Vec::with_capacity(issues.len());
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        let query = execution_tickets::table
            .filter(execution_tickets::external_site_id.eq_any(&sites))
            .filter(execution_tickets::external_id.eq_any(ids))
            .select((
                execution_tickets::external_site_id,
                execution_tickets::external_id,
                execution_tickets::id,
            ));
        let rows: Vec<LinkColumns> = query.load(connection).await?;
        links.extend(rows.into_iter().filter_map(|(site, issue, ticket)| {
            let link = (site?, issue?);
            Some((link, ticket.id()))
        }));
    }
    Ok(Links::new(links))
}

/// Gives the confirmed deliveries of tickets that exchange their issues the new ones.
pub(in super::super) async fn relink(
    connection: &mut Connection,
    links: &[Relink],
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let tickets: Vec<RowId> = links.iter().map(|link| link.ticket_id.into()).collect();
    let found: Vec<Candidate> = deliveries::table
        .filter(deliveries::ticket_id.eq_any(&tickets))
        .filter(deliveries::state.eq(DeliveryState::Confirmed.word()))
        .select(CANDIDATE)
        .load(connection)
        .await?;
    change(connection, &found, now, |locked| {
        ledger::relink(locked, links)
    })
    .await?;
    Ok(())
}
