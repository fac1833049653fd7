//! Secrets that Handoff makes itself.

use std::fmt::Write;

use secrecy::SecretString;

use super::clock::Randomness;

/// Draws 256 random bits and writes them as 64 hexadecimal digits after the prefix.
#[must_use]
pub fn new_secret(randomness: &dyn Randomness, prefix: &str) -> SecretString {
    let mut bytes = [0; 32];
    randomness.fill(&mut bytes);
    let mut text = prefix.to_owned();
    text.push_str(&hex(&bytes));
    SecretString::from(text)
}

/// Writes bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
