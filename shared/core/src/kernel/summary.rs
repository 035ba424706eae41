use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Ends, Folded, Kernel, NoParams, sums::Sums};
use crate::{KeyRef, Number, Result};

/// Rows, NULLs, least, greatest, sum, mean and sample variance of a column of numbers, in the
/// column's own type and however it was cut. Least, greatest and sum of integers and decimals are
/// exact; the sum of doubles, and every mean and variance, is the double nearest to what it is of
/// the values as they are. A NaN or an infinity is skipped.
#[derive(Debug)]
pub struct Summary;

/// What is known of some values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SummaryPartial {
    values: u64,
    nulls: u64,
    ends: Ends,
    /// None before the first value.
    sums: Option<Sums>,
}

impl Kernel for Summary {
    const NAME: &'static str = "summary";
    const ABOUT: &'static str =
        "Rows, NULLs, least, greatest, sum, mean and sample variance of a column.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<Number>; 1];
    type Params = NoParams;
    type Partial = SummaryPartial;
    const VERSION: u16 = 2;

    fn new(NoParams {}: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn largest_partial(&self) -> usize {
        // What is around the numbers, and two counts.
        120 + Ends::LONGEST + Sums::LONGEST
    }

    fn identity(&self) -> SummaryPartial {
        SummaryPartial { values: 0, nulls: 0, ends: Ends::NONE, sums: None }
    }

    #[inline]
    fn fold(
        &self,
        all: &mut SummaryPartial,
        _: KeyRef<'_>,
        [value]: [Option<Number>; 1],
    ) -> Folded {
        match value {
            Some(value) if value.is_finite() => {
                all.values += 1;
                match &mut all.sums {
                    Some(sums) => sums.add(&value),
                    None => all.sums = Some(Sums::of(&value)),
                }
                all.ends.take(value);
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
            ends: left.ends.merge(right.ends),
            sums: match (left.sums, right.sums) {
                (Some(left), Some(right)) => Some(left.merge(right)),
                (left, right) => left.or(right),
            },
        }
    }

    /// `{"rows": 10, "nulls": 0, "min": 1.0, "max": 9.5, "sum": …, "mean": …, "variance": …}`;
    /// `rows` counts those with a value, and `null` is what there is none of, or what no double
    /// can hold. An integer of more than 64 bits, and a decimal of more than 15 digits, is a string.
    fn answer(&self, SummaryPartial { values, nulls, ends, sums }: SummaryPartial) -> Value {
        let (sum, mean, variance) = sums.map(|sums| sums.moments(values)).unwrap_or_default();
        json!({
            "rows": values,
            "nulls": nulls,
            "min": ends.least(),
            "max": ends.greatest(),
            "sum": sum,
            "mean": mean,
            "variance": variance,
        })
    }
}
