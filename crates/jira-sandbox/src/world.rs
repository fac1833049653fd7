//! The sites, projects, accounts and issues of the sandbox.

mod issue;
mod plan;
mod project;
mod seed;
mod site;

use std::collections::HashMap;

use time::UtcOffset;
use time::macros::offset;

pub(crate) use issue::{ChangeKind, Content, Issue, IssueChange, IssueData};
pub use plan::{
    AccountSeed, FieldSeed, FieldSeedKind, IssueSeed, NamedSeed, ProjectSeed, SiteSeed, StatusSeed,
    TypeSeed, WorldSeed,
};
pub use project::Category;
pub(crate) use project::{CustomField, FieldKind, IssueType, Priority, Project, Status, Style};
#[cfg(test)]
pub(crate) use seed::seed;
pub use seed::{
    ACME_CLOUD_ID, BEACON_CLOUD_ID, OTHER_USER_ACCOUNT_ID, ProjectTemplate, USER_ACCOUNT_ID,
};
pub(crate) use seed::{extra_field, world_of};
pub(crate) use site::{Edit, Site};

/// The zone of every seeded site and account.
pub(crate) const SITE_OFFSET: UtcOffset = offset!(+2);
/// The name of that zone, whose sign is the other way round by POSIX custom.
pub(crate) const SITE_ZONE: &str = "Etc/GMT-2";

/// A person's Atlassian account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
}

/// Everything that lies behind the gateway.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) accounts: Vec<Account>,
    pub(crate) sites: Vec<Site>,
    by_cloud_id: HashMap<String, usize>,
}

impl World {
    fn new(accounts: Vec<Account>, sites: Vec<Site>) -> Self {
        let index = |(at, site): (usize, &Site)| (site.cloud_id.clone(), at);
        let by_cloud_id = sites.iter().enumerate().map(index).collect();
        Self {
            accounts,
            sites,
            by_cloud_id,
        }
    }

    pub(crate) fn site(&self, cloud_id: &str) -> Option<&Site> {
        self.sites.get(*self.by_cloud_id.get(cloud_id)?)
    }

    pub(crate) fn site_mut(&mut self, cloud_id: &str) -> Option<&mut Site> {
        self.sites.get_mut(*self.by_cloud_id.get(cloud_id)?)
    }

    pub(crate) fn cloud_id(&self, slug: &str) -> Option<String> {
        self.site_by_slug(slug).map(|site| site.cloud_id.clone())
    }

    pub(crate) fn site_by_slug(&self, slug: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.slug == slug)
    }

    /// Finds the site that holds an issue of this key, now or under an older key.
    pub(crate) fn site_of_key(&mut self, key: &str) -> Option<(&mut Site, u64)> {
        self.sites
            .iter_mut()
            .find_map(|site| site.resolve(key).map(|id| (site, id)))
    }

    /// Finds the site that holds a project of this key, now or under an older key.
    pub(crate) fn site_of_project(&self, key: &str) -> Option<usize> {
        self.sites
            .iter()
            .position(|site| site.any_project(key).is_some())
    }

    /// Finds a project by a key it has or had, with its site.
    pub(crate) fn project_mut(&mut self, key: &str) -> Option<(&mut Site, usize)> {
        self.sites.iter_mut().find_map(|site| {
            let (at, _) = site.any_project(key)?;
            Some((site, at))
        })
    }

    pub(crate) fn account_of(&self, email: &str) -> Option<&Account> {
        let mut accounts = self.accounts.iter();
        accounts.find(|account| account.email.eq_ignore_ascii_case(email))
    }

    /// Gives the account that acts where somebody else than the first one does something: the
    /// second, or the first where it is alone.
    pub(crate) fn other_account(&self) -> String {
        let other = self.accounts.get(1).or_else(|| self.accounts.first());
        other.map(|account| account.id.clone()).unwrap_or_default()
    }

    pub(crate) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }
}
