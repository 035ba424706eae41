use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rows::{Number, Numeric, unscaled::Unscaled};

/// The least and the greatest of some finite numbers, or neither if there are no numbers.
///
/// [`Number::total_cmp`] also orders -0 and 0, and equal decimals of different scales, so the
/// result does not depend on the order of the numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ends(Option<Pair>);

/// The least and the greatest number. There is one form for two numbers, the smallest that can
/// have them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Pair {
    #[serde(rename = "f")]
    Floats(f64, f64),
    #[serde(rename = "i")]
    Integers(i64, i64),
    /// Decimals without their points, and their scales.
    #[serde(rename = "n")]
    Decimals(i64, i64, u16, u16),
    #[serde(rename = "a")]
    Any(Box<(Number, Number)>),
}

impl Ends {
    /// The most bytes of the JSON.
    pub const LONGEST: usize = r#"{"a":[,]}"#.len() + 2 * Number::LONGEST;

    /// The ends of no numbers.
    pub const NONE: Self = Self(None);

    /// Adds a finite double.
    #[inline]
    pub(super) fn take_float(&mut self, number: f64) {
        match &mut self.0 {
            Some(Pair::Floats(least, greatest)) => {
                if number.total_cmp(least).is_lt() {
                    *least = number;
                }
                if number.total_cmp(greatest).is_gt() {
                    *greatest = number;
                }
            }
            _ => self.take_any(Number::Float(number)),
        }
    }

    /// Adds a finite number.
    #[inline]
    pub fn take(&mut self, number: Number) {
        match (&mut self.0, &number) {
            (_, Number::Float(number)) => self.take_float(*number),
            (Some(Pair::Integers(least, greatest)), Number::Integer(number)) => {
                *least = (*least).min(*number);
                *greatest = (*greatest).max(*number);
            }
            (Some(Pair::Decimals(least, greatest, scale, other)), Number::Numeric(value))
                if value.scale() == *scale && scale == other =>
            {
                match small(value) {
                    Some(value) => {
                        *least = (*least).min(value);
                        *greatest = (*greatest).max(value);
                    }
                    None => self.take_any(number),
                }
            }
            // Most numbers are between the ends.
            (Some(Pair::Any(ends)), _)
                if number.total_cmp(&ends.0).is_ge() && number.total_cmp(&ends.1).is_le() => {}
            _ => self.take_any(number),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_any(&mut self, number: Number) {
        let (least, greatest) = match self.0.take() {
            None => (number.clone(), number),
            Some(pair) => {
                let (least, greatest) = pair.into_numbers();
                if number.total_cmp(&least).is_lt() {
                    (number, greatest)
                } else if number.total_cmp(&greatest).is_gt() {
                    (least, number)
                } else {
                    (least, greatest)
                }
            }
        };
        self.0 = Some(Pair::of(least, greatest));
    }

    /// Returns the ends of both sets of numbers together.
    pub fn merge(mut self, other: Self) -> Self {
        if let Some(pair) = other.0 {
            let (least, greatest) = pair.into_numbers();
            self.take(least);
            self.take(greatest);
        }
        self
    }

    /// Returns the least number as JSON.
    pub fn least(&self) -> Option<Value> {
        self.0.clone().map(|pair| pair.into_numbers().0.to_json())
    }

    /// Returns the greatest number as JSON.
    pub fn greatest(&self) -> Option<Value> {
        self.0.clone().map(|pair| pair.into_numbers().1.to_json())
    }
}

impl Pair {
    fn of(least: Number, greatest: Number) -> Self {
        match (&least, &greatest) {
            (Number::Float(least), Number::Float(greatest)) => Self::Floats(*least, *greatest),
            (Number::Integer(least), Number::Integer(greatest)) => {
                Self::Integers(*least, *greatest)
            }
            (Number::Numeric(one), Number::Numeric(other)) => match (small(one), small(other)) {
                (Some(small), Some(great)) => {
                    Self::Decimals(small, great, one.scale(), other.scale())
                }
                _ => Self::Any(Box::new((least, greatest))),
            },
            _ => Self::Any(Box::new((least, greatest))),
        }
    }

    fn into_numbers(self) -> (Number, Number) {
        let decimal = |number: i64, scale| {
            Number::Numeric(Numeric::new(Unscaled::Small(number.into()), scale))
        };
        match self {
            Self::Floats(least, greatest) => (Number::Float(least), Number::Float(greatest)),
            Self::Integers(least, greatest) => (Number::Integer(least), Number::Integer(greatest)),
            Self::Decimals(least, greatest, of_least, of_greatest) => {
                (decimal(least, of_least), decimal(greatest, of_greatest))
            }
            Self::Any(ends) => *ends,
        }
    }
}

/// Returns a decimal without its point; `None` if it does not fit in 64 bits.
#[inline]
fn small(number: &Numeric) -> Option<i64> {
    match number.unscaled() {
        Unscaled::Small(small) => i64::try_from(*small).ok(),
        Unscaled::Large(_) => None,
    }
}
