//! `handoff scope`

use std::env;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use handoff_domain::document::model::MAX_CONTENT_BYTES;
use handoff_domain::scoping::model::{
    CoverageEntry, LineOutcome, ScopedDependency, ScopedDocument, ScopingNote,
};
use handoff_domain::ticket::model::{Effort, TicketType};
use handoff_scoping::{Limits, RuleScoper};
use serde::Serialize;

use super::output::Output;

/// How many characters of a title a table shows.
const TITLE_CHARS: usize = 80;
/// How wide the column is that says what became of a line, in characters.
const OUTCOME_CHARS: usize = 56;

/// A ticket as `--json` prints it; lines are those of the document, from 1.
#[derive(Serialize)]
struct Shown {
    title: String,
    description: String,
    ticket_type: TicketType,
    priority: Option<String>,
    labels: Vec<String>,
    acceptance_criteria: Vec<String>,
    estimated_effort: Option<Effort>,
    assignee: Option<String>,
    /// `2026-05-10`
    due_on: Option<String>,
    /// The source lines of tickets, and keys of trackers, that must be there first.
    depends_on: Vec<Dependency>,
    source_line: u32,
    source_end_line: u32,
    parent_line: Option<u32>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Dependency {
    Line(u32),
    Key(String),
}

/// What `--json --explain` prints.
#[derive(Serialize)]
struct Explained<'a> {
    tickets: &'a [Shown],
    coverage: &'a [CoverageEntry],
    notes: &'a [ScopingNote],
}

fn shown(document: &ScopedDocument) -> Vec<Shown> {
    let line = |place: usize| document.tickets.get(place).map(|ticket| ticket.source_line);
    let tickets = document.tickets.iter().map(|ticket| {
        let content = ticket.content.clone();
        let depends_on = ticket
            .depends_on
            .iter()
            .filter_map(|dependency| match dependency {
                ScopedDependency::Ticket(place) => line(*place).map(Dependency::Line),
                ScopedDependency::Key(key) => Some(Dependency::Key(key.clone())),
            });
        Shown {
            title: content.title,
            description: content.description,
            ticket_type: content.ticket_type,
            priority: content.priority.map(|priority| priority.to_string()),
            labels: content.labels,
            acceptance_criteria: content.acceptance_criteria,
            estimated_effort: content.estimated_effort,
            assignee: content.assignee,
            due_on: content.due_on.map(|date| date.to_string()),
            depends_on: depends_on.collect(),
            source_line: ticket.source_line,
            source_end_line: ticket.source_end_line,
            parent_line: ticket.parent.and_then(line),
        }
    });
    tickets.collect()
}

/// Prints the tickets that a document calls for, or what became of each of its lines.
pub(super) fn run(output: Output, file: &Path, explain: bool) -> Result<()> {
    let text = read(file)?;
    let document = RuleScoper::new(Limits::default()).scope(&text)?;
    let tickets = shown(&document);
    if explain {
        let explained = Explained {
            tickets: &tickets,
            coverage: &document.coverage,
            notes: &document.notes,
        };
        output.value(&explained, || explanation(&text, &document, is_coloured()))?;
    } else {
        table(output, &tickets)?;
    }
    for note in &document.notes {
        writeln!(io::stderr(), "note: {}", note.message)?;
    }
    Ok(())
}

fn table(output: Output, tickets: &[Shown]) -> Result<()> {
    let head = ["LINE", "TYPE", "PRIORITY", "EFFORT", "TITLE"];
    output.list(tickets, &head, |ticket| {
        let mark = if ticket.parent_line.is_some() {
            "↳ "
        } else {
            ""
        };
        vec![
            ticket.source_line.to_string(),
            word(&ticket.ticket_type),
            ticket.priority.clone().unwrap_or_default(),
            ticket
                .estimated_effort
                .as_ref()
                .map(word)
                .unwrap_or_default(),
            format!("{mark}{}", shortened(&ticket.title, TITLE_CHARS)),
        ]
    })
}

/// The text of a document, from a file or, for `-`, from standard input.
fn read(file: &Path) -> Result<String> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        let most = u64::try_from(MAX_CONTENT_BYTES)?.saturating_add(1);
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
        bytes
    } else {
        fs::read(file).with_context(|| format!("cannot read {}", file.display()))?
    };
    if bytes.len() > MAX_CONTENT_BYTES {
        bail!("a document has at most {MAX_CONTENT_BYTES} bytes");
    }
    String::from_utf8(bytes).context("the document is not UTF-8")
}

/// Each line of the document with what became of it.
fn explanation(text: &str, document: &ScopedDocument, is_coloured: bool) -> String {
    let mut entries = document.coverage.iter().peekable();
    let mut out = String::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        while entries.next_if(|entry| entry.end_line < number).is_some() {}
        let entry = entries
            .peek()
            .filter(|entry| entry.start_line <= number && !line.trim().is_empty());
        let outcome = entry.map_or_else(String::new, |entry| outcome(document, entry));
        let (begin, end) = match entry.filter(|_| is_coloured) {
            Some(entry) => (colour(entry.outcome), "\u{1b}[0m"),
            None => ("", ""),
        };
        let outcome = shortened(&outcome, OUTCOME_CHARS);
        let row = format!("{number:>5}  {begin}{outcome:<OUTCOME_CHARS$}{end}  {line}");
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

fn outcome(document: &ScopedDocument, entry: &CoverageEntry) -> String {
    let title = entry
        .ticket
        .and_then(|place| document.tickets.get(place))
        .map_or("", |ticket| ticket.content.title.as_str());
    let why = entry.reason.map_or("", |reason| reason.message());
    match entry.outcome {
        LineOutcome::Ticket => format!("ticket: {title}"),
        LineOutcome::Criterion => format!("criterion of: {title}"),
        LineOutcome::Context => "context".to_owned(),
        LineOutcome::NotWork => format!("no work: {why}"),
        LineOutcome::Finished => format!("finished: {why}"),
        LineOutcome::Obligation => "an obligation without a ticket".to_owned(),
    }
}

const fn colour(outcome: LineOutcome) -> &'static str {
    match outcome {
        LineOutcome::Ticket => "\u{1b}[32m",
        LineOutcome::Criterion => "\u{1b}[36m",
        LineOutcome::Context => "\u{1b}[34m",
        LineOutcome::NotWork => "\u{1b}[2m",
        LineOutcome::Finished => "\u{1b}[35m",
        LineOutcome::Obligation => "\u{1b}[33m",
    }
}

/// On a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
fn is_coloured() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A word as it is written on the wire.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// A text that fits into a table.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
