//! The frame of every page.

/// Makes text safe between tags and inside quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Puts a title and a body into a page without outside assets.
pub(super) fn layout(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )
}

const STYLE: &str = "body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
    .columns{display:flex;gap:1rem;align-items:flex-start}\
    .columns>section{flex:1;background:#f1f2f4;padding:.5rem 1rem;border-radius:.5rem}\
    .card{background:#fff;padding:.5rem;margin:.5rem 0;border-radius:.25rem}\
    button{font:inherit;margin:.25rem .25rem 0 0}pre{white-space:pre-wrap}\
    .problem{color:#ae2a19}dt{font-weight:bold}";
