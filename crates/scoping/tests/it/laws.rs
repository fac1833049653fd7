//! What must hold for every document, whatever the rules are.

use std::collections::BTreeSet;
use std::fs;

use handoff_domain::scoping::model::{LineOutcome, ScopedDocument, ScopedTicket};
use proptest::prelude::*;

use super::cases;
use super::generated::{self, Kind, Section};
use super::shown::scope;

/// All that a ticket says, without the lines it comes from.
fn gist(document: &ScopedDocument, ticket: &ScopedTicket) -> String {
    let content = &ticket.content;
    let parent = ticket
        .parent
        .map(|place| document.tickets[place].content.title.as_str());
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {parent:?}",
        content.title,
        content.description,
        content.ticket_type,
        content.priority,
        content.labels,
        content.acceptance_criteria,
        content.estimated_effort,
        content.assignee,
        content.due_on,
    )
}

fn gists(markdown: &str) -> Vec<String> {
    let document = scope(markdown);
    document
        .tickets
        .iter()
        .map(|ticket| gist(&document, ticket))
        .collect()
}

fn titles(markdown: &str) -> Vec<String> {
    scope(markdown)
        .tickets
        .into_iter()
        .map(|ticket| ticket.content.title)
        .collect()
}

fn case_texts() -> Vec<(String, String)> {
    let named = cases::documents().into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    named.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_section_gives_the_same_tickets_whatever_stands_beside_it(sections in generated::sections()) {
        let together = gists(&generated::document(&sections));
        let apart: Vec<String> = (1..)
            .zip(&sections)
            .flat_map(|(number, section)| gists(&format!("# Desk\n\n{}", section.markdown(number))))
            .collect();
        prop_assert_eq!(together, apart);
    }

    #[test]
    fn moving_sections_moves_their_tickets(sections in generated::sections()) {
        let forward: BTreeSet<String> = gists(&generated::document(&sections)).into_iter().collect();
        let bodies: Vec<String> = (1..).zip(&sections).map(|(number, section)| section.markdown(number)).collect();
        let backward: String = bodies.iter().rev().map(String::as_str).collect();
        let moved: BTreeSet<String> = gists(&format!("# Desk\n\n{backward}")).into_iter().collect();
        prop_assert_eq!(forward, moved);
    }

    #[test]
    fn the_title_of_the_document_changes_nothing(sections in generated::sections(), title in prop::sample::select(&[
        "Plan", "Meeting notes", "Release notes", "Tasks", "Change log", "Requirements", "Ideas for later",
    ][..])) {
        let document = generated::document(&sections);
        let renamed = document.replacen("# Desk", &format!("# {title}"), 1);
        prop_assert_eq!(gists(&document), gists(&renamed));
    }

    #[test]
    fn ways_of_writing_change_nothing(sections in generated::sections()) {
        let document = generated::document(&sections);
        let plain = gists(&document);
        for (name, written) in rewritten(&document) {
            prop_assert_eq!(&plain, &gists(&written), "{}", name);
        }
    }

    #[test]
    fn ticking_a_box_removes_its_ticket_and_nothing_else(items in 2_usize..6, ticked in 0_usize..6) {
        let section = Section { kind: Kind::Boxes, items };
        let document = generated::document(&[section]);
        let ticked = ticked % items;
        let mut count = 0;
        let done: String = document.split_inclusive('\n').map(|line| {
            let is_box = line.starts_with("- [ ]");
            count += usize::from(is_box);
            if is_box && count == ticked + 1 { line.replacen("[ ]", "[x]", 1) } else { line.to_owned() }
        }).collect();
        let mut expected = gists(&document);
        expected.remove(ticked);
        prop_assert_eq!(gists(&done), expected);
    }

    #[test]
    fn a_list_and_a_table_give_the_same_tickets(items in prop::collection::vec("[A-Z][a-z]{3,9} the [a-z]{4,9} [a-z]{4,9}", 1..8), header in prop::sample::select(&["Requirement", "Task", "Feature"][..])) {
        let list: String = items.iter().map(|item| format!("- {item}\n")).collect();
        let rows: String = items.iter().map(|item| format!("| {item} |\n")).collect();
        let as_list = titles(&format!("# Desk\n\n## Requirements\n\n{list}"));
        let as_table = titles(&format!("# Desk\n\n## Requirements\n\n| {header} |\n|---|\n{rows}"));
        prop_assert_eq!(as_list, as_table);
    }

    #[test]
    fn nothing_panics(text in "(#|##|- |\\* |1\\. |\\[ \\]|\\[x\\] |\\| |---|`|\\*\\*|<li>|<!--|&nbsp;|\\^|\\[\\^1\\]|FR-1|: |must |✅|期限|\u{feff}|\r\n|\n|\n\n|a b|é|\t){0,60}") {
        scope(&text);
    }

    #[test]
    fn every_line_of_a_document_is_accounted_for(sections in generated::sections()) {
        let document = generated::document(&sections);
        prop_assert_eq!(unaccounted(&document), Vec::<u32>::new());
        prop_assert_eq!(lost_words(&document), Vec::<String>::new());
    }
}

/// The same document with other marks for the same things.
fn rewritten(document: &str) -> Vec<(&'static str, String)> {
    let lines = |line: &dyn Fn(&str) -> String| {
        document
            .lines()
            .map(|text| line(text) + "\n")
            .collect::<String>()
    };
    vec![
        (
            "stars for dashes",
            lines(&|line| {
                line.strip_prefix("- ")
                    .map_or(line.to_owned(), |rest| format!("* {rest}"))
            }),
        ),
        ("windows line ends", document.replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{document}")),
        ("trailing blanks", lines(&|line| format!("{line} "))),
        (
            "deeper headings",
            lines(&|line| {
                if line.starts_with('#') {
                    format!("#{line}")
                } else {
                    line.to_owned()
                }
            }),
        ),
        ("more blank lines", document.replace("\n\n", "\n\n\n")),
        ("no last line end", document.trim_end().to_owned()),
    ]
}

fn unaccounted(document: &str) -> Vec<u32> {
    let scoped = scope(document);
    let lines = (1_u32..)
        .zip(document.split('\n'))
        .filter(|(_, text)| !text.trim().is_empty());
    let is_told = |line: u32| {
        scoped
            .coverage
            .iter()
            .any(|entry| (entry.start_line..=entry.end_line).contains(&line))
    };
    lines
        .map(|(line, _)| line)
        .filter(|line| !is_told(*line))
        .collect()
}

/// Words of a ticket's own lines that stand nowhere in it.
fn lost_words(document: &str) -> Vec<String> {
    let lines: Vec<&str> = document.split('\n').collect();
    let scoped = scope(document);
    let mut lost = Vec::new();
    for entry in scoped
        .coverage
        .iter()
        .filter(|entry| matches!(entry.outcome, LineOutcome::Ticket | LineOutcome::Criterion))
    {
        let Some(ticket) = entry.ticket.map(|place| &scoped.tickets[place]) else {
            continue;
        };
        let content = &ticket.content;
        let priority = content
            .priority
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let said = format!(
            "{} {} {} {} {priority} {} {}",
            content.title,
            content.description,
            content.acceptance_criteria.join(" "),
            content.labels.join(" "),
            content.assignee.clone().unwrap_or_default(),
            ticket.section.join(" "),
        )
        .to_lowercase();
        // The heading of the criteria is what the ticket's list of criteria is called anyway.
        let is_heading = |line: &u32| lines[*line as usize - 1].trim() == "**Acceptance criteria**";
        for line in (entry.start_line..=entry.end_line).filter(|line| !is_heading(line)) {
            let words = lines[line as usize - 1]
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().count() > 3);
            lost.extend(
                words
                    .filter(|word| !said.contains(&word.to_lowercase()))
                    .map(|word| format!("{line}: {word}")),
            );
        }
    }
    lost
}

#[test]
fn every_line_of_each_case_is_accounted_for() {
    for (name, document) in case_texts() {
        assert_eq!(unaccounted(&document), Vec::<u32>::new(), "{name}");
    }
}

#[test]
fn a_section_more_takes_no_ticket_away_from_a_case() {
    for (name, document) in case_texts() {
        let before = titles(&document);
        let more = format!(
            "{document}\n\n## Quixotic chapter\n\nA quagga dozed.\n\n- [ ] Feed the quagga at noon\n"
        );
        let after = titles(&more);
        let kept: Vec<&String> = before
            .iter()
            .filter(|title| after.contains(title))
            .collect();
        assert_eq!(
            kept.len(),
            before.len(),
            "{name}: {before:?} became {after:?}"
        );
    }
}

#[test]
fn ways_of_writing_change_nothing_in_a_case() {
    for (name, document) in case_texts()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("---") && !text.contains("```"))
    {
        let plain = titles(&document);
        let ways = rewritten(&document)
            .into_iter()
            .filter(|(way, _)| *way != "deeper headings" && *way != "more blank lines");
        for (way, written) in ways {
            assert_eq!(plain, titles(&written), "{name}: {way}");
        }
    }
}

#[test]
fn ticking_the_last_box_of_an_epic_removes_the_epic_too() {
    let document = "# Desk\n\n## Epic 1: Entry\n\nGoal.\n\n- [ ] Sign in\n- [x] Sign out\n";
    assert_eq!(titles(document), ["Epic 1: Entry", "Sign in"]);
    assert_eq!(
        titles(&document.replace("[ ]", "[x]")),
        Vec::<String>::new()
    );
}

#[test]
fn a_bold_line_is_a_heading() {
    for section in [
        Kind::Requirements,
        Kind::Boxes,
        Kind::Table,
        Kind::Goals,
        Kind::Actions,
    ] {
        let document = generated::document(&[Section {
            kind: section,
            items: 3,
        }]);
        let bold: String = document
            .lines()
            .map(|line| {
                line.strip_prefix("## ")
                    .map_or(line.to_owned(), |rest| format!("**{rest}**"))
                    + "\n"
            })
            .collect();
        assert_eq!(gists(&document), gists(&bold), "{section:?}");
    }
}

#[test]
fn an_ordered_list_and_an_html_list_are_lists() {
    let list = "# Desk\n\n## Requirements\n\n- Store the badge\n- Print the card\n";
    let ordered = list.replacen("- ", "1. ", 1).replacen("- ", "2. ", 1);
    let html = "# Desk\n\n## Requirements\n\n<ul>\n<li>Store the badge</li>\n<li>Print the card</li>\n</ul>\n";
    assert_eq!(gists(list), gists(&ordered));
    assert_eq!(gists(list), gists(html));
}
