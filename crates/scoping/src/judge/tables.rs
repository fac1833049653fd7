//! Tables: whether their rows are pieces of work.

use std::rc::Rc;

use handoff_domain::scoping::model::CoverageReason;

use super::{Context, ENOUGH, Fate, Form, Judge};
use crate::evidence::tables::{Column, TableShape, shape};
use crate::evidence::values::{self, Rank, State};
use crate::lexicon::{Meaning, lexicon};
use crate::outline::NodeId;
use crate::text::normal;

impl Judge<'_, '_> {
    pub(super) fn table(&mut self, table: NodeId, context: &Context) {
        let shape = shape(self.outline, table);
        if shape.is_record {
            self.record(table, &shape, context);
            return;
        }
        if shape.stages.len() >= 2 && context.aside.is_none() {
            self.story_map(&shape, context);
            return;
        }
        if self.table_points(&shape, context) < ENOUGH {
            let why = context.aside.unwrap_or(CoverageReason::NoEvidence);
            self.fate(table, Fate::NotWork(why));
            return;
        }
        let shape = Rc::new(shape);
        for row in &shape.rows {
            self.row(*row, &shape, context);
        }
    }

    /// "Activity | Release 1 | Release 2": each cell below a release is an item of it.
    fn story_map(&mut self, shape: &TableShape, context: &Context) {
        for row in &shape.rows {
            let cells = self.outline.children(*row);
            for column in &shape.stages {
                let Some(cell) = cells
                    .get(*column)
                    .filter(|cell| !self.outline.plain(**cell).is_empty())
                else {
                    continue;
                };
                let stage = shape.headers.get(*column).cloned().unwrap_or_default();
                if !self.is_closed(*cell) {
                    self.push(*cell, Form::Cell { stage }, context);
                }
            }
        }
    }

    /// A table of fields and values is one item: of its heading, or of itself.
    fn record(&mut self, table: NodeId, shape: &TableShape, context: &Context) {
        if context.aside.is_some() || shape.rows.len() < 3 {
            self.fate(
                table,
                Fate::NotWork(context.aside.unwrap_or(CoverageReason::NoEvidence)),
            );
            return;
        }
        self.push(table, Form::Record, context);
    }

    /// Whether the rows are items that the document sets apart, whatever the heading above them says.
    pub(super) fn is_work_table(&self, table: NodeId) -> bool {
        let shape = shape(self.outline, table);
        !shape.is_record
            && !shape.rows.is_empty()
            && shape.place(Column::Title).is_some()
            && (shape.has_ids || shape.names_work)
            && self.table_points(&shape, &Context::default()) >= ENOUGH
    }

    fn table_points(&self, shape: &TableShape, context: &Context) -> i32 {
        let Some(title) = shape.place(Column::Title) else {
            return 0;
        };
        let has = |column: Column| i32::from(shape.place(column).is_some());
        let mut points = 0;
        // Without a header that names the rows, the heading above must.
        let is_named = shape.names_work || shape.has_ids || shape.has_name;
        if !is_named && context.work.is_none() && !context.in_container {
            return 0;
        }
        points += i32::from(shape.names_work) * 4;
        points += i32::from(shape.has_ids) * 4;
        points += has(Column::Priority) * 2
            + has(Column::Status)
            + i32::from(self.tells_states(shape)) * 3
            + has(Column::Owner)
            + has(Column::Due)
            + has(Column::Effort)
            + has(Column::Criteria) * 2
            + has(Column::Depends);
        points += match (context.work, context.distance) {
            (Some(Meaning::WorkChange), _) => 1,
            (Some(_), 0) => 4,
            (Some(_), 1) => 3,
            _ => 0,
        };
        points += i32::from(context.in_container) * 2;
        if context.aside.is_some() {
            points -= if context.is_partly_aside { 5 } else { 10 };
        }
        let cells: Vec<String> = shape
            .rows
            .iter()
            .filter_map(|row| self.cell(*row, title))
            .collect();
        let share = |test: &dyn Fn(&str) -> bool, weight: i32| {
            let count = i32::try_from(cells.iter().filter(|cell| test(cell)).count()).unwrap_or(0);
            weight * count / i32::try_from(cells.len()).unwrap_or(1).max(1)
        };
        points -= share(&crate::evidence::roles::is_stage, 6);
        if self.is_history(shape) {
            points -= 12;
        }
        points -= share(&|cell| cell.trim().is_empty(), 6);
        if self.ids_are_other(shape) {
            points -= 8;
        }
        points
    }

    /// Whether most rows say how far they are.
    fn tells_states(&self, shape: &TableShape) -> bool {
        let Some(at) = shape.place(Column::Status) else {
            return false;
        };
        let says = |row: &&NodeId| {
            self.cell(**row, at)
                .is_some_and(|text| self.notes.legend.stated(&text).is_some())
        };
        shape.rows.iter().filter(says).count() * 10 >= shape.rows.len() * 8
    }

    /// "Version | Date | Change" tells what was done.
    fn is_history(&self, shape: &TableShape) -> bool {
        let means = |meaning: Meaning| {
            shape
                .headers
                .iter()
                .any(|header| lexicon().meaning(&normal(header)).has(meaning))
        };
        means(Meaning::FieldDate)
            && shape
                .headers
                .iter()
                .any(|header| normal(header).starts_with("version"))
            && shape.place(Column::Status).is_none()
    }

    fn ids_are_other(&self, shape: &TableShape) -> bool {
        let Some(column) = shape.place(Column::Id) else {
            return false;
        };
        let other = |row: &&NodeId| {
            let text = self.cell(**row, column).unwrap_or_default();
            crate::ids::leading(text.trim_matches(['*', '`']))
                .is_some_and(|(id, _)| crate::evidence::roles::is_other(&id))
        };
        shape.rows.iter().filter(other).count() * 2 > shape.rows.len()
    }

    pub(crate) fn cell(&self, row: NodeId, column: usize) -> Option<String> {
        self.outline
            .children(row)
            .get(column)
            .map(|cell| self.outline.plain(*cell))
    }

    fn row(&mut self, row: NodeId, shape: &Rc<TableShape>, context: &Context) {
        let title = shape
            .place(Column::Title)
            .and_then(|at| self.cell(row, at))
            .unwrap_or_default();
        let said = self
            .outline
            .children(row)
            .iter()
            .filter(|cell| !self.outline.plain(**cell).is_empty())
            .count();
        let is_rule = said <= 1 && shape.is_full;
        let name = normal(&title);
        if is_rule || name.is_empty() || lexicon().meaning(&name).has(Meaning::Nothing) {
            self.fate(row, Fate::NotWork(CoverageReason::NoEvidence));
            return;
        }
        match self.row_state(row, shape) {
            Some(State::Done) => self.fate(row, Fate::Finished(CoverageReason::Done)),
            Some(State::Rejected) => self.fate(row, Fate::NotWork(CoverageReason::Rejected)),
            Some(State::Open) | None => {
                let shape = Rc::clone(shape);
                self.push(row, Form::Row { shape }, context);
            }
        }
    }

    /// The state that a status cell says; below "Done?", yes is done and no is open.
    fn status_cell(&self, row: NodeId, at: usize, shape: &TableShape) -> Option<State> {
        let text = self.cell(row, at)?;
        let state = self.notes.legend.stated(&text);
        let asks = shape
            .headers
            .get(at)
            .and_then(|header| values::status_word(header));
        if asks != Some(State::Done) {
            return state;
        }
        if lexicon().meaning(&normal(&text)).has(Meaning::Yes) {
            return Some(State::Done);
        }
        state.map(|state| {
            if state == State::Rejected {
                State::Open
            } else {
                state
            }
        })
    }

    /// The state of a row, from its status cell, its priority or a mark in its title.
    fn row_state(&self, row: NodeId, shape: &TableShape) -> Option<State> {
        let cells = self.outline.children(row);
        if let Some(state) = shape
            .place(Column::Status)
            .and_then(|at| self.status_cell(row, at, shape))
        {
            return Some(state);
        }
        let said = shape.columns.iter().zip(cells).filter(|(column, _)| {
            matches!(
                column,
                Column::Description | Column::Other | Column::Due | Column::Effort
            )
        });
        let told = said
            .filter_map(|(_, cell)| values::status_word(&self.outline.plain(*cell)))
            .find(|state| *state != State::Open);
        if told.is_some() {
            return told;
        }
        let wont = shape
            .place(Column::Priority)
            .and_then(|at| self.cell(row, at))
            .and_then(|text| values::priority_value(&text));
        if wont == Some(Rank::Wont) {
            return Some(State::Rejected);
        }
        let title = shape.place(Column::Title).and_then(|at| cells.get(at))?;
        self.evidence(*title).label.state
    }
}
