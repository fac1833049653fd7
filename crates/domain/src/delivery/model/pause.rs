//! Pauses that the tracker asked for.

use time::OffsetDateTime;

/// What is paused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PauseScope {
    /// Every site of this app.
    App,
    /// One site.
    Site(String),
    /// Creating issues on one site.
    Creates(String),
}

impl PauseScope {
    /// The key of the row: `app`, `site:<id>` or `creates:<id>`.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::App => "app".to_owned(),
            Self::Site(site) => format!("site:{site}"),
            Self::Creates(site) => format!("creates:{site}"),
        }
    }

    /// The scopes that hold back looks at a site.
    #[must_use]
    pub fn holding_looks(site: &str) -> [Self; 2] {
        [Self::App, Self::Site(site.to_owned())]
    }

    /// The scopes that hold back creates on a site.
    #[must_use]
    pub fn holding_creates(site: &str) -> [Self; 3] {
        [
            Self::App,
            Self::Site(site.to_owned()),
            Self::Creates(site.to_owned()),
        ]
    }
}

/// A pause that every process obeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What is paused.
    pub scope: PauseScope,
    /// Until when.
    pub until: OffsetDateTime,
    /// The tracker's own reason, such as `jira-burst-based`.
    pub reason: String,
}
