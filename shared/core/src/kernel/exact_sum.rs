use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    moments::{Moments, Unit},
    scaled::Scaled,
    wide::Wide,
    window::Window,
};

/// The exact sum of finite doubles and the exact sum of their squares. The order and grouping of
/// the additions change no bit, and cancellation loses nothing.
///
/// A column's doubles mostly are of similar size. Those are summed in a [`Window`], in place; the
/// few others in a [`Wide`], which takes 808 bytes of the heap.
#[derive(Debug, Clone)]
pub(super) struct ExactSum {
    window: Window,
    wide: Option<Box<Wide>>,
}

impl ExactSum {
    pub(super) const fn zero() -> Self {
        Self { window: Window::NOWHERE, wide: None }
    }

    /// Adds a finite double.
    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        if !self.window.add(Scaled::of(value)) {
            self.add_outside(value);
        }
    }

    /// Adds a double that the window has not taken.
    #[cold]
    #[inline(never)]
    fn add_outside(&mut self, value: f64) {
        let value = Scaled::of(value);
        if value.whole == 0 {
            return;
        }
        if self.window.turns_away(value.place) {
            self.wide().add(value);
        } else {
            let full = std::mem::replace(&mut self.window, Window::around(value.place));
            self.widen(&full);
            self.window.add(value);
        }
    }

    fn wide(&mut self) -> &mut Wide {
        self.wide.get_or_insert_with(|| Box::new(Wide::ZERO))
    }

    fn widen(&mut self, window: &Window) {
        if !window.is_nowhere()
            && let Some(wide) = Wide::of_moments(&window.moments())
        {
            self.wide().merge(&wide);
        }
    }

    pub(super) fn merge(mut self, mut other: Self) -> Self {
        match (&mut self.wide, other.wide.take()) {
            (Some(wide), Some(other)) => wide.merge(&other),
            (wide, other) => *wide = wide.take().or(other),
        }
        if !self.window.merge(&other.window) {
            self.widen(&other.window);
        }
        self
    }

    /// Returns the sums in units of 2^-1074.
    pub(super) fn settled(&self) -> Moments {
        match &self.wide {
            Some(wide) => wide.moments() + self.window.moments(),
            None => self.window.moments(),
        }
    }

    /// Returns sum, mean and sample variance of `count` values, each the double nearest to the
    /// exact result. The mean is `None` for no value, the variance for fewer than two values.
    pub(super) fn moments(&self, count: u64) -> (f64, Option<f64>, Option<f64>) {
        match self.small_moments(count) {
            Some(moments) => moments,
            None => self.large_moments(count),
        }
    }

    /// Returns the same without the heap; `None` if the sums are too large for that.
    fn small_moments(&self, count: u64) -> Option<(f64, Option<f64>, Option<f64>)> {
        let small = self.wide.is_none().then(|| self.window.small_moments())?;
        let (mean, variance) = small.mean_and_variance(count)?;
        Some((small.sum()?, mean, variance))
    }

    fn large_moments(&self, count: u64) -> (f64, Option<f64>, Option<f64>) {
        let Moments { sum, squares } = self.settled();
        // In the largest unit possible, because small numbers are divided faster.
        let zeros = |number: &BigInt| number.trailing_zeros().unwrap_or(u64::MAX);
        let larger = zeros(&sum).min(zeros(&squares) / 2).min(1074) as u16;
        let moments = Moments { sum: sum >> larger, squares: squares >> (2 * larger) };
        let unit = Unit { parts: BigInt::from(1), places: 1074 - larger };
        (moments.sum(&unit), moments.mean(count, &unit), moments.variance(count, &unit))
    }
}

impl Serialize for ExactSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.settled().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ExactSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let moments = Moments::deserialize(deserializer)?;
        if let Some(window) = Window::of_moments(&moments) {
            return Ok(Self { window, ..Self::zero() });
        }
        let wide = Wide::of_moments(&moments)
            .ok_or_else(|| de::Error::custom("a sum is larger than that of 2^64 doubles"))?;
        Ok(Self { wide: Some(Box::new(wide)), ..Self::zero() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::nearest::nearest, *};

    fn sum_of(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::zero();
        values.iter().for_each(|value| sum.add(*value));
        sum
    }

    fn finite() -> impl Strategy<Value = f64> {
        let least = f64::from_bits(1);
        prop_oneof![
            any::<f64>().prop_filter("finite", |value| value.is_finite()),
            -1e6..1e6,
            // Places at and around the ends of the windows.
            (0..2046_u64, any::<bool>(), 0..3_u64).prop_map(|(exponent, is_negative, last)| {
                f64::from_bits(u64::from(is_negative) << 63 | exponent << 52 | last)
            }),
            // So many are equal up to their sign that sums cancel.
            prop::sample::select(vec![
                0.0,
                -0.0,
                1.0,
                -1.0,
                1e-9,
                -1e-9,
                1e19,
                -1e19,
                least,
                -least,
                f64::MAX,
                f64::MIN,
                f64::MIN_POSITIVE,
                1e300,
                -1e300,
            ]),
        ]
    }

    /// The same sums as big numbers.
    fn plain(values: &[f64]) -> Moments {
        let mut all = Moments::ZERO;
        for value in values {
            let Scaled { whole, place, is_negative } = Scaled::of(*value);
            let whole = BigInt::from(whole) << place;
            all.squares += &whole * &whole;
            all.sum += if is_negative { -whole } else { whole };
        }
        all
    }

    fn read_back(sum: &ExactSum) -> ExactSum {
        serde_json::from_str(&serde_json::to_string(sum).unwrap()).unwrap()
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
    fn sums_of_the_least_and_the_greatest_doubles_are_right() {
        let least = f64::from_bits(1);
        assert_eq!(sum_of(&[least, least]).moments(2), (2.0 * least, Some(least), Some(0.0)));
        // Half of the least double is a tie between it and 0; 0 is even.
        assert_eq!(sum_of(&[least, 0.0]).moments(2).1, Some(0.0));
        assert_eq!(sum_of(&[least, least, least, 0.0]).moments(4).1, Some(least));
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).moments(2).1, Some(f64::MAX));
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]).moments(2).0, f64::INFINITY);
    }

    #[test]
    fn millions_of_the_greatest_values_of_a_window_are_not_lost() {
        const COUNT: u32 = 40_000_000;
        // The first value places the window so that the other is at its end.
        for (first, value) in [(1.0, 7e19), (1.0, -7e19), (1e-30, 2e-19), (-1e300, f64::MAX)] {
            let mut sum = sum_of(&[first]);
            assert!(sum.window.takes(Scaled::of(value).place));
            for _ in 0..COUNT {
                sum.add(value);
            }
            let (one, many) = (plain(&[first]), plain(&[value]));
            let expected = Moments {
                sum: one.sum + many.sum * COUNT,
                squares: one.squares + many.squares * COUNT,
            };
            assert_eq!(sum.settled(), expected, "{value}");
            let many = (0..30).fold(sum, |sum, _| sum.clone().merge(sum));
            let Moments { sum, squares } = expected;
            assert_eq!(many.settled(), Moments { sum: sum << 30, squares: squares << 30 });
        }
    }

    #[test]
    fn ordinary_doubles_need_no_heap() {
        let ordinary = sum_of(&[0.0, 1e-9, -12.34, 7e19, 1e6]);
        let other = sum_of(&[3e12, 1.0]);
        assert!(read_back(&ordinary).merge(other).wide.is_none());
        let alike = sum_of(&[1e-120, -3e-118, 1e-122]);
        assert!(read_back(&alike).merge(alike).wide.is_none());
    }

    #[test]
    fn a_window_leaves_a_first_double_that_is_unlike_the_others() {
        let mut sum = sum_of(&[1e-200]);
        (0..1000).for_each(|_| sum.add(1e20));
        assert!(sum.window.takes(Scaled::of(1e20).place));
        let values: Vec<f64> = std::iter::once(1e-200).chain([1e20; 1000]).collect();
        assert_eq!(sum.settled(), plain(&values));
    }

    #[test]
    fn a_sum_that_no_doubles_have_is_refused() {
        for (sum, squares) in [("1p550", "0p0"), ("0p0", "1p1100"), ("0p0", "1p65535")] {
            let json = format!(r#"{{"sum":"{sum}","squares":"{squares}"}}"#);
            let error = serde_json::from_str::<ExactSum>(&json).unwrap_err().to_string();
            assert!(error.contains("larger than that of 2^64 doubles"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn sums_are_those_of_big_numbers_in_any_grouping(
            values in prop::collection::vec(finite(), 0..40), parts in 1..8_usize,
        ) {
            let expected = plain(&values);
            prop_assert_eq!(sum_of(&values).settled(), expected.clone());
            let count = values.len() as u64;
            let unit = Unit { parts: BigInt::from(1), places: 1074 };
            let answer =
                (expected.sum(&unit), expected.mean(count, &unit), expected.variance(count, &unit));
            prop_assert_eq!(sum_of(&values).moments(count), answer);
            let part = |values: &[f64], at: usize| match at % 2 {
                0 => sum_of(values),
                _ => read_back(&sum_of(values)),
            };
            let parts: Vec<ExactSum> =
                values.chunks(parts).enumerate().map(|(at, values)| part(values, at)).collect();
            let merged = |parts: &mut dyn Iterator<Item = &ExactSum>| {
                parts.fold(ExactSum::zero(), |all, part| all.merge(part.clone())).settled()
            };
            prop_assert_eq!(merged(&mut parts.iter()), expected.clone());
            prop_assert_eq!(merged(&mut parts.iter().rev()), expected.clone());
            // What is merged can be added to.
            let mut sum = parts.into_iter().fold(ExactSum::zero(), ExactSum::merge);
            values.iter().rev().for_each(|value| sum.add(*value));
            prop_assert_eq!(sum.settled(), expected.clone() + expected);
        }

        #[test]
        fn a_sum_of_two_is_the_nearest_double(a in finite(), b in finite()) {
            // IEEE 754 rounds a sum, a product and a quotient to the nearest double.
            prop_assert_eq!(sum_of(&[a, b]).moments(2).0, a + b);
            prop_assert_eq!(sum_of(&[a]).moments(1).1, Some(a));
            if (a / 3.0).abs() > f64::MIN_POSITIVE {
                prop_assert_eq!(nearest(&sum_of(&[a]).settled().sum, &3.into(), 1074), a / 3.0);
            }
        }

        #[test]
        fn sums_without_the_heap_are_those_of_big_numbers(
            values in prop::collection::vec((-1e6..1e6, -16..16_i32), 0..40), spread in any::<bool>(),
        ) {
            let values: Vec<f64> = values
                .into_iter()
                .map(|(value, power)| if spread { value * 2_f64.powi(power) } else { value })
                .collect();
            let (sum, count) = (sum_of(&values), values.len() as u64);
            let small = sum.small_moments(count);
            prop_assert!(small.is_some() || sum.wide.is_some());
            if let Some(small) = small {
                prop_assert_eq!(small, sum.large_moments(count));
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
