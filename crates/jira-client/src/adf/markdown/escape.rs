//! Writes text so that Markdown reads it as text.

/// Where a text stands, which decides what must be escaped.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Setting {
    /// A paragraph, whose lines may begin like a block.
    Paragraph,
    /// A heading, which is one line.
    Line,
    /// A table cell, which is one line and ends at a bar.
    Cell,
}

/// Writes `text` escaped; `at_line_start` says that a block could begin here.
pub(super) fn push_escaped(out: &mut String, text: &str, setting: Setting, at_line_start: bool) {
    let mut rest = text;
    if at_line_start {
        rest = push_line_start(out, rest);
    }
    let mut previous = None;
    let mut characters = rest.char_indices();
    while let Some((offset, c)) = characters.next() {
        let after = characters.as_str();
        match c {
            '\\' if setting == Setting::Cell => out.push_str("&#92;"),
            '\n' | '\r' => out.push(' '),
            '&' if may_begin_entity(after) => out.push_str("\\&"),
            '_' if is_inside_word(previous, after) => out.push('_'),
            '^' if offset == 0 => out.push_str("\\^"),
            '|' if setting == Setting::Cell => out.push_str("\\|"),
            '#' if setting == Setting::Line => out.push_str("\\#"),
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '<' => out.extend(['\\', c]),
            c => out.push(c),
        }
        previous = Some(c);
    }
}

/// Writes the characters that would begin a block, and returns the rest of the text.
fn push_line_start<'a>(out: &mut String, text: &'a str) -> &'a str {
    let Some(first) = text.chars().next() else {
        return text;
    };
    let after_first = text.get(first.len_utf8()..).unwrap_or_default();
    match first {
        // A document may begin with a byte order mark, which readers drop.
        ' ' | '\t' | '\u{FEFF}' => push_entity(out, first),
        '#' | '>' | '-' | '+' | '=' | ':' | '|' => out.extend(['\\', first]),
        '0'..='9' => {
            let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
            let n_digits = text.len() - number.len();
            let Some(end) = number.chars().next().filter(|c| matches!(c, '.' | ')')) else {
                return text;
            };
            out.push_str(text.get(..n_digits).unwrap_or_default());
            out.extend(['\\', end]);
            return number.get(1..).unwrap_or_default();
        }
        _ => return text,
    }
    after_first
}

/// Writes a character as a numeric reference, which Markdown takes for the character and no syntax.
pub(super) fn push_entity(out: &mut String, c: char) {
    out.push_str(&format!("&#{};", u32::from(c)));
}

/// Tells whether an ampersand before `after` could be read as a reference.
pub(super) fn may_begin_entity(after: &str) -> bool {
    // The longest name has 31 characters.
    let name = after.bytes().take(40).take_while(|&byte| byte != b';');
    let length = name.clone().count();
    let is_name = name
        .clone()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
    is_name && length > 0 && after.as_bytes().get(length) == Some(&b';')
}

fn is_inside_word(previous: Option<char>, after: &str) -> bool {
    let next = after.chars().next();
    previous.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
}

/// Writes the address of a link.
pub(super) fn push_destination(out: &mut String, href: &str) {
    let is_bare = !href.is_empty() && !href.contains(['(', ')']);
    out.push_str(if is_bare { "" } else { "<" });
    let mut characters = href.chars();
    while let Some(c) = characters.next() {
        if c == '&' && may_begin_entity(characters.as_str()) {
            out.push('\\');
        }
        out.push(c);
    }
    out.push_str(if is_bare { "" } else { ">" });
}

/// Writes the title of a link.
pub(super) fn push_title(out: &mut String, title: &str) {
    out.push_str(" \"");
    for c in title.chars() {
        match c {
            '"' | '\\' | '&' | '|' | '`' => push_entity(out, c),
            c if c.is_whitespace() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
}
