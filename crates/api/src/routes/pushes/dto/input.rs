//! What is asked of pushes.

use handoff_domain::connection::model::Platform;
use handoff_domain::delivery::plan::PushCommand;
use handoff_domain::delivery::ports::IdempotencyKey;
use handoff_domain::delivery::resolve::Decision;
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::workspace::model::Actor;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Code};
use crate::extract::{Gate, Input, from_text};
use crate::routes::dto::{DeliveryStateDto, PushStateDto};
use crate::state::AppState;

/// Which tickets go where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushTickets {
    #[expect(dead_code, reason = "read before the body is, to check the caller")]
    workspace_id: Uuid,
    document_id: Uuid,
    /// The tracker: `jira`.
    platform: String,
    /// 1 to 10,000, repeats count once; all reviewed tickets when absent.
    ticket_ids: Option<Vec<Uuid>>,
    /// The project; the only one in which the account may create issues when absent.
    project_key: Option<String>,
    /// The issue type for every ticket, by id or name.
    issue_type: Option<String>,
    /// Further fields in the tracker's own JSON, such as `{"customfield_10010": "x"}`.
    #[schema(value_type = Option<Object>)]
    fields: Option<Map<String, Value>>,
    /// Only tell what would happen.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

impl Input for PushTickets {}

impl Gate for PushTickets {
    const INTEGRATIONS: bool = true;
}

impl PushTickets {
    pub(crate) fn into_command(self, workspace_id: WorkspaceId) -> Result<PushCommand, ApiError> {
        let platform = Platform::parse(&self.platform).ok_or_else(|| {
            ApiError::new(
                Code::UnsupportedPlatform,
                "the only platform so far is jira",
            )
        })?;
        let ids = self
            .ticket_ids
            .map(|ids| ids.into_iter().map(Into::into).collect());
        Ok(PushCommand {
            workspace_id,
            document_id: self.document_id.into(),
            platform,
            ticket_ids: ids,
            project_key: self.project_key,
            issue_type: self.issue_type,
            fields: self.fields.unwrap_or_default(),
        })
    }
}

/// The caller's key with the hash of what was asked, however that was spaced and ordered.
pub(crate) fn idempotency(
    key: String,
    caller: Actor,
    raw: &[u8],
    state: &AppState,
) -> IdempotencyKey {
    let body: Value = serde_json::from_slice(raw).unwrap_or_default();
    IdempotencyKey {
        key,
        caller,
        body_hash: state.hasher.hash(&body.to_string()),
    }
}

/// Which pushes are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPushes {
    #[expect(dead_code, reason = "read before the query is, to check the caller")]
    workspace_id: Uuid,
    pub(crate) document_id: Option<Uuid>,
    pub(crate) state: Option<PushStateDto>,
    /// 1 to 200.
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) limit: Option<u32>,
    /// Where the page begins.
    pub(crate) cursor: Option<String>,
}

impl Input for ListPushes {}

impl Gate for ListPushes {}

/// From where on a push is watched.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WatchPush {
    /// The number of a change: only what came after it; all when absent.
    #[serde(default, deserialize_with = "from_text")]
    after: Option<u64>,
}

impl Input for WatchPush {}

impl WatchPush {
    pub(crate) fn after(&self) -> i64 {
        i64::try_from(self.after.unwrap_or_default()).unwrap_or(i64::MAX)
    }
}

/// What a person decides about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResolveAction {
    /// `issue_key` is its issue.
    Link,
    /// There is no issue: send it again, after one more look.
    Resend,
    /// Give it up.
    Abandon,
}

/// What becomes of a delivery that needs attention.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveDelivery {
    action: ResolveAction,
    /// The key of the issue that the ticket became; with `link` only.
    issue_key: Option<String>,
}

impl Input for ResolveDelivery {}

impl ResolveDelivery {
    pub(crate) fn into_decision(self) -> Result<Decision, ApiError> {
        match (self.action, self.issue_key) {
            (ResolveAction::Link, Some(issue_key)) => Ok(Decision::Link { issue_key }),
            (ResolveAction::Link, None) => {
                Err(ApiError::invalid("/issue_key", "name the issue to link"))
            }
            (_, Some(_)) => Err(ApiError::invalid("/issue_key", "is for link only")),
            (ResolveAction::Resend, None) => Ok(Decision::Resend),
            (ResolveAction::Abandon, None) => Ok(Decision::Abandon),
        }
    }
}

/// Which deliveries are listed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDeliveries {
    #[expect(dead_code, reason = "read before the query is, to check the caller")]
    workspace_id: Uuid,
    pub(crate) state: Option<DeliveryStateDto>,
    /// 1 to 200.
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) limit: Option<u32>,
    /// Where the page begins.
    pub(crate) cursor: Option<String>,
}

impl Input for ListDeliveries {}

impl Gate for ListDeliveries {}
