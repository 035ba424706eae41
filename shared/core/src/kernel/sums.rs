use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use super::{
    answer_field::AnswerField, decimal_sum::DecimalSum, exact_sum::ExactSum, moments::Moments,
};
use crate::rows::{Number, Numeric, unscaled::Unscaled};

/// The exact sum of finite numbers and the exact sum of their squares, in their column's own type.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Sums {
    #[serde(rename = "f")]
    Float(ExactSum),
    #[serde(rename = "i")]
    Integer(DecimalSum),
    #[serde(rename = "n")]
    Numeric(DecimalSum),
}

impl Sums {
    /// The most bytes of the JSON: that of numerics with the most digits. Three digits take less
    /// than ten bits. MessagePack has fewer.
    pub(super) const LONGEST: usize = r#"{"n":{"scale":65536,"moments":}}"#.len()
        + Moments::json_len(2 * Numeric::MOST_DIGITS as usize * 10 / 3);

    /// Returns the sums of one finite number.
    pub(super) fn of(number: &Number) -> Self {
        let mut sums = match number {
            Number::Float(_) => Self::Float(ExactSum::zero()),
            Number::Integer(_) => Self::Integer(DecimalSum::zero()),
            Number::Numeric(_) => Self::Numeric(DecimalSum::zero()),
        };
        sums.add(number);
        sums
    }

    /// Adds a finite number.
    #[inline]
    pub(super) fn add(&mut self, number: &Number) {
        match (&mut *self, number) {
            (Self::Float(sums), Number::Float(number)) => sums.add(*number),
            (Self::Integer(sums), Number::Integer(number)) => sums.add_integer(*number),
            (Self::Numeric(sums), Number::Numeric(number)) => sums.add(number),
            (_, other) => self.add_of_another_type(other),
        }
    }

    #[cold]
    fn add_of_another_type(&mut self, number: &Number) {
        let sums = std::mem::replace(self, Self::Float(ExactSum::zero()));
        *self = sums.merge(Self::of(number));
    }

    /// Adds up both. Sums of different types, which a column has if its type changes during a job,
    /// become decimals, which can hold each type exactly.
    pub(super) fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Float(one), Self::Float(other)) => Self::Float(one.merge(other)),
            (Self::Integer(one), Self::Integer(other)) => Self::Integer(one.merge(other)),
            (one, other) => Self::Numeric(one.into_decimals().merge(other.into_decimals())),
        }
    }

    fn into_decimals(self) -> DecimalSum {
        match self {
            // 2^-1074 is 5^1074 * 10^-1074.
            Self::Float(sums) => {
                let moments = sums.settled().in_smaller_units(&BigInt::from(5).pow(1074));
                DecimalSum::of_moments(moments, 1074)
            }
            Self::Integer(sums) | Self::Numeric(sums) => sums,
        }
    }

    /// Returns sum, mean and sample variance of `count` values. The sum is as [`Number::to_json`]
    /// writes it, except that an integer of more than 64 bits is a string of its digits. Mean and
    /// variance are the nearest doubles, infinite if no double holds them. The mean is `None` for
    /// no value, the variance for fewer than two values.
    pub(super) fn moments(&self, count: u64) -> (AnswerField, Option<f64>, Option<f64>) {
        match self {
            Self::Float(sums) => {
                let (sum, mean, variance) = sums.moments(count);
                (sum.into(), mean, variance)
            }
            Self::Integer(sums) => {
                let (sum, mean, variance) = sums.moments(count);
                let small = match sum.unscaled() {
                    Unscaled::Small(small) => i64::try_from(*small).ok(),
                    Unscaled::Large(_) => None,
                };
                let sum = match small {
                    Some(sum) => AnswerField::Integer(sum),
                    None => AnswerField::Json(sum.to_string().into()),
                };
                (sum, mean, variance)
            }
            Self::Numeric(sums) => {
                let (sum, mean, variance) = sums.moments(count);
                (AnswerField::Json(sum.to_json()), mean, variance)
            }
        }
    }
}
