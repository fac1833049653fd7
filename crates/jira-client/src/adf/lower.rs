//! Lowers parsed blocks to nodes that are allowed where they stand.
//!
//! ADF restricts what a list item or quote may hold. A block that fits nowhere inside is lifted out:
//! the container ends before it and goes on after it, so that the order of words stays.

use super::degradation::{DegradationKind, Degradations};
use super::inline::normal_form;
use super::markdown::MAX_NUMBER;
use super::node::{Mark, Node, TaskState};
use super::parse::{Block, BlockKind, Item, List};

/// Lowers the blocks of a whole document.
pub(super) fn lower(blocks: Vec<Block>, degradations: &mut Degradations) -> Vec<Node> {
    let mut lowering = Lowering { degradations };
    let pieces = lowering.blocks(blocks, Context::Document);
    pieces.into_iter().map(Piece::into_node).collect()
}

/// What a block stands in.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    Document,
    Quote,
    ListItem,
}

/// A lowered node, and whether it may stay in the container it was found in.
enum Piece {
    Stays(Node),
    Lifted(Node),
}

impl Piece {
    fn into_node(self) -> Node {
        match self {
            Self::Stays(node) | Self::Lifted(node) => node,
        }
    }

    /// Decides anew for a piece that left a list which stands in `context`.
    fn within(self, context: Context) -> Self {
        match (context, self) {
            (Context::Document, piece) => Self::Stays(piece.into_node()),
            (Context::Quote, Self::Stays(node @ Node::TaskList { .. })) => Self::Lifted(node),
            (_, piece) => piece,
        }
    }
}

/// A part of a task list.
enum TaskPart {
    /// A task, or a list of sub-tasks of the task before it.
    Inside(Node),
    /// A block that interrupts the list.
    Outside(Piece),
}

struct Lowering<'a> {
    degradations: &'a mut Degradations,
}

impl Lowering<'_> {
    fn blocks(&mut self, blocks: Vec<Block>, context: Context) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(blocks.len());
        for block in blocks {
            self.block(block, context, &mut pieces);
        }
        pieces
    }

    fn block(&mut self, block: Block, context: Context, pieces: &mut Vec<Piece>) {
        let line = block.line;
        match block.kind {
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. }
                if content.is_empty() => {}
            BlockKind::Paragraph(content) => pieces.push(Piece::Stays(Node::paragraph(content))),
            BlockKind::Heading { level, content } => {
                pieces.push(Piece::Stays(self.heading(level, content, context, line)));
            }
            BlockKind::Code { language, text } => {
                pieces.push(Piece::Stays(Node::CodeBlock { language, text }));
            }
            BlockKind::Rule if context == Context::Document => {
                pieces.push(Piece::Stays(Node::Rule));
            }
            BlockKind::Rule => self.degradations.add(DegradationKind::NestedRule, line),
            BlockKind::Quote(blocks) => self.quote(blocks, context, line, pieces),
            BlockKind::List(list) => self.list(list, context, line, pieces),
            BlockKind::Table(rows) => {
                if context != Context::Document {
                    self.degradations.add(DegradationKind::NestedTable, line);
                }
                pieces.push(Piece::Lifted(table(rows)).within(context));
            }
        }
    }

    fn heading(&mut self, level: u8, content: Vec<Node>, context: Context, line: usize) -> Node {
        let kind = match context {
            Context::Document => return Node::Heading { level, content },
            Context::Quote => DegradationKind::HeadingInQuote,
            Context::ListItem => DegradationKind::HeadingInList,
        };
        self.degradations.add(kind, line);
        Node::paragraph(strong(content))
    }

    fn quote(&mut self, blocks: Vec<Block>, context: Context, line: usize, out: &mut Vec<Piece>) {
        let kind = match context {
            Context::Document => {
                let pieces = self.blocks(blocks, Context::Quote);
                return quote_around(pieces, out);
            }
            Context::Quote => DegradationKind::QuoteInQuote,
            Context::ListItem => DegradationKind::QuoteInList,
        };
        self.degradations.add(kind, line);
        out.extend(self.blocks(blocks, context));
    }

    /// Lowers a list as runs of tasks and runs of plain items, which ADF keeps apart.
    fn list(&mut self, list: List, context: Context, line: usize, out: &mut Vec<Piece>) {
        let mut number = list.start;
        let mut items = list.items.into_iter().peekable();
        while let Some(first) = items.peek() {
            let is_task = first.task.is_some();
            let mut run = Vec::new();
            while let Some(item) = items.next_if(|item| item.task.is_some() == is_task) {
                run.push(item);
            }
            let n_items = run.len() as u64;
            if is_task {
                if number.is_some() {
                    self.degradations.add(DegradationKind::NumberedTask, line);
                }
                self.tasks(run, context, line, out);
            } else {
                self.plain_items(run, number, context, out);
            }
            number = number.map(|number| number + n_items);
        }
    }

    fn plain_items(
        &mut self,
        items: Vec<Item>,
        start: Option<u64>,
        context: Context,
        out: &mut Vec<Piece>,
    ) {
        let mut open = Vec::new();
        let mut open_number = start;
        for (index, item) in (1_u64..).zip(items) {
            let mut pieces = self
                .blocks(item.blocks, Context::ListItem)
                .into_iter()
                .peekable();
            let mut content = Vec::new();
            while let Some(piece) = pieces.next_if(|piece| matches!(piece, Piece::Stays(_))) {
                content.push(piece.into_node());
            }
            if !content.is_empty() || pieces.peek().is_none() {
                open.push(list_item(content));
            }
            if pieces.peek().is_some() {
                close_list(&mut open, open_number, out);
                out.extend(pieces.map(|piece| piece.within(context)));
            }
            if open.is_empty() {
                open_number = start.map(|start| start + index);
            }
        }
        close_list(&mut open, open_number, out);
    }

    fn tasks(&mut self, items: Vec<Item>, context: Context, line: usize, out: &mut Vec<Piece>) {
        if context == Context::Quote {
            self.degradations
                .add(DegradationKind::TaskListInQuote, line);
        }
        let mut open = Vec::new();
        for part in self.task_parts(items, context) {
            match part {
                TaskPart::Inside(node) => open.push(node),
                TaskPart::Outside(piece) => {
                    close_tasks(&mut open, context, out);
                    out.push(piece);
                }
            }
        }
        close_tasks(&mut open, context, out);
    }

    fn task_parts(&mut self, items: Vec<Item>, context: Context) -> Vec<TaskPart> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            let state = item.task.unwrap_or(TaskState::Todo);
            let mut blocks = item.blocks.into_iter().peekable();
            let content = match blocks.next_if(|block| is_paragraph(&block.kind)) {
                Some(Block {
                    kind: BlockKind::Paragraph(content),
                    ..
                }) => content,
                _ => Vec::new(),
            };
            parts.push(TaskPart::Inside(Node::TaskItem {
                local_id: String::new(),
                state,
                content,
            }));
            for block in blocks {
                self.task_block(block, context, &mut parts);
            }
        }
        parts
    }

    /// Lowers a block that follows the text of a task: sub-tasks stay, all else interrupts the list.
    fn task_block(&mut self, block: Block, context: Context, parts: &mut Vec<TaskPart>) {
        let Block { line, kind } = block;
        match kind {
            BlockKind::List(list) if list.items.iter().all(|item| item.task.is_some()) => {
                if list.start.is_some() {
                    self.degradations.add(DegradationKind::NumberedTask, line);
                }
                let mut sub_parts = self.task_parts(list.items, context).into_iter().peekable();
                let mut sub_tasks = Vec::new();
                while let Some(part) = sub_parts.next_if(|part| matches!(part, TaskPart::Inside(_)))
                {
                    if let TaskPart::Inside(node) = part {
                        sub_tasks.push(node);
                    }
                }
                push_sub_tasks(parts, sub_tasks);
                parts.extend(sub_parts);
            }
            kind => {
                let mut pieces = Vec::new();
                self.block(Block { line, kind }, context, &mut pieces);
                if !pieces.is_empty() {
                    self.degradations.add(DegradationKind::BlockInTask, line);
                }
                parts.extend(pieces.into_iter().map(TaskPart::Outside));
            }
        }
    }
}

/// Adds sub-tasks to the task before them, or to the list when a block has interrupted it.
fn push_sub_tasks(parts: &mut Vec<TaskPart>, sub_tasks: Vec<Node>) {
    match parts.last_mut() {
        Some(TaskPart::Inside(Node::TaskList { items, .. })) => items.extend(sub_tasks),
        Some(TaskPart::Inside(_)) => parts.push(TaskPart::Inside(task_list(sub_tasks))),
        _ => parts.extend(sub_tasks.into_iter().map(TaskPart::Inside)),
    }
}

fn is_paragraph(kind: &BlockKind) -> bool {
    matches!(kind, BlockKind::Paragraph(_))
}

fn quote_around(pieces: Vec<Piece>, out: &mut Vec<Piece>) {
    let mut open = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Stays(node) => open.push(node),
            Piece::Lifted(node) => {
                close_quote(&mut open, out);
                out.push(Piece::Stays(node));
            }
        }
    }
    close_quote(&mut open, out);
}

fn close_quote(open: &mut Vec<Node>, out: &mut Vec<Piece>) {
    if !open.is_empty() {
        let content = std::mem::take(open);
        out.push(Piece::Stays(Node::Blockquote { content }));
    }
}

fn close_list(open: &mut Vec<Node>, start: Option<u64>, out: &mut Vec<Piece>) {
    if open.is_empty() {
        return;
    }
    let items = std::mem::take(open);
    out.push(Piece::Stays(match start {
        Some(start) => Node::OrderedList {
            start: start.min(MAX_NUMBER),
            items,
        },
        None => Node::BulletList { items },
    }));
}

fn close_tasks(open: &mut Vec<Node>, context: Context, out: &mut Vec<Piece>) {
    if !open.is_empty() {
        let tasks = task_list(std::mem::take(open));
        out.push(Piece::Stays(tasks).within(context));
    }
}

fn task_list(items: Vec<Node>) -> Node {
    Node::TaskList {
        local_id: String::new(),
        items,
    }
}

/// Makes a list item that begins with a paragraph or code block, as older schemas demand.
fn list_item(mut content: Vec<Node>) -> Node {
    let begins_well = matches!(
        content.first(),
        Some(Node::Paragraph { .. } | Node::CodeBlock { .. })
    );
    if !begins_well {
        content.insert(0, Node::paragraph(Vec::new()));
    }
    Node::ListItem { content }
}

fn table(rows: Vec<Vec<Vec<Node>>>) -> Node {
    let mut is_header = true;
    let rows = rows.into_iter().map(|cells| {
        let wrap = if std::mem::take(&mut is_header) {
            header
        } else {
            cell
        };
        Node::TableRow {
            cells: cells.into_iter().map(wrap).collect(),
        }
    });
    Node::Table {
        rows: rows.collect(),
    }
}

fn header(content: Vec<Node>) -> Node {
    Node::TableHeader {
        content: vec![Node::paragraph(content)],
    }
}

fn cell(content: Vec<Node>) -> Node {
    Node::TableCell {
        content: vec![Node::paragraph(content)],
    }
}

/// Returns the inline nodes in bold, except code, which takes no such mark.
fn strong(mut content: Vec<Node>) -> Vec<Node> {
    for node in &mut content {
        let Node::Text { marks, .. } = node else {
            continue;
        };
        if marks.contains(&Mark::Code) || marks.contains(&Mark::Strong) {
            continue;
        }
        let after_link = usize::from(matches!(marks.first(), Some(Mark::Link { .. })));
        marks.insert(after_link, Mark::Strong);
    }
    normal_form(content)
}
