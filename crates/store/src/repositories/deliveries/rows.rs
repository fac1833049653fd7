//! Rows of pushes, their entries and deliveries.

use diesel::prelude::*;
use handoff_domain::delivery::ledger::{Held, HeldPush, NumberedJoin, Opening, Step};
use handoff_domain::delivery::model::{Delivery, DeliveryState, Fence, ProjectRef, Push};
use handoff_domain::delivery::ports::IdempotencyKey;
use serde_json::Value;
use time::OffsetDateTime;

use super::super::Backend;
use super::super::schema::{deliveries, push_tickets, pushes};
use super::super::tickets::rows::external_issue;
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_actor, parse_json, parse_word, to_json};

/// A push without its idempotency key.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = pushes, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct PushRow {
    pub(super) id: RowId,
    pub(super) workspace_id: RowId,
    pub(super) document_id: RowId,
    pub(super) platform: String,
    pub(super) site_id: String,
    pub(super) account_id: String,
    pub(super) project_id: String,
    pub(super) project_key: String,
    pub(super) fence: String,
    pub(super) state: String,
    pub(super) quota_points: i64,
    pub(super) change_number: i64,
    pub(super) created_by: String,
    pub(super) created_at: OffsetDateTime,
    pub(super) settled_at: Option<OffsetDateTime>,
    pub(super) cancelled_at: Option<OffsetDateTime>,
}

impl From<&Push> for PushRow {
    fn from(push: &Push) -> Self {
        Self {
            id: push.id.into(),
            workspace_id: push.workspace_id.into(),
            document_id: push.document_id.into(),
            platform: push.platform.word().to_owned(),
            site_id: push.site_id.clone(),
            account_id: push.account_id.clone(),
            project_id: push.project.id.clone(),
            project_key: push.project.key.clone(),
            fence: push.fence.0.clone(),
            state: push.state.word().to_owned(),
            quota_points: push.quota_points,
            change_number: push.change_number,
            created_by: push.created_by.to_string(),
            created_at: push.created_at,
            settled_at: push.settled_at,
            cancelled_at: None,
        }
    }
}

impl TryFrom<PushRow> for Push {
    type Error = StoreError;

    fn try_from(row: PushRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.id(),
            workspace_id: row.workspace_id.id(),
            document_id: row.document_id.id(),
            platform: parse_word("pushes.platform", &row.platform)?,
            site_id: row.site_id,
            account_id: row.account_id,
            project: ProjectRef {
                id: row.project_id,
                key: row.project_key,
            },
            fence: Fence(row.fence),
            state: parse_word("pushes.state", &row.state)?,
            quota_points: row.quota_points,
            change_number: row.change_number,
            created_by: parse_actor("pushes.created_by", &row.created_by)?,
            created_at: row.created_at,
            settled_at: row.settled_at,
        })
    }
}

impl PushRow {
    /// The row as the rules see it.
    pub(super) fn held(&self) -> Result<HeldPush, StoreError> {
        Ok(HeldPush {
            state: parse_word("pushes.state", &self.state)?,
            change_number: self.change_number,
            settled_at: self.settled_at,
            is_cancelled: self.cancelled_at.is_some(),
        })
    }

    /// Takes over what the rules changed.
    pub(super) fn set(&mut self, held: &HeldPush) {
        held.state.word().clone_into(&mut self.state);
        self.change_number = held.change_number;
        self.settled_at = held.settled_at;
    }
}

/// The idempotency key of a push.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = pushes, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct KeyColumns {
    idempotency_caller: Option<String>,
    idempotency_key: Option<String>,
    idempotency_hash: Option<Vec<u8>>,
}

impl From<Option<&IdempotencyKey>> for KeyColumns {
    fn from(key: Option<&IdempotencyKey>) -> Self {
        Self {
            idempotency_caller: key.map(|key| key.caller.to_string()),
            idempotency_key: key.map(|key| key.key.clone()),
            idempotency_hash: key.map(|key| key.body_hash.to_vec()),
        }
    }
}

/// A new push with its key.
#[derive(Insertable)]
#[diesel(table_name = pushes)]
pub(super) struct NewPushRow {
    #[diesel(embed)]
    pub(super) push: PushRow,
    #[diesel(embed)]
    pub(super) key: KeyColumns,
}

/// A ticket's place in a push. It has a number of its own where the push did not make the delivery itself.
#[derive(Clone, Copy, Queryable, Selectable, Insertable)]
#[diesel(table_name = push_tickets, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct EntryRow {
    pub(super) push_id: RowId,
    pub(super) position: i32,
    pub(super) ticket_id: RowId,
    pub(super) delivery_id: Option<RowId>,
    pub(super) change_number: Option<i64>,
}

/// A delivery without its payload, which never changes.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = deliveries, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct DeliveryRow {
    pub(super) id: RowId,
    pub(super) push_id: RowId,
    pub(super) workspace_id: RowId,
    pub(super) ticket_id: RowId,
    pub(super) site_id: String,
    pub(super) state: String,
    pub(super) attempts: i32,
    pub(super) retry_at: Option<OffsetDateTime>,
    pub(super) lease_id: Option<RowId>,
    pub(super) fence: Option<String>,
    pub(super) warnings: Value,
    pub(super) error: Option<Value>,
    pub(super) external_id: Option<String>,
    pub(super) external_key: Option<String>,
    pub(super) external_url: Option<String>,
    pub(super) change_number: i64,
    pub(super) created_at: OffsetDateTime,
    pub(super) updated_at: OffsetDateTime,
    pub(super) attempt_id: Option<RowId>,
    pub(super) attempted_at: Option<OffsetDateTime>,
    /// A person had it sent again; a push that was cancelled before does not call it off any more.
    pub(super) is_resent: bool,
}

impl From<&NumberedJoin> for EntryRow {
    fn from(joined: &NumberedJoin) -> Self {
        Self {
            push_id: joined.entry.push_id.into(),
            position: joined.entry.position,
            ticket_id: joined.ticket_id.into(),
            delivery_id: Some(joined.delivery_id.into()),
            change_number: Some(joined.change_number),
        }
    }
}

impl DeliveryRow {
    /// Where the delivery stands.
    pub(super) fn state(&self) -> Result<DeliveryState, StoreError> {
        parse_word("deliveries.state", &self.state)
    }

    /// The row as the rules see it.
    pub(super) fn held(&self) -> Result<Held<'_>, StoreError> {
        Ok(Held {
            id: self.id.id(),
            push_id: self.push_id.id(),
            workspace_id: self.workspace_id.id(),
            ticket_id: self.ticket_id.id(),
            site_id: &self.site_id,
            state: self.state()?,
            lease_id: self.lease_id.map(RowId::id),
            attempt_id: self.attempt_id.map(RowId::id),
            attempted_at: self.attempted_at,
            issue_id: self.external_id.as_deref(),
            change_number: self.change_number,
            is_resent: self.is_resent,
        })
    }

    /// Takes over what a move writes.
    pub(super) fn take(&mut self, step: Step, now: OffsetDateTime) -> Result<(), StoreError> {
        step.rule.to.word().clone_into(&mut self.state);
        self.change_number = step.change_number;
        self.updated_at = now;
        let writes = step.writes;
        self.retry_at = writes.retry_at;
        self.is_resent |= writes.is_resent;
        self.lease_id = writes.attempt.as_ref().map(|it| it.lease_id.into());
        if let Some(attempt) = writes.attempt {
            self.attempt_id = self.lease_id;
            self.attempted_at = Some(now);
            self.attempts += 1;
            self.fence = Some(attempt.fence.0);
        }
        if let Some(error) = writes.error {
            self.error = error.as_ref().map(to_json).transpose()?;
        }
        if let Some(issue) = writes.issue {
            self.external_id = Some(issue.id);
            self.external_key = Some(issue.key);
            self.external_url = Some(issue.url);
        }
        Ok(())
    }
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self, StoreError> {
        let state = row.state()?;
        let site = Some(row.site_id.clone());
        Ok(Self {
            id: row.id.id(),
            push_id: row.push_id.id(),
            workspace_id: row.workspace_id.id(),
            ticket_id: row.ticket_id.id(),
            site_id: row.site_id,
            state,
            attempts: row.attempts,
            attempted_at: row.attempted_at,
            retry_at: row.retry_at,
            fence: row.fence.map(Fence),
            warnings: parse_json("deliveries.warnings", row.warnings)?,
            error: row
                .error
                .map(|json| parse_json("deliveries.error", json))
                .transpose()?,
            external: external_issue(site, row.external_id, row.external_key, row.external_url),
            change_number: row.change_number,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A new delivery with its payload.
#[derive(Insertable)]
#[diesel(table_name = deliveries)]
pub(super) struct NewDeliveryRow {
    #[diesel(embed)]
    pub(super) delivery: DeliveryRow,
    #[diesel(embed)]
    pub(super) payload: PayloadColumn,
}

impl NewDeliveryRow {
    /// The row of a delivery that a push makes.
    pub(super) fn new(push: &Push, opening: &Opening<'_>) -> Result<Self, StoreError> {
        let delivery = DeliveryRow {
            id: opening.id.into(),
            push_id: push.id.into(),
            workspace_id: push.workspace_id.into(),
            ticket_id: opening.ticket_id.into(),
            site_id: push.site_id.clone(),
            state: opening.state().word().to_owned(),
            attempts: 0,
            retry_at: None,
            lease_id: None,
            fence: None,
            warnings: to_json(&opening.warnings)?,
            error: opening.error.map(to_json).transpose()?,
            external_id: None,
            external_key: None,
            external_url: None,
            change_number: opening.change_number,
            created_at: push.created_at,
            updated_at: push.created_at,
            attempt_id: None,
            attempted_at: None,
            is_resent: false,
        };
        let payload = opening.payload.map(str::to_owned);
        Ok(Self {
            delivery,
            payload: PayloadColumn { payload },
        })
    }
}

/// What is sent.
#[derive(Insertable)]
#[diesel(table_name = deliveries, treat_none_as_default_value = false)]
pub(super) struct PayloadColumn {
    pub(super) payload: Option<String>,
}
