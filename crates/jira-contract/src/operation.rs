//! One operation of the OpenAPI file.

use serde_json::Value;

/// An operation with the place where it is described.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<'a> {
    openapi: &'a Value,
    described: &'a Value,
    method: &'a str,
    template: &'a str,
}

/// What an operation may answer with one status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Where the schema of the body stands; none where there is no body.
    pub(crate) pointer: Option<String>,
    /// Whether the schema says nothing.
    pub(crate) is_empty: bool,
}

impl<'a> Operation<'a> {
    pub(crate) fn find(openapi: &'a Value, method: &str, template: &str) -> Option<Self> {
        let (template, methods) = openapi.get("paths")?.as_object()?.get_key_value(template)?;
        let (method, described) = methods
            .as_object()?
            .get_key_value(&method.to_ascii_lowercase())?;
        Some(Self {
            openapi,
            described,
            method,
            template,
        })
    }

    pub(crate) fn takes_body(&self) -> bool {
        self.described.get("requestBody").is_some()
    }

    pub(crate) fn body_pointer(&self) -> Option<String> {
        self.body_schema()?;
        Some(self.pointer("requestBody/content/application~1json/schema"))
    }

    fn body_schema(&self) -> Option<&'a Value> {
        self.described
            .pointer("/requestBody/content/application~1json/schema")
    }

    fn pointer(&self, rest: &str) -> String {
        let template = self.template.replace('~', "~0").replace('/', "~1");
        // Braces must be escaped in the fragment of a URI.
        let template = template.replace('{', "%7B").replace('}', "%7D");
        format!("/paths/{template}/{}/{rest}", self.method)
    }

    pub(crate) fn answer(&self, status: u16) -> Option<Answer> {
        let answer = self.described.get("responses")?.get(status.to_string())?;
        let schema = answer.pointer("/content/application~1json/schema");
        let place = format!("responses/{status}/content/application~1json/schema");
        Some(Answer {
            pointer: schema.map(|_| self.pointer(&place)),
            is_empty: schema
                .and_then(Value::as_object)
                .is_some_and(serde_json::Map::is_empty),
        })
    }

    pub(crate) fn faults_of_query(&self, query: &[(String, String)]) -> Vec<String> {
        let parameters = self.described.get("parameters").and_then(Value::as_array);
        let in_query = |parameter: &&Value| text(parameter, "in") == "query";
        let described: Vec<_> = parameters.into_iter().flatten().filter(in_query).collect();
        let mut faults = Vec::new();
        for (name, value) in query {
            match described.iter().find(|it| text(it, "name") == name) {
                None => faults.push(format!("the query parameter '{name}' is not described")),
                Some(parameter) => {
                    faults.extend(fault_of_parameter(parameter, name, value));
                }
            }
        }
        let required = described
            .iter()
            .filter(|it| it.get("required") == Some(&Value::Bool(true)));
        for name in required.map(|it| text(it, "name")) {
            if !query.iter().any(|(sent, _)| sent == name) {
                faults.push(format!("the query parameter '{name}' is missing"));
            }
        }
        faults
    }

    /// Names every property of a body, however deep, that its schema does not list.
    pub(crate) fn undescribed_in_body(&self, body: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(schema) = self.body_schema() {
            self.undescribed(schema, body, "", &mut found);
        }
        found
    }

    fn undescribed(&self, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
        let schema = match schema.get("$ref").and_then(Value::as_str) {
            Some(link) => self.openapi.pointer(link.trim_start_matches('#')),
            None => Some(schema),
        };
        let described = schema.and_then(|schema| schema.get("properties"));
        let described = described.and_then(Value::as_object);
        match (value, described) {
            (Value::Object(fields), Some(described)) => {
                for (name, value) in fields {
                    let path = format!("{path}/{name}");
                    match described.get(name) {
                        Some(schema) => self.undescribed(schema, value, &path, found),
                        None => found.push(format!("{path} is not described")),
                    }
                }
            }
            (Value::Array(items), _) => {
                let Some(of_item) = schema.and_then(|schema| schema.get("items")) else {
                    return;
                };
                for (at, item) in items.iter().enumerate() {
                    self.undescribed(of_item, item, &format!("{path}/{at}"), found);
                }
            }
            _ => {}
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn fault_of_parameter(parameter: &Value, name: &str, value: &str) -> Option<String> {
    let schema = parameter.get("schema")?;
    let fits = match text(schema, "type") {
        "array" => {
            let of_item = schema.get("items").unwrap_or(&Value::Null);
            value.split(',').all(|value| fits(of_item, value.trim()))
        }
        _ => fits(schema, value),
    };
    (!fits).then(|| format!("the query parameter '{name}' cannot be '{value}'"))
}

fn fits(schema: &Value, value: &str) -> bool {
    let of_type = match text(schema, "type") {
        "integer" => value.parse::<i64>().is_ok(),
        "boolean" => matches!(value, "true" | "false"),
        _ => true,
    };
    let choices = schema.get("enum").and_then(Value::as_array);
    of_type && choices.is_none_or(|choices| choices.iter().any(|choice| choice == value))
}

/// Says in JSON Schema's words what OpenAPI 3.0 calls nullable, and drops prose.
pub(crate) fn simplify(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(simplify),
        Value::Object(fields) => {
            let nullable = fields.get("nullable") == Some(&Value::Bool(true));
            if let (true, Some(Value::String(only))) = (nullable, fields.get("type").cloned()) {
                fields.insert("type".to_owned(), serde_json::json!([only, "null"]));
            }
            // A property may be called so, but then it is described by an object.
            fields.retain(|name, value| !(value.is_string() && PROSE.contains(&name.as_str())));
            if fields.get("content").is_some_and(Value::is_object) {
                drop_examples(fields);
            }
            fields.values_mut().for_each(simplify);
        }
        _ => {}
    }
}

/// Keys whose texts are for people.
const PROSE: [&str; 4] = ["description", "summary", "example", "title"];

fn drop_examples(answer: &mut serde_json::Map<String, Value>) {
    let kinds = answer.get_mut("content").and_then(Value::as_object_mut);
    for kind in kinds.into_iter().flat_map(|kinds| kinds.values_mut()) {
        if let Some(kind) = kind.as_object_mut() {
            kind.retain(|name, _| !matches!(name.as_str(), "example" | "examples"));
        }
    }
}

/// Takes out the one field that Jira sends and its description leaves out.
pub(crate) fn leave_out_untranslated_names(body: &mut Value) {
    let kinds = body.get_mut("issueTypes").and_then(Value::as_array_mut);
    for kind in kinds.into_iter().flatten() {
        if let Some(fields) = kind.as_object_mut() {
            fields.remove("untranslatedName");
        }
    }
}
