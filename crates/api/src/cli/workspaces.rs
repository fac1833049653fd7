//! `handoff workspace` and `handoff feature`

use anyhow::Result;
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::shared::page::{MAX_LIMIT, PageRequest};
use handoff_domain::workspace::model::{Actor, Workspace};
use handoff_domain::workspace::service::WorkspaceService;
use serde::Serialize;
use uuid::Uuid;

use super::arguments::{FeatureAction, Switch, WorkspaceAction};
use super::output::Output;

#[derive(Serialize)]
struct Shown {
    id: Uuid,
    name: String,
}

impl From<Workspace> for Shown {
    fn from(workspace: Workspace) -> Self {
        Self {
            id: workspace.id.as_uuid(),
            name: workspace.name,
        }
    }
}

pub(super) async fn run(
    output: Output,
    service: &WorkspaceService,
    action: WorkspaceAction,
) -> Result<()> {
    match action {
        WorkspaceAction::Create { id, name } => {
            let id = id.map(WorkspaceId::from_uuid);
            let made = Shown::from(service.create(Actor::System, &name, id).await?);
            output.value(&made, || made.id.to_string())
        }
        WorkspaceAction::List => {
            let mut page = PageRequest {
                limit: MAX_LIMIT,
                after: None,
            };
            let mut all: Vec<Shown> = Vec::new();
            loop {
                let found = service.list_all(page).await?;
                all.extend(found.items.into_iter().map(Into::into));
                page.after = found.next;
                if page.after.is_none() {
                    break;
                }
            }
            let row = |shown: &Shown| vec![shown.id.to_string(), shown.name.clone()];
            output.list(&all, &["ID", "NAME"], row)
        }
    }
}

#[derive(Serialize)]
struct Feature {
    workspace_id: Uuid,
    feature: String,
    on: bool,
}

pub(super) async fn feature(
    output: Output,
    service: &WorkspaceService,
    action: FeatureAction,
) -> Result<()> {
    let on = action.switch == Switch::On;
    let workspace = WorkspaceId::from_uuid(action.workspace);
    service
        .set_feature(Actor::System, workspace, &action.name, on)
        .await?;
    let done = Feature {
        workspace_id: action.workspace,
        feature: action.name,
        on,
    };
    output.value(&done, || {
        format!("{} is {}", done.feature, if on { "on" } else { "off" })
    })
}
