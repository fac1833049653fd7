//! Version 2 of the REST API: the same resources, with plain text where version 3 has documents.

use serde_json::Value;

use crate::adf;
use crate::errors::Problems;
use crate::kit::http::Answer;

/// The fields that hold documents in version 3.
const TEXTS: [&str; 2] = ["description", "environment"];

/// Turns the texts of a written issue into documents.
pub(crate) fn upgrade(details: &mut Value) -> Result<(), Problems> {
    let Some(fields) = details.get_mut("fields").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    for name in TEXTS {
        match fields.get_mut(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => {
                let document = adf::of_text(text);
                fields.insert(name.to_owned(), document);
            }
            Some(_) => return Err(Problems::field(name, "Operation value must be a string")),
        }
    }
    Ok(())
}

/// Turns a JSON answer of version 3 into one of version 2.
pub(crate) fn downgrade(answer: &mut Answer) {
    if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
        downgrade_body(&mut body);
        answer.body = body.to_string().into_bytes();
    }
}

/// Turns documents into texts, and links into those of version 2.
pub(crate) fn downgrade_body(body: &mut Value) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(downgrade_body),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::Object(document)
                        if document.get("type").and_then(Value::as_str) == Some("doc") =>
                    {
                        *value = adf::to_text(value).into();
                    }
                    Value::String(link) if name == "self" => {
                        *link = link.replacen("/rest/api/3/", "/rest/api/2/", 1);
                    }
                    // What apps have stored is theirs and stays as it is.
                    _ if name == "properties" => {}
                    value => downgrade_body(value),
                }
            }
        }
        _ => {}
    }
}
