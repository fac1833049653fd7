//! What custom fields and entity properties hold, and clauses about it.

use serde_json::Value;

use crate::adf;
use crate::json::text_of;
use crate::world::{CustomField, FieldKind, IssueData};

use super::compile::Clause;
use super::eval::{Test, compare, has_words};
use super::parser::{Operand, Operator};

/// Where a value lies that is in no field of Jira's own.
#[derive(Clone, Debug)]
pub(super) enum Held {
    /// In the custom field of this id.
    Custom(String),
    /// In an entity property, behind these names.
    Property { key: String, path: Vec<String> },
}

/// What is wanted of a held value.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// Any value at all.
    Something,
    /// One of these.
    OneOf(Vec<String>),
    /// Every one of these words.
    Words(Vec<String>),
    /// A number that compares so.
    Number(Operator, f64),
}

impl Held {
    /// Reads `issue.property[key].a.b`.
    pub(super) fn property(name: &str) -> Option<Self> {
        let rest = name.strip_prefix("issue.property[")?;
        let (key, path) = rest.split_once(']')?;
        let path = path.split('.').filter(|part| !part.is_empty());
        Some(Self::Property {
            key: key.trim_matches(['"', '\'']).to_owned(),
            path: path.map(str::to_owned).collect(),
        })
    }

    /// Gives every text by which the value is known: an option has a name and an id.
    fn texts(&self, data: &IssueData) -> Vec<String> {
        match self {
            Self::Custom(id) => data.custom.get(id).map_or_else(Vec::new, shown),
            Self::Property { key, path } => {
                let value = data.properties.get(key);
                let value = path
                    .iter()
                    .fold(value, |value, name| value?.get(name.as_str()));
                value.map_or_else(Vec::new, shown)
            }
        }
    }

    pub(super) fn fits(&self, wanted: &Wanted, data: &IssueData) -> bool {
        let texts = self.texts(data);
        match wanted {
            Wanted::Something => !texts.is_empty(),
            Wanted::OneOf(values) => {
                let is_wanted =
                    |text: &String| values.iter().any(|it| it.eq_ignore_ascii_case(text));
                texts.iter().any(is_wanted)
            }
            Wanted::Words(words) => has_words(words, &texts.join("\n")),
            Wanted::Number(operator, number) => {
                let held = texts.first().and_then(|text| text.parse::<f64>().ok());
                held.is_some_and(|held| compare(*operator, &held, number))
            }
        }
    }
}

fn shown(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(shown).collect(),
        Value::Object(object) if object.get("type").is_some_and(|it| it == "doc") => {
            vec![adf::to_text(value)]
        }
        Value::Object(option) if option.contains_key("value") => {
            let known_by = [option.get("value"), option.get("id")];
            known_by.into_iter().flatten().map(text_of).collect()
        }
        value => vec![text_of(value)],
    }
}

impl Clause<'_> {
    /// Finds what the clause asks for in custom fields, or in properties where these may be asked.
    pub(super) fn held(&self) -> Option<Result<Test, String>> {
        if self.reader.asks_properties
            && let Some(held) = Held::property(self.name)
        {
            return Some(self.held_values(held));
        }
        let number = self.name.strip_prefix("cf[")?.strip_suffix(']');
        self.custom_field(number).map(|field| self.custom(field))
    }

    /// Finds a custom field by its name.
    pub(super) fn held_by_name(&self) -> Option<Result<Test, String>> {
        self.custom_field(None).map(|field| self.custom(field))
    }

    fn custom_field(&self, number: Option<&str>) -> Option<&CustomField> {
        let projects = self.reader.site.browsable();
        let mut fields = projects.flat_map(|project| &project.custom_fields);
        fields.find(|field| match number {
            Some(number) => field.id.strip_prefix("customfield_") == Some(number),
            None => field.name.eq_ignore_ascii_case(self.name),
        })
    }

    fn custom(&self, field: &CustomField) -> Result<Test, String> {
        let held = Held::Custom(field.id.clone());
        let is_equality = matches!(self.operator, Operator::Is | Operator::IsNot);
        let is_search = matches!(self.operator, Operator::Contains | Operator::ContainsNot);
        match &field.kind {
            FieldKind::Select(options) if is_equality => {
                for value in self.written_values() {
                    let known = |(id, name): &(String, String)| {
                        id == value || name.eq_ignore_ascii_case(value)
                    };
                    if !options.iter().any(known) {
                        return self.no_value(value);
                    }
                }
                self.held_values(held)
            }
            FieldKind::Number if self.operator.is_relational() => {
                let [Operand::Value(number)] = self.operands else {
                    return self.unsupported();
                };
                let Ok(number) = number.parse() else {
                    return self.no_value(number);
                };
                let wanted = Wanted::Number(self.operator, number);
                Ok(Test::Held { held, wanted })
            }
            FieldKind::Number if is_equality => self.held_values(held),
            FieldKind::Text | FieldKind::Paragraph if is_search => {
                let [Operand::Value(text)] = self.operands else {
                    return self.unsupported();
                };
                let wanted = Wanted::Words(super::compile::words_of(text));
                Ok(self.unless_negated(
                    &held,
                    Test::Held {
                        held: held.clone(),
                        wanted,
                    },
                ))
            }
            // A webhook's filter compares texts too; search only tells whether there is one.
            FieldKind::Text | FieldKind::Paragraph
                if is_equality
                    && (self.reader.asks_properties || self.written_values().next().is_none()) =>
            {
                self.held_values(held)
            }
            _ => self.unsupported(),
        }
    }

    fn written_values(&self) -> impl Iterator<Item = &String> {
        self.operands.iter().filter_map(|operand| match operand {
            Operand::Value(value) => Some(value),
            Operand::Empty | Operand::Function(..) => None,
        })
    }

    fn held_values(&self, held: Held) -> Result<Test, String> {
        if !matches!(self.operator, Operator::Is | Operator::IsNot) {
            return self.unsupported();
        }
        if let Some(Operand::Function(name, _)) = self
            .operands
            .iter()
            .find(|operand| matches!(operand, Operand::Function(..)))
        {
            return Err(format!("Unable to find JQL function '{name}()'."));
        }
        let wanted = Wanted::OneOf(self.written_values().cloned().collect());
        let mut tests = vec![Test::Held {
            held: held.clone(),
            wanted,
        }];
        if self.operands.contains(&Operand::Empty) {
            tests.push(Test::Not(Box::new(something(&held))));
        }
        Ok(self.unless_negated(&held, Test::Any(tests)))
    }

    /// Turns a test round where the operator says so; that never finds issues without a value.
    fn unless_negated(&self, held: &Held, test: Test) -> Test {
        match self.operator {
            Operator::IsNot | Operator::ContainsNot => {
                Test::All(vec![Test::Not(Box::new(test)), something(held)])
            }
            _ => test,
        }
    }
}

fn something(held: &Held) -> Test {
    Test::Held {
        held: held.clone(),
        wanted: Wanted::Something,
    }
}
