//! Builds the inline nodes of one text block in their normal form.
//!
//! Normal form: neighbours with the same marks are one node, white space at the edges of the
//! block and around line breaks is gone, line breaks are only between text, bare addresses are links.

use std::borrow::Cow;

use super::autolink;
use super::node::{Mark, Node};

/// The formatting that is open at a point of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    pub(super) strong: usize,
    pub(super) em: usize,
    pub(super) strike: usize,
    pub(super) link: Option<Link>,
}

/// A link that may be followed; `id` tells links with the same address apart cheaply.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) id: usize,
    pub(super) href: String,
    pub(super) title: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct StyleKey {
    strong: bool,
    em: bool,
    strike: bool,
    code: bool,
    link: Option<usize>,
}

/// Collects text and breaks, then gives the normal form.
#[derive(Debug, Default)]
pub(super) struct InlineBuilder {
    nodes: Vec<Node>,
    last: Option<StyleKey>,
    characters: usize,
    /// The link that text was last pushed into, and what its address costs so far.
    link_cost: (usize, usize),
}

impl InlineBuilder {
    /// Up to this length a link costs no more than other formatting.
    const SHORT_LINK: usize = 128;

    /// How many bytes of its long address one link may repeat.
    ///
    /// A link whose text changes its formatting becomes several nodes, each with the address. That
    /// must not let a small document grow without bound: beyond this its text is plain.
    const MAX_LINK_COST: usize = 16_384;

    /// Returns how many bytes of text were pushed in all.
    pub(super) fn pushed(&self) -> usize {
        self.characters
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn push_text(&mut self, text: &str, style: &Style) {
        self.push(text, style, false);
    }

    pub(super) fn push_code(&mut self, text: &str, style: &Style) {
        self.push(text, style, true);
    }

    pub(super) fn push_break(&mut self, style: &Style) {
        if style
            .link
            .as_ref()
            .is_some_and(|link| self.is_too_costly(link))
        {
            return self.push_text(" ", style);
        }
        self.nodes.push(Node::HardBreak);
        self.last = None;
    }

    /// Tells whether the text pushed since `start` bytes had been pushed is exactly `text`.
    pub(super) fn ends_with_exactly(&self, start: usize, text: &str) -> bool {
        if self.characters - start != text.len() {
            return false;
        }
        let mut rest = text;
        for node in self.nodes.iter().rev() {
            let Node::Text { text, .. } = node else {
                return false;
            };
            if text.ends_with(rest) {
                return true;
            }
            let Some(before) = rest.strip_suffix(text.as_str()) else {
                return false;
            };
            rest = before;
        }
        false
    }

    /// Returns the nodes collected so far and starts anew.
    pub(super) fn finish(&mut self) -> Vec<Node> {
        self.last = None;
        normal_form(std::mem::take(&mut self.nodes))
    }

    fn is_too_costly(&self, link: &Link) -> bool {
        self.link_cost.0 == link.id && self.link_cost.1 > Self::MAX_LINK_COST
    }

    fn charge(&mut self, link: &Link) {
        let length = link.href.len() + link.title.as_ref().map_or(0, String::len);
        if self.link_cost.0 != link.id {
            self.link_cost = (link.id, 0);
        }
        self.link_cost.1 += length.saturating_sub(Self::SHORT_LINK);
    }

    fn push(&mut self, text: &str, style: &Style, code: bool) {
        let text = on_one_line(text);
        if text.is_empty() {
            return;
        }
        self.characters += text.len();
        let key = self.key(style, code);
        if self.last == Some(key)
            && let Some(Node::Text { text: last, .. }) = self.nodes.last_mut()
        {
            last.push_str(&text);
            return;
        }
        if let Some(link) = &style.link {
            self.charge(link);
        }
        self.nodes.push(Node::text(text, marks(key, style)));
        self.last = Some(key);
    }

    fn key(&self, style: &Style, code: bool) -> StyleKey {
        let link = style.link.as_ref().map(|link| link.id);
        if style
            .link
            .as_ref()
            .is_some_and(|link| self.is_too_costly(link))
        {
            return StyleKey {
                link,
                ..StyleKey::default()
            };
        }
        StyleKey {
            strong: style.strong > 0 && !code,
            em: style.em > 0 && !code,
            strike: style.strike > 0 && !code,
            code,
            link,
        }
    }
}

fn marks(key: StyleKey, style: &Style) -> Vec<Mark> {
    let link = style.link.as_ref().map(|link| Mark::Link {
        href: link.href.clone(),
        title: link.title.clone(),
    });
    let flags = [
        (key.strong, Mark::Strong),
        (key.em, Mark::Em),
        (key.strike, Mark::Strike),
        (key.code, Mark::Code),
    ];
    let flags = flags
        .into_iter()
        .filter_map(|(is_on, mark)| is_on.then_some(mark));
    link.into_iter().chain(flags).collect()
}

/// A code point that is no character; it stands in for NUL while Markdown is parsed.
pub(super) const STAND_IN: char = '\u{FDD0}';

/// Returns `text` without forbidden characters and on one line.
pub(super) fn on_one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| allowed(c) != Some(c) || c == '\n') {
        return Cow::Borrowed(text);
    }
    let allowed = text.chars().filter_map(allowed);
    allowed.map(|c| if c == '\n' { ' ' } else { c }).collect()
}

/// Returns what a document holds for a character of the source; nothing for most control characters.
///
/// Jira stores text as XML in places, and XML 1.0, section 2.2, forbids them.
pub(super) fn allowed(c: char) -> Option<char> {
    match c {
        '\r' | '\u{B}' | '\u{C}' => Some(' '),
        '\t' | '\n' => Some(c),
        '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' | STAND_IN => None,
        c => Some(c),
    }
}

/// Brings inline nodes into the form that the module describes.
pub(super) fn normal_form(nodes: Vec<Node>) -> Vec<Node> {
    let trimmed = trimmed(nodes);
    let mut result = Vec::with_capacity(trimmed.len());
    for node in trimmed {
        match node {
            Node::Text { text, marks } if may_hold_autolinks(&marks) => {
                push_linked(&mut result, text, marks);
            }
            Node::Text { text, marks } => push_joined(&mut result, Some(&text), marks),
            node => result.push(node),
        }
    }
    result
}

fn trimmed(nodes: Vec<Node>) -> Vec<Node> {
    let mut result: Vec<Node> = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::HardBreak => {
                trim_line_end(&mut result);
                if !result.is_empty() {
                    result.push(Node::HardBreak);
                }
            }
            Node::Text { text, marks } => push_merged(&mut result, text, marks),
            other => result.push(other),
        }
    }
    trim_line_end(&mut result);
    while matches!(result.last(), Some(Node::HardBreak)) {
        result.pop();
        trim_line_end(&mut result);
    }
    result
}

fn push_merged(nodes: &mut Vec<Node>, mut text: String, marks: Vec<Mark>) {
    let at_line_start = matches!(nodes.last(), None | Some(Node::HardBreak));
    if at_line_start && !marks.contains(&Mark::Code) {
        text = text.trim_start_matches([' ', '\t']).to_owned();
    }
    push_joined(nodes, Some(&text), marks);
}

fn trim_line_end(nodes: &mut Vec<Node>) {
    while let Some(Node::Text { text, marks }) = nodes.last_mut() {
        if marks.contains(&Mark::Code) {
            return;
        }
        text.truncate(text.trim_end_matches([' ', '\t']).len());
        if !text.is_empty() {
            return;
        }
        nodes.pop();
    }
}

fn may_hold_autolinks(marks: &[Mark]) -> bool {
    let excludes = |mark: &Mark| matches!(mark, Mark::Link { .. } | Mark::Code);
    !marks.iter().any(excludes)
}

/// Pushes text with its bare addresses as links.
fn push_linked(nodes: &mut Vec<Node>, text: String, marks: Vec<Mark>) {
    let mut end = 0;
    for link in autolink::find(&text) {
        push_joined(nodes, text.get(end..link.range.start), marks.clone());
        end = link.range.end;
        let mut linked = vec![Mark::Link {
            href: link.href,
            title: None,
        }];
        linked.extend(marks.iter().cloned());
        push_joined(nodes, text.get(link.range), linked);
    }
    if end == 0 {
        nodes.push(Node::Text { text, marks });
    } else {
        push_joined(nodes, text.get(end..), marks);
    }
}

/// Pushes text, joining it with the node before when that has the same marks.
fn push_joined(nodes: &mut Vec<Node>, text: Option<&str>, marks: Vec<Mark>) {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return;
    };
    if let Some(Node::Text {
        text: last_text,
        marks: last_marks,
    }) = nodes.last_mut()
        && *last_marks == marks
    {
        last_text.push_str(text);
        return;
    }
    nodes.push(Node::text(text, marks));
}
