//! Tables: which of their rows are work.

mod columns;

use super::candidate::Form;
use super::context::{Context, Evidence, Mode};
use super::criteria;
use super::fields::{self, Facts};
use super::headings::Work;
use super::ids::{self, Family};
use super::lists::is_empty_text;
use super::priority::{self, Rank};
use super::story;
use super::text::{squeeze, words};
use super::title::{self, Headline};
use super::tree::Row;
use super::walk::Walk;
use columns::{Column, Layout};

/// The id in a cell that holds nothing else.
fn bare_id(text: &str) -> Option<(String, Family)> {
    let lead = ids::leading(text.trim())?;
    let id = lead.id?;
    lead.rest
        .trim_matches(|c: char| !c.is_alphanumeric())
        .is_empty()
        .then_some((id, lead.family))
}

/// How many rows of a table are stories, how many have a work id, and how many of these have a priority column.
pub(super) fn count_work(head: &Row, rows: &[Row]) -> (usize, usize, usize) {
    let layout = Layout::new(head, rows);
    if layout.is_other() {
        return (0, 0, 0);
    }
    let told = |row: &&Row| {
        row.cells
            .iter()
            .any(|cell| story::find(&cell.plain).is_some())
    };
    let named = |row: &&Row| {
        layout
            .cell(row, Column::Id)
            .and_then(|cell| bare_id(&cell.plain))
            .is_some_and(|(_, family)| family.is_work())
    };
    let ids = rows.iter().filter(named).count();
    let ranked = if layout.has(Column::Priority) { ids } else { 0 };
    (rows.iter().filter(told).count(), ids, ranked)
}

/// Field lines written as a table of two columns: "| Priority | High |".
pub(super) fn facts(head: &Row, rows: &[Row], facts: &mut Facts) {
    if head.cells.len() != 2 {
        return;
    }
    for row in std::iter::once(head).chain(rows) {
        if let (Some(name), Some(value)) = (row.cells.first(), row.cells.get(1))
            && let Some(field) = fields::key(&name.plain)
        {
            facts.take(field, value.plain.trim());
        }
    }
}

impl Walk<'_> {
    /// Takes the work items of a table.
    pub(super) fn table(&mut self, head: &Row, rows: &[Row], context: &Context) {
        let layout = Layout::new(head, rows);
        for row in rows {
            self.row(&layout, row, context);
        }
    }

    fn row(&mut self, layout: &Layout, row: &Row, context: &Context) {
        let id = layout
            .cell(row, Column::Id)
            .and_then(|cell| bare_id(&cell.plain));
        let told = row
            .cells
            .iter()
            .any(|cell| story::find(&cell.plain).is_some())
            || layout.has(Column::Wish) && layout.cell(row, Column::Wish).is_some();
        let Some(evidence) = evidence(
            layout,
            id.as_ref().map(|(_, family)| *family),
            told,
            context,
        ) else {
            return;
        };
        let Some(tier) = context
            .tier(evidence)
            .or_else(|| neutral_tier(layout, evidence, context))
        else {
            return;
        };
        let Some(mut headline) = headline(layout, row, id) else {
            return;
        };
        headline.story |= told;
        if context.mode == Mode::Work(Work::Bugs) {
            headline.family = Some(Family::Bug);
        }
        let struck = layout
            .cell(row, Column::Title)
            .is_some_and(|cell| cell.struck);
        let facts = row_facts(layout, row);
        let Some(mut candidate) = self
            .candidate(Form::Row, (row.number, row.number), headline, facts)
            .filter(|_| !struck)
        else {
            return;
        };
        candidate.tier = tier;
        candidate.criteria = layout
            .cell(row, Column::Criteria)
            .map(|cell| criteria::of_text(self.markdown(cell)))
            .unwrap_or_default();
        candidate.description = self.describe(layout, row);
        self.push(candidate, context);
    }

    /// The row as Markdown: the text first, the other cells as fields.
    fn describe(&self, layout: &Layout, row: &Row) -> String {
        let mut parts = Vec::new();
        let mut listed = Vec::new();
        for ((cell, column), name) in row.cells.iter().zip(&layout.columns).zip(&layout.names) {
            let text = squeeze(self.markdown(cell));
            if text.is_empty() || *column == Column::Criteria {
                continue;
            }
            match column {
                Column::Title | Column::Description => parts.push(text),
                _ if name.is_empty() => listed.push(format!("- {text}")),
                _ => listed.push(format!("- **{name}:** {text}")),
            }
        }
        if !listed.is_empty() {
            parts.push(listed.join("\n"));
        }
        parts.join("\n\n")
    }
}

fn evidence(
    layout: &Layout,
    family: Option<Family>,
    told: bool,
    context: &Context,
) -> Option<Evidence> {
    match family {
        Some(Family::NotWork) => return None,
        _ if told => return Some(Evidence::Story),
        Some(family) if family.is_work() && !(layout.is_other() && family != Family::Bug) => {
            return Some(Evidence::Id(family));
        }
        _ if layout.is_other() => return None,
        _ => {}
    }
    let in_work = matches!(context.mode, Mode::Work(_));
    (in_work || layout.is_work()).then_some(Evidence::Plain)
}

/// A table whose head speaks of work counts where nothing around it speaks against that.
fn neutral_tier(layout: &Layout, evidence: Evidence, context: &Context) -> Option<u8> {
    (evidence == Evidence::Plain && layout.is_work() && matches!(context.mode, Mode::Neutral))
        .then_some(0)
}

fn headline(layout: &Layout, row: &Row, id: Option<(String, Family)>) -> Option<Headline> {
    let (text, bold) = match (
        layout.cell(row, Column::Title),
        layout.cell(row, Column::Wish),
    ) {
        (Some(cell), _) => (cell.plain.clone(), cell.bold),
        (None, Some(wish)) => (story_of(layout, row, &wish.plain), 0),
        (None, None) => (layout.cell(row, Column::Description)?.plain.clone(), 0),
    };
    let first = words(&text);
    let sum = matches!(first.as_str(), "total" | "totals" | "sum" | "subtotal")
        || first.starts_with("total ");
    if sum || is_empty_text(&text) {
        return None;
    }
    let mut headline = title::read(text.trim_start(), bold);
    if headline.bare && headline.id.is_none() {
        return None;
    }
    if let Some((id, family)) = id
        && headline.id.as_ref() != Some(&id)
    {
        headline.title = format!("{id}: {}", headline.title);
        headline.id = Some(id);
        headline.family = Some(family);
    }
    Some(headline)
}

/// A story that is spread over columns.
fn story_of(layout: &Layout, row: &Row, wish: &str) -> String {
    let cell = |column| layout.cell(row, column).map(|cell| squeeze(&cell.plain));
    let role = cell(Column::Role).unwrap_or_default();
    let wish = squeeze(wish);
    let said = words(&wish);
    let begun = said.starts_with("i ") || said.starts_with("to ");
    let to = if begun { "" } else { "to " };
    let want = if said.starts_with("i ") {
        ""
    } else {
        "I want "
    };
    let role = role
        .strip_prefix("As a ")
        .or_else(|| role.strip_prefix("As an "))
        .unwrap_or(&role)
        .to_owned();
    if role.is_empty() {
        wish
    } else {
        let article = if role.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) {
            "an"
        } else {
            "a"
        };
        format!("As {article} {role}, {want}{to}{wish}")
    }
}

fn row_facts(layout: &Layout, row: &Row) -> Facts {
    let mut facts = Facts::default();
    for (cell, column) in row.cells.iter().zip(&layout.columns) {
        let text = cell.plain.trim();
        match column {
            Column::Priority => {
                facts.priority = facts.priority.take().or_else(|| priority::read_value(text));
            }
            Column::Severity => {
                facts.severity = priority::read_value(text).filter(|rank| *rank != Rank::Wont);
            }
            Column::Effort => {
                facts.effort = facts.effort.or_else(|| super::effort::read_value(text));
            }
            Column::Labels => facts.labels.extend(fields::labels(text)),
            Column::Status => {
                facts.done |= fields::is_done(text) || matches!(text, "x" | "X" | "[x]" | "Yes");
            }
            _ => {}
        }
    }
    facts
}
