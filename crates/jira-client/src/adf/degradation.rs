//! What a conversion could not carry as it was.

use std::fmt;

/// One place where a document says less, or says it differently, than its Markdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Degradation {
    /// The line of the Markdown, counted from 1.
    pub line: usize,
    /// What happened there.
    pub kind: DegradationKind,
}

/// What happens to Markdown that ADF has no place for; words are always kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DegradationKind {
    /// HTML became plain text; only `<br>` is understood.
    RawHtml,
    /// An image became a link with its alternative text.
    Image,
    /// A link that is not `http`, `https` or `mailto` became text followed by the address.
    UnsafeLink,
    /// A footnote became text in square brackets.
    Footnote,
    /// Bold, italic or strike on inline code was dropped.
    FormattedCode,
    /// The alignment of table columns was dropped.
    TableAlignment,
    /// A table in a list or quote was moved out to the level around it.
    NestedTable,
    /// A heading in a list item became a bold paragraph.
    HeadingInList,
    /// A heading in a quote became a bold paragraph.
    HeadingInQuote,
    /// A quote in a list item became part of the item.
    QuoteInList,
    /// A quote in a quote became part of the outer quote.
    QuoteInQuote,
    /// A horizontal line in a list or quote was dropped.
    NestedRule,
    /// A task list in a quote was moved out to the level around it.
    TaskListInQuote,
    /// A block in a task was moved out to the level around its list.
    BlockInTask,
    /// The numbers of a numbered task list were dropped.
    NumberedTask,
    /// Lists and quotes nested too deeply were joined with the level above.
    NestingTooDeep,
}

impl fmt::Display for DegradationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RawHtml => "HTML became plain text",
            Self::Image => "an image became a link",
            Self::UnsafeLink => "a link that is not to the web or to mail became text",
            Self::Footnote => "a footnote became text in brackets",
            Self::FormattedCode => "formatting of inline code was dropped",
            Self::TableAlignment => "the alignment of table columns was dropped",
            Self::NestedTable => "a table was moved out of its list or quote",
            Self::HeadingInList => "a heading in a list became a bold paragraph",
            Self::HeadingInQuote => "a heading in a quote became a bold paragraph",
            Self::QuoteInList => "a quote in a list became plain paragraphs",
            Self::QuoteInQuote => "a quote in a quote was joined with it",
            Self::NestedRule => "a horizontal line in a list or quote was dropped",
            Self::TaskListInQuote => "a task list was moved out of its quote",
            Self::BlockInTask => "a block was moved out of its task",
            Self::NumberedTask => "the numbers of a task list were dropped",
            Self::NestingTooDeep => "nesting that is too deep was flattened",
        })
    }
}

/// Collects degradations; the same kind on the same line counts once.
#[derive(Debug, Default)]
pub(super) struct Degradations(Vec<Degradation>);

impl Degradations {
    pub(super) fn add(&mut self, kind: DegradationKind, line: usize) {
        let degradation = Degradation { line, kind };
        if self.0.last() != Some(&degradation) {
            self.0.push(degradation);
        }
    }

    pub(super) fn into_sorted(mut self) -> Vec<Degradation> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }
}
