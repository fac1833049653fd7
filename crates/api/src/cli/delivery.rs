//! `handoff delivery`

use crate::wiring::{self, Store};
use anyhow::Result;
use handoff_domain::delivery::resolve::quarantine;
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::workspace::model::Actor;
use serde::Serialize;
use uuid::Uuid;

use super::arguments::DeliveryAction;
use super::output::Output;

#[derive(Serialize)]
struct Quarantined {
    workspace_id: Option<Uuid>,
    deliveries: u32,
}

/// Safe beside a running service: what it is sending at this moment is left to a person too.
pub(super) async fn run(output: Output, store: &Store, action: DeliveryAction) -> Result<()> {
    let DeliveryAction::Quarantine { workspace } = action;
    let core = wiring::core(store)?;
    let id = workspace.map(WorkspaceId::from_uuid);
    if let Some(id) = id {
        let found = core.directory.find_workspace(id).await?;
        anyhow::ensure!(found.is_some(), "there is no workspace {id}");
    }
    let ledger = store.deliveries();
    let (clock, ids) = (core.clock.as_ref(), &core.ids);
    let deliveries = quarantine(ledger.as_ref(), clock, ids, Actor::System, id).await?;
    let quarantined = Quarantined {
        workspace_id: workspace,
        deliveries,
    };
    output.value(&quarantined, || match deliveries {
        0 => "no delivery was unfinished".to_owned(),
        1 => "1 delivery waits for a person now".to_owned(),
        many => format!("{many} deliveries wait for a person now"),
    })
}
