use std::{borrow::Cow, cmp::Ordering};

use num_bigint::BigInt;

/// A whole number of any size: a decimal without its point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unscaled {
    Small(i128),
    /// A number that does not fit in an `i128`.
    Large(Box<BigInt>),
}

impl Unscaled {
    /// Returns the number with `zeros` zeros after it.
    pub(crate) fn times_power_of_ten(&self, zeros: u16) -> Self {
        if zeros == 0 {
            return self.clone();
        }
        let small = match self {
            Self::Small(number) => {
                10_i128.checked_pow(zeros.into()).and_then(|power| number.checked_mul(power))
            }
            Self::Large(_) => None,
        };
        small.map_or_else(|| (&*self.big() * power_of_ten(zeros)).into(), Self::Small)
    }

    /// Returns the number as a [`BigInt`].
    pub(crate) fn big(&self) -> Cow<'_, BigInt> {
        match self {
            Self::Small(number) => Cow::Owned(BigInt::from(*number)),
            Self::Large(number) => Cow::Borrowed(number),
        }
    }

    /// Returns whether the number is negative, and its digits.
    pub(crate) fn digits(&self) -> (bool, String) {
        match self {
            Self::Small(number) => (*number < 0, number.unsigned_abs().to_string()),
            Self::Large(number) => {
                (number.sign() == num_bigint::Sign::Minus, number.magnitude().to_string())
            }
        }
    }
}

/// Returns 10 to the power of `zeros`.
pub(crate) fn power_of_ten(zeros: u16) -> BigInt {
    BigInt::from(10).pow(zeros.into())
}

impl From<BigInt> for Unscaled {
    fn from(number: BigInt) -> Self {
        i128::try_from(&number).map_or_else(|_| Self::Large(Box::new(number)), Self::Small)
    }
}

impl Ord for Unscaled {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(one), Self::Small(other)) => one.cmp(other),
            _ => self.big().cmp(&other.big()),
        }
    }
}

impl PartialOrd for Unscaled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
