//! The tickets of a push as its reports show them.

use diesel::prelude::*;
use handoff_domain::delivery::model::PushEntry;

use super::super::super::Backend;
use super::super::super::schema::{deliveries, execution_tickets, push_tickets};
use super::super::super::tickets::rows::external_issue;
use super::super::rows::DeliveryRow;
use crate::error::StoreError;
use crate::values::RowId;

/// A ticket of a push with its delivery, and with the issue that it was before the push.
#[derive(Queryable, Selectable)]
#[diesel(table_name = push_tickets, check_for_backend(Backend))]
pub(super) struct ReportedEntry {
    ticket_id: RowId,
    delivery_id: Option<RowId>,
    #[diesel(embed)]
    delivery: Option<DeliveryRow>,
    #[diesel(select_expression = execution_tickets::external_site_id.nullable())]
    external_site_id: Option<String>,
    #[diesel(select_expression = execution_tickets::external_id.nullable())]
    external_id: Option<String>,
    #[diesel(select_expression = execution_tickets::external_key.nullable())]
    external_key: Option<String>,
    #[diesel(select_expression = execution_tickets::external_url.nullable())]
    external_url: Option<String>,
}

/// The rows behind [`ReportedEntry`].
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn entries_of(push: RowId) -> _ {
    push_tickets::table
        .left_join(deliveries::table.on(push_tickets::delivery_id.eq(deliveries::id.nullable())))
        .left_join(execution_tickets::table.on(execution_tickets::id.eq(push_tickets::ticket_id)))
        .filter(push_tickets::push_id.eq(push))
}

impl TryFrom<ReportedEntry> for PushEntry {
    type Error = StoreError;

    fn try_from(row: ReportedEntry) -> Result<Self, StoreError> {
        match (row.delivery_id, row.delivery) {
            (_, Some(delivery)) => Ok(Self::Delivery(delivery.try_into()?)),
            (Some(_), None) => Err(StoreError::Corrupt {
                column: "push_tickets.delivery_id",
            }),
            (None, None) => Ok(Self::AlreadyPushed {
                ticket_id: row.ticket_id.id(),
                external: external_issue(
                    row.external_site_id,
                    row.external_id,
                    row.external_key,
                    row.external_url,
                ),
            }),
        }
    }
}
