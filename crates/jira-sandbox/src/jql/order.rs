//! ORDER BY.

use std::cmp::Ordering;

use crate::world::{IssueData, Site};

/// The most fields a query may order by.
const MAX_FIELDS: usize = 7;

/// One field to order by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    by: By,
    descending: bool,
}

#[derive(Clone, Copy, Debug)]
enum By {
    Key,
    Id,
    Created,
    Updated,
    Summary,
    Priority,
    Status,
    IssueType,
    Assignee,
    Reporter,
    Creator,
    DueDate,
    Resolved,
}

/// Checks the fields to order by; the error is Jira's text.
pub(super) fn compile(written: &[(String, bool)]) -> Result<Vec<Order>, String> {
    if written.len() > MAX_FIELDS {
        return Err(format!(
            "The query orders by more than {MAX_FIELDS} fields."
        ));
    }
    let each = |(name, descending): &(String, bool)| {
        let by = match name.to_ascii_lowercase().as_str() {
            "key" | "issuekey" | "project" => By::Key,
            "id" | "issue" => By::Id,
            "created" | "createddate" => By::Created,
            "updated" | "updateddate" => By::Updated,
            "summary" => By::Summary,
            "priority" => By::Priority,
            "status" => By::Status,
            "issuetype" | "type" => By::IssueType,
            "assignee" => By::Assignee,
            "reporter" => By::Reporter,
            "creator" => By::Creator,
            "due" | "duedate" => By::DueDate,
            "resolved" | "resolutiondate" => By::Resolved,
            _ => {
                return Err(format!(
                    "Field '{name}' does not exist or you do not have permission to view it."
                ));
            }
        };
        Ok(Order {
            by,
            descending: *descending,
        })
    };
    written.iter().map(each).collect()
}

/// Sorts by the fields in turn; without any, the newest issue comes first.
pub(super) fn sort(found: &mut [(u64, &IssueData)], order: &[Order], site: &Site) {
    if order.is_empty() {
        found.reverse();
        return;
    }
    found.sort_by(|a, b| {
        let by_fields = order.iter().map(|order| {
            let compared = compare(order.by, a, b, site);
            if order.descending {
                compared.reverse()
            } else {
                compared
            }
        });
        by_fields.fold(Ordering::Equal, Ordering::then)
    });
}

fn compare<'a>(
    by: By,
    a: &(u64, &'a IssueData),
    b: &(u64, &'a IssueData),
    site: &'a Site,
) -> Ordering {
    let project = |data: &'a IssueData| site.project_at(data.project);
    let key = |data: &'a IssueData| project(data).map(|home| (home.key.as_str(), data.number));
    // A scheme lists the most urgent first, and the most urgent counts as the greatest.
    let urgency = |data: &'a IssueData| {
        let scheme = &project(data)?.priorities;
        scheme
            .iter()
            .rev()
            .position(|it| Some(&it.id) == data.priority.as_ref())
    };
    let progress = |data: &'a IssueData| {
        project(data)?
            .statuses
            .iter()
            .position(|status| status.id == data.status)
    };
    match by {
        By::Key => key(a.1).cmp(&key(b.1)),
        By::Id => a.0.cmp(&b.0),
        By::Created => (a.1.created, a.0).cmp(&(b.1.created, b.0)),
        By::Updated => a.1.updated.cmp(&b.1.updated),
        By::Summary => a.1.summary.cmp(&b.1.summary),
        By::Priority => urgency(a.1).cmp(&urgency(b.1)),
        By::Status => progress(a.1).cmp(&progress(b.1)),
        By::IssueType => a.1.issue_type.cmp(&b.1.issue_type),
        By::Assignee => a.1.assignee.cmp(&b.1.assignee),
        By::Reporter => a.1.reporter.cmp(&b.1.reporter),
        By::Creator => a.1.creator.cmp(&b.1.creator),
        By::DueDate => a.1.due_date.cmp(&b.1.due_date),
        By::Resolved => a.1.resolved_at.cmp(&b.1.resolved_at),
    }
}
