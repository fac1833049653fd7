//! The first start on an empty folder leaves something to begin with.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Result;
use handoff_domain::shared::page::PageRequest;
use handoff_domain::workspace::model::{Actor, Role};
use handoff_domain::workspace::service::WorkspaceService;
use secrecy::ExposeSecret as _;

use super::files;
use crate::config::Config;

const TOKEN_FILE: &str = "first-token";
const WORKSPACE_NAME: &str = "My workspace";

/// Makes a workspace and an owner's token where there is no workspace yet.
///
/// The token is printed only when standard output is a terminal; else it goes to a file that only its owner may read.
///
/// # Errors
/// When the database or the file cannot be written.
pub async fn first_start(config: &Config, workspaces: &WorkspaceService) -> Result<()> {
    let page = PageRequest {
        limit: 1,
        after: None,
    };
    if !workspaces.list_all(page).await?.items.is_empty() {
        return Ok(());
    }
    let workspace = workspaces
        .create(Actor::System, WORKSPACE_NAME, None)
        .await?;
    let made = workspaces
        .create_token(Actor::System, workspace.id, Role::Owner, None)
        .await?;
    let token = made.secret.expose_secret();
    let mut out = io::stdout();
    if out.is_terminal() {
        writeln!(out, "Workspace:   {}", workspace.id)?;
        writeln!(out, "Owner token: {token}")?;
        writeln!(
            out,
            "The token is shown this once; make others with `handoff token create`."
        )?;
        return Ok(());
    }
    let path = config.data_dir.join(TOKEN_FILE);
    files::replace_private(&path, token)?;
    let workspace = workspace.id;
    tracing::info!(%workspace, path = %path.display(), "made a first workspace; its owner's token is in the file");
    Ok(())
}
