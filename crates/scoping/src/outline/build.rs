//! From the parser's events to nodes; headings are still beside what they stand above.

use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{Kind, Line, LinkReference, MAX_NODES, Node, NodeId, TooManyNodes, html};
use crate::text::LineIndex;

/// Lists and quotations that are nested deeper are read as text of the item around them.
const MAX_DEPTH: usize = 12;

/// The marks of inline text that are open.
#[derive(Debug, Default)]
struct Marks {
    bold: u32,
    struck: u32,
    link: u32,
    anchor: bool,
    code: bool,
}

pub(super) struct Builder<'a, 's> {
    source: &'s str,
    lines: &'a LineIndex,
    skip: usize,
    nodes: Vec<Node>,
    /// The containers that are open, innermost last.
    open: Vec<NodeId>,
    /// How many containers are open that are not kept because they are too deep.
    ignored: usize,
    /// The node that takes the text.
    writing: Option<NodeId>,
    marks: Marks,
    html: Option<Range<usize>>,
    footnote: Option<(String, Range<usize>)>,
    footnotes: HashMap<String, String>,
}

impl<'a, 's> Builder<'a, 's> {
    pub(super) fn new(source: &'s str, lines: &'a LineIndex, skip: usize) -> Self {
        let mut root = Node::new(Kind::Root, NodeId::ROOT, 1, 0);
        root.lines = (1, lines.count());
        Self {
            source,
            lines,
            skip,
            nodes: vec![root],
            open: vec![NodeId::ROOT],
            ignored: 0,
            writing: None,
            marks: Marks::default(),
            html: None,
            footnote: None,
            footnotes: HashMap::new(),
        }
    }

    pub(super) fn run(&mut self) -> Result<(), TooManyNodes> {
        let body = self.source.get(self.skip..).unwrap_or_default();
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_FOOTNOTES;
        for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
            self.event(event, range.start + self.skip..range.end + self.skip);
            if self.nodes.len() > MAX_NODES {
                return Err(TooManyNodes);
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> (Vec<Node>, HashMap<String, String>) {
        for node in self
            .nodes
            .iter_mut()
            .filter(|node| !matches!(node.kind, Kind::Code { .. }))
        {
            node.text.iter_mut().for_each(drop_stars);
        }
        (self.nodes, self.footnotes)
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if is_inline(&event) {
            self.widen(&range);
        }
        if self.footnote.is_some() {
            if matches!(event, Event::End(TagEnd::FootnoteDefinition)) {
                self.end_footnote();
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text, &range),
            Event::Code(text) => {
                self.marks.code = true;
                self.text(&text, &range);
                self.marks.code = false;
            }
            Event::SoftBreak => self.new_line(range.end, true),
            Event::HardBreak => self.new_line(range.end, false),
            Event::Html(_) => {
                self.html =
                    Some(self.html.take().map_or(range.start, |open| open.start)..range.end);
            }
            Event::InlineHtml(tag) => self.inline_html(&tag, &range),
            Event::Rule => {
                self.leaf(Kind::Rule, &range);
            }
            Event::TaskListMarker(checked) => self.mark(checked),
            Event::FootnoteReference(label) => {
                if let Some(node) = self.written() {
                    node.footnotes.push(label.into_string());
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => self.paragraph(&range),
            Tag::Heading { .. } if self.open.len() > 1 => self.paragraph(&range),
            Tag::Heading { level, .. } => {
                let id = self.leaf(Kind::Section, &range);
                self.writing = Some(id);
                if let Some(node) = self.written() {
                    node.depth = 2 * level as u8;
                }
            }
            Tag::List(start) => self.begin(
                Kind::List {
                    ordered: start.is_some(),
                },
                &range,
            ),
            Tag::Item => self.item(&range),
            Tag::BlockQuote(_) => self.begin(Kind::Quote, &range),
            Tag::Table(_) => self.begin(Kind::Table, &range),
            Tag::TableHead => self.begin(Kind::Row { is_head: true }, &range),
            Tag::TableRow => self.begin(Kind::Row { is_head: false }, &range),
            Tag::TableCell => self.writing = Some(self.leaf(Kind::Cell, &range)),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => {
                        info.trim_matches(['{', '}', '.', ' ']).to_owned()
                    }
                    CodeBlockKind::Indented => String::new(),
                };
                self.writing = Some(self.leaf(Kind::Code { language }, &range));
            }
            Tag::FootnoteDefinition(label) => self.footnote = Some((label.into_string(), range)),
            Tag::Strong => self.marks.bold += 1,
            Tag::Strikethrough => self.marks.struck += 1,
            Tag::Link {
                link_type,
                dest_url,
                id,
                ..
            }
            | Tag::Image {
                link_type,
                dest_url,
                id,
                ..
            } => {
                self.marks.link += 1;
                self.marks.anchor = dest_url.starts_with('#');
                self.refer(link_type, &dest_url, &id);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableCell | TagEnd::CodeBlock => {
                self.writing = None;
            }
            TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::BlockQuote(_)
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow => self.close(),
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::Strong => self.marks.bold = self.marks.bold.saturating_sub(1),
            TagEnd::Strikethrough => self.marks.struck = self.marks.struck.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.marks.link = self.marks.link.saturating_sub(1),
            _ => {}
        }
    }

    fn written(&mut self) -> Option<&mut Node> {
        self.writing.and_then(|id| self.nodes.get_mut(id.index()))
    }

    fn parent(&self) -> NodeId {
        self.open.last().copied().unwrap_or(NodeId::ROOT)
    }

    fn lines_of(&self, range: &Range<usize>) -> (u32, u32) {
        let text = self.source.get(range.clone()).unwrap_or_default();
        let end = range.start + text.trim_end().len();
        let first = self.lines.line(range.start);
        (
            first,
            self.lines
                .line(end.saturating_sub(1).max(range.start))
                .max(first),
        )
    }

    fn leaf(&mut self, kind: Kind, range: &Range<usize>) -> NodeId {
        let parent = self.parent();
        let mut node = Node::new(kind, parent, 1, range.start);
        node.lines = self.lines_of(range);
        node.span = range.clone();
        let id = NodeId::from_index(self.nodes.len());
        self.nodes.push(node);
        if let Some(parent) = self.nodes.get_mut(parent.index()) {
            parent.children.push(id);
        }
        id
    }

    fn begin(&mut self, kind: Kind, range: &Range<usize>) {
        if self.ignored > 0 || self.open.len() > MAX_DEPTH {
            self.ignored += 1;
            return;
        }
        let id = self.leaf(kind, range);
        self.open.push(id);
        self.writing = None;
    }

    fn item(&mut self, range: &Range<usize>) {
        let writing = self.writing;
        self.begin(Kind::Item { checked: None }, range);
        if self.ignored > 0 {
            self.writing = writing;
            return;
        }
        self.writing = Some(self.parent());
        if let Some(node) = self.written() {
            node.span = range.start..range.start;
        }
    }

    fn close(&mut self) {
        if self.ignored > 0 {
            self.ignored -= 1;
            return;
        }
        self.open.pop();
        self.writing = None;
    }

    /// The first paragraph of an item is the item's own text.
    fn paragraph(&mut self, range: &Range<usize>) {
        if self.ignored > 0 {
            return;
        }
        let parent = self.parent();
        let is_first = self.nodes.get(parent.index()).is_some_and(|node| {
            matches!(node.kind, Kind::Item { .. })
                && node.children.is_empty()
                && node.text.is_empty()
        });
        self.writing = Some(if is_first {
            parent
        } else {
            self.leaf(Kind::Paragraph, range)
        });
    }

    fn mark(&mut self, is_checked: bool) {
        let parent = self.parent();
        if let Some(node) = self.nodes.get_mut(parent.index())
            && let Kind::Item { checked } = &mut node.kind
        {
            *checked = Some(is_checked);
        }
    }

    fn refer(&mut self, link: LinkType, target: &str, label: &str) {
        if !matches!(
            link,
            LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut
        ) {
            return;
        }
        if let Some(node) = self.written() {
            let reference = LinkReference {
                label: label.to_owned(),
                target: target.to_owned(),
            };
            if !node.references.contains(&reference) {
                node.references.push(reference);
            }
        }
    }

    fn text(&mut self, text: &str, range: &Range<usize>) {
        let number = self.lines.line(range.start);
        let Some(node) = self.writing.and_then(|id| self.nodes.get_mut(id.index())) else {
            return;
        };
        if matches!(node.kind, Kind::Code { .. }) {
            let lines = (number..).zip(text.lines());
            node.text.extend(lines.map(|(number, line)| Line {
                number,
                plain: line.to_owned(),
                ..Line::default()
            }));
            return;
        }
        if node.text.is_empty() {
            node.text.push(Line {
                number,
                ..Line::default()
            });
        }
        if let Some(line) = node.text.last_mut() {
            write(line, text, &self.marks);
        }
    }

    /// An item's text reaches from its first to its last mark or word.
    fn widen(&mut self, range: &Range<usize>) {
        let Some(node) = self
            .written()
            .filter(|node| matches!(node.kind, Kind::Item { .. }))
        else {
            return;
        };
        if node.span.is_empty() {
            node.span = range.clone();
        }
        node.span.end = node.span.end.max(range.end);
    }

    fn new_line(&mut self, at: usize, is_wrapped: bool) {
        let number = self.lines.line(at);
        if let Some(node) = self.written() {
            node.text.push(Line {
                number,
                is_wrapped,
                ..Line::default()
            });
        }
    }

    fn inline_html(&mut self, tag: &str, range: &Range<usize>) {
        match html::tag_name(tag).as_str() {
            "br" | "li" => self.new_line(range.start, false),
            "b" | "strong" => self.marks.bold += 1,
            "/b" | "/strong" => self.marks.bold = self.marks.bold.saturating_sub(1),
            "s" | "del" | "strike" => self.marks.struck += 1,
            "/s" | "/del" | "/strike" => self.marks.struck = self.marks.struck.saturating_sub(1),
            _ => {}
        }
    }

    fn end_html(&mut self) {
        let Some(range) = self.html.take() else {
            return;
        };
        let source = self.source.get(range.clone()).unwrap_or_default();
        let items = html::list_items(source);
        if items.is_empty() {
            self.leaf(Kind::Html, &range);
            return;
        }
        let ordered = source.contains("<ol") || source.contains("<OL");
        let list = self.leaf(Kind::List { ordered }, &range);
        self.open.push(list);
        for item in items {
            let span = range.start + item.span.start..range.start + item.span.end;
            let number = self.lines.line(span.start);
            self.writing = Some(self.leaf(
                Kind::Item {
                    checked: item.checked,
                },
                &span,
            ));
            if let Some(node) = self.written() {
                node.text.push(Line {
                    number,
                    plain: item.plain,
                    bold: item.bold,
                    ..Line::default()
                });
            }
        }
        self.open.pop();
        self.writing = None;
    }

    fn end_footnote(&mut self) {
        let Some((label, range)) = self.footnote.take() else {
            return;
        };
        let source = self.source.get(range).unwrap_or_default().trim_end();
        let text = source.split_once("]:").map_or(source, |(_, text)| text);
        let markdown = crate::text::squeeze(text);
        self.footnotes.insert(label, markdown);
    }
}

fn write(line: &mut Line, text: &str, marks: &Marks) {
    if line.plain.trim().is_empty() {
        line.is_struck = marks.struck > 0;
        line.is_code = marks.code;
    } else if !text.trim().is_empty() {
        line.is_code &= marks.code;
    }
    if marks.link > 0 {
        line.linked += text.len();
        line.is_anchor |= marks.anchor;
    }
    let was_bold = line.bold == line.plain.len();
    line.plain.extend(text.chars().filter(|c| !is_hidden(*c)));
    if was_bold && marks.bold > 0 {
        line.bold = line.plain.len();
    }
}

const fn is_inline(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Code(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::Start(
                Tag::Strong
                    | Tag::Emphasis
                    | Tag::Strikethrough
                    | Tag::Link { .. }
                    | Tag::Image { .. }
            )
            | Event::End(
                TagEnd::Strong
                    | TagEnd::Emphasis
                    | TagEnd::Strikethrough
                    | TagEnd::Link
                    | TagEnd::Image
            )
    )
}

/// Marks of bold text that an export left half open stay in the text as stars.
fn drop_stars(line: &mut Line) {
    if line.plain.contains("**") && !line.is_code {
        line.plain = line.plain.replace("**", "");
        line.bold = line.bold.min(line.plain.len());
        while !line.plain.is_char_boundary(line.bold) {
            line.bold -= 1;
        }
    }
}

/// Characters that a reader does not see and that turn or cut what stands around them.
pub(crate) const fn is_hidden(c: char) -> bool {
    let is_control = c.is_ascii_control() && c != '\t';
    is_control || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
