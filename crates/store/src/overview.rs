//! How the ledger stands, for operators.

use handoff_domain::delivery::model::{DeliveryState, Pause};
use handoff_domain::shared::ids::WorkspaceId;

/// How the ledger stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerOverview {
    /// How many deliveries are in each state, in the order of a delivery's life; every state is named.
    pub deliveries: Vec<(DeliveryState, i64)>,
    /// How many deliveries need a person, in workspaces where any does.
    pub needing_attention: Vec<(WorkspaceId, i64)>,
    /// The pauses that have not ended, those that last longest first.
    pub pauses: Vec<Pause>,
}
