//! The part of JQL that a webhook's filter may use.

use crate::jql::{Query, Reader, Written};

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

/// The operators that a filter may have.
const OPERATORS: &[&str] = &["=", "!=", "in", "not in"];

/// Reads a filter; the error is a text for the result of the registration.
pub(crate) fn read(text: &str, reader: Reader<'_>) -> Result<Query, String> {
    let written = Written::read(text)?;
    if written.is_ordered {
        return Err("The clause ORDER BY is unsupported".to_owned());
    }
    for (field, sign) in written.clauses {
        let name = field.to_ascii_lowercase();
        let is_known = CLAUSES.contains(&name.as_str())
            || name.starts_with("issue.property[")
            || name.starts_with("cf[");
        if !is_known {
            return Err(format!("The clause {field} is unsupported"));
        }
        if !OPERATORS.contains(&sign) {
            return Err(format!("The operator {sign} is unsupported"));
        }
    }
    Query::read(
        text,
        Reader {
            asks_properties: true,
            ..reader
        },
    )
}
