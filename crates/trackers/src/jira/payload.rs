//! The element of the create request for one ticket.

use handoff_domain::delivery::model::{ProjectRef, Warning, WarningCode};
use handoff_domain::delivery::tracker::{PreflightBatch, PreflightTicket, Verdict};
use handoff_domain::shared::ids::{DeliveryId, TicketId};
use handoff_domain::ticket::model::{PushError, PushErrorCode};
use jira_client::{FieldMeta, IssueTypeMeta};
use serde_json::{Map, Value, json};

use super::description::{self, Additions};
use super::fields::is_supplied_by_us;
use super::{DELIVERY_PROPERTY, labels, priority, summary};

/// Where a ticket goes: the project, the type, and the fields on the type's create screen.
pub(super) struct Target<'a> {
    pub(super) project: &'a ProjectRef,
    pub(super) issue_type: &'a IssueTypeMeta,
    pub(super) screen: &'a [FieldMeta],
}

impl Target<'_> {
    fn field(&self, id: &str) -> Option<&FieldMeta> {
        self.screen.iter().find(|field| field.field_id == id)
    }
}

/// Builds the request element, and refuses what Jira would refuse.
pub(super) fn judge(
    target: &Target<'_>,
    batch: &PreflightBatch,
    ticket: &PreflightTicket,
    mut warnings: Vec<Warning>,
) -> Verdict {
    let mut fields = Map::new();
    fields.insert("project".to_owned(), json!({"id": target.project.id}));
    fields.insert("issuetype".to_owned(), json!({"id": target.issue_type.id}));
    add_text(&mut fields, target, batch, ticket, &mut warnings);
    add_priority(&mut fields, target, ticket, &mut warnings);
    for (id, value) in &batch.fields {
        if target.field(id).is_some() {
            fields.insert(id.clone(), value.clone());
        }
    }
    let refusal = missing_field(target, &fields);
    let payload = json!({
        "fields": fields,
        "properties": [{
            "key": DELIVERY_PROPERTY,
            "value": mark(ticket.delivery_id, ticket.ticket_id),
        }],
    });
    Verdict {
        // Written by growing, the text may hold twice the room it needs; thousands of them wait together.
        payload: payload.to_string().into_boxed_str().into_string(),
        warnings,
        refusal,
    }
}

/// The value of the property that marks an issue as ours.
fn mark(delivery_id: DeliveryId, ticket_id: TicketId) -> Value {
    json!({"delivery_id": delivery_id.to_string(), "ticket_id": ticket_id.to_string()})
}

fn add_text(
    fields: &mut Map<String, Value>,
    target: &Target<'_>,
    batch: &PreflightBatch,
    ticket: &PreflightTicket,
    warnings: &mut Vec<Warning>,
) {
    let content = &ticket.content;
    let (summary, is_cut) = summary::fit(&content.title);
    fields.insert("summary".to_owned(), Value::String(summary));
    if is_cut {
        let message = "the title is longer than 255 characters, so the summary was cut and the \
                       whole title stands in the description";
        warnings.push(Warning {
            code: WarningCode::TextCut,
            message: message.to_owned(),
        });
    }
    let (fitted, changed) = labels::fit(&content.labels);
    let has_labels = target.field("labels").is_some();
    if has_labels && !fitted.is_empty() {
        fields.insert("labels".to_owned(), json!(fitted));
        warnings.extend(changed);
    } else if !fitted.is_empty() {
        let message = "the project has no labels field, so the labels stand in the description";
        warnings.push(Warning {
            code: WarningCode::LabelChanged,
            message: message.to_owned(),
        });
    }
    if target.field("description").is_none() {
        let message = "the project has no description field, so only the summary was sent";
        warnings.push(Warning {
            code: WarningCode::TextCut,
            message: message.to_owned(),
        });
        return;
    }
    let additions = Additions {
        document_title: &batch.document_title,
        full_title: is_cut.then_some(content.title.as_str()),
        homeless_labels: if has_labels { &[] } else { &content.labels },
        parent: ticket.parent.as_deref(),
        depends_on: &ticket.depends_on,
    };
    let described = description::build(content, &additions);
    fields.insert("description".to_owned(), described.document);
    warnings.extend(described.warnings);
}

fn add_priority(
    fields: &mut Map<String, Value>,
    target: &Target<'_>,
    ticket: &PreflightTicket,
    warnings: &mut Vec<Warning>,
) {
    let (value, warning) =
        priority::choose(ticket.content.priority.as_ref(), target.field("priority"));
    if let Some(value) = value {
        fields.insert("priority".to_owned(), value);
    }
    warnings.extend(warning);
}

/// The first field that the project requires and nobody fills.
fn missing_field(target: &Target<'_>, fields: &Map<String, Value>) -> Option<PushError> {
    let is_filled_by_jira = |id: &str| matches!(id, "project" | "issuetype" | "reporter");
    let missing = target.screen.iter().find(|field| {
        let id = field.field_id.as_str();
        field.must_be_given() && !is_filled_by_jira(id) && !fields.contains_key(id)
    })?;
    let (id, name) = (&missing.field_id, &missing.name);
    let advice = if is_supplied_by_us(id) {
        format!("the project requires {name}; give the ticket one")
    } else {
        format!("the project requires {name}; give it in `fields` as \"{id}\"")
    };
    Some(PushError::new(PushErrorCode::RequiredField, advice).of_field(id))
}
