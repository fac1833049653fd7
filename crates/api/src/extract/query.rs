//! Query parameters.

use std::fmt;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use handoff_domain::shared::validation::Problems;
use handoff_domain::workspace::model::WorkspaceAccess;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::input::{Reading, enter, entered, read};
use super::{Caller, Gate, Input};
use crate::error::ApiError;

/// The query of a known caller.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// A query that names a workspace in which the caller may do this.
#[derive(Debug)]
pub struct WorkspaceQuery<T> {
    /// The caller.
    pub caller: Caller,
    /// What the caller may do in the workspace.
    pub access: WorkspaceAccess,
    /// The query.
    pub input: T,
}

impl<T: Input> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            Caller::of(&request).await?;
            let (value, repeated) = parse(request.query_string());
            repeated.or(())?;
            Ok(Self(read(value)?))
        })
    }
}

impl<T: Gate> FromRequest for WorkspaceQuery<T> {
    type Error = ApiError;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = Caller::of(&request).await?;
            let (value, repeated) = parse(request.query_string());
            let access = enter::<T>(&request, caller, &value).await?;
            repeated.or(())?;
            let input = read(value)?;
            Ok(Self {
                caller,
                access: entered(access)?,
                input,
            })
        })
    }
}

fn parse(query: &str) -> (Value, Problems) {
    let mut fields = Map::new();
    let mut repeated = Problems::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let is_new = fields
            .insert(name.to_string(), Value::String(value.into_owned()))
            .is_none();
        repeated.require(is_new, format!("/{name}"), "is given more than once");
    }
    (Value::Object(fields), repeated)
}

/// Reads a number or boolean that is written as text.
///
/// # Errors
/// When the text is of another form.
pub fn from_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(de::Error::custom)
}
