//! The attributes of nodes and marks.

use serde_json::Value;

/// What an attribute's value may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Filled,
    Number,
    /// A number between two bounds, both included.
    Between(f64, f64),
    Flag,
    OneOf(&'static [&'static str]),
    /// `#rrggbb`.
    Colour,
    Numbers,
}

impl Kind {
    pub(super) fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Filled => value.as_str().is_some_and(|text| !text.is_empty()),
            Self::Number => value.is_number(),
            Self::Between(low, high) => value
                .as_f64()
                .is_some_and(|number| (low..=high).contains(&number)),
            Self::Flag => value.is_boolean(),
            Self::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Colour => value.as_str().is_some_and(is_colour),
            Self::Numbers => value
                .as_array()
                .is_some_and(|numbers| numbers.iter().all(Value::is_number)),
        }
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// One attribute of a node or mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attr {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

const fn may(name: &'static str, kind: Kind) -> Attr {
    Attr {
        name,
        kind,
        required: false,
    }
}

const fn must(name: &'static str, kind: Kind) -> Attr {
    Attr {
        name,
        kind,
        required: true,
    }
}

const LOCAL_ID: Attr = may("localId", Kind::Text);
pub(super) const ONLY_LOCAL_ID: &[Attr] = &[LOCAL_ID];
pub(super) const WITH_LOCAL_ID: &[Attr] = &[must("localId", Kind::Text)];
const LAYOUTS: &[&str] = &[
    "wide",
    "full-width",
    "center",
    "wrap-right",
    "wrap-left",
    "align-end",
    "align-start",
];
const TABLE_LAYOUTS: &[&str] = &[
    "wide",
    "full-width",
    "center",
    "align-end",
    "align-start",
    "default",
];
const PANELS: &[&str] = &[
    "info", "note", "tip", "warning", "error", "success", "custom",
];

pub(super) const EXTERNAL_MEDIA: &[Attr] = &[
    must("type", Kind::OneOf(&["external"])),
    must("url", Kind::Text),
    may("alt", Kind::Text),
    may("height", Kind::Number),
    may("width", Kind::Number),
    LOCAL_ID,
];
pub(super) const STORED_MEDIA: &[Attr] = &[
    must("type", Kind::OneOf(&["link", "file"])),
    must("id", Kind::Filled),
    must("collection", Kind::Text),
    may("alt", Kind::Text),
    may("height", Kind::Number),
    may("width", Kind::Number),
    may("occurrenceKey", Kind::Filled),
    LOCAL_ID,
];
pub(super) const MEDIA_SINGLE: &[Attr] = &[
    must("layout", Kind::OneOf(LAYOUTS)),
    may("width", Kind::Between(0.0, 10_000.0)),
    may("widthType", Kind::OneOf(&["percentage", "pixel"])),
    LOCAL_ID,
];
pub(super) const CELL: &[Attr] = &[
    may("colspan", Kind::Number),
    may("rowspan", Kind::Number),
    may("colwidth", Kind::Numbers),
    may("background", Kind::Text),
    may("valign", Kind::OneOf(&["top", "middle", "bottom"])),
    LOCAL_ID,
];
pub(super) const CODE_BLOCK: &[Attr] = &[
    may("language", Kind::Text),
    may("uniqueId", Kind::Text),
    may("wrap", Kind::Flag),
    may("hideLineNumbers", Kind::Flag),
    LOCAL_ID,
];
pub(super) const PANEL: &[Attr] = &[
    must("panelType", Kind::OneOf(PANELS)),
    may("panelIcon", Kind::Text),
    may("panelIconId", Kind::Text),
    may("panelIconText", Kind::Text),
    may("panelColor", Kind::Text),
    LOCAL_ID,
];
pub(super) const TABLE: &[Attr] = &[
    may("displayMode", Kind::OneOf(&["default", "fixed"])),
    may("isNumberColumnEnabled", Kind::Flag),
    may("layout", Kind::OneOf(TABLE_LAYOUTS)),
    may("localId", Kind::Filled),
    may("width", Kind::Number),
];
pub(super) const EMBED: &[Attr] = &[
    must("url", Kind::Text),
    must("layout", Kind::OneOf(LAYOUTS)),
    may("width", Kind::Between(0.0, 100.0)),
    may("originalHeight", Kind::Number),
    may("originalWidth", Kind::Number),
    LOCAL_ID,
];
pub(super) const MENTION: &[Attr] = &[
    must("id", Kind::Text),
    may("text", Kind::Text),
    may("accessLevel", Kind::Text),
    may("userType", Kind::OneOf(&["DEFAULT", "SPECIAL", "APP"])),
    LOCAL_ID,
];
pub(super) const EMOJI: &[Attr] = &[
    must("shortName", Kind::Text),
    may("id", Kind::Text),
    may("text", Kind::Text),
    LOCAL_ID,
];
const STATUS_COLOURS: &[&str] = &["neutral", "purple", "blue", "red", "yellow", "green"];
pub(super) const STATUS: &[Attr] = &[
    must("text", Kind::Filled),
    must("color", Kind::OneOf(STATUS_COLOURS)),
    may("style", Kind::Text),
    LOCAL_ID,
];
pub(super) const HEADING: &[Attr] = &[must("level", Kind::Between(1.0, 6.0)), LOCAL_ID];
pub(super) const ORDERED: &[Attr] = &[may("order", Kind::Between(0.0, f64::MAX)), LOCAL_ID];
pub(super) const TASK: &[Attr] = &[
    must("localId", Kind::Text),
    must("state", Kind::OneOf(&["TODO", "DONE"])),
];
pub(super) const DECISION: &[Attr] = &[must("localId", Kind::Text), must("state", Kind::Text)];
pub(super) const EXPAND: &[Attr] = &[may("title", Kind::Text), LOCAL_ID];
pub(super) const HARD_BREAK: &[Attr] = &[may("text", Kind::OneOf(&["\n"])), LOCAL_ID];
pub(super) const DATE: &[Attr] = &[must("timestamp", Kind::Filled), LOCAL_ID];

const LINK: &[Attr] = &[
    must("href", Kind::Text),
    may("title", Kind::Text),
    may("id", Kind::Text),
    may("collection", Kind::Text),
    may("occurrenceKey", Kind::Text),
];
const SUBSUP: &[Attr] = &[must("type", Kind::OneOf(&["sub", "sup"]))];
const COLOUR: &[Attr] = &[must("color", Kind::Colour)];
const ANNOTATION: &[Attr] = &[
    must("id", Kind::Text),
    must("annotationType", Kind::OneOf(&["inlineComment"])),
];
const ALIGNMENT: &[Attr] = &[must("align", Kind::OneOf(&["center", "end"]))];
const INDENTATION: &[Attr] = &[must("level", Kind::Between(1.0, 6.0))];
const FONT_SIZE: &[Attr] = &[must("fontSize", Kind::OneOf(&["small"]))];
const BREAKOUT: &[Attr] = &[
    must("mode", Kind::OneOf(&["wide", "full-width"])),
    may("width", Kind::Number),
];
const FRAGMENT: &[Attr] = &[must("localId", Kind::Filled), may("name", Kind::Text)];
const BORDER: &[Attr] = &[
    must("size", Kind::Between(1.0, 3.0)),
    must("color", Kind::Colour),
];

/// Gives the attributes of a mark, or none for a mark that is not accepted.
pub(super) fn of_mark(kind: &str) -> Option<&'static [Attr]> {
    let attrs = match kind {
        "strong" | "em" | "strike" | "underline" | "code" => &[],
        "link" => LINK,
        "subsup" => SUBSUP,
        "textColor" | "backgroundColor" => COLOUR,
        "annotation" => ANNOTATION,
        "alignment" => ALIGNMENT,
        "indentation" => INDENTATION,
        "fontSize" => FONT_SIZE,
        "breakout" => BREAKOUT,
        "border" => BORDER,
        "fragment" => FRAGMENT,
        _ => return None,
    };
    Some(attrs)
}
