//! `handoff member`

use anyhow::Result;
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::workspace::model::{Actor, Role};
use handoff_domain::workspace::service::WorkspaceService;
use serde::Serialize;
use uuid::Uuid;

use super::arguments::MemberAction;
use super::output::Output;

#[derive(Serialize)]
struct Added {
    workspace_id: Uuid,
    user_id: Uuid,
    subject: String,
    role: Role,
}

#[derive(Serialize)]
struct Removed {
    workspace_id: Uuid,
    user_id: Uuid,
}

/// An operator may do what an owner may.
pub(super) async fn run(
    output: Output,
    service: &WorkspaceService,
    action: MemberAction,
) -> Result<()> {
    match action {
        MemberAction::Add {
            workspace,
            subject,
            role,
        } => {
            let (id, role) = (WorkspaceId::from_uuid(workspace), role.into());
            let member = service
                .put_member(Actor::System, Role::Owner, id, &subject, role)
                .await?;
            let user_id = member.user.id.as_uuid();
            let added = Added {
                workspace_id: workspace,
                user_id,
                subject,
                role,
            };
            output.value(&added, || {
                format!("{} is a member: {user_id}", added.subject)
            })
        }
        MemberAction::Remove { workspace, subject } => {
            let id = WorkspaceId::from_uuid(workspace);
            let user = service.user(&subject).await?.id;
            service
                .remove_member(Actor::System, Role::Owner, id, user)
                .await?;
            let removed = Removed {
                workspace_id: workspace,
                user_id: user.as_uuid(),
            };
            output.value(&removed, || format!("{subject} is no longer a member"))
        }
    }
}
