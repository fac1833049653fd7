//! Problems of input, collected so that all are told at once.

use std::fmt;

/// One thing that is wrong with the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where: a JSON pointer (RFC 6901) such as `/labels/0`.
    pub pointer: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Everything that is wrong with the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<FieldError>);

impl Problems {
    /// A single problem.
    #[must_use]
    pub fn one(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![FieldError {
            pointer: pointer.into(),
            message: message.into(),
        }])
    }

    /// Adds a problem unless the condition holds.
    pub fn require(&mut self, holds: bool, pointer: impl Into<String>, message: impl Into<String>) {
        if !holds {
            self.0.push(FieldError {
                pointer: pointer.into(),
                message: message.into(),
            });
        }
    }

    /// The value when nothing is wrong.
    ///
    /// # Errors
    /// The problems, when there are any.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// The problems, in the order they were found.
    #[must_use]
    pub fn as_slice(&self) -> &[FieldError] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", problem.pointer, problem.message)?;
        }
        Ok(())
    }
}

/// Folds every run of white space and control characters to one space.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether the text has between `least` and `most` characters.
#[must_use]
pub fn has_chars(text: &str, least: usize, most: usize) -> bool {
    let count = text.chars().take(most.saturating_add(1)).count();
    (least..=most).contains(&count)
}
