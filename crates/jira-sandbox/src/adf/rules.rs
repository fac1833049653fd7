//! Which attributes and children each node has.

use super::attrs::{self, Attr};

/// What stands inside a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    None,
    Of {
        children: &'static [&'static str],
        least: usize,
        optional: bool,
    },
}

/// The shape of one node type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) attrs: &'static [Attr],
    /// Whether `attrs` must stand there although none in it is required.
    pub(super) attrs_needed: bool,
    pub(super) content: Content,
    /// Whether the key `marks` may stand there.
    pub(super) marks: bool,
}

const fn leaf(attrs: &'static [Attr]) -> Rule {
    Rule {
        attrs,
        attrs_needed: false,
        content: Content::None,
        marks: false,
    }
}

const fn filled(attrs: &'static [Attr], children: &'static [&'static str], least: usize) -> Rule {
    let content = Content::Of {
        children,
        least,
        optional: false,
    };
    Rule {
        attrs,
        attrs_needed: false,
        content,
        marks: false,
    }
}

const fn inline(attrs: &'static [Attr]) -> Rule {
    let content = Content::Of {
        children: INLINE,
        least: 0,
        optional: true,
    };
    Rule {
        attrs,
        attrs_needed: false,
        content,
        marks: false,
    }
}

const fn marked(rule: Rule) -> Rule {
    Rule {
        marks: true,
        ..rule
    }
}

const fn code() -> Rule {
    let content = Content::Of {
        children: &["text"],
        least: 0,
        optional: true,
    };
    Rule {
        attrs: attrs::CODE_BLOCK,
        attrs_needed: false,
        content,
        marks: false,
    }
}

const INLINE: &[&str] = &[
    "text",
    "hardBreak",
    "inlineCard",
    "mention",
    "emoji",
    "date",
    "status",
];
const TOP: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "codeBlock",
    "blockquote",
    "rule",
    "panel",
    "table",
    "expand",
    "mediaSingle",
    "mediaGroup",
    "blockCard",
    "embedCard",
    "decisionList",
];
const IN_EXPAND: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "codeBlock",
    "blockquote",
    "rule",
    "panel",
    "table",
    "nestedExpand",
    "mediaSingle",
    "mediaGroup",
    "blockCard",
    "embedCard",
    "decisionList",
];
const IN_NESTED_EXPAND: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "codeBlock",
    "blockquote",
    "rule",
    "panel",
    "mediaSingle",
    "mediaGroup",
    "decisionList",
];
const IN_CELL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "codeBlock",
    "blockquote",
    "rule",
    "panel",
    "nestedExpand",
    "mediaSingle",
    "mediaGroup",
    "blockCard",
    "embedCard",
    "decisionList",
];
const IN_PANEL: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "taskList",
    "codeBlock",
    "rule",
    "mediaSingle",
    "mediaGroup",
    "blockCard",
    "decisionList",
];
const IN_ITEM: &[&str] = &[
    "paragraph",
    "bulletList",
    "orderedList",
    "taskList",
    "codeBlock",
    "mediaSingle",
];
const IN_QUOTE: &[&str] = &[
    "paragraph",
    "bulletList",
    "orderedList",
    "codeBlock",
    "mediaSingle",
    "mediaGroup",
];

/// Gives the shape of a node type, or none for a type that is not accepted.
pub(super) fn rule(kind: &str) -> Option<Rule> {
    let rule = match kind {
        "doc" => filled(&[], TOP, 0),
        "paragraph" => marked(inline(attrs::ONLY_LOCAL_ID)),
        "heading" => marked(inline(attrs::HEADING)),
        "bulletList" => filled(attrs::ONLY_LOCAL_ID, &["listItem"], 1),
        "orderedList" => filled(attrs::ORDERED, &["listItem"], 1),
        "listItem" => filled(attrs::ONLY_LOCAL_ID, IN_ITEM, 1),
        "taskList" => filled(attrs::WITH_LOCAL_ID, &["taskItem", "taskList"], 1),
        "taskItem" => inline(attrs::TASK),
        "decisionList" => filled(attrs::WITH_LOCAL_ID, &["decisionItem"], 1),
        "decisionItem" => inline(attrs::DECISION),
        "codeBlock" => marked(code()),
        "blockquote" => filled(attrs::ONLY_LOCAL_ID, IN_QUOTE, 1),
        "rule" => leaf(attrs::ONLY_LOCAL_ID),
        "panel" => filled(attrs::PANEL, IN_PANEL, 1),
        "table" => marked(filled(attrs::TABLE, &["tableRow"], 1)),
        "tableRow" => filled(attrs::ONLY_LOCAL_ID, &["tableCell", "tableHeader"], 0),
        "tableCell" | "tableHeader" => filled(attrs::CELL, IN_CELL, 1),
        "expand" => marked(filled(attrs::EXPAND, IN_EXPAND, 1)),
        "nestedExpand" => {
            let rule = marked(filled(attrs::EXPAND, IN_NESTED_EXPAND, 1));
            Rule {
                attrs_needed: true,
                ..rule
            }
        }
        _ => return media_or_inline(kind),
    };
    Some(rule)
}

fn media_or_inline(kind: &str) -> Option<Rule> {
    let rule = match kind {
        "mediaSingle" => marked(filled(attrs::MEDIA_SINGLE, &["media", "caption"], 1)),
        "mediaGroup" => filled(&[], &["media"], 1),
        "media" => marked(leaf(attrs::EXTERNAL_MEDIA)),
        "caption" => inline(attrs::ONLY_LOCAL_ID),
        "blockCard" | "inlineCard" => Rule {
            attrs_needed: true,
            ..leaf(attrs::ONLY_LOCAL_ID)
        },
        "embedCard" => leaf(attrs::EMBED),
        "text" => marked(leaf(&[])),
        "hardBreak" => leaf(attrs::HARD_BREAK),
        "mention" => leaf(attrs::MENTION),
        "emoji" => leaf(attrs::EMOJI),
        "date" => leaf(attrs::DATE),
        "status" => leaf(attrs::STATUS),
        _ => return None,
    };
    Some(rule)
}
