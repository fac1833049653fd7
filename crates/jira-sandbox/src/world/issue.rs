//! One issue and what a write changes about it.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::{Edit, IssueType, Project};

/// Where an issue stands and what it holds.
#[derive(Clone, Debug)]
pub(crate) struct IssueData {
    /// Index of the project within its site.
    pub(crate) project: usize,
    pub(crate) number: u64,
    /// Shared between seeded issues, and with what search knows, until one of them is written.
    content: Arc<Content>,
}

/// What people and apps can read and write of an issue.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) issue_type: String,
    pub(crate) summary: String,
    pub(crate) description: Option<Value>,
    pub(crate) priority: Option<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) status: String,
    pub(crate) creator: String,
    pub(crate) reporter: Option<String>,
    pub(crate) assignee: Option<String>,
    pub(crate) parent: Option<u64>,
    pub(crate) due_date: Option<String>,
    pub(crate) resolved_at: Option<OffsetDateTime>,
    pub(crate) status_changed_at: OffsetDateTime,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
    pub(crate) custom: BTreeMap<String, Value>,
    pub(crate) properties: BTreeMap<String, Value>,
}

impl Content {
    /// Gives what a new issue has where only its type and its creator are known.
    pub(crate) fn new(
        home: &Project,
        kind: &IssueType,
        creator: &str,
        now: OffsetDateTime,
    ) -> Self {
        let status = home.statuses.first().map(|status| status.id.clone());
        Self {
            issue_type: kind.id.clone(),
            summary: String::new(),
            description: None,
            priority: home.default_priority.clone(),
            labels: Vec::new(),
            status: status.unwrap_or_default(),
            creator: creator.to_owned(),
            reporter: Some(creator.to_owned()),
            assignee: None,
            parent: None,
            due_date: None,
            resolved_at: None,
            status_changed_at: now,
            created: now,
            updated: now,
            custom: BTreeMap::new(),
            properties: BTreeMap::new(),
        }
    }
}

impl IssueData {
    /// Makes an issue that has no number yet.
    pub(crate) fn new(project: usize, content: Content) -> Self {
        Self {
            project,
            number: 0,
            content: Arc::new(content),
        }
    }
}

impl Deref for IssueData {
    type Target = Content;

    fn deref(&self) -> &Content {
        &self.content
    }
}

impl DerefMut for IssueData {
    fn deref_mut(&mut self) -> &mut Content {
        Arc::make_mut(&mut self.content)
    }
}

/// What has happened to an issue, as it was right afterwards.
#[derive(Clone, Debug)]
pub(crate) struct IssueChange {
    pub(crate) sequence: u64,
    pub(crate) id: u64,
    /// The account that did it.
    pub(crate) actor: String,
    pub(crate) what: ChangeKind,
    pub(crate) after: IssueData,
    pub(crate) hidden: bool,
}

/// What can happen to an issue.
#[derive(Clone, Debug)]
pub(crate) enum ChangeKind {
    Created,
    /// Changed from this.
    Changed(IssueData),
    Deleted,
}

/// An issue with what search still believes about it.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) data: IssueData,
    /// What search answers until `visible_at`; nothing where it has not seen the issue yet.
    indexed: Option<Box<IssueData>>,
    visible_at: OffsetDateTime,
    /// What reads by id or key answer until `readable_at`; nothing where they do not know it yet.
    stale: Option<Box<IssueData>>,
    readable_at: OffsetDateTime,
    pub(crate) hidden: bool,
    /// A message that bulk fetch gives instead of the issue.
    pub(crate) unreadable: Option<Box<str>>,
}

impl Issue {
    pub(crate) fn new(id: u64, data: IssueData, visible_at: OffsetDateTime) -> Self {
        Self {
            id,
            data,
            indexed: None,
            visible_at,
            stale: None,
            readable_at: OffsetDateTime::UNIX_EPOCH,
            hidden: false,
            unreadable: None,
        }
    }

    /// Changes the issue now; search and reads see it when the edit says so.
    pub(crate) fn change(
        &mut self,
        edit: Edit<'_>,
        read_lag: Duration,
        change: impl FnOnce(&mut IssueData),
    ) {
        let now = edit.now;
        if edit.visible_at > now && now >= self.visible_at {
            self.indexed = Some(Box::new(self.data.clone()));
        }
        self.visible_at = edit.visible_at;
        if !read_lag.is_zero() && now >= self.readable_at {
            self.stale = Some(Box::new(self.data.clone()));
        }
        self.readable_at = now + read_lag;
        change(&mut self.data);
        self.data.updated = now;
    }

    /// Lets reads by id or key know the issue from this moment on.
    pub(crate) fn read_from(&mut self, readable_at: OffsetDateTime) {
        self.readable_at = readable_at;
    }

    /// Gives what reads by id or key know of the issue at this moment.
    pub(crate) fn as_read(&self, now: OffsetDateTime) -> Option<&IssueData> {
        if now >= self.readable_at {
            Some(&self.data)
        } else {
            self.stale.as_deref()
        }
    }

    /// Lets search see the last write from this moment on.
    pub(crate) fn search_from(&mut self, visible_at: OffsetDateTime) {
        self.visible_at = visible_at;
    }

    /// Gives what search knows of the issue at this moment.
    pub(crate) fn as_searched(&self, now: OffsetDateTime) -> Option<&IssueData> {
        if now >= self.visible_at {
            Some(&self.data)
        } else {
            self.indexed.as_deref()
        }
    }
}
