use std::fmt;

use num_bigint::{BigInt, Sign};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How many places a double's least bit can have: from 2^-1074 on.
const PLACES: usize = 2046;

/// The sum of finite doubles and the sum of their squares, exactly: no order or grouping of the
/// additions changes a bit, and nothing is lost to cancellation.
///
/// A double is a whole number of less than 2^53 times a power of two. What is added is summed up
/// for each power by itself, as whole numbers (Neal, "Fast exact summation using small and large
/// superaccumulators", arXiv:1505.05571).
#[derive(Clone)]
pub(super) struct ExactSum {
    /// In units of 2^-1074.
    sum: BigInt,
    /// In units of 2^-2148.
    squares: BigInt,
    /// What is not yet in them, by the place of the doubles.
    pending: Option<Box<Pending>>,
}

#[derive(Clone)]
struct Pending {
    sums: [i128; PLACES],
    squares: [i128; PLACES],
    count: u32,
}

impl ExactSum {
    /// So many squares of 106 bits fit in 127.
    const MOST_PENDING: u32 = 1 << 20;

    pub(super) fn zero() -> Self {
        Self { sum: BigInt::ZERO, squares: BigInt::ZERO, pending: None }
    }

    /// Adds a finite double.
    pub(super) fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as usize, bits & ((1 << 52) - 1));
        debug_assert!(exponent < 0x7ff, "{value} is not finite");
        let (place, whole) = match exponent {
            0 => (0, fraction),
            _ => (exponent - 1, fraction | 1 << 52),
        };
        let whole = i128::from(whole);
        let pending = self.pending.get_or_insert_with(|| {
            Box::new(Pending { sums: [0; PLACES], squares: [0; PLACES], count: 0 })
        });
        pending.sums[place] += if value.is_sign_negative() { -whole } else { whole };
        pending.squares[place] += whole * whole;
        pending.count += 1;
        if pending.count == Self::MOST_PENDING {
            self.settle();
        }
    }

    pub(super) fn merge(mut self, mut other: Self) -> Self {
        self.settle();
        other.settle();
        Self { sum: self.sum + other.sum, squares: self.squares + other.squares, pending: None }
    }

    fn settle(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        for (place, (sum, squares)) in pending.sums.iter().zip(&pending.squares).enumerate() {
            if *sum != 0 {
                self.sum += BigInt::from(*sum) << place;
            }
            if *squares != 0 {
                self.squares += BigInt::from(*squares) << (2 * place);
            }
        }
    }

    /// Sum, mean and sample variance of `count` values, each the double nearest to what it exactly
    /// is; no mean of no value, no variance of less than two.
    pub(super) fn moments(mut self, count: u64) -> (f64, Option<f64>, Option<f64>) {
        self.settle();
        let Self { sum, squares, .. } = self;
        let mean = (count > 0).then(|| nearest(&sum, &BigInt::from(count), 1074));
        let variance = (count > 1).then(|| {
            let spread = BigInt::from(count) * squares - &sum * &sum;
            nearest(&spread, &(BigInt::from(count) * BigInt::from(count - 1)), 2148)
        });
        (nearest(&sum, &BigInt::from(1), 1074), mean, variance)
    }
}

/// The double nearest to `whole` / `parts` / 2^`places`; of two the even one.
fn nearest(whole: &BigInt, parts: &BigInt, places: i64) -> f64 {
    let negative = whole.sign() == Sign::Minus;
    let (whole, parts) = (whole.magnitude(), parts.magnitude());
    // The value is `quotient` * 2^`exponent`, with 55 to 57 bits in the quotient; with fewer only
    // where the exponent is two less than that of the least double's bit.
    let bits = whole.bits() as i64 - parts.bits() as i64;
    let exponent = (bits - 56 - places).max(-1076);
    let up = -(exponent + places);
    let (whole, parts) = if up >= 0 {
        (whole << up.unsigned_abs(), parts.clone())
    } else {
        (whole.clone(), parts << up.unsigned_abs())
    };
    let quotient = &whole / &parts;
    let exact = &quotient * &parts == whole;
    // What is cut off must not look like a tie.
    let quotient = quotient.iter_u64_digits().next().unwrap_or(0) | u64::from(!exact);
    let value = if exponent == -1076 && quotient < 1 << 54 {
        // Below the normal doubles, which all have that exponent: rounded here, at the third bit.
        let (kept, cut) = (quotient >> 2, quotient & 3);
        let up = cut == 3 || cut == 2 && kept & 1 == 1;
        f64::from_bits(kept + u64::from(up))
    } else {
        // In two steps, for a power of two may be too small for a double where the product is not.
        let half = exponent / 2;
        quotient as f64 * power_of_two(half) * power_of_two(exponent - half)
    };
    if negative { -value } else { value }
}

/// 2^`exponent`, from -1022; infinity from 1024 on.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023).clamp(1, 0x7ff) as u64) << 52)
}

impl Serialize for ExactSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut settled = self.clone();
        settled.settle();
        [Digits(&settled.sum), Digits(&settled.squares)]
            .map(|digits| digits.to_string())
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ExactSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: String| {
            digits(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no exact sum")))
        };
        let [sum, squares] = <[String; 2]>::deserialize(deserializer)?;
        Ok(Self { sum: read(sum)?, squares: read(squares)?, pending: None })
    }
}

/// A whole number as hexadecimal digits without the zeros at its end, and how many those are:
/// `-1af3p212`.
struct Digits<'a>(&'a BigInt);

impl fmt::Display for Digits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zeros = self.0.trailing_zeros().unwrap_or(0) / 4;
        write!(f, "{:x}p{zeros}", self.0 >> (4 * zeros))
    }
}

fn digits(text: &str) -> Option<BigInt> {
    let (digits, zeros) = text.split_once('p')?;
    let zeros: u64 = zeros.parse().ok().filter(|zeros| *zeros < 4096)?;
    Some(BigInt::parse_bytes(digits.as_bytes(), 16)? << (4 * zeros))
}

impl fmt::Debug for ExactSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut settled = self.clone();
        settled.settle();
        write!(f, "ExactSum({}, {})", Digits(&settled.sum), Digits(&settled.squares))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum_of(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::zero();
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    fn finite() -> impl Strategy<Value = f64> {
        any::<f64>().prop_filter("finite", |value| value.is_finite())
    }

    #[test]
    fn nothing_is_lost_to_cancellation() {
        let (sum, mean, variance) = sum_of(&[1e308, 1.0, -1e308, 1e308, -1e308]).moments(5);
        assert_eq!((sum, mean), (1.0, Some(0.2)));
        assert!(variance.unwrap() == f64::INFINITY);
        assert_eq!(sum_of(&[2.0, 4.0, 4.0, 6.0]).moments(4), (16.0, Some(4.0), Some(8.0 / 3.0)));
        assert_eq!(sum_of(&[]).moments(0), (0.0, None, None));
        assert_eq!(sum_of(&[0.1; 10]).moments(10), (1.0, Some(0.1), Some(0.0)));
    }

    #[test]
    fn the_least_and_the_greatest_doubles_have_their_sums() {
        let least = f64::from_bits(1);
        assert_eq!(sum_of(&[least, least]).moments(2), (2.0 * least, Some(least), Some(0.0)));
        // Half of the least double is a tie, which goes to the even zero.
        assert_eq!(sum_of(&[least, 0.0]).moments(2).1, Some(0.0));
        assert_eq!(sum_of(&[least, least, least, 0.0]).moments(4).1, Some(least));
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).moments(2).1, Some(f64::MAX));
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).moments(2).0, f64::INFINITY);
    }

    proptest! {
        #[test]
        fn a_sum_of_two_is_the_nearest_double(a in finite(), b in finite()) {
            // IEEE 754 rounds a sum, a product and a quotient to the nearest double.
            prop_assert_eq!(sum_of(&[a, b]).moments(2).0, a + b);
            prop_assert_eq!(sum_of(&[a]).moments(1).1, Some(a));
            if (a / 3.0).abs() > f64::MIN_POSITIVE {
                prop_assert_eq!(nearest(&sum_of(&[a]).merge(ExactSum::zero()).sum, &3.into(), 1074), a / 3.0);
            }
        }

        #[test]
        fn it_reads_back(values in prop::collection::vec(finite(), 0..20)) {
            let sum = sum_of(&values);
            let json = serde_json::to_string(&sum).unwrap();
            prop_assert!(json.len() < 1800, "{} bytes", json.len());
            let read: ExactSum = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
    }
}
