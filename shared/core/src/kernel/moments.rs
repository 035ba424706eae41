use std::ops::Add;

use num_bigint::BigInt;
use serde::{Deserialize, Serialize};

use super::{digits, nearest::nearest};

/// The sum of values and the sum of their squares. The values are whole multiples of a [`Unit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moments {
    /// In units.
    #[serde(with = "digits")]
    pub(super) sum: BigInt,
    /// In units squared.
    #[serde(with = "digits")]
    pub(super) squares: BigInt,
}

/// The unit of values: 1 / `parts` / 2^`places`.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) parts: BigInt,
    pub(super) places: u16,
}

impl Moments {
    pub(super) const ZERO: Self = Self { sum: BigInt::ZERO, squares: BigInt::ZERO };

    /// Returns the most bytes of the JSON of the sums of up to 2^64 values with up to `bits` bits.
    pub(super) const fn json_len(bits: usize) -> usize {
        r#"{"sum":,"squares":}"#.len()
            + digits::json_len(bits + 64)
            + digits::json_len(2 * bits + 64)
    }

    /// Returns the same sums in units that are smaller by this factor.
    pub(super) fn in_smaller_units(self, factor: &BigInt) -> Self {
        Self { sum: self.sum * factor, squares: self.squares * factor * factor }
    }

    /// Returns the double nearest to the sum.
    pub(super) fn sum(&self, Unit { parts, places }: &Unit) -> f64 {
        nearest(&self.sum, parts, i64::from(*places))
    }

    /// Returns the double nearest to the mean of `count` values; `None` for no value.
    pub(super) fn mean(&self, count: u64, Unit { parts, places }: &Unit) -> Option<f64> {
        (count > 0).then(|| nearest(&self.sum, &(BigInt::from(count) * parts), i64::from(*places)))
    }

    /// Returns the double nearest to the sample variance of `count` values; `None` for fewer than
    /// two values.
    pub(super) fn variance(&self, count: u64, Unit { parts, places }: &Unit) -> Option<f64> {
        (count > 1).then(|| {
            let spread = BigInt::from(count) * &self.squares - &self.sum * &self.sum;
            let pairs = BigInt::from(count) * BigInt::from(count - 1);
            nearest(&spread, &(pairs * parts * parts), 2 * i64::from(*places))
        })
    }
}

impl Add for Moments {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { sum: self.sum + other.sum, squares: self.squares + other.squares }
    }
}
