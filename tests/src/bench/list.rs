//! How long a list takes at a steady rate.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use tokio::task::JoinSet;

use super::report::Report;
use crate::client::Client;

/// Requests a second, tried from the first until the machine keeps up.
const RATES: [u32; 4] = [1_000, 500, 250, 100];
const CONNECTIONS: u32 = 8;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(8);
/// The share of the rate from which on it counts as kept.
const KEPT: f64 = 0.97;

/// What a steady rate gave.
#[derive(Debug)]
struct Steady {
    per_second: f64,
    sorted: Vec<Duration>,
}

/// Measures the list of 50 tickets and reports it.
pub(super) async fn report(client: &Client, document: &str, report: &mut Report) -> Result<()> {
    let path = format!("/api/execution/{document}/tickets?limit=50");
    let tickets = client.get(&path).await.expect(200);
    let listed = tickets["tickets"].as_array().map_or(0, Vec::len);
    for rate in RATES {
        steady(client, &path, rate, WARM_UP).await?;
        let measured = steady(client, &path, rate, MEASURED).await?;
        let is_kept = measured.per_second >= f64::from(rate) * KEPT;
        if !is_kept && rate != RATES[RATES.len() - 1] {
            report.fact(
                format!("list at {rate} a second: not kept up with"),
                format!("{:.0} /s", measured.per_second),
            );
            continue;
        }
        let is_full = rate == RATES[0];
        for (name, percent, goal, limit) in [("p50", 50, "< 1 ms", 1), ("p99", 99, "< 5 ms", 5)] {
            let latency = measured.percentile(percent)?;
            report.goal(
                format!(
                    "list of {listed} tickets at {:.0} a second, {name}",
                    measured.per_second
                ),
                format!("{:.2} ms", latency.as_secs_f64() * 1e3),
                goal,
                is_full && latency < Duration::from_millis(limit),
            );
        }
        return Ok(());
    }
    Ok(())
}

impl Steady {
    fn percentile(&self, percent: usize) -> Result<Duration> {
        let at = self.sorted.len() * percent / 100;
        self.sorted.get(at).copied().context("nothing was measured")
    }
}

/// Sends requests at planned moments over connections that stay open.
async fn steady(client: &Client, path: &str, rate: u32, during: Duration) -> Result<Steady> {
    let begun = Instant::now();
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let every = Duration::from_secs(1) * CONNECTIONS / rate;
        let first = begun + every * connection / CONNECTIONS;
        connections.spawn(one_connection(
            client.clone(),
            path.to_owned(),
            first,
            every,
            during,
        ));
    }
    let mut sorted = Vec::new();
    while let Some(latencies) = connections.join_next().await {
        sorted.extend(latencies??);
    }
    let per_second = sorted.len() as f64 / begun.elapsed().as_secs_f64();
    sorted.sort_unstable();
    Ok(Steady { per_second, sorted })
}

async fn one_connection(
    client: Client,
    path: String,
    first: Instant,
    every: Duration,
    during: Duration,
) -> Result<Vec<Duration>> {
    let (mut planned, mut latencies) = (first, Vec::new());
    while planned < first + during {
        // A request that had to wait for the one before it counts from when it was due; the slack of a timer counts
        // for nobody.
        let from = if Instant::now() < planned {
            tokio::time::sleep_until(planned.into()).await;
            Instant::now()
        } else {
            planned
        };
        let answer = client.request(Method::GET, &path).send().await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await?;
        latencies.push(from.elapsed());
        planned += every;
    }
    Ok(latencies)
}
