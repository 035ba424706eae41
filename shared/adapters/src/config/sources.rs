use serde_json::{Map, Value};

use super::variable::ConfigError;
use crate::SourceTable;

/// The catalogue if `SOURCES` is not set: the demo's table.
pub const DEMO_SOURCES: &str =
    r#"{"points": {"table": "points", "key": "id", "columns": ["x1", "y1", "x2", "y2"]}}"#;

/// Reads a catalogue: a JSON object of [`SourceTable`]s by their names.
///
/// # Errors
/// If the JSON is not a catalogue, or a source is wrong; names the source and the problem.
pub fn sources(json: &str) -> Result<Vec<(String, SourceTable)>, ConfigError> {
    let wrong = |problem: String| ConfigError::new("SOURCES", problem);
    let sources: Map<String, Value> = serde_json::from_str(json)
        .map_err(|error| wrong(format!("is not a JSON object of sources: {error}")))?;
    if sources.is_empty() {
        return Err(wrong("has no source".to_owned()));
    }
    let source = |(name, source): (String, Value)| match serde_json::from_value(source) {
        Ok(table) => match shadowed(&table) {
            None => Ok((name, table)),
            Some(column) => Err(wrong(format!(
                "has a source {name:?} with an expression of the name of a column that it reads, \
                 {column:?}; give the expression another name"
            ))),
        },
        Err(error) => Err(wrong(format!("has a source {name:?} that cannot be read: {error}"))),
    };
    sources.into_iter().map(source).collect()
}

/// Returns a column of a source, or its key, whose name an expression has, too.
fn shadowed(table: &SourceTable) -> Option<&String> {
    table.columns.iter().chain(&table.key).find(|column| table.expressions.contains_key(*column))
}
