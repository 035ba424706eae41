use super::{limbs, nearest::nearest_of_limbs};

/// The sum of values and the sum of their squares where they fit in a few limbs, as those of most
/// columns do. Mean and variance need no heap, and take a tenth of the time of those of
/// [`Moments`](super::moments::Moments).
#[derive(Debug, Clone, Copy)]
pub(super) struct SmallMoments {
    /// In units of 1 / `parts` / 2^`places`, two's complement.
    pub(super) sum: [u64; 3],
    /// In units squared.
    pub(super) squares: [u64; 5],
    pub(super) parts: u128,
    pub(super) places: i64,
}

impl SmallMoments {
    /// Returns the double nearest to the sum; `None` if the limbs of the calculation are too few.
    pub(super) fn sum(&self) -> Option<f64> {
        self.sum_in(self.parts)
    }

    /// Returns the doubles nearest to the mean and to the sample variance of `count` values. The mean is
    /// `None` for no value, the variance for fewer than two values. `None` if the limbs of the
    /// calculation are too few.
    pub(super) fn mean_and_variance(&self, count: u64) -> Option<(Option<f64>, Option<f64>)> {
        Some(match count {
            0 => (None, None),
            1 => (Some(self.mean(count)?), None),
            _ => (Some(self.mean(count)?), Some(self.variance(count)?)),
        })
    }

    fn mean(&self, count: u64) -> Option<f64> {
        self.sum_in(self.parts.checked_mul(count.into())?)
    }

    fn variance(&self, count: u64) -> Option<f64> {
        let (sum, _) = limbs::magnitude(self.sum);
        let of_squares = limbs::product::<5, 1, 6>(self.squares, [count]);
        let (spread, is_negative) = limbs::minus(of_squares, limbs::product(sum, sum));
        let pairs = u128::from(count) * u128::from(count - 1);
        let parts = pairs.checked_mul(self.parts)?.checked_mul(self.parts)?;
        // Sums that no values have may be read from a store.
        (!is_negative).then(|| nearest_of_limbs(false, &spread, parts, 2 * self.places))?
    }

    fn sum_in(&self, parts: u128) -> Option<f64> {
        let (sum, is_negative) = limbs::magnitude(self.sum);
        nearest_of_limbs(is_negative, &sum, parts, self.places)
    }
}
