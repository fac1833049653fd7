//! Which of a project's priorities a ticket gets.

use handoff_domain::delivery::model::{Warning, WarningCode};
use handoff_domain::ticket::model::Priority;
use jira_client::FieldMeta;
use serde_json::{Value, json};

/// Jira's stock names from most to least urgent.
const STOCK: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];
/// The place of Medium among them.
const MEDIUM: usize = 2;

/// The value to send, if any, and what a person should know.
pub(super) fn choose(
    priority: Option<&Priority>,
    field: Option<&FieldMeta>,
) -> (Option<Value>, Option<Warning>) {
    let Some(field) = field.filter(|field| !field.allowed_values.is_empty()) else {
        return (None, priority.map(not_on_screen));
    };
    let Some(priority) = priority else {
        return (unset(field), None);
    };
    let rank = rank(priority);
    let (value, replaced_by) = at_rank(field, rank);
    let warning = match (priority, replaced_by) {
        (Priority::Other(word), other) => Some(unrecognised(word, other)),
        (_, Some(name)) => Some(replaced(priority, &name)),
        (_, None) => None,
    };
    (value, warning)
}

const fn rank(priority: &Priority) -> usize {
    match priority {
        Priority::P0 => 0,
        Priority::P1 => 1,
        Priority::P2 | Priority::Other(_) => MEDIUM,
        Priority::P3 => 3,
    }
}

/// Without a priority the issue must end up Medium: the field is sent only where the project states another default.
fn unset(field: &FieldMeta) -> Option<Value> {
    let default = field
        .default_value
        .as_ref()
        .filter(|value| !value.is_null())?;
    let name = default.get("name").and_then(Value::as_str);
    let stock = STOCK.get(MEDIUM).copied();
    if name == stock {
        return None;
    }
    let (medium, _) = at_rank(field, MEDIUM);
    let is_default = |value: &Value| {
        value
            .get("id")
            .is_some_and(|id| default.get("id") == Some(id))
    };
    medium.filter(|value| !is_default(value))
}

/// The stock name where the project has it, else the value at the same rank and its name.
fn at_rank(field: &FieldMeta, rank: usize) -> (Option<Value>, Option<String>) {
    let name_of = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let stock = STOCK.get(rank).copied().unwrap_or("Medium");
    let values = &field.allowed_values;
    if values
        .iter()
        .any(|value| name_of(value).as_deref() == Some(stock))
    {
        return (Some(json!({"name": stock})), None);
    }
    let at = values.get(rank).or_else(|| values.last());
    let id = at.and_then(|value| value.get("id")).cloned();
    (id.map(|id| json!({"id": id})), at.and_then(name_of))
}

fn not_on_screen(priority: &Priority) -> Warning {
    let message = format!("the project has no priority field, so {priority} was left out");
    Warning {
        code: WarningCode::PriorityNotOnScreen,
        message,
    }
}

fn replaced(priority: &Priority, name: &str) -> Warning {
    let message = format!("the project has priorities of its own, so {priority} became {name}");
    Warning {
        code: WarningCode::PriorityReplaced,
        message,
    }
}

fn unrecognised(word: &str, other: Option<String>) -> Warning {
    let name = other.unwrap_or_else(|| "Medium".to_owned());
    let message = format!("the priority \u{201c}{word}\u{201d} is not known, so {name} was taken");
    Warning {
        code: WarningCode::PriorityUnrecognised,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(names: &[&str], default: Option<usize>) -> FieldMeta {
        let value = |(id, name): (usize, &&str)| json!({"id": id.to_string(), "name": name});
        let values: Vec<Value> = names.iter().enumerate().map(value).collect();
        let default = default.map(|index| values[index].clone());
        let json = json!({
            "fieldId": "priority", "key": "priority", "name": "Priority", "required": false,
            "hasDefaultValue": default.is_some(), "defaultValue": default,
            "allowedValues": values, "operations": ["set"], "schema": {"type": "priority"},
        });
        serde_json::from_value(json).unwrap()
    }

    fn code(warning: Option<Warning>) -> Option<WarningCode> {
        warning.map(|warning| warning.code)
    }

    #[test]
    fn p0_to_p3_are_sent_by_their_stock_names_without_a_warning() {
        let stock = field(&STOCK, Some(MEDIUM));
        let words = [Priority::P0, Priority::P1, Priority::P2, Priority::P3];
        for (priority, name) in words.iter().zip(STOCK) {
            assert_eq!(
                choose(Some(priority), Some(&stock)),
                (Some(json!({"name": name})), None)
            );
        }
    }

    #[test]
    fn other_names_get_the_id_at_the_same_rank_and_a_warning() {
        let own = field(&["Blocker", "Critical", "Major", "Minor"], None);
        let (value, warning) = choose(Some(&Priority::P1), Some(&own));
        assert_eq!(value, Some(json!({"id": "1"})));
        assert_eq!(code(warning), Some(WarningCode::PriorityReplaced));
    }

    #[test]
    fn an_unknown_word_becomes_medium_with_a_warning() {
        let stock = field(&STOCK, None);
        let (value, warning) = choose(Some(&Priority::Other("Soonish".to_owned())), Some(&stock));
        assert_eq!(value, Some(json!({"name": "Medium"})));
        assert_eq!(code(warning), Some(WarningCode::PriorityUnrecognised));
    }

    #[test]
    fn without_a_field_the_priority_is_left_out_with_a_warning_only_when_there_is_one() {
        let (value, warning) = choose(Some(&Priority::P0), None);
        assert_eq!(
            (value, code(warning)),
            (None, Some(WarningCode::PriorityNotOnScreen))
        );
        assert_eq!(choose(None, None), (None, None));
    }

    #[test]
    fn unset_is_left_out_where_the_default_is_medium_or_not_stated() {
        assert_eq!(
            choose(None, Some(&field(&STOCK, Some(MEDIUM)))),
            (None, None)
        );
        assert_eq!(choose(None, Some(&field(&STOCK, None))), (None, None));
    }

    #[test]
    fn unset_sends_medium_where_another_default_is_stated_and_never_warns() {
        let (value, warning) = choose(None, Some(&field(&STOCK, Some(0))));
        assert_eq!((value, warning), (Some(json!({"name": "Medium"})), None));
        let own = field(&["Blocker", "Critical", "Major", "Minor"], Some(0));
        assert_eq!(choose(None, Some(&own)), (Some(json!({"id": "2"})), None));
        let major = field(&["Blocker", "Critical", "Major", "Minor"], Some(2));
        assert_eq!(choose(None, Some(&major)), (None, None));
    }
}
