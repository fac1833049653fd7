//! What can be seen of the issues, and what others do in the project.

use std::collections::{HashSet, VecDeque};

use super::script::Script;
use super::{FakeIssue, FakeTracker};
use crate::connection::model::TrackerSite;
use crate::delivery::model::{ClaimedDelivery, Fence};
use crate::delivery::tracker::{Absence, Mark, MarkedIssue, StrayMark};
use crate::shared::ids::DeliveryId;
use crate::ticket::model::ExternalIssue;

/// How many numbers without a visible issue end the reading of a range.
const WIDEST_GAP: u64 = 100;

#[derive(Debug, Default)]
pub(super) struct Sight {
    last_number: u64,
    /// Issues of other people.
    others: Vec<ExternalIssue>,
    /// Keys that the account cannot see, or that were deleted.
    hidden: HashSet<String>,
    /// Keys that the search does not know yet.
    pub(super) unindexed: HashSet<String>,
    pub(super) is_lagging: bool,
    /// Creates whose issues are still to be made.
    pub(super) late: Vec<(TrackerSite, ClaimedDelivery)>,
    pub(super) verdicts: VecDeque<Absence>,
    pub(super) strays: Vec<StrayMark>,
    pub(super) ceiling: Option<Fence>,
    pub(super) lags_without_ceiling: bool,
    pub(super) gap: Option<String>,
    pub(super) breaks_off: bool,
    pub(super) cost: i64,
}

impl Sight {
    /// The marks of which a proof must see everything there is.
    pub(super) fn lagging_marks(&self, marks: &[Mark]) -> Vec<DeliveryId> {
        let marks = marks.iter().filter(|_| self.lags_without_ceiling);
        let strict = marks.filter(|mark| mark.ceiling.is_none());
        strict.map(|mark| mark.delivery_id).collect()
    }

    pub(super) fn next_issue(&mut self, site_id: &str, site_url: &str) -> ExternalIssue {
        self.last_number += 1;
        let number = self.last_number;
        ExternalIssue {
            site_id: site_id.to_owned(),
            id: (10_000 + number).to_string(),
            key: format!("ENG-{number}"),
            url: format!("{site_url}/browse/ENG-{number}"),
        }
    }
}

/// What a look shows.
pub(super) struct Look {
    pub(super) matches: Vec<MarkedIssue>,
    pub(super) verdict: Absence,
}

impl Script {
    pub(super) fn present_fence(&self) -> Fence {
        let number = self.sight.last_number.to_string();
        self.fence.clone().unwrap_or(Fence(number))
    }

    /// The issues of a site that the account can see.
    pub(super) fn visible(&self, site: &TrackerSite) -> impl Iterator<Item = &ExternalIssue> {
        let ours = self.issues.iter().map(|issue| &issue.external);
        let all = ours.chain(&self.sight.others);
        all.filter(|issue| issue.site_id == site.cloud_id)
            .filter(|issue| !self.sight.hidden.contains(&issue.key))
    }

    pub(super) fn look(&self, site: &TrackerSite, marks: &[Mark]) -> Look {
        let fences = marks.iter().map(|mark| mark.fence.0.parse().unwrap_or(0));
        let fence = fences.min().unwrap_or(0);
        let is_indexed = |key: &str| !self.sight.unindexed.contains(key);
        let searched = self.visible(site).filter(|issue| is_indexed(&issue.key));
        let mut greatest = searched.map(number).max().unwrap_or(0).max(fence);
        let mut range: Vec<&ExternalIssue> = self.visible(site).collect();
        range.retain(|issue| number(issue) > fence);
        range.sort_by_key(|issue| number(issue));
        let mut fetched = HashSet::new();
        for issue in range {
            if number(issue) <= greatest + WIDEST_GAP {
                greatest = greatest.max(number(issue));
                fetched.insert(issue.key.as_str());
            }
        }
        let is_asked = |issue: &&FakeIssue| {
            let external = &issue.external;
            external.site_id == site.cloud_id
                && marks.iter().any(|mark| mark.delivery_id == issue.mark)
                && !self.sight.hidden.contains(&external.key)
                && (fetched.contains(external.key.as_str()) || is_indexed(&external.key))
        };
        let matches = self.issues.iter().filter(is_asked);
        let verdict = match fetched.iter().find(|key| !is_indexed(key)) {
            Some(key) => Absence::NotYet(format!("the search does not know {key} yet")),
            None => Absence::Proven,
        };
        Look {
            matches: matches
                .map(|issue| MarkedIssue {
                    delivery_id: issue.mark,
                    external: issue.external.clone(),
                })
                .collect(),
            verdict,
        }
    }
}

fn number(issue: &ExternalIssue) -> u64 {
    let digits = issue.key.rsplit('-').next();
    digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default()
}

impl FakeTracker {
    /// Makes the issue of a create with this mark that ended as [`FakeCreate::Late`](super::FakeCreate::Late); `false` when
    /// there is none.
    pub fn act_late(&self, mark: DeliveryId) -> bool {
        let mut script = self.script();
        let late = &mut script.sight.late;
        let Some(index) = late.iter().position(|(_, create)| create.id == mark) else {
            return false;
        };
        let (site, create) = late.remove(index);
        script.make_issue(&site, &create);
        true
    }

    /// Somebody else creates an issue on a site.
    pub fn create_by_others(&self, site_id: &str) -> ExternalIssue {
        let mut script = self.script();
        let issue = script.sight.next_issue(site_id, "https://example.test");
        script.sight.others.push(issue.clone());
        issue
    }

    /// So many issues are created and deleted, or created where the account may not see them.
    pub fn skip_numbers(&self, count: u64) {
        self.script().sight.last_number += count;
    }

    /// Makes a second issue with the mark of one that was made.
    pub fn copy_issue(&self, mark: DeliveryId) -> Option<ExternalIssue> {
        let mut script = self.script();
        let original = script
            .issues
            .iter()
            .find(|issue| issue.mark == mark)?
            .clone();
        let external = script
            .sight
            .next_issue(&original.external.site_id, "https://example.test");
        script.issues.push(FakeIssue {
            external: external.clone(),
            ..original
        });
        Some(external)
    }

    /// The account can no longer see an issue.
    pub fn hide(&self, key: impl Into<String>) {
        self.script().sight.hidden.insert(key.into());
    }

    /// Whether the search finds out about new issues only when [`FakeTracker::index`] says so.
    pub fn set_search_lag(&self, is_lagging: bool) {
        self.script().sight.is_lagging = is_lagging;
    }

    /// The search finds out about the issues with this mark.
    pub fn index(&self, mark: DeliveryId) {
        let mut script = self.script();
        let keys: Vec<String> = script
            .issues
            .iter()
            .filter(|issue| issue.mark == mark)
            .map(|issue| issue.external.key.clone())
            .collect();
        for key in keys {
            script.sight.unindexed.remove(&key);
        }
    }

    /// Says the verdict of the next proof; calls queue up.
    pub fn next_verdict(&self, verdict: Absence) {
        self.script().sight.verdicts.push_back(verdict);
    }

    /// The search shows what lies below this position, and lags behind everything above.
    pub fn lag_above(&self, ceiling: &str) {
        let sight = &mut self.script().sight;
        sight.ceiling = Some(Fence(ceiling.to_owned()));
        sight.lags_without_ceiling = true;
    }

    /// Another account's issue carries this mark.
    pub fn stray(&self, mark: DeliveryId, issue_key: &str) {
        self.script().sight.strays.push(StrayMark {
            delivery_id: mark,
            issue_key: issue_key.to_owned(),
        });
    }

    /// Lets the next look for presence break off after it has cost its points.
    pub fn break_off_next_look(&self) {
        self.script().sight.breaks_off = true;
    }

    /// Says why looks for presence may have missed something.
    pub fn set_gap(&self, gap: Option<&str>) {
        self.script().sight.gap = gap.map(str::to_owned);
    }

    /// Says what each look costs.
    pub fn set_look_cost(&self, quota_points: i64) {
        self.script().sight.cost = quota_points;
    }
}
