//! The little HTML that documents hold: lists, line breaks, bold words.

use std::ops::Range;

/// An item of an HTML list.
#[derive(Debug)]
pub(super) struct HtmlItem {
    pub(super) span: Range<usize>,
    pub(super) plain: String,
    pub(super) bold: usize,
    pub(super) checked: Option<bool>,
}

/// The name of a tag in lower case, with its slash when it closes: `br`, `/b`.
pub(crate) fn tag_name(tag: &str) -> String {
    let inner = tag.trim_start_matches('<');
    let (slash, rest) = inner
        .strip_prefix('/')
        .map_or(("", inner), |rest| ("/", rest));
    let name: String = rest
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    format!("{slash}{}", name.to_ascii_lowercase())
}

/// The items of the lists in a block of HTML; a nested list's items are text of the item around them.
pub(super) fn list_items(source: &str) -> Vec<HtmlItem> {
    let mut items = Vec::new();
    let mut depth = 0_u32;
    let mut open: Option<HtmlItem> = None;
    let mut rest = 0;
    while let Some(at) = source
        .get(rest..)
        .and_then(|text| text.find('<'))
        .map(|at| at + rest)
    {
        let end = source
            .get(at..)
            .and_then(|text| text.find('>'))
            .map_or(source.len(), |len| at + len + 1);
        add_text(open.as_mut(), source.get(rest..at).unwrap_or_default());
        let tag = source.get(at..end).unwrap_or_default();
        match tag_name(tag).as_str() {
            "ul" | "ol" => depth += 1,
            "/ul" | "/ol" => depth = depth.saturating_sub(1),
            "li" if depth <= 1 => {
                close(&mut items, open.take(), at);
                open = Some(HtmlItem {
                    span: end..end,
                    plain: String::new(),
                    bold: 0,
                    checked: None,
                });
            }
            "/li" if depth <= 1 => close(&mut items, open.take(), at),
            "br" | "li" | "p" => add_text(open.as_mut(), " "),
            "input" => {
                if let Some(item) = &mut open {
                    item.checked = Some(tag.contains("checked"));
                }
            }
            "/b" | "/strong" => {
                if let Some(item) = open.as_mut().filter(|item| item.bold == 0) {
                    item.bold = item.plain.len();
                }
            }
            _ => {}
        }
        rest = end;
    }
    close(&mut items, open, source.len());
    items
}

fn add_text(item: Option<&mut HtmlItem>, text: &str) {
    let Some(item) = item else { return };
    let text = unescaped(text);
    if item.plain.is_empty() {
        item.plain.push_str(text.trim_start());
    } else {
        item.plain.push_str(&text);
    }
}

fn close(items: &mut Vec<HtmlItem>, item: Option<HtmlItem>, end: usize) {
    let Some(mut item) = item else { return };
    item.plain = crate::text::squeeze(&item.plain);
    item.bold = item.bold.min(item.plain.len());
    item.span.end = end;
    if !item.plain.is_empty() {
        items.push(item);
    }
}

/// Text with the commonest character references read.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let pairs = [
        ("&nbsp;", " "),
        ("&#x20;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    pairs
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
