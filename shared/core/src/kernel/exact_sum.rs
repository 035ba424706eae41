use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::moments::{Moments, Unit};

/// The number of places that the least significant bit of a finite double can have, from 2^-1074
/// up.
const PLACES: usize = 2046;

/// The exact sum of finite doubles and the exact sum of their squares. The order and grouping of
/// the additions change no bit, and cancellation loses nothing.
///
/// A double is a whole number below 2^53 times a power of two. The whole numbers of each power are
/// summed separately (Neal, "Fast exact summation using small and large superaccumulators",
/// arXiv:1505.05571).
#[derive(Debug, Clone)]
pub(super) struct ExactSum {
    /// In units of 2^-1074.
    settled: Moments,
    /// Sums that are not yet in `settled`, by the place of the doubles.
    pending: Option<Box<Pending>>,
}

#[derive(Debug, Clone)]
struct Pending {
    sums: [i128; PLACES],
    squares: [i128; PLACES],
    count: u32,
}

impl ExactSum {
    /// The sum of this many squares of 106 bits fits in 127 bits.
    const MOST_PENDING: u32 = 1 << 20;

    pub(super) const fn zero() -> Self {
        Self { settled: Moments::ZERO, pending: None }
    }

    /// Adds a finite double.
    pub(super) fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as usize, bits & ((1 << 52) - 1));
        debug_assert!(exponent < 0x7ff, "{value} is not finite");
        let (place, whole) = match exponent {
            0 => (0, fraction),
            _ => (exponent - 1, fraction | 1 << 52),
        };
        let whole = i128::from(whole);
        let pending = self.pending.get_or_insert_with(|| {
            Box::new(Pending { sums: [0; PLACES], squares: [0; PLACES], count: 0 })
        });
        pending.sums[place] += if value.is_sign_negative() { -whole } else { whole };
        pending.squares[place] += whole * whole;
        pending.count += 1;
        if pending.count == Self::MOST_PENDING {
            self.settle();
        }
    }

    pub(super) fn merge(self, other: Self) -> Self {
        Self { settled: self.settled() + other.settled(), pending: None }
    }

    /// Returns the sums in units of 2^-1074.
    pub(super) fn settled(mut self) -> Moments {
        self.settle();
        self.settled
    }

    fn settle(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        for (place, (sum, squares)) in pending.sums.iter().zip(&pending.squares).enumerate() {
            if *sum != 0 {
                self.settled.sum += BigInt::from(*sum) << place;
            }
            if *squares != 0 {
                self.settled.squares += BigInt::from(*squares) << (2 * place);
            }
        }
    }

    /// Returns sum, mean and sample variance of `count` values, each the double nearest to the
    /// exact result. The mean is `None` for no value, the variance for fewer than two values.
    pub(super) fn moments(self, count: u64) -> (f64, Option<f64>, Option<f64>) {
        let (moments, unit) = (self.settled(), Unit { parts: BigInt::from(1), places: 1074 });
        (moments.sum(&unit), moments.mean(count, &unit), moments.variance(count, &unit))
    }
}

impl Serialize for ExactSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.clone().settled().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ExactSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { settled: Moments::deserialize(deserializer)?, pending: None })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::nearest::nearest, *};

    fn sum_of(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::zero();
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    fn finite() -> impl Strategy<Value = f64> {
        any::<f64>().prop_filter("finite", |value| value.is_finite())
    }

    #[test]
    fn nothing_is_lost_to_cancellation() {
        let (sum, mean, variance) = sum_of(&[1e308, 1.0, -1e308, 1e308, -1e308]).moments(5);
        assert_eq!((sum, mean), (1.0, Some(0.2)));
        assert!(variance.unwrap() == f64::INFINITY);
        assert_eq!(sum_of(&[2.0, 4.0, 4.0, 6.0]).moments(4), (16.0, Some(4.0), Some(8.0 / 3.0)));
        assert_eq!(sum_of(&[]).moments(0), (0.0, None, None));
        assert_eq!(sum_of(&[0.1; 10]).moments(10), (1.0, Some(0.1), Some(0.0)));
    }

    #[test]
    fn sums_of_the_least_and_the_greatest_doubles_are_right() {
        let least = f64::from_bits(1);
        assert_eq!(sum_of(&[least, least]).moments(2), (2.0 * least, Some(least), Some(0.0)));
        // Half of the least double is a tie between it and 0; 0 is even.
        assert_eq!(sum_of(&[least, 0.0]).moments(2).1, Some(0.0));
        assert_eq!(sum_of(&[least, least, least, 0.0]).moments(4).1, Some(least));
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).moments(2).1, Some(f64::MAX));
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).moments(2).0, f64::INFINITY);
    }

    proptest! {
        #[test]
        fn a_sum_of_two_is_the_nearest_double(a in finite(), b in finite()) {
            // IEEE 754 rounds a sum, a product and a quotient to the nearest double.
            prop_assert_eq!(sum_of(&[a, b]).moments(2).0, a + b);
            prop_assert_eq!(sum_of(&[a]).moments(1).1, Some(a));
            if (a / 3.0).abs() > f64::MIN_POSITIVE {
                prop_assert_eq!(nearest(&sum_of(&[a]).settled().sum, &3.into(), 1074), a / 3.0);
            }
        }

        #[test]
        fn it_reads_back(values in prop::collection::vec(finite(), 0..20)) {
            let sum = sum_of(&values);
            let json = serde_json::to_string(&sum).unwrap();
            prop_assert!(json.len() < 1800, "{} bytes", json.len());
            let read: ExactSum = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
    }
}
