//! Writes the inline nodes of one text block.
//!
//! Marks nest by how far they reach. Around every delimiter the rules of CommonMark on what may stand
//! beside it are met by writing the neighbouring character as a numeric reference where it must be.

use super::super::address::percent_encoded;
use super::super::node::{Mark, Node};
use super::super::read::unknown_label;
pub(super) use super::escape::Setting;
use super::escape::{push_destination, push_entity, push_escaped, push_title};
use super::longest_run;

/// Returns the Markdown of inline nodes; only in a paragraph it has several lines.
pub(super) fn write_inline(nodes: &[Node], setting: Setting) -> String {
    let spans: Vec<Span<'_>> = nodes.iter().map(Span::new).collect();
    let reaches = reaches(&spans);
    let mut writer = InlineWriter {
        out: String::new(),
        setting,
        open: Vec::new(),
        guards_next: false,
    };
    for (index, span) in spans.iter().enumerate() {
        writer.span(&spans, &reaches, index, span);
    }
    writer.close_down_to(0);
    writer.out
}

struct Span<'a> {
    content: Content<'a>,
    marks: Vec<Kind<'a>>,
}

enum Content<'a> {
    Text(std::borrow::Cow<'a, str>),
    Code(&'a str),
    Break,
}

/// A mark that Markdown knows.
#[derive(Clone, Copy, PartialEq)]
enum Kind<'a> {
    Link {
        href: &'a str,
        title: Option<&'a str>,
    },
    Strong,
    Em,
    Strike,
}

impl<'a> Span<'a> {
    fn new(node: &'a Node) -> Self {
        let (content, marks) = match node {
            Node::Text { text, marks } if marks.contains(&Mark::Code) => {
                (Content::Code(text), marks.as_slice())
            }
            Node::Text { text, marks } => (Content::Text(text.into()), marks.as_slice()),
            Node::Unknown(value) => (Content::Text(unknown_label(value).into()), &[][..]),
            _ => (Content::Break, &[][..]),
        };
        let is_code = matches!(content, Content::Code(_));
        let kinds = marks.iter().filter_map(Kind::new);
        let marks = kinds.filter(|kind| !is_code || matches!(kind, Kind::Link { .. }));
        Self {
            content,
            marks: marks.collect(),
        }
    }
}

impl<'a> Kind<'a> {
    fn new(mark: &'a Mark) -> Option<Self> {
        match mark {
            Mark::Link { href, title } => Some(Self::Link {
                href,
                title: title.as_deref(),
            }),
            Mark::Strong => Some(Self::Strong),
            Mark::Em => Some(Self::Em),
            Mark::Strike => Some(Self::Strike),
            Mark::Underline | Mark::Code | Mark::Unknown(_) => None,
        }
    }
}

/// Returns for each mark of each span how many spans from there on have it.
fn reaches(spans: &[Span<'_>]) -> Vec<Vec<usize>> {
    let mut reaches: Vec<Vec<usize>> = Vec::with_capacity(spans.len());
    let mut next: Option<(&Span<'_>, Vec<usize>)> = None;
    for span in spans.iter().rev() {
        let reach = |kind: &Kind<'_>| {
            let beyond = next.as_ref().and_then(|(next, reaches)| {
                let place = next.marks.iter().position(|other| other == kind)?;
                reaches.get(place)
            });
            1 + beyond.copied().unwrap_or(0)
        };
        let own: Vec<usize> = span.marks.iter().map(reach).collect();
        reaches.push(own.clone());
        next = Some((span, own));
    }
    reaches.reverse();
    reaches
}

struct InlineWriter<'a> {
    out: String,
    setting: Setting,
    /// The open marks with what closes each, the innermost last.
    open: Vec<(Kind<'a>, &'static str)>,
    /// Whether the next character must not be a letter for the delimiter before it to close.
    guards_next: bool,
}

impl<'a> InlineWriter<'a> {
    fn span(&mut self, spans: &[Span<'a>], reaches: &[Vec<usize>], index: usize, span: &Span<'a>) {
        let stays_open = |(kind, _): &&(Kind<'a>, &str)| span.marks.contains(kind);
        self.close_down_to(self.open.iter().take_while(stays_open).count());
        let reach = reaches.get(index).map_or(&[][..], Vec::as_slice);
        let mut opening: Vec<(Kind<'a>, usize)> = span
            .marks
            .iter()
            .copied()
            .zip(reach.iter().copied())
            .filter(|(kind, _)| self.open.iter().all(|(open, _)| open != kind))
            .collect();
        opening.sort_by_key(|&(_, reach)| std::cmp::Reverse(reach));
        if let (Content::Text(text), [(Kind::Link { href, title: None }, 1)]) =
            (&span.content, opening.as_slice())
            && text == href
            && is_autolink(href)
        {
            self.out.extend(["<", href, ">"]);
            self.guards_next = false;
            return;
        }
        for (place, &(kind, reach)) in opening.iter().enumerate() {
            let first = match &span.content {
                Content::Text(text) if place + 1 == opening.len() => text.chars().next(),
                _ => None,
            };
            let is_alone = reach == 1 && is_apart(spans, index);
            self.open_mark(kind, first, is_alone);
        }
        match &span.content {
            Content::Text(text) => self.text(text),
            Content::Code(code) => self.code(code),
            Content::Break => self.line_break(),
        }
    }

    /// Opens a mark before the character `first` of a text, or before other syntax.
    fn open_mark(&mut self, kind: Kind<'a>, first: Option<char>, is_alone: bool) {
        let delimiter = match kind {
            Kind::Link { .. } => {
                if self.out.ends_with('!') {
                    self.out.pop();
                    self.out.push_str("\\!");
                }
                self.out.push('[');
                self.guards_next = false;
                self.open.push((kind, ""));
                return;
            }
            Kind::Strong => "**",
            Kind::Strike => "~~",
            Kind::Em if is_alone => "*",
            Kind::Em => "_",
        };
        let is_before_word = first.is_some_and(char::is_alphanumeric);
        if delimiter == "_" || !is_before_word {
            self.part_from_word();
        }
        self.out.push_str(delimiter);
        self.guards_next = first.is_some_and(char::is_whitespace);
        self.open.push((kind, delimiter));
    }

    fn close_down_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            let Some((kind, delimiter)) = self.open.pop() else {
                return;
            };
            if let Kind::Link { href, title } = kind {
                self.out.push_str("](");
                push_destination(&mut self.out, &percent_encoded(href));
                if let Some(title) = title {
                    push_title(&mut self.out, title);
                }
                self.out.push(')');
                self.guards_next = false;
                continue;
            }
            if self.out.ends_with(char::is_whitespace) {
                self.encode_last();
            }
            let is_after_word = self.out.ends_with(char::is_alphanumeric);
            self.out.push_str(delimiter);
            self.guards_next = delimiter == "_" || !is_after_word;
        }
    }

    /// Makes sure that what is written so far does not end in a letter.
    fn part_from_word(&mut self) {
        let is_apart = |c: char| c.is_ascii_punctuation() || c.is_ascii_whitespace();
        if !self.out.is_empty() && !self.out.ends_with(is_apart) {
            self.encode_last();
        }
    }

    fn encode_last(&mut self) {
        if let Some(last) = self.out.pop() {
            push_entity(&mut self.out, last);
        }
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        let mut at_line_start = self.setting == Setting::Paragraph && self.is_at_line_start();
        if std::mem::take(&mut self.guards_next)
            && let Some(first) = text.chars().next()
            && !first.is_ascii_punctuation()
            && (!first.is_ascii_whitespace() || self.is_inside_opening())
        {
            push_entity(&mut self.out, first);
            rest = text.get(first.len_utf8()..).unwrap_or_default();
            at_line_start = false;
        }
        push_escaped(&mut self.out, rest, self.setting, at_line_start);
    }

    fn is_at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n')
    }

    /// Tells whether a delimiter that opens was the last thing written.
    fn is_inside_opening(&self) -> bool {
        self.open
            .last()
            .is_some_and(|(_, delimiter)| !delimiter.is_empty() && self.out.ends_with(delimiter))
    }

    fn code(&mut self, code: &str) {
        self.guards_next = false;
        let fence = "`".repeat(shortest_fence(code));
        let is_padded = code.starts_with('`')
            || code.ends_with('`')
            || (code.starts_with(' ') && code.ends_with(' ') && !code.trim_matches(' ').is_empty());
        let padding = if is_padded { " " } else { "" };
        self.out.extend([fence.as_str(), padding]);
        for c in code.chars() {
            match c {
                '|' if self.setting == Setting::Cell => self.out.push_str("\\|"),
                '\n' | '\r' => self.out.push(' '),
                c => self.out.push(c),
            }
        }
        self.out.extend([padding, fence.as_str()]);
    }

    fn line_break(&mut self) {
        self.guards_next = false;
        if self.setting == Setting::Paragraph && !self.is_at_line_start() {
            self.out.push_str("\\\n");
        } else {
            self.out.push_str("<br>");
        }
    }
}

/// Tells whether no neighbour of a span has a mark that is written with stars or lines.
fn is_apart(spans: &[Span<'_>], index: usize) -> bool {
    let is_emphasised = |span: &Span<'_>| {
        let mut marks = span.marks.iter();
        marks.any(|kind| matches!(kind, Kind::Strong | Kind::Em))
    };
    let before = index.checked_sub(1).and_then(|before| spans.get(before));
    let after = spans.get(index + 1);
    let is_strong = spans
        .get(index)
        .is_some_and(|span| span.marks.contains(&Kind::Strong));
    !is_strong && !before.is_some_and(is_emphasised) && !after.is_some_and(is_emphasised)
}

/// Tells whether an address reads back as itself between angle brackets.
fn is_autolink(href: &str) -> bool {
    let scheme = href.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = scheme.is_some_and(|scheme| {
        (2..=32).contains(&scheme.len()) && scheme.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    let breaks = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '|');
    is_scheme && !href.contains(breaks)
}

/// Returns the shortest length of a run of backticks that does not occur in `code`.
fn shortest_fence(code: &str) -> usize {
    longest_run(code, '`') + 1
}
