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
    let top = format!("<h1>{title}</h1><p><a href=\"/\">Console</a></p>");
    frame(
        &title,
        &top,
        &format!("<div class=\"panel plain\">{body}</div>"),
    )
}

/// Puts a page together whose title and parts are safe already.
pub(super) fn frame(title: &str, top: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/assets/style.css\">\
         </head>\n<body><header class=\"top\">{top}</header>\n<main>{body}</main></body></html>\n"
    )
}
