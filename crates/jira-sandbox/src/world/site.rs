//! A Jira site with its projects and issues, indexed by id and by key.

use std::collections::{BTreeMap, HashMap};

use time::OffsetDateTime;

use super::{Issue, IssueData, Project};

/// The id before a site's first issue; every site counts for itself.
const ISSUE_IDS_START: u64 = 10_000;

/// One Jira site.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) cloud_id: String,
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    /// The site's own address, which `self` links and `browse` pages use.
    pub(crate) url: String,
    pub(crate) projects: Vec<Project>,
    issues: BTreeMap<u64, Issue>,
    /// Every key an issue has or had, in capitals.
    keys: HashMap<String, u64>,
    last_id: u64,
}

impl Site {
    pub(crate) fn new(
        cloud_id: &str,
        slug: &'static str,
        name: &'static str,
        url: String,
        projects: Vec<Project>,
    ) -> Self {
        Self {
            cloud_id: cloud_id.to_owned(),
            slug,
            name,
            url,
            projects,
            issues: BTreeMap::new(),
            keys: HashMap::new(),
            last_id: ISSUE_IDS_START,
        }
    }

    pub(crate) fn project(&self, id_or_key: &str) -> Option<(usize, &Project)> {
        let id = id_or_key.parse::<u64>().ok();
        let matches = |project: &Project| Some(project.id) == id || project.key == id_or_key;
        self.projects
            .iter()
            .enumerate()
            .find(|(_, project)| matches(project))
    }

    pub(crate) fn project_at(&self, at: usize) -> Option<&Project> {
        self.projects.get(at)
    }

    /// Resolves an id or any key the issue has had.
    pub(crate) fn resolve(&self, id_or_key: &str) -> Option<u64> {
        if let Ok(id) = id_or_key.parse::<u64>() {
            return self.issues.contains_key(&id).then_some(id);
        }
        self.keys.get(&id_or_key.to_ascii_uppercase()).copied()
    }

    pub(crate) fn issue(&self, id: u64) -> Option<&Issue> {
        self.issues.get(&id)
    }

    pub(crate) fn issue_mut(&mut self, id: u64) -> Option<&mut Issue> {
        self.issues.get_mut(&id)
    }

    /// Finds an issue that people can see.
    pub(crate) fn visible(&self, id_or_key: &str) -> Option<&Issue> {
        self.issue(self.resolve(id_or_key)?)
            .filter(|issue| !issue.hidden)
    }

    pub(crate) fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.values()
    }

    pub(crate) fn key_of(&self, data: &IssueData) -> String {
        let key = self
            .project_at(data.project)
            .map_or("", |project| project.key.as_str());
        format!("{key}-{}", data.number)
    }

    /// Adds an issue under the next number of its project and gives its id.
    pub(crate) fn insert(&mut self, mut data: IssueData, visible_at: OffsetDateTime) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        data.number = self.take_number(data.project, id);
        self.keys.insert(self.key_of(&data), id);
        self.issues.insert(id, Issue::new(id, data, visible_at));
        id
    }

    /// Moves an issue to another project: a new key, the same id; the old key still resolves.
    pub(crate) fn move_to(&mut self, id: u64, project: usize, now: OffsetDateTime) {
        let Some(old) = self
            .issue(id)
            .map(|issue| (issue.data.project, issue.data.number))
        else {
            return;
        };
        if let Some(left) = self.projects.get_mut(old.0) {
            left.numbers.remove(&old.1);
        }
        let number = self.take_number(project, id);
        let fitting = self.fitting(id, project);
        if let (Some(issue), Some((kind, status))) = (self.issues.get_mut(&id), fitting) {
            issue.change(now, now, |data| {
                data.project = project;
                data.number = number;
                data.issue_type = kind;
                data.status = status;
            });
        }
        if let Some(key) = self.issue(id).map(|issue| self.key_of(&issue.data)) {
            self.keys.insert(key, id);
        }
    }

    pub(crate) fn delete(&mut self, id: u64) {
        let Some(issue) = self.issues.remove(&id) else {
            return;
        };
        if let Some(project) = self.projects.get_mut(issue.data.project) {
            project.numbers.remove(&issue.data.number);
        }
        self.keys.retain(|_, owner| *owner != id);
    }

    fn take_number(&mut self, project: usize, id: u64) -> u64 {
        let Some(project) = self.projects.get_mut(project) else {
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
