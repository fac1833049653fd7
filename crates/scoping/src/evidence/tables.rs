//! What the columns of a table hold.

use crate::ids;
use crate::lexicon::{Meaning, Meanings, lexicon};
use crate::outline::{Kind, NodeId, Outline};
use crate::text::normal;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Id,
    Title,
    Description,
    Priority,
    Status,
    Owner,
    Due,
    Effort,
    Criteria,
    Depends,
    Labels,
    Type,
    Other,
}

/// A table, read by its header.
#[derive(Clone, Debug)]
pub(crate) struct TableShape {
    pub(crate) columns: Vec<Column>,
    pub(crate) headers: Vec<String>,
    pub(crate) rows: Vec<NodeId>,
    /// Whether the header of the title says that rows are work: Requirement, Task, Deliverable.
    pub(crate) names_work: bool,
    /// Whether the header of the title says that it is a name, a title or a description.
    pub(crate) has_name: bool,
    /// Whether most rows have an id of work.
    pub(crate) has_ids: bool,
    /// The columns that are releases or phases: their cells are items, as in a story map.
    pub(crate) stages: Vec<usize>,
    /// Whether each row is a field and its value: the table is one item.
    pub(crate) is_record: bool,
    /// Whether most rows of three or more cells say something in two: a row of one cell is a rule.
    pub(crate) is_full: bool,
}

impl TableShape {
    pub(crate) fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|c| *c == column)
    }
}

const ORDER: &[(Meaning, Column)] = &[
    (Meaning::FieldCriteria, Column::Criteria),
    (Meaning::FieldPriority, Column::Priority),
    (Meaning::FieldStatus, Column::Status),
    (Meaning::FieldOwner, Column::Owner),
    (Meaning::FieldDue, Column::Due),
    (Meaning::FieldEffort, Column::Effort),
    (Meaning::FieldDepends, Column::Depends),
    (Meaning::FieldType, Column::Type),
    (Meaning::FieldLabels, Column::Labels),
    (Meaning::FieldTeam, Column::Labels),
    (Meaning::FieldDescription, Column::Description),
    (Meaning::FieldDate, Column::Other),
    (Meaning::FieldOther, Column::Other),
];

/// Reads a table's header and the shape of its rows.
pub(crate) fn shape(outline: &Outline<'_>, table: NodeId) -> TableShape {
    let mut head = Vec::new();
    let mut rows = Vec::new();
    for row in outline.children(table) {
        match outline.node(*row).kind {
            Kind::Row { is_head: true } => head = outline.children(*row).to_vec(),
            Kind::Row { is_head: false } => rows.push(*row),
            _ => {}
        }
    }
    let headers: Vec<String> = head.iter().map(|cell| outline.plain(*cell)).collect();
    let means: Vec<Meanings> = headers.iter().map(|header| meaning(header)).collect();
    let mut columns: Vec<Column> = means.iter().map(|means| plain_column(*means)).collect();
    let id_column = (0..columns.len().min(3)).find(|at| {
        may_be_id(means.get(*at))
            && mostly(outline, &rows, *at, is_id)
            && are_distinct(outline, &rows, *at)
    });
    let numbers = (0..columns.len().min(2)).find(|at| mostly(outline, &rows, *at, is_number_cell));
    if let Some(at) = id_column.or_else(|| {
        numbers.filter(|at| {
            means
                .get(*at)
                .is_some_and(|m| m.has(Meaning::FieldId) || m.is_empty())
        })
    }) {
        put(&mut columns, at, Column::Id);
    }
    let (title, names_work) = title_column(&means, &columns, id_column.is_some());
    if let Some(at) = title {
        put(&mut columns, at, Column::Title);
    }
    let has_name = title.is_some_and(|at| {
        means.get(at).is_some_and(|means| {
            means.any(&[
                Meaning::FieldTitle,
                Meaning::FieldName,
                Meaning::FieldDescription,
            ])
        })
    });
    let stages: Vec<usize> = (1..headers.len())
        .filter(|at| {
            headers
                .get(*at)
                .is_some_and(|header| super::roles::is_stage(header))
        })
        .collect();
    let is_record = is_record(outline, &headers, &rows);
    let says_more = |row: &&NodeId| {
        let cells = outline.children(**row).iter();
        cells
            .filter(|cell| !outline.plain(**cell).is_empty())
            .nth(1)
            .is_some()
    };
    let is_full = columns.len() >= 3 && rows.iter().filter(says_more).count() * 2 > rows.len();
    TableShape {
        columns,
        headers,
        rows,
        names_work,
        has_name,
        has_ids: id_column.is_some(),
        stages,
        is_record,
        is_full,
    }
}

/// A column that says when, on what or how far is none of ids.
fn may_be_id(means: Option<&Meanings>) -> bool {
    let other = &[
        Meaning::FieldDue,
        Meaning::FieldDate,
        Meaning::FieldDepends,
        Meaning::FieldStatus,
        Meaning::FieldOwner,
        Meaning::FieldLabels,
        Meaning::FieldOther,
    ];
    means.is_none_or(|means| !means.any(other) || means.has(Meaning::FieldId))
}

fn put(columns: &mut [Column], at: usize, column: Column) {
    if let Some(place) = columns.get_mut(at) {
        *place = column;
    }
}

/// The meaning of a header: of all its words, else of its last phrase.
fn meaning(header: &str) -> Meanings {
    let words = normal(header);
    let exact = lexicon().meaning(&words);
    if !exact.is_empty() {
        return exact;
    }
    if lexicon()
        .find(&words)
        .iter()
        .any(|hit| hit.at == 0 && hit.means.has(Meaning::StoryWant))
    {
        return lexicon().meaning("i want");
    }
    let hits = lexicon().find(&words);
    let is_field = |means: Meanings| {
        ORDER.iter().any(|(meaning, _)| means.has(*meaning))
            || means.any(&[Meaning::FieldTitle, Meaning::FieldName, Meaning::FieldId])
    };
    let last = hits
        .iter()
        .filter(|hit| is_field(hit.means))
        .max_by_key(|hit| (hit.len, hit.at));
    let title = hits.iter().find(|hit| hit.means.has(Meaning::FieldTitle));
    // "Feature module" names features, "Task owner" an owner.
    if let (Some(title), Some(last)) = (title, last)
        && last.means.has(Meaning::FieldLabels)
    {
        return title.means;
    }
    last.map_or_else(Meanings::default, |hit| hit.means)
}

fn plain_column(means: Meanings) -> Column {
    let found = ORDER.iter().find(|(meaning, _)| means.has(*meaning));
    found.map_or(Column::Other, |(_, column)| *column)
}

/// The column that names the work, and whether its header says that it is work.
fn title_column(means: &[Meanings], columns: &[Column], has_ids: bool) -> (Option<usize>, bool) {
    let free = |at: &usize| columns.get(*at) != Some(&Column::Id);
    let with = |meaning: Meaning| {
        (0..means.len())
            .filter(free)
            .find(|at| means.get(*at).is_some_and(|m| m.has(meaning)))
    };
    if let Some(at) = with(Meaning::StoryWant) {
        return (Some(at), true);
    }
    let titles = || {
        (0..means.len())
            .filter(free)
            .filter(|at| means.get(*at).is_some_and(|m| m.has(Meaning::FieldTitle)))
    };
    // "Epic | Story": the story is the item.
    let narrow = titles().find(|at| means.get(*at).is_some_and(|m| !m.has(Meaning::FieldLabels)));
    if let Some(at) = narrow.or_else(|| titles().next()) {
        return (Some(at), true);
    }
    if let Some(at) = with(Meaning::FieldName) {
        return (Some(at), false);
    }
    let first = |column: Column| {
        (0..means.len())
            .filter(free)
            .find(|at| columns.get(*at) == Some(&column))
    };
    let named = first(Column::Description).or_else(|| first(Column::Other));
    let states = columns.contains(&Column::Status);
    let leading = first(Column::Other).filter(|at| *at == 0 && states);
    // "Theme | Description": the theme only orders the rows.
    let described = first(Column::Description).filter(|_| columns.contains(&Column::Labels));
    (named.filter(|_| has_ids).or(leading).or(described), false)
}

/// Whether three rows of five pass.
fn mostly(outline: &Outline<'_>, rows: &[NodeId], column: usize, test: fn(&str) -> bool) -> bool {
    let passes = |row: &&NodeId| {
        outline
            .children(**row)
            .get(column)
            .is_some_and(|cell| test(&outline.plain(*cell)))
    };
    let count = rows.iter().filter(passes).count();
    !rows.is_empty() && count * 5 >= rows.len() * 3
}

fn are_distinct(outline: &Outline<'_>, rows: &[NodeId], column: usize) -> bool {
    let cells = rows
        .iter()
        .filter_map(|row| outline.children(*row).get(column));
    let values: std::collections::HashSet<String> =
        cells.map(|cell| outline.plain(*cell)).collect();
    values.len() * 5 >= rows.len() * 3
}

fn is_id(text: &str) -> bool {
    let text = text.trim_matches(['*', '`', ' ']);
    ids::leading(text)
        .is_some_and(|(id, at)| at >= text.len() && (!id.is_number() || id.numbers.len() > 1))
}

fn is_number_cell(text: &str) -> bool {
    let text = text.trim_matches(['*', ' ', '.', '#']);
    !text.is_empty() && text.len() <= 4 && text.chars().all(|c| c.is_ascii_digit())
}

/// Two columns, the first of which names fields.
fn is_record(outline: &Outline<'_>, headers: &[String], rows: &[NodeId]) -> bool {
    if headers.len() != 2 || rows.len() < 2 {
        return false;
    }
    let cells = |row: &NodeId| -> Vec<String> {
        outline
            .children(*row)
            .iter()
            .map(|cell| outline.plain(*cell))
            .collect()
    };
    let tells = |words: &str| {
        let means = lexicon().meaning(words);
        means.any(&[Meaning::Criteria, Meaning::FieldTitle])
            || means.has(Meaning::StoryAs)
            || words.starts_with("as a ")
    };
    let is_item = rows
        .iter()
        .any(|row| cells(row).first().is_some_and(|name| tells(&normal(name))));
    let has_id = headers
        .first()
        .is_some_and(|header| is_id(header.trim_matches(['*', ' '])));
    let names_values = headers
        .get(1)
        .is_some_and(|header| lexicon().meaning(&normal(header)).has(Meaning::FieldOther));
    if !is_item && !has_id && !names_values {
        return false;
    }
    let names = |row: &&NodeId| {
        let words = outline
            .children(**row)
            .first()
            .map(|cell| normal(&outline.plain(*cell)))
            .unwrap_or_default();
        let means = lexicon().meaning(&words);
        means.any(super::fields::FIELDS)
            || means.any(&[
                Meaning::FieldCriteria,
                Meaning::Criteria,
                Meaning::FieldDescription,
                Meaning::FieldName,
            ])
            || words.starts_with("as a ")
            || super::story::parts(&words).is_some()
    };
    let count = rows.iter().filter(names).count();
    count * 2 >= rows.len() && count >= 2
}
