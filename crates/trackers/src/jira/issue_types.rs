//! Which of a project's issue types a ticket becomes.

use futures_util::future::try_join_all;
use handoff_domain::delivery::model::{Warning, WarningCode};
use handoff_domain::delivery::tracker::{
    RequiredField, TrackerError, TrackerIssueType, TrackerPriority,
};
use handoff_domain::ticket::model::TicketType;
use jira_client::{FieldMeta, IssueTypeMeta, Jira};
use serde_json::Value;

use super::fields::is_supplied_by_us;
use super::meta::ProjectMeta;

/// The types of a project with what each requires.
pub(super) async fn offered(
    jira: &Jira,
    meta: &ProjectMeta,
) -> Result<Vec<TrackerIssueType>, TrackerError> {
    let asked = meta
        .types
        .iter()
        .map(|issue_type| meta.fields(jira, &issue_type.id));
    let fields = try_join_all(asked).await?;
    let pairs = meta.types.iter().zip(fields);
    Ok(pairs
        .map(|(issue_type, fields)| described(issue_type, &fields.value))
        .collect())
}

fn described(issue_type: &IssueTypeMeta, fields: &[FieldMeta]) -> TrackerIssueType {
    let required = fields.iter().filter(|field| field.must_be_given());
    let required_fields = required.map(|field| RequiredField {
        id: field.field_id.clone(),
        name: field.name.clone(),
        supplied_by_us: is_supplied_by_us(&field.field_id),
    });
    let priority = fields.iter().find(|field| field.field_id == "priority");
    let values = priority
        .map(|field| field.allowed_values.as_slice())
        .unwrap_or_default();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let priorities = values.iter().filter_map(|value| {
        Some(TrackerPriority {
            id: text(value, "id")?,
            name: text(value, "name")?,
        })
    });
    TrackerIssueType {
        id: issue_type.id.clone(),
        name: issue_type.name.clone(),
        hierarchy_level: issue_type.hierarchy_level,
        required_fields: required_fields.collect(),
        priorities: priorities.collect(),
    }
}

/// The type that the caller named for every ticket, by id or name.
pub(super) fn named<'a>(
    types: &'a [IssueTypeMeta],
    wanted: &str,
) -> Result<&'a IssueTypeMeta, TrackerError> {
    let by_id = types.iter().find(|issue_type| issue_type.id == wanted);
    let is_named = |issue_type: &&IssueTypeMeta| {
        let names = [
            Some(issue_type.name.as_str()),
            issue_type.untranslated_name.as_deref(),
        ];
        names
            .into_iter()
            .flatten()
            .any(|name| name.to_lowercase() == wanted.to_lowercase())
    };
    by_id
        .or_else(|| types.iter().find(is_named))
        .ok_or_else(|| not_found(types))
}

/// The type that a ticket's own type asks for: the one of that untranslated name, else the first of its level.
pub(super) fn for_ticket(
    types: &[IssueTypeMeta],
    ticket_type: TicketType,
) -> Result<(&IssueTypeMeta, Option<Warning>), TrackerError> {
    let wanted = match ticket_type {
        TicketType::Task => "Task",
        TicketType::Story => "Story",
        TicketType::Bug => "Bug",
        TicketType::Epic => "Epic",
        TicketType::Subtask => "Sub-task",
    };
    let untranslated = |issue_type: &IssueTypeMeta| {
        issue_type
            .untranslated_name
            .as_deref()
            .unwrap_or(&issue_type.name)
            == wanted
    };
    if let Some(exact) = types.iter().find(|issue_type| untranslated(issue_type)) {
        return Ok((exact, None));
    }
    let level = i32::from(ticket_type == TicketType::Epic);
    let of_level = types
        .iter()
        .find(|issue_type| issue_type.hierarchy_level == level);
    let other = of_level
        .or_else(|| {
            types
                .iter()
                .find(|issue_type| issue_type.hierarchy_level == 0)
        })
        .ok_or_else(|| not_found(types))?;
    let message = format!(
        "the project has no issue type {wanted}, so {} was taken",
        other.name
    );
    Ok((
        other,
        Some(Warning {
            code: WarningCode::IssueTypeReplaced,
            message,
        }),
    ))
}

fn not_found(types: &[IssueTypeMeta]) -> TrackerError {
    let available = types
        .iter()
        .map(|issue_type| issue_type.name.clone())
        .collect();
    TrackerError::IssueTypeNotFound { available }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue_type(id: &str, name: &str, untranslated: Option<&str>, level: i32) -> IssueTypeMeta {
        let json = serde_json::json!({
            "id": id, "name": name, "untranslatedName": untranslated, "subtask": false,
            "hierarchyLevel": level,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_translated_type_is_found_by_its_untranslated_name() {
        let types = [
            issue_type("1", "Geschichte", Some("Story"), 0),
            issue_type("2", "Aufgabe", Some("Task"), 0),
        ];
        let (found, warning) = for_ticket(&types, TicketType::Task).unwrap();
        assert_eq!((found.id.as_str(), warning), ("2", None));
    }

    #[test]
    fn an_epic_takes_the_first_type_of_level_one_and_warns() {
        let types = [
            issue_type("1", "Task", None, 0),
            issue_type("2", "Initiative", None, 1),
        ];
        let (found, warning) = for_ticket(&types, TicketType::Epic).unwrap();
        assert_eq!(found.id, "2");
        assert_eq!(warning.unwrap().code, WarningCode::IssueTypeReplaced);
    }

    #[test]
    fn a_bug_without_its_type_takes_the_first_ordinary_type_and_warns() {
        let types = [
            issue_type("9", "Epic", None, 1),
            issue_type("1", "Request", None, 0),
        ];
        let (found, warning) = for_ticket(&types, TicketType::Bug).unwrap();
        assert_eq!(found.id, "1");
        assert!(warning.unwrap().message.contains("Request"));
    }

    #[test]
    fn a_type_is_named_by_id_or_by_name_in_any_case() {
        let types = [issue_type("10", "Aufgabe", Some("Task"), 0)];
        assert!(
            ["10", "aufgabe", "Task"]
                .iter()
                .all(|wanted| named(&types, wanted).is_ok())
        );
        let Err(TrackerError::IssueTypeNotFound { available }) = named(&types, "Story") else {
            panic!("a type that is not there was found");
        };
        assert_eq!(available, ["Aufgabe"]);
    }
}
