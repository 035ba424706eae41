use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Folded, Kernel};
use crate::{Error, KeyRef, Result};

/// How many values lie between given bounds: below the first, from each up to but not including
/// the next, from the last on; as PostgreSQL's `width_bucket(value, bounds)` counts them. A NULL
/// or NaN is skipped.
#[derive(Debug)]
pub struct Histogram {
    bounds: Vec<f64>,
}

/// What a job must set of [`Histogram`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistogramParams {
    /// Finite numbers, ascending.
    pub bounds: Vec<f64>,
}

impl Histogram {
    /// The most bounds.
    pub const MOST: usize = 1000;
}

impl Kernel for Histogram {
    const NAME: &'static str = "histogram";
    const ABOUT: &'static str = "How many values lie between given bounds.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<f64>; 1];
    type Params = HistogramParams;
    type Partial = Vec<u64>;

    fn new(HistogramParams { bounds }: HistogramParams) -> Result<Self> {
        let ascend = bounds.windows(2).all(|pair| pair[0] < pair[1]);
        let finite = bounds.iter().all(|bound| bound.is_finite());
        if ascend && finite && (1..=Self::MOST).contains(&bounds.len()) {
            return Ok(Self { bounds });
        }
        let most = Self::MOST;
        Err(Error::Invalid(format!("bounds must be 1 to {most} finite numbers that ascend")))
    }

    fn examples() -> Vec<HistogramParams> {
        vec![HistogramParams { bounds: vec![0.0, 2.5, 50.0] }]
    }

    fn schema() -> Value {
        json!({
            "type": "object",
            "required": ["bounds"],
            "additionalProperties": false,
            "properties": { "bounds": {
                "type": "array", "items": { "type": "number" }, "minItems": 1,
                "maxItems": Self::MOST, "description": "finite and ascending"
            } }
        })
    }

    fn largest_partial(&self) -> usize {
        // Twenty digits and a comma each.
        2 + 21 * (self.bounds.len() + 1)
    }

    fn identity(&self) -> Vec<u64> {
        vec![0; self.bounds.len() + 1]
    }

    fn fold(&self, counts: &mut Vec<u64>, _: KeyRef<'_>, [value]: [Option<f64>; 1]) -> Folded {
        match value {
            Some(value) if !value.is_nan() => {
                counts[self.bounds.partition_point(|bound| *bound <= value)] += 1;
                Folded::Used
            }
            _ => Folded::Skipped,
        }
    }

    fn merge(&self, mut left: Vec<u64>, right: Vec<u64>) -> Vec<u64> {
        for (left, right) in left.iter_mut().zip(right) {
            *left += right;
        }
        left
    }

    /// `{"buckets": [{"from": null, "to": 0.0, "rows": 3}, …]}`.
    fn answer(&self, counts: Vec<u64>) -> Value {
        let bounds = || self.bounds.iter().copied().map(Some);
        let (from, to) = ([None].into_iter().chain(bounds()), bounds().chain([None]));
        let bucket = |((from, to), rows)| json!({ "from": from, "to": to, "rows": rows });
        json!({ "buckets": from.zip(to).zip(counts).map(bucket).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_must_ascend() {
        for bounds in [vec![], vec![1.0, 1.0], vec![2.0, 1.0], vec![f64::NAN], vec![0.5; 1001]] {
            let error = Histogram::new(HistogramParams { bounds }).unwrap_err().to_string();
            assert_eq!(error, "bounds must be 1 to 1000 finite numbers that ascend");
        }
    }

    #[test]
    fn a_bound_belongs_to_the_bucket_that_it_begins() {
        let kernel = Histogram::new(HistogramParams { bounds: vec![0.0, 10.0] }).unwrap();
        let mut counts = kernel.identity();
        for value in [-1.0, 0.0, 9.9, 10.0, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(kernel.fold(&mut counts, 1.into(), [Some(value)]), Folded::Used);
        }
        assert_eq!(kernel.fold(&mut counts, 1.into(), [Some(f64::NAN)]), Folded::Skipped);
        assert_eq!(counts, [2, 2, 2]);
    }
}
