//! A Jira site with its projects and issues, indexed by id and by key.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::{ChangeKind, Issue, IssueChange, IssueData, Project};

/// The id before a site's first issue; every site counts for itself.
const ISSUE_IDS_START: u64 = 10_000;

/// Who changes an issue, when, and from when on search knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit<'a> {
    pub(crate) actor: &'a str,
    pub(crate) now: OffsetDateTime,
    pub(crate) visible_at: OffsetDateTime,
}

/// One Jira site.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) cloud_id: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    /// The site's own address, which `self` links and `browse` pages use.
    pub(crate) url: String,
    /// Every project there is or was, as issues refer to them by position.
    pub(crate) all_projects: Vec<Project>,
    issues: BTreeMap<u64, Issue>,
    /// Former keys of issues that went to another project, in capitals.
    moved: HashMap<String, u64>,
    last_id: u64,
    /// What has happened to issues since somebody last asked; kept only while somebody does.
    pub(crate) changes: Vec<IssueChange>,
    watched: bool,
    /// For how long a write stays unseen by reads.
    pub(crate) read_lag: Duration,
    /// Whether the caller may see nothing of it, as nobody may who has not logged in.
    pub(crate) closed: bool,
    n_changes: u64,
    remote_links: HashMap<u64, Vec<RemoteLink>>,
    last_link_id: u64,
}

/// A link from an issue to something elsewhere.
#[derive(Debug)]
pub(crate) struct RemoteLink {
    pub(crate) id: u64,
    pub(crate) value: Value,
}

impl Site {
    pub(crate) fn new(
        cloud_id: &str,
        slug: &str,
        name: &str,
        url: String,
        projects: Vec<Project>,
    ) -> Self {
        Self {
            cloud_id: cloud_id.to_owned(),
            slug: slug.to_owned(),
            name: name.to_owned(),
            url,
            all_projects: projects,
            issues: BTreeMap::new(),
            moved: HashMap::new(),
            last_id: ISSUE_IDS_START,
            changes: Vec::new(),
            watched: false,
            read_lag: Duration::ZERO,
            closed: false,
            n_changes: 0,
            remote_links: HashMap::new(),
            last_link_id: ISSUE_IDS_START,
        }
    }

    /// Gives the projects that are not deleted, whether or not the caller may browse them.
    pub(crate) fn projects(&self) -> impl Iterator<Item = &Project> {
        self.all_projects.iter().filter(|project| !project.deleted)
    }

    /// Tells whether the caller may see a project.
    pub(crate) fn may_browse(&self, project: &Project) -> bool {
        project.can_browse && !self.closed
    }

    /// Gives the projects that the caller may browse.
    pub(crate) fn browsable(&self) -> impl Iterator<Item = &Project> {
        self.projects().filter(|project| self.may_browse(project))
    }

    /// Finds a project that the caller may browse, by its id, its key or a key it once had.
    pub(crate) fn project(&self, id_or_key: &str) -> Option<(usize, &Project)> {
        self.any_project(id_or_key)
            .filter(|(_, project)| self.may_browse(project))
    }

    /// Finds a project whether or not the caller may browse it.
    pub(crate) fn any_project(&self, id_or_key: &str) -> Option<(usize, &Project)> {
        let id = id_or_key.parse::<u64>().ok();
        self.find_project(|project| Some(project.id) == id || project.key == id_or_key)
            .or_else(|| self.find_project(|project| project.was(id_or_key)))
    }

    fn find_project(&self, matches: impl Fn(&Project) -> bool) -> Option<(usize, &Project)> {
        self.all_projects
            .iter()
            .enumerate()
            .find(|(_, project)| !project.deleted && matches(project))
    }

    pub(crate) fn project_at(&self, at: usize) -> Option<&Project> {
        self.all_projects.get(at)
    }

    /// Resolves an id or any key the issue has had.
    pub(crate) fn resolve(&self, id_or_key: &str) -> Option<u64> {
        if let Ok(id) = id_or_key.parse::<u64>() {
            return self.issues.contains_key(&id).then_some(id);
        }
        let numbered = || {
            let (key, number) = id_or_key.rsplit_once('-')?;
            let number = number.parse::<u64>().ok()?;
            let home = self
                .find_project(|project| project.key.eq_ignore_ascii_case(key))
                .or_else(|| self.find_project(|project| project.was(key)));
            home?.1.numbers.get(&number).copied()
        };
        numbered().or_else(|| self.moved.get(&id_or_key.to_ascii_uppercase()).copied())
    }

    pub(crate) fn issue(&self, id: u64) -> Option<&Issue> {
        self.issues.get(&id)
    }

    pub(crate) fn issue_mut(&mut self, id: u64) -> Option<&mut Issue> {
        self.issues.get_mut(&id)
    }

    /// Finds an issue that the caller can see.
    pub(crate) fn visible(&self, id_or_key: &str) -> Option<&Issue> {
        self.issue(self.resolve(id_or_key)?)
            .filter(|issue| self.shows(issue))
    }

    /// Tells whether the caller can see an issue.
    pub(crate) fn shows(&self, issue: &Issue) -> bool {
        let home = self.project_at(issue.data.project);
        !issue.hidden && home.is_some_and(|home| self.may_browse(home))
    }

    pub(crate) fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.values()
    }

    pub(crate) fn issue_count(&self) -> usize {
        self.issues.len()
    }

    pub(crate) fn key_of(&self, data: &IssueData) -> String {
        let key = self
            .project_at(data.project)
            .map_or("", |project| project.key.as_str());
        format!("{key}-{}", data.number)
    }

    /// Gives the links of an issue.
    pub(crate) fn links_of(&self, issue: u64) -> &[RemoteLink] {
        self.remote_links.get(&issue).map_or(&[], Vec::as_slice)
    }

    /// Adds a link, or replaces the one with the same global id; tells its id and which it was.
    pub(crate) fn put_link(&mut self, issue: u64, value: Value) -> (u64, bool) {
        let links = self.remote_links.entry(issue).or_default();
        let global_id = value.get("globalId").filter(|id| id.is_string());
        let same = links
            .iter_mut()
            .find(|link| global_id.is_some() && link.value.get("globalId") == global_id);
        if let Some(link) = same {
            link.value = value;
            return (link.id, false);
        }
        self.last_link_id += 1;
        let id = self.last_link_id;
        links.push(RemoteLink { id, value });
        (id, true)
    }

    /// Remembers what happens to issues, or no longer.
    pub(crate) fn watch(&mut self, watched: bool) {
        self.watched = watched;
        if !watched {
            self.changes.clear();
        }
    }

    fn happened(&mut self, id: u64, actor: &str, what: ChangeKind, after: IssueData, hidden: bool) {
        if !self.watched {
            return;
        }
        self.n_changes += 1;
        self.changes.push(IssueChange {
            sequence: self.n_changes,
            id,
            actor: actor.to_owned(),
            what,
            after,
            hidden,
        });
    }

    /// Creates an issue under the next number of its project and gives its id.
    pub(crate) fn create(&mut self, data: IssueData, visible_at: OffsetDateTime) -> u64 {
        let readable_at = data.created + self.read_lag;
        let id = self.insert(data, visible_at);
        if let Some(issue) = self.issue_mut(id) {
            issue.read_from(readable_at);
        }
        if let (true, Some(issue)) = (self.watched, self.issue(id)) {
            let data = issue.data.clone();
            let actor = data.creator.clone();
            self.happened(id, &actor, ChangeKind::Created, data, false);
        }
        id
    }

    /// Changes an issue now, and for search only from `visible_at` on.
    pub(crate) fn edit(&mut self, id: u64, edit: Edit<'_>, change: impl FnOnce(&mut IssueData)) {
        let Some(issue) = self.issues.get_mut(&id) else {
            return;
        };
        let before = issue.data.clone();
        issue.change(edit, self.read_lag, change);
        let (after, hidden) = (issue.data.clone(), issue.hidden);
        self.happened(id, edit.actor, ChangeKind::Changed(before), after, hidden);
    }

    /// Adds an issue that was there before, so that nobody is told.
    pub(crate) fn insert(&mut self, mut data: IssueData, visible_at: OffsetDateTime) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        data.number = self.take_number(data.project, id);
        self.issues.insert(id, Issue::new(id, data, visible_at));
        id
    }

    /// Moves an issue to another project: a new key, the same id; the old key still resolves.
    pub(crate) fn move_to(&mut self, id: u64, project: usize, edit: Edit<'_>) {
        let Some((old, old_key)) = self.issue(id).map(|issue| {
            let data = &issue.data;
            ((data.project, data.number), self.key_of(data))
        }) else {
            return;
        };
        if let Some(left) = self.all_projects.get_mut(old.0) {
            left.numbers.remove(&old.1);
        }
        self.moved.insert(old_key, id);
        let number = self.take_number(project, id);
        if let Some((kind, status)) = self.fitting(id, project) {
            self.edit(id, edit, |data| {
                data.project = project;
                data.number = number;
                data.issue_type = kind;
                data.status = status;
            });
        }
    }

    /// Deletes an issue for good, as this account.
    pub(crate) fn delete(&mut self, id: u64, actor: &str) {
        let Some(issue) = self.issues.remove(&id) else {
            return;
        };
        if let Some(project) = self.all_projects.get_mut(issue.data.project) {
            project.numbers.remove(&issue.data.number);
        }
        if !self.moved.is_empty() {
            self.moved.retain(|_, owner| *owner != id);
        }
        let (data, hidden) = (issue.data, issue.hidden);
        self.happened(id, actor, ChangeKind::Deleted, data, hidden);
    }

    /// Gives the number of the next custom field that needs one.
    pub(crate) fn next_field_number(&self) -> u64 {
        let fields = self.all_projects.iter();
        let fields = fields.flat_map(|project| &project.custom_fields);
        let numbers = fields.filter_map(|field| {
            let number = field.id.strip_prefix("customfield_")?;
            number.parse::<u64>().ok()
        });
        numbers.max().unwrap_or(10_049) + 1
    }

    /// Adds a project under a new id.
    pub(crate) fn add_project(&mut self, mut project: Project) -> u64 {
        let last = self.all_projects.iter().map(|project| project.id).max();
        project.id = last.map_or(ISSUE_IDS_START, |last| last + 1);
        let id = project.id;
        self.all_projects.push(project);
        id
    }

    /// Deletes a project with its issues; its key is free again, its id is not.
    pub(crate) fn delete_project(&mut self, at: usize, actor: &str) {
        let Some(project) = self.all_projects.get_mut(at) else {
            return;
        };
        project.deleted = true;
        project.can_browse = false;
        for id in std::mem::take(&mut project.numbers).into_values() {
            self.delete(id, actor);
        }
    }

    fn take_number(&mut self, project: usize, id: u64) -> u64 {
        let Some(project) = self.all_projects.get_mut(project) else {
            return 0;
        };
        project.last_number += 1;
        project.numbers.insert(project.last_number, id);
        project.last_number
    }

    /// Finds the type and status of the other project that come closest to the issue's own.
    fn fitting(&self, id: u64, project: usize) -> Option<(String, String)> {
        let data = &self.issue(id)?.data;
        let from = self.project_at(data.project)?;
        let to = self.project_at(project)?;
        let kind = from.issue_type(&data.issue_type)?;
        let status = from.status(&data.status)?;
        let same_type = to
            .types
            .iter()
            .find(|t| t.untranslated_name == kind.untranslated_name);
        let same_level = || to.types.iter().find(|t| t.level == kind.level);
        let same_status = to.statuses.iter().find(|s| s.category == status.category);
        Some((
            same_type.or_else(same_level)?.id.clone(),
            same_status?.id.clone(),
        ))
    }
}
