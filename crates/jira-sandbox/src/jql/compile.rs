//! Looking up a query's fields and values on a site.

use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};

use crate::errors::is_number;
use crate::world::{Project, SITE_OFFSET};

use super::Reader;
use super::eval::{Field, Stamp, Test, Text};
use super::parser::{Condition, Operand, Operator};

/// Checks a condition; the error is Jira's text.
pub(super) fn compile(condition: &Condition, reader: Reader<'_>) -> Result<Test, String> {
    let each = |parts: &[Condition]| {
        parts
            .iter()
            .map(|part| compile(part, reader))
            .collect::<Result<Vec<_>, _>>()
    };
    match condition {
        Condition::All(parts) => Ok(Test::All(each(parts)?)),
        Condition::Any(parts) => Ok(Test::Any(each(parts)?)),
        Condition::Not(part) => Ok(Test::Not(Box::new(compile(part, reader)?))),
        Condition::Clause {
            field,
            operator,
            sign,
            operands,
        } => Clause {
            name: field,
            operator: *operator,
            sign,
            operands,
            reader,
        }
        .compile(),
    }
}

/// One clause with whose eyes it is read.
pub(super) struct Clause<'a> {
    pub(super) name: &'a str,
    pub(super) operator: Operator,
    sign: &'static str,
    pub(super) operands: &'a [Operand],
    pub(super) reader: Reader<'a>,
}

impl Clause<'_> {
    fn compile(&self) -> Result<Test, String> {
        if let Some(test) = self.held() {
            return test;
        }
        let field = match self.name.to_ascii_lowercase().as_str() {
            "project" => Field::Project,
            "issuetype" | "type" => Field::IssueType,
            "status" => Field::Status,
            "statuscategory" => Field::StatusCategory,
            "priority" => Field::Priority,
            "labels" => Field::Labels,
            "creator" => Field::Creator,
            "reporter" => Field::Reporter,
            "assignee" => Field::Assignee,
            "parent" => Field::Parent,
            "resolution" => Field::Resolution,
            "key" | "issuekey" | "issue" | "id" => return self.keys(),
            "created" | "createddate" => return self.moment(Stamp::Created),
            "updated" | "updateddate" => return self.moment(Stamp::Updated),
            "resolved" | "resolutiondate" => return self.moment(Stamp::Resolved),
            "due" | "duedate" => return self.moment(Stamp::Due),
            "summary" => return self.words(Text::Summary),
            "description" => return self.words(Text::Description),
            "text" | "textfields" => return self.words(Text::Everywhere),
            _ => {
                let unknown = || {
                    let name = self.name;
                    Err(format!(
                        "Field '{name}' does not exist or you do not have permission to view it."
                    ))
                };
                return self.held_by_name().unwrap_or_else(unknown);
            }
        };
        self.one_of(field)
    }

    pub(super) fn unsupported<T>(&self) -> Result<T, String> {
        let (sign, name) = (self.sign, self.name);
        Err(format!(
            "The operator '{sign}' is not supported by the '{name}' field."
        ))
    }

    pub(super) fn no_value<T>(&self, value: &str) -> Result<T, String> {
        Err(format!(
            "The value '{value}' does not exist for the field '{}'.",
            self.name
        ))
    }

    fn negated_if(&self, test: Test) -> Test {
        if self.operator == Operator::IsNot {
            Test::Not(Box::new(test))
        } else {
            test
        }
    }

    fn one_of(&self, field: Field) -> Result<Test, String> {
        if !matches!(self.operator, Operator::Is | Operator::IsNot) {
            return self.unsupported();
        }
        let mut values = Vec::new();
        let mut empty = false;
        for operand in self.operands {
            match operand {
                Operand::Empty => empty = true,
                Operand::Value(value) => values.extend(self.values(field, value)?),
                Operand::Function(name, _) => values.push(self.function(field, name)?),
            }
        }
        let test = Test::OneOf {
            field,
            values,
            empty,
        };
        if self.operator == Operator::Is {
            return Ok(test);
        }
        // A negative clause never finds issues that have no value at all.
        let nothing = Test::OneOf {
            field,
            values: Vec::new(),
            empty: true,
        };
        Ok(Test::All(vec![
            Test::Not(Box::new(test)),
            Test::Not(Box::new(nothing)),
        ]))
    }

    fn function(&self, field: Field, name: &str) -> Result<String, String> {
        let of_person = matches!(field, Field::Creator | Field::Reporter | Field::Assignee);
        if of_person && name.eq_ignore_ascii_case("currentUser") {
            return Ok(self.reader.account.to_owned());
        }
        Err(format!("Unable to find JQL function '{name}()'."))
    }

    /// Looks a value up and gives what issues hold for it.
    fn values(&self, field: Field, value: &str) -> Result<Vec<String>, String> {
        let site = self.reader.site;
        let named = |name: &str| name.eq_ignore_ascii_case(value);
        let over = |list: &dyn Fn(&Project) -> Vec<String>| -> Vec<String> {
            site.browsable().flat_map(list).collect()
        };
        let found = match field {
            Field::Project => {
                let matches = |project: &Project| {
                    named(&project.key)
                        || project.was(value)
                        || named(&project.name)
                        || project.id.to_string() == value
                };
                let projects = site.all_projects.iter().enumerate();
                projects
                    .filter(|(_, it)| site.may_browse(it) && matches(it))
                    .map(|(at, _)| at.to_string())
                    .collect()
            }
            Field::IssueType => over(&|project| {
                let kinds = project
                    .types
                    .iter()
                    .filter(|it| named(&it.name) || it.id == value);
                kinds.map(|it| it.id.clone()).collect()
            }),
            Field::Status => over(&|project| {
                let found = project
                    .statuses
                    .iter()
                    .filter(|it| named(&it.name) || it.id == value);
                found.map(|it| it.id.clone()).collect()
            }),
            Field::StatusCategory => over(&|project| {
                let all = project.statuses.iter().map(|it| it.category);
                let matches = all.filter(|it| named(it.name()) || named(it.key()));
                matches.map(|it| it.key().to_owned()).collect()
            }),
            Field::Priority => over(&|project| {
                let found = project
                    .priorities
                    .iter()
                    .filter(|it| named(&it.name) || it.id == value);
                found.map(|it| it.id.clone()).collect()
            }),
            Field::Labels => vec![value.to_owned()],
            Field::Creator | Field::Reporter | Field::Assignee => vec![value.to_owned()],
            Field::Parent => vec![self.issue_id(value)?.to_string()],
            Field::Resolution if named("Done") => vec!["Done".to_owned()],
            Field::Resolution => Vec::new(),
        };
        if found.is_empty() {
            self.no_value(value)
        } else {
            Ok(found)
        }
    }

    /// Finds an issue; Jira refuses keys of no issue also where they only bound a range.
    fn issue_id(&self, asked: &str) -> Result<u64, String> {
        let site = self.reader.site;
        site.visible(asked).map(|issue| issue.id).ok_or_else(|| {
            let what = if is_number(asked) { "id" } else { "key" };
            format!(
                "An issue with {what} '{asked}' does not exist for field '{}'.",
                self.name
            )
        })
    }

    fn keys(&self) -> Result<Test, String> {
        let mut ids = Vec::new();
        for operand in self.operands {
            let Operand::Value(asked) = operand else {
                return self.unsupported();
            };
            let id = self.issue_id(asked)?;
            if self.operator.is_relational() {
                return Ok(self.range(asked, id));
            }
            ids.push(id);
        }
        if !matches!(self.operator, Operator::Is | Operator::IsNot) {
            return self.unsupported();
        }
        Ok(self.negated_if(Test::Ids(ids)))
    }

    fn range(&self, asked: &str, id: u64) -> Test {
        let operator = self.operator;
        match self.reader.site.issue(id) {
            Some(issue) if !is_number(asked) => Test::Number {
                operator,
                project: issue.data.project,
                number: issue.data.number,
            },
            _ => Test::Id { operator, id },
        }
    }

    fn moment(&self, field: Stamp) -> Result<Test, String> {
        let is_equality = matches!(self.operator, Operator::Is | Operator::IsNot);
        let at = match self.operands {
            [Operand::Empty] if is_equality => return Ok(self.negated_if(Test::NoMoment(field))),
            [Operand::Value(text)] => self.read_moment(text)?,
            [Operand::Function(name, arguments)] => self.call_moment(name, arguments)?,
            _ => return self.unsupported(),
        };
        if matches!(self.operator, Operator::Contains | Operator::ContainsNot) {
            return self.unsupported();
        }
        Ok(Test::Moment {
            field,
            operator: self.operator,
            at,
        })
    }

    /// Calls a function of time; the days' argument counts whole days or is a period.
    fn call_moment(&self, name: &str, arguments: &[String]) -> Result<OffsetDateTime, String> {
        let shift = match arguments {
            [] => Some(Duration::ZERO),
            [text] => match text.parse::<i32>() {
                Ok(days) => Some(Duration::days(days.into())),
                Err(_) => period(text),
            },
            _ => None,
        };
        let day = self.reader.now.to_offset(SITE_OFFSET);
        let day = day.replace_time(Time::MIDNIGHT);
        let at = match (name.to_ascii_lowercase().as_str(), shift) {
            ("now", Some(_)) if arguments.is_empty() => Some(self.reader.now),
            ("startofday", Some(shift)) => day.checked_add(shift),
            ("endofday", Some(shift)) => {
                let last = Duration::days(1) - Duration::MILLISECOND;
                shift.checked_add(last).and_then(|end| day.checked_add(end))
            }
            _ => None,
        };
        at.ok_or_else(|| {
            let written = arguments.join(", ");
            format!("Unable to find JQL function '{name}({written})'.")
        })
    }

    /// Reads a literal in the reader's own zone, to the minute, or a period counted from now.
    fn read_moment(&self, text: &str) -> Result<OffsetDateTime, String> {
        let dashed = text.replace('/', "-");
        let to_minute = format_description!("[year]-[month]-[day] [hour]:[minute]");
        if let Ok(at) = PrimitiveDateTime::parse(&dashed, to_minute) {
            return Ok(at.assume_offset(SITE_OFFSET));
        }
        if let Ok(day) = Date::parse(&dashed, format_description!("[year]-[month]-[day]")) {
            return Ok(day.midnight().assume_offset(SITE_OFFSET));
        }
        if let Some(at) = period(text).and_then(|period| self.reader.now.checked_add(period)) {
            return Ok(at);
        }
        Err(format!(
            "Date value '{text}' for field '{}' is invalid. Valid formats include: \
             'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period \
             format e.g. '-5d', '4w 2d'.",
            self.name
        ))
    }

    fn words(&self, text: Text) -> Result<Test, String> {
        let is_equality = matches!(self.operator, Operator::Is | Operator::IsNot);
        let is_field = text != Text::Everywhere;
        if is_field && is_equality && self.operands == [Operand::Empty] {
            return Ok(self.negated_if(Test::NoText(text)));
        }
        if !matches!(self.operator, Operator::Contains | Operator::ContainsNot) {
            return self.unsupported();
        }
        let [Operand::Value(wanted)] = self.operands else {
            return self.unsupported();
        };
        let words = words_of(wanted);
        let test = Test::Words { text, words };
        let negated = self.operator == Operator::ContainsNot;
        Ok(if negated {
            Test::Not(Box::new(test))
        } else {
            test
        })
    }
}

/// Cuts a text into the words to search for, in lower case.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let split = text.split(|sign: char| !sign.is_alphanumeric());
    let words = split.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Reads periods such as `-30m`, `-4h`, `2d` and `4w 2d`.
fn period(text: &str) -> Option<Duration> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.trim_start_matches('+')),
    };
    let mut total = Duration::ZERO;
    for part in rest.split_whitespace() {
        let unit = part.chars().last()?;
        let count = part
            .strip_suffix(unit)?
            .parse::<i64>()
            .ok()
            .filter(|n| *n < 1_000_000)?;
        total += match unit {
            'm' => Duration::minutes(count),
            'h' => Duration::hours(count),
            'd' => Duration::days(count),
            'w' => Duration::weeks(count),
            _ => return None,
        };
    }
    (!rest.trim().is_empty()).then_some(total * sign)
}
