//! A work item as it is found, before it is known whether it stays.

use super::fields::Facts;
use super::ids::{self, Family};
use super::priority::Rank;
use super::title::Headline;
use handoff_domain::ticket::model::{Effort, Priority, TicketType};

/// In which layout an item is written; the later ones tell more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Row,
    ListItem,
    Paragraph,
    Heading,
}

/// A work item.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub form: Form,
    /// 0 when the document surely calls for it; greater ones count only where nothing better is found.
    pub tier: u8,
    pub lines: (u32, u32),
    pub id: Option<String>,
    pub title: String,
    pub description: String,
    pub ticket_type: TicketType,
    pub priority: Option<Priority>,
    pub effort: Option<Effort>,
    pub labels: Vec<String>,
    pub criteria: Vec<String>,
    /// Ids of other items that its text speaks of, where it has none itself.
    pub mentions: Vec<String>,
    /// Whether it stands in a list of features.
    pub feature: bool,
    /// Whether it is a requirement rather than a task, for the type of its block.
    pub requirement: bool,
}

impl Candidate {
    /// Makes a candidate of a headline; none when the item says that it is done or will not be done.
    pub(super) fn new(
        form: Form,
        lines: (u32, u32),
        headline: Headline,
        facts: Facts,
    ) -> Option<Self> {
        let stated = facts.priority.or(headline.rank);
        if headline.done || facts.done || stated == Some(Rank::Wont) {
            return None;
        }
        let family = headline.family;
        let ticket_type = match family {
            Some(Family::Bug) => TicketType::Bug,
            Some(Family::Epic) => TicketType::Epic,
            Some(Family::Story) => TicketType::Story,
            _ if headline.story => TicketType::Story,
            _ => TicketType::Task,
        };
        let severity = facts.severity.filter(|_| ticket_type == TicketType::Bug);
        let mentions = if headline.id.is_none() {
            ids::mentioned(&headline.title)
        } else {
            Vec::new()
        };
        let mut labels = headline.labels;
        labels.extend(facts.labels);
        Some(Self {
            form,
            tier: 0,
            lines,
            id: headline.id.or(facts.id),
            title: headline.title,
            description: String::new(),
            ticket_type,
            priority: stated.or(severity).and_then(Rank::priority),
            effort: facts.effort.or(headline.effort),
            labels,
            criteria: Vec::new(),
            mentions,
            feature: false,
            requirement: matches!(
                family,
                Some(Family::Requirement | Family::Quality | Family::Feature)
            ),
        })
    }
}

/// The Markdown of some lines without those that are listed elsewhere, and without the indent that all share.
pub(super) fn excerpt(lines: &[&str], first: u32, skip: &[(u32, u32)]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for (number, line) in (first..).zip(lines) {
        if !skip
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&number))
        {
            kept.push(line.trim_end());
        }
    }
    let indent = kept
        .iter()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min();
    let indent = indent.unwrap_or(0);
    let mut out = String::new();
    for (at, line) in kept.iter().enumerate() {
        let text = if at == 0 {
            line.trim_start()
        } else {
            line.get(indent..).unwrap_or_default()
        };
        let blank_after_blank = text.is_empty() && (out.is_empty() || out.ends_with("\n\n"));
        if !blank_after_blank {
            out.push_str(text);
            out.push('\n');
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_drops_the_shared_indent_and_the_lines_listed_elsewhere() {
        let lines = ["- Title", "  body", "    - deep", "  - [ ] check"];
        assert_eq!(excerpt(&lines, 10, &[(13, 13)]), "- Title\nbody\n  - deep");
    }
}
