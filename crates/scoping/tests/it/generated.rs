//! Documents made of sections that share no word, so that none is a twin of another.

use proptest::prelude::*;

/// What a section is, and the number that makes its words its own.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    pub(crate) items: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stories,
    Requirements,
    Boxes,
    Table,
    Features,
    Goals,
    Prose,
    Release,
    Proposal,
    Actions,
}

const KINDS: &[Kind] = &[
    Kind::Stories,
    Kind::Requirements,
    Kind::Boxes,
    Kind::Table,
    Kind::Features,
    Kind::Goals,
    Kind::Prose,
    Kind::Release,
    Kind::Proposal,
    Kind::Actions,
];

/// One to six sections.
pub(crate) fn sections() -> impl Strategy<Value = Vec<Section>> {
    let section =
        (prop::sample::select(KINDS), 1_usize..5).prop_map(|(kind, items)| Section { kind, items });
    prop::collection::vec(section, 1..7)
}

/// A word that only this place of this document uses.
fn word(section: usize, item: usize) -> String {
    const PARTS: &[&str] = &[
        "bar", "ket", "lum", "nov", "pir", "sol", "tam", "vek", "wid", "zon",
    ];
    let part = |number: usize| PARTS[number % PARTS.len()];
    format!(
        "{}{}{}",
        part(section),
        part(item),
        part(section / 10 + 3 * item + 1)
    )
}

impl Section {
    /// Its Markdown; `number` tells it from the other sections of the document.
    pub(crate) fn markdown(&self, number: usize) -> String {
        let name = word(number, 7);
        let items = 0..self.items;
        let lines = |line: &dyn Fn(usize) -> String| items.clone().map(line).collect::<String>();
        match self.kind {
            Kind::Stories => format!(
                "## User stories {name}\n\n{}",
                lines(&|item| {
                    let word = word(number, item);
                    format!(
                        "### Show the {word}\n\nAs a clerk I want to see the {word} so that I can plan.\n\n**Acceptance criteria**\n\n- The {word} opens\n- The {word} closes\n\n"
                    )
                })
            ),
            Kind::Requirements => format!(
                "## Requirements {name}\n\n{}\n",
                lines(&|item| format!("- The {} must be stored\n", word(number, item)))
            ),
            Kind::Boxes => format!(
                "## Tasks {name}\n\n{}\n",
                lines(&|item| format!("- [ ] Build the {}\n", word(number, item)))
            ),
            Kind::Table => format!(
                "## Part {name}\n\n| ID | Requirement | Priority |\n|---|---|---|\n{}\n",
                lines(&|item| format!(
                    "| RQ-{number}{item} | Print the {} | High |\n",
                    word(number, item)
                ))
            ),
            Kind::Features => format!(
                "## Features {name}\n\n{}",
                lines(&|item| format!(
                    "### The {} view\n\nIt lists what is there.\n\n- Sorted by name\n\n",
                    word(number, item)
                ))
            ),
            Kind::Goals => format!(
                "## Goals\n\n{}\n",
                lines(&|item| format!("- Grow the {} by 20 percent\n", word(number, item)))
            ),
            Kind::Prose => format!(
                "## Story of {name}\n\nPeople had a {} once, and liked it.\n\n",
                word(number, 0)
            ),
            Kind::Release => format!(
                "## Release {}\n\nThe {name} comes first.\n\n{}\n",
                number + 1,
                lines(&|item| format!("- Ship the {}\n", word(number, item)))
            ),
            Kind::Proposal => format!(
                "## Proposal {name}\n\n{}",
                lines(&|item| format!(
                    "### Replace the {}\n\nThe old one is slow. The new {0} will be fast.\n\n",
                    word(number, item)
                ))
            ),
            Kind::Actions => format!(
                "## Action items\n\n{}\n",
                lines(&|item| format!("- Order the {} - Kim\n", word(number, item)))
            ),
        }
    }
}

/// A document of these sections under a title.
pub(crate) fn document(sections: &[Section]) -> String {
    let bodies = (1..)
        .zip(sections)
        .map(|(number, section)| section.markdown(number));
    format!("# Desk\n\n{}", bodies.collect::<String>())
}
