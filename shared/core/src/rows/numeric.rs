use std::{cmp::Ordering, fmt};

use num_bigint::{BigInt, BigUint, Sign};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::rows::unscaled::{Unscaled, power_of_ten};

/// An exact finite decimal that keeps its scale, the number of places after the point.
///
/// Decimals are ordered by value. Of two equal values the one with fewer places is less, so that
/// the least and the greatest do not depend on the order of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numeric {
    unscaled: Unscaled,
    scale: u16,
}

impl Numeric {
    /// The most digits before the point, and the most after it. PostgreSQL allows 131,072 and
    /// 16,383; a partial with that many would not fit in an item of the store.
    pub const MOST_DIGITS: u16 = 2000;

    /// The most groups of four digits that certainly fit in an `i128`.
    const SMALL: usize = 9;

    pub(crate) const fn new(unscaled: Unscaled, scale: u16) -> Self {
        Self { unscaled, scale }
    }

    /// The regular expression of a written decimal.
    pub const PATTERN: &'static str = r"^-?[0-9]{1,2000}(\.[0-9]{1,2000})?$";

    /// Parses a written decimal, such as `-12.50`; `None` if the text does not match
    /// [`PATTERN`](Self::PATTERN).
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (before, after) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let most = usize::from(Self::MOST_DIGITS);
        let all = [before, after].concat();
        let are_digits = all.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits || !(1..=most).contains(&before.len()) || after.len() > most {
            return None;
        }
        let magnitude: BigInt = all.parse().ok()?;
        let unscaled = if negative { -magnitude } else { magnitude };
        Some(Self { unscaled: unscaled.into(), scale: after.len() as u16 })
    }

    /// Reads a decimal from its groups of four digits, each two bytes, big-endian. The first group
    /// is multiplied by 10,000^`weight`. `None` if the groups are not a decimal of this scale, or
    /// have too many digits.
    pub(crate) fn of_groups(
        negative: bool,
        weight: i16,
        scale: u16,
        groups: &[[u8; 2]],
    ) -> Option<Self> {
        if scale > Self::MOST_DIGITS || 4 * (i32::from(weight) + 1) > Self::MOST_DIGITS.into() {
            return None;
        }
        let mut groups_left = groups.iter().map(|group| u16::from_be_bytes(*group));
        // The zeros to add to the groups at this scale; negative if the groups have too many.
        let zeros = 4 * (i32::from(weight) + 1 - groups.len() as i32) + i32::from(scale);
        let unscaled = if groups.len() <= Self::SMALL {
            let all = groups_left.try_fold(0_i128, |all, group| {
                (group < 10_000).then_some(10_000 * all + i128::from(group))
            })?;
            Unscaled::Small(if negative { -all } else { all })
        } else {
            let pairs = groups_left.flat_map(|group| [(group / 100) as u8, (group % 100) as u8]);
            let all = BigUint::from_radix_be(&pairs.collect::<Vec<u8>>(), 100)?;
            BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, all).into()
        };
        let unscaled = match u16::try_from(zeros) {
            Ok(zeros) => unscaled.times_power_of_ten(zeros),
            Err(_) => without_zeros(&unscaled, u16::try_from(-zeros).ok()?)?,
        };
        Some(Self { unscaled, scale })
    }

    /// Returns the exact decimal of a double; `None` if the double is not finite.
    pub(crate) fn of_double(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let (bits, negative) = (value.abs().to_bits(), value < 0.0);
        let (place, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
        let (whole, place) = if place == 0 { (fraction, 1) } else { (fraction | 1 << 52, place) };
        let (whole, places) = match whole.trailing_zeros() {
            64 => (0, 0),
            zeros => (whole >> zeros, 1075 - place - zeros as i32),
        };
        let magnitude = BigInt::from(whole);
        let (magnitude, scale) = match u16::try_from(places) {
            // 2^-n is 5^n * 10^-n.
            Ok(scale) => (magnitude * BigInt::from(5).pow(scale.into()), scale),
            Err(_) => (magnitude << places.unsigned_abs(), 0),
        };
        Some(Self { unscaled: if negative { -magnitude } else { magnitude }.into(), scale })
    }

    /// Returns the number of places after the point.
    pub(crate) const fn scale(&self) -> u16 {
        self.scale
    }

    /// Returns the decimal without its point, as a whole number.
    pub(crate) const fn unscaled(&self) -> &Unscaled {
        &self.unscaled
    }

    /// Returns the same value without trailing zeros after the point.
    pub(crate) fn without_zeros(&self) -> Self {
        let text = self.to_string();
        let zeros = match text.split_once('.') {
            Some((_, places)) => places.len() - places.trim_end_matches('0').len(),
            None => 0,
        };
        match without_zeros(&self.unscaled, zeros as u16) {
            Some(unscaled) => Self { unscaled, scale: self.scale - zeros as u16 },
            None => self.clone(),
        }
    }

    /// Compares by value only: 1.0 and 1.00 are equal.
    pub fn compare(&self, other: &Self) -> Ordering {
        match self.scale.cmp(&other.scale) {
            Ordering::Equal => self.unscaled.cmp(&other.unscaled),
            Ordering::Less => {
                let zeros = other.scale - self.scale;
                self.unscaled.times_power_of_ten(zeros).cmp(&other.unscaled)
            }
            Ordering::Greater => other.compare(self).reverse(),
        }
    }

    /// Returns the nearest double; an infinity if the decimal is beyond the finite doubles.
    pub fn to_double(&self) -> f64 {
        match self.unscaled {
            // Both are exact, so that only the quotient is rounded.
            Unscaled::Small(whole) if whole.unsigned_abs() < 1 << 53 && self.scale <= 22 => {
                whole as f64 / 10_f64.powi(self.scale.into())
            }
            _ => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// Returns a JSON number if the decimal has at most 15 significant digits, which a double
    /// keeps; otherwise a string of all digits.
    pub fn to_json(&self) -> serde_json::Value {
        let (_, digits) = self.unscaled.digits();
        let double = self.to_double();
        // A normal double keeps 15 digits of any decimal; a subnormal one does not.
        let is_exact = digits.trim_end_matches('0').len() <= 15
            && (double == 0.0 && digits == "0" || double.is_normal());
        if is_exact { double.into() } else { self.to_string().into() }
    }
}

/// Removes the given number of zeros at the end; `None` if the number has fewer.
fn without_zeros(number: &Unscaled, zeros: u16) -> Option<Unscaled> {
    if let Unscaled::Small(number) = number
        && let Some(power) = 10_i128.checked_pow(zeros.into())
    {
        return (number % power == 0).then(|| Unscaled::Small(number / power));
    }
    let (number, power) = (number.big(), power_of_ten(zeros));
    let quotient = &*number / &power;
    (&quotient * &power == *number).then(|| quotient.into())
}

impl From<i64> for Numeric {
    fn from(number: i64) -> Self {
        Self { unscaled: Unscaled::Small(number.into()), scale: 0 }
    }
}

impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other).then(self.scale.cmp(&other.scale))
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes all digits: `-12.50`.
impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (negative, digits) = self.unscaled.digits();
        let places = usize::from(self.scale);
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (before, after) = digits.split_at(digits.len() - places);
        let (sign, point) = (if negative { "-" } else { "" }, if places > 0 { "." } else { "" });
        write!(f, "{sign}{before}{point}{after}")
    }
}

impl Serialize for Numeric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Numeric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no decimal")))
    }
}

#[cfg(test)]
mod tests;
