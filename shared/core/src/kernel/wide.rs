use super::{limbs, moments::Moments, scaled::Scaled};

/// The exact sum of finite doubles of any size and the exact sum of their squares, as fixed-point
/// numbers.
#[derive(Debug, Clone)]
pub(super) struct Wide {
    /// In units of 2^-1074, two's complement. 2^64 doubles have 2046 + 52 + 64 bits.
    sum: [u64; 34],
    /// In units of 2^-2148. 2^64 squares have 2 * (2046 + 52) + 64 bits.
    squares: [u64; 67],
}

impl Wide {
    pub(super) const ZERO: Self = Self { sum: [0; 34], squares: [0; 67] };

    pub(super) fn add(&mut self, value: Scaled) {
        let (at, shift) = (value.place as usize / 64, value.place % 64);
        let whole = u128::from(value.whole) << shift;
        let whole = [whole as u64, (whole >> 64) as u64];
        if value.is_negative {
            limbs::subtract_at(&mut self.sum, at, &whole);
        } else {
            limbs::add_at(&mut self.sum, at, &whole);
        }
        let place = 2 * value.place;
        limbs::add_at(&mut self.squares, place as usize / 64, &value.square(place % 64));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        limbs::add_at(&mut self.sum, 0, &other.sum);
        limbs::add_at(&mut self.squares, 0, &other.squares);
    }

    /// Returns what has these sums, in units of 2^-1074; `None` if they are larger than those of
    /// 2^64 doubles.
    pub(super) fn of_moments(Moments { sum, squares }: &Moments) -> Option<Self> {
        Some(Self { sum: limbs::of_number(sum)?, squares: limbs::of_number(squares)? })
    }

    /// Returns the sums in units of 2^-1074.
    pub(super) fn moments(&self) -> Moments {
        Moments { sum: limbs::number(&self.sum), squares: limbs::number(&self.squares) }
    }
}
