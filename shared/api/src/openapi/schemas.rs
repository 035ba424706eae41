use std::any::type_name;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

/// The schemas of the types that operations name. A request may leave out what has a default; an
/// answer has all its fields.
pub(super) struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            requests: settings().for_deserialize().into_generator(),
            answers: settings().for_serialize().into_generator(),
        }
    }
}

impl Schemas {
    /// Returns a reference to the schema of a request.
    pub(super) fn request<T: JsonSchema>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    /// Returns a reference to the schema of an answer, or of a part of one.
    pub(super) fn answer<T: JsonSchema>(&mut self) -> Value {
        let schema = self.answers.subschema_for::<T>().to_value();
        debug_assert!(schema.get("$ref").is_some(), "{} has no name", type_name::<T>());
        schema
    }

    /// Returns the schemas by their names. Objects have no more fields than are described.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let mut named = self.requests.take_definitions(true);
        named.extend(self.answers.take_definitions(true));
        for schema in named.values_mut() {
            close(schema);
            tidy(schema);
        }
        named.sort_keys();
        named
    }
}

/// Forbids other fields than those described, also those of alternatives beside them.
fn close(schema: &mut Value) {
    if schema.get("properties").is_some() {
        let has_alternatives = schema.get("oneOf").or(schema.get("anyOf")).is_some();
        let name = if has_alternatives { "unevaluatedProperties" } else { "additionalProperties" };
        schema[name] = false.into();
    }
}

/// Removes Rust's own formats of numbers, which no other reader knows, and the line breaks of
/// comments.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_rusts = |format: &Value| format.is_string() && format != "date-time";
            if fields.get("format").is_some_and(is_rusts) {
                fields.shift_remove("format");
            }
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}
