//! Fields: `**Priority:** High · **Owner:** Kim`, `Depends on: US-2`.

use crate::lexicon::{Meaning, Meanings, lexicon};
use crate::outline::Line;
use crate::text::{normal, squeeze};

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) means: Meanings,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The longest name of a field, in bytes.
const MAX_NAME: usize = 40;

/// The meanings that make a name that of a field.
pub(crate) const FIELDS: &[Meaning] = &[
    Meaning::FieldId,
    Meaning::FieldPriority,
    Meaning::FieldStatus,
    Meaning::FieldOwner,
    Meaning::FieldTeam,
    Meaning::FieldDue,
    Meaning::FieldEffort,
    Meaning::FieldDepends,
    Meaning::FieldLabels,
    Meaning::FieldType,
];

/// The fields of a line; several stand apart by ` · `, ` | ` or ` — `.
pub(crate) fn of_line(line: &Line) -> Vec<Field> {
    let parts = line.plain.split([' ', '\t']).collect::<Vec<_>>().join(" ");
    let pieces: Vec<&str> = parts.split(['·', '|', '•']).collect();
    pieces.into_iter().filter_map(field).collect()
}

/// "owner: Ida", "depends on T003": one field, with or without a colon; priority and effort are read elsewhere.
pub(crate) fn named(text: &str) -> Option<Field> {
    let wanted = &[
        Meaning::FieldOwner,
        Meaning::FieldDue,
        Meaning::FieldDepends,
        Meaning::FieldLabels,
    ];
    if let Some(field) = field(text) {
        return field.means.any(wanted).then_some(field);
    }
    let words = normal(text);
    if let Some(name) = text.strip_prefix('@').filter(|_| !words.contains(' ')) {
        return Some(Field {
            means: lexicon().meaning("owner"),
            name: String::new(),
            value: name.to_owned(),
        });
    }
    let hit = lexicon()
        .find(&words)
        .into_iter()
        .filter(|hit| hit.at == 0 && hit.means.any(&[Meaning::FieldDepends, Meaning::FieldDue]))
        .max_by_key(|hit| hit.len)?;
    let value = crate::text::word_spans(text)
        .get(hit.len)
        .and_then(|span| text.get(span.start..))?;
    let says_it = if hit.means.has(Meaning::FieldDue) {
        super::values::date(value).is_some()
    } else {
        value.chars().any(|c| c.is_ascii_digit())
    };
    says_it.then(|| Field {
        means: hit.means,
        name: String::new(),
        value: squeeze(value),
    })
}

fn field(text: &str) -> Option<Field> {
    let text = text.trim().trim_start_matches(['-', '*', '_', ' ']);
    let at = text.find([':', '：']).filter(|at| *at <= MAX_NAME)?;
    let name = text.get(..at)?.trim().trim_matches(['*', '_']);
    let value = text
        .get(at..)?
        .trim_start_matches([':', '：'])
        .trim()
        .trim_matches(['*', '_'])
        .trim();
    let means = lexicon().meaning(&normal(name));
    means.any(FIELDS).then(|| Field {
        means,
        name: name.to_owned(),
        value: squeeze(value),
    })
}
