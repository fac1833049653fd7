//! `handoff scope`

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use handoff_domain::document::model::MAX_CONTENT_BYTES;
use handoff_domain::scoping::model::ScopedTicket;
use handoff_domain::ticket::model::{Effort, TicketType};
use handoff_scoping::RuleScoper;
use serde::Serialize;

use super::output::Output;

/// How many characters of a title a table shows.
const TITLE_CHARS: usize = 72;

#[derive(Serialize)]
struct Shown {
    title: String,
    description: String,
    ticket_type: TicketType,
    priority: Option<String>,
    labels: Vec<String>,
    acceptance_criteria: Vec<String>,
    estimated_effort: Option<Effort>,
    source_line: u32,
}

impl From<ScopedTicket> for Shown {
    fn from(ticket: ScopedTicket) -> Self {
        let content = ticket.content;
        Self {
            title: content.title,
            description: content.description,
            ticket_type: content.ticket_type,
            priority: content.priority.map(|priority| priority.to_string()),
            labels: content.labels,
            acceptance_criteria: content.acceptance_criteria,
            estimated_effort: content.estimated_effort,
            source_line: ticket.source_line,
        }
    }
}

/// Prints the tickets that a document calls for.
pub(super) fn run(output: Output, file: &Path) -> Result<()> {
    let (_, text) = read(file)?;
    let scoped = RuleScoper::scope(&text);
    let tickets: Vec<Shown> = scoped.tickets.into_iter().map(Into::into).collect();
    let head = ["LINE", "TYPE", "PRIORITY", "EFFORT", "TITLE"];
    output.list(&tickets, &head, |ticket| {
        vec![
            ticket.source_line.to_string(),
            word(&ticket.ticket_type),
            ticket.priority.clone().unwrap_or_default(),
            ticket
                .estimated_effort
                .as_ref()
                .map(word)
                .unwrap_or_default(),
            shortened(&ticket.title, TITLE_CHARS),
        ]
    })
}

/// The title and the text of a document; its name stands for the title.
fn read(file: &Path) -> Result<(String, String)> {
    let (title, bytes) = if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        ("Document".to_owned(), bytes)
    } else {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let stem = file.file_stem().unwrap_or_default();
        (stem.to_string_lossy().into_owned(), bytes)
    };
    if bytes.len() > MAX_CONTENT_BYTES {
        bail!("a document has at most {MAX_CONTENT_BYTES} bytes");
    }
    let text = String::from_utf8(bytes).context("the document is not UTF-8")?;
    Ok((title, text))
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
