//! What each part of a document says of itself; every node is annotated once, and later steps read only this.

pub(crate) mod fields;
pub(crate) mod label;
pub(crate) mod legend;
pub(crate) mod owner;
pub(crate) mod roles;
pub(crate) mod sentences;
pub(crate) mod story;
pub(crate) mod tables;
pub(crate) mod values;

use handoff_domain::ticket::model::Priority;

use crate::ids;
use crate::lexicon::{Hit, Meaning, lexicon};
use crate::outline::{Kind, Line, NodeId, Outline};
use crate::text::{is_cjk, normal};
use label::Label;
use legend::Legend;
use roles::Roles;
use sentences::Sentence;
use values::State;

/// The words of a node that are looked at; what is longer is prose in any case.
const MAX_JUDGED: usize = 1_200;

/// The bytes by which the language of a document is told.
const MAX_SAMPLE: usize = 60_000;

/// How strongly a text obliges somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Obligation {
    #[default]
    None,
    /// can, may
    Permission,
    /// should, will
    Weak,
    /// must, shall
    Strong,
}

/// What a node says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) label: Label,
    /// What a heading, or an item that heads a list, is about.
    pub(crate) roles: Roles,
    pub(crate) is_story: bool,
    pub(crate) obligation: Obligation,
    /// Whether it begins with a verb, as a task does.
    pub(crate) is_imperative: bool,
    /// How many ids of other items it names, where it says little else.
    pub(crate) is_reference: bool,
    pub(crate) is_question: bool,
    /// What the mark before its text says: `🔲`, `✅`.
    pub(crate) mark: Option<State>,
    /// The priority that a heading states for what stands below it.
    pub(crate) rank: Option<Priority>,
    /// The sentences of a paragraph.
    pub(crate) sentences: Vec<Sentence>,
}

/// The evidence of all nodes, by their id.
#[derive(Debug)]
pub(crate) struct Annotations {
    nodes: Vec<Evidence>,
    pub(crate) legend: Legend,
    /// The language whose small words the document holds most of.
    pub(crate) language: usize,
}

impl Annotations {
    #[expect(
        clippy::indexing_slicing,
        reason = "there is one entry for each node of the outline"
    )]
    pub(crate) fn of(&self, id: NodeId) -> &Evidence {
        &self.nodes[id.index()]
    }
}

/// Annotates a document.
pub(crate) fn annotate(outline: &Outline<'_>) -> Annotations {
    let mut legend = Legend::default();
    for node in &outline.nodes {
        if matches!(node.kind, Kind::Item { .. } | Kind::Cell | Kind::Paragraph) {
            node.text.iter().for_each(|line| legend.learn(line));
        }
    }
    let nodes = outline
        .ids()
        .map(|id| evidence(outline, id, &legend))
        .collect();
    let language = lexicon().language(&normal(crate::text::head(outline.source, MAX_SAMPLE)));
    Annotations {
        nodes,
        legend,
        language,
    }
}

fn evidence(outline: &Outline<'_>, id: NodeId, legend: &Legend) -> Evidence {
    let node = outline.node(id);
    let Some(line) = node.head() else {
        return Evidence::default();
    };
    match node.kind {
        Kind::Section | Kind::Item { .. } | Kind::Paragraph | Kind::Cell => {}
        _ => return Evidence::default(),
    }
    let label = label::read(&line, legend);
    let plain = outline.plain(id);
    let judged = crate::text::head(&plain, MAX_JUDGED);
    let words = normal(judged);
    let name = normal(&label.name);
    let is_heading =
        node.kind == Kind::Section || (!node.children.is_empty() && node.text.len() == 1);
    // "Release 2 (Workflow)" is named by its number alone.
    let is_remark = label.id.is_some() && label.name.starts_with('(');
    Evidence {
        roles: if is_heading && !is_remark {
            roles::of(&label.name)
        } else {
            Roles::default()
        },
        is_story: story::parts(judged).is_some(),
        obligation: obligation(&words),
        is_imperative: is_imperative(&name),
        is_reference: is_reference(judged, &label),
        is_question: judged.trim_end().ends_with(['?', '？']),
        mark: mark(&line, legend),
        rank: if is_heading { rank(&label) } else { None },
        sentences: if node.kind == Kind::Paragraph {
            sentences::of(node, legend)
        } else {
            Vec::new()
        },
        label,
    }
}

/// What a heading states for all below it.
fn rank(label: &Label) -> Option<Priority> {
    let stated = label
        .priority
        .clone()
        .filter(|_| !label.is_priority_tag || label.id.is_some());
    stated.or_else(|| values::heading_priority(&label.name))
}

/// A mark before a text; one that nobody explains is open.
fn mark(line: &Line, legend: &Legend) -> Option<State> {
    let text = line.plain.trim_start();
    let first = text.chars().next()?;
    let is_sign = values::is_emoji(first) && !matches!(first, '\u{2190}'..='\u{21ff}');
    let rest = text.get(first.len_utf8()..).unwrap_or_default();
    let goes_on = rest.chars().any(char::is_alphanumeric);
    (is_sign && goes_on).then(|| legend.state(first).unwrap_or(State::Open))
}

fn obligation(words: &str) -> Obligation {
    let hits = lexicon().find(words);
    // "There is no need to" obliges nobody.
    let is_denied = |hit: &Hit| {
        hits.iter().any(|other| {
            other.means.has(Meaning::Standing)
                && other.len > 1
                && other.at <= hit.at
                && hit.at + hit.len <= other.at + other.len
        })
    };
    let has = |meaning: Meaning| {
        hits.iter()
            .any(|hit| hit.means.has(meaning) && !is_denied(hit))
    };
    if has(Meaning::ObligationStrong) {
        Obligation::Strong
    } else if has(Meaning::ObligationWeak) {
        Obligation::Weak
    } else if has(Meaning::Permission) {
        Obligation::Permission
    } else {
        Obligation::None
    }
}

fn is_imperative(words: &str) -> bool {
    if is_cjk(words) {
        let ends = |hit: &Hit| {
            hit.means.has(Meaning::Verb) && hit.at + hit.len + 4 >= words.chars().count()
        };
        return lexicon().find(words).iter().any(ends);
    }
    let first = words.split(' ').next().unwrap_or_default();
    lexicon().meaning(first).has(Meaning::Verb)
}

/// Whether a text only refers to other items: "Phase 1 (Setup): T001-T002 (~65 min)".
fn is_reference(text: &str, label: &Label) -> bool {
    let ids = ids::mentioned(text);
    let own = label
        .id
        .as_ref()
        .map_or(0, |id| usize::from(!id.is_number()));
    let others = ids.len().saturating_sub(own);
    if others == 0 {
        return false;
    }
    let letters: usize = ids.iter().map(|id| id.text.len()).sum();
    let words = text.split_whitespace().count();
    others >= 1
        && (letters * 2 >= text.len() || (own == 0 && others >= 2 && words <= others * 4 + 4))
}
