//! What the columns of a table hold, by the words of its head.

use super::bare_id;
use crate::rules::headings;
use crate::rules::text::{squeeze, words};
use crate::rules::tree::{Line, Row};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Title,
    Description,
    Role,
    Wish,
    Reason,
    Priority,
    Severity,
    Effort,
    Criteria,
    Labels,
    Status,
    Other,
}

#[rustfmt::skip]
const COLUMNS: &[(Column, &[&str])] = &[
    (Column::Id, &[
        "id", "ref", "req id", "requirement id", "story id", "task id", "us id", "fr id",
        "code", "key", "identifier", "req", "fr", "no", "nr", "number", "ticket id", "fix id",
        "bug id", "issue id",
    ]),
    (Column::Title, &[
        "user story", "story", "requirement", "feature", "task", "title", "name", "summary",
        "ticket", "issue", "bug", "action item", "action", "item", "work item", "backlog item",
        "functionality", "functional requirement", "user stories", "capability", "todo",
        "improvement", "requirements", "features", "what", "gap", "enhancement", "story title",
        "task name", "fix", "defect", "requisito", "historia", "tarea", "funcionalidad",
        "product backlog item", "pbi", "deliverable", "change", "function",
    ]),
    (Column::Description, &[
        "description", "details", "detail", "requirement description", "descripcion",
        "descricao", "story description", "definition", "statement", "shall statement",
    ]),
    (Column::Role, &["as a", "as an", "as a an", "role", "as", "actor", "user", "user role", "as a user"]),
    (Column::Wish, &[
        "i want to", "i want", "want", "i can", "goal", "i would like", "i want to be able to",
        "i need", "i need to",
    ]),
    (Column::Reason, &["so that", "so that i can", "benefit", "reason", "so i can", "because", "in order to"]),
    (Column::Priority, &[
        "priority", "prio", "moscow", "moscow priority", "p", "importance", "prioridad",
        "prioridade", "pri", "prioritat", "priority level", "mvp priority",
    ]),
    (Column::Severity, &["severity"]),
    (Column::Effort, &[
        "effort", "estimate", "points", "story points", "sp", "size", "estimated effort",
        "t shirt size", "estimation", "complexity", "est", "time estimate", "hours",
        "est effort", "effort estimate",
    ]),
    (Column::Criteria, &[
        "acceptance criteria", "acceptance", "criteria", "acceptance evidence", "ac",
        "definition of done", "done when", "acceptance test", "acceptance tests",
        "criterios de aceptacion", "acceptance criterion",
    ]),
    (Column::Labels, &["labels", "label", "tags", "tag", "component", "components", "area", "module"]),
    (Column::Status, &[
        "status", "state", "done", "completed", "implemented", "implementation status",
        "estado", "progress", "current status",
    ]),
];

/// First words of tables that list something else than work.
#[rustfmt::skip]
const OTHER_TABLES: &[&str] = &[
    "risk", "risks", "metric", "metrics", "kpi", "milestone", "question", "open question",
    "persona", "term", "endpoint", "method", "route", "decision", "assumption", "stakeholder",
    "technology", "tool", "library", "option", "field", "variable", "test", "test case", "phase",
    "environment", "parameter", "column", "version", "date", "abbreviation", "acronym", "word",
    "property", "layer", "goal", "objective", "constraint", "dependency", "attribute", "type",
    "path", "file", "competitor", "sprint", "week", "package", "command", "error", "status code",
    "setting", "key result", "success metric", "scenario", "device", "browser", "token", "color",
    "event", "entity", "table", "model", "aspect", "criterion", "symbol", "legend", "section",
    "document", "data", "success criterion", "objectives", "target", "epic", "category", "criteria",
];

/// Names of a title column that speak of work by themselves.
#[rustfmt::skip]
const WORK_TITLES: &[&str] = &[
    "task", "action item", "todo", "work item", "backlog item", "ticket", "user story",
    "user stories", "bug", "action", "product backlog item", "pbi", "functional requirement",
    "defect",
];

fn column(name: &str) -> Column {
    let said = headings::tidy(name);
    COLUMNS
        .iter()
        .find(|(_, names)| names.contains(&said.as_str()))
        .map_or(Column::Other, |(column, _)| *column)
}

/// A table with its columns known.
pub(super) struct Layout {
    pub(super) columns: Vec<Column>,
    pub(super) names: Vec<String>,
}

impl Layout {
    pub(super) fn new(head: &Row, rows: &[Row]) -> Self {
        let names: Vec<String> = head.cells.iter().map(|cell| squeeze(&cell.plain)).collect();
        let mut columns: Vec<Column> = names.iter().map(|name| column(name)).collect();
        if !columns.contains(&Column::Wish) {
            for column in &mut columns {
                // "Role" and "User" tell a story only beside "I want".
                if matches!(column, Column::Role | Column::Reason) {
                    *column = Column::Other;
                }
            }
        }
        let ids = (0..columns.len()).find(|at| mostly_ids(rows, *at));
        if let Some(at) = ids
            && let Some(column) = columns.get_mut(at)
        {
            *column = Column::Id;
        }
        let mut layout = Self { columns, names };
        layout.find_title(rows);
        layout
    }

    /// Where no name gives the title column away, the column with the longest text is it.
    fn find_title(&mut self, rows: &[Row]) {
        if self
            .columns
            .iter()
            .any(|column| matches!(column, Column::Title | Column::Wish))
        {
            return;
        }
        let described = self
            .columns
            .iter()
            .position(|column| *column == Column::Description);
        let longest = (0..self.columns.len())
            .filter(|at| self.columns.get(*at) == Some(&Column::Other))
            .max_by_key(|at| {
                rows.iter()
                    .filter_map(|row| row.cells.get(*at))
                    .map(|cell| cell.plain.len())
                    .sum::<usize>()
            });
        if let Some(column) = described
            .or(longest)
            .and_then(|at| self.columns.get_mut(at))
        {
            *column = Column::Title;
        }
    }

    pub(super) fn cell<'r>(&self, row: &'r Row, wanted: Column) -> Option<&'r Line> {
        let at = self.columns.iter().position(|column| *column == wanted)?;
        row.cells
            .get(at)
            .filter(|cell| !cell.plain.trim().is_empty())
    }

    pub(super) fn has(&self, wanted: Column) -> bool {
        self.columns.contains(&wanted)
    }

    /// Whether the head says that rows are something else than work.
    pub(super) fn is_other(&self) -> bool {
        let first = self.names.iter().zip(&self.columns).find(|(name, column)| {
            **column != Column::Id && !matches!(words(name).as_str(), "" | "no")
        });
        let by_first = first.is_some_and(|(name, _)| OTHER_TABLES.contains(&words(name).as_str()));
        let telling = |name: &String| {
            matches!(
                words(name).as_str(),
                "mitigation"
                    | "likelihood"
                    | "probability"
                    | "kpi"
                    | "baseline"
                    | "http method"
                    | "question"
                    | "answer"
                    | "resolution"
                    | "meaning"
                    | "default"
                    | "test"
                    | "tests"
                    | "test case"
                    | "test cases"
                    | "verified by"
                    | "covered by"
                    | "example"
            )
        };
        by_first || self.names.iter().any(telling)
    }

    /// Whether the head alone says that rows are work.
    pub(super) fn is_work(&self) -> bool {
        let ranked =
            self.has(Column::Priority) || self.has(Column::Effort) || self.has(Column::Criteria);
        let title = self
            .names
            .iter()
            .zip(&self.columns)
            .filter(|(_, column)| **column == Column::Title);
        let titled = |name: &str| WORK_TITLES.contains(&name);
        self.has(Column::Wish)
            || title
                .map(|(name, _)| words(name))
                .any(|name| ranked && column(&name) == Column::Title || titled(&name))
    }
}

fn mostly_ids(rows: &[Row], at: usize) -> bool {
    let cells = rows
        .iter()
        .filter_map(|row| row.cells.get(at))
        .filter(|cell| !cell.plain.trim().is_empty());
    let (total, ids) = cells.fold((0, 0), |(total, ids), cell| {
        (total + 1, ids + usize::from(bare_id(&cell.plain).is_some()))
    });
    total > 0 && ids * 2 > total
}
