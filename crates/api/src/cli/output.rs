//! Printing for people or for programs.

use std::io::{self, Write as _};

use anyhow::Result;
use comfy_table::{Table, presets};
use serde::Serialize;

/// Prints text, or JSON where that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints text as it stands.
    pub(super) fn text(self, text: &str) -> Result<()> {
        writeln!(io::stdout().lock(), "{text}")?;
        Ok(())
    }

    /// Prints a value as JSON, or the text that says the same.
    pub(super) fn value(self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        if self.json {
            return self.text(&serde_json::to_string_pretty(value)?);
        }
        self.text(&text())
    }

    /// Prints a list as JSON, or as a table.
    pub(super) fn list<T: Serialize>(
        self,
        items: &[T],
        head: &[&str],
        row: impl Fn(&T) -> Vec<String>,
    ) -> Result<()> {
        if self.json {
            return self.text(&serde_json::to_string_pretty(items)?);
        }
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header(head);
        for item in items {
            table.add_row(row(item));
        }
        self.text(&table.trim_fmt())
    }
}
