use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AnswerField, Ends, Folded, Kernel, NoParams, sums::Sums};
use crate::{
    error::Result,
    rows::{KeyRef, Number},
};

/// Rows, NULLs, least, greatest, sum, mean and sample variance of a column of numbers, in the
/// column's own type and independent of how the table was cut.
///
/// Least, greatest and sum of integers and decimals are exact. The sum of doubles, and every mean
/// and variance, is the double nearest to the exact result. A NaN or an infinity is skipped.
#[derive(Debug)]
pub struct Summary;

/// The partial of [`Summary`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SummaryPartial {
    values: u64,
    nulls: u64,
    ends: Ends,
    /// `None` before the first value.
    sums: Option<Sums>,
}

impl Kernel for Summary {
    const NAME: &'static str = "summary";
    const ABOUT: &'static str =
        "Rows, NULLs, least, greatest, sum, mean and sample variance of a column.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<Number>; 1];
    const READS_KEY: bool = false;
    type Params = NoParams;
    type Partial = SummaryPartial;
    const VERSION: u16 = 3;

    fn new(NoParams {}: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn answer_schema() -> Value {
        let count = json!({ "type": "integer", "minimum": 0 });
        let exact = json!({ "anyOf": [Number::schema(), { "type": "null" }] });
        let sum = json!({ "anyOf": [Number::sum_schema(), { "type": "null" }] });
        let nearest = json!({ "type": ["number", "null"] });
        json!({
            "description": "`rows` counts those with a value. `min`, `max` and `sum` are in the \
                column's own type; `mean` and `variance` are the nearest doubles. `null` if there \
                is no value, or if no double can hold it.",
            "type": "object",
            "required": Self::FIELDS,
            "additionalProperties": false,
            "properties": {
                "rows": count, "nulls": count,
                "min": exact, "max": exact, "sum": sum,
                "mean": nearest, "variance": nearest
            }
        })
    }

    fn largest_partial(&self) -> usize {
        // 120 bytes for two counts and the JSON around the numbers.
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
            // The most common case, without moving a `Number`.
            Some(Number::Float(value)) if value.is_finite() => {
                all.values += 1;
                match &mut all.sums {
                    Some(Sums::Float(sums)) => sums.add(value),
                    sums => add(sums, &Number::Float(value)),
                }
                all.ends.take_float(value);
                Folded::Used
            }
            Some(value) if value.is_finite() => {
                all.values += 1;
                add(&mut all.sums, &value);
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
    /// `rows` counts the rows with a value. A field is `null` if the values do not define it or no
    /// double can hold it. An integer of more than 64 bits or a decimal of more than 15 digits is a
    /// string.
    fn answer(&self, partial: SummaryPartial) -> Value {
        let fields = self.fields(&partial).map(AnswerField::into_json);
        Value::Object(Self::FIELDS.map(str::to_owned).into_iter().zip(fields).collect())
    }

    fn answer_fields(&self, partial: &SummaryPartial) -> Option<Vec<AnswerField>> {
        Some(self.fields(partial).into())
    }
}

impl Summary {
    const FIELDS: [&'static str; 7] = ["rows", "nulls", "min", "max", "sum", "mean", "variance"];

    /// Returns the fields of the answer.
    fn fields(&self, partial: &SummaryPartial) -> [AnswerField; 7] {
        let SummaryPartial { values, nulls, ends, sums } = partial;
        let (least, greatest) = ends.numbers().unzip();
        let moments = sums.as_ref().map(|sums| sums.moments(*values));
        let (sum, mean, variance) = moments.unwrap_or((AnswerField::Null, None, None));
        // Rows are fewer than 2^63.
        let [values, nulls] = [values, nulls].map(|count| AnswerField::Integer(*count as i64));
        [values, nulls, least.into(), greatest.into(), sum, mean.into(), variance.into()]
    }
}

#[inline]
fn add(all: &mut Option<Sums>, number: &Number) {
    match all {
        Some(sums) => sums.add(number),
        None => *all = Some(Sums::of(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Numeric;

    fn numeric(text: &str) -> Number {
        Number::Numeric(Numeric::parse(text).unwrap())
    }

    fn folded(numbers: impl IntoIterator<Item = Number>) -> SummaryPartial {
        let mut all = Summary.identity();
        for number in numbers {
            assert_eq!(Summary.fold(&mut all, 1.into(), [Some(number)]), Folded::Used);
        }
        all
    }

    fn summary(numbers: impl IntoIterator<Item = Number>) -> Value {
        Summary.answer(folded(numbers))
    }

    #[test]
    fn a_ledger_of_cents_sums_to_zero() {
        let ledger = (0..1000).flat_map(|_| ["0.10", "0.20", "-0.30"].map(numeric));
        let answer = summary(ledger);
        let expected = json!({
            "rows": 3000, "nulls": 0, "min": -0.3, "max": 0.2, "sum": 0.0, "mean": 0.0,
            "variance": (0.01 + 0.04 + 0.09) * 1000.0 / 2999.0
        });
        assert_eq!(answer["sum"].to_string(), "0.0");
        for (field, value) in expected.as_object().unwrap() {
            let (ours, right) = (answer[field].as_f64().unwrap(), value.as_f64().unwrap());
            assert!((ours - right).abs() <= 1e-16, "{field}: {ours} {right}");
        }
    }

    #[test]
    fn integers_beyond_the_doubles_are_not_rounded() {
        let large = (1 << 53) + 1;
        let answer = summary([large, large + 2, -large].map(Number::Integer));
        assert_eq!(answer["min"], -large);
        assert_eq!(answer["max"], large + 2);
        assert_eq!(answer["sum"], large + 2);
        let greatest = summary([i64::MAX, i64::MAX, 1].map(Number::Integer));
        assert_eq!(greatest["sum"], "18446744073709551615");
        assert_eq!((&greatest["min"], &greatest["max"]), (&json!(1), &json!(i64::MAX)));
        let least = summary([i64::MIN; 2].map(Number::Integer));
        assert_eq!(least["sum"], "-18446744073709551616");
        assert_eq!((&least["mean"], &least["variance"]), (&json!(i64::MIN as f64), &json!(0.0)));
        // Squares as doubles would lose the differences.
        let near = summary([i64::MAX, i64::MAX - 1, i64::MAX - 2].map(Number::Integer));
        assert_eq!(near["variance"], 1.0);
    }

    #[test]
    fn decimals_keep_all_their_digits() {
        let third = format!("0.{}", "3".repeat(40));
        let answer = summary([third.as_str(), "100", "-0.5", "12345678901234567890"].map(numeric));
        assert_eq!(answer["min"], -0.5);
        assert_eq!(answer["max"], "12345678901234567890");
        assert_eq!(answer["sum"], format!("12345678901234567989.8{}", "3".repeat(39)));
        let longest = format!("{0}.{0}", "9".repeat(2000));
        let answer = summary([longest.as_str(), longest.as_str()].map(numeric));
        assert_eq!(answer["max"], longest);
        assert_eq!(answer["sum"].as_str().map(str::len), Some(4002));
        // No double holds them.
        assert_eq!((&answer["mean"], &answer["variance"]), (&Value::Null, &json!(0.0)));
    }

    #[test]
    fn values_that_are_not_finite_are_skipped_in_every_type() {
        let mut all = folded([numeric("1.5")]);
        for limit in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let row = [Some(Number::Float(limit))];
            assert_eq!(Summary.fold(&mut all, 1.into(), row), Folded::Skipped);
        }
        assert_eq!(Summary.answer(all)["sum"], 1.5);
    }

    #[test]
    fn a_column_whose_type_changes_is_summed_exactly() {
        let chunks = || {
            [
                folded([1, i64::MAX].map(Number::Integer)),
                folded([numeric("0.25"), numeric("-3.125")]),
                folded([0.5, -1e300, 1e300, -0.0].map(Number::Float)),
            ]
        };
        let merged = |order: [usize; 3]| {
            let mut chunks = chunks().map(Some);
            let chunks = order.map(|at| chunks[at].take().unwrap());
            Summary.answer(chunks.into_iter().fold(Summary.identity(), |a, b| Summary.merge(a, b)))
        };
        let answer = merged([0, 1, 2]);
        for order in [[1, 0, 2], [2, 1, 0], [0, 2, 1]] {
            assert_eq!(merged(order), answer);
        }
        let mixed = summary([Number::Integer(1), numeric("0.25"), Number::Float(0.5)]);
        assert_eq!(mixed["mean"], 1.75 / 3.0);
        assert_eq!(answer["rows"], 8);
        let digits = answer["sum"].as_str().unwrap().trim_end_matches('0');
        assert_eq!(digits, "9223372036854775805.625");
    }

    #[test]
    fn a_partial_of_few_ordinary_numbers_is_tens_of_bytes() {
        let bytes = |numbers: Vec<Number>| {
            let all = folded(numbers);
            let bytes = rmp_serde::to_vec(&all).unwrap();
            let read: SummaryPartial = rmp_serde::from_slice(&bytes).unwrap();
            assert_eq!(Summary.answer(read), Summary.answer(all));
            bytes.len()
        };
        let prices = (1..=10).map(|number| f64::from(number * 1234) / 100.0);
        let doubles = bytes(prices.clone().map(Number::Float).collect());
        let decimals = bytes(prices.map(|price| numeric(&format!("{price:.2}"))).collect());
        let integers = bytes((1..=10).map(|number| Number::Integer(number * 100)).collect());
        let sizes = [doubles, decimals, integers];
        assert!(doubles <= 70 && decimals <= 40 && integers <= 36, "{sizes:?}");
    }

    #[test]
    fn the_longest_partial_is_not_longer_than_stated() {
        let longest = format!("{0}.{0}", "9".repeat(2000));
        for sign in ["", "-"] {
            let mut all = folded([numeric(&format!("{sign}{longest}"))]);
            // 2^63 rows.
            for _ in 0..63 {
                all = Summary.merge(all.clone(), all);
            }
            let (json, binary) =
                (serde_json::to_string(&all).unwrap(), rmp_serde::to_vec(&all).unwrap());
            let most = Summary.largest_partial();
            assert!(json.len() <= most && binary.len() <= json.len(), "{} bytes", json.len());
            assert!(json.len() > most * 9 / 10, "{} bytes", json.len());
        }
    }

    #[test]
    fn a_partial_takes_two_lines_of_a_cache() {
        assert_eq!(size_of::<SummaryPartial>(), 128);
    }
}
