use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Folded, Kernel, NoParams, exact_sum::ExactSum};
use crate::{KeyRef, Result};

/// Rows, NULLs, least, greatest, sum, mean and sample variance of a column of numbers. Sum, mean
/// and variance are exact: each the double nearest to what it is of the values as they are,
/// however they were cut. A NaN or an infinity is skipped.
#[derive(Debug)]
pub struct Summary;

/// What is known of some values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SummaryPartial {
    values: u64,
    nulls: u64,
    ends: Option<(f64, f64)>,
    exact: ExactSum,
}

impl Kernel for Summary {
    const NAME: &'static str = "summary";
    const ABOUT: &'static str =
        "Rows, NULLs, least, greatest, sum, mean and sample variance of a column.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<f64>; 1];
    type Params = NoParams;
    type Partial = SummaryPartial;

    fn new(NoParams {}: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn largest_partial(&self) -> usize {
        2000
    }

    fn identity(&self) -> SummaryPartial {
        SummaryPartial { values: 0, nulls: 0, ends: None, exact: ExactSum::zero() }
    }

    fn fold(&self, all: &mut SummaryPartial, _: KeyRef<'_>, [value]: [Option<f64>; 1]) -> Folded {
        match value {
            Some(value) if value.is_finite() => {
                all.values += 1;
                all.ends = wider(all.ends, Some((value, value)));
                all.exact.add(value);
                Folded::Used
            }
            Some(_) => Folded::Skipped,
            None => {
                all.nulls += 1;
                Folded::Used
            }
        }
    }

    fn merge(&self, left: SummaryPartial, right: SummaryPartial) -> SummaryPartial {
        SummaryPartial {
            values: left.values + right.values,
            nulls: left.nulls + right.nulls,
            ends: wider(left.ends, right.ends),
            exact: left.exact.merge(right.exact),
        }
    }

    /// `{"rows": 10, "nulls": 0, "min": 1.0, "max": 9.5, "sum": …, "mean": …, "variance": …}`;
    /// `rows` counts those with a value, and `null` is what there is none of, or what no double
    /// can hold.
    fn answer(&self, SummaryPartial { values, nulls, ends, exact }: SummaryPartial) -> Value {
        let (sum, mean, variance) = exact.moments(values);
        json!({
            "rows": values,
            "nulls": nulls,
            "min": ends.map(|(least, _)| least),
            "max": ends.map(|(_, greatest)| greatest),
            "sum": (values > 0).then_some(sum),
            "mean": mean,
            "variance": variance,
        })
    }
}

/// The ends of both; of -0 and 0 the former is the lesser, so that no order matters.
fn wider(left: Option<(f64, f64)>, right: Option<(f64, f64)>) -> Option<(f64, f64)> {
    let (Some((a, b)), Some((c, d))) = (left, right) else { return left.or(right) };
    let least = if a.total_cmp(&c).is_le() { a } else { c };
    let greatest = if b.total_cmp(&d).is_ge() { b } else { d };
    Some((least, greatest))
}
