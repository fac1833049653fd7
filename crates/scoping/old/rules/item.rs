//! An item that is a section of its own: its title, its criteria and its text.

use super::candidate::{Candidate, Form, excerpt};
use super::context::{Context, Evidence};
use super::criteria;
use super::fields::{self, Facts};
use super::headings::{self, Role};
use super::ids;
use super::lists::{self, Inside};
use super::outline::{Opening, Section};
use super::story;
use super::title::{self, Headline};
use super::tree::{Block, Kind, Line};
use super::walk::Walk;

/// The tier of what is only perhaps done one day, whatever is said of it.
const LATER: u8 = 3;

/// Makes a candidate of a section.
pub(super) fn of_section(
    walk: &mut Walk<'_>,
    section: &Section,
    facts: &Facts,
    context: &Context,
) -> Option<Candidate> {
    let mut headline = headline(section);
    headline.story |= tells_story(section);
    if lists::is_empty_text(&headline.title) || headline.done {
        return None;
    }
    let evidence = match headline.family {
        _ if headline.story => Evidence::Story,
        Some(family) if family.is_work() => Evidence::Id(family),
        _ => Evidence::Plain,
    };
    let inside = criteria_of(walk.source, section, headline.story);
    let sure = facts.speak_of_work() || !inside.criteria.is_empty();
    let tier = match context.tier(evidence) {
        Some(tier) if !sure || tier == LATER => Some(tier),
        None if !sure => None,
        _ => Some(0),
    };
    let form = if section.opening == Opening::Heading {
        Form::Heading
    } else {
        Form::Paragraph
    };
    let mut candidate = walk.candidate(form, section.lines, headline, facts.clone())?;
    candidate.tier = tier?;
    candidate.criteria = inside.criteria;
    let first = if section.opening == Opening::Heading {
        section.lines.0 + 1
    } else {
        section.lines.0
    };
    let lines = walk.excerpt_lines((first, section.lines.1));
    candidate.description = excerpt(&lines, first, &inside.skip);
    Some(candidate)
}

/// The headline of a section; a title that is nothing but an id takes its words from the text.
fn headline(section: &Section) -> Headline {
    let whole = story_text(section);
    let text = section.title.plain.trim();
    let mut headline = match whole {
        Some(joined) if section.opening == Opening::Item => title::read(&joined, 0),
        _ => title::read(
            text,
            if section.opening == Opening::Heading {
                0
            } else {
                section.title.bold
            },
        ),
    };
    if headline.bare
        && let Some(name) = named_within(section)
    {
        let id = headline.id.clone().unwrap_or_else(|| text.to_owned());
        headline.title = format!("{id}: {name}");
    }
    headline
}

/// The story that begins in a section's title line and goes on over the next lines.
fn story_text(section: &Section) -> Option<String> {
    let text = section.title.plain.trim();
    if story::find(text).is_some() {
        return None;
    }
    let rest: Vec<&str> = section
        .direct_lines()
        .take(3)
        .map(|line| line.plain.trim())
        .collect();
    let joined = format!("{text} {}", rest.join(" "));
    story::find(&joined)
        .filter(|at| *at < text.len())
        .map(|_| joined)
}

/// The story or the first sentence in a section whose title says nothing.
fn named_within(section: &Section) -> Option<String> {
    let told = section
        .children
        .iter()
        .find(|child| child.opening == Opening::Item)
        .map(|child| headline(child).title);
    let line = || {
        let prose = |line: &&Line| fields::parse(&line.plain).is_empty();
        section
            .direct_lines()
            .find(prose)
            .map(|line| title::read(line.plain.trim(), line.bold).title)
    };
    told.or_else(line).filter(|name| !name.is_empty())
}

fn tells_story(section: &Section) -> bool {
    let lines: Vec<Line> = section.direct_lines().take(4).cloned().collect();
    let direct = story::find(&joined(&lines)).is_some()
        || section
            .direct_lines()
            .any(|line| story::find(&line.plain).is_some());
    let quoted = section.blocks.iter().any(|block| match &block.kind {
        Kind::Quote(blocks) => blocks.iter().any(|inner| matches!(&inner.kind, Kind::Paragraph(lines) if story::find(&joined(lines)).is_some())),
        Kind::List(items) => items.iter().any(|item| story::find(lists::first_line(item)).is_some()),
        _ => false,
    });
    let over_lines = section.opening == Opening::Item && story_text(section).is_some();
    direct
        || quoted
        || over_lines
        || section
            .children
            .iter()
            .any(|child| child.opening == Opening::Item && headline(child).story)
        || section.children.iter().any(|child| {
            headings::role(&child.title.plain, true) == Role::Work(headings::Work::Stories)
                && tells_story(child)
        })
}

fn joined(lines: &[Line]) -> String {
    lines
        .iter()
        .map(|line| line.plain.trim())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The criteria of an item: labelled ones, else steps, check boxes and the bullets of a story.
fn criteria_of(source: &str, section: &Section, story: bool) -> Inside {
    let mut inside = Inside::default();
    labelled(source, section, &mut inside);
    if inside.criteria.is_empty() {
        let named_story = story && section.opening == Opening::Item;
        let found = lists::inside(source, &section.blocks, named_story);
        inside.criteria = found.criteria;
        inside.skip.extend(found.skip);
    }
    if inside.criteria.is_empty() {
        unlabelled(source, section, story, &mut inside);
    }
    inside
}

/// Takes parts headed as criteria, at any depth that is not another part of the item.
fn labelled(source: &str, section: &Section, inside: &mut Inside) {
    for child in &section.children {
        let title = child.title.plain.split(':').next().unwrap_or_default();
        let role = headings::role(title, true);
        let success = headings::tidy(title).ends_with("success criteria");
        if role == Role::Criteria || success {
            let found = criteria::of_section(source, child);
            if !found.is_empty() {
                inside.criteria.extend(found);
                inside.skip.push(child.lines);
            }
        } else if !matches!(role, Role::Never(_)) {
            labelled(source, child, inside);
        }
    }
    let nested = lists::inside(source, &section.blocks, false);
    let by_label = section.blocks.iter().any(|block| match &block.kind {
        Kind::List(items) => items
            .iter()
            .any(|item| is_criteria_label(lists::first_line(item))),
        Kind::Paragraph(lines) => lines.iter().any(|line| is_criteria_label(&line.plain)),
        _ => false,
    });
    if by_label {
        inside.criteria.extend(nested.criteria);
        inside.skip.extend(nested.skip);
    }
}

fn is_criteria_label(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(head, _)| headings::role(head, true) == Role::Criteria)
}

/// Steps in paragraphs, scenarios in code, boxes and bullets in the lines after a story.
fn unlabelled(source: &str, section: &Section, story: bool, inside: &mut Inside) {
    let mut steps: Vec<Block> = Vec::new();
    for block in &section.blocks {
        let stepped = match &block.kind {
            Kind::Paragraph(lines) => lines.first().is_some_and(|line| {
                criteria::is_step(&line.plain) && story::find(&line.plain).is_none()
            }),
            Kind::Code(language, lines) => {
                matches!(language.as_str(), "gherkin" | "cucumber" | "feature")
                    || lines
                        .iter()
                        .any(|line| line.plain.trim_start().starts_with("Scenario"))
            }
            _ => false,
        };
        if stepped {
            steps.push(block.clone());
        }
    }
    inside.criteria.extend(criteria::of_blocks(source, &steps));
    inside.skip.extend(steps.iter().map(|block| block.lines));
    for child in &section.children {
        let role = headings::role(&child.title.plain, true);
        let scenario = child.title.plain.to_lowercase().contains("scenario");
        if scenario
            && matches!(role, Role::Plain | Role::Criteria | Role::Aside(_))
            && !matches!(role, Role::Criteria)
        {
            let found = one_scenario(source, child);
            inside.skip.push(child.lines);
            inside.criteria.push(found);
        } else if child.opening == Opening::Item && ids::leading(&child.title.plain).is_none() {
            let found = lists::inside(source, &child.blocks, story);
            inside.criteria.extend(found.criteria);
            inside.skip.extend(found.skip);
            unlabelled(source, child, story, inside);
        }
    }
}

fn one_scenario(source: &str, section: &Section) -> String {
    let title = source.get(section.title.source.clone()).unwrap_or_default();
    let steps = criteria::of_blocks(source, &section.blocks);
    let text = format!(
        "{}: {}",
        title.trim_end_matches([':', ' ']),
        steps.join(" ")
    );
    super::text::squeeze(text.trim_end_matches([':', ' ']))
}

/// Takes a story out of a quotation.
pub(super) fn of_quote(walk: &mut Walk<'_>, lines: &[Line], context: &Context) {
    let text = joined(lines);
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return;
    };
    if story::find(&text).is_none() {
        return;
    }
    let Some(tier) = context.tier(Evidence::Story) else {
        return;
    };
    let span = (first.number, last.number);
    let headline = title::read(&text, 0);
    let Some(mut candidate) = walk.candidate(Form::Paragraph, span, headline, Facts::default())
    else {
        return;
    };
    candidate.tier = tier;
    candidate.description = lines
        .iter()
        .map(|line| walk.markdown(line).trim())
        .collect::<Vec<_>>()
        .join("\n");
    walk.push(candidate, context);
}
