//! The calls by which a person or another process interferes: reading them, and those that any stand-in has.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::clock::Clock;
use super::faults::{Fault, FaultPlan};
use super::http::{Answer, Answered, Request};

pub(crate) fn ok(body: &Value) -> Answer {
    Answer::json(200, body)
}

pub(crate) fn refused(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({"error": text}))
}

/// Reads a body that must fit a type, with an error that names what does not.
pub(crate) fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Answer> {
    let body: &[u8] = if request.body.is_empty() {
        b"{}"
    } else {
        &request.body
    };
    let mut body = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut body);
    let value = value.map_err(|error| refused(400, &error.to_string()))?;
    let rest = body.end();
    rest.map_err(|error| refused(400, &error.to_string()))?;
    Ok(value)
}

/// Reads the only value of a body that is JSON or a posted form.
pub(crate) fn given(request: &Request, name: &str) -> Result<Value, Answer> {
    let mut body: BTreeMap<String, Value> = if request.is_json() {
        read(request)?
    } else {
        let form = request.form().into_iter();
        form.map(|(field, value)| (field, value.into())).collect()
    };
    let value = body.remove(name);
    if let Some(unknown) = body.keys().next() {
        return Err(refused(400, &format!("unknown field `{unknown}`")));
    }
    value.ok_or_else(|| refused(400, &format!("The body must give '{name}'.")))
}

pub(crate) fn text(request: &Request, name: &str) -> Result<String, Answer> {
    let value = given(request, name)?;
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| refused(400, &format!("'{name}' must be a text.")))
}

fn number(request: &Request, name: &str) -> Result<u64, Answer> {
    let value = given(request, name)?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.ok_or_else(|| refused(400, &format!("'{name}' must be a whole number.")))
}

/// Answers a call about the clock.
pub(crate) fn clock(clock: &mut Clock, request: &Request) -> Answered {
    if request.method.as_str() == "POST" {
        advance(clock, request)?;
    }
    let now = clock.now().format(&Rfc3339).unwrap_or_default();
    Ok(ok(&json!({"now": now})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    #[serde(default)]
    advance_seconds: u64,
    /// Whether the clock stands still; it can be moved all the same.
    #[serde(default)]
    stopped: Option<bool>,
}

fn advance(clock: &mut Clock, request: &Request) -> Result<(), Answer> {
    let change = if request.is_json() {
        read(request)?
    } else {
        ClockChange {
            advance_seconds: number(request, "advance_seconds")?,
            stopped: None,
        }
    };
    if let Some(stopped) = change.stopped {
        clock.set_stopped(stopped);
    }
    clock.advance(Duration::from_secs(change.advance_seconds));
    Ok(())
}

/// Shows the faults that are switched on.
pub(crate) fn faults(plan: &FaultPlan) -> Value {
    json!({"faults": plan.list()})
}

/// Takes one fault or a list of them.
pub(crate) fn push_faults(plan: &mut FaultPlan, request: &Request) -> Answered {
    let is_list = request.body.trim_ascii_start().starts_with(b"[");
    let faults: Vec<Fault> = match is_list {
        true => read(request)?,
        false => vec![read(request)?],
    };
    faults.into_iter().for_each(|fault| plan.push(fault));
    Ok(Answer::json(201, &self::faults(plan)))
}

pub(crate) fn remove_fault(plan: &mut FaultPlan, at: &str) -> Answered {
    match at.parse().is_ok_and(|at| plan.remove(at)) {
        true => Ok(Answer::empty(204)),
        false => Err(refused(404, "There is no such fault.")),
    }
}
