use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::rows::{Number, Numeric};

/// A finite decimal that numbers are compared with. Its JSON is a number, or a string of digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    exact: Numeric,
    /// The nearest double; doubles are compared with it.
    double: f64,
}

impl Bound {
    /// Makes a bound of a decimal.
    pub fn new(exact: &Numeric) -> Self {
        let exact = exact.without_zeros();
        Self { double: exact.to_double(), exact }
    }

    /// Returns the decimal without trailing zeros.
    pub const fn exact(&self) -> &Numeric {
        &self.exact
    }

    /// Returns the double that doubles are compared with.
    #[inline]
    pub(super) const fn double(&self) -> f64 {
        self.double
    }

    /// Returns whether a number is at the bound or above it. A NaN is not.
    #[inline]
    pub fn is_reached(&self, number: &Number) -> bool {
        match number {
            Number::Float(number) => self.double <= *number,
            Number::Integer(number) => self.exact.compare(&Numeric::from(*number)).is_le(),
            Number::Numeric(number) => self.exact.compare(number).is_le(),
        }
    }
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.exact.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number or a string of its digits")]
        enum Json {
            Whole(i64),
            Double(f64),
            Digits(String),
        }
        let digits = match Json::deserialize(deserializer)? {
            Json::Whole(number) => number.to_string(),
            // Rust prints the fewest digits that parse to this double: those that the JSON had.
            Json::Double(number) => number.to_string(),
            Json::Digits(digits) => digits,
        };
        match Numeric::parse(&digits) {
            Some(exact) => Ok(Self::new(&exact)),
            None => Err(de::Error::custom(format!("{digits:?} is not a finite decimal"))),
        }
    }
}
