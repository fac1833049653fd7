//! An issue as reads return it.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;
use time::macros::format_description;

use super::values::{IssueTypeRef, Priority, ProjectRef, Status, UserRef, null_as_empty};

/// An issue, with the fields and entity properties asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Issue {
    /// The id, which never changes.
    pub id: String,
    /// The present key; changes when the issue moves to another project. Empty in a search for ids only.
    #[serde(default)]
    pub key: String,
    /// The issue's address in the REST API, on the site's own domain.
    #[serde(default, rename = "self")]
    pub self_url: String,
    /// The fields.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub fields: IssueFields,
    /// The entity properties asked for, by key; those the issue lacks are absent.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub properties: Map<String, Value>,
}

/// The fields of an issue; those not asked for, not on the site or without a value are `None` or empty.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct IssueFields {
    /// The title.
    pub summary: Option<String>,
    /// The workflow status.
    pub status: Option<Status>,
    /// The priority.
    pub priority: Option<Priority>,
    /// The labels.
    #[serde(deserialize_with = "null_as_empty")]
    pub labels: Vec<String>,
    /// The issue type.
    #[serde(rename = "issuetype")]
    pub issue_type: Option<IssueTypeRef>,
    /// The project.
    pub project: Option<ProjectRef>,
    /// Who created the issue; cannot be chosen.
    pub creator: Option<UserRef>,
    /// Who reported it; can be chosen.
    pub reporter: Option<UserRef>,
    /// Who works on it.
    pub assignee: Option<UserRef>,
    /// The description as an Atlassian document.
    pub description: Option<Value>,
    /// When it was created.
    #[serde(deserialize_with = "jira_time")]
    pub created: Option<OffsetDateTime>,
    /// When it was changed last.
    #[serde(deserialize_with = "jira_time")]
    pub updated: Option<OffsetDateTime>,
    /// Every other field, as Jira sent it.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

fn jira_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let parsed = parse_time(&text);
    parsed
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("invalid time"))
}

/// Reads a time stamp: Jira writes `2026-09-27T10:03:11.123+0200`, others `Z` or `+02:00`.
pub(crate) fn parse_time(text: &str) -> Option<OffsetDateTime> {
    let jira = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]][offset_hour sign:mandatory][offset_minute]"
    );
    OffsetDateTime::parse(text, &jira)
        .or_else(|_| OffsetDateTime::parse(text, &Iso8601::DEFAULT))
        .ok()
        .map(|time| time.to_offset(time::UtcOffset::UTC))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn time_stamps_are_read_in_the_zones_that_occur() {
        let expected = datetime!(2026-09-27 08:03:11.123 UTC);
        for text in [
            "2026-09-27T10:03:11.123+0200",
            "2026-09-27T10:03:11.123+02:00",
            "2026-09-27T08:03:11.123Z",
            "2026-09-27T03:33:11.123-0430",
        ] {
            assert_eq!(parse_time(text), Some(expected), "{text}");
        }
        assert_eq!(
            parse_time("2026-09-27T10:03:11+0200"),
            Some(datetime!(2026-09-27 08:03:11 UTC))
        );
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn null_and_unknown_fields_are_taken_as_they_come() {
        let issue: Issue = serde_json::from_str(
            r#"{"id":"1","key":"A-1","fields":{"labels":null,"priority":null,"created":null,
                "status":{"name":"Odd","statusCategory":{"id":9,"key":"in-flight"}},
                "customfield_1":{"x":1}},"properties":null,"expand":"x"}"#,
        )
        .unwrap();
        assert!(issue.fields.labels.is_empty());
        assert_eq!(
            issue.fields.status.unwrap().category.key.as_str(),
            "in-flight"
        );
        assert_eq!(issue.fields.other["customfield_1"]["x"], 1);
    }
}
