//! What a read tells beside the fields of issues, where it is asked to.

use serde_json::{Map, Value};

use crate::json::set;
use crate::world::Site;

use super::Fields;
use super::lists::known_fields;

/// Adds the names or schemas of the shown fields to an answer, as far as they are asked for.
pub(super) fn expand(shown: &mut Value, site: &Site, fields: &Fields, asked: &[String]) {
    let is_asked = |name: &str| asked.iter().any(|asked| asked == name);
    let known = || known_fields(site).filter(|field| fields.has(field.id));
    if is_asked("names") {
        let names = known().map(|field| (field.id.to_owned(), field.name.into()));
        let names: Map<String, Value> = names.collect();
        set(shown, "names", names);
    }
    if is_asked("schema") {
        let schemas = known().map(|field| (field.id.to_owned(), field.schema));
        let schemas: Map<String, Value> = schemas.collect();
        set(shown, "schema", schemas);
    }
}
