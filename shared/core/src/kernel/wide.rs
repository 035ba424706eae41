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
        let (place, square) = (value.place, 2 * value.place);
        limbs::add_at(&mut self.sum, place as usize / 64, value.whole(place % 64));
        limbs::add_at(&mut self.squares, square as usize / 64, value.square(square % 64));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        (self.sum, _) = limbs::plus(self.sum, other.sum);
        (self.squares, _) = limbs::plus(self.squares, other.squares);
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
