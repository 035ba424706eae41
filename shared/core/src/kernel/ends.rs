use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rows::Number;

/// The least and the greatest of some finite numbers, if there are any: of -0 and 0 and of equal
/// decimals each in its place by [`Number::total_cmp`], so that no order matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ends(Option<(Number, Number)>);

impl Ends {
    /// The most bytes of their JSON.
    pub const LONGEST: usize = "[,]".len() + 2 * Number::LONGEST;

    /// The ends of no numbers.
    pub const NONE: Self = Self(None);

    /// Takes in another number.
    #[inline]
    pub fn take(&mut self, number: Number) {
        match (&mut self.0, number) {
            // Most columns have doubles, which need not be moved.
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

    /// The ends of the numbers of both.
    pub fn merge(mut self, other: Self) -> Self {
        if let Some((least, greatest)) = other.0 {
            self.take(least);
            self.take(greatest);
        }
        self
    }

    /// The least number as JSON.
    pub fn least(&self) -> Option<Value> {
        self.0.as_ref().map(|(least, _)| least.to_json())
    }

    /// The greatest number as JSON.
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
