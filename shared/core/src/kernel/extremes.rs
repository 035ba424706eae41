use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Aggregates, Aggregation, Ends, EndsOf, Folded, Kernel, NoParams, RowTest};
use crate::{
    error::Result,
    rows::{KeyRef, Number},
};

/// Rows, NULLs, least and greatest of a column of numbers, exact in the column's own type. A NaN or
/// an infinity is skipped.
///
/// These are the fields of [`Summary`](super::Summary) that a database can compute as exactly as a
/// mapper: a sum of doubles depends on the order in which the database adds them.
#[derive(Debug)]
pub struct Extremes;

/// The partial of [`Extremes`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtremesPartial {
    values: u64,
    nulls: u64,
    ends: Ends,
}

impl Kernel for Extremes {
    const NAME: &'static str = "extremes";
    const ABOUT: &'static str = "Rows, NULLs, least and greatest of a column.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<Number>; 1];
    const READS_KEY: bool = false;
    type Params = NoParams;
    type Partial = ExtremesPartial;

    fn new(NoParams {}: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn answer_schema() -> Value {
        let count = json!({ "type": "integer", "minimum": 0 });
        let exact = json!({ "anyOf": [Number::schema(), { "type": "null" }] });
        json!({
            "description": "`rows` counts those with a value. `min` and `max` are in the column's \
                own type; `null` if there is no value.",
            "type": "object",
            "required": ["rows", "nulls", "min", "max"],
            "additionalProperties": false,
            "properties": { "rows": count, "nulls": count, "min": exact, "max": exact }
        })
    }

    fn largest_partial(&self) -> usize {
        // An array of two counts of at most 20 digits and the ends.
        "[,,]".len() + 2 * 20 + Ends::LONGEST
    }

    fn aggregation(&self) -> Option<Aggregation<Self, ExtremesPartial>> {
        let finite = vec![0];
        Some(Aggregation {
            aggregates: Aggregates {
                counts: vec![RowTest::NotNull(0), RowTest::Finite(finite.clone())],
                ends: vec![EndsOf { column: 0, finite }],
            },
            partial: |_, mut all| {
                let (there, values) = (all.counts[0], all.counts[1]);
                let (nulls, ends) = (all.rows - there, all.ends.remove(0));
                (ExtremesPartial { values, nulls, ends }, there - values)
            },
        })
    }

    fn identity(&self) -> ExtremesPartial {
        ExtremesPartial { values: 0, nulls: 0, ends: Ends::NONE }
    }

    #[inline]
    fn fold(
        &self,
        all: &mut ExtremesPartial,
        _: KeyRef<'_>,
        [value]: [Option<Number>; 1],
    ) -> Folded {
        match value {
            Some(value) if value.is_finite() => {
                all.values += 1;
                all.ends.take(&value);
                Folded::Used
            }
            Some(_) => Folded::Skipped,
            None => {
                all.nulls += 1;
                Folded::Used
            }
        }
    }

    fn merge(&self, left: ExtremesPartial, right: ExtremesPartial) -> ExtremesPartial {
        ExtremesPartial {
            values: left.values + right.values,
            nulls: left.nulls + right.nulls,
            ends: left.ends.merge(right.ends),
        }
    }

    /// `{"rows": 10, "nulls": 0, "min": 1.0, "max": 9.5}`; `rows` counts the rows with a value.
    fn answer(&self, ExtremesPartial { values, nulls, ends }: ExtremesPartial) -> Value {
        json!({ "rows": values, "nulls": nulls, "min": ends.least(), "max": ends.greatest() })
    }
}

#[test]
fn nulls_are_counted_and_what_is_not_finite_is_skipped() {
    let mut all = Extremes.identity();
    let float = |number| Some(Number::Float(number));
    for (value, folded) in [
        (float(2.5), Folded::Used),
        (None, Folded::Used),
        (float(f64::NAN), Folded::Skipped),
        (float(f64::INFINITY), Folded::Skipped),
        (float(-0.0), Folded::Used),
    ] {
        assert_eq!(Extremes.fold(&mut all, 1.into(), [value]), folded);
    }
    let answer = Extremes.answer(all).to_string();
    assert_eq!(answer, r#"{"rows":2,"nulls":1,"min":0.0,"max":2.5}"#);
}
