//! Rows of tables, and tables that are one item.

use super::{Extract, Parts, criteria, markdown};
use crate::evidence::label::{self, Label};
use crate::evidence::tables::{Column, TableShape};
use crate::lexicon::{Meaning, lexicon};
use crate::outline::{Line, NodeId};
use crate::text::{normal, squeeze};

impl Extract<'_, '_> {
    pub(super) fn row(&self, row: NodeId, shape: &TableShape) -> Parts {
        let cells = self.outline.children(row);
        let mut parts = Parts::default();
        for (at, column) in shape.columns.iter().enumerate() {
            let Some(cell) = cells.get(at).copied() else {
                continue;
            };
            let header = shape.headers.get(at).map_or("", String::as_str);
            self.cell(cell, *column, header, &mut parts);
        }
        let names_stories = shape.headers.iter().any(|header| {
            lexicon().meaning(&normal(header)).any(&[
                Meaning::StoryWant,
                Meaning::KindStory,
                Meaning::WorkStory,
            ])
        });
        if names_stories && !parts.label.has_kind_word {
            parts.label.kind = lexicon().meaning("story");
        }
        if parts.label.name.is_empty() {
            parts.label.name = parts.body.lines().next().unwrap_or_default().to_owned();
        }
        parts.facts.take_label(&parts.label.clone());
        parts
    }

    fn cell(&self, cell: NodeId, column: Column, header: &str, parts: &mut Parts) {
        let node = self.outline.node(cell);
        let plain = self.outline.plain(cell);
        let written = markdown::text(self.outline, node);
        // A cell of an export whose quotes are doubled is not in the source as it reads.
        let text = if written.is_empty() {
            plain.clone()
        } else {
            written
        };
        match column {
            Column::Id => {
                let id = crate::ids::leading(plain.trim_matches(['*', '`', ' '])).map(|(id, _)| id);
                if let Some(id) = id.as_ref().filter(|_| !parts.label.has_kind_word) {
                    parts.label.kind = crate::evidence::roles::kind_of_prefix(&id.prefix);
                }
                parts.label.id = id
                    .filter(|id| !id.is_number() || id.numbers.len() > 1)
                    .or_else(|| parts.label.id.take());
            }
            Column::Title => {
                let own = self.notes.of(cell).label.clone();
                merge(&mut parts.label, own);
                parts.text = plain;
                let first = parts.body.is_empty();
                let rest = std::mem::take(&mut parts.body);
                parts.body = text;
                if !first {
                    markdown::push(&mut parts.body, &rest);
                }
            }
            Column::Criteria => {
                let lines: Vec<&str> = node.text.iter().map(|line| line.plain.as_str()).collect();
                parts.criteria.extend(criteria::split(&lines.join("\n")));
                parts.criteria_lines.push(node.lines);
            }
            Column::Description => markdown::push(&mut parts.body, &text),
            _ => {
                let means = lexicon().meaning(&normal(header));
                let means = if column == Column::Other {
                    means
                } else {
                    of_column(column)
                };
                parts.facts.take(means, &plain);
                let kind = lexicon().meaning(&normal(&plain));
                let is_kind = column == Column::Type && kind.any(label::KINDS);
                if is_kind && !parts.label.has_kind_word {
                    parts.label.kind = kind;
                    parts.label.has_kind_word = true;
                }
                if !plain.is_empty() && column != Column::Priority && !is_kind {
                    markdown::push(
                        &mut parts.body,
                        &format!("**{}:** {}", squeeze(header), text),
                    );
                }
            }
        }
    }

    /// A table of fields: `| US1 | Sign in |`, `| Priority | S |`, …
    pub(super) fn record(&self, table: NodeId) -> Parts {
        let mut parts = Parts::default();
        for (number, row) in self.outline.children(table).iter().enumerate() {
            let cells = self.outline.children(*row);
            let (Some(name), Some(value)) = (cells.first(), cells.get(1)) else {
                continue;
            };
            let name_text = self.outline.plain(*name);
            let value_node = self.outline.node(*value);
            let value_text = self.outline.plain(*value);
            let means = lexicon().meaning(&normal(&name_text));
            if number == 0 {
                self.record_head(&name_text, &value_text, means.is_empty(), &mut parts);
            } else if means.any(&[Meaning::Criteria, Meaning::FieldCriteria]) {
                let lines: Vec<&str> = value_node
                    .text
                    .iter()
                    .map(|line| line.plain.as_str())
                    .collect();
                parts.criteria.extend(criteria::split(&lines.join("\n")));
                parts.criteria_lines.push(value_node.lines);
            } else if means.any(&[Meaning::FieldName, Meaning::FieldTitle])
                && parts.label.name.is_empty()
            {
                parts.label.name.clone_from(&value_text);
                parts.text.clone_from(&value_text);
            } else if let Some(story) = story_cell(&name_text, &value_node.text) {
                markdown::push(&mut parts.body, &story);
            } else {
                parts.facts.take(means, &value_text);
                if !means.has(Meaning::FieldPriority) {
                    markdown::push(
                        &mut parts.body,
                        &format!(
                            "**{}:** {}",
                            squeeze(&name_text),
                            markdown::text(self.outline, value_node)
                        ),
                    );
                }
            }
        }
        parts
    }

    pub(super) fn is_record(&self, id: NodeId) -> bool {
        self.outline.node(id).kind == crate::outline::Kind::Table
            && crate::evidence::tables::shape(self.outline, id).is_record
    }

    /// A heading above a table of fields: one item; the heading's id and name hold where it has any.
    pub(super) fn section_of_record(
        &self,
        label: Label,
        table: NodeId,
        children: &[NodeId],
    ) -> Parts {
        let mut parts = self.record(table);
        let rest: Vec<NodeId> = children
            .iter()
            .copied()
            .filter(|child| *child != table)
            .collect();
        let found = criteria::of(self.outline, self.notes, &rest);
        let body = self.blocks_without(&rest, &found.nodes, &mut parts.facts);
        markdown::push(&mut parts.body, &body);
        parts.criteria.extend(found.criteria);
        parts.criteria_lines.extend(found.lines);
        if !label.name.is_empty() {
            parts.label.name.clone_from(&label.name);
        }
        parts.label.id = label.id.or_else(|| parts.label.id.take());
        parts.label.kind = label.kind;
        parts
    }

    fn record_head(&self, name: &str, value: &str, is_free: bool, parts: &mut Parts) {
        let line = Line {
            plain: name.to_owned(),
            ..Line::default()
        };
        let label = label::read(&line, &self.notes.legend);
        if label.id.is_some() || is_free {
            parts.label = label;
        }
        if !value.is_empty() {
            value.clone_into(&mut parts.label.name);
            value.clone_into(&mut parts.text);
        }
    }
}

fn merge(label: &mut Label, own: Label) {
    let mut merged = own;
    if label.id.is_some() {
        merged.id = label.id.take();
        merged.kind = label.kind;
    }
    if label.has_kind_word {
        merged.kind = label.kind;
        merged.has_kind_word = true;
    }
    *label = merged;
}

fn of_column(column: Column) -> crate::lexicon::Meanings {
    let word = match column {
        Column::Priority => "priority",
        Column::Owner => "owner",
        Column::Due => "due date",
        Column::Effort => "effort",
        Column::Depends => "depends on",
        Column::Labels => "labels",
        _ => return crate::lexicon::Meanings::default(),
    };
    lexicon().meaning(word)
}

/// "As a / I want / so that" with the three parts on lines of their own.
fn story_cell(name: &str, value: &[Line]) -> Option<String> {
    let heads: Vec<&str> = name.split('/').map(str::trim).collect();
    let means = lexicon().meaning(&normal(heads.first()?));
    if !means.has(Meaning::StoryAs) || heads.len() < 2 {
        return None;
    }
    let joint = |head: &str| {
        if normal(head) == "i want" {
            "I want to".to_owned()
        } else {
            head.to_owned()
        }
    };
    let parts: Vec<String> = heads
        .iter()
        .zip(value)
        .map(|(head, line)| format!("{} {}", joint(head), line.plain.trim()))
        .collect();
    Some(parts.join(" "))
}
