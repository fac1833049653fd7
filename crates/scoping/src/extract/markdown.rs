//! The Markdown of a part of the document as a ticket of its own carries it: dedented, with its links and footnotes.

use crate::outline::{Kind, Node, NodeId, Outline, tag_name};

/// Adds a block after a blank line.
pub(super) fn push(out: &mut String, block: &str) {
    let block = block.trim_matches('\n').trim_end();
    if block.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    out.push_str(block);
}

/// The Markdown of a heading, a paragraph or the first paragraph of an item.
pub(super) fn text(outline: &Outline<'_>, node: &Node) -> String {
    let source = outline.source.get(node.span.clone()).unwrap_or_default();
    let mut text = clean(&dedented(source.trim_end()));
    add_notes(outline, node, &mut text);
    text
}

/// The Markdown of a whole block, without the nodes that are left out.
pub(super) fn block(outline: &Outline<'_>, node: &Node, left_out: &[NodeId]) -> String {
    if let (Kind::List { .. }, true) = (&node.kind, !left_out.is_empty()) {
        let kept: Vec<&NodeId> = node
            .children
            .iter()
            .filter(|child| !left_out.contains(child))
            .collect();
        if kept.len() < node.children.len() {
            let mut out = String::new();
            for child in kept {
                let lines = outline.node(*child).lines;
                out.push_str(slice(outline, lines).trim_end());
                out.push('\n');
            }
            return clean(&dedented(&out));
        }
    }
    let mut text = match node.kind {
        Kind::Code { .. } => dedented(slice(outline, node.lines)),
        _ => clean(&dedented(slice(outline, node.lines))),
    };
    let mut stack: Vec<NodeId> = node.children.clone();
    while let Some(id) = stack.pop() {
        let inner = outline.node(id);
        add_notes(outline, inner, &mut text);
        stack.extend(&inner.children);
    }
    text
}

fn slice<'a>(outline: &Outline<'a>, lines: (u32, u32)) -> &'a str {
    outline
        .source
        .get(outline.lines.span(lines.0, lines.1))
        .unwrap_or_default()
        .trim_end()
}

/// Links that are explained elsewhere get their explanation, footnotes their text.
fn add_notes(outline: &Outline<'_>, node: &Node, text: &mut String) {
    for reference in &node.references {
        let line = format!("[{}]: {}", reference.label, reference.target);
        if !text.contains(&line) {
            push(text, &line);
        }
    }
    for label in &node.footnotes {
        if let Some(note) = outline
            .footnotes
            .get(label)
            .filter(|note| !text.contains(note.as_str()))
        {
            push(text, note);
        }
    }
}

/// Takes off the white space that all lines but the first begin with.
fn dedented(text: &str) -> String {
    let indent = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let rest = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let least = rest.map(|line| indent(&line)).min().unwrap_or_default();
    let first = text.lines().next().unwrap_or_default();
    let own = indent(&first).min(least.max(indent(&first)));
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        let cut = if number == 0 {
            own
        } else {
            least.min(indent(&line))
        };
        out.push_str(line.get(cut..).unwrap_or_default().trim_end_matches('\r'));
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Without what an export left behind: line breaks as tags, hard spaces, comments, footnote marks.
///
/// Bullets are dashes, so that the same list gives the same text however its writer marks items.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_fenced = false;
    for line in text.split_inclusive('\n') {
        let is_fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        is_fenced ^= is_fence;
        if is_fence || is_fenced {
            out.push_str(line);
            continue;
        }
        let start = line.len() - line.trim_start().len();
        let (indent, rest) = line.split_at_checked(start).unwrap_or_default();
        out.push_str(indent);
        match rest.strip_prefix("* ").or_else(|| rest.strip_prefix("+ ")) {
            Some(rest) => {
                out.push_str("- ");
                clean_line(rest.trim_start(), &mut out);
            }
            None => clean_line(rest, &mut out),
        }
    }
    out
}

fn clean_line(line: &str, out: &mut String) {
    if !line.contains(['<', '&', '^']) {
        out.push_str(line);
        return;
    }
    let is_table = line.trim_start().starts_with('|');
    let mut rest = line;
    let mut in_code = false;
    while let Some(c) = rest.chars().next() {
        let mut len = c.len_utf8();
        in_code ^= c == '`';
        match c {
            '<' if !in_code => {
                if let Some(comment) = rest.strip_prefix("<!--").and_then(|text| text.find("-->")) {
                    len = comment + 7;
                } else if let Some((replacement, tag_len)) = tag(rest, is_table) {
                    out.push_str(replacement);
                    len = tag_len;
                } else {
                    out.push(c);
                }
            }
            '&' if !in_code => {
                let spaces = ["&#x20;", "&nbsp;", "&#32;", "&#160;"];
                if let Some(space) = spaces.iter().find(|space| rest.starts_with(**space)) {
                    out.push(' ');
                    len = space.len();
                } else {
                    out.push(c);
                }
            }
            '[' if !in_code && rest.starts_with("[^") => {
                let mark = rest
                    .find(']')
                    .filter(|end| *end < 40 && rest.get(end + 1..end + 2) != Some(":"));
                match mark {
                    Some(end) => len = end + 1,
                    None => out.push(c),
                }
            }
            _ => out.push(c),
        }
        rest = rest.get(len..).unwrap_or_default();
    }
}

/// What stands for an HTML tag in Markdown, and how long the tag is.
fn tag(text: &str, is_table: bool) -> Option<(&'static str, usize)> {
    let end = text.find('>').filter(|end| *end < 200)? + 1;
    let replacement = match tag_name(text.get(..end)?).as_str() {
        "br" | "/p" | "/li" | "/ul" | "/ol" | "ul" | "ol" if is_table => " ",
        "br" => "\n",
        "b" | "strong" | "/b" | "/strong" => "**",
        "i" | "em" | "/i" | "/em" => "*",
        "li" => "\n- ",
        "span" | "/span" | "u" | "/u" | "div" | "/div" | "p" | "/p" | "/li" | "ul" | "/ul"
        | "ol" | "/ol" | "font" | "/font" | "center" | "/center" => "",
        _ => return None,
    };
    Some((replacement, end))
}
