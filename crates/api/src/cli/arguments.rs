//! What can be written on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use handoff_domain::workspace::model::Role;
use uuid::Uuid;

/// Turns product documents into engineering tickets, delivers each of them to Jira exactly once, and keeps their status
/// true.
#[derive(Debug, Parser)]
#[command(name = "handoff", version)]
pub struct Arguments {
    /// The settings file [default: handoff.toml, where there is one].
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The data folder.
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// The database, sqlite://path or postgres://…
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Arguments {
    /// Whether this is the long-running service.
    #[must_use]
    pub const fn is_serving(&self) -> bool {
        matches!(self.command, Command::Serve { .. })
    }

    /// The settings given as flags.
    pub(super) fn flags(&self) -> Vec<(String, String)> {
        let mut flags = Vec::new();
        let mut put = |key: &str, value: Option<String>| {
            flags.extend(value.map(|value| (key.to_owned(), value)));
        };
        put("data_dir", self.data_dir.clone());
        put("database.url", self.database.clone());
        if let Command::Serve { bind, metrics_bind } = &self.command {
            put("server.bind", bind.map(|bind| bind.to_string()));
            put("server.metrics_bind", metrics_bind.clone());
        }
        flags
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serves the HTTP API.
    Serve {
        /// Where to listen.
        #[arg(long, value_name = "ADDRESS")]
        bind: Option<SocketAddr>,
        /// Where to serve metrics, or off.
        #[arg(long, value_name = "ADDRESS")]
        metrics_bind: Option<String>,
    },
    /// Shows the whole journey against a stand-in for Jira, with nothing installed.
    #[cfg(feature = "demo")]
    Demo {
        /// A product document in Markdown; one of ours when absent.
        file: Option<PathBuf>,
        /// Leaves both servers running at the end.
        #[arg(long)]
        serve: bool,
    },
    /// Prints the tickets that a document calls for.
    Scope {
        /// A product document in Markdown; - for standard input.
        file: PathBuf,
        /// Prints each line of the document with what became of it, and why.
        #[arg(long)]
        explain: bool,
    },
    /// Tells how database, keys and settings stand.
    Status,
    /// Applies, takes back or lists migrations.
    #[command(subcommand)]
    Migrate(MigrateAction),
    /// Checks the settings.
    #[command(subcommand)]
    Config(ConfigAction),
    /// Shows the encryption keys, or seals with the first one.
    #[command(subcommand)]
    Keys(KeysAction),
    /// Makes or lists workspaces.
    #[command(subcommand)]
    Workspace(WorkspaceAction),
    /// Adds or removes members.
    #[command(subcommand)]
    Member(MemberAction),
    /// Makes or revokes API tokens.
    #[command(subcommand)]
    Token(TokenAction),
    /// Switches a feature of a workspace.
    Feature(FeatureAction),
    /// Decides about unfinished deliveries.
    #[command(subcommand)]
    Delivery(DeliveryAction),
    /// Prints the OpenAPI document.
    #[command(hide = true)]
    Openapi,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum DeliveryAction {
    /// Makes every unfinished delivery wait for a person; for use after a backup was restored.
    Quarantine {
        /// Only of this workspace; of all when absent.
        #[arg(long, value_name = "ID")]
        workspace: Option<Uuid>,
    },
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum MigrateAction {
    /// Applies every migration that is not applied yet.
    Up,
    /// Takes the latest migration back.
    Down,
    /// Lists the migrations and whether they are applied.
    Status,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum ConfigAction {
    /// Prints the effective settings, secrets masked, or every fault.
    Check,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum KeysAction {
    /// Lists the ids of the keys, the writing one first.
    List,
    /// Seals every stored secret with the first key, beside running servers; another run shows when nothing is left to do.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(super) enum WorkspaceAction {
    /// Makes a workspace.
    Create {
        /// Its id; drawn when absent.
        #[arg(long)]
        id: Option<Uuid>,
        /// Its name.
        #[arg(long)]
        name: String,
    },
    /// Lists all workspaces.
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum MemberAction {
    /// Adds a person or changes their role.
    Add {
        /// The workspace.
        #[arg(long, value_name = "ID")]
        workspace: Uuid,
        /// The sub claim of the person's tokens.
        #[arg(long)]
        subject: String,
        /// What they may do.
        #[arg(long)]
        role: RoleArgument,
    },
    /// Removes a person.
    Remove {
        /// The workspace.
        #[arg(long, value_name = "ID")]
        workspace: Uuid,
        /// The sub claim of the person's tokens.
        #[arg(long)]
        subject: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenAction {
    /// Makes an API token; it is shown this once.
    Create {
        /// The workspace.
        #[arg(long, value_name = "ID")]
        workspace: Uuid,
        /// What it may do.
        #[arg(long)]
        role: RoleArgument,
        /// After how many days it ends; never when absent.
        #[arg(long, value_name = "DAYS")]
        expires_in_days: Option<u16>,
    },
    /// Revokes an API token.
    Revoke {
        /// Its id or the token itself; - reads it from standard input.
        token: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct FeatureAction {
    /// On or off.
    pub(super) switch: Switch,
    /// The feature, such as has_integrations.
    pub(super) name: String,
    /// The workspace.
    #[arg(long, value_name = "ID")]
    pub(super) workspace: Uuid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleArgument {
    Member,
    Admin,
    Owner,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Member => Self::Member,
            RoleArgument::Admin => Self::Admin,
            RoleArgument::Owner => Self::Owner,
        }
    }
}
