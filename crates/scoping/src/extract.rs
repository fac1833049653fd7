//! From a piece of work that was judged to be one to the ticket that it becomes.

mod criteria;
mod markdown;
mod rows;
mod title;
mod values;

use std::collections::HashSet;
use std::ops::Range;

use handoff_domain::ticket::model::{Effort, Priority, TicketType};
use time::Date;

use crate::evidence::Annotations;
use crate::evidence::label::Label;
use crate::evidence::{owner, sentences};
use crate::ids::Id;
use crate::judge::{Form, Unit};
use crate::lexicon::Meaning;
use crate::outline::{Kind, NodeId, Outline};
use crate::text::normal;

/// The longest description, in bytes; Jira takes about half of it.
const MAX_DESCRIPTION: usize = 64 * 1024;
/// A longer heading is no name of a place, in characters.
const MAX_HEADING: usize = 140;
/// What is said of all items of a section is told in each up to this length, in bytes.
const MAX_CONTEXT: usize = 1_500;
/// Only the first blocks of a section introduce its items.
const MAX_CONTEXT_BLOCKS: usize = 40;

/// A ticket before twins are merged and parents are set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) node: NodeId,
    pub(crate) lines: (u32, u32),
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) ticket_type: TicketType,
    pub(crate) priority: Option<Priority>,
    pub(crate) labels: Vec<String>,
    pub(crate) criteria: Vec<String>,
    /// The lines that are its criteria.
    pub(crate) criteria_lines: Vec<(u32, u32)>,
    pub(crate) effort: Option<Effort>,
    pub(crate) assignee: Option<String>,
    pub(crate) due_on: Option<Date>,
    /// Ids of what it depends on.
    pub(crate) depends_on: Vec<Id>,
    pub(crate) id: Option<Id>,
    pub(crate) section: Vec<String>,
    pub(crate) source_text: String,
    pub(crate) containers: Vec<NodeId>,
    pub(crate) in_inventory: bool,
    /// The lines of its section that it repeats.
    pub(crate) context_lines: Vec<(u32, u32)>,
    /// Lines beside its own that are in it and in no other ticket: what stands below the heading of an epic.
    pub(crate) body_lines: Vec<(u32, u32)>,
}

/// What is read of an item's own text, whatever its form.
#[derive(Debug, Default)]
struct Parts {
    label: Label,
    /// The text that names it, in one line.
    text: String,
    body: String,
    criteria: Vec<String>,
    criteria_lines: Vec<(u32, u32)>,
    facts: values::Facts,
}

/// Makes the ticket of a unit.
pub(crate) fn draft(
    outline: &Outline<'_>,
    notes: &Annotations,
    unit: &Unit,
    units: &HashSet<NodeId>,
) -> Draft {
    let extract = Extract {
        outline,
        notes,
        units,
    };
    let mut parts = match &unit.form {
        Form::Section => extract.section(unit.node),
        Form::Item | Form::Paragraph | Form::Cell { .. } => extract.item(unit),
        Form::Row { shape, .. } => extract.row(unit.node, shape),
        Form::Record => extract.record(unit.node),
        Form::Sentences { range, names } => extract.sentences(unit.node, range, *names),
    };
    let title = title::of(
        &parts.label,
        &parts.text,
        &parts.body,
        notes.language,
        &mut parts.facts,
    );
    let lines = extract.lines(unit);
    let (context, context_lines) = extract.context(unit);
    let section = extract.path(unit.node);
    let facts = parts.facts;
    let priority = facts
        .priority
        .clone()
        .or_else(|| extract.inherited_priority(unit.node));
    let labels = extract.labels(unit, facts.labels, &parts.label.tags);
    let refs = parts.label.refs.iter().filter(|id| id.is_number());
    let depends_on = facts.depends_on.into_iter().chain(refs.cloned()).collect();
    Draft {
        node: unit.node,
        lines,
        description: describe(&title, &parts.text, &parts.body, &context, &section),
        ticket_type: kind(&parts.label, &parts.text, &parts.body, unit.work),
        title,
        priority,
        labels,
        criteria: parts.criteria,
        criteria_lines: parts.criteria_lines,
        effort: facts.effort,
        assignee: facts.assignee,
        due_on: facts.due_on,
        depends_on,
        id: parts.label.id,
        section,
        source_text: extract.source_text(unit, lines),
        containers: unit.containers.clone(),
        in_inventory: unit.in_inventory,
        context_lines,
        body_lines: extract.lines_before(unit),
    }
}

/// Makes the ticket of a heading or an item that holds tickets: it says what is not said in them.
pub(crate) fn container(
    outline: &Outline<'_>,
    notes: &Annotations,
    node: NodeId,
    held: &HashSet<NodeId>,
) -> Draft {
    let extract = Extract {
        outline,
        notes,
        units: held,
    };
    let label = notes.of(node).label.clone();
    let text = outline.plain(node);
    let mut facts = values::Facts::default();
    facts.take_label(&label);
    let own: Vec<NodeId> = outline
        .children(node)
        .iter()
        .copied()
        .filter(|child| !extract.holds_unit(*child))
        .collect();
    let own_blocks: Vec<NodeId> = own
        .into_iter()
        .filter(|child| *extract.kind(*child) != Kind::Section)
        .collect();
    let body = extract.blocks(&own_blocks, &mut facts);
    let title = title::of(&label, &text, &body, notes.language, &mut facts);
    let first = outline.node(node).lines.0;
    let section = extract.path(node);
    Draft {
        node,
        lines: (first, first),
        body_lines: own_blocks
            .iter()
            .map(|child| outline.node(*child).lines)
            .collect(),
        description: describe(&title, &text, &body, "", &section),
        ticket_type: TicketType::Epic,
        title,
        priority: facts.priority,
        labels: facts.labels,
        assignee: facts.assignee,
        due_on: facts.due_on,
        depends_on: facts.depends_on,
        id: label.id,
        section,
        source_text: extract.words_of((first, first)),
        ..Draft::default()
    }
}

/// The text of a ticket: its own words where the title leaves any out, what belongs to it, what is said of its section.
fn describe(title: &str, text: &str, body: &str, context: &str, section: &[String]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let body = without_title(title, body.trim());
    if !body.is_empty() {
        parts.push(body.to_owned());
    } else if !says_all(title, text) {
        parts.push(text.to_owned());
    }
    if !context.is_empty() {
        parts.push(context.to_owned());
    }
    if !section.is_empty() {
        parts.push(format!("_{}_", section.join(" › ").replace('_', " ")));
    }
    crate::text::head(&parts.join("\n\n"), MAX_DESCRIPTION).to_owned()
}

/// Whether a title leaves no word of a text out.
fn says_all(title: &str, text: &str) -> bool {
    let (title, text) = (normal(title), normal(text));
    let words: HashSet<&str> = title.split(' ').collect();
    text.split(' ').all(|word| words.contains(word))
}

/// The text without a first paragraph that says what the title says.
fn without_title<'a>(title: &str, body: &'a str) -> &'a str {
    let (first, rest) = body.split_once("\n\n").unwrap_or((body, ""));
    let name = title.split_once(": ").map_or(title, |(_, name)| name);
    let said =
        normal(first.trim_start_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '.' | ')' | '\\' | ' ')
        }));
    if normal(first) == normal(title) || said == normal(title) || said == normal(name) {
        rest.trim_start()
    } else {
        body
    }
}

fn kind(label: &Label, text: &str, body: &str, work: Option<Meaning>) -> TicketType {
    if label.kind.has(Meaning::KindBug)
        || (work == Some(Meaning::WorkBug) && !label.kind.has(Meaning::KindTask))
    {
        return TicketType::Bug;
    }
    if label.kind.has(Meaning::KindEpic) {
        return TicketType::Epic;
    }
    let tells = |text: &str| crate::evidence::story::parts(crate::text::head(text, 400)).is_some();
    let is_story = label.kind.has(Meaning::KindStory)
        || tells(text)
        || tells(body)
        || work == Some(Meaning::WorkStory);
    if is_story {
        TicketType::Story
    } else {
        TicketType::Task
    }
}

struct Extract<'a, 's> {
    outline: &'a Outline<'s>,
    notes: &'a Annotations,
    /// The nodes that are tickets.
    units: &'a HashSet<NodeId>,
}

impl Extract<'_, '_> {
    fn kind(&self, id: NodeId) -> &Kind {
        &self.outline.node(id).kind
    }

    /// Whether a block is a ticket or holds one.
    fn holds_unit(&self, id: NodeId) -> bool {
        let mut stack = vec![id];
        while let Some(at) = stack.pop() {
            if self.units.contains(&at) {
                return true;
            }
            stack.extend(self.outline.children(at));
        }
        false
    }

    /// Whether something inside of a block is a ticket of its own.
    fn holds_unit_below(&self, id: NodeId) -> bool {
        let mut children = self.outline.children(id).iter();
        children.any(|child| self.holds_unit(*child))
    }

    fn lines(&self, unit: &Unit) -> (u32, u32) {
        let Form::Sentences { range, names } = &unit.form else {
            return self.outline.node(unit.node).lines;
        };
        let sentences = &self.notes.of(unit.node).sentences;
        let first = sentences.get(*names).map(|sentence| sentence.lines.0);
        let last = sentences
            .get(range.end.saturating_sub(1))
            .map(|sentence| sentence.lines.1);
        (first.unwrap_or_default(), last.unwrap_or_default())
    }

    /// The lines of a paragraph before the sentence that names its ticket.
    fn lines_before(&self, unit: &Unit) -> Vec<(u32, u32)> {
        let Form::Sentences { range, names } = &unit.form else {
            return Vec::new();
        };
        let sentences = &self.notes.of(unit.node).sentences;
        let before = sentences.get(range.start..*names).unwrap_or_default();
        before.iter().map(|sentence| sentence.lines).collect()
    }

    /// The headings and items above, outermost first, without the title of the document.
    fn path(&self, node: NodeId) -> Vec<String> {
        let title = self.outline.title;
        let mut path = Vec::new();
        let mut at = self.outline.node(node).parent;
        while at != NodeId::ROOT {
            let above = self.outline.node(at);
            let is_shown =
                matches!(above.kind, Kind::Section | Kind::Item { .. }) && Some(at) != title;
            let text = self.outline.plain(at);
            if is_shown && text.chars().count() <= MAX_HEADING {
                path.push(text.trim_end_matches(':').to_owned());
            }
            at = above.parent;
        }
        path.reverse();
        path
    }

    /// The words that tell whether a ticket's source is the same.
    fn source_text(&self, unit: &Unit, lines: (u32, u32)) -> String {
        let Form::Sentences { range, .. } = &unit.form else {
            return self.words_of(lines);
        };
        let sentences = self.notes.of(unit.node).sentences.get(range.clone());
        let words = sentences.unwrap_or_default().iter();
        words
            .map(|sentence| normal(&sentence.plain))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The words of the source lines, a line each.
    fn words_of(&self, lines: (u32, u32)) -> String {
        let span = self.outline.lines.span(lines.0, lines.1);
        let source = self.outline.source.get(span).unwrap_or_default();
        let words: Vec<String> = crate::text::head(source, MAX_DESCRIPTION)
            .lines()
            .map(normal)
            .filter(|line| !line.is_empty())
            .collect();
        words.join("\n")
    }

    fn section(&self, id: NodeId) -> Parts {
        let label = self.notes.of(id).label.clone();
        let mut facts = values::Facts::default();
        facts.take_label(&label);
        let children = self.outline.children(id);
        if let Some(table) = children.iter().find(|child| self.is_record(**child)) {
            return self.section_of_record(label, *table, children);
        }
        let found = criteria::of(self.outline, self.notes, children);
        let body = self.blocks_without(children, &found.nodes, &mut facts);
        Parts {
            text: self.outline.plain(id),
            body,
            criteria: found.criteria,
            criteria_lines: found.lines,
            facts,
            label,
        }
    }

    fn item(&self, unit: &Unit) -> Parts {
        let id = unit.node;
        let node = self.outline.node(id);
        let label = self.notes.of(id).label.clone();
        let mut facts = values::Facts::default();
        facts.take_label(&label);
        facts.assignee = facts.assignee.take().or_else(|| self.owner_above(unit));
        let found = if label.is_checked_by_boxes() && !self.holds_unit_below(id) {
            criteria::with_boxes(self.outline, self.notes, &node.children)
        } else {
            criteria::of(self.outline, self.notes, &node.children)
        };
        let head = markdown::text(self.outline, node);
        let rest = self.blocks_without(&node.children, &found.nodes, &mut facts);
        let body = if rest.is_empty() {
            head
        } else {
            format!("{head}\n\n{rest}")
        };
        Parts {
            text: self.outline.plain(id),
            body,
            criteria: found.criteria,
            criteria_lines: found.lines,
            facts,
            label,
        }
    }

    /// One obligation of a paragraph: its sentence names it, those around it explain it.
    fn sentences(&self, paragraph: NodeId, range: &Range<usize>, names: usize) -> Parts {
        let sentences = &self.notes.of(paragraph).sentences;
        let Some(sentence) = sentences.get(names) else {
            return Parts::default();
        };
        let mut facts = values::Facts::default();
        facts.take_label(&sentence.label);
        let markdown =
            markdown::text(self.outline, self.outline.node(paragraph)).replace('\n', " ");
        let written: Vec<&str> = sentences::split(&markdown)
            .into_iter()
            .map(|(_, part)| part.trim())
            .collect();
        let plain: Vec<&str> = sentences.iter().map(|part| part.plain.as_str()).collect();
        let told = if written.len() == plain.len() {
            written
        } else {
            plain
        };
        Parts {
            text: sentence.plain.clone(),
            body: told.get(range.clone()).unwrap_or_default().join(" "),
            label: sentence.label.clone(),
            facts,
            ..Parts::default()
        }
    }

    /// The name of the item around an item, where it is nothing but a name.
    fn owner_above(&self, unit: &Unit) -> Option<String> {
        let list = self.outline.node(self.outline.node(unit.node).parent);
        let above = self.outline.node(list.parent);
        if !matches!(above.kind, Kind::Item { .. }) || unit.containers.contains(&list.parent) {
            return None;
        }
        let text = self.outline.plain(list.parent);
        let name = text.trim_end_matches([':', ' ']);
        owner::are_names(&text).then(|| name.strip_suffix(" to").unwrap_or(name).to_owned())
    }

    fn blocks(&self, nodes: &[NodeId], facts: &mut values::Facts) -> String {
        self.blocks_without(nodes, &[], facts)
    }

    /// The Markdown of blocks and sections, without those that are criteria.
    fn blocks_without(
        &self,
        nodes: &[NodeId],
        left_out: &[NodeId],
        facts: &mut values::Facts,
    ) -> String {
        let mut out = String::new();
        for id in nodes {
            if left_out.contains(id) {
                continue;
            }
            let node = self.outline.node(*id);
            match node.kind {
                Kind::Section => {
                    let inner: Vec<NodeId> = node.children.clone();
                    let body = self.blocks_without(&inner, left_out, facts);
                    let heading = self.outline.plain(*id);
                    if !self.notes.of(*id).roles.has(Meaning::Criteria) {
                        markdown::push(&mut out, &format!("**{}**", heading.trim_end_matches(':')));
                    }
                    markdown::push(&mut out, &body);
                }
                Kind::Code { ref language } if matches!(language.as_str(), "yaml" | "yml") => {
                    markdown::push(
                        &mut out,
                        &values::yaml(&node.text, facts)
                            .unwrap_or_else(|| markdown::block(self.outline, node, left_out)),
                    );
                }
                Kind::Rule => {}
                Kind::Quote => {
                    for inner in &node.children {
                        facts.take_lines(&self.outline.node(*inner).text);
                    }
                    markdown::push(&mut out, &markdown::block(self.outline, node, left_out));
                }
                Kind::Paragraph => {
                    facts.take_lines(&node.text);
                    markdown::push(&mut out, &markdown::text(self.outline, node));
                }
                Kind::List { .. } => {
                    for item in &node.children {
                        facts.take_lines(&self.outline.node(*item).text);
                    }
                    markdown::push(&mut out, &markdown::block(self.outline, node, left_out));
                }
                _ => markdown::push(&mut out, &markdown::block(self.outline, node, left_out)),
            }
            if out.len() > MAX_DESCRIPTION {
                break;
            }
        }
        out
    }

    /// What the section around an item says of all its items: its paragraphs that are no tickets.
    fn context(&self, unit: &Unit) -> (String, Vec<(u32, u32)>) {
        if matches!(
            unit.form,
            Form::Section | Form::Record | Form::Paragraph | Form::Sentences { .. }
        ) {
            return (String::new(), Vec::new());
        }
        let Some(section) = self.outline.sections_above(unit.node).next() else {
            return (String::new(), Vec::new());
        };
        let mut out = String::new();
        let mut lines = Vec::new();
        for child in self
            .outline
            .children(section)
            .iter()
            .take(MAX_CONTEXT_BLOCKS)
        {
            let node = self.outline.node(*child);
            if node.kind == Kind::Section || out.len() > MAX_CONTEXT {
                break;
            }
            let is_prose =
                matches!(node.kind, Kind::Paragraph | Kind::Quote) && !self.holds_unit(*child);
            let text = if is_prose {
                markdown::text(self.outline, node)
            } else {
                String::new()
            };
            if !text.is_empty() && out.len() + text.len() <= MAX_CONTEXT {
                markdown::push(&mut out, &text);
                lines.push(node.lines);
            }
        }
        (out, lines)
    }

    fn inherited_priority(&self, node: NodeId) -> Option<Priority> {
        let item = self.outline.node(self.outline.node(node).parent).parent;
        let of_item = self
            .notes
            .of(item)
            .rank
            .clone()
            .filter(|_| matches!(self.kind(item), Kind::Item { .. }));
        let mut sections = self.outline.sections_above(node);
        of_item.or_else(|| {
            sections.find_map(|section| values::section_priority(self.outline, self.notes, section))
        })
    }

    /// Labels from the release, phase or module, from tags and columns, and from the front matter.
    fn labels(&self, unit: &Unit, stated: Vec<String>, tags: &[String]) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        let containers = unit
            .containers
            .iter()
            .rev()
            .filter(|id| *self.kind(**id) == Kind::Section);
        let of_containers = containers
            .filter_map(|id| container_label(&self.notes.of(*id).label, &self.outline.plain(*id)));
        let stage = match &unit.form {
            Form::Cell { stage } => Some(stage.clone()),
            _ => None,
        };
        let all = stage
            .into_iter()
            .chain(of_containers)
            .chain(stated)
            .chain(tags.iter().cloned())
            .chain(self.outline.front.labels.iter().cloned());
        for label in all {
            if !labels
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&label))
            {
                labels.push(label);
            }
        }
        labels
    }
}

/// "Release 1.2" for "Release 1.2 (June)", "Phase 2" for "Phase 2: Polish"; an epic is a parent and no label.
fn container_label(label: &Label, heading: &str) -> Option<String> {
    let words = normal(heading);
    let hits = crate::lexicon::lexicon().find(&words);
    let names_epic = hits
        .iter()
        .any(|hit| hit.at == 0 && hit.means.has(Meaning::KindEpic));
    if names_epic || label.kind.has(Meaning::KindEpic) {
        return None;
    }
    if let Some(id) = &label.id {
        return label.kind.has(Meaning::Container).then(|| id.text.clone());
    }
    let name = heading
        .split(['(', '—', '–', ':'])
        .next()
        .unwrap_or_default();
    let name =
        name.trim_matches(|c: char| crate::evidence::values::is_emoji(c) || c.is_whitespace());
    let is_short = (1..=40).contains(&name.chars().count());
    is_short.then(|| name.to_owned())
}
