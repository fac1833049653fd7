//! Cuts a document into typed blocks, one a heading.

use handoff_domain::document::model::{BlockType, ScopedBlock};

use crate::evidence::Annotations;
use crate::evidence::roles::Roles;
use crate::judge::Verdict;
use crate::lexicon::Meaning;
use crate::outline::{Kind, NodeId, Outline};
use crate::text::squeeze;

/// The longest title of a block that has no heading, in characters.
const MAX_TITLE: usize = 80;

struct Cut {
    start: u32,
    title: String,
    block_type: Option<BlockType>,
}

/// The document has more blocks than are allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooManyBlocks;

/// The blocks in order; every line that is not blank stands in exactly one.
pub(crate) fn cut(
    outline: &Outline<'_>,
    notes: &Annotations,
    verdict: &Verdict,
    most: usize,
) -> Result<Vec<ScopedBlock>, TooManyBlocks> {
    let mut units: Vec<(u32, u32, NodeId)> = verdict
        .units
        .iter()
        .map(|unit| {
            (
                outline.node(unit.node).lines.0,
                outline.node(unit.node).lines.1,
                unit.node,
            )
        })
        .collect();
    units.sort_unstable_by_key(|(first, ..)| *first);
    let mut cuts = vec![Cut {
        start: 1,
        title: String::new(),
        block_type: None,
    }];
    if outline.front.lines > 0 {
        cuts.push(Cut {
            start: outline.front.lines + 1,
            title: String::new(),
            block_type: None,
        });
    }
    let mut stack: Vec<(NodeId, Option<BlockType>)> = sections(outline, NodeId::ROOT)
        .rev()
        .map(|id| (id, None))
        .collect();
    while let Some((id, around)) = stack.pop() {
        let evidence = notes.of(id);
        let block_type = of_roles(evidence.roles).or(around);
        cuts.push(Cut {
            start: outline.node(id).lines.0,
            title: squeeze(&outline.plain(id)),
            block_type,
        });
        if cuts.len() > most {
            return Err(TooManyBlocks);
        }
        let is_item = units
            .binary_search_by_key(&outline.node(id).lines.0, |(first, ..)| *first)
            .is_ok_and(|at| units.get(at).is_some_and(|unit| unit.2 == id));
        if !is_item {
            stack.extend(sections(outline, id).rev().map(|child| (child, block_type)));
        }
    }
    let ends: Vec<u32> = cuts
        .iter()
        .skip(1)
        .map(|cut| cut.start.saturating_sub(1))
        .chain([outline.lines.count()])
        .collect();
    let blocks = cuts.iter().zip(ends).filter_map(|(cut, end)| {
        let lines = trimmed(outline, cut.start, end)?;
        let at = units.partition_point(|(first, ..)| *first < lines.0);
        let unit = units.get(at).filter(|(first, ..)| *first <= lines.1);
        Some(block(outline, notes, cut, lines, unit.map(|unit| unit.2)))
    });
    Ok(blocks.collect())
}

fn sections<'a>(
    outline: &'a Outline<'_>,
    id: NodeId,
) -> impl DoubleEndedIterator<Item = NodeId> + 'a {
    let is_section = |child: &NodeId| {
        let node = outline.node(*child);
        node.kind == Kind::Section && !node.is_bold_heading
    };
    outline.children(id).iter().copied().filter(is_section)
}

fn block(
    outline: &Outline<'_>,
    notes: &Annotations,
    cut: &Cut,
    lines: (u32, u32),
    unit: Option<NodeId>,
) -> ScopedBlock {
    let span = outline.lines.span(lines.0, lines.1);
    let content = outline
        .source
        .get(span)
        .unwrap_or_default()
        .trim_end()
        .trim_start_matches('\u{feff}')
        .to_owned();
    let title = if cut.title.is_empty() {
        first_words(&content)
    } else {
        cut.title.clone()
    };
    let by_unit = unit.map(|id| {
        let evidence = notes.of(id);
        let kind = evidence.label.kind;
        if evidence.is_story
            || kind.has(Meaning::KindStory)
            || cut.block_type == Some(BlockType::UserStory)
        {
            BlockType::UserStory
        } else if kind.has(Meaning::KindRequirement)
            || cut.block_type == Some(BlockType::Requirement)
        {
            BlockType::Requirement
        } else {
            BlockType::Task
        }
    });
    ScopedBlock {
        block_type: by_unit.or(cut.block_type).unwrap_or(BlockType::Note),
        title,
        content,
        start_line: lines.0,
        end_line: lines.1,
    }
}

fn of_roles(roles: Roles) -> Option<BlockType> {
    const TYPES: &[(Meaning, BlockType)] = &[
        (Meaning::NonGoal, BlockType::NonGoal),
        (Meaning::Metric, BlockType::Metrics),
        (Meaning::Risk, BlockType::Risk),
        (Meaning::Question, BlockType::OpenQuestion),
        (Meaning::Persona, BlockType::Persona),
        (Meaning::Goal, BlockType::Goal),
        (Meaning::Timeline, BlockType::Timeline),
        (Meaning::WorkStory, BlockType::UserStory),
        (Meaning::WorkRequirement, BlockType::Requirement),
        (Meaning::WorkFeature, BlockType::Requirement),
        (Meaning::WorkTask, BlockType::Task),
        (Meaning::WorkAction, BlockType::Task),
        (Meaning::WorkBug, BlockType::Task),
        (Meaning::WorkBacklog, BlockType::Task),
        (Meaning::WorkDeliverable, BlockType::Task),
        (Meaning::WorkChange, BlockType::Solution),
        (Meaning::Background, BlockType::Problem),
    ];
    TYPES
        .iter()
        .find(|(meaning, _)| roles.has(*meaning))
        .map(|(_, block_type)| *block_type)
}

/// The lines without blank ones at either end; none when all are blank.
fn trimmed(outline: &Outline<'_>, first: u32, last: u32) -> Option<(u32, u32)> {
    let is_blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    let span = outline.lines.span(first, last);
    let text = outline.source.get(span.clone())?;
    let body = text.trim_matches(is_blank);
    if body.is_empty() {
        return None;
    }
    let start = span.start + (text.len() - text.trim_start_matches(is_blank).len());
    Some((
        outline.lines.line(start),
        outline.lines.line(start + body.len() - 1),
    ))
}

fn first_words(content: &str) -> String {
    let line = content
        .lines()
        .map(str::trim)
        .find(|line| line.chars().any(char::is_alphanumeric))
        .unwrap_or("…");
    let line = squeeze(line.trim_start_matches(['#', '-', '*', '>', ' ']));
    match line.char_indices().nth(MAX_TITLE) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default().trim_end()),
        None => line,
    }
}
