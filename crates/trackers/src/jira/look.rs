//! One look at the issues of a project that lie beyond a fence, by two witnesses: the range of keys and the search.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::StreamExt;
use futures_util::stream;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::delivery::model::ProjectRef;
use handoff_domain::delivery::tracker::{Mark, MarkedIssue, StrayMark};
use handoff_domain::shared::ids::DeliveryId;
use jira_client::{BulkFetched, Error, FetchOptions, Issue, Jira, MAX_BULK_FETCH, SearchQuery};

use super::create::external_issue;
use super::marks::{MarkRead, delivery_mark, is_by, number_in};
use super::{DELIVERY_PROPERTY, cost};

mod ceilings;

/// How far beyond the greatest number seen anywhere the range is read: hidden and deleted issues leave gaps.
const BEYOND: u64 = 100;
/// How many pages of the range are read at once.
const PAGES_AT_ONCE: usize = 4;
/// How many pages of a search are followed; each has a hundred issues.
const SEARCH_PAGES: usize = 100;
const FIELDS: [&str; 3] = ["project", "creator", "reporter"];

/// An issue of the account in the range, and what is known of its mark.
#[derive(Debug)]
pub(super) struct OwnIssue {
    pub(super) key: String,
    pub(super) mark: MarkRead,
    /// Its number, where it lies in the project.
    pub(super) number: Option<u64>,
    /// Whether it lies in the project, beyond the fence.
    pub(super) is_in_range: bool,
    /// Whether it lies in the project, at or before the fence: from before the attempts.
    pub(super) is_older: bool,
    pub(super) read: bool,
    pub(super) searched: bool,
}

/// What has been seen so far.
pub(super) struct Look<'a> {
    pub(super) jira: &'a Jira,
    pub(super) site: &'a TrackerSite,
    /// The project's id and present key.
    pub(super) project: ProjectRef,
    wanted: HashMap<String, DeliveryId>,
    /// Whether a fence tells that the project had issues before the attempts.
    pub(super) had_issues: bool,
    floor: u64,
    greatest: u64,
    next: u64,
    /// The most keys of the range that are read.
    limit: u64,
    /// Known issues of which each page must bring one back; empty where none is known.
    pub(super) controls: Vec<String>,
    /// Pages that brought back no control issue.
    pub(super) blind_pages: usize,
    /// Ids or keys that Jira could not read.
    pub(super) unread: HashSet<String>,
    /// Whether the search of the account's issues was followed to the fence.
    pub(super) is_searched: bool,
    /// Whether the range showed any issue of the project.
    pub(super) range_showed_any: bool,
    /// By issue id.
    pub(super) own: BTreeMap<String, OwnIssue>,
    /// The project's position after the settle time of each mark's attempt; the greatest number where it is not known.
    ceilings: HashMap<DeliveryId, u64>,
    /// Issues that carry a wanted mark although another account created them; one key a mark.
    strangers: BTreeMap<DeliveryId, String>,
    matches: BTreeMap<(DeliveryId, String), MarkedIssue>,
    pub(super) points: i64,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        jira: &'a Jira,
        site: &'a TrackerSite,
        project: &ProjectRef,
        marks: &[Mark],
        limit: u64,
    ) -> Self {
        // A fence that cannot be read counts as the lowest, which only makes the range longer.
        let fences = marks.iter().map(|mark| mark.fence.0.parse().unwrap_or(0));
        let had_issues = fences.clone().any(|fence| fence > 0);
        let floor = fences.min().unwrap_or(0);
        let ceiling = |mark: &Mark| mark.ceiling.as_ref()?.0.parse().ok();
        let ceilings = marks
            .iter()
            .map(|mark| (mark.delivery_id, ceiling(mark).unwrap_or(u64::MAX)))
            .collect();
        let wanted = marks
            .iter()
            .map(|mark| (mark.delivery_id.to_string(), mark.delivery_id));
        Self {
            jira,
            site,
            project: project.clone(),
            wanted: wanted.collect(),
            had_issues,
            floor,
            greatest: floor,
            next: floor.saturating_add(1),
            limit,
            controls: Vec::new(),
            blind_pages: 0,
            unread: HashSet::new(),
            is_searched: false,
            range_showed_any: false,
            own: BTreeMap::new(),
            ceilings,
            strangers: BTreeMap::new(),
            matches: BTreeMap::new(),
            points: 0,
        }
    }

    /// The issues that carry a wanted mark.
    pub(super) fn into_matches(self) -> Vec<MarkedIssue> {
        self.matches.into_values().collect()
    }

    /// The marks that only other accounts' issues carry: a clone beside the issue itself says nothing against it.
    pub(super) fn strays(&self) -> Vec<StrayMark> {
        let found: HashSet<DeliveryId> = self.matches.keys().map(|(id, _)| *id).collect();
        let strays = self.strangers.iter().filter(|(id, _)| !found.contains(id));
        strays
            .map(|(delivery_id, issue_key)| StrayMark {
                delivery_id: *delivery_id,
                issue_key: issue_key.clone(),
            })
            .collect()
    }

    /// Why an issue may have gone unseen although every question was answered.
    pub(super) fn gap(&self) -> Option<String> {
        if !self.unread.is_empty() {
            return Some(format!(
                "Jira could not read {} of the issues",
                self.unread.len()
            ));
        }
        if !self.is_range_read() {
            let limit = self.limit;
            return Some(format!(
                "more than {limit} issues were created in the project since"
            ));
        }
        (!self.is_searched).then(|| "the search of the account's issues has no end".to_owned())
    }

    pub(super) fn has_matches(&self) -> bool {
        !self.matches.is_empty()
    }

    /// Whether the range is longer than this look reads.
    pub(super) const fn is_too_long(&self) -> bool {
        self.greatest.saturating_sub(self.floor) > self.limit
    }

    /// Whether everything up to a hundred keys beyond the greatest number was read.
    pub(super) const fn is_range_read(&self) -> bool {
        self.next > self.greatest.saturating_add(BEYOND)
    }

    /// Counts what a request cost.
    pub(super) fn charge<T>(
        &mut self,
        answer: Result<T, Error>,
        cost: impl FnOnce(&T) -> i64,
    ) -> Result<T, Error> {
        let points = match &answer {
            Ok(value) => cost(value),
            Err(error) => cost::of_failure(error),
        };
        self.points = self.points.saturating_add(points);
        answer
    }

    /// Asks for the project's present key: keys are renamed, and given to other projects, but ids are not.
    pub(super) async fn learn_key(&mut self) -> Result<(), Error> {
        let found = self.jira.project(&self.project.id).await;
        self.project.key = self.charge(found, |_| cost::of_objects(1))?.key;
        Ok(())
    }

    /// Asks for the newest issues of the project, whoever made them, and takes them as controls.
    pub(super) async fn learn_controls(&mut self, count: u32) -> Result<(), Error> {
        let jql = format!("project = {} ORDER BY key DESC", self.project.id);
        let mut query = SearchQuery::new(jql, ["project"]);
        query.page_size = Some(count);
        let page = self.jira.search(&query).await;
        let page = self.charge(page, |page| cost::of_objects(page.issues.len()))?;
        for issue in page.issues {
            if let Some(number) = number_in(&issue.key, &self.project.key) {
                self.greatest = self.greatest.max(number);
                self.controls.push(issue.id);
            }
        }
        Ok(())
    }

    /// Reads the range from where it was left to a hundred keys beyond the greatest number seen.
    pub(super) async fn read_range(&mut self) -> Result<(), Error> {
        let last_allowed = self.floor.saturating_add(self.limit).saturating_add(BEYOND);
        while !self.is_range_read() && self.next <= last_allowed {
            let end = self.greatest.saturating_add(BEYOND).min(last_allowed);
            let pages = self.next_pages(end);
            let options = FetchOptions::fields(FIELDS).with_property(DELIVERY_PROPERTY);
            let answers: Vec<_> = {
                let (jira, options) = (self.jira, &options);
                let asked = pages
                    .into_iter()
                    .map(|page| async move { jira.bulk_fetch(&page, options).await });
                stream::iter(asked).buffered(PAGES_AT_ONCE).collect().await
            };
            let mut failure = None;
            for answer in answers {
                match self.charge(answer, |page| cost::of_objects(page.issues.len())) {
                    Ok(page) => self.note_page(page),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Cuts the next keys into pages, each with the controls, and moves on behind them.
    fn next_pages(&mut self, end: u64) -> Vec<Vec<String>> {
        let room = MAX_BULK_FETCH.saturating_sub(self.controls.len()).max(1);
        let mut pages = Vec::new();
        while self.next <= end && pages.len() < PAGES_AT_ONCE {
            let last = end.min(self.next.saturating_add(room as u64).saturating_sub(1));
            let keys = (self.next..=last).map(|number| format!("{}-{number}", self.project.key));
            pages.push(keys.chain(self.controls.iter().cloned()).collect());
            self.next = last.saturating_add(1);
        }
        pages
    }

    fn note_page(&mut self, page: BulkFetched) {
        let is_control = |issue: &Issue| self.controls.contains(&issue.id);
        if !self.controls.is_empty() && !page.issues.iter().any(is_control) {
            self.blind_pages += 1;
        }
        self.unread
            .extend(page.errors.into_iter().map(|error| error.id));
        for issue in &page.issues {
            self.note(issue, true);
        }
    }

    /// Searches the account's issues in the project, newest first, down to the fence.
    pub(super) async fn search_own(&mut self) -> Result<(), Error> {
        match self.search_by("creator").await {
            // Some sites do not let everybody search by creator.
            Err(error) if error.status() == Some(400) => self.search_by("reporter").await,
            searched => searched,
        }
    }

    async fn search_by(&mut self, role: &str) -> Result<(), Error> {
        let account = self.site.account_id.replace('\\', "\\\\");
        let account = account.replace('"', "\\\"");
        let jql = format!(
            "project = {} AND {role} = \"{account}\" ORDER BY key DESC",
            self.project.id
        );
        let mut query = SearchQuery::new(jql, FIELDS);
        query.properties = vec![DELIVERY_PROPERTY.to_owned()];
        query.page_size = Some(100);
        let mut tokens = HashSet::new();
        for _ in 0..SEARCH_PAGES {
            let page = self.jira.search(&query).await;
            let page = self.charge(page, |page| cost::of_objects(page.issues.len()))?;
            let numbers = page.issues.iter();
            let mut numbers = numbers.filter_map(|issue| number_in(&issue.key, &self.project.key));
            let is_at_fence = numbers.any(|number| number <= self.floor);
            for issue in &page.issues {
                self.note(issue, false);
            }
            let next = page.next_token().filter(|_| !is_at_fence);
            let Some(next) = next.map(str::to_owned) else {
                self.is_searched = true;
                return Ok(());
            };
            if !tokens.insert(next.clone()) {
                break;
            }
            query.next_page_token = Some(next);
        }
        Ok(())
    }

    /// Takes in one issue, from the range (`read`) or from the search.
    fn note(&mut self, issue: &Issue, read: bool) {
        let number = number_in(&issue.key, &self.project.key);
        if let Some(number) = number {
            self.greatest = self.greatest.max(number);
            self.range_showed_any |= read;
        }
        if !is_by(issue, &self.site.account_id) {
            self.note_stranger(issue);
            return;
        }
        let is_in_range = number.is_some_and(|number| number > self.floor);
        let is_older = number.is_some_and(|number| number <= self.floor);
        let mark = delivery_mark(issue);
        self.note_match(issue, &mark, read);
        let own = self.own.entry(issue.id.clone()).or_insert(OwnIssue {
            key: String::new(),
            mark: MarkRead::Absent,
            number,
            is_in_range,
            is_older,
            read: false,
            searched: false,
        });
        if read || own.key.is_empty() {
            own.key.clone_from(&issue.key);
            (own.is_in_range, own.is_older) = (is_in_range, is_older);
            own.number = number;
        }
        if own.mark == MarkRead::Absent {
            own.mark = mark;
        }
        own.read |= read;
        own.searched |= !read;
    }

    /// A wanted mark on somebody else's issue is no presence, but nobody may call the issue absent either.
    fn note_stranger(&mut self, issue: &Issue) {
        if let MarkRead::Delivery(mark) = delivery_mark(issue)
            && let Some(delivery_id) = self.wanted.get(&mark)
        {
            let keys = self.strangers.entry(*delivery_id);
            keys.or_insert_with(|| issue.key.clone());
        }
    }

    /// Keeps the issue when it carries a wanted mark; what the range says of its key counts more.
    fn note_match(&mut self, issue: &Issue, mark: &MarkRead, read: bool) {
        let MarkRead::Delivery(mark) = mark else {
            return;
        };
        let Some(delivery_id) = self.wanted.get(mark).copied() else {
            return;
        };
        let found = MarkedIssue {
            delivery_id,
            external: external_issue(self.site, &issue.id, &issue.key),
        };
        let place = (delivery_id, issue.id.clone());
        if read {
            self.matches.insert(place, found);
        } else {
            self.matches.entry(place).or_insert(found);
        }
    }

    /// Takes in a mark that was read by itself.
    pub(super) fn note_mark(&mut self, issue_id: &str, mark: MarkRead) {
        let Some(own) = self.own.get_mut(issue_id) else {
            return;
        };
        if let MarkRead::Delivery(named) = &mark
            && let Some(delivery_id) = self.wanted.get(named).copied()
        {
            let external = external_issue(self.site, issue_id, &own.key);
            let found = MarkedIssue {
                delivery_id,
                external,
            };
            self.matches
                .insert((delivery_id, issue_id.to_owned()), found);
        }
        own.mark = mark;
    }
}
