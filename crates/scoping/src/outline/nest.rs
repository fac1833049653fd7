//! Puts what stands below a heading into its section.

use super::{Kind, Line, Node, NodeId, Outline};
use crate::lexicon::{Meaning, lexicon};
use crate::text::{normal, width};

/// The depth of a bold line that stands for a heading; below every heading.
const BOLD: u8 = 20;

/// The longest line that is a heading, in characters.
const MAX_HEADING: usize = 140;

pub(super) fn nest(outline: &mut Outline<'_>) {
    let flat = std::mem::take(&mut outline.node_mut(NodeId::ROOT).children);
    let mut open: Vec<NodeId> = vec![NodeId::ROOT];
    for id in flat {
        if outline.node(id).kind == Kind::Section {
            let depth = depth(outline, id, &open);
            outline.node_mut(id).depth = depth;
            while open.len() > 1
                && open
                    .last()
                    .is_some_and(|last| outline.node(*last).depth >= depth)
            {
                open.pop();
            }
        }
        let parent = open.last().copied().unwrap_or(NodeId::ROOT);
        outline.node_mut(id).parent = parent;
        outline.node_mut(parent).children.push(id);
        if outline.node(id).kind == Kind::Section {
            open.push(id);
        }
    }
    extend(outline);
}

/// Criteria that stand below an item of an ordered list without its indentation belong to it: what follows a lone "3." is
/// about it.
pub(super) fn adopt_criteria(outline: &mut Outline<'_>) {
    let flat = std::mem::take(&mut outline.node_mut(NodeId::ROOT).children);
    let mut out: Vec<NodeId> = Vec::with_capacity(flat.len());
    let mut rest = flat.into_iter().peekable();
    while let Some(id) = rest.next() {
        out.push(id);
        let Some(item) = last_item(outline, id) else {
            continue;
        };
        let Some(label) = rest.next_if(|next| is_criteria_label(outline, *next)) else {
            continue;
        };
        let list = rest.next_if(|next| matches!(outline.node(*next).kind, Kind::List { .. }));
        let Some(list) = list else {
            out.push(label);
            continue;
        };
        let end = outline.node(list).lines.1;
        for child in [label, list] {
            outline.node_mut(child).parent = item;
            outline.node_mut(item).children.push(child);
        }
        outline.node_mut(item).lines.1 = end;
        outline.node_mut(id).lines.1 = end;
    }
    outline.node_mut(NodeId::ROOT).children = out;
}

fn last_item(outline: &Outline<'_>, list: NodeId) -> Option<NodeId> {
    let node = outline.node(list);
    (node.kind == Kind::List { ordered: true })
        .then(|| node.children.last().copied())
        .flatten()
}

fn is_criteria_label(outline: &Outline<'_>, id: NodeId) -> bool {
    let node = outline.node(id);
    let is_paragraph = node.kind == Kind::Paragraph && node.text.len() == 1;
    is_paragraph && outline.plain(id).ends_with([':', '：']) && names_criteria(outline, id)
}

/// Where headings of one level are numbered, the number tells what is part of what: 5.1.2 of 5.1.
fn goes_on(outline: &Outline<'_>, id: NodeId, above: NodeId) -> bool {
    let number = |id: NodeId| crate::ids::leading(&outline.plain(id)).map(|(id, _)| id);
    match (number(above), number(id)) {
        (Some(above), Some(own)) => {
            above.is_number() && own.is_number() && above.continues_in(&own)
        }
        _ => false,
    }
}

/// A heading that names a part of an item ("Acceptance criteria") belongs to the item before it, whatever its level.
fn depth(outline: &Outline<'_>, id: NodeId, open: &[NodeId]) -> u8 {
    let node = outline.node(id);
    // "##### **Problem**" looks like a bold line, and stands beside bold lines.
    let looks_bold = node.depth >= 10 && node.first_line().is_some_and(Line::is_bold);
    let own = if node.is_bold_heading || looks_bold {
        BOLD
    } else {
        node.depth
    };
    if let Some(last) = open
        .iter()
        .rev()
        .find(|other| outline.node(**other).depth == own || outline.node(**other).depth == own + 1)
        && !node.is_bold_heading
    {
        let depth = outline.node(*last).depth;
        if goes_on(outline, id, *last) && depth == own {
            return own + 1;
        }
        let parent = open
            .iter()
            .rev()
            .find(|other| outline.node(**other).depth == own);
        if depth == own + 1 && parent.is_some_and(|parent| goes_on(outline, id, *parent)) {
            return own + 1;
        }
    }
    let is_part = names_part(outline, id);
    let has_sibling = open.iter().any(|other| {
        outline.node(*other).depth == own
            && !names_part(outline, *other)
            && *other != NodeId::ROOT
            && Some(other) != open.get(1).filter(|_| own <= 2)
    });
    let is_numbered = open
        .iter()
        .rev()
        .find(|other| outline.node(**other).depth == own)
        .is_some_and(|other| has_number(outline, *other));
    if is_part
        && has_sibling
        && (node.is_bold_heading || (names_criteria(outline, id) && is_numbered))
    {
        own + 1
    } else {
        own
    }
}

/// "Story 1.2: …" has a number among its first words.
fn has_number(outline: &Outline<'_>, id: NodeId) -> bool {
    outline
        .plain(id)
        .split(' ')
        .take(4)
        .any(|word| word.contains(|c: char| c.is_ascii_digit()))
}

fn names_criteria(outline: &Outline<'_>, id: NodeId) -> bool {
    lexicon()
        .meaning(&normal(&outline.plain(id)))
        .has(Meaning::Criteria)
}

fn names_part(outline: &Outline<'_>, id: NodeId) -> bool {
    lexicon().meaning(&normal(&outline.plain(id))).any(&[
        Meaning::Criteria,
        Meaning::Detail,
        Meaning::Steps,
    ])
}

/// A bold line at the beginning of a paragraph becomes the heading of the rest.
pub(super) fn split_bold_headings(outline: &mut Outline<'_>) {
    let flat = std::mem::take(&mut outline.node_mut(NodeId::ROOT).children);
    let mut out = Vec::with_capacity(flat.len());
    for id in flat {
        out.push(id);
        let node = outline.node(id);
        if node.kind != Kind::Paragraph || !node.first_line().is_some_and(is_heading) {
            continue;
        }
        let (first, last) = (node.lines.0, node.lines.1);
        let mut rest: Vec<Line> = node.text.clone();
        let heading = rest.remove(0);
        let next = rest.first().map(|line| line.number);
        let (footnotes, references) = (node.footnotes.clone(), node.references.clone());
        let span = outline.span_of(
            first,
            next.map_or(last, |next| next.saturating_sub(1).max(first)),
        );
        let section = outline.node_mut(id);
        section.kind = Kind::Section;
        section.is_bold_heading = true;
        section.text = vec![heading];
        section.span = span;
        if let Some(next) = next {
            let span = outline.span_of(next, last);
            let mut paragraph = Node::new(Kind::Paragraph, NodeId::ROOT, next, span.start);
            paragraph.lines = (next, last);
            paragraph.span = span;
            paragraph.text = rest;
            paragraph.footnotes = footnotes;
            paragraph.references = references;
            let paragraph = outline.add(paragraph);
            out.push(paragraph);
        }
    }
    outline.node_mut(NodeId::ROOT).children = out;
}

/// A bold line stands for a heading, unless it is a sentence.
fn is_heading(line: &Line) -> bool {
    let text = line.plain.trim();
    let is_sentence = text.ends_with(['.', '!']) && text.split(' ').count() > 6;
    line.is_bold() && width(text) <= MAX_HEADING && !is_sentence
}

/// Sections end where their last part ends.
fn extend(outline: &mut Outline<'_>) {
    let ids: Vec<NodeId> = outline.ids().collect();
    let mut order = Vec::with_capacity(ids.len());
    let mut stack = vec![NodeId::ROOT];
    while let Some(id) = stack.pop() {
        order.push(id);
        stack.extend(outline.children(id));
    }
    for id in order.into_iter().rev() {
        if outline.node(id).kind == Kind::Section {
            let end = outline
                .children(id)
                .iter()
                .map(|child| outline.node(*child).lines.1)
                .max();
            let node = outline.node_mut(id);
            node.lines.1 = end.map_or(node.lines.1, |end| end.max(node.lines.1));
        }
    }
}
