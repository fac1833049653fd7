//! What people see of the demonstration.

use std::collections::{HashMap, HashSet};
use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Result;
use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::client::Ticket;
use crate::cli::shortened;

/// How many tickets the table shows.
const MOST_ROWS: usize = 60;
const TITLE_CHARS: usize = 48;

/// Prints a line.
pub(super) fn say(line: String) -> Result<()> {
    writeln!(io::stdout().lock(), "{line}")?;
    Ok(())
}

/// Shows how a push gets on: a bar on a terminal, plain lines elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    total: u64,
    last: Option<u64>,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("pushing {bar:40} {pos}/{len} {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self {
            bar,
            total,
            last: None,
        }
    }

    pub(super) fn at(&mut self, done: u64) -> Result<()> {
        if self.last == Some(done) {
            return Ok(());
        }
        self.last = Some(done);
        match &self.bar {
            Some(bar) => bar.set_position(done),
            None => say(format!("pushing: {done} of {}", self.total))?,
        }
        Ok(())
    }

    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.abandon();
        }
    }
}

/// The tickets in their order, each followed by its children; with how deep each of them stands.
fn families(tickets: &[Ticket]) -> Vec<(usize, &Ticket)> {
    let known: HashSet<&str> = tickets.iter().map(|ticket| ticket.id.as_str()).collect();
    let mut children: HashMap<Option<&str>, Vec<&Ticket>> = HashMap::new();
    for ticket in tickets.iter().rev() {
        let parent = ticket.parent_id.as_deref();
        let parent = parent.filter(|id| known.contains(id));
        children.entry(parent).or_default().push(ticket);
    }
    let roots = children.remove(&None).unwrap_or_default();
    let mut waiting: Vec<(usize, &Ticket)> = roots.into_iter().map(|root| (0, root)).collect();
    let mut placed = Vec::with_capacity(tickets.len());
    while let Some((depth, ticket)) = waiting.pop() {
        placed.push((depth, ticket));
        let own = children.remove(&Some(ticket.id.as_str()));
        waiting.extend(own.into_iter().flatten().map(|child| (depth + 1, child)));
    }
    placed
}

/// Prints the tickets, children below their parents, with key, link, priority and status.
pub(super) fn table(tickets: &[Ticket]) -> Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(["KEY", "TITLE", "PRIORITY", "STATUS", "LINK"]);
    for (depth, ticket) in families(tickets).into_iter().take(MOST_ROWS) {
        let title = format!("{}{}", "  ".repeat(depth), ticket.title);
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
        table.add_row([
            or_dash(&ticket.external_key),
            shortened(&title, TITLE_CHARS),
            or_dash(&ticket.priority),
            ticket
                .external_status
                .clone()
                .unwrap_or_else(|| ticket.status.clone()),
            or_dash(&ticket.external_url),
        ]);
    }
    say(table.trim_fmt())?;
    if tickets.len() > MOST_ROWS {
        say(format!("… and {} more", tickets.len() - MOST_ROWS))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn children_stand_below_their_parents_and_nobody_is_lost() {
        let ticket = |id: &str, parent: Option<&str>| -> Ticket {
            let ticket = json!({"id": id, "parent_id": parent, "title": id, "status": "generated"});
            serde_json::from_value(ticket).unwrap()
        };
        let tickets = [
            ticket("epic", None),
            ticket("other", None),
            ticket("story", Some("epic")),
            ticket("subtask", Some("story")),
            ticket("orphan", Some("elsewhere")),
            ticket("task", Some("epic")),
        ];
        let shown = families(&tickets);
        let shown: Vec<(usize, &str)> = shown
            .iter()
            .map(|(depth, ticket)| (*depth, ticket.id.as_str()))
            .collect();
        let expected = [
            (0, "epic"),
            (1, "story"),
            (2, "subtask"),
            (1, "task"),
            (0, "other"),
            (0, "orphan"),
        ];
        assert_eq!(shown, expected);
    }
}
