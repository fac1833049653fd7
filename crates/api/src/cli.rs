//! The command line.

mod arguments;
mod config;
mod delivery;
mod keys;
mod members;
mod migrate;
mod output;
mod scope;
mod serve;
mod status;
mod tokens;
mod workspaces;

use std::process::ExitCode;

use crate::wiring::Store;
use anyhow::Result;

pub use arguments::Arguments;

use crate::config::{Config, Sources};
use crate::{openapi, telemetry, wiring};
use arguments::{Command, KeysAction};
use output::Output;
#[cfg(feature = "demo")]
pub(crate) use scope::shortened;

/// Runs a command to its end.
///
/// # Errors
/// What a person must be told; nothing was printed of it yet.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let output = Output::new(arguments.json);
    let flags = arguments.flags();
    match arguments.command {
        Command::Openapi => output.text(openapi::json()),
        Command::Scope { file, explain } => scope::run(output, &file, explain),
        #[cfg(feature = "demo")]
        Command::Demo { file, serve } => return crate::demo::run(file.as_deref(), serve).await,
        command => {
            let config = Config::load(Sources::from_process(arguments.config, flags))?;
            return run_configured(command, &config, output).await;
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn run_configured(command: Command, config: &Config, output: Output) -> Result<ExitCode> {
    if let Command::Config(_) = command {
        config::check(output, config)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Serve { .. } = command {
        telemetry::init_log(&config.log)?;
        serve::run(config).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let store = wiring::open_store(config).await?;
    if let Command::Status = command {
        return status::run(output, config, &store).await;
    }
    run_stored(command, config, &store, output).await?;
    Ok(ExitCode::SUCCESS)
}

async fn run_stored(
    command: Command,
    config: &Config,
    store: &Store,
    output: Output,
) -> Result<()> {
    if let Command::Migrate(action) = command {
        return migrate::run(output, store, action).await;
    }
    if let Command::Keys(KeysAction::List) = command {
        return keys::list(output, config);
    }
    wiring::ensure_migrated(config, store).await?;
    if let Command::Keys(KeysAction::Rotate) = command {
        return keys::rotate(output, config, store).await;
    }
    if let Command::Delivery(action) = command {
        return delivery::run(output, store, action).await;
    }
    let service = wiring::core(store)?.workspaces();
    match command {
        Command::Workspace(action) => workspaces::run(output, &service, action).await,
        Command::Member(action) => members::run(output, &service, action).await,
        Command::Token(action) => tokens::run(output, &service, action).await,
        Command::Feature(action) => workspaces::feature(output, &service, action).await,
        _ => Ok(()),
    }
}
