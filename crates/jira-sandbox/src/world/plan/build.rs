//! Building a described world.

use time::OffsetDateTime;

use crate::adf;
use crate::world::{
    ACME_CLOUD_ID, Account, BEACON_CLOUD_ID, Category, Content, IssueData, IssueType, Priority,
    Project, Site, Status, World, extra_field,
};

use super::{IssueSeed, NamedSeed, ProjectSeed, SiteSeed, StatusSeed, TypeSeed, WorldSeed};

/// Ids of things that have none of their own count up from here in each project.
const OWN_IDS_START: usize = 20_000;

/// A site whose projects' issues are still to be made.
struct Builder<'a> {
    accounts: &'a [Account],
    now: OffsetDateTime,
}

impl WorldSeed {
    /// Builds the world; refused with a sentence that names what does not fit.
    ///
    /// Without any site the stock ones stay.
    pub(crate) fn build(&self, stock: World, base_url: &str) -> Result<World, String> {
        let given = self.accounts.iter().map(|account| Account {
            id: account.id.clone(),
            name: account.name.clone(),
            email: account.email.clone(),
        });
        let accounts: Vec<_> = match self.accounts.is_empty() {
            true => stock.accounts,
            false => given.collect(),
        };
        let builder = Builder {
            accounts: &accounts,
            now: OffsetDateTime::now_utc(),
        };
        if self.sites.is_empty() {
            return Ok(World::new(accounts, stock.sites));
        }
        let mut sites: Vec<Site> = Vec::new();
        for (at, seed) in self.sites.iter().enumerate() {
            let site = builder.site(at, seed, base_url)?;
            let taken = |other: &Site| other.slug == site.slug || other.cloud_id == site.cloud_id;
            if sites.iter().any(taken) {
                return Err(format!("the site '{}' is there twice", seed.slug));
            }
            sites.push(site);
        }
        Ok(World::new(accounts, sites))
    }
}

impl Builder<'_> {
    fn site(&self, at: usize, seed: &SiteSeed, base_url: &str) -> Result<Site, String> {
        let slug = seed.slug.as_str();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if slug.is_empty() || !slug.bytes().all(plain) {
            return Err(format!(
                "the slug '{slug}' must be of lower case letters and digits"
            ));
        }
        let cloud_id = seed.cloud_id.clone().unwrap_or_else(|| match slug {
            "acme" => ACME_CLOUD_ID.to_owned(),
            "beacon" => BEACON_CLOUD_ID.to_owned(),
            _ => format!("5a0db0c0-0000-4000-8000-{:012x}", 0x1000 + at),
        });
        let name = seed.name.as_deref().unwrap_or(slug);
        let url = format!("{base_url}/sites/{slug}");
        let mut site = Site::new(&cloud_id, slug, name, url, Vec::new());
        for project in &seed.projects {
            if site.any_project(&project.key).is_some() {
                return Err(format!("the project '{}' is there twice", project.key));
            }
            self.project(&mut site, project)
                .map_err(|text| format!("project '{}': {text}", project.key))?;
        }
        Ok(site)
    }

    fn project(&self, site: &mut Site, seed: &ProjectSeed) -> Result<(), String> {
        let mut project = stock(seed);
        own_lists(&mut project, seed, site.all_projects.len())?;
        if let Some(name) = &seed.default_priority {
            let found = project.priorities.iter().find(|it| it.name == *name);
            let found = found.ok_or_else(|| format!("there is no priority '{name}'"))?;
            project.default_priority = Some(found.id.clone());
        }
        site.add_project(project);
        let at = site.all_projects.len() - 1;
        for field in &seed.fields {
            let field = field.clone().field(site.next_field_number());
            if let Some(project) = site.all_projects.get_mut(at) {
                project.custom_fields.push(field);
            }
        }
        self.issues(site, at, seed)
    }

    fn issues(&self, site: &mut Site, at: usize, seed: &ProjectSeed) -> Result<(), String> {
        let plain = IssueSeed {
            summary: "Seeded issue".to_owned(),
            issue_type: None,
            status: None,
            priority: None,
            labels: Vec::new(),
            description: None,
            account: None,
            properties: Default::default(),
            hidden: false,
            count: seed.seeded_issues,
        };
        for issue in std::iter::once(&plain).chain(&seed.issues) {
            let home = site.project_at(at).ok_or("it is missing")?;
            let content = self.content(home, issue)?;
            let data = IssueData::new(at, content);
            for _ in 0..issue.count {
                let id = site.insert(data.clone(), self.now);
                if let (true, Some(made)) = (issue.hidden, site.issue_mut(id)) {
                    made.hidden = true;
                }
            }
        }
        Ok(())
    }

    fn content(&self, home: &Project, seed: &IssueSeed) -> Result<Content, String> {
        let kind = match &seed.issue_type {
            Some(name) => home.types.iter().find(|kind| kind.name == *name),
            None => home.plain_type(),
        };
        let status = match &seed.status {
            Some(name) => home.statuses.iter().find(|status| status.name == *name),
            None => home.statuses.first(),
        };
        let named = |name: &String| {
            let found = home.priorities.iter().find(|it| it.name == *name);
            found.ok_or_else(|| format!("there is no priority '{name}'"))
        };
        let priority = seed.priority.as_ref().map(named).transpose()?;
        let kind = kind.ok_or_else(|| format!("there is no type for '{}'", seed.summary))?;
        let status = status.ok_or_else(|| format!("there is no status for '{}'", seed.summary))?;
        let first = self.accounts.first().map(|account| &account.id);
        let account = seed.account.as_ref().or(first);
        let known = |id: &&String| self.accounts.iter().any(|account| account.id == **id);
        let account = account.filter(known);
        let account = account.ok_or_else(|| format!("'{}' has no account", seed.summary))?;
        let done = status.category == Category::Done;
        Ok(Content {
            summary: seed.summary.clone(),
            description: seed.description.as_deref().map(adf::of_text),
            priority: priority
                .map(|it| it.id.clone())
                .or_else(|| home.default_priority.clone()),
            labels: seed.labels.clone(),
            status: status.id.clone(),
            resolved_at: done.then_some(self.now),
            properties: seed.properties.clone(),
            ..Content::new(home, kind, account, self.now)
        })
    }
}

/// Makes the project as its template and its plain members have it.
fn stock(seed: &ProjectSeed) -> Project {
    let name = seed.name.as_deref().unwrap_or(&seed.key);
    let mut project = seed.template.project(&seed.key, name);
    project.can_browse = seed.browse;
    project.can_create = seed.create;
    project.can_edit = seed.edit;
    project.can_transition = seed.transition;
    project.former_keys.clone_from(&seed.former_keys);
    if let Some(on_screen) = seed.priority_on_screen {
        project.priority_on_screen = on_screen;
    }
    let extra = (0..seed.extra_fields).map(extra_field);
    project.custom_fields.extend(extra);
    project
}

/// Puts the project's own types, priorities and statuses in the place of the template's.
fn own_lists(project: &mut Project, seed: &ProjectSeed, at: usize) -> Result<(), String> {
    let mut ids = (OWN_IDS_START + at * 100..).map(|id| id.to_string());
    let mut id = |own: &Option<String>| own.clone().or_else(|| ids.next()).unwrap_or_default();
    if let Some(types) = &seed.types {
        project.types = types.iter().map(|kind| issue_type(kind, &mut id)).collect();
    }
    if let Some(priorities) = &seed.priorities {
        project.priorities = priorities.iter().map(|it| priority(it, &mut id)).collect();
        project.default_priority = None;
    }
    if let Some(statuses) = &seed.statuses {
        let numbered = statuses.iter().zip(1..);
        project.statuses = numbered.map(|(it, at)| status(it, at, &mut id)).collect();
    }
    if project.types.is_empty() || project.statuses.is_empty() {
        return Err("it must have at least one type and one status".to_owned());
    }
    Ok(())
}

fn issue_type(seed: &TypeSeed, id: &mut impl FnMut(&Option<String>) -> String) -> IssueType {
    let untranslated = seed.untranslated_name.as_ref().unwrap_or(&seed.name);
    IssueType {
        id: id(&seed.id),
        name: seed.name.clone(),
        untranslated_name: untranslated.clone(),
        level: seed.level,
    }
}

fn priority(seed: &NamedSeed, id: &mut impl FnMut(&Option<String>) -> String) -> Priority {
    Priority {
        id: id(&seed.id),
        name: seed.name.clone(),
    }
}

fn status(seed: &StatusSeed, at: u32, id: &mut impl FnMut(&Option<String>) -> String) -> Status {
    Status {
        id: id(&seed.id),
        name: seed.name.clone(),
        category: seed.category,
        transition_id: format!("{at}1"),
    }
}
