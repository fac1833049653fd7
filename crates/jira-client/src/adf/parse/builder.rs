//! Builds the tree from the events of the parser.

use std::borrow::Cow;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Tag, TagEnd};

use super::super::convert::MAX_NESTING;
use super::super::degradation::{DegradationKind, Degradations};
use super::super::inline::{InlineBuilder, Style, allowed};
use super::super::node::{Node, TaskState};
use super::links::OpenLink;
use super::{Block, BlockKind, Item, LINE_START, List};

/// A container that is open.
enum Frame {
    Quote { line: usize, blocks: Vec<Block> },
    List { line: usize, list: List },
    Item(Item),
}

struct OpenCode {
    line: usize,
    language: Option<String>,
    text: String,
}

pub(super) struct TreeBuilder<'a> {
    degradations: &'a mut Degradations,
    line_ends: Vec<usize>,
    offset: usize,
    root: Vec<Block>,
    frames: Vec<Frame>,
    /// How many open containers are not in `frames` because they nest too deeply.
    flattened: usize,
    pub(super) inline: InlineBuilder,
    pub(super) style: Style,
    pub(super) links: Vec<OpenLink>,
    pub(super) n_links: usize,
    code: Option<OpenCode>,
    html: String,
    table_line: usize,
    rows: Vec<Vec<Vec<Node>>>,
    /// The label of a footnote whose text has not begun.
    footnote: Option<String>,
    /// Whether lines begin with [`LINE_START`] and end with breaks.
    keeps_lines: bool,
}

impl<'a> TreeBuilder<'a> {
    pub(super) fn new(source: &str, degradations: &'a mut Degradations) -> Self {
        Self {
            degradations,
            line_ends: source
                .match_indices('\n')
                .map(|(offset, _)| offset)
                .collect(),
            offset: 0,
            root: Vec::new(),
            frames: Vec::new(),
            flattened: 0,
            inline: InlineBuilder::default(),
            style: Style::default(),
            links: Vec::new(),
            n_links: 0,
            code: None,
            html: String::new(),
            table_line: 0,
            rows: Vec::new(),
            footnote: None,
            keeps_lines: false,
        }
    }

    pub(super) fn keeping_lines(self) -> Self {
        Self {
            keeps_lines: true,
            ..self
        }
    }

    pub(super) fn finish(mut self) -> Vec<Block> {
        self.flush();
        self.root
    }

    pub(super) fn event(&mut self, event: Event<'_>, offset: usize) {
        self.offset = offset;
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&self.shown(&text)),
            Event::Code(code) => self.inline_code(&self.shown(&code)),
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(html) => self.inline_html(&self.shown(&html)),
            Event::SoftBreak if self.keeps_lines => self.inline.push_break(&self.style),
            Event::SoftBreak => self.inline.push_text(" ", &self.style),
            Event::HardBreak => self.inline.push_break(&self.style),
            Event::Rule => {
                self.flush();
                self.push_block(self.line(), BlockKind::Rule);
            }
            Event::TaskListMarker(checked) => self.task_marker(checked),
            Event::FootnoteReference(label) => {
                self.degrade(DegradationKind::Footnote);
                self.inline.push_text(&format!("[{label}]"), &self.style);
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.start_paragraph(),
            Tag::BlockQuote(_) | Tag::List(_) | Tag::Item => self.start_container(&tag),
            Tag::CodeBlock(kind) => {
                self.flush();
                self.code = Some(OpenCode {
                    line: self.line(),
                    language: language(&kind),
                    text: String::new(),
                });
            }
            Tag::HtmlBlock | Tag::Heading { .. } => self.flush(),
            Tag::FootnoteDefinition(label) => {
                self.flush();
                self.degrade(DegradationKind::Footnote);
                self.footnote = Some(label.to_string());
            }
            Tag::Table(alignments) => {
                self.flush();
                self.table_line = self.line();
                if alignments
                    .iter()
                    .any(|&alignment| alignment != Alignment::None)
                {
                    self.degrade(DegradationKind::TableAlignment);
                }
            }
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::Emphasis => self.style.em += 1,
            Tag::Strong => self.style.strong += 1,
            Tag::Strikethrough => self.style.strike += 1,
            Tag::Link {
                link_type,
                dest_url,
                title,
                ..
            } => self.start_link(link_type, &dest_url, &title, false),
            Tag::Image {
                link_type,
                dest_url,
                title,
                ..
            } => self.start_link(link_type, &dest_url, &title, true),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::FootnoteDefinition => self.flush(),
            TagEnd::Heading(level) => {
                let content = self.inline.finish();
                let level = heading_level(level);
                self.push_block(self.line(), BlockKind::Heading { level, content });
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => self.end_container(),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::Table => self.end_table(),
            TagEnd::TableCell => {
                let cell = self.inline.finish();
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Emphasis => self.style.em = self.style.em.saturating_sub(1),
            TagEnd::Strong => self.style.strong = self.style.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.style.strike = self.style.strike.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    fn line(&self) -> usize {
        self.line_ends.partition_point(|&end| end < self.offset) + 1
    }

    pub(super) fn degrade(&mut self, kind: DegradationKind) {
        self.degradations.add(kind, self.line());
    }

    /// Ends the table, with as many cells in every row as in the first.
    ///
    /// The parser cuts a table that has very many missing cells inside a row.
    fn end_table(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        let n_columns = rows.first().map_or(0, Vec::len);
        for row in &mut rows {
            row.resize_with(n_columns, Vec::new);
        }
        if n_columns > 0 {
            self.push_block(self.table_line, BlockKind::Table(rows));
        }
    }

    fn push_block(&mut self, line: usize, kind: BlockKind) {
        // The parser puts what follows a table that it cut inside the table.
        if !self.rows.is_empty() {
            self.end_table();
        }
        let block = Block { line, kind };
        match self.frames.last_mut() {
            None => self.root.push(block),
            Some(Frame::Quote { blocks, .. } | Frame::Item(Item { blocks, .. })) => {
                blocks.push(block);
            }
            Some(Frame::List { list, .. }) => list.items.push(Item {
                task: None,
                blocks: vec![block],
            }),
        }
    }

    /// Ends the text of a tight list item or of a paragraph.
    fn flush(&mut self) {
        if let Some(label) = self.footnote.take() {
            self.inline.push_text(&format!("[{label}]"), &self.style);
        }
        if self.inline.is_empty() {
            return;
        }
        let content = self.inline.finish();
        self.push_block(self.line(), BlockKind::Paragraph(content));
    }

    fn start_paragraph(&mut self) {
        let footnote = self.footnote.take();
        self.flush();
        if let Some(label) = footnote {
            self.inline.push_text(&format!("[{label}] "), &self.style);
        }
    }

    fn start_container(&mut self, tag: &Tag<'_>) {
        self.flush();
        let is_list_or_quote = |frame: &&Frame| !matches!(frame, Frame::Item(_));
        let opens_level = !matches!(tag, Tag::Item);
        let is_too_deep =
            opens_level && self.frames.iter().filter(is_list_or_quote).count() >= MAX_NESTING;
        if self.flattened > 0 || is_too_deep {
            self.flattened += 1;
            self.degrade(DegradationKind::NestingTooDeep);
            return;
        }
        let line = self.line();
        self.frames.push(match tag {
            Tag::Item => Frame::Item(Item::default()),
            Tag::List(start) => Frame::List {
                line,
                list: List {
                    start: *start,
                    items: Vec::new(),
                },
            },
            _ => Frame::Quote {
                line,
                blocks: Vec::new(),
            },
        });
    }

    fn end_container(&mut self) {
        self.flush();
        if self.flattened > 0 {
            self.flattened -= 1;
            return;
        }
        match self.frames.pop() {
            Some(Frame::Item(item)) => {
                if let Some(Frame::List { list, .. }) = self.frames.last_mut() {
                    list.items.push(item);
                }
            }
            Some(Frame::List { line, list }) => self.push_block(line, BlockKind::List(list)),
            Some(Frame::Quote { line, blocks }) => self.push_block(line, BlockKind::Quote(blocks)),
            None => {}
        }
    }

    /// Returns text without the marks of its lines' starts.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.keeps_lines && text.contains(LINE_START) {
            return text.replace(LINE_START, "").into();
        }
        text.into()
    }

    fn text(&mut self, text: &str) {
        match &mut self.code {
            Some(code) => code.text.push_str(text),
            None => self.inline.push_text(text, &self.style),
        }
    }

    fn inline_code(&mut self, code: &str) {
        if self.style.strong + self.style.em + self.style.strike > 0 {
            self.degrade(DegradationKind::FormattedCode);
        }
        self.inline.push_code(code, &self.style);
    }

    fn inline_html(&mut self, html: &str) {
        if is_line_break(html) {
            return self.inline.push_break(&self.style);
        }
        self.degrade(DegradationKind::RawHtml);
        self.inline.push_text(html, &self.style);
    }

    fn end_html(&mut self) {
        let html = std::mem::take(&mut self.html);
        let mut is_plain = true;
        for line in html.lines() {
            if !is_line_break(line) {
                is_plain = false;
                self.inline.push_text(line, &self.style);
            }
            self.inline.push_break(&self.style);
        }
        if !is_plain {
            self.degrade(DegradationKind::RawHtml);
        }
        self.flush();
    }

    fn end_code(&mut self) {
        let Some(OpenCode {
            line,
            language,
            mut text,
        }) = self.code.take()
        else {
            return;
        };
        if text.ends_with('\n') {
            text.pop();
        }
        let text = text.chars().filter_map(allowed).collect();
        self.push_block(line, BlockKind::Code { language, text });
    }

    fn task_marker(&mut self, checked: bool) {
        match self.frames.last_mut() {
            Some(Frame::Item(item)) if self.flattened == 0 => {
                item.task = Some(if checked {
                    TaskState::Done
                } else {
                    TaskState::Todo
                });
            }
            _ => {
                let marker = if checked { "[x] " } else { "[ ] " };
                self.inline.push_text(marker, &self.style);
            }
        }
    }
}

fn is_line_break(html: &str) -> bool {
    let tag = html
        .trim()
        .strip_prefix('<')
        .and_then(|tag| tag.strip_suffix('>'));
    tag.is_some_and(|tag| tag.trim_end_matches(['/', ' ']).eq_ignore_ascii_case("br"))
}

/// Returns the language of a fenced block, without the options that some tools write after it.
fn language(kind: &CodeBlockKind<'_>) -> Option<String> {
    let CodeBlockKind::Fenced(info) = kind else {
        return None;
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
    let end = info.find(|c| !is_name(c)).unwrap_or(info.len());
    let name = info.get(..end).filter(|name| !name.is_empty())?;
    Some(name.to_owned())
}

fn heading_level(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
