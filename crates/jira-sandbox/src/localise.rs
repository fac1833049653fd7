//! Error texts in the language of the user, of which a client should know nothing.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kit::http::{Answer, Request};

/// The language of the accounts' profiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// Gives the locale that `myself` shows.
    pub(crate) fn locale(self) -> &'static str {
        match self {
            Self::En => "en_US",
            Self::De => "de_DE",
        }
    }

    /// Gives the language of an answer: the profile's, unless headers force another.
    pub(crate) fn of(self, request: &Request) -> Self {
        match request.forced_language.as_deref() {
            Some(forced) if forced.starts_with("de") => Self::De,
            Some(forced) if forced.starts_with("en") => Self::En,
            _ => self,
        }
    }
}

/// Texts with what stands before and after their changing part.
const GERMAN: &[(&str, &str, &str, &str)] = &[
    (
        "You must specify a summary of the issue.",
        "",
        "Sie müssen eine Zusammenfassung des Vorgangs angeben.",
        "",
    ),
    (
        "Summary can't exceed 255 characters.",
        "",
        "Die Zusammenfassung darf höchstens 255 Zeichen lang sein.",
        "",
    ),
    (
        "The summary is invalid because it contains newline characters.",
        "",
        "Die Zusammenfassung ist ungültig, da sie Zeilenumbrüche enthält.",
        "",
    ),
    (
        "The entered text is too long. It exceeds the allowed limit of ",
        " characters.",
        "Der eingegebene Text ist zu lang. Er überschreitet die zulässige Länge von ",
        " Zeichen.",
    ),
    (
        "The label '",
        "' contains spaces which is invalid.",
        "Das Stichwort '",
        "' enthält unzulässige Leerzeichen.",
    ),
    (
        "The label '",
        "' exceeds the maximum length for a single label of 255 characters",
        "Das Stichwort '",
        "' überschreitet die Höchstlänge von 255 Zeichen",
    ),
    (
        "Field '",
        "' cannot be set. It is not on the appropriate screen, or unknown.",
        "Das Feld '",
        "' kann nicht festgelegt werden. Es ist nicht auf der entsprechenden Ansicht oder unbekannt.",
    ),
    (
        "The priority selected is invalid.",
        "",
        "Die ausgewählte Priorität ist ungültig.",
        "",
    ),
    (
        "The issue type selected is invalid.",
        "",
        "Der ausgewählte Vorgangstyp ist ungültig.",
        "",
    ),
    (
        "Issue does not exist or you do not have permission to see it.",
        "",
        "Der Vorgang ist nicht vorhanden, oder Sie haben keine Berechtigung, ihn anzuzeigen.",
        "",
    ),
    (
        "No project could be found with key '",
        "'.",
        "Es wurde kein Projekt mit dem Schlüssel '",
        "' gefunden.",
    ),
    (
        "No project could be found with id '",
        "'.",
        "Es wurde kein Projekt mit der ID '",
        "' gefunden.",
    ),
    (
        "You do not have permission to create issues in the project '",
        "'.",
        "Sie haben keine Berechtigung, Vorgänge im Projekt '",
        "' zu erstellen.",
    ),
    ("", " is required.", "", " ist erforderlich."),
];

/// Puts an answer's error texts into another language; what has no translation stays.
pub(crate) fn translate(answer: &mut Answer, language: Language) {
    if language == Language::En || answer.status < 400 && answer.status != 201 {
        return;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return;
    };
    walk(&mut body, false);
    answer.body = body.to_string().into_bytes();
}

fn walk(value: &mut Value, is_text: bool) {
    match value {
        Value::String(text) if is_text => {
            if let Some(translated) = german(text) {
                *text = translated;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, is_text)),
        Value::Object(members) => {
            for (name, value) in members {
                let texts = matches!(name.as_str(), "errorMessages" | "errors");
                walk(value, is_text || texts);
            }
        }
        _ => {}
    }
}

fn german(text: &str) -> Option<String> {
    GERMAN.iter().find_map(|(start, end, before, after)| {
        let middle = text.strip_prefix(start)?.strip_suffix(end)?;
        let fixed = end.is_empty() && !middle.is_empty();
        (!fixed).then(|| format!("{before}{middle}{after}"))
    })
}
