//! Where the project stood after the settle time of each attempt, and what must agree below it.

use handoff_domain::delivery::model::Fence;
use handoff_domain::shared::ids::DeliveryId;

use super::{Look, OwnIssue};

impl Look<'_> {
    /// The marks below whose ceiling the range shows an issue of the account that the search does not show yet.
    pub(in crate::jira) fn lagging(&self) -> Vec<DeliveryId> {
        let lags = |own: &&OwnIssue| own.read && own.is_in_range && !own.searched;
        let numbers = self.own.values().filter(lags).filter_map(|own| own.number);
        let Some(lowest) = numbers.min() else {
            return Vec::new();
        };
        let below = self.ceilings.iter();
        let below = below.filter(|(_, ceiling)| lowest <= **ceiling);
        below.map(|(mark, _)| *mark).collect()
    }

    pub(in crate::jira) fn is_lagging_for_all(&self) -> bool {
        let lagging = self.lagging();
        !lagging.is_empty() && lagging.len() == self.ceilings.len()
    }

    /// The greatest number that an issue of the marks' attempts can have.
    pub(in crate::jira) fn greatest_ceiling(&self) -> u64 {
        self.ceilings.values().copied().max().unwrap_or(u64::MAX)
    }

    /// The project's position, where every page up to it could be seen.
    pub(in crate::jira) fn ceiling(&self) -> Option<Fence> {
        let saw_all = self.is_range_read() && self.is_searched;
        let saw_all = saw_all && self.blind_pages == 0 && self.unread.is_empty();
        saw_all.then(|| Fence(self.greatest.to_string()))
    }
}
