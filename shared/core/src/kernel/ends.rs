use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::rows::{Number, Numeric, unscaled::Unscaled};

/// The least and the greatest of some finite numbers, or neither if there are no numbers.
///
/// They are values, without what does not change the value: zero has no sign, and what is written of
/// a decimal has no zeros at its end. So they depend neither on the order of the numbers nor on who
/// looked at them: SQL's `min` returns any of several equal numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
        // Makes 0 of -0, and leaves any other number.
        let number = number + 0.0;
        match &mut self.0 {
            Some(Pair::Floats(least, greatest)) => {
                if number < *least {
                    *least = number;
                }
                if number > *greatest {
                    *greatest = number;
                }
            }
            _ => self.take_any(&Number::Float(number)),
        }
    }

    /// Adds a finite number.
    #[inline]
    pub fn take(&mut self, number: &Number) {
        match (&mut self.0, number) {
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
    fn take_any(&mut self, number: &Number) {
        let (least, greatest) = match self.0.take() {
            None => (number.clone(), number.clone()),
            Some(pair) => {
                let (least, greatest) = pair.into_numbers();
                if number.total_cmp(&least).is_lt() {
                    (number.clone(), greatest)
                } else if number.total_cmp(&greatest).is_gt() {
                    (least, number.clone())
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
            self.take(&least);
            self.take(&greatest);
        }
        self
    }

    /// Returns the least number as JSON.
    pub fn least(&self) -> Option<Value> {
        self.numbers().map(|(least, _)| least.to_json())
    }

    /// Returns the greatest number as JSON.
    pub fn greatest(&self) -> Option<Value> {
        self.numbers().map(|(_, greatest)| greatest.to_json())
    }

    /// Returns the least and the greatest number.
    pub(super) fn numbers(&self) -> Option<(Number, Number)> {
        self.0.clone().map(|pair| pair.without_zeros().into_numbers())
    }
}

impl Serialize for Ends {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.clone().map(Pair::without_zeros).serialize(serializer)
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

    /// Returns the same numbers, decimals without zeros at their end.
    fn without_zeros(self) -> Self {
        match self {
            Self::Floats(..) | Self::Integers(..) => self,
            Self::Decimals(least, greatest, of_least, of_greatest) => {
                let ((least, of_least), (greatest, of_greatest)) =
                    (shortest(least, of_least), shortest(greatest, of_greatest));
                Self::Decimals(least, greatest, of_least, of_greatest)
            }
            Self::Any(ends) => {
                let of = |number| match number {
                    Number::Numeric(number) => Number::Numeric(number.without_zeros()),
                    Number::Float(_) | Number::Integer(_) => number,
                };
                let (least, greatest) = *ends;
                Self::of(of(least), of(greatest))
            }
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

/// Returns a decimal, given without its point, and its scale without zeros at its end.
const fn shortest(mut number: i64, mut scale: u16) -> (i64, u16) {
    while scale > 0 && number % 10 == 0 {
        (number, scale) = (number / 10, scale - 1);
    }
    (number, scale)
}

/// Returns a decimal without its point; `None` if it does not fit in 64 bits.
#[inline]
fn small(number: &Numeric) -> Option<i64> {
    match number.unscaled() {
        Unscaled::Small(small) => i64::try_from(*small).ok(),
        Unscaled::Large(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Number> {
        let decimal = prop_oneof![
            4 => "-?[0-9](\\.[0-9]{0,2}[0-9])?",
            1 => "-?[0-9]{17,21}(\\.[0-9]{1,30})?",
        ];
        let decimal = decimal.prop_map(|text| Number::Numeric(Numeric::parse(&text).unwrap()));
        let float = prop_oneof![
            prop::sample::select(vec![0.0, -0.0, 1.0, f64::MAX, f64::MIN]),
            any::<f64>().prop_filter("finite", |number| number.is_finite()),
        ];
        let integer = prop_oneof![-3..3_i64, any::<i64>()].prop_map(Number::Integer);
        prop_oneof![6 => decimal, 2 => float.prop_map(Number::Float), 2 => integer]
    }

    /// Numbers of one type, as a column has them.
    fn numbers() -> impl Strategy<Value = Vec<Number>> {
        (prop::collection::vec(number(), 0..20), 0..3_u8).prop_map(|(mut numbers, kept)| {
            numbers.retain(|number| match number {
                Number::Numeric(_) => kept == 0,
                Number::Float(_) => kept == 1,
                Number::Integer(_) => kept == 2,
            });
            numbers
        })
    }

    #[test]
    fn numbers_of_several_types_have_ends() {
        let decimal = |text| Number::Numeric(Numeric::parse(text).unwrap());
        let numbers = [Number::Integer(1), decimal("0.25"), Number::Float(2.5), decimal("-7.125")];
        for first in 0..numbers.len() {
            let mut ends = Ends::NONE;
            numbers.iter().cycle().skip(first).take(4).for_each(|number| ends.take(number));
            assert_eq!((ends.least(), ends.greatest()), (Some((-7.125).into()), Some(2.5.into())));
        }
    }

    proptest! {
        #[test]
        fn ends_are_the_least_and_the_greatest_in_any_order(
            numbers in numbers(), cut in any::<prop::sample::Index>(),
        ) {
            let of = |numbers: &mut dyn Iterator<Item = &Number>| {
                let mut ends = Ends::NONE;
                numbers.for_each(|number| ends.take(number));
                ends
            };
            let ends = of(&mut numbers.iter());
            let mut sorted = numbers.clone();
            sorted.sort_by(Number::total_cmp);
            // Values alone: without the sign of a zero, and zeros at the end.
            let json = |number: Option<&Number>| number.map(|number| match number {
                Number::Float(number) => (number + 0.0).into(),
                Number::Numeric(number) => number.without_zeros().to_json(),
                Number::Integer(number) => Value::from(*number),
            });
            prop_assert_eq!(ends.least(), json(sorted.first()));
            prop_assert_eq!(ends.greatest(), json(sorted.last()));
            prop_assert_eq!(&of(&mut numbers.iter().rev()), &ends);
            let (one, other) = numbers.split_at(cut.index(numbers.len() + 1));
            prop_assert_eq!(&of(&mut other.iter()).merge(of(&mut one.iter())), &ends);

            let (json, binary) =
                (serde_json::to_string(&ends).unwrap(), rmp_serde::to_vec(&ends).unwrap());
            prop_assert!(binary.len() <= Ends::LONGEST && json.len() <= Ends::LONGEST);
            let of_json: Ends = serde_json::from_str(&json).unwrap();
            let of_binary: Ends = rmp_serde::from_slice(&binary).unwrap();
            prop_assert_eq!(&of_json, &of_binary);
            prop_assert_eq!(of_binary.least(), ends.least());
            prop_assert_eq!(of_binary.greatest(), ends.greatest());
            prop_assert_eq!(rmp_serde::to_vec(&of_binary).unwrap(), binary);
        }
    }
}
