//! What goes wrong: in the sandbox by its own random faults, in the processes by signals.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use fastrand::Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::fleet::Fleet;
use super::sandbox::Control;
use super::workload::pause;
use super::{ChaosDatabase, ChaosOptions, LEASE_SECONDS, SETTLE_SECONDS};

use self::faults::GROUPS;

mod faults;

/// How probable it is that a request is struck while some kinds never struck.
const INSISTING_SHARE: f64 = 0.8;
/// How often it is looked which kinds these still are.
const INSIST_EVERY: Duration = Duration::from_millis(500);
/// How many further deeds there are after each kind was done once, at least.
const FURTHER_DEEDS: usize = 4;
/// After how many further deeds the work is given time to go on.
const DEEDS_IN_A_ROW: usize = 6;
/// The longest time it is given: a lone process that is killed more often than this never sees a dead refresh's lease run out.
const BREATHER: Duration = Duration::from_secs(40);

/// Something done to a process or to the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Kill,
    Freeze,
    LongFreeze,
    ExpireTokens,
    HideProject,
    ChangeLag,
    CrashPostgres,
}

impl Deed {
    const fn name(self) -> &'static str {
        match self {
            Self::Kill => "process killed",
            Self::Freeze => "process frozen",
            Self::LongFreeze => "process frozen for longer than lease and settle time",
            Self::ExpireTokens => "access tokens expired",
            Self::HideProject => "project hidden for a while",
            Self::ChangeLag => "search lag changed",
            Self::CrashPostgres => "PostgreSQL crashed",
        }
    }
}

/// How often each kind of fault really struck.
pub(super) type Struck = BTreeMap<String, u64>;

/// The one that does it.
#[derive(Debug)]
pub(super) struct Mischief {
    fleet: Arc<Fleet>,
    control: Control,
    random: Rng,
    seed: u64,
    pid_file: Option<PathBuf>,
    must_strike: bool,
    struck: Struck,
}

impl Mischief {
    pub(super) fn new(options: &ChaosOptions, fleet: Arc<Fleet>, control: Control) -> Self {
        let pid_file = match &options.database {
            ChaosDatabase::Postgres { pid_file, .. } => pid_file.clone(),
            ChaosDatabase::Sqlite => None,
        };
        Self {
            fleet,
            control,
            random: Rng::with_seed(options.seed.rotate_left(17)),
            seed: options.seed,
            pid_file,
            must_strike: options.every_kind,
            struck: Struck::new(),
        }
    }

    /// Switches the sandbox's random faults on.
    pub(super) async fn begin(&self) -> Result<()> {
        self.control
            .post(
                "settings",
                &json!({"latency_ms": 20, "latency_per_issue_ms": 2, "search_lag_ms": 800,
                    "shuffle_bulk_answers": true, "seed": self.seed}),
            )
            .await?;
        let rules = GROUPS
            .iter()
            .map(|group| group.rule(group.kinds, group.share));
        let rules: Vec<Value> = rules.collect();
        let chaos = json!({"seed": self.seed, "rules": rules});
        self.control.post("chaos", &chaos).await?;
        Ok(())
    }

    /// Lets only those kinds strike that never did.
    async fn insist(&mut self) -> Result<()> {
        let report = self.control.get("chaos").await?;
        self.add(&report);
        let rules = GROUPS.iter().filter_map(|group| {
            let has_struck = |kind: &str| self.struck.get(&group.name_of(kind)) != Some(&0);
            let spared = group.kinds.iter().copied();
            let spared: Vec<&str> = spared.filter(|kind| !has_struck(kind)).collect();
            (!spared.is_empty()).then(|| group.rule(&spared, INSISTING_SHARE))
        });
        let rules: Vec<Value> = rules.collect();
        let chaos = json!({"seed": self.seed.wrapping_add(1), "rules": rules});
        self.control.post("chaos", &chaos).await?;
        Ok(())
    }

    /// Does every kind of deed once, in any order, then goes on until the work is accepted.
    ///
    /// In the second half of the work only those kinds of faults strike that did not yet, where all must.
    pub(super) async fn rage_until(&mut self, done: impl Fn() -> f64) -> Result<()> {
        let mut first = self.possible();
        self.random.shuffle(&mut first);
        let mut further = 0;
        let mut before = done();
        loop {
            let deed = match first.pop() {
                Some(deed) => deed,
                None if done() >= 1.0 && further >= FURTHER_DEEDS => return Ok(()),
                None => self.another(),
            };
            further += usize::from(first.is_empty());
            self.commit(deed).await?;
            *self.struck.entry(deed.name().to_owned()).or_default() += 1;
            if self.must_strike && done() > 0.5 {
                self.insist().await?;
            }
            pause(&mut self.random, 100..900).await;
            if further % DEEDS_IN_A_ROW == DEEDS_IN_A_ROW - 1 {
                let goes_on = progress(before, &done);
                tokio::time::timeout(BREATHER, goes_on).await.ok();
                before = done();
            }
        }
    }

    /// Lets the processes live and the project be seen from here on.
    pub(super) async fn leave_alone(&self) -> Result<()> {
        let settings = json!({"search_lag_ms": 300, "search_lag_most_ms": null});
        self.control.post("settings", &settings).await?;
        self.control
            .post("projects/SHOP", &json!({"browse": true}))
            .await?;
        for index in 0..self.fleet.len() {
            self.fleet.freeze(index, false);
            self.fleet.revive(index)?;
        }
        Ok(())
    }

    /// Waits for something while those kinds of faults go on that never struck, where all must.
    pub(super) async fn insist_during<T>(&mut self, wait: impl Future<Output = T>) -> Result<T> {
        if !self.must_strike {
            self.control.delete("chaos").await?;
            return Ok(wait.await);
        }
        let mut wait = std::pin::pin!(wait);
        loop {
            self.insist().await?;
            if let Ok(done) = tokio::time::timeout(INSIST_EVERY, &mut wait).await {
                return Ok(done);
            }
        }
    }

    /// Ends all faults, and gives how often each struck.
    pub(super) async fn end(mut self) -> Result<Struck> {
        let report = self.control.delete("chaos").await?;
        self.add(&report);
        if !self.must_strike {
            self.struck.retain(|_, count| *count > 0);
        }
        Ok(self.struck)
    }

    /// Adds up what struck.
    fn add(&mut self, report: &Value) {
        let struck = report.get("struck").and_then(Value::as_object);
        for group in &GROUPS {
            for kind in group.kinds {
                let of_group = struck.into_iter().flatten();
                let of_group = of_group.filter(|(endpoint, _)| group.has(endpoint));
                let counts = of_group.filter_map(|(_, kinds)| kinds.get(*kind)?.get("requests"));
                let sum: u64 = counts.filter_map(Value::as_u64).sum();
                *self.struck.entry(group.name_of(kind)).or_default() += sum;
            }
        }
    }

    fn possible(&self) -> Vec<Deed> {
        let mut deeds = vec![
            Deed::Kill,
            Deed::Freeze,
            Deed::LongFreeze,
            Deed::ExpireTokens,
            Deed::HideProject,
            Deed::ChangeLag,
        ];
        deeds.extend(self.pid_file.is_some().then_some(Deed::CrashPostgres));
        deeds
    }

    fn another(&mut self) -> Deed {
        match self.random.u8(0..20) {
            0..8 => Deed::Kill,
            8..13 => Deed::Freeze,
            13..16 => Deed::ExpireTokens,
            16..17 if self.pid_file.is_some() => Deed::CrashPostgres,
            16..18 => Deed::HideProject,
            _ => Deed::ChangeLag,
        }
    }

    async fn commit(&mut self, deed: Deed) -> Result<()> {
        let victim = self.random.usize(..self.fleet.len());
        match deed {
            Deed::Kill => {
                self.fleet.kill(victim);
                pause(&mut self.random, 0..800).await;
                self.fleet.revive(victim)?;
            }
            Deed::Freeze => {
                self.fleet.freeze(victim, true);
                pause(&mut self.random, 100..2_500).await;
                self.fleet.freeze(victim, false);
            }
            Deed::LongFreeze => {
                self.fleet.freeze(victim, true);
                let whole = u64::from(LEASE_SECONDS + SETTLE_SECONDS + 2);
                tokio::time::sleep(Duration::from_secs(whole)).await;
                self.fleet.freeze(victim, false);
            }
            Deed::ExpireTokens => {
                self.control.post("tokens/expire", &json!({})).await?;
            }
            Deed::HideProject => {
                let project = "projects/SHOP";
                self.control
                    .post(project, &json!({"browse": false}))
                    .await?;
                pause(&mut self.random, 200..1_500).await;
                self.control.post(project, &json!({"browse": true})).await?;
            }
            Deed::ChangeLag => {
                let (least, most) = (self.random.u64(0..500), self.random.u64(500..1_500));
                let lag = json!({"search_lag_ms": least, "search_lag_most_ms": most});
                self.control.post("settings", &lag).await?;
            }
            Deed::CrashPostgres => self.crash_postgres().await?,
        }
        Ok(())
    }

    /// Ends the server as a crash would, and waits until somebody has started it again.
    async fn crash_postgres(&self) -> Result<()> {
        let Some(file) = &self.pid_file else {
            return Ok(());
        };
        let read = || {
            let text = fs::read_to_string(file).ok()?;
            let is_ready = text.lines().nth(7).map(str::trim) == Some("ready");
            let pid: i32 = text.lines().next()?.trim().parse().ok()?;
            Some((pid, is_ready))
        };
        let (pid, _) = read().context("the pid file of PostgreSQL cannot be read")?;
        let process = Pid::from_raw(pid).context("no process id")?;
        kill_process(process, Signal::QUIT)?;
        let back = || read().is_some_and(|(now, is_ready)| now != pid && is_ready);
        for _ in 0..600 {
            if back() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("PostgreSQL did not come back")
    }
}

async fn progress(before: f64, done: impl Fn() -> f64) {
    while done() <= before && done() < 1.0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
