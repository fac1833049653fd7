//! Which marks stand where.

use serde_json::Value;

use super::attrs::of_mark;
use super::fit;

const ON_TEXT: &[&str] = &[
    "strong",
    "em",
    "strike",
    "underline",
    "link",
    "subsup",
    "textColor",
    "backgroundColor",
    "annotation",
];
const ON_CODE: &[&str] = &["code", "link", "annotation"];
const ON_MEDIA: &[&str] = &["link", "annotation", "border"];

/// Tells whether a node of this kind may carry these marks below that parent.
pub(super) fn allowed(marks: Option<&Value>, kind: &str, parent: &str) -> bool {
    let Some(marks) = marks else {
        return true;
    };
    let Some(marks) = marks.as_array() else {
        return false;
    };
    let Some(names) = marks.iter().map(name_of_valid).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let all_in = |set: &[&str]| names.iter().all(|name| set.contains(name));
    names.is_empty() || sets(kind, parent).iter().any(|set| all_in(set))
}

/// Gives the sets of which one must hold all the marks.
fn sets(kind: &str, parent: &str) -> &'static [&'static [&'static str]] {
    let in_cell = matches!(parent, "tableCell" | "tableHeader");
    match kind {
        "text" if parent == "codeBlock" => &[],
        "text" => &[ON_TEXT, ON_CODE],
        "media" => &[ON_MEDIA],
        "mediaSingle" => &[&["link"]],
        "paragraph" if parent == "doc" => {
            &[&["alignment", "fontSize"], &["indentation", "fontSize"]]
        }
        "paragraph" if in_cell => &[&["alignment", "fontSize"]],
        "paragraph" if parent != "blockquote" => &[&["fontSize"]],
        "heading" if parent == "doc" || in_cell => &[&["alignment"], &["indentation"]],
        "table" => &[&["fragment"]],
        "codeBlock" | "expand" if parent == "doc" => &[&["breakout"]],
        _ => &[],
    }
}

/// Gives a mark's name where the mark itself is well formed.
fn name_of_valid(mark: &Value) -> Option<&str> {
    let fields = mark.as_object()?;
    let name = fields.get("type")?.as_str()?;
    let attrs = of_mark(name)?;
    let well_formed = match fields.get("attrs") {
        None => attrs.is_empty(),
        Some(given) => !attrs.is_empty() && fit(given.as_object()?, attrs),
    };
    let known = fields
        .keys()
        .all(|key| matches!(key.as_str(), "type" | "attrs"));
    (well_formed && known).then_some(name)
}
