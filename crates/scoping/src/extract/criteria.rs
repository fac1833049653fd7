//! Acceptance criteria: what stands under a heading, a label or a column of that name, and scenarios.

use crate::evidence::Annotations;
use crate::lexicon::{Meaning, lexicon};
use crate::outline::{Kind, Line, Node, NodeId, Outline};
use crate::text::{normal, squeeze};

/// The most criteria of a ticket, and the longest one in bytes.
const MAX: usize = 100;
const MAX_BYTES: usize = 5_000;

/// The criteria of an item, and the nodes that are nothing else.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) criteria: Vec<String>,
    pub(super) lines: Vec<(u32, u32)>,
    pub(super) nodes: Vec<NodeId>,
}

impl Found {
    fn add(&mut self, text: &str) {
        let text = text.trim();
        let is_open = lexicon().meaning(&normal(text)).has(Meaning::Nothing);
        if !text.is_empty() && !is_open && self.criteria.len() < MAX {
            self.criteria
                .push(crate::text::head(text, MAX_BYTES).trim_end().to_owned());
        }
    }
}

/// Finds the criteria among the parts of an item.
pub(super) fn of(outline: &Outline<'_>, notes: &Annotations, children: &[NodeId]) -> Found {
    let mut found = Found::default();
    let finder = Finder { outline, notes };
    finder.parts(children, &mut found);
    found
}

/// As [`of`], where boxes are criteria too.
pub(super) fn with_boxes(outline: &Outline<'_>, notes: &Annotations, children: &[NodeId]) -> Found {
    let mut found = of(outline, notes, children);
    if !found.criteria.is_empty() {
        return found;
    }
    let finder = Finder { outline, notes };
    let is_boxed = |id: &NodeId| {
        let is_box =
            |item: &NodeId| matches!(outline.node(*item).kind, Kind::Item { checked: Some(_) });
        let node = outline.node(*id);
        matches!(node.kind, Kind::List { .. }) && node.children.iter().all(is_box)
    };
    for list in children.iter().copied().filter(is_boxed) {
        finder.list(list, &mut found);
    }
    found
}

struct Finder<'a, 's> {
    outline: &'a Outline<'s>,
    notes: &'a Annotations,
}

impl Finder<'_, '_> {
    fn parts(&self, children: &[NodeId], found: &mut Found) {
        let mut label: Option<NodeId> = None;
        for id in children {
            let node = self.outline.node(*id);
            match &node.kind {
                Kind::Section => {
                    let evidence = self.notes.of(*id);
                    if evidence.roles.has(Meaning::Criteria) {
                        self.section(*id, found);
                    } else if evidence.label.id.is_none() || !evidence.roles.is_neutral() {
                        self.parts(&node.children, found);
                    }
                    label = None;
                }
                Kind::Paragraph => {
                    label = None;
                    if self.names_criteria(node) {
                        label = Some(*id);
                    } else if let Some(value) = self.inline(node) {
                        value.iter().for_each(|text| found.add(text));
                        found.take(*id, node);
                    } else if let Some(scenarios) = scenarios(&node.text) {
                        scenarios.iter().for_each(|text| found.add(text));
                        found.take(*id, node);
                    }
                }
                Kind::List { .. } if label.is_some() => {
                    self.list(*id, found);
                    if let Some(label) = label.take() {
                        found.take(label, self.outline.node(label));
                    }
                }
                Kind::List { .. } => {
                    for item in &node.children {
                        self.labelled_item(*item, found);
                    }
                }
                Kind::Code { language } => self.code(*id, language, found),
                Kind::Table => {
                    if let Some(column) = self.criteria_column(*id) {
                        self.table(*id, Some(column), found);
                    }
                }
                _ => {}
            }
        }
    }

    /// The column of a table that is headed "Acceptance criteria".
    fn criteria_column(&self, table: NodeId) -> Option<usize> {
        let head = self.outline.children(table).first()?;
        self.outline.children(*head).iter().position(|cell| {
            let means = lexicon().meaning(&normal(&self.outline.plain(*cell)));
            means.has(Meaning::Criteria) && means.has(Meaning::FieldCriteria)
        })
    }

    /// The rows of a table: one column of them, or all cells but a number in front.
    fn table(&self, table: NodeId, column: Option<usize>, found: &mut Found) {
        let node = self.outline.node(table);
        let rows = node
            .children
            .iter()
            .filter(|row| matches!(self.outline.node(**row).kind, Kind::Row { is_head: false }));
        for row in rows {
            let cells: Vec<String> = self
                .outline
                .children(*row)
                .iter()
                .map(|cell| self.outline.plain(*cell))
                .collect();
            match column {
                Some(column) => found.add(cells.get(column).map_or("", String::as_str)),
                None => {
                    let said = |cell: &&String| cell.chars().any(char::is_alphabetic);
                    found.add(
                        &cells
                            .iter()
                            .filter(said)
                            .cloned()
                            .collect::<Vec<_>>()
                            .join(" – "),
                    );
                }
            }
        }
        found.take(table, node);
    }

    /// Everything below a heading that names criteria.
    fn section(&self, id: NodeId, found: &mut Found) {
        let children = self.outline.children(id);
        let mut any = false;
        let mut in_scenario = false;
        for child in children {
            let node = self.outline.node(*child);
            if in_scenario && self.goes_on(*child) {
                found.extend_last(&super::markdown::block(self.outline, node, &[]));
                found.take(*child, node);
                continue;
            }
            in_scenario = node.kind == Kind::Paragraph && scenarios(&node.text).is_some();
            match &node.kind {
                Kind::List { .. } => {
                    self.list(*child, found);
                    any = true;
                }
                Kind::Paragraph => {
                    if let Some(scenarios) = scenarios(&node.text) {
                        scenarios.iter().for_each(|text| found.add(text));
                        found.take(*child, node);
                        any = true;
                    } else if !any
                        && !self.outline.plain(*child).ends_with(':')
                        && !has_list(self.outline, children)
                    {
                        found.add(&super::markdown::text(self.outline, node));
                        found.take(*child, node);
                    }
                }
                Kind::Section => {
                    found.add(&self.scenario_section(*child));
                    found.take(*child, node);
                    any = true;
                }
                Kind::Code { language } => self.code(*child, language, found),
                Kind::Table => {
                    self.table(*child, None, found);
                    any = true;
                }
                _ => {}
            }
        }
    }

    /// A list right below a scenario, and further "And …" lines after it.
    fn goes_on(&self, id: NodeId) -> bool {
        let node = self.outline.node(id);
        match node.kind {
            Kind::List { .. } => true,
            Kind::Paragraph => node
                .first_line()
                .is_some_and(|line| step(line) == Some(Step::And)),
            _ => false,
        }
    }

    /// "Scenario: …" as a heading with its steps.
    fn scenario_section(&self, id: NodeId) -> String {
        let mut out = self.outline.plain(id);
        for child in self.outline.children(id) {
            let node = self.outline.node(*child);
            out.push('\n');
            out.push_str(&super::markdown::block(self.outline, node, &[]));
        }
        out
    }

    /// The items of a list; steps that stand as items of their own ("Given …", "When …") are one scenario.
    fn list(&self, id: NodeId, found: &mut Found) {
        let node = self.outline.node(id);
        let steps: Vec<Line> = node
            .children
            .iter()
            .filter_map(|item| self.outline.node(*item).first_line().cloned())
            .collect();
        let is_steps = steps.len() >= 2
            && steps.iter().all(|line| step(line).is_some())
            && steps
                .iter()
                .filter(|line| step(line) == Some(Step::Given))
                .count()
                < steps.len();
        let is_split = steps
            .iter()
            .any(|line| matches!(step(line), Some(Step::Then)));
        if is_steps && is_split {
            group(&steps).iter().for_each(|text| found.add(text));
        } else {
            for item in &node.children {
                found.add(&self.item(*item));
            }
        }
        found.take(id, node);
    }

    fn item(&self, id: NodeId) -> String {
        let node = self.outline.node(id);
        let mut text = super::markdown::text(self.outline, node);
        for child in &node.children {
            let inner = self.outline.node(*child);
            text.push('\n');
            text.push_str(&super::markdown::block(self.outline, inner, &[]));
        }
        text
    }

    /// "- Acceptance criteria:" inside of an item, with a list below it or text after the colon.
    fn labelled_item(&self, id: NodeId, found: &mut Found) {
        let node = self.outline.node(id);
        let Some(line) = node.first_line() else {
            return;
        };
        let (head, rest) = line
            .plain
            .split_once([':', '：'])
            .unwrap_or((line.plain.as_str(), ""));
        let means = lexicon().meaning(&normal(head));
        if !means.has(Meaning::Criteria) || means.has(Meaning::FieldTitle) {
            return;
        }
        let lists: Vec<NodeId> = node
            .children
            .iter()
            .copied()
            .filter(|child| matches!(self.outline.node(*child).kind, Kind::List { .. }))
            .collect();
        if lists.is_empty() && rest.trim().is_empty() {
            return;
        }
        lists.iter().for_each(|list| self.list(*list, found));
        if lists.is_empty() {
            split(rest).iter().for_each(|text| found.add(text));
        }
        found.take(id, node);
    }

    fn names_criteria(&self, node: &Node) -> bool {
        let Some(line) = node.text.last() else {
            return false;
        };
        let words = normal(&line.plain);
        let is_label = line.plain.trim_end().ends_with([':', '：']) || line.is_bold();
        node.text.len() == 1 && is_label && lexicon().meaning(&words).has(Meaning::Criteria)
    }

    /// "**Acceptance criteria:** the badge is read; the desk opens".
    fn inline(&self, node: &Node) -> Option<Vec<String>> {
        let line = node.first_line()?;
        let (head, rest) = line.plain.split_once([':', '：'])?;
        let is_label = head.len() <= 40 && lexicon().meaning(&normal(head)).has(Meaning::Criteria);
        if !is_label {
            return None;
        }
        let mut text = rest.to_owned();
        for line in node.text.iter().skip(1) {
            text.push('\n');
            text.push_str(&line.plain);
        }
        let parts = split(&text);
        (!parts.is_empty()).then_some(parts)
    }

    /// Gherkin scenarios, and the list of criteria of a story that is written as YAML.
    fn code(&self, id: NodeId, language: &str, found: &mut Found) {
        let node = self.outline.node(id);
        let is_gherkin = matches!(language, "gherkin" | "feature" | "cucumber");
        if is_gherkin || scenarios(&node.text).is_some() && language.is_empty() {
            for scenario in gherkin(&node.text) {
                found.add(&format!("```gherkin\n{scenario}\n```"));
            }
            found.take(id, node);
        } else if matches!(language, "yaml" | "yml") {
            yaml_list(&node.text)
                .iter()
                .for_each(|text| found.add(text));
        }
    }
}

impl Found {
    fn extend_last(&mut self, text: &str) {
        if let Some(last) = self.criteria.last_mut() {
            last.push('\n');
            last.push_str(text.trim());
        }
    }

    fn take(&mut self, id: NodeId, node: &Node) {
        self.nodes.push(id);
        self.lines.push(node.lines);
    }
}

fn has_list(outline: &Outline<'_>, children: &[NodeId]) -> bool {
    children.iter().any(|child| {
        matches!(
            outline.node(*child).kind,
            Kind::List { .. } | Kind::Table | Kind::Section
        )
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Scenario,
    Given,
    When,
    Then,
    And,
}

fn step(line: &Line) -> Option<Step> {
    let words = normal(&line.plain);
    let hits = lexicon().find(&words);
    let first = hits.iter().filter(|hit| hit.at == 0);
    let steps = [
        (Meaning::Given, Step::Given),
        (Meaning::When, Step::When),
        (Meaning::Then, Step::Then),
        (Meaning::And, Step::And),
        (Meaning::Scenario, Step::Scenario),
    ];
    first
        .filter_map(|hit| {
            steps
                .iter()
                .find(|(meaning, _)| hit.means.has(*meaning))
                .map(|(_, step)| *step)
        })
        .next()
}

/// The scenarios of a paragraph whose lines are steps; none where it is something else.
fn scenarios(lines: &[Line]) -> Option<Vec<String>> {
    let steps: Vec<Option<Step>> = lines.iter().map(step).collect();
    let known = steps.iter().flatten().count();
    let has = |wanted: Step| steps.contains(&Some(wanted));
    let is_scenario = known >= 2
        && known * 2 >= lines.len()
        && has(Step::Then)
        && (has(Step::Given) || has(Step::When));
    is_scenario.then(|| group(lines))
}

/// Lines by scenario: a new one begins with "Scenario", or with "Given" after a "Then".
fn group(lines: &[Line]) -> Vec<String> {
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut has_then = true;
    for line in lines {
        let step = step(line);
        let begins = step == Some(Step::Scenario)
            || (has_then && matches!(step, Some(Step::Given | Step::When)))
            || groups.is_empty();
        if begins {
            groups.push(Vec::new());
        }
        has_then = match step {
            Some(Step::Then) => true,
            Some(Step::And) | None => has_then,
            Some(Step::Scenario) => false,
            _ => false,
        };
        if let Some(group) = groups.last_mut() {
            group.push(squeeze(&line.plain));
        }
    }
    groups.iter().map(|group| group.join("  \n")).collect()
}

fn gherkin(lines: &[Line]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in lines {
        let text = line.plain.trim_end();
        let begins = step(line) == Some(Step::Scenario) && text.contains([':', '：']);
        let is_feature =
            text.trim_start().starts_with("Feature:") || text.trim_start().starts_with('@');
        if begins || (out.is_empty() && !text.trim().is_empty() && !is_feature) {
            out.push(text.trim().to_owned());
        } else if let Some(last) = out
            .last_mut()
            .filter(|_| !text.trim().is_empty() && !is_feature)
        {
            last.push('\n');
            last.push_str(text);
        }
    }
    out
}

fn yaml_list(lines: &[Line]) -> Vec<String> {
    let mut out = Vec::new();
    let mut inside = false;
    for line in lines {
        let text = line.plain.trim();
        if let Some(item) = text.strip_prefix("- ").filter(|_| inside) {
            out.push(item.trim_matches(['"', '\'']).to_owned());
        } else if let Some((key, _)) = text.split_once(':') {
            inside = lexicon().meaning(&normal(key)).has(Meaning::Criteria);
        }
    }
    out
}

/// The parts of a cell or a field: lines, bullets, numbers, semicolons.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in text.split(['\n', ';', '；', '•']) {
        let line = line.trim().trim_start_matches(['-', '*', '·', ' ']);
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let rest = line.get(digits..).unwrap_or_default();
        let line = if (1..=2).contains(&digits) {
            rest.strip_prefix(". ")
                .or_else(|| rest.strip_prefix(") "))
                .unwrap_or(line)
        } else {
            line
        };
        let line = squeeze(line);
        if line.chars().any(char::is_alphanumeric) {
            out.push(line);
        }
    }
    out
}
