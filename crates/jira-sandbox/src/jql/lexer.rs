//! JQL's words and signs.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use super::words;

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

    /// Gives the text of a word that is no keyword, or of one in quotation marks.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Word(text) => (!words::is_keyword(text)).then_some(text),
            Self::Quoted(text) => Some(text),
            Self::Sign(_) => None,
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Quoted(text) => text,
            Self::Sign(sign) => sign,
        }
    }
}

/// Where in a query something stands, both counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    character: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(line {}, character {})", self.line, self.character)
    }
}

/// A token and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) place: Place,
}

/// Cuts a query into tokens; the error is Jira's text.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, String> {
    let mut tokens = Vec::new();
    let mut rest = Rest::new(text);
    while let Some(next) = rest.peek() {
        if next.is_whitespace() {
            rest.next();
            continue;
        }
        let place = rest.place;
        let token = match next {
            '"' | '\'' => rest.quoted(next)?,
            '=' | '!' | '~' | '<' | '>' | '(' | ')' | ',' => rest.sign(next),
            '&' | '|' => rest.doubled(next),
            _ => rest.word()?,
        };
        tokens.push(Placed { token, place });
    }
    Ok(tokens)
}

/// What is left of a query, and where it begins.
struct Rest<'a> {
    chars: Peekable<Chars<'a>>,
    place: Place,
}

impl<'a> Rest<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            chars: text.chars().peekable(),
            place: Place {
                line: 1,
                character: 1,
            },
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.chars.next()?;
        if next == '\n' {
            self.place.line += 1;
            self.place.character = 1;
        } else {
            self.place.character += 1;
        }
        Some(next)
    }

    fn next_if(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn quoted(&mut self, mark: char) -> Result<Token, String> {
        let begin = self.place;
        self.next();
        let mut text = String::new();
        while let Some(next) = self.next() {
            match next {
                '\\' => text.extend(self.next()),
                end if end == mark => return Ok(Token::Quoted(text)),
                inside => text.push(inside),
            }
        }
        Err(format!(
            "Error in the JQL Query: The quoted string '{text}' has not been completed. {begin}"
        ))
    }

    fn sign(&mut self, first: char) -> Token {
        self.next();
        Token::Sign(match first {
            '!' if self.next_if('=') => "!=",
            '!' if self.next_if('~') => "!~",
            '<' if self.next_if('=') => "<=",
            '>' if self.next_if('=') => ">=",
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
    fn doubled(&mut self, sign: char) -> Token {
        self.next();
        self.next_if(sign);
        Token::Word(if sign == '&' { "AND" } else { "OR" }.to_owned())
    }

    fn word(&mut self) -> Result<Token, String> {
        let begin = self.place;
        let mut text = String::new();
        let mut in_brackets = false;
        while let Some(next) = self.peek() {
            let ends = next.is_whitespace() || "=!~<>(),&|\"'".contains(next);
            if ends && !in_brackets {
                break;
            }
            if words::is_reserved_sign(next) && !in_brackets {
                return Err(format!(
                    "Error in the JQL Query: The character '{next}' is a reserved JQL character. \
                     You must enclose it in a string or use the escape '\\u{:04x}' instead. {}",
                    u32::from(next),
                    self.place
                ));
            }
            in_brackets = next == '[' || (in_brackets && next != ']');
            text.push(next);
            self.next();
        }
        if words::is_reserved(&text) {
            return Err(format!(
                "Error in the JQL Query: '{text}' is a reserved JQL word. You must surround it in \
                 quotation marks to use it in a query. {begin}"
            ));
        }
        Ok(Token::Word(text))
    }
}
