//! The highest issue number of a project that is known.
//!
//! A fence that is too low makes a later look longer; one that is too high hides issues from it. So a number counts only
//! when an issue of the project was seen to have it.

use handoff_domain::delivery::model::{Fence, ProjectRef};
use handoff_domain::delivery::tracker::{Costed, TrackerError};
use jira_client::{BulkCreated, ElementOutcome, FetchOptions, Issue, Jira, SearchQuery};

use super::cost;
use super::errors::tracker_error;
use super::marks::number_in;

/// How many of the newest issues are asked for; the first may just be leaving the project.
const NEWEST: u32 = 5;
/// How often the range of possible numbers is narrowed where search shows nothing.
const ROUNDS: usize = 4;
const KEYS_A_ROUND: u64 = 100;
/// No project has numbers beyond this.
const GREATEST: u64 = 100_000_000;

/// The highest number that the project's issues are seen to have.
pub(super) async fn read(jira: &Jira, project: &ProjectRef) -> Result<Costed<Fence>, TrackerError> {
    let jql = format!("project = {} ORDER BY key DESC", project.id);
    let mut query = SearchQuery::new(jql, ["project"]);
    query.page_size = Some(NEWEST);
    let (newest, mut quota_points) = match jira.search(&query).await {
        Ok(page) => {
            let cost = cost::of_objects(page.issues.len());
            (greatest(&page.issues, &project.id), cost)
        }
        Err(error) if error.status() == Some(400) => (0, cost::of_failure(&error)),
        Err(error) => return Err(tracker_error(error)),
    };
    let seen = match newest {
        0 => probe(jira, project, &mut quota_points).await?,
        seen => seen,
    };
    Ok(Costed {
        value: Fence(seen.to_string()),
        quota_points,
    })
}

/// The highest number that a create's answer shows.
pub(super) fn of_created(created: &BulkCreated) -> Option<Fence> {
    let placed = created.outcomes.iter().filter_map(ElementOutcome::created);
    let keys = placed.chain(&created.unplaced);
    let mut keys = keys.filter_map(|issue| issue.key.rsplit_once('-'));
    let (project, _) = keys.clone().next()?;
    // Keys of two projects leave open which number belongs to which.
    if keys.clone().any(|(other, _)| other != project) {
        return None;
    }
    let greatest = keys.try_fold(0_u64, |greatest, (_, number)| {
        Some(greatest.max(number.parse().ok()?))
    })?;
    Some(Fence(greatest.to_string()))
}

/// The greatest number among issues that lie in the project by field and by key.
fn greatest(issues: &[Issue], project_id: &str) -> u64 {
    let numbers = issues.iter().filter_map(|issue| {
        let home = issue.fields.project.as_ref()?;
        (home.id == project_id)
            .then(|| number_in(&issue.key, &home.key))
            .flatten()
    });
    numbers.max().unwrap_or(0)
}

/// Asks for single keys, far apart at first: how high the numbers go where search shows nothing.
///
/// A key that names another project by now finds no issue of this one, and the fence is only too low.
async fn probe(
    jira: &Jira,
    project: &ProjectRef,
    quota_points: &mut i64,
) -> Result<u64, TrackerError> {
    let options = FetchOptions::fields(["project"]);
    let (mut seen, mut next_rung) = (0, GREATEST);
    for _ in 0..ROUNDS {
        let rungs = rungs(seen, next_rung);
        let keys: Vec<String> = rungs
            .iter()
            .map(|rung| format!("{}-{rung}", project.key))
            .collect();
        let found = jira
            .bulk_fetch(&keys, &options)
            .await
            .map_err(tracker_error)?;
        *quota_points += cost::of_objects(found.issues.len());
        let highest = greatest(&found.issues, &project.id);
        if highest <= seen {
            break;
        }
        let above = rungs.iter().copied().find(|rung| *rung > highest);
        (seen, next_rung) = (highest, above.unwrap_or(next_rung));
    }
    Ok(seen)
}

/// Up to a hundred numbers above one that was seen: by growing steps where nothing bounds them, else even ones.
fn rungs(seen: u64, bound: u64) -> Vec<u64> {
    if seen > 0 {
        let step = (bound.saturating_sub(seen) / KEYS_A_ROUND).max(1);
        return (1..KEYS_A_ROUND)
            .map(|rung| seen.saturating_add(rung.saturating_mul(step)))
            .take_while(|rung| *rung < bound)
            .collect();
    }
    let grow = |rung: &u64| Some((rung + 1).max(rung.saturating_mul(6) / 5));
    std::iter::successors(Some(1), grow)
        .take_while(|rung| *rung < bound)
        .take(100)
        .collect()
}
