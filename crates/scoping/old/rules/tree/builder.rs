//! Builds the tree from the events of the Markdown parser.

mod inline;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use super::{Block, Item, Kind, Line, Row};
use crate::rules::text::LineIndex;
use inline::{Inline, widen};

/// Blocks nested deeper than this are left out of the tree; their source stays in the descriptions.
const MAX_DEPTH: usize = 24;

/// A container that is being filled.
#[derive(Debug)]
enum Frame {
    Root(Vec<Block>),
    Quote(Vec<Block>, Range<usize>),
    List(Vec<Item>, Range<usize>),
    Item(Item),
    Table(Row, Vec<Row>, Range<usize>),
    Row(Row),
}

/// Collects events into blocks.
pub(super) struct Builder<'a> {
    source: &'a str,
    index: &'a LineIndex,
    frames: Vec<Frame>,
    /// Containers that were opened beyond [`MAX_DEPTH`] and are not closed yet.
    beyond: usize,
    lines: Vec<Line>,
    inline: Inline,
    heading: u8,
    code: Option<(String, Range<usize>)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a str, index: &'a LineIndex) -> Self {
        Self {
            source,
            index,
            frames: vec![Frame::Root(Vec::new())],
            beyond: 0,
            lines: Vec::new(),
            inline: Inline::default(),
            heading: 0,
            code: None,
        }
    }

    pub(super) fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) if self.code.is_some() => self.code_text(&text, range),
            Event::Code(text) => {
                self.inline.code = true;
                self.text(&text, range);
                self.inline.code = false;
            }
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text(&text, range);
            }
            Event::InlineHtml(tag) if tag.starts_with("<br") || tag.starts_with("<BR") => {
                self.text("<br>", range);
            }
            Event::SoftBreak | Event::HardBreak => self.close_line(),
            Event::TaskListMarker(checked) => self.check(checked),
            Event::Rule => {
                self.flush_paragraph();
                self.push(Kind::Rule, &range);
            }
            Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Strong => self.inline.strong += 1,
            Tag::Strikethrough => self.inline.struck += 1,
            Tag::Link { .. } => self.inline.link += 1,
            Tag::Image { .. } | Tag::Emphasis => {}
            Tag::Heading { level, .. } => {
                self.flush_paragraph();
                self.heading = level as u8;
            }
            Tag::CodeBlock(kind) => {
                self.flush_paragraph();
                self.code = Some((language(&kind), range));
            }
            Tag::Paragraph | Tag::HtmlBlock => self.flush_paragraph(),
            tag => self.open(tag, range),
        }
    }

    fn open(&mut self, tag: Tag<'_>, range: Range<usize>) {
        self.flush_paragraph();
        if self.beyond > 0 || self.frames.len() >= MAX_DEPTH {
            self.beyond += usize::from(is_container(&tag));
            return;
        }
        match tag {
            Tag::BlockQuote(_) => self.frames.push(Frame::Quote(Vec::new(), range)),
            Tag::List(_) => self.frames.push(Frame::List(Vec::new(), range)),
            Tag::Item => {
                let lines = self.lines_of(&range);
                self.frames.push(Frame::Item(Item {
                    lines,
                    ..Item::default()
                }));
            }
            Tag::Table(_) => self
                .frames
                .push(Frame::Table(Row::default(), Vec::new(), range)),
            Tag::TableHead | Tag::TableRow => {
                let number = self.index.line_of(range.start);
                self.frames.push(Frame::Row(Row {
                    number,
                    cells: Vec::new(),
                }));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Strong => self.inline.strong = self.inline.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.inline.struck = self.inline.struck.saturating_sub(1),
            TagEnd::Link => self.inline.link = self.inline.link.saturating_sub(1),
            TagEnd::Image | TagEnd::Emphasis => {}
            TagEnd::Paragraph => self.flush_paragraph(),
            TagEnd::Heading(_) => self.end_heading(&range),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => self.push(Kind::Html, &range),
            TagEnd::TableCell => self.end_cell(&range),
            tag => self.close(tag),
        }
        if matches!(
            tag,
            TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Emphasis
        ) && let Some(line) = self.lines.last_mut()
            && !line.plain.is_empty()
        {
            line.source.end = line.source.end.max(range.end);
        }
    }

    fn close(&mut self, tag: TagEnd) {
        self.flush_paragraph();
        if self.beyond > 0 {
            self.beyond -= usize::from(is_container_end(&tag));
            return;
        }
        if !is_container_end(&tag) {
            return;
        }
        match self.frames.pop() {
            Some(Frame::Quote(blocks, range)) => self.push(Kind::Quote(blocks), &range),
            Some(Frame::List(items, range)) => self.push(Kind::List(items), &range),
            Some(Frame::Item(item)) => {
                if let Some(Frame::List(items, ..)) = self.frames.last_mut() {
                    items.push(item);
                }
            }
            Some(Frame::Table(head, rows, range)) => self.push(Kind::Table(head, rows), &range),
            Some(Frame::Row(row)) => {
                if let Some(Frame::Table(head, rows, _)) = self.frames.last_mut() {
                    if tag == TagEnd::TableHead {
                        *head = row;
                    } else {
                        rows.push(row);
                    }
                }
            }
            Some(root @ Frame::Root(_)) => self.frames.push(root),
            None => {}
        }
    }

    fn end_heading(&mut self, range: &Range<usize>) {
        self.close_line();
        let mut lines = std::mem::take(&mut self.lines).into_iter();
        let mut title = lines.next().unwrap_or_default();
        for line in lines {
            title.plain.push(' ');
            title.plain.push_str(&line.plain);
            title.source.end = line.source.end;
        }
        title.number = self.index.line_of(range.start);
        self.push(Kind::Heading(self.heading, title), range);
        self.heading = 0;
    }

    fn end_code(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if let Some((language, range)) = self.code.take() {
            self.push(Kind::Code(language, lines), &range);
        }
    }

    fn end_cell(&mut self, range: &Range<usize>) {
        self.close_line();
        let number = self.index.line_of(range.start);
        let cell = std::mem::take(&mut self.lines).into_iter().next();
        if self.beyond == 0
            && let Some(Frame::Row(row)) = self.frames.last_mut()
        {
            row.cells.push(cell.unwrap_or(Line {
                number,
                ..Line::default()
            }));
        }
    }

    fn check(&mut self, checked: bool) {
        if self.beyond == 0
            && let Some(Frame::Item(item)) = self.frames.last_mut()
        {
            item.checked = Some(checked);
        }
    }

    fn code_text(&mut self, text: &str, range: Range<usize>) {
        let mut start = range.start;
        for part in text.split_inclusive('\n') {
            let number = self.index.line_of(start);
            let end = (start + part.len()).min(range.end);
            let plain = part.trim_end().to_owned();
            self.lines.push(Line {
                number,
                plain,
                source: start..end,
                ..Line::default()
            });
            start = end;
        }
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        if self.lines.last().is_none_or(|line| line.number == 0) {
            let number = self.index.line_of(range.start);
            let fresh = Line {
                number,
                source: widen(self.source, &range),
                ..Line::default()
            };
            match self.lines.last_mut() {
                Some(line) => *line = fresh,
                None => self.lines.push(fresh),
            }
            self.inline.begin_line();
        }
        if let Some(line) = self.lines.last_mut() {
            line.source.end = line.source.end.max(range.end);
            self.inline.add(text, line);
        }
    }

    fn close_line(&mut self) {
        if self.lines.last().is_some_and(|line| line.number != 0) {
            // The mark of a line that has not begun: number 0.
            self.lines.push(Line::default());
        }
    }

    fn flush_paragraph(&mut self) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain(|line| line.number != 0 && !line.plain.trim().is_empty());
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return;
        };
        if self.beyond > 0 {
            return;
        }
        let span = (first.number, last.number);
        match self.frames.last_mut() {
            Some(Frame::Item(item)) if item.head.is_empty() && item.blocks.is_empty() => {
                item.head = lines;
            }
            Some(
                Frame::Item(Item { blocks, .. }) | Frame::Quote(blocks, _) | Frame::Root(blocks),
            ) => {
                blocks.push(Block {
                    kind: Kind::Paragraph(lines),
                    lines: span,
                });
            }
            _ => {}
        }
    }

    fn push(&mut self, kind: Kind, range: &Range<usize>) {
        let lines = self.lines_of(range);
        if self.beyond > 0 {
            return;
        }
        if let Some(
            Frame::Item(Item { blocks, .. }) | Frame::Quote(blocks, _) | Frame::Root(blocks),
        ) = self.frames.last_mut()
        {
            blocks.push(Block { kind, lines });
        }
    }

    /// The lines of a range, without the blank ones at its end.
    fn lines_of(&self, range: &Range<usize>) -> (u32, u32) {
        let text = self.source.get(range.clone()).unwrap_or_default();
        let kept = text.trim_end().len();
        let last = range.start + kept.saturating_sub(1);
        (
            self.index.line_of(range.start),
            self.index.line_of(last.max(range.start)),
        )
    }

    pub(super) fn finish(mut self) -> Vec<Block> {
        self.flush_paragraph();
        match self.frames.into_iter().next() {
            Some(Frame::Root(blocks)) => blocks,
            _ => Vec::new(),
        }
    }
}

fn language(kind: &CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Fenced(info) => info
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase(),
        CodeBlockKind::Indented => String::new(),
    }
}

const fn is_container(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::BlockQuote(_)
            | Tag::List(_)
            | Tag::Item
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
    )
}

const fn is_container_end(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
    )
}
