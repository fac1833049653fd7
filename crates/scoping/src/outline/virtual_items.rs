//! Lists that are written as paragraphs: `1\. …`, `• …`, `[ ] …`, and lines that each begin with an id.

use super::{Kind, Line, Node, NodeId, Outline};
use crate::ids;

/// What makes a line an item although it is no list item.
struct Mark {
    /// Where its text begins.
    at: usize,
    checked: Option<bool>,
    is_ordered: bool,
}

/// Turns such paragraphs into lists, and boxes that the parser does not know (`[ ]*`) into boxes.
pub(super) fn find(outline: &mut Outline<'_>) {
    for node in &mut outline.nodes {
        if let (
            Kind::Item {
                checked: checked @ None,
            },
            Some(line),
        ) = (&mut node.kind, node.text.first_mut())
        {
            *checked = take_box(line);
        }
    }
    for id in outline.ids() {
        let node = outline.node(id);
        let is_candidate =
            node.kind == Kind::Paragraph && outline.node(node.parent).kind != Kind::Quote;
        if is_candidate && node.first_line().is_some_and(|line| mark(line).is_some()) {
            split(outline, id);
        }
    }
}

/// Paragraphs that each begin with a bold name ("**Login.** People sign in …") become a list, where three or more follow each
/// other.
pub(super) fn join_named(outline: &mut Outline<'_>) {
    let flat = std::mem::take(&mut outline.node_mut(NodeId::ROOT).children);
    let mut out: Vec<NodeId> = Vec::with_capacity(flat.len());
    let mut run: Vec<NodeId> = Vec::new();
    for id in flat {
        if begins_with_name(outline, id) {
            run.push(id);
            continue;
        }
        close_run(outline, &mut run, &mut out);
        out.push(id);
    }
    close_run(outline, &mut run, &mut out);
    outline.node_mut(NodeId::ROOT).children = out;
}

const LEAST_NAMED: usize = 3;

fn close_run(outline: &mut Outline<'_>, run: &mut Vec<NodeId>, out: &mut Vec<NodeId>) {
    let items = std::mem::take(run);
    let (Some(first), Some(last)) = (items.first().copied(), items.last().copied()) else {
        return;
    };
    if items.len() < LEAST_NAMED {
        out.extend(items);
        return;
    }
    let start = outline.node(first);
    let (line, at) = (start.lines.0, start.span.start);
    let mut list = Node::new(Kind::List { ordered: false }, NodeId::ROOT, line, at);
    list.lines = (line, outline.node(last).lines.1);
    list.span = at..outline.node(last).span.end;
    list.children.clone_from(&items);
    let list = outline.add(list);
    for item in items {
        let node = outline.node_mut(item);
        node.kind = Kind::Item { checked: None };
        node.parent = list;
    }
    out.push(list);
}

/// "**Login.** People …", "**[P0] Login** – people …"; "**Owner:** Ida" is a field.
fn begins_with_name(outline: &Outline<'_>, id: NodeId) -> bool {
    let node = outline.node(id);
    let Some(line) = node.first_line().filter(|_| node.kind == Kind::Paragraph) else {
        return false;
    };
    let name = line.plain.get(..line.bold).unwrap_or_default().trim();
    let rest = line.plain.get(line.bold..).unwrap_or_default();
    let is_parted = name.ends_with('.') || rest.trim_start().starts_with(['—', '–', '-']);
    line.bold > 2 && is_parted && rest.split_whitespace().count() >= 3
}

/// `[ ]* Optional task`, `[-] half done`.
fn take_box(line: &mut Line) -> Option<bool> {
    for (prefix, checked) in [
        ("[ ]*", false),
        ("[x]*", true),
        ("[X]*", true),
        ("[-] ", false),
        ("[~] ", false),
        ("[/] ", false),
        ("[ ] ", false),
        ("[] ", false),
    ] {
        if line.plain.starts_with(prefix) {
            line.plain.drain(..prefix.len());
            line.bold = 0;
            return Some(checked);
        }
    }
    None
}

fn mark(line: &Line) -> Option<Mark> {
    let text = line.plain.as_str();
    let after = |len: usize| {
        len + text
            .get(len..)
            .map_or(0, |rest| rest.len() - rest.trim_start().len())
    };
    if text.starts_with(['•', '‣', '▪', '◦', '●', '・', '□', '☐', '☑', '☒']) {
        let checked = match text.chars().next() {
            Some('□' | '☐') => Some(false),
            Some('☑' | '☒') => Some(true),
            _ => None,
        };
        let at = after(text.chars().next().map_or(0, char::len_utf8));
        return Some(Mark {
            at,
            checked,
            is_ordered: false,
        });
    }
    for (prefix, checked) in [
        ("[ ] ", false),
        ("[] ", false),
        ("[x] ", true),
        ("[X] ", true),
    ] {
        if text.starts_with(prefix) {
            return Some(Mark {
                at: prefix.len(),
                checked: Some(checked),
                is_ordered: false,
            });
        }
    }
    if let Some(len) = enumerator(text) {
        return Some(Mark {
            at: after(len),
            checked: None,
            is_ordered: true,
        });
    }
    let (id, at) = ids::leading(text)?;
    let names_something = text.get(at..).is_some_and(|rest| !rest.trim().is_empty());
    (!id.is_number() && names_something && !line.is_bold()).then_some(Mark {
        at: 0,
        checked: None,
        is_ordered: false,
    })
}

/// The bytes of `1.`, `1)`, `(1)`, `a)` or `(a)` before a blank; the point may have a backslash, as in source.
fn enumerator(text: &str) -> Option<usize> {
    let open = usize::from(text.starts_with('('));
    let body = text.get(open..)?;
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let is_letter = digits == 0 && body.starts_with(|c: char| c.is_ascii_lowercase());
    let len = digits + usize::from(is_letter);
    let rest = body.get(len..)?;
    let slash = usize::from(rest.starts_with('\\'));
    let close = rest.get(slash..)?;
    let is_closed = close.starts_with(") ") || (close.starts_with(". ") && open == 0 && !is_letter);
    ((1..=3).contains(&len) && is_closed).then_some(open + len + slash + 1)
}

fn split(outline: &mut Outline<'_>, paragraph: NodeId) {
    let node = outline.node(paragraph);
    let (lines, last) = (node.text.clone(), node.lines.1);
    let footnotes = node.footnotes.clone();
    let references = node.references.clone();
    let mut items: Vec<(Mark, Vec<Line>)> = Vec::new();
    for line in lines {
        match (mark(&line), items.last_mut()) {
            (Some(mark), _) => items.push((mark, vec![line])),
            (None, Some((_, text))) => text.push(line),
            (None, None) => {}
        }
    }
    let ordered = items.iter().all(|(mark, _)| mark.is_ordered);
    let starts: Vec<u32> = items
        .iter()
        .filter_map(|(_, text)| text.first())
        .map(|line| line.number)
        .collect();
    let mut children = Vec::with_capacity(items.len());
    for (index, (mark, mut text)) in items.into_iter().enumerate() {
        let first = starts.get(index).copied().unwrap_or(last);
        let end = starts
            .get(index + 1)
            .map_or(last, |next| next.saturating_sub(1).max(first));
        if let Some(line) = text.first_mut() {
            line.plain.drain(..mark.at);
            line.bold = line.bold.saturating_sub(mark.at);
        }
        let mut span = outline.span_of(first, end);
        span.start += marker_len(outline.source.get(span.clone()).unwrap_or_default());
        let mut item = Node::new(
            Kind::Item {
                checked: mark.checked,
            },
            paragraph,
            first,
            span.start,
        );
        item.lines = (first, end);
        item.span = span;
        item.text = text;
        item.footnotes.clone_from(&footnotes);
        item.references.clone_from(&references);
        children.push(outline.add(item));
    }
    let node = outline.node_mut(paragraph);
    node.kind = Kind::List { ordered };
    node.text.clear();
    node.children = children;
}

/// The bytes of `1\\. `, `• ` or `[ ] ` at the beginning of a line of source.
fn marker_len(source: &str) -> usize {
    let rest = source.trim_start_matches(['•', '‣', '▪', '◦', '●', '・', '□', '☐', '☑', '☒']);
    let rest = if rest.len() < source.len() {
        rest
    } else if let Some(rest) = [
        "[ ] ", "[] ", "[x] ", "[X] ", "\\[ ] ", "\\[ \\] ", "\\[x\\] ",
    ]
    .iter()
    .find_map(|mark| source.strip_prefix(mark))
    {
        rest
    } else {
        enumerator(source)
            .and_then(|len| source.get(len..))
            .unwrap_or(source)
    };
    source.len() - rest.trim_start().len()
}
