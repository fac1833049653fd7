//! The description: the ticket's text, its acceptance criteria, its effort and where it comes from, as ADF.

use std::collections::BTreeSet;

use handoff_domain::delivery::model::{Warning, WarningCode};
use handoff_domain::ticket::model::{Effort, TicketContent};
use jira_client::adf::{Degradation, Document};
use serde_json::Value;

/// How long the text may be. Jira refuses more than 32,767 and does not say how it counts, so there is room to spare.
const MAX_TEXT: usize = 30_000;

/// A description and what a person should know about it.
pub(super) struct Description {
    pub(super) document: Value,
    pub(super) warnings: Vec<Warning>,
}

/// What is written besides the ticket's own description.
pub(super) struct Additions<'a> {
    /// The title of the product document.
    pub(super) document_title: &'a str,
    /// The whole title, when the summary had to be cut.
    pub(super) full_title: Option<&'a str>,
    /// Labels that the project has no field for.
    pub(super) homeless_labels: &'a [String],
    /// What the ticket is part of.
    pub(super) parent: Option<&'a str>,
    /// What must be there first.
    pub(super) depends_on: &'a [String],
}

/// Builds the description of a ticket.
pub(super) fn build(content: &TicketContent, additions: &Additions<'_>) -> Description {
    let mut degraded = Vec::new();
    let mut tail = Document::default();
    add_tail(&mut tail, content, additions, &mut degraded);
    let room = MAX_TEXT
        .saturating_sub(tail.text_length())
        .max(MAX_TEXT / 2);
    let mut document = Document::default();
    if let Some(title) = additions.full_title {
        document.push_paragraph(&escape(title));
    }
    degraded.extend(document.push_markdown(&content.description));
    let mut is_cut = document.cut_at(room);
    add_tail(&mut document, content, additions, &mut Vec::new());
    is_cut |= document.cut_at(MAX_TEXT);
    Description {
        document: document.to_value(),
        warnings: warnings(&degraded, is_cut),
    }
}

fn add_tail(
    document: &mut Document,
    content: &TicketContent,
    additions: &Additions<'_>,
    degraded: &mut Vec<Degradation>,
) {
    add_criteria(document, content, degraded);
    add_notes(document, content, additions);
}

fn add_criteria(tail: &mut Document, content: &TicketContent, degraded: &mut Vec<Degradation>) {
    if content.acceptance_criteria.is_empty() {
        return;
    }
    tail.push_heading(3, "Acceptance criteria");
    degraded.extend(tail.push_task_list(&content.acceptance_criteria));
}

fn add_notes(tail: &mut Document, content: &TicketContent, additions: &Additions<'_>) {
    if let Some(effort) = content.estimated_effort {
        tail.push_paragraph(&format!("**Estimated effort:** {}", effort_word(effort)));
    }
    let mut note = |name: &str, text: &str| {
        tail.push_paragraph(&format!("**{name}:** {}", escape(text)));
    };
    if let Some(parent) = additions.parent {
        note("Part of", parent);
    }
    if let Some(assignee) = &content.assignee {
        note("Assignee", assignee);
    }
    if let Some(due_on) = content.due_on {
        note("Due on", &due_on.to_string());
    }
    if !additions.depends_on.is_empty() {
        note("Depends on", &additions.depends_on.join("; "));
    }
    if !additions.homeless_labels.is_empty() {
        note("Labels", &additions.homeless_labels.join(", "));
    }
    let title = escape(additions.document_title);
    tail.push_paragraph(&format!("*From the document* {title}"));
}

const fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::Trivial => "trivial",
        Effort::Small => "small",
        Effort::Medium => "medium",
        Effort::Large => "large",
        Effort::Xlarge => "extra large",
    }
}

fn warnings(degraded: &[Degradation], is_cut: bool) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if is_cut {
        let message = "the description is longer than Jira takes, so it was cut".to_owned();
        warnings.push(Warning {
            code: WarningCode::TextCut,
            message,
        });
    }
    let kinds: BTreeSet<String> = degraded.iter().map(|one| one.kind.to_string()).collect();
    if !kinds.is_empty() {
        let message = kinds.into_iter().collect::<Vec<_>>().join("; ");
        warnings.push(Warning {
            code: WarningCode::MarkdownDegraded,
            message,
        });
    }
    warnings
}

/// Writes plain text so that Markdown reads it back as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(content: &TicketContent) -> String {
        let additions = Additions {
            document_title: "Spec *1*",
            full_title: None,
            homeless_labels: &[],
            parent: None,
            depends_on: &[],
        };
        let built = build(content, &additions).document;
        jira_client::adf::to_text(&Document::from_value(built).unwrap())
    }

    #[test]
    fn the_document_criteria_and_effort_are_named() {
        let content = TicketContent {
            description: "Do **it**.".to_owned(),
            acceptance_criteria: vec!["It works".to_owned()],
            estimated_effort: Some(Effort::Large),
            ..TicketContent::default()
        };
        let text = text_of(&content);
        assert!(text.contains("Do it."), "{text}");
        assert!(
            text.contains("It works") && text.contains("large"),
            "{text}"
        );
        assert!(text.contains("Spec *1*"), "{text}");
    }

    #[test]
    fn what_jira_gets_in_no_field_of_its_own_is_named() {
        let content = TicketContent {
            assignee: Some("Ada *L*".to_owned()),
            due_on: Some(time::macros::date!(2026 - 12 - 24)),
            ..TicketContent::default()
        };
        let depends_on = ["Pay by card (ENG-1)".to_owned(), "OPS-2".to_owned()];
        let additions = Additions {
            document_title: "Spec",
            full_title: None,
            homeless_labels: &[],
            parent: Some("Checkout"),
            depends_on: &depends_on,
        };
        let built = build(&content, &additions).document;
        let text = jira_client::adf::to_text(&Document::from_value(built).unwrap());
        for line in [
            "Part of: Checkout",
            "Assignee: Ada *L*",
            "Due on: 2026-12-24",
            "Depends on: Pay by card (ENG-1); OPS-2",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    #[test]
    fn an_over_long_description_is_cut_and_keeps_its_criteria() {
        let content = TicketContent {
            description: "A sentence of some words.\n\n".repeat(5_000),
            acceptance_criteria: vec!["The last criterion".to_owned()],
            ..TicketContent::default()
        };
        let additions = Additions {
            document_title: "Spec",
            full_title: None,
            homeless_labels: &[],
            parent: None,
            depends_on: &[],
        };
        let built = build(&content, &additions);
        let document = Document::from_value(built.document).unwrap();
        assert!(document.text_length() <= MAX_TEXT);
        assert!(jira_client::adf::to_text(&document).contains("The last criterion"));
        assert_eq!(built.warnings[0].code, WarningCode::TextCut);
    }

    #[test]
    fn what_has_no_counterpart_is_told_once_a_kind() {
        let content = TicketContent {
            description: "<b>x</b>\n\n![a](http://x.example/a.png)\n\n![b](http://x.example/b.png)"
                .to_owned(),
            ..TicketContent::default()
        };
        let additions = Additions {
            document_title: "Spec",
            full_title: None,
            homeless_labels: &[],
            parent: None,
            depends_on: &[],
        };
        let warnings = build(&content, &additions).warnings;
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].message.matches("image").count(), 1);
    }
}
