//! Reading values in the forms they come: ids as text or number, null for absent, times in any zone.

use std::fmt;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use time::format_description::well_known::{Iso8601, Rfc2822};
use time::macros::format_description;

/// Reads an absent or null value as the type's default.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads an id, which is text or a whole number.
pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Scalar).and_then(|id| {
        id.map(Scalar::into_text)
            .ok_or_else(|| D::Error::custom("invalid type: null, expected text or a number"))
    })
}

/// Reads an id that may be missing.
pub(crate) fn id_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = deserializer.deserialize_any(Scalar)?;
    Ok(id.map(Scalar::into_text).unwrap_or_default())
}

/// Reads a whole number that may be missing or written as text.
pub(crate) fn number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    let number = match deserializer.deserialize_any(Scalar)? {
        None => return Ok(None),
        Some(Value::Number(number)) => Some(number),
        Some(Value::Text(text)) => text.trim().parse().ok(),
    };
    let number = number.and_then(|number: i64| T::try_from(number).ok());
    number
        .map(Some)
        .ok_or_else(|| D::Error::custom("invalid value, expected a whole number in range"))
}

/// Reads a time that may be missing: text, or milliseconds since 1970.
pub(crate) fn time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    let time = match deserializer.deserialize_any(Scalar)? {
        None => return Ok(None),
        Some(Value::Number(number)) => from_milliseconds(number),
        Some(Value::Text(text)) => parse_time(&text),
    };
    time.map(Some)
        .ok_or_else(|| D::Error::custom("invalid time"))
}

/// Reads milliseconds since 1970, as Jira counts them.
pub(crate) fn from_milliseconds(number: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(number) * 1_000_000).ok()
}

/// Reads a time stamp: Jira writes `2026-09-27T10:03:11.123+0200`, others `Z`, `+02:00`, `+02` or `GMT`.
pub(crate) fn parse_time(text: &str) -> Option<OffsetDateTime> {
    let jira = format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]][offset_hour sign:mandatory][optional [[offset_minute]]]"
    );
    let text = text.trim();
    OffsetDateTime::parse(text, &jira)
        .or_else(|_| OffsetDateTime::parse(text, &Iso8601::DEFAULT))
        .or_else(|_| OffsetDateTime::parse(text, &Rfc2822))
        .ok()
        .or_else(|| from_milliseconds(text.parse().ok()?))
        .map(|time| time.to_offset(time::UtcOffset::UTC))
}

enum Value {
    Text(String),
    Number(i64),
}

/// Takes text, a whole number or null, and refuses the rest in words that name no value.
struct Scalar;

impl Scalar {
    fn into_text(value: Value) -> String {
        match value {
            Value::Text(text) => text,
            Value::Number(number) => number.to_string(),
        }
    }
}

impl Visitor<'_> for Scalar {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a whole number")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Value::Text(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(Value::Text(text)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Value::Number(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        // Beyond the signed range no arithmetic is wanted, only the digits.
        Ok(Some(i64::try_from(number).map_or_else(
            |_| Value::Text(number.to_string()),
            Value::Number,
        )))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        if number.fract() != 0.0 {
            return Err(E::custom("invalid value, expected a whole number"));
        }
        let text = format!("{number:.0}");
        Ok(Some(text.parse().map_or(Value::Text(text), Value::Number)))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        #[serde(deserialize_with = "id")]
        id: String,
        #[serde(default, deserialize_with = "number")]
        count: Option<u32>,
        #[serde(default, deserialize_with = "time")]
        at: Option<OffsetDateTime>,
    }

    fn row(value: serde_json::Value) -> Result<Row, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn ids_and_numbers_are_read_as_text_and_as_numbers() {
        for value in [
            json!({"id": "7", "count": 3}),
            json!({"id": 7, "count": "3"}),
            json!({"id": 7.0, "count": 3.0}),
        ] {
            let row = row(value).unwrap();
            assert_eq!((row.id.as_str(), row.count), ("7", Some(3)));
        }
        assert_eq!(row(json!({"id": "7", "count": null})).unwrap().count, None);
        let large = row(json!({"id": u64::MAX})).unwrap();
        assert_eq!(large.id, u64::MAX.to_string());
        for refused in [
            json!({"id": null}),
            json!({"id": {}}),
            json!({"id": true}),
            json!({"id": 1, "count": -1}),
            json!({"id": 1, "count": "many"}),
            json!({"id": 1, "count": 1.5}),
            json!({"id": 1, "at": "yesterday"}),
            json!({"id": 1, "at": i64::MAX}),
        ] {
            assert!(row(refused.clone()).is_err(), "{refused}");
        }
    }

    #[test]
    fn time_stamps_are_read_in_the_zones_that_occur() {
        let expected = datetime!(2026-09-27 08:03:11.123 UTC);
        for text in [
            "2026-09-27T10:03:11.123+0200",
            "2026-09-27T10:03:11.123+02:00",
            "2026-09-27T10:03:11.123+02",
            "2026-09-27T08:03:11.123Z",
            "2026-09-27T03:33:11.123-0430",
            "2026-09-27T13:48:11.123+0545",
            "2026-09-27T22:03:11.123+1400",
            "1790496191123",
        ] {
            assert_eq!(parse_time(text), Some(expected), "{text}");
        }
        let second = datetime!(2026-09-27 08:03:11 UTC);
        assert_eq!(parse_time("2026-09-27T10:03:11+0200"), Some(second));
        assert_eq!(parse_time("Sun, 27 Sep 2026 08:03:11 GMT"), Some(second));
        assert_eq!(parse_time("yesterday"), None);
        let row = row(json!({"id": 1, "at": 1_790_496_191_123_i64})).unwrap();
        assert_eq!(row.at, Some(expected));
    }
}
