use num_bigint::Sign;

use super::{limbs, moments::Moments, scaled::Scaled, small_moments::SmallMoments};

/// The exact sum of finite doubles of similar size and the exact sum of their squares, as
/// fixed-point numbers that need no heap.
///
/// A window takes doubles of 96 neighbouring places, so that the greatest may be 2^96 times the
/// least. What has another size, or no longer fits, is left to the caller.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// In units of 2^(2 * (32 * `first` - 1074)), least significant limb first. A square has at
    /// most 106 + 2 * 95 bits, so at least 2^24 of them fit.
    squares: [u64; 5],
    /// In units of 2^(32 * `first` - 1074), two's complement.
    sum: [u64; 3],
    /// The least place that is taken, in 32 places: a limb of `squares` more for each.
    /// `None` if no double is taken.
    first: Option<u8>,
    /// How many doubles have been turned away.
    turned_away: u8,
}

impl Window {
    /// The places that a window takes, in 32 places.
    const LENGTH: u32 = 3;

    /// The first place, in 32 places, of windows for doubles from 2^-30 to 2^66: those of most
    /// columns, so that most windows can be added up.
    const ORDINARY: u32 = 31;

    /// The first place, in 32 places, of the last window.
    const LAST: u32 = Scaled::MOST / 32 - 2;

    /// A window that takes no double.
    pub(super) const NOWHERE: Self =
        Self { squares: [0; 5], sum: [0; 3], first: None, turned_away: 0 };

    /// A window that takes doubles around the size of this one, and has none.
    pub(super) fn around(place: u32) -> Self {
        let place = place / 32;
        let first = match place.wrapping_sub(Self::ORDINARY) {
            0..Self::LENGTH => Self::ORDINARY,
            _ => place.saturating_sub(1).min(Self::LAST),
        };
        Self { first: Some(first as u8), ..Self::NOWHERE }
    }

    pub(super) const fn is_nowhere(&self) -> bool {
        self.first.is_none()
    }

    /// Returns whether a double with this place, which the window has not taken, belongs elsewhere.
    /// If not, the window is full, or is where a double was that is unlike those that follow.
    pub(super) fn turns_away(&mut self, place: u32) -> bool {
        let is_outside = self.first.is_some() && !self.takes(place);
        let turns_away = is_outside && self.turned_away < u8::MAX;
        if turns_away {
            self.turned_away += 1;
        }
        turns_away
    }

    /// Returns whether doubles with this place are taken.
    pub(super) fn takes(&self, place: u32) -> bool {
        self.first.is_some_and(|first| (place / 32).wrapping_sub(first.into()) < Self::LENGTH)
    }

    /// Adds a double. Returns `false` and changes nothing if it has a place that is not taken, or
    /// if the sums become too large.
    #[inline]
    pub(super) fn add(&mut self, value: Scaled) -> bool {
        let Some(first) = self.first else { return false };
        let at = (value.place / 32).wrapping_sub(first.into());
        if at >= Self::LENGTH {
            return false;
        }
        let shift = value.place - 32 * u32::from(first);
        let [low, high] = value.whole(shift % 64);
        let sign = (high as i64 >> 63) as u64;
        let sum = if shift >= 64 { [0, low, high] } else { [low, high, sign] };
        let (sum, too_large) = limbs::plus_signed(self.sum, sum);

        let Some(squares) = self.squares[at as usize..].first_chunk_mut() else { return false };
        let (new, carry) = limbs::plus(*squares, value.square(2 * (value.place % 32)));
        if too_large | carry {
            return false;
        }
        (self.sum, *squares) = (sum, new);
        true
    }

    /// Adds what another window has. Returns `false` and changes nothing if that takes other
    /// places, or if the sums become too large.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        if other.is_nowhere() {
            return true;
        }
        if self.is_nowhere() {
            *self = other.clone();
            return true;
        }
        let (sum, too_large) = limbs::plus_signed(self.sum, other.sum);
        let (squares, carry) = limbs::plus(self.squares, other.squares);
        let fits = self.first == other.first && !too_large && !carry;
        if fits {
            (self.sum, self.squares) = (sum, squares);
        }
        fits
    }

    /// Returns the window that has these sums, in units of 2^-1074; `None` if none can.
    pub(super) fn of_moments(moments: &Moments) -> Option<Self> {
        if *moments == Moments::ZERO {
            return Some(Self::NOWHERE);
        }
        let Moments { sum, squares } = moments;
        // As if there were one double.
        let empty = Self::around((squares.bits().saturating_sub(106) / 2) as u32);
        let first = u32::from(empty.first?);
        let (above, squares_above) = (sum >> (32 * first), squares >> (64 * first));
        let nothing_is_below =
            &above << (32 * first) == *sum && &squares_above << (64 * first) == *squares;
        (nothing_is_below && squares.sign() != Sign::Minus).then_some(())?;
        let (sum, squares) = (limbs::of_number(&above)?, limbs::of_number(&squares_above)?);
        Some(Self { sum, squares, ..empty })
    }

    /// Returns the sums in units of their own.
    pub(super) fn small_moments(&self) -> SmallMoments {
        let places = 1074 - 32 * i64::from(self.first.unwrap_or(0));
        SmallMoments { sum: self.sum, squares: self.squares, parts: 1, places }
    }

    /// Returns the sums in units of 2^-1074.
    pub(super) fn moments(&self) -> Moments {
        let first = u32::from(self.first.unwrap_or(0));
        // A zero limb more, because squares have no sign.
        let [a, b, c, d, e] = self.squares;
        Moments {
            sum: limbs::number(&self.sum) << (32 * first),
            squares: limbs::number(&[a, b, c, d, e, 0]) << (64 * first),
        }
    }
}
