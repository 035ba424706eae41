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

    /// Returns the double that doubles are compared with, the nearest to the decimal.
    #[inline]
    pub const fn double(&self) -> f64 {
        self.double
    }

    /// Returns the least integer that is at the bound or above it; `None` if 64 bits do not hold it.
    pub fn least_integer(&self) -> Option<i64> {
        let text = self.exact.to_string();
        let (whole, has_places) = match text.split_once('.') {
            Some((whole, _)) => (whole, true),
            None => (text.as_str(), false),
        };
        let whole: i64 = whole.parse().ok()?;
        // The digits before the point of a negative number are those of the next greater integer.
        whole.checked_add(i64::from(has_places && !text.starts_with('-')))
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

#[test]
fn the_least_integer_at_a_bound_is_the_first_that_reaches_it() {
    for (bound, least) in [
        ("3", Some(3)),
        ("3.1", Some(4)),
        ("3.00", Some(3)),
        ("-3.1", Some(-3)),
        ("-0.5", Some(0)),
        ("0.5", Some(1)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775807.5", None),
        ("-9223372036854775808.5", Some(i64::MIN)),
        ("-9223372036854775809", None),
    ] {
        let bound = Bound::new(&Numeric::parse(bound).unwrap());
        assert_eq!(bound.least_integer(), least, "{bound:?}");
        if let Some(least) = least {
            assert!(bound.is_reached(&Number::Integer(least)));
            let before = least.checked_sub(1).map(Number::Integer);
            assert!(before.is_none_or(|before| !bound.is_reached(&before)), "{bound:?}");
        }
    }
}
