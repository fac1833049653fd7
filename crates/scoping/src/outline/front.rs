//! Front matter: `key: value` lines between `---` at the top of a document.

/// What the front matter of a document says.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrontMatter {
    /// How many bytes it takes.
    pub(crate) bytes: usize,
    /// How many lines it takes.
    pub(crate) lines: u32,
    /// Its labels or tags.
    pub(crate) labels: Vec<String>,
}

const MAX_LINES: usize = 200;

pub(super) fn read(source: &str) -> FrontMatter {
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mark = source.len() - text.len();
    let nothing = FrontMatter {
        bytes: mark,
        ..FrontMatter::default()
    };
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else {
        return nothing;
    };
    let mut bytes = mark + first.len();
    let mut labels = Vec::new();
    let mut key = String::new();
    for (number, line) in (2_u32..).zip(lines.take(MAX_LINES)) {
        bytes += line.len();
        let line = line.trim_end();
        if line == "---" || line == "..." {
            return FrontMatter {
                bytes,
                lines: number,
                labels,
            };
        }
        if let Some(value) = line.trim_start().strip_prefix("- ") {
            take_labels(&key, value, &mut labels);
        } else if let Some((name, value)) = line.split_once(':') {
            name.trim().to_lowercase().clone_into(&mut key);
            take_labels(&key, value, &mut labels);
        } else if !line.trim().is_empty() && !line.starts_with([' ', '\t']) {
            return nothing;
        }
    }
    nothing
}

fn take_labels(key: &str, value: &str, labels: &mut Vec<String>) {
    if !matches!(key, "labels" | "label" | "tags" | "tag") {
        return;
    }
    let value = value.trim().trim_start_matches('[').trim_end_matches(']');
    let words = value
        .split(',')
        .map(|word| word.trim().trim_matches(['"', '\'']));
    labels.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
}
