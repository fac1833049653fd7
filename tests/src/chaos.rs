//! Random deaths, freezes and lost answers against the real binary, and the comparison at the end.
//!
//! Everything that is drawn comes from one seed. The timing of processes does not, so a seed repeats the faults and the
//! work, not every interleaving.

pub(crate) mod fleet;
mod mischief;
pub(crate) mod program;
pub(crate) mod sandbox;
mod submit;
mod verdict;
mod watch;
mod workload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use self::fleet::Fleet;
use self::mischief::Mischief;
use self::sandbox::SandboxProcess;
use self::submit::Submission;
pub use self::verdict::Verdict;
use self::workload::Workload;

/// The settle time of the services under test, in seconds; longer than any delay of the sandbox.
const SETTLE_SECONDS: u32 = 4;
/// Their leases, in seconds; the shortest that is allowed.
const LEASE_SECONDS: u32 = 6;
/// How long after the last fault everything must have come to rest.
const QUIET_WITHIN: Duration = Duration::from_secs(240);

/// Where the services keep their data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChaosDatabase {
    /// One file in the run's folder.
    Sqlite,
    /// A server that is already there.
    Postgres {
        /// An empty database on it.
        url: String,
        /// The pid file of a server that somebody starts again whenever it dies; without it the server is left alone.
        pid_file: Option<PathBuf>,
    },
}

/// What is run.
#[derive(Clone, Debug)]
pub struct ChaosOptions {
    /// How many tickets are delivered.
    pub deliveries: usize,
    /// What everything random is drawn from.
    pub seed: u64,
    /// Where the services keep their data.
    pub database: ChaosDatabase,
    /// How many services share it.
    pub processes: usize,
    /// Where databases, logs and the record of the run are left.
    pub folder: PathBuf,
    /// Whether every kind of fault must have struck for the run to count.
    pub every_kind: bool,
}

/// Runs it: starts everything, delivers under faults, waits for quiet and compares.
///
/// # Errors
/// When something could not be started or asked; whatever the comparison finds is in the verdict.
pub async fn run(options: &ChaosOptions) -> Result<Verdict> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    std::fs::create_dir_all(&options.folder).context("the folder of the run cannot be made")?;
    let begun = Instant::now();
    let sandbox = SandboxProcess::start(&options.folder, &[])?;
    let fleet = Arc::new(Fleet::start(options, &sandbox)?);
    let workload = Workload::prepare(options, &fleet).await?;

    let mut mischief = Mischief::new(options, Arc::clone(&fleet), sandbox.control.clone());
    mischief.begin().await?;
    let watchers = watch::start(&fleet, &workload);
    let submission = Submission::start(options, &fleet, workload.pushes.clone());
    mischief.rage_until(|| submission.done()).await?;
    let pushes = submission.finish().await?;
    mischief.leave_alone().await?;
    let quiet = verdict::wait_for_quiet(&fleet, &workload, QUIET_WITHIN);
    let mut quiet = mischief.insist_during(quiet).await?;
    let struck = mischief.end().await?;
    let refused = verdict::refused(&fleet, &workload).await?;
    let pushed_again = refused.tickets;
    if quiet.is_ok() && pushed_again > 0 {
        // As the users do: what Jira refused while the project was hidden is pushed again.
        let again = Submission::start(options, &fleet, refused.pushes);
        again.finish().await?;
        quiet = verdict::wait_for_quiet(&fleet, &workload, QUIET_WITHIN).await;
    }
    watchers.finish().await?;
    let compared = verdict::compare(&fleet, &workload, &sandbox.control).await?;
    let verdict = Verdict {
        options: options.clone(),
        pushes,
        pushed_again,
        compared,
        struck,
        unrest: quiet.err().map(|error| format!("{error:#}")),
        took: begun.elapsed(),
    };
    std::fs::write(options.folder.join("verdict.txt"), verdict.to_string())?;
    Ok(verdict)
}
