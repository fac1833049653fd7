//! The part of JQL that a webhook's filter may use.

use crate::jql::{self, Query, Reader};

/// The clauses that a filter may have, in lower case.
const CLAUSES: &[&str] = &[
    "issuekey",
    "key",
    "issue",
    "project",
    "issuetype",
    "type",
    "status",
    "assignee",
    "reporter",
    "priority",
];

/// Reads a filter; the error is a text for the result of the registration.
pub(crate) fn read(text: &str, reader: Reader<'_>) -> Result<Query, String> {
    for (field, sign) in jql::clauses(text)? {
        let name = field.to_ascii_lowercase();
        let is_known = CLAUSES.contains(&name.as_str())
            || name.starts_with("issue.property")
            || name.starts_with("cf[");
        if !is_known {
            return Err(format!("The clause {field} is unsupported"));
        }
        if !matches!(sign, "=" | "!=") {
            return Err(format!("The operator {sign} is unsupported"));
        }
    }
    Query::read(text, reader)
}
