//! Other people, who create issues meanwhile, and issues that were there before.

use std::sync::PoisonError;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::state::State;
use crate::timing::Timing;
use crate::world::{Content, Edit, IssueData, World};

/// How often somebody who creates issues in the background looks whether one is due.
const TICK: Duration = Duration::from_millis(5);
/// What a seeded issue is called where nothing else is said.
const SEEDED: &str = "Seeded issue";

/// Issues to be made by another account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    pub(crate) count: u64,
    /// Issues a second; none makes them all at once.
    pub(crate) per_second: Option<f64>,
    /// The account; another one than the first where nothing is said.
    pub(crate) account: Option<String>,
    pub(crate) summary: Option<String>,
}

/// What other people have done and still mean to do.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Others {
    pub(crate) created: u64,
    pub(crate) pending: u64,
    /// Grows when those at work are told to stop.
    #[serde(skip)]
    round: u64,
}

/// Somebody else than the first account, at the moment of doing something.
#[derive(Debug)]
pub(crate) struct Other {
    account: String,
    now: OffsetDateTime,
    visible_at: OffsetDateTime,
}

impl Other {
    /// Gives somebody else than the first account, who acts now.
    pub(crate) fn acting(world: &World, timing: &mut Timing) -> Self {
        Self {
            account: world.other_account(),
            now: timing.now(),
            visible_at: timing.searchable_from(),
        }
    }

    /// Gives the edit that search sees after its lag.
    pub(crate) fn edit(&self) -> Edit<'_> {
        Edit {
            actor: &self.account,
            now: self.now,
            visible_at: self.visible_at,
        }
    }

    /// Gives the edit that search sees at once.
    pub(crate) fn edit_at_once(&self) -> Edit<'_> {
        Edit {
            visible_at: self.now,
            ..self.edit()
        }
    }
}

impl State {
    /// Lets another account create issues: all at once, or in the background at a rate.
    pub(crate) fn start_others(&mut self, project: &str, batch: &Batch) -> Result<(), String> {
        let per_second = batch.per_second.filter(|rate| *rate > 0.0);
        let account = self.world.other_account();
        let issue = plain_issue(&self.world, self.timing.now(), project, batch, &account)?;
        let Some(per_second) = per_second else {
            for _ in 0..batch.count {
                self.add_one_of_others(&issue);
            }
            return Ok(());
        };
        self.others.pending += batch.count;
        let round = self.others.round;
        let (myself, count) = (self.myself.clone(), batch.count);
        let work = move || {
            let begin = Instant::now();
            let mut done = 0_u32;
            while u64::from(done) < count {
                thread::sleep(TICK);
                let Some(state) = myself.upgrade() else {
                    return;
                };
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                if state.others.round != round {
                    return;
                }
                while u64::from(done) < count
                    && f64::from(done) < begin.elapsed().as_secs_f64() * per_second
                {
                    state.add_one_of_others(&issue);
                    done += 1;
                }
            }
        };
        let thread = thread::Builder::new().name("sandbox-others".to_owned());
        thread.spawn(work).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Tells everybody who creates issues in the background to stop.
    pub(crate) fn stop_others(&mut self) {
        self.others.round += 1;
        self.others.pending = 0;
    }

    fn add_one_of_others(&mut self, issue: &(usize, IssueData)) {
        let visible_at = self.timing.searchable_from();
        let now = self.timing.now();
        let (site, mut data) = issue.clone();
        data.created = now;
        data.updated = now;
        self.others.created += 1;
        self.others.pending = self.others.pending.saturating_sub(1);
        if let Some(site) = self.world.sites.get_mut(site) {
            site.create(data, visible_at);
        }
    }
}

/// Adds issues that were there before, which search knows at once.
pub(crate) fn seed_issues(
    world: &mut World,
    now: OffsetDateTime,
    project: &str,
    batch: &Batch,
) -> Result<(), String> {
    let account = world.accounts.first().map(|account| account.id.as_str());
    let (site, data) = plain_issue(world, now, project, batch, account.unwrap_or_default())?;
    let site = world.sites.get_mut(site);
    let site = site.ok_or_else(|| "There is no such site.".to_owned())?;
    for _ in 0..batch.count {
        site.insert(data.clone(), now);
    }
    Ok(())
}

/// Makes an issue of a project's plain type, with the index of its site.
fn plain_issue(
    world: &World,
    now: OffsetDateTime,
    project: &str,
    batch: &Batch,
    account: &str,
) -> Result<(usize, IssueData), String> {
    let no_project = || format!("There is no project '{project}'.");
    let at = world.site_of_project(project).ok_or_else(no_project)?;
    let site = world.sites.get(at).ok_or_else(no_project)?;
    let (home_at, home) = site.any_project(project).ok_or_else(no_project)?;
    let kind = home.plain_type();
    let kind = kind.ok_or_else(|| format!("'{project}' has no plain issue type."))?;
    let account = batch.account.as_deref().unwrap_or(account);
    if world.account(account).is_none() {
        return Err(format!("There is no account '{account}'."));
    }
    let mut content = Content::new(home, kind, account, now);
    content.summary = batch.summary.clone().unwrap_or_else(|| SEEDED.to_owned());
    Ok((at, IssueData::new(home_at, content)))
}
