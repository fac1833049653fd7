//! An answer with its body read, and its decoding.

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;

use super::Route;
use crate::error::{Error, tells_of_an_error};

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) route: Route,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body was read to its end; always so for a success.
    pub(crate) complete: bool,
    /// The version of the access token the request carried.
    pub(crate) token_version: Option<u64>,
}

impl Answer {
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Decodes the JSON body; the error names the place, never the value found there.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if let Some(kind) = self.foreign_content_type() {
            return Err(self.undecodable(".".to_owned(), format!("expected JSON, got {kind}")));
        }
        decode(&self.body).map_err(|(path, reason)| self.undecodable(path, reason))
    }

    /// Takes a success that says nothing of interest; a web page or an error in its place is no success.
    pub(crate) fn without_content(&self) -> Result<(), Error> {
        if self.body.trim_ascii().is_empty() {
            return Ok(());
        }
        if tells_of_an_error(&self.json()?) {
            let reason = "expected a success, got an error".to_owned();
            return Err(self.undecodable(".".to_owned(), reason));
        }
        Ok(())
    }

    fn foreign_content_type(&self) -> Option<&str> {
        let kind = header(&self.headers, CONTENT_TYPE.as_str())?
            .split(';')
            .next()?
            .trim();
        (!kind.is_empty() && !kind.contains("json")).then_some(kind)
    }

    pub(crate) const fn undecodable(&self, path: String, reason: String) -> Error {
        Error::Decode {
            route: self.route,
            status: self.status,
            path,
            reason,
        }
    }
}

/// Returns the text of a header.
pub(crate) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Decodes JSON; fails with the path and a reason free of the document's own text.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, (String, String)> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let (path, reason) = (error.path().to_string(), safe_reason(error.inner()));
        (with_missing_field(path, &reason), reason)
    })?;
    deserializer
        .end()
        .map_err(|error| (".".to_owned(), safe_reason(&error)))?;
    Ok(value)
}

/// Leads a path on to the field whose absence was found at its end.
fn with_missing_field(path: String, reason: &str) -> String {
    let missing = reason.strip_prefix("missing field `");
    match missing.and_then(|rest| rest.split('`').next()) {
        Some(field) if path == "." => field.to_owned(),
        Some(field) => format!("{path}.{field}"),
        None => path,
    }
}

/// Cuts the value found out of a decoding message, which would otherwise quote it.
fn safe_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() {
        let kind = if error.is_eof() {
            "cut short"
        } else {
            "not JSON"
        };
        return format!("{kind} at line {} column {}", error.line(), error.column());
    }
    if text.starts_with("missing field") {
        return text;
    }
    let kind = text
        .split(':')
        .next()
        .filter(|kind| kind.len() < 40)
        .unwrap_or("invalid value");
    let kind = kind.split('`').next().unwrap_or(kind).trim();
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}, expected {expected}"),
        None => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only decoded")]
    struct Holder {
        items: Vec<u64>,
    }

    #[test]
    fn a_decoding_error_names_the_path_and_not_the_value() {
        let (path, reason) =
            decode::<Holder>(br#"{"items":[1,"secret, expected words"]}"#).unwrap_err();
        assert_eq!(path, "items[1]");
        assert!(reason.starts_with("invalid type, expected u64"), "{reason}");
        assert!(!reason.contains("secret"));
    }

    #[test]
    fn truncated_and_trailing_text_are_refused() {
        assert!(
            decode::<Holder>(br#"{"items":[1"#)
                .unwrap_err()
                .1
                .starts_with("cut short")
        );
        assert!(
            decode::<Holder>(br#"{"items":[]} {"#)
                .unwrap_err()
                .1
                .starts_with("not JSON")
        );
        let (path, reason) = decode::<Holder>(b"{}").unwrap_err();
        assert_eq!(path, "items");
        assert!(reason.starts_with("missing field `items`"), "{reason}");
    }
}
