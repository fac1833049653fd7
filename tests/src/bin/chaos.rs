//! Runs chaos by itself; `cargo xtask chaos` builds everything, starts PostgreSQL and calls this.
#![expect(clippy::print_stdout, reason = "it tells a person what it found")]

use std::path::PathBuf;
use std::process::ExitCode;

use acceptance::chaos::{ChaosDatabase, ChaosOptions, run};
use clap::Parser;

/// Delivers tickets while everything dies, and compares what was made.
#[derive(Parser)]
struct Arguments {
    /// How many tickets are delivered.
    #[arg(long, default_value_t = 200)]
    deliveries: usize,
    /// What everything random is drawn from; the time where it is left out.
    #[arg(long)]
    seed: Option<u64>,
    /// How many services share the database.
    #[arg(long, default_value_t = 1)]
    processes: usize,
    /// An empty PostgreSQL database; SQLite where it is left out.
    #[arg(long)]
    postgres_url: Option<String>,
    /// The pid file of a PostgreSQL server that is started again whenever it dies.
    #[arg(long, requires = "postgres_url")]
    postgres_pid_file: Option<PathBuf>,
    /// Where databases and logs are left; a temporary folder that is removed after success where it is left out.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Fails where some kind of fault never struck.
    #[arg(long)]
    every_kind: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let temporary = tempfile::Builder::new()
        .prefix("handoff-chaos-")
        .tempdir()?;
    let folder = match arguments.folder {
        Some(folder) => std::path::absolute(folder)?,
        None => temporary.path().to_owned(),
    };
    let database = match arguments.postgres_url {
        None => ChaosDatabase::Sqlite,
        Some(url) => ChaosDatabase::Postgres {
            url,
            pid_file: arguments.postgres_pid_file,
        },
    };
    let options = ChaosOptions {
        deliveries: arguments.deliveries,
        seed: arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
        database,
        processes: arguments.processes.max(1),
        folder,
        every_kind: arguments.every_kind,
    };
    println!("seed {}", options.seed);
    let verdict = run(&options).await;
    if verdict
        .as_ref()
        .is_ok_and(acceptance::chaos::Verdict::is_ok)
    {
        println!("{}", verdict?);
        return Ok(ExitCode::SUCCESS);
    }
    let kept = temporary.keep();
    match verdict {
        Ok(verdict) => println!("{verdict}"),
        Err(error) => println!("FAILED: seed {}: {error:#}", options.seed),
    }
    println!(
        "logs and data: {}",
        if options.folder.starts_with(&kept) {
            kept
        } else {
            options.folder
        }
        .display()
    );
    Ok(ExitCode::FAILURE)
}
