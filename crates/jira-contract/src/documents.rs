//! Documents wherever they stand in a body.

use jsonschema::Validator;
use serde_json::Value;

/// Gives the faults of every document in a body; what apps store as properties is their own.
pub(crate) fn faults(schema: &Validator, body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(body, "", &mut |document, path| {
        let first = schema.iter_errors(document).next();
        found.extend(first.map(|fault| {
            // The schema's choices make its own text as long as the document.
            format!("the document {path} is invalid at {}", fault.instance_path)
        }));
    });
    found
}

fn collect(value: &Value, path: &str, judge: &mut impl FnMut(&Value, &str)) {
    match value {
        Value::Object(fields) => {
            let is_document = fields.get("type").and_then(Value::as_str) == Some("doc");
            if is_document {
                return judge(value, path);
            }
            for (name, value) in fields.iter().filter(|(name, _)| *name != "properties") {
                collect(value, &format!("{path}/{name}"), judge);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, &format!("{path}/{at}"), judge);
            }
        }
        _ => {}
    }
}

/// Names the fields of written issues that hold a text where version 3 takes a document.
pub(crate) fn texts_in_their_place(body: &Value) -> Vec<String> {
    let elements = body.get("issueUpdates").and_then(Value::as_array);
    let issues = elements.into_iter().flatten().chain([body]);
    let texts = issues.flat_map(|issue| {
        ["description", "environment"].into_iter().filter(|name| {
            issue
                .pointer(&format!("/fields/{name}"))
                .is_some_and(Value::is_string)
        })
    });
    texts
        .map(|name| format!("the field {name} is a text instead of a document"))
        .collect()
}
