//! What people see of the demonstration.

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

/// Prints the tickets with key, link, priority and status.
pub(super) fn table(tickets: &[Ticket]) -> Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(["KEY", "TITLE", "PRIORITY", "STATUS", "LINK"]);
    for ticket in tickets.iter().take(MOST_ROWS) {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
        table.add_row([
            or_dash(&ticket.external_key),
            shortened(&ticket.title, TITLE_CHARS),
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
