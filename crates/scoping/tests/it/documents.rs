//! What the rule-based scoper makes of documents: measured on the labelled ones, and its promises on small ones.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use handoff_domain::document::model::BlockType;
use handoff_domain::scoping::model::{ScopedDocument, ScopedTicket};
use handoff_scoping::RuleScoper;
use handoff_domain::ticket::model::{Effort, Priority, TicketType};
use serde_json::Value;

fn scope(markdown: &str) -> ScopedDocument {
    RuleScoper::scope(markdown)
}

fn titles(document: &ScopedDocument) -> Vec<&str> {
    document
        .tickets
        .iter()
        .map(|ticket| ticket.content.title.as_str())
        .collect()
}

fn shared_documents() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = env::var_os("HANDOFF_SHARED_DIR")
        .map_or(root, PathBuf::from)
        .join("documents");
    folder.is_dir().then_some(folder)
}

/// What a label says: its line, the priorities that are right, the number of criteria where that is definite.
struct Wanted {
    line: u64,
    priorities: Vec<Option<String>>,
    criteria: Option<u64>,
}

fn wanted(item: &Value) -> Wanted {
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let mut priorities = vec![word(&item["priority"])];
    priorities.extend(
        item["priority_also"]
            .as_array()
            .into_iter()
            .flatten()
            .map(word),
    );
    Wanted {
        line: item["source_line"].as_u64().unwrap(),
        priorities,
        criteria: item["acceptance_criteria"].as_u64(),
    }
}

fn is_forbidden(gold: &Value, line: u64) -> bool {
    gold["must_not"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|entry| {
            let first = entry["source_line"].as_u64().unwrap();
            (first..=entry["end_line"].as_u64().unwrap_or(first)).contains(&line)
        })
}

fn check_against_labels(name: &str, gold: &Value, document: &ScopedDocument) {
    let labels: Vec<Wanted> = gold["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .map(wanted)
        .collect();
    let optional: HashSet<u64> = gold["optional"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["source_line"].as_u64())
        .collect();
    let (mut found, mut ranked, mut extra) = (0_usize, 0_usize, 0_usize);
    for ticket in &document.tickets {
        let line = u64::from(ticket.source_line);
        assert!(
            !is_forbidden(gold, line),
            "{name}: line {line} must not become a ticket"
        );
        let Some(label) = labels.iter().find(|label| label.line == line) else {
            extra += usize::from(!optional.contains(&line));
            continue;
        };
        found += 1;
        let priority = ticket
            .content
            .priority
            .as_ref()
            .map(|priority| priority.as_str().to_owned());
        ranked += usize::from(label.priorities.contains(&priority));
        if let Some(criteria) = label.criteria {
            assert_eq!(
                ticket.content.acceptance_criteria.len() as u64,
                criteria,
                "{name}: line {line}"
            );
        }
    }
    // F1 ≥ 0.90 and 95 % of the priorities right, in whole numbers.
    let f1 = (2 * found * 100) / (2 * found + extra + labels.len() - found);
    assert!(
        f1 >= 90,
        "{name}: F1 {f1} %, {found} of {} found, {extra} extra",
        labels.len()
    );
    assert!(
        ranked * 100 >= found * 95,
        "{name}: {ranked} of {found} priorities are right"
    );
}

#[test]
fn labelled_documents_give_the_tickets_that_people_marked() {
    let Some(folder) = shared_documents() else {
        println!("skipped: the shared documents are not beside the repository");
        return;
    };
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(slug) = name.strip_suffix(".gold.json") else {
            continue;
        };
        let gold: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let markdown = fs::read_to_string(folder.join(format!("{slug}.md"))).unwrap();
        check_against_labels(slug, &gold, &scope(&markdown));
        seen += 1;
    }
    assert!(seen > 0, "no labelled document");
}

#[test]
fn an_epic_gives_its_stories_its_priority_and_is_no_ticket_itself() {
    let document = scope(
        "# Plan\n\n## Epic 1: Accounts\n\n**Priority:** Must\n\n### Story 1.1: Sign in\n\nAs a reader, I want to sign in.\n\n\
         **Acceptance Criteria:**\n- wrong password is refused\n- three tries\n\n### Story 1.2: Sign out (P2)\n\nAs a reader, I want to leave.\n",
    );
    assert_eq!(
        titles(&document),
        ["Story 1.1: Sign in", "Story 1.2: Sign out"]
    );
    let priorities: Vec<_> = document
        .tickets
        .iter()
        .map(|ticket| ticket.content.priority.clone())
        .collect();
    assert_eq!(priorities, [Some(Priority::P0), Some(Priority::P2)]);
    let first = &document.tickets[0].content;
    assert_eq!(
        first.acceptance_criteria,
        ["wrong password is refused", "three tries"]
    );
    assert_eq!(first.ticket_type, TicketType::Story);
    assert!(!first.description.contains("three tries"));
}

#[test]
fn an_epic_with_nothing_beneath_it_is_a_ticket() {
    let document = scope("# Backlog\n\n## Epic 2: Reports\n\nPeople see what was lent.\n");
    assert_eq!(document.tickets[0].content.ticket_type, TicketType::Epic);
}

#[test]
fn finished_work_makes_no_tickets() {
    let document = scope(
        "## Tasks\n\n- [x] Set up the build\n- [ ] Write the guide\n- ~~Drop the old parser~~\n- [ ] Ship it | High | 3pt\n",
    );
    assert_eq!(titles(&document), ["Write the guide", "Ship it"]);
    assert_eq!(
        document.tickets[1].content.estimated_effort,
        Some(Effort::Small)
    );
    assert_eq!(document.tickets[1].content.priority, Some(Priority::P1));
}

#[test]
fn parts_that_are_no_work_make_no_tickets() {
    let document = scope(
        "# Reading app\n\n## Goals\n- Double the readers\n\n## Personas\n- Ana, who reads on trains\n\n## Out of scope\n- Sound\n\n\
         ## Risks\n| Risk | Mitigation |\n|---|---|\n| Slow phones | Test on them |\n\n## Success metrics\n- SC-001: 20 % more readers\n\n\
         ## Open questions\n- Which store first?\n\n```\n- [ ] not a task\n```\n",
    );
    assert_eq!(titles(&document), Vec::<&str>::new());
    let types: Vec<_> = document
        .blocks
        .iter()
        .map(|block| block.block_type)
        .collect();
    assert!(types.contains(&BlockType::Goal) && types.contains(&BlockType::NonGoal));
    assert!(types.contains(&BlockType::Risk) && types.contains(&BlockType::OpenQuestion));
}

#[test]
fn release_notes_make_no_tickets() {
    let document = scope(
        "# Release notes\n\n## 1.2.0\n\n### Added\n- Sorting of lists\n\n### Fixed\n- BUG-7: lists were empty\n",
    );
    assert_eq!(document.tickets, []);
}

#[test]
fn an_item_that_a_table_sums_up_is_one_ticket() {
    let document = scope(
        "## Summary table\n\n| ID | Requirement | Priority |\n|---|---|---|\n| FR-1 | Sort lists | High |\n\n\
         ## Functional requirements\n\n### FR-1: Sort lists\n\nReaders sort lists by name.\n",
    );
    assert_eq!(titles(&document), ["FR-1: Sort lists"]);
    assert_eq!(document.tickets[0].content.priority, Some(Priority::P1));
    assert_eq!(document.tickets[0].source_line, 9);
}

#[test]
fn a_given_when_then_over_several_lines_is_one_criterion() {
    let document = scope(
        "### US-1: Borrow\n\nAs a reader, I want to borrow a book.\n\n#### Acceptance criteria\n\n**Given** a book\n**When** I borrow it\n\
         **Then** it is mine\n\n**Given** no book\n**When** I borrow it\n**Then** I am told\n",
    );
    assert_eq!(document.tickets[0].content.acceptance_criteria.len(), 2);
}

#[test]
fn words_that_are_no_known_priority_are_kept_and_silence_stays_silence() {
    let document = scope(
        "## Requirements\n\n| ID | Requirement | Priority |\n|---|---|---|\n| FR-1 | Sort | Gold |\n| FR-2 | Find | |\n",
    );
    let priorities: Vec<_> = document
        .tickets
        .iter()
        .map(|ticket| ticket.content.priority.clone())
        .collect();
    assert_eq!(priorities, [Some(Priority::Other("Gold".into())), None]);
}

#[test]
fn labels_come_from_fields_and_front_matter() {
    let document = scope(
        "---\ntags: [web]\n---\n# Backlog\n\n## Story 1: Sort\n\nLabels: lists, Web\nEffort: M\n\nReaders sort.\n",
    );
    let content = &document.tickets[0].content;
    assert_eq!(
        (content.labels.as_slice(), content.estimated_effort),
        (
            ["lists".into(), "Web".into()].as_slice(),
            Some(Effort::Medium)
        )
    );
}

fn fingerprints(markdown: &str) -> Vec<String> {
    scope(markdown)
        .tickets
        .into_iter()
        .map(|ticket: ScopedTicket| ticket.source_text)
        .collect()
}

#[test]
fn a_fingerprint_outlives_changes_around_its_item_and_in_its_text() {
    let before =
        fingerprints("## Tasks\n\n- [ ] Write the guide\n- [ ] US-7 Sort lists\n  - by name\n");
    let after = fingerprints(
        "# New\n\nIntroduction.\n\n## Tasks\n\n- [ ] Print it\n- [ ] Write the guide\n\n- [ ] US-7 Sort lists\n  - by date\n",
    );
    assert_eq!(after[1..], before[..]);
    let unique: HashSet<_> = after.iter().collect();
    assert_eq!(unique.len(), after.len());
}

#[test]
fn every_line_stands_in_exactly_one_block_and_tickets_in_the_one_they_name() {
    let markdown = "\u{feff}---\ntags: x\n---\r\nFirst.\r\n\r\nTitle\r\n=====\r\n\r\n## Tasks\r\n\r\n- [ ] Write it down\r\n\r\n<details>\r\n\r\n- [ ] Read it\r\n\r\n</details>\r\n";
    let document = scope(markdown);
    assert_eq!(titles(&document), ["Write it down", "Read it"]);
    for (number, line) in (1_u32..).zip(markdown.lines()) {
        let holders = document
            .blocks
            .iter()
            .filter(|block| (block.start_line..=block.end_line).contains(&number))
            .count();
        let blank = line.trim().is_empty();
        assert!(
            holders == 1 || blank && holders == 0,
            "line {number} stands in {holders} blocks"
        );
    }
    for ticket in &document.tickets {
        let block = &document.blocks[ticket.block];
        assert!((block.start_line..=block.end_line).contains(&ticket.source_line));
    }
}

#[test]
fn hostile_markdown_is_only_text() {
    let deep_list: String = (0..100)
        .map(|depth| format!("{}- [ ] item {depth}\n", "  ".repeat(depth)))
        .collect();
    let rows: String = (0..500)
        .map(|row| format!("| FR-{row} | Do thing {row} | High |\n"))
        .collect();
    let table =
        format!("## Requirements\n\n| ID | Requirement | Priority |\n|---|---|---|\n{rows}");
    for text in [
        deep_list,
        "> ".repeat(100) + "quote",
        "[".repeat(20_000),
        "**".repeat(20_000),
        "|".repeat(20_000),
        "\0".repeat(1_000),
    ] {
        scope(&text);
    }
    assert_eq!(scope(&table).tickets.len(), 500);
    assert_eq!(
        scope("## Tasks\n- [ ] \u{202e}مرحبا بالعالم 👩‍👩‍👧‍👦 كله\n")
            .tickets
            .len(),
        1
    );
}
