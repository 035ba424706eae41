use serde_json::{Value, json};

use super::{Folded, Kernel, NoParams};
use crate::{KeyRef, Result};

/// How many values are positive; NULL and NaN are skipped.
#[derive(Debug)]
pub(super) struct CountPositive;

impl Kernel for CountPositive {
    const NAME: &'static str = "count_positive";
    const ABOUT: &'static str = "How many values of a column are positive.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<f64>; 1];
    type Params = NoParams;
    type Partial = u64;

    fn new(NoParams {}: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn answer_schema() -> Value {
        json!({
            "type": "object",
            "required": ["positive"],
            "additionalProperties": false,
            "properties": { "positive": { "type": "integer", "minimum": 0 } }
        })
    }

    fn largest_partial(&self) -> usize {
        u64::MAX.to_string().len()
    }

    fn identity(&self) -> u64 {
        0
    }

    fn fold(&self, count: &mut u64, _: KeyRef<'_>, [value]: [Option<f64>; 1]) -> Folded {
        match value {
            Some(value) if !value.is_nan() => {
                *count += u64::from(value > 0.0);
                Folded::Used
            }
            _ => Folded::Skipped,
        }
    }

    fn merge(&self, left: u64, right: u64) -> u64 {
        left + right
    }

    fn answer(&self, count: u64) -> Value {
        json!({ "positive": count })
    }
}
