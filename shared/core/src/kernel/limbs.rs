//! Whole numbers of a fixed number of limbs of 64 bits, the least significant limb first. Negative
//! ones are in two's complement.

use num_bigint::BigInt;

/// Returns the sum of both without its carry, and whether there is one.
#[inline]
pub(super) fn plus<const N: usize>(mut one: [u64; N], other: [u64; N]) -> ([u64; N], bool) {
    let mut carry = false;
    for (one, other) in one.iter_mut().zip(other) {
        (*one, carry) = one.carrying_add(other, carry);
    }
    (one, carry)
}

/// Returns the sum of two signed numbers, and whether it is too large for the limbs.
#[inline]
pub(super) fn plus_signed<const N: usize>(one: [u64; N], other: [u64; N]) -> ([u64; N], bool) {
    let (sum, _) = plus(one, other);
    // Too large if both have one sign and the sum has the other.
    let signs_differ = (last(one) ^ last(sum)) & (last(other) ^ last(sum));
    (sum, signs_differ >> 63 == 1)
}

fn last<const N: usize>(limbs: [u64; N]) -> u64 {
    limbs.last().copied().unwrap_or(0)
}

/// Adds `limbs`, a signed number, times 2^(64 * `at`).
#[inline]
pub(super) fn add_at<const N: usize>(all: &mut [u64], at: usize, limbs: [u64; N]) {
    let is_negative = last(limbs) >> 63 == 1;
    let mut places = all.iter_mut().skip(at);
    let mut carry = false;
    for (limb, place) in limbs.into_iter().zip(&mut places) {
        (*place, carry) = place.carrying_add(limb, carry);
    }
    // 1, 0 or -1.
    let mut left = i64::from(carry) - i64::from(is_negative);
    for place in places {
        if left == 0 {
            break;
        }
        (*place, carry) = place.overflowing_add(left as u64);
        left = i64::from(carry) - i64::from(left < 0);
    }
}

/// Returns the signed number that the limbs are.
pub(super) fn number<const N: usize>(limbs: &[u64; N]) -> BigInt {
    BigInt::from_signed_bytes_le(limbs.map(u64::to_le_bytes).as_flattened())
}

/// Returns the limbs of a signed number; `None` if it has more.
pub(super) fn of_number<const N: usize>(number: &BigInt) -> Option<[u64; N]> {
    let bytes = number.to_signed_bytes_le();
    let sign = if bytes.last().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
    let mut limbs = [[sign; 8]; N];
    limbs.as_flattened_mut().get_mut(..bytes.len())?.copy_from_slice(&bytes);
    Some(limbs.map(u64::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HALF: i128 = i128::MAX / 2;

    fn limbs(number: i128) -> [u64; 4] {
        of_number(&BigInt::from(number)).unwrap()
    }

    proptest! {
        #[test]
        fn sums_of_limbs_are_sums_of_numbers(one in -HALF..HALF, other in -HALF..HALF) {
            prop_assert_eq!(number(&limbs(one)), BigInt::from(one));
            prop_assert_eq!(plus_signed(limbs(one), limbs(other)), (limbs(one + other), false));
            let all: [u64; 6] = of_number(&(BigInt::from(one) << 128)).unwrap();
            for at in 0..4 {
                let [low, high, ..] = limbs(other);
                let mut all = all;
                add_at(&mut all, at, [low, high]);
                let expected = (BigInt::from(one) << 128) + (BigInt::from(other) << (64 * at));
                prop_assert_eq!(number(&all), expected);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let most = [u64::MAX, i64::MAX as u64];
        assert_eq!(plus_signed(most, [1, 0]), ([0, 1 << 63], true));
        assert_eq!(plus_signed([0, 1 << 63], [u64::MAX; 2]), (most, true));
        assert_eq!(plus_signed(most, [u64::MAX; 2]), ([u64::MAX - 1, i64::MAX as u64], false));
        // The last limbs may differ in other bits than that of the sign.
        assert_eq!(plus_signed([0, 1], [u64::MAX; 2]), ([u64::MAX, 0], false));
        assert_eq!(plus_signed([0, 1 << 62], [0, 1 << 62]), ([0, 1 << 63], true));
        assert_eq!(plus([u64::MAX; 2], [1, 0]), ([0, 0], true));
        let beyond = number(&most) + 1_u8;
        assert_eq!((of_number::<2>(&beyond), of_number(&-&beyond)), (None, Some([0, 1 << 63])));
        assert_eq!(of_number::<2>(&(-beyond - 1_u8)), None);
    }
}
