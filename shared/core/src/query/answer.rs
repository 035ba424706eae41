use serde_json::Value;

/// The answer of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer, a JSON object: that of a single kernel; the answers of several by their names;
    /// or the list of groups.
    pub answer: Value,
    /// How many rows each kernel skipped, by its name; empty for a single kernel.
    pub skipped: Vec<(String, u64)>,
}
