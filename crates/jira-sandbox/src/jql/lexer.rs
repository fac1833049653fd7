//! JQL's words and signs.

use std::iter::Peekable;
use std::str::Chars;

/// One word or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word.
    Word(String),
    /// A text in quotation marks, which is never a keyword.
    Quoted(String),
    /// `=`, `!=`, `~`, `!~`, `<`, `<=`, `>`, `>=`, `!`, `(`, `)`, `,`.
    Sign(&'static str),
}

impl Token {
    /// Tells whether this is the given keyword, in any case.
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(this) if *this == sign)
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Quoted(text) => text,
            Self::Sign(sign) => sign,
        }
    }
}

/// Cuts a query into tokens; the error is Jira's text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.peek().copied() {
        match next {
            space if space.is_whitespace() => {
                rest.next();
            }
            '"' | '\'' => {
                rest.next();
                tokens.push(quoted(&mut rest, next)?);
            }
            '=' | '!' | '~' | '<' | '>' | '(' | ')' | ',' => {
                rest.next();
                tokens.push(sign(&mut rest, next));
            }
            '&' | '|' => tokens.push(doubled(&mut rest, next)),
            _ => tokens.push(word(&mut rest)),
        }
    }
    Ok(tokens)
}

fn quoted(rest: &mut Peekable<Chars<'_>>, mark: char) -> Result<Token, String> {
    let mut text = String::new();
    while let Some(next) = rest.next() {
        match next {
            '\\' => text.extend(rest.next()),
            end if end == mark => return Ok(Token::Quoted(text)),
            inside => text.push(inside),
        }
    }
    Err(format!(
        "Error in the JQL Query: The quoted string '{text}' has not been completed. (line 1)"
    ))
}

fn sign(rest: &mut Peekable<Chars<'_>>, first: char) -> Token {
    let mut followed_by = |second: char| rest.next_if_eq(&second).is_some();
    Token::Sign(match first {
        '!' if followed_by('=') => "!=",
        '!' if followed_by('~') => "!~",
        '<' if followed_by('=') => "<=",
        '>' if followed_by('=') => ">=",
        '!' => "!",
        '<' => "<",
        '>' => ">",
        '=' => "=",
        '~' => "~",
        '(' => "(",
        ')' => ")",
        _ => ",",
    })
}

/// Reads `&&`, `||` and their single forms as the words they stand for.
fn doubled(rest: &mut Peekable<Chars<'_>>, sign: char) -> Token {
    rest.next();
    rest.next_if_eq(&sign);
    Token::Word(if sign == '&' { "AND" } else { "OR" }.to_owned())
}

fn word(rest: &mut Peekable<Chars<'_>>) -> Token {
    let mut text = String::new();
    let mut in_brackets = false;
    while let Some(next) = rest.peek().copied() {
        let ends = next.is_whitespace() || "=!~<>(),&|\"'".contains(next);
        if ends && !in_brackets {
            break;
        }
        in_brackets = next == '[' || (in_brackets && next != ']');
        text.push(next);
        rest.next();
    }
    Token::Word(text)
}
