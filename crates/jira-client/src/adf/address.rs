//! Which addresses may become links, and how they are written.

/// Returns the address as the `href` of a link, or nothing when it must not become one.
///
/// Only absolute `http`, `https` and `mailto` addresses pass. Characters that no URL may hold are
/// percent-encoded, as a browser does, so that the result needs no quoting anywhere.
pub(super) fn safe_href(address: &str) -> Option<String> {
    let address = address.trim();
    let target = without_prefix(address, "https://")
        .or_else(|| without_prefix(address, "http://"))
        .or_else(|| without_prefix(address, "mailto:"))?;
    let starts_well = |c: char| c.is_alphanumeric() || matches!(c, '[' | '_' | '%' | '+');
    target
        .starts_with(starts_well)
        .then(|| percent_encoded(address))
}

/// Returns the rest of `text` after `prefix`, whose ASCII letters match in either case.
pub(super) fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Returns an address that is no link in a form for reading; embedded data is left out.
pub(super) fn visible_address(address: &str) -> String {
    let address = address.trim();
    match (without_prefix(address, "data:"), address.split_once(',')) {
        (Some(_), Some((media_type, _))) => format!("{media_type},…"),
        _ => address.to_owned(),
    }
}

/// Returns the address with every character that no URL holds percent-encoded.
pub(super) fn percent_encoded(address: &str) -> String {
    let mut encoded = String::with_capacity(address.len());
    for c in address.chars() {
        if is_url_character(c) {
            encoded.push(c);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in c.encode_utf8(&mut bytes).bytes() {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn is_url_character(c: char) -> bool {
    let is_forbidden = matches!(c, '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}');
    !is_forbidden && !c.is_whitespace() && !c.is_control()
}
