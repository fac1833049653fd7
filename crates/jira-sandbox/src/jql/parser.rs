//! JQL's grammar.

use super::lexer::{Placed, Token, tokens};

/// A query as written.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) condition: Option<Condition>,
    pub(super) order: Vec<(String, bool)>,
}

/// A condition as written, before fields and values are looked up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Clause {
        field: String,
        operator: Operator,
        /// The operator as Jira names it in its texts.
        sign: &'static str,
        operands: Vec<Operand>,
    },
}

/// How a clause compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    IsNot,
    Contains,
    ContainsNot,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Operator {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Contains => "~",
            Self::ContainsNot => "!~",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    pub(super) fn is_relational(self) -> bool {
        matches!(
            self,
            Self::Less | Self::AtMost | Self::Greater | Self::AtLeast
        )
    }
}

/// What a clause compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Value(String),
    Empty,
    Function(String, Vec<String>),
}

/// What Jira says of the operators where it misses one.
const OPERATORS: &str = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', \
    'IN', 'NOT IN', 'IS' and 'IS NOT'.";

/// How deep brackets and negations may nest, so that no query exhausts the stack.
const MAX_DEPTH: usize = 100;

/// Parses a query; the error is Jira's text.
pub(super) fn parse(text: &str) -> Result<Parsed, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: tokens.as_slice(),
        depth: 0,
    };
    let starts_with_order = parser.peek().is_none_or(|token| token.is("ORDER"));
    let condition = if starts_with_order {
        None
    } else {
        Some(parser.any()?)
    };
    let order = parser.order()?;
    match parser.peek() {
        None => Ok(Parsed { condition, order }),
        Some(_) => parser.unexpected("either 'OR' or 'AND'", ""),
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.first().map(|placed| &placed.token)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(&first.token)
    }

    fn take_word(&mut self, keyword: &str) -> bool {
        let taken = self.peek().is_some_and(|token| token.is(keyword));
        if taken {
            self.next();
        }
        taken
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let taken = self.peek().is_some_and(|token| token.is_sign(sign));
        if taken {
            self.next();
        }
        taken
    }

    /// Refuses what comes next; `more` says what would do.
    fn unexpected<T>(&self, expected: &str, more: &str) -> Result<T, String> {
        let but = match self.tokens.first() {
            Some(Placed { token, .. }) => format!("but got '{}'", token.text()),
            None => "before the end of the query".to_owned(),
        };
        let place = self.tokens.first().map(|placed| placed.place.to_string());
        let sentences = [
            format!("Error in the JQL Query: Expecting {expected} {but}."),
            more.to_owned(),
            place.unwrap_or_default(),
        ];
        let said = sentences.iter().filter(|sentence| !sentence.is_empty());
        Err(said.map(String::as_str).collect::<Vec<_>>().join(" "))
    }

    /// Refuses what comes next where a value must be.
    fn no_value<T>(&self) -> Result<T, String> {
        let expected = "either a value, list or function";
        let Some(Placed { token, place }) = self.tokens.first() else {
            return self.unexpected(expected, "");
        };
        let got = token.text();
        Err(format!(
            "Error in JQL Query: Expecting {expected} but got '{got}'. You must surround '{got}' \
             in quotation marks to use it as a value. {place}"
        ))
    }

    /// Reads a field's name.
    fn field(&mut self) -> Result<String, String> {
        let Some(name) = self.peek().and_then(Token::name) else {
            return self.unexpected("a field name", "");
        };
        self.next();
        Ok(name.to_owned())
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.take_word("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() > 1 {
            Condition::Any(parts)
        } else {
            Condition::All(parts)
        })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.single()?];
        while self.take_word("AND") {
            parts.push(self.single()?);
        }
        Ok(Condition::All(parts))
    }

    fn single(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("Error in the JQL Query: the query is nested too deeply.".to_owned());
        }
        let condition = if self.take_word("NOT") || self.take_sign("!") {
            Condition::Not(Box::new(self.single()?))
        } else if self.take_sign("(") {
            let inner = self.any()?;
            if !self.take_sign(")") {
                return self.unexpected("')'", "");
            }
            inner
        } else {
            self.clause()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn clause(&mut self) -> Result<Condition, String> {
        let field = self.field()?;
        let (operator, sign, is_list) = self.operator(&field)?;
        let operands = match (is_list, self.peek()) {
            (true, Some(token)) if token.is_sign("(") => self.list()?,
            _ => vec![self.operand()?],
        };
        Ok(Condition::Clause {
            field,
            operator,
            sign,
            operands,
        })
    }

    /// Reads an operator, with its name and whether a list follows it.
    fn operator(&mut self, field: &str) -> Result<(Operator, &'static str, bool), String> {
        let negated = self.take_word("NOT");
        if self.take_word("IN") {
            return Ok(match negated {
                true => (Operator::IsNot, "not in", true),
                false => (Operator::Is, "in", true),
            });
        }
        if self.take_word("IS") {
            let not = self.take_word("NOT");
            return Ok(match not {
                true => (Operator::IsNot, "is not", false),
                false => (Operator::Is, "is", false),
            });
        }
        for word in ["WAS", "CHANGED"] {
            if self.peek().is_some_and(|token| token.is(word)) {
                return Err(format!(
                    "History searches do not support the '{field}' field."
                ));
            }
        }
        let operators = [
            Operator::Is,
            Operator::IsNot,
            Operator::Contains,
            Operator::ContainsNot,
            Operator::AtMost,
            Operator::AtLeast,
            Operator::Less,
            Operator::Greater,
        ];
        match operators
            .into_iter()
            .find(|operator| self.take_sign(operator.sign()))
        {
            Some(operator) if !negated => Ok((operator, operator.sign(), false)),
            _ => self.unexpected("operator", OPERATORS),
        }
    }

    fn list(&mut self) -> Result<Vec<Operand>, String> {
        self.next();
        let mut operands = vec![self.operand()?];
        while self.take_sign(",") {
            operands.push(self.operand()?);
        }
        if !self.take_sign(")") {
            return self.unexpected("',' or ')'", "");
        }
        Ok(operands)
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let Some((token, text)) = self.peek().and_then(|token| Some((token, token.name()?))) else {
            return self.no_value();
        };
        self.next();
        if token.is("EMPTY") || token.is("NULL") {
            return Ok(Operand::Empty);
        }
        if !self.take_sign("(") {
            return Ok(Operand::Value(text.to_owned()));
        }
        let mut arguments = Vec::new();
        while !self.take_sign(")") {
            match self.next() {
                Some(Token::Word(argument) | Token::Quoted(argument)) => {
                    arguments.push(argument.clone());
                    self.take_sign(",");
                }
                _ => return self.unexpected("')'", ""),
            }
        }
        Ok(Operand::Function(text.to_owned(), arguments))
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, String> {
        let mut fields = Vec::new();
        if !self.take_word("ORDER") {
            return Ok(fields);
        }
        if !self.take_word("BY") {
            return self.unexpected("'BY'", "");
        }
        loop {
            let field = self.field()?;
            let descending = self.take_word("DESC");
            if !descending {
                self.take_word("ASC");
            }
            fields.push((field, descending));
            if !self.take_sign(",") {
                return Ok(fields);
            }
        }
    }
}
