//! The fields on a project's create screen for one issue type.

use crate::world::{CustomField, IssueType, Project};

/// A field on a create screen.
#[derive(Debug)]
pub(super) struct ScreenField<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) required: bool,
    pub(super) has_default: bool,
    pub(super) custom: Option<&'a CustomField>,
}

/// Lists the fields in the order in which createmeta gives them.
pub(super) fn create_screen<'a>(project: &'a Project, kind: &'a IssueType) -> Vec<ScreenField<'a>> {
    let system = |id, name, required, has_default| ScreenField {
        id,
        name,
        required,
        has_default,
        custom: None,
    };
    let mut screen = vec![
        system("summary", "Summary", true, false),
        system("issuetype", "Issue Type", true, false),
        system("project", "Project", true, false),
        system("description", "Description", false, false),
        system("labels", "Labels", false, false),
        system("assignee", "Assignee", false, false),
        system("reporter", "Reporter", true, true),
        system("duedate", "Due date", false, false),
    ];
    if kind.level <= 0 {
        screen.push(system("parent", "Parent", kind.is_subtask(), false));
    }
    if project.priority_on_screen {
        let has_default = project.default_priority.is_some();
        screen.push(system("priority", "Priority", false, has_default));
    }
    screen.extend(project.fields_of(kind).map(|field| ScreenField {
        id: &field.id,
        name: &field.name,
        required: field.required,
        has_default: false,
        custom: Some(field),
    }));
    screen
}
