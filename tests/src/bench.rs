//! What a push, a sync, a start and a list cost, measured on the real binary beside the sandbox in one run.
//!
//! Goals are printed, never enforced: a busy machine misses them without anything being wrong.

mod jira;
mod list;
mod report;
mod service;
mod work;

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use self::jira::BareJira;
use self::report::Report;
use self::service::Service;
use crate::chaos::sandbox::SandboxProcess;

/// What the sandbox takes for every request.
const REQUEST_MS: &str = "150";
/// What it takes longer for every created issue.
const ISSUE_MS: &str = "15";
/// How many requests the service has in flight to one site, and so have the bare requests.
const IN_FLIGHT: usize = 4;
/// How many one-by-one requests are really made; the rest is their number times the mean.
const ONE_BY_ONE: usize = 40;
const STARTS: usize = 5;
/// How long a started service is left alone before its memory counts as idle.
const IDLE_AFTER: Duration = Duration::from_secs(3);

/// What is measured.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// How many tickets the compared pushes have.
    pub tickets: usize,
    /// How many tickets the push has during which memory is measured, where it is.
    pub large: Option<usize>,
    /// Where data and logs go.
    pub folder: PathBuf,
}

/// Measures everything and gives the table.
///
/// # Errors
/// When something could not be started or measured.
pub async fn run(options: &BenchOptions) -> Result<String> {
    ensure!(options.tickets > 0, "there is nothing to push");
    let _ = rustls::crypto::ring::default_provider().install_default();
    std::fs::create_dir_all(&options.folder)?;
    let flags = [
        "--latency-ms",
        REQUEST_MS,
        "--latency-per-issue-ms",
        ISSUE_MS,
    ];
    let sandbox = SandboxProcess::start(&options.folder, &flags)?;
    let mut report = Report::new(title(options.tickets));
    let mut service = Service::start(&options.folder, &sandbox.control.base_url).await?;
    let client = service.connected_client().await?;
    let jira = BareJira::consented(&sandbox.control).await?;

    let first = work::push(&client, &jira, options.tickets).await?;
    first.report("first push", &mut report);
    let second = work::push(&client, &jira, options.tickets).await?;
    second.report("next push", &mut report);
    work::one_by_one(&jira, &second, &mut report).await?;
    work::sync(&client, &jira, &second, &mut report).await?;
    list::report(&client, &second.document, &mut report).await?;
    if let Some(large) = options.large {
        work::large(&client, &service, large, &mut report).await?;
    }
    starts(&mut service, &mut report).await?;
    Ok(report.to_string())
}

async fn starts(service: &mut Service, report: &mut Report) -> Result<()> {
    let mut taken = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        taken.push(service.restart().await?);
    }
    taken.sort_unstable();
    let (median, slowest) = (taken[taken.len() / 2], taken[taken.len() - 1]);
    report.goal(
        "start to ready, existing database",
        format!("{} ms", median.as_millis()),
        "< 300 ms",
        median < Duration::from_millis(300),
    );
    report.fact(
        format!("  the slowest of {STARTS}"),
        format!("{} ms", slowest.as_millis()),
    );
    tokio::time::sleep(IDLE_AFTER).await;
    let idle = service.memory("VmRSS")?;
    report.goal("memory, idle", megabytes(idle), "< 40 MB", idle < 40e6);
    Ok(())
}

fn title(tickets: usize) -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!(
        "{tickets} tickets, Jira at {REQUEST_MS} ms a request + {ISSUE_MS} ms an issue, {IN_FLIGHT} in flight, SQLite, \
         {cores} cores, load before {load}"
    )
}

/// How long something took, and what it gave.
async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<(T, Duration)> {
    let begun = Instant::now();
    let made = work.await?;
    Ok((made, begun.elapsed()))
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn megabytes(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}
