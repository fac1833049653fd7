//! `handoff token`

use std::io;

use anyhow::{Result, bail};
use handoff_domain::shared::ids::WorkspaceId;
use handoff_domain::workspace::model::{Actor, Role};
use handoff_domain::workspace::service::WorkspaceService;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::arguments::TokenAction;
use super::output::Output;

/// The one place where a token's secret is shown.
#[derive(Serialize)]
struct Created {
    token: String,
    workspace_id: Uuid,
    role: Role,
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    token_id: Uuid,
}

#[derive(Serialize)]
struct Revoked {
    revoked: bool,
}

pub(super) async fn run(
    output: Output,
    service: &WorkspaceService,
    action: TokenAction,
) -> Result<()> {
    match action {
        TokenAction::Create {
            workspace,
            role,
            expires_in_days,
        } => {
            let id = WorkspaceId::from_uuid(workspace);
            let lifetime = expires_in_days.map(|days| Duration::days(days.into()));
            let expires_at = lifetime.map(|lifetime| OffsetDateTime::now_utc() + lifetime);
            let made = service
                .create_token(Actor::System, id, role.into(), expires_at)
                .await?;
            let created = Created {
                token: made.secret.expose_secret().to_owned(),
                workspace_id: workspace,
                role: made.token.role,
                expires_at: made.token.expires_at,
                token_id: made.token.id.as_uuid(),
            };
            output.value(&created, || created.token.clone())
        }
        TokenAction::Revoke { token } => {
            let token = if token == "-" {
                io::read_to_string(io::stdin())?
            } else {
                token
            };
            if !service.revoke_token(Actor::System, token.trim()).await? {
                bail!("there is no such token, or it was revoked before");
            }
            output.value(&Revoked { revoked: true }, || "revoked".to_owned())
        }
    }
}
