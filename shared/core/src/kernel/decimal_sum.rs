use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    moments::{Moments, Unit},
    small_moments::SmallMoments,
};
use crate::rows::{
    Numeric,
    unscaled::{Unscaled, power_of_ten},
};

/// The exact sum of decimals and the exact sum of their squares. The scale is that of the value
/// with the most decimal places.
///
/// Sums of wholes of 64 bits need no heap.
#[derive(Debug, Clone)]
pub(super) struct DecimalSum {
    small: SmallSums,
    scale: u16,
    /// What is not in `small`, in the same units.
    large: Option<Box<Moments>>,
}

/// In units of 10^-scale: a sum that fits in an `i128`, and a sum of squares of 192 bits.
#[derive(Debug, Clone, Copy)]
struct SmallSums {
    sum: i128,
    squares: u128,
    /// In units of 2^128.
    high_squares: u64,
}

impl SmallSums {
    const ZERO: Self = Self { sum: 0, squares: 0, high_squares: 0 };

    /// Returns the sums with those of others; `None` if they do not fit.
    #[inline]
    fn plus(self, other: Self) -> Option<Self> {
        let (squares, carry) = self.squares.overflowing_add(other.squares);
        Some(Self {
            sum: self.sum.checked_add(other.sum)?,
            squares,
            high_squares: self
                .high_squares
                .checked_add(other.high_squares)?
                .checked_add(carry.into())?,
        })
    }

    /// Returns the sums in units that are 10^`zeros` times smaller; `None` if they do not fit.
    fn with_zeros(self, zeros: u16) -> Option<Self> {
        let power = 10_i128.checked_pow(zeros.into())?;
        let squared = power.unsigned_abs().checked_mul(power.unsigned_abs())?;
        (self.high_squares == 0).then_some(())?;
        Some(Self {
            sum: self.sum.checked_mul(power)?,
            squares: self.squares.checked_mul(squared)?,
            high_squares: 0,
        })
    }

    /// Returns the same sums; `None` if they do not fit.
    fn of_moments(Moments { sum, squares }: &Moments) -> Option<Self> {
        let high_squares = u64::try_from(squares >> 128_u8).ok()?;
        let squares = squares - (BigInt::from(high_squares) << 128_u8);
        Some(Self { sum: sum.try_into().ok()?, squares: squares.try_into().ok()?, high_squares })
    }

    fn moments(self) -> Moments {
        let high_squares = BigInt::from(self.high_squares) << 128;
        Moments { sum: self.sum.into(), squares: high_squares + self.squares }
    }
}

impl DecimalSum {
    pub(super) const fn zero() -> Self {
        Self { small: SmallSums::ZERO, scale: 0, large: None }
    }

    /// Makes the sums from moments in units of 10^-`scale`.
    pub(super) fn of_moments(moments: Moments, scale: u16) -> Self {
        match SmallSums::of_moments(&moments) {
            Some(small) => Self { small, scale, large: None },
            None => Self { small: SmallSums::ZERO, scale, large: Some(Box::new(moments)) },
        }
    }

    #[inline]
    pub(super) fn add_integer(&mut self, value: i64) {
        if self.scale == 0 {
            self.add_small(value.into());
        } else {
            self.add(&Numeric::from(value));
        }
    }

    #[inline]
    pub(super) fn add(&mut self, value: &Numeric) {
        if value.scale() > self.scale {
            self.rise_to(value.scale());
        }
        match (value.unscaled(), self.scale - value.scale()) {
            (Unscaled::Small(whole), 0) => self.add_small(*whole),
            (whole, zeros) => match whole.times_power_of_ten(zeros) {
                Unscaled::Small(whole) => self.add_small(whole),
                Unscaled::Large(whole) => self.add_large(&whole),
            },
        }
    }

    #[inline]
    fn add_small(&mut self, whole: i128) {
        let sums = u64::try_from(whole.unsigned_abs()).ok().and_then(|magnitude| {
            let squares = u128::from(magnitude).pow(2);
            self.small.plus(SmallSums { sum: whole, squares, high_squares: 0 })
        });
        match sums {
            Some(sums) => self.small = sums,
            None => self.add_large(&BigInt::from(whole)),
        }
    }

    #[cold]
    fn add_large(&mut self, whole: &BigInt) {
        let large = self.large.get_or_insert_with(|| Box::new(Moments::ZERO));
        large.sum += whole;
        large.squares += whole * whole;
    }

    fn enlarge(&mut self, moments: Moments) {
        let large = self.large.take().map_or(Moments::ZERO, |large| *large);
        self.large = Some(Box::new(large + moments));
    }

    pub(super) fn merge(mut self, mut other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        self.rise_to(scale);
        other.rise_to(scale);
        match self.small.plus(other.small) {
            Some(small) => self.small = small,
            None => self.enlarge(other.small.moments()),
        }
        if let Some(large) = other.large {
            self.enlarge(*large);
        }
        self
    }

    /// Returns the sums in units of 10^-scale.
    fn settled(self) -> Moments {
        let small = self.small.moments();
        match self.large {
            Some(large) => *large + small,
            None => small,
        }
    }

    /// Returns the sums if all of them are small.
    fn small_moments(&self) -> Option<SmallMoments> {
        let SmallSums { sum, squares, high_squares } = self.small;
        let sign = (sum >> 127) as u64;
        let parts = 10_u128.checked_pow(self.scale.into())?;
        self.large.is_none().then_some(SmallMoments {
            sum: [sum as u64, (sum >> 64) as u64, sign],
            squares: [squares as u64, (squares >> 64) as u64, high_squares, 0, 0],
            parts,
            places: 0,
        })
    }

    /// Expresses the sums in units of 10^-`scale`; a `scale` below the present one changes nothing.
    fn rise_to(&mut self, scale: u16) {
        if scale <= self.scale {
            return;
        }
        let zeros = scale - self.scale;
        self.scale = scale;
        match (&self.large, self.small.with_zeros(zeros)) {
            (None, Some(small)) => self.small = small,
            _ => {
                let settled = self.clone().settled().in_smaller_units(&power_of_ten(zeros));
                *self = Self::of_moments(settled, scale);
            }
        }
    }

    /// Returns the sum, the mean and the sample variance of `count` values. The sum is exact; mean
    /// and variance are the nearest doubles. The mean is `None` for no value, the variance for
    /// fewer than two values.
    pub(super) fn moments(&self, count: u64) -> (Numeric, Option<f64>, Option<f64>) {
        let scale = self.scale;
        let small = self.small_moments();
        if let Some((mean, variance)) = small.and_then(|small| small.mean_and_variance(count)) {
            return (Numeric::new(Unscaled::Small(self.small.sum), scale), mean, variance);
        }
        let settled = self.clone().settled();
        let unit = Unit { parts: power_of_ten(scale), places: 0 };
        let (mean, variance) = (settled.mean(count, &unit), settled.variance(count, &unit));
        (Numeric::new(settled.sum.into(), scale), mean, variance)
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct Stored {
    scale: u16,
    moments: Moments,
}

impl Serialize for DecimalSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored { scale: self.scale, moments: self.clone().settled() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DecimalSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { scale, moments } = Stored::deserialize(deserializer)?;
        Ok(Self::of_moments(moments, scale))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn moments_of_small_sums_are_those_of_big_numbers(
            values in prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 0..20),
            scale in 0..12_u16,
        ) {
            let mut sum = DecimalSum::zero();
            for value in &values {
                sum.add(&Numeric::new(Unscaled::Small((*value).into()), scale));
            }
            let count = values.len() as u64;
            let settled = sum.clone().settled();
            let unit = Unit { parts: power_of_ten(sum.scale), places: 0 };
            let expected = (settled.mean(count, &unit), settled.variance(count, &unit));
            let small = sum.small_moments().and_then(|small| small.mean_and_variance(count));
            // 71 bits are enough for the pairs of 20 values in units of 10^-18.
            prop_assert!(small.is_some() || scale > 9);
            prop_assert!(small.is_none_or(|small| small == expected));
            let whole = Numeric::new(settled.sum.into(), sum.scale);
            prop_assert_eq!(sum.moments(count), (whole, expected.0, expected.1));
        }
    }
}
