use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rows::Number;

/// The least and the greatest of some finite numbers, or neither if there are no numbers.
///
/// [`Number::total_cmp`] also orders -0 and 0, and equal decimals of different scales, so the
/// result does not depend on the order of the numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ends(Option<(Number, Number)>);

impl Ends {
    /// The most bytes of the JSON.
    pub const LONGEST: usize = "[,]".len() + 2 * Number::LONGEST;

    /// The ends of no numbers.
    pub const NONE: Self = Self(None);

    /// Adds a finite number.
    #[inline]
    pub fn take(&mut self, number: Number) {
        match (&mut self.0, number) {
            // The common case of doubles compares them without moving a `Number`.
            (Some((Number::Float(least), Number::Float(greatest))), Number::Float(number)) => {
                if number.total_cmp(least).is_lt() {
                    *least = number;
                }
                if number.total_cmp(greatest).is_gt() {
                    *greatest = number;
                }
            }
            (Some(ends), number) => take_any(ends, number),
            (None, number) => self.0 = Some((number.clone(), number)),
        }
    }

    /// Returns the ends of both sets of numbers together.
    pub fn merge(mut self, other: Self) -> Self {
        if let Some((least, greatest)) = other.0 {
            self.take(least);
            self.take(greatest);
        }
        self
    }

    /// Returns the least number as JSON.
    pub fn least(&self) -> Option<Value> {
        self.0.as_ref().map(|(least, _)| least.to_json())
    }

    /// Returns the greatest number as JSON.
    pub fn greatest(&self) -> Option<Value> {
        self.0.as_ref().map(|(_, greatest)| greatest.to_json())
    }
}

fn take_any((least, greatest): &mut (Number, Number), number: Number) {
    if number.total_cmp(least).is_lt() {
        *least = number;
    } else if number.total_cmp(greatest).is_gt() {
        *greatest = number;
    }
}
