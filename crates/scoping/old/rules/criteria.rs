//! Acceptance criteria: from lists under such a label, from Given/When/Then and from check boxes.

use super::headings::{self, Role};
use super::ids;
use super::outline::Section;
use super::text::{count, split_breaks, squeeze, strip_prefix_ci};
use super::tree::{Block, Item, Kind, Line};

/// Collects criteria from text that is known to hold them.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    source: &'a str,
    found: Vec<String>,
    scenario: Scenario,
}

/// How far a Given/When/Then is read that goes over several lines.
#[derive(Debug, Default)]
struct Scenario {
    open: bool,
    when: bool,
    then: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Scenario,
    Given,
    When,
    Then,
    And,
}

#[rustfmt::skip]
const STEPS: &[(&str, Step)] = &[
    ("scenario outline:", Step::Scenario), ("scenario:", Step::Scenario), ("given ", Step::Given),
    ("given:", Step::Given), ("when ", Step::When), ("when:", Step::When), ("then ", Step::Then),
    ("then:", Step::Then), ("and ", Step::And), ("and:", Step::And), ("but ", Step::And),
    ("but:", Step::And), ("dado ", Step::Given), ("cuando ", Step::When), ("quando ", Step::When),
    ("entonces ", Step::Then), ("então ", Step::Then),
];

fn step(text: &str) -> Option<Step> {
    let bare = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let spaced = format!("{} ", bare.chars().take(20).collect::<String>());
    STEPS
        .iter()
        .find(|(word, _)| strip_prefix_ci(&spaced, word).is_some())
        .map(|(_, step)| *step)
}

/// Whether a text begins like a step of a scenario.
pub(super) fn is_step(text: &str) -> bool {
    step(text).is_some_and(|step| step != Step::And)
}

/// The criteria in a section that is headed as criteria.
pub(super) fn of_section(source: &str, section: &Section) -> Vec<String> {
    let mut collector = Collector::new(source);
    collector.inline_title(section);
    collector.blocks(&section.blocks);
    for child in &section.children {
        collector.child(child);
    }
    collector.found
}

/// The criteria in blocks.
pub(super) fn of_blocks(source: &str, blocks: &[Block]) -> Vec<String> {
    let mut collector = Collector::new(source);
    collector.blocks(blocks);
    collector.found
}

/// The criteria in one text: parted by line breaks or semicolons, else one.
pub(super) fn of_text(text: &str) -> Vec<String> {
    let breaks = split_breaks(text);
    let parts: Vec<&str> = if breaks.len() > 1 {
        breaks
    } else {
        split_list(text)
    };
    parts
        .into_iter()
        .map(tidy)
        .filter(|part| is_spoken(part))
        .collect()
}

/// Semicolons and bullets part; so do check marks and numbers "(1) … (2) …".
fn split_list(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split([';', '•']).collect();
    if parts.len() == 1 && text.matches(". ").count() > 0 && text.contains(['✅', '☐', '✓']) {
        parts = text.split(['✅', '☐', '✓']).collect();
    }
    parts
}

fn is_spoken(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
        && !matches!(text.to_ascii_lowercase().as_str(), "n/a" | "tbd" | "none")
}

/// One line of Markdown without its ordinal, box or sign.
fn tidy(text: &str) -> String {
    let one = squeeze(text);
    let bare = one.trim_start_matches([
        '✅', '☑', '✔', '☐', '⬜', '🔲', '✓', '\u{fe0f}', '-', '•', ' ',
    ]);
    let bare = ["[ ]", "[x]", "[X]"]
        .iter()
        .find_map(|mark| bare.strip_prefix(mark))
        .unwrap_or(bare)
        .trim_start();
    let bare = ids::unnumbered(bare).unwrap_or(bare);
    bare.trim_end_matches([';', ' ']).to_owned()
}

impl<'a> Collector<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            found: Vec::new(),
            scenario: Scenario::default(),
        }
    }

    /// What stands behind the label on its own line: "Acceptance criteria: the list is sorted".
    fn inline_title(&mut self, section: &Section) {
        let text = self.markdown(&section.title);
        let Some((label, rest)) = text.split_once(':') else {
            return;
        };
        let rest = rest.trim_start_matches(['*', '_', ' ']);
        if headings::role(label, true) == Role::Criteria && is_spoken(rest) {
            self.found.extend(of_text(rest));
        }
    }

    fn markdown(&self, line: &Line) -> &'a str {
        self.source.get(line.source.clone()).unwrap_or_default()
    }

    fn close(&mut self) {
        self.scenario = Scenario::default();
    }

    /// Adds a text as a criterion, or to the scenario it goes on with.
    fn add(&mut self, plain: &str, markdown: &str) {
        let text = tidy(markdown);
        if !is_spoken(&text) {
            return;
        }
        let step = step(plain);
        let goes_on = match step {
            None | Some(Step::Scenario) => false,
            Some(Step::Given) => {
                self.scenario.open
                    && !self.scenario.when
                    && !self.scenario.then
                    && self.only_named()
            }
            Some(Step::When) => self.scenario.open && !self.scenario.when && !self.scenario.then,
            Some(Step::Then | Step::And) => self.scenario.open,
        };
        if goes_on && let Some(last) = self.found.last_mut() {
            last.push(' ');
            last.push_str(&text);
        } else {
            self.found.push(text);
            self.scenario = Scenario::default();
        }
        let lower = plain.to_lowercase();
        self.scenario.open = goes_on || step.is_some_and(|step| step != Step::And);
        self.scenario.when |=
            step == Some(Step::When) || step.is_some() && lower.contains(" when ");
        self.scenario.then |= step == Some(Step::Then)
            || step.is_some() && (lower.contains(" then ") || lower.contains(", then"));
    }

    /// Whether the open scenario has nothing but its name yet.
    fn only_named(&self) -> bool {
        self.found.last().is_some_and(|last| {
            step(last) == Some(Step::Scenario) && !last.to_lowercase().contains("given ")
        })
    }

    fn blocks(&mut self, blocks: &[Block]) {
        let listed = blocks
            .iter()
            .any(|block| matches!(block.kind, Kind::List(_) | Kind::Table(..)));
        for block in blocks {
            match &block.kind {
                Kind::Paragraph(lines) => self.paragraph(lines, listed),
                Kind::List(items) => self.list(items),
                Kind::Table(_, rows) => {
                    for row in rows {
                        self.row(&row.cells);
                    }
                }
                Kind::Quote(inner) => self.blocks(inner),
                Kind::Code(language, lines) => self.code(language, lines),
                Kind::Heading(..) | Kind::Rule | Kind::Html => {}
            }
        }
    }

    fn row(&mut self, cells: &[Line]) {
        let texts: Vec<&str> = cells
            .iter()
            .map(|cell| self.markdown(cell))
            .filter(|text| is_spoken(text))
            .collect();
        let text = texts.join(" — ");
        self.close();
        self.add(&text, &text);
    }

    /// Steps and numbered paragraphs are criteria; other prose only where nothing is listed.
    fn paragraph(&mut self, lines: &[Line], listed: bool) {
        let first = lines.first().map_or("", |line| line.plain.trim());
        let steps = lines
            .iter()
            .filter(|line| step(&line.plain).is_some())
            .count();
        if steps > 0 && (steps > 1 || self.scenario.open || is_step(first)) {
            for line in lines {
                self.step_line(line);
            }
            return;
        }
        self.close();
        let itemised = |line: &Line| {
            let text = line.plain.trim_start();
            ids::unnumbered(text).is_some()
                || ids::leading(text).is_some()
                || text.starts_with(['✅', '☐', '✓', '✔', '•'])
        };
        if lines.iter().all(itemised) {
            for line in lines {
                self.add(&line.plain, self.markdown(line));
            }
        } else if !listed && !first.ends_with(':')
            || itemised(&lines.first().cloned().unwrap_or_default())
        {
            let text: Vec<&str> = lines.iter().map(|line| self.markdown(line)).collect();
            self.add(first, &text.join(" "));
        }
        self.close();
    }

    /// A line within a scenario: a step, or words that go on with the step before.
    fn step_line(&mut self, line: &Line) {
        let text = self.markdown(line);
        if step(&line.plain).is_none()
            && self.scenario.open
            && let Some(last) = self.found.last_mut()
        {
            last.push(' ');
            last.push_str(&tidy(text));
        } else {
            self.add(&line.plain, text);
        }
    }

    fn list(&mut self, items: &[Item]) {
        // A list right after "Then:" spells that step out.
        if self.scenario.open
            && self
                .found
                .last()
                .is_some_and(|last| last.trim_end_matches(['*', '_']).ends_with(':'))
            && !items
                .iter()
                .any(|item| item.head.first().is_some_and(|line| is_step(&line.plain)))
        {
            let parts: Vec<String> = items.iter().map(|item| tidy(&self.whole(item))).collect();
            if let Some(last) = self.found.last_mut() {
                last.push(' ');
                last.push_str(&parts.join("; "));
            }
            return;
        }
        for item in items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        let Some(head) = item.head.first() else {
            return;
        };
        let label = head.plain.trim().ends_with(':') && count(&head.plain) <= 2;
        let nested = item.blocks.iter().find_map(|block| match &block.kind {
            Kind::List(items) => Some(items),
            _ => None,
        });
        if let (true, Some(nested)) = (label, nested) {
            self.close();
            nested.iter().for_each(|inner| self.item(inner));
            self.close();
            return;
        }
        let text = self.whole(item);
        self.add(&head.plain, &text);
    }

    /// An item with everything nested in it as one line.
    fn whole(&self, item: &Item) -> String {
        let head: Vec<&str> = item
            .head
            .iter()
            .map(|line| self.markdown(line).trim())
            .collect();
        let mut text = head.join(" ");
        let mut parts = Vec::new();
        for block in &item.blocks {
            match &block.kind {
                Kind::Paragraph(lines) => parts.extend(
                    lines
                        .iter()
                        .map(|line| self.markdown(line).trim().to_owned()),
                ),
                Kind::List(items) => parts.extend(items.iter().map(|inner| self.whole(inner))),
                _ => {}
            }
        }
        let steps = parts.iter().any(|part| step(part).is_some());
        let joiner = if steps || text.ends_with([':', '*']) {
            " "
        } else {
            " — "
        };
        if !parts.is_empty() {
            text.push_str(joiner);
            text.push_str(&parts.join(if steps { " " } else { "; " }));
        }
        text
    }

    /// The scenarios of a Gherkin block.
    fn code(&mut self, language: &str, lines: &[Line]) {
        let gherkin = matches!(language, "gherkin" | "cucumber" | "feature")
            || lines
                .iter()
                .filter(|line| step(line.plain.trim()).is_some())
                .count()
                > 2;
        if !gherkin {
            return;
        }
        self.close();
        for line in lines {
            let text = line.plain.trim();
            if step(text).is_some() {
                self.add(text, text);
            }
        }
        self.close();
    }

    /// A part below the criteria: a scenario or a numbered criterion is one, a group of them is many.
    fn child(&mut self, child: &Section) {
        self.close();
        let title = child.title.plain.trim();
        let own = child.title.plain.to_lowercase();
        let listed = child
            .blocks
            .iter()
            .any(|block| matches!(block.kind, Kind::List(_)));
        let scenario =
            own.contains("scenario") || ids::leading(title).is_some_and(|lead| lead.id.is_some());
        let mut inner = Self::new(self.source);
        inner.blocks(&child.blocks);
        for grandchild in &child.children {
            inner.child(grandchild);
        }
        let stepped = inner.found.iter().any(|text| step(text).is_some());
        let one = is_step(title)
            || (scenario || !listed)
                && (inner.found.len() <= 1 || scenario && stepped && inner.found.len() <= 2);
        if one || inner.found.is_empty() {
            let mut text = self
                .markdown(&child.title)
                .trim_end_matches([' ', ':'])
                .to_owned();
            if !inner.found.is_empty() {
                text.push_str(": ");
                text.push_str(&inner.found.join(" "));
            }
            self.found.push(tidy(&text));
        } else {
            self.found.append(&mut inner.found);
        }
        self.close();
    }
}
