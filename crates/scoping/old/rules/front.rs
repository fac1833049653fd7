//! YAML front matter: where it ends, and the few plain values a ticket has a place for.

use super::fields::{self, Facts, Field};

/// The front matter of a document.
#[derive(Debug, Default)]
pub(super) struct FrontMatter {
    /// How many bytes it takes, with a byte order mark before it.
    pub bytes: usize,
    /// How many lines it takes.
    pub lines: u32,
    /// What its fields say.
    pub facts: Facts,
}

/// Reads the front matter of a document, if it has any.
pub(super) fn read(source: &str) -> FrontMatter {
    let mark = if source.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let text = source.get(mark..).unwrap_or_default();
    let mut matter = FrontMatter {
        bytes: mark,
        ..FrontMatter::default()
    };
    let mut lines = text.split_inclusive('\n');
    if lines.next().is_none_or(|first| first.trim_end() != "---") {
        return matter;
    }
    let mut bytes = text.find('\n').map_or(text.len(), |at| at + 1);
    let mut count = 1;
    let mut facts = Facts::default();
    let mut list: Option<Field> = None;
    for line in lines {
        bytes += line.len();
        count += 1;
        let end = matches!(line.trim_end(), "---" | "...");
        if end {
            matter.bytes = mark + bytes;
            matter.lines = count;
            matter.facts = facts;
            return matter;
        }
        take(line, &mut facts, &mut list);
    }
    matter
}

fn take(line: &str, facts: &mut Facts, list: &mut Option<Field>) {
    let entry = line.trim();
    if let Some(value) = entry.strip_prefix("- ") {
        if let Some(field) = list {
            facts.take(*field, value.trim_matches(['"', '\'']));
        }
        return;
    }
    let known = entry
        .split_once(':')
        .and_then(|(name, value)| Some((fields::key(name)?, value.trim())));
    *list = known.map(|(field, _)| field);
    if let Some((field, value)) = known.filter(|(_, value)| !value.is_empty()) {
        facts.take(field, value.trim_matches(['"', '\'']));
    }
}
