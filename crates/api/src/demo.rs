//! `handoff demo`: the whole journey, with nothing installed.
//!
//! A stand-in for Atlassian and the real service run inside this process; everything between them and a browser that
//! this file plays goes over HTTP.

mod browser;
mod client;
mod journey;
mod show;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use handoff_domain::workspace::model::{Actor, Role};
use jira_sandbox::{Sandbox, SandboxConfig};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use crate::config::{Config, LogConfig, LogFormat, SettingsFile, Sources};
use crate::serve::{self, Service};
use crate::{telemetry, wiring};
use client::Client;
use journey::{Input, Tally};
use show::say;

const SAMPLE: &str = include_str!("../assets/demo.md");
const APP_ID: &str = "handoff-demo";

/// Runs the journey with a document, ours when none is given.
///
/// # Errors
/// When the document cannot be read or a step of the journey fails.
pub(crate) async fn run(file: Option<&Path>, stay: bool) -> Result<ExitCode> {
    let input = read(file)?;
    // Warnings of a demonstration belong to people; RUST_LOG can ask for more.
    telemetry::init_log(&LogConfig {
        level: "error".to_owned(),
        format: LogFormat::Text,
    })?;
    wiring::install_tls();
    let folder = tempfile::tempdir()?;
    let sandbox = start_sandbox()?;
    let config = settings(&folder, &sandbox)?;
    let (workspace, token) = first_workspace(&config).await?;
    let service = serve::start(&config, None).await?;
    say(format!(
        "Jira stand-in at {}, Handoff at {}",
        sandbox.base_url(),
        trimmed(&service)
    ))?;
    let client = Client::new(trimmed(&service), &token, &workspace)?;
    let tally = journey::run(&client, sandbox.base_url(), &input).await?;
    if stay {
        say_where(&service, &sandbox, &token, &workspace)?;
    }
    say(tally.to_string())?;
    if stay {
        serve::stop_requested().await?;
    }
    service.stop().await;
    sandbox.stop();
    Ok(exit_code(&tally))
}

const fn exit_code(tally: &Tally) -> ExitCode {
    if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn trimmed(service: &Service) -> &str {
    service.public_url.as_str().trim_end_matches('/')
}

fn read(file: Option<&Path>) -> Result<Input> {
    let Some(file) = file else {
        return Ok(Input {
            title: "Shared shopping lists".to_owned(),
            content: SAMPLE.to_owned(),
        });
    };
    let content =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let heading = content.lines().find_map(|line| line.strip_prefix("# "));
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let title = heading.map_or_else(|| stem.trim(), str::trim);
    Ok(Input {
        title: title.chars().take(200).collect(),
        content,
    })
}

fn start_sandbox() -> Result<Sandbox> {
    let config = SandboxConfig {
        client_id: APP_ID.to_owned(),
        ..SandboxConfig::default()
    };
    Ok(Sandbox::start(config)?)
}

/// The settings that point the service at the stand-in; neither file nor environment of the caller plays in.
fn settings(folder: &TempDir, sandbox: &Sandbox) -> Result<Config> {
    let secret = SandboxConfig::default().client_secret;
    let flags = [
        ("data_dir", folder.path().display().to_string()),
        ("server.bind", "127.0.0.1:0".to_owned()),
        ("server.metrics_bind", "off".to_owned()),
        ("jira.client_id", APP_ID.to_owned()),
        ("jira.client_secret", secret),
        ("jira.auth_url", sandbox.base_url().to_owned()),
        ("jira.api_url", sandbox.base_url().to_owned()),
        ("limits.requests_per_minute", "100000".to_owned()),
    ];
    let flags = flags.map(|(key, value)| (key.to_owned(), value)).to_vec();
    Ok(Config::load(Sources {
        file: SettingsFile::Never,
        environment: Vec::new(),
        flags,
    })?)
}

/// What an operator would do with `handoff workspace create` and `handoff token create`.
async fn first_workspace(config: &Config) -> Result<(String, String)> {
    let store = wiring::open_store(config).await?;
    wiring::ensure_migrated(config, &store).await?;
    let workspaces = wiring::core(&store)?.workspaces();
    let workspace = workspaces
        .create(Actor::System, "Demonstration", None)
        .await?;
    let token = workspaces
        .create_token(Actor::System, workspace.id, Role::Owner, None)
        .await?;
    Ok((
        workspace.id.to_string(),
        token.secret.expose_secret().to_owned(),
    ))
}

fn say_where(service: &Service, sandbox: &Sandbox, token: &str, workspace: &str) -> Result<()> {
    let handoff = trimmed(service);
    say(format!(
        "Handoff:   {handoff} (its API is described at {handoff}/docs/)"
    ))?;
    say(format!("Jira:      {}", sandbox.base_url()))?;
    say(format!("Workspace: {workspace}"))?;
    say(format!("Token:     {token}"))?;
    say("Both stay up until Ctrl-C.".to_owned())
}
