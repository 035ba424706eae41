/// A finite double as a whole number and its place: `whole` times 2^(`place` - 1074).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scaled {
    /// Below 2^53.
    pub(super) whole: u64,
    /// The place of the least significant bit, from 0 for 2^-1074 to [`MOST`](Self::MOST).
    pub(super) place: u32,
    pub(super) is_negative: bool,
}

impl Scaled {
    /// The place of the greatest doubles.
    pub(super) const MOST: u32 = 2045;

    /// Takes a finite double apart.
    #[inline]
    pub(super) fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as u32, bits & ((1 << 52) - 1));
        debug_assert!(exponent < 0x7ff, "{value} is not finite");
        // Subnormal doubles have the place of the least normal ones, without their first bit.
        let first_bit = u64::from(exponent != 0) << 52;
        Self {
            whole: fraction | first_bit,
            place: exponent.saturating_sub(1),
            is_negative: value.is_sign_negative(),
        }
    }

    /// Returns `whole` with its sign, times 2^`shift`, in limbs in two's complement. `shift` is below
    /// 64.
    #[inline]
    pub(super) fn whole(self, shift: u32) -> [u64; 2] {
        let whole = self.whole as i64;
        let whole = i128::from(if self.is_negative { -whole } else { whole }) << shift;
        [whole as u64, (whole >> 64) as u64]
    }

    /// Returns the square of `whole` times 2^`shift` in limbs of 64 bits, least significant first.
    /// `shift` is even and below 64, so that the last limb is below 2^40.
    #[inline]
    pub(super) fn square(self, shift: u32) -> [u64; 3] {
        let square = u128::from(self.whole) * u128::from(self.whole);
        let low = square << shift;
        // Two shifts, because one by 64 is not allowed.
        let high = (square >> 64) as u64 >> 1 >> (63 - shift);
        [low as u64, (low >> 64) as u64, high]
    }
}
