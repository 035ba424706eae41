use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Aggregates, Aggregation, Bound, Folded, Kernel, RowTest};
use crate::{
    error::{Error, Result},
    rows::{KeyRef, Number, Numeric},
};

/// Counts the values between given bounds.
///
/// The first bucket holds values below the first bound, each next one those from a bound up to but
/// not including the next bound, and the last one those from the last bound on. The buckets are
/// those of PostgreSQL's `width_bucket(value, bounds)` with bounds of the column's own type. A NULL
/// or NaN is skipped.
#[derive(Debug)]
pub struct Histogram {
    bounds: Vec<Bound>,
}

/// The parameters of [`Histogram`], which a job must set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistogramParams {
    /// From 1 to [`Histogram::MOST`] bounds in ascending order.
    pub bounds: Vec<Bound>,
}

impl Histogram {
    /// The most bounds.
    pub const MOST: usize = 1000;

    /// The most bounds with which a database counts. Each bound costs PostgreSQL some 15 ns a row,
    /// and sending the row 200.
    pub const MOST_PUSHED_DOWN: usize = 16;
}

impl Kernel for Histogram {
    const NAME: &'static str = "histogram";
    const ABOUT: &'static str = "How many values lie between given bounds.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<Number>; 1];
    const READS_KEY: bool = false;
    type Params = HistogramParams;
    type Partial = Vec<u64>;

    fn new(HistogramParams { bounds }: HistogramParams) -> Result<Self> {
        let ascend = bounds.windows(2).all(|pair| pair[0].exact().compare(pair[1].exact()).is_lt());
        if ascend && (1..=Self::MOST).contains(&bounds.len()) {
            return Ok(Self { bounds });
        }
        let most = Self::MOST;
        Err(Error::Invalid(format!("bounds must be 1 to {most} finite numbers that ascend")))
    }

    fn examples() -> Vec<HistogramParams> {
        let bounds = ["0", "2.5", "50"].map(Numeric::parse).into_iter().flatten();
        vec![HistogramParams { bounds: bounds.map(|bound| Bound::new(&bound)).collect() }]
    }

    fn params_schema() -> Value {
        json!({
            "type": "object",
            "required": ["bounds"],
            "additionalProperties": false,
            "properties": { "bounds": {
                "type": "array", "minItems": 1, "maxItems": Self::MOST,
                "description": "Ascending; one of more than 15 digits as a string. Integers and \
                    decimals are compared with the decimal that is spelled, doubles with the \
                    nearest double.",
                "items": { "type": ["number", "string"], "pattern": Numeric::PATTERN }
            } }
        })
    }

    fn pushdown_schema() -> Option<Value> {
        Some(json!({ "properties": { "bounds": { "maxItems": Self::MOST_PUSHED_DOWN } } }))
    }

    fn answer_schema() -> Value {
        let bound = json!({ "anyOf": [Number::schema(), { "type": "null" }] });
        json!({
            "type": "object",
            "required": ["buckets"],
            "additionalProperties": false,
            "properties": { "buckets": {
                "description": "How many values lie from `from` up to but not including `to`; the \
                    first bucket has no `from`, the last no `to`.",
                "type": "array", "minItems": 2, "maxItems": Self::MOST + 1,
                "items": {
                    "type": "object",
                    "required": ["from", "to", "rows"],
                    "additionalProperties": false,
                    "properties": {
                        "from": bound,
                        "to": bound,
                        "rows": { "type": "integer", "minimum": 0 }
                    }
                }
            } }
        })
    }

    fn largest_partial(&self) -> usize {
        // Twenty digits and a comma for each count.
        2 + 21 * (self.bounds.len() + 1)
    }

    /// Counts how many values are below each bound. A bucket's rows are a difference of two counts.
    fn aggregation(&self) -> Option<Aggregation<Self, Vec<u64>>> {
        if self.bounds.len() > Self::MOST_PUSHED_DOWN {
            return None;
        }
        let below = self.bounds.iter().map(|bound| RowTest::Below(0, bound.clone()));
        let counts = below.chain([RowTest::NotNan(0)]).collect();
        Some(Aggregation {
            aggregates: Aggregates { counts, ends: Vec::new() },
            partial: |_, all| {
                let mut before = 0;
                let bucket = |below: &u64| below - std::mem::replace(&mut before, *below);
                let buckets = all.counts.iter().map(bucket).collect();
                (buckets, all.rows - before)
            },
        })
    }

    fn identity(&self) -> Vec<u64> {
        vec![0; self.bounds.len() + 1]
    }

    #[inline]
    fn fold(&self, counts: &mut Vec<u64>, _: KeyRef<'_>, [value]: [Option<Number>; 1]) -> Folded {
        let bucket = match value {
            // The most common case, in a loop of its own.
            Some(Number::Float(value)) if !value.is_nan() => {
                self.bounds.partition_point(|bound| bound.double() <= value)
            }
            Some(value) if !value.is_nan() => {
                self.bounds.partition_point(|bound| bound.is_reached(&value))
            }
            _ => return Folded::Skipped,
        };
        counts[bucket] += 1;
        Folded::Used
    }

    fn merge(&self, mut left: Vec<u64>, right: Vec<u64>) -> Vec<u64> {
        for (left, right) in left.iter_mut().zip(right) {
            *left += right;
        }
        left
    }

    /// `{"buckets": [{"from": null, "to": 0.0, "rows": 3}, …]}`.
    fn answer(&self, counts: Vec<u64>) -> Value {
        let bounds = || self.bounds.iter().map(|bound| Some(bound.exact().to_json()));
        let (from, to) = ([None].into_iter().chain(bounds()), bounds().chain([None]));
        let bucket = |((from, to), rows)| json!({ "from": from, "to": to, "rows": rows });
        json!({ "buckets": from.zip(to).zip(counts).map(bucket).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(bounds: Value) -> Result<Histogram, String> {
        let params = serde_json::from_value(json!({ "bounds": bounds }));
        Histogram::new(params.map_err(|error| error.to_string())?)
            .map_err(|error| error.to_string())
    }

    fn counts(kernel: &Histogram, values: impl IntoIterator<Item = Number>) -> Vec<u64> {
        let mut counts = kernel.identity();
        for value in values {
            assert_eq!(kernel.fold(&mut counts, 1.into(), [Some(value)]), Folded::Used);
        }
        counts
    }

    #[test]
    fn bounds_must_ascend() {
        for bounds in [json!([]), json!([1, 1.0]), json!([2.0, 1.0]), json!(["0.10", 0.1])] {
            let error = histogram(bounds).unwrap_err();
            assert_eq!(error, "bounds must be 1 to 1000 finite numbers that ascend");
        }
        assert!(histogram(json!(vec![0.5; 1001])).is_err());
        for (bounds, problem) in [
            (json!(["NaN"]), "\"NaN\" is not a finite decimal"),
            (json!(["1e5"]), "\"1e5\" is not a finite decimal"),
            (json!([null]), "a number or a string of its digits"),
        ] {
            assert!(histogram(bounds).unwrap_err().contains(problem));
        }
    }

    #[test]
    fn a_value_at_a_bound_is_in_the_bucket_above() {
        let kernel = histogram(json!([0, 10])).unwrap();
        let values = [-1.0, 0.0, 9.9, 10.0, f64::INFINITY, f64::NEG_INFINITY].map(Number::Float);
        let mut counts = counts(&kernel, values);
        let nan = [Some(Number::Float(f64::NAN))];
        assert_eq!(kernel.fold(&mut counts, 1.into(), nan), Folded::Skipped);
        assert_eq!(counts, [2, 2, 2]);
    }

    #[test]
    fn decimals_are_compared_with_the_exact_bound_and_doubles_with_the_nearest_double() {
        // The double 0.3 is below three tenths, but a bound of 0.3 includes it.
        let kernel = histogram(json!([0.3])).unwrap();
        let decimals = ["0.29999999999999999", "0.3", "0.30", "0.30000000000000001"]
            .map(|text| Number::Numeric(Numeric::parse(text).unwrap()));
        assert_eq!(counts(&kernel, decimals), [1, 3]);
        assert_eq!(
            counts(&kernel, [0.1 + 0.2, 0.3, 0.3_f64.next_down()].map(Number::Float)),
            [1, 2]
        );
    }

    #[test]
    fn integers_that_no_double_holds_are_compared_exactly() {
        let bound = 9_007_199_254_740_993_i64;
        for bounds in [json!([bound]), json!([bound.to_string()])] {
            let kernel = histogram(bounds).unwrap();
            let values = [bound - 1, bound, i64::MAX, i64::MIN].map(Number::Integer);
            assert_eq!(counts(&kernel, values), [2, 2]);
            let buckets = kernel.answer(vec![2, 2]);
            assert_eq!(buckets["buckets"][0]["to"], "9007199254740993");
        }
        let kernel = histogram(json!(["9223372036854775808", 1e300])).unwrap();
        assert_eq!(counts(&kernel, [Number::Integer(i64::MAX)]), [1, 0, 0]);
    }

    #[test]
    fn parameters_are_written_as_they_were_read() {
        let read = |bounds: Value| -> HistogramParams {
            serde_json::from_value(json!({ "bounds": bounds })).unwrap()
        };
        for bounds in [json!([0.1, 2.5, 1e22]), json!([1e-7, "0.1234567890123456789"])] {
            assert_eq!(json!(read(bounds.clone()))["bounds"], bounds);
        }
        // Different spellings of a bound are equal.
        let spelled = read(json!([-1e-320, 25, "30.10", 40.0, 9_007_199_254_740_993_i64]));
        let written = json!(spelled)["bounds"].clone();
        assert_eq!(read(written.clone()), spelled);
        assert_eq!(
            written.as_array().unwrap()[1..],
            [json!(25.0), json!(30.1), json!(40.0), json!("9007199254740993")]
        );
    }
}
