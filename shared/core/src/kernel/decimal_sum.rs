use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::moments::{Moments, Unit};
use crate::rows::{
    Numeric,
    unscaled::{Unscaled, power_of_ten},
};

/// The exact sum of decimals and the exact sum of their squares. The scale is that of the value
/// with the most decimal places.
#[derive(Debug, Clone)]
pub(super) struct DecimalSum {
    scale: u16,
    /// In units of 10^-scale.
    settled: Moments,
    /// Sums that are not yet in `settled`, in the same units.
    sum: i128,
    squares: u128,
}

impl DecimalSum {
    pub(super) const fn zero() -> Self {
        Self { scale: 0, settled: Moments::ZERO, sum: 0, squares: 0 }
    }

    /// Makes the sums from moments in units of 10^-`scale`.
    pub(super) const fn of_moments(settled: Moments, scale: u16) -> Self {
        Self { scale, settled, sum: 0, squares: 0 }
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
        let square = u64::try_from(whole.unsigned_abs()).map(|whole| u128::from(whole).pow(2));
        let sums = square.ok().and_then(|square| {
            Some((self.sum.checked_add(whole)?, self.squares.checked_add(square)?))
        });
        match sums {
            Some((sum, squares)) => (self.sum, self.squares) = (sum, squares),
            None => self.add_large(&BigInt::from(whole)),
        }
    }

    #[cold]
    fn add_large(&mut self, whole: &BigInt) {
        self.settle();
        self.settled.sum += whole;
        self.settled.squares += whole * whole;
    }

    pub(super) fn merge(mut self, mut other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        self.rise_to(scale);
        other.rise_to(scale);
        Self::of_moments(self.settled + other.settled, scale)
    }

    fn settle(&mut self) {
        self.settled.sum += std::mem::take(&mut self.sum);
        self.settled.squares += std::mem::take(&mut self.squares);
    }

    /// Settles the sums in units of 10^-`scale`; a `scale` below the present one changes no unit.
    fn rise_to(&mut self, scale: u16) {
        self.settle();
        if scale > self.scale {
            let settled = std::mem::replace(&mut self.settled, Moments::ZERO);
            self.settled = settled.in_smaller_units(&power_of_ten(scale - self.scale));
            self.scale = scale;
        }
    }

    /// Returns the sum, the mean and the sample variance of `count` values. The sum is exact; mean
    /// and variance are the nearest doubles. The mean is `None` for no value, the variance for
    /// fewer than two values.
    pub(super) fn moments(mut self, count: u64) -> (Numeric, Option<f64>, Option<f64>) {
        self.settle();
        let Self { scale, settled, .. } = self;
        let unit = Unit { parts: power_of_ten(scale), places: 0 };
        let (mean, variance) = (settled.mean(count, &unit), settled.variance(count, &unit));
        (Numeric::new(settled.sum.into(), scale), mean, variance)
    }
}

#[derive(Serialize, Deserialize)]
struct Json {
    scale: u16,
    moments: Moments,
}

impl Serialize for DecimalSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut settled = self.clone();
        settled.settle();
        Json { scale: settled.scale, moments: settled.settled }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DecimalSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Json { scale, moments } = Json::deserialize(deserializer)?;
        Ok(Self::of_moments(moments, scale))
    }
}
