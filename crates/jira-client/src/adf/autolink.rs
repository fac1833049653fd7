//! Finds bare addresses in text, as the autolink extension of GFM does.
//!
//! **Source:** GitHub Flavored Markdown Spec 0.29, section 6.9, "Autolinks (extension)".

use std::ops::Range;

use super::address::{safe_href, without_prefix};

/// A bare address: its place in the text and where it leads.
#[derive(Debug, PartialEq)]
pub(super) struct Autolink {
    pub(super) range: Range<usize>,
    pub(super) href: String,
}

/// A host name is at most 253 characters long (RFC 1035, section 2.3.4).
const MAX_HOST: usize = 253;

/// Returns the bare addresses in `text`, in order and without overlap.
pub(super) fn find(text: &str) -> Vec<Autolink> {
    let mut found: Vec<Autolink> = Vec::new();
    let mut end = 0;
    let mut previous = None;
    for (start, c) in text.char_indices() {
        let before = previous.replace(c);
        if start < end {
            continue;
        }
        let link = match c {
            'h' | 'H' | 'w' | 'W' if may_precede(before) => web_address(text, start),
            '@' => mail_address(text, end, start),
            _ => None,
        };
        if let Some(link) = link {
            end = link.range.end;
            found.push(link);
        }
    }
    found
}

fn may_precede(before: Option<char>) -> bool {
    before.is_none_or(|c| c.is_whitespace() || matches!(c, '*' | '_' | '~' | '('))
}

fn web_address(text: &str, start: usize) -> Option<Autolink> {
    let candidate = text.get(start..)?;
    let (target, scheme) = match without_prefix(candidate, "www.") {
        Some(target) => (target, "http://"),
        None => (after_web_scheme(candidate)?, ""),
    };
    // Looking at the whole address only when it begins well keeps repeated beginnings linear.
    if !target.starts_with(char::is_alphanumeric) {
        return None;
    }
    let prefix = candidate.len() - target.len();
    let length = without_trailing_punctuation(candidate.get(..address_length(candidate))?);
    if length <= prefix {
        return None;
    }
    let address = candidate.get(..length)?;
    let href = safe_href(&format!("{scheme}{address}"))?;
    Some(Autolink {
        range: start..start + length,
        href,
    })
}

fn after_web_scheme(address: &str) -> Option<&str> {
    without_prefix(address, "https://").or_else(|| without_prefix(address, "http://"))
}

/// Returns how far an address reaches: to white space or a character that no URL holds.
fn address_length(candidate: &str) -> usize {
    let ends_address = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '<' | '>' | '"' | '`' | '|' | '\\' | '^' | '{' | '}')
            || matches!(c, '“' | '”' | '‘' | '’' | '«' | '»')
            || matches!(c, '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}')
    };
    candidate.find(ends_address).unwrap_or(candidate.len())
}

/// Returns the length of `address` without punctuation that belongs to the sentence around it.
fn without_trailing_punctuation(address: &str) -> usize {
    let opening = address.matches('(').count();
    let mut closing = address.matches(')').count();
    let mut rest = address;
    while let Some(last) = rest.chars().next_back() {
        match last {
            '?' | '!' | '.' | ',' | ':' | ';' | '*' | '_' | '~' | '\'' => {}
            ')' if closing > opening => closing -= 1,
            _ => break,
        }
        rest = rest.strip_suffix(last).unwrap_or_default();
    }
    rest.len()
}

fn mail_address(text: &str, lower_bound: usize, at: usize) -> Option<Autolink> {
    let is_local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let is_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let before = text.get(lower_bound..at)?;
    let start = lower_bound + before.trim_end_matches(is_local).len();
    let after = text.get(at + 1..)?;
    let reach = after.find(|c| !is_domain(c)).unwrap_or(after.len());
    let domain = after.get(..reach)?.trim_end_matches('.');
    let is_domain_name = domain.len() <= MAX_HOST
        && domain.split('.').count() > 1
        && domain.split('.').all(|label| !label.is_empty())
        && !domain.ends_with(['-', '_']);
    if start == at || !is_domain_name {
        return None;
    }
    let range = start..at + 1 + domain.len();
    let href = safe_href(&format!("mailto:{}", text.get(range.clone())?))?;
    Some(Autolink { range, href })
}

#[cfg(test)]
mod tests {
    use super::find;

    fn addresses(text: &str) -> Vec<&str> {
        find(text)
            .into_iter()
            .map(|link| text.get(link.range).unwrap())
            .collect()
    }

    #[test]
    fn text_without_an_address_has_no_links() {
        let texts = [
            "",
            "http://",
            "www.",
            "www. x",
            "xhttp://a.b",
            "a@b",
            "@b.c",
            "a@.b",
            "w@",
        ];
        for text in texts {
            assert_eq!(find(text), [], "{text}");
        }
    }

    #[test]
    fn punctuation_of_the_sentence_is_not_part_of_the_address() {
        assert_eq!(addresses("See https://a.b/c."), ["https://a.b/c"]);
        assert_eq!(addresses("(https://a.b/c_(d)), e"), ["https://a.b/c_(d)"]);
        assert_eq!(addresses("(www.a.b/c?d)!"), ["www.a.b/c?d"]);
        assert_eq!(
            addresses("mail me.you+x@a-b.example.com."),
            ["me.you+x@a-b.example.com"]
        );
        assert_eq!(addresses("https://a.b/c。次"), ["https://a.b/c"]);
    }

    #[test]
    fn bare_hosts_lead_to_http_and_mail_addresses_to_mailto() {
        assert_eq!(find("www.a.b")[0].href, "http://www.a.b");
        assert_eq!(find("a@b.c")[0].href, "mailto:a@b.c");
        assert_eq!(find("HTTP://a.b")[0].href, "HTTP://a.b");
    }
}
