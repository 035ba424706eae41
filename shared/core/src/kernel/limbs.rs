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

/// Returns the difference of two numbers without sign, and whether it is negative.
#[inline]
pub(super) fn minus<const N: usize>(mut one: [u64; N], other: [u64; N]) -> ([u64; N], bool) {
    let mut borrow = false;
    for (one, other) in one.iter_mut().zip(other) {
        (*one, borrow) = one.borrowing_sub(other, borrow);
    }
    (one, borrow)
}

/// Returns the product of two numbers without sign, of as many limbs as both have.
#[inline]
pub(super) fn product<const N: usize, const M: usize, const P: usize>(
    one: [u64; N],
    other: [u64; M],
) -> [u64; P] {
    const { assert!(P == N + M) };
    let mut product = [0; P];
    for (at, factor) in other.into_iter().enumerate() {
        let mut carry = 0;
        for (limb, place) in one.into_iter().zip(&mut product[at..]) {
            (*place, carry) = limb.carrying_mul_add(factor, *place, carry);
        }
        product[at + N] = carry;
    }
    product
}

/// Returns a signed number without its sign, and whether it is negative.
#[inline]
pub(super) fn magnitude<const N: usize>(number: [u64; N]) -> ([u64; N], bool) {
    match last(number) >> 63 {
        0 => (number, false),
        _ => (minus([0; N], number).0, true),
    }
}

/// Returns the number of bits of a number without sign.
#[inline]
pub(super) fn bits<const N: usize>(number: &[u64; N]) -> u32 {
    let last = number.iter().rposition(|limb| *limb != 0);
    last.map_or(0, |at| 64 * (at as u32 + 1) - number[at].leading_zeros())
}

/// Returns the 128 bits of a number without sign from the bit at `from` on, and whether any bit below
/// is set.
#[inline]
pub(super) fn shifted<const N: usize>(number: &[u64; N], from: u32) -> (u128, bool) {
    let (at, shift) = (from as usize / 64, from % 64);
    let limb = |at: usize| number.get(at).copied().unwrap_or(0);
    // Two shifts, because one by 64 is not allowed.
    let part = |at: usize| u128::from(limb(at) >> shift | limb(at + 1) << 1 << (63 - shift));
    let cut = number.iter().take(at).any(|limb| *limb != 0) || limb(at) & ((1 << shift) - 1) != 0;
    (part(at) | part(at + 1) << 64, cut)
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

    proptest! {
        #[test]
        fn numbers_without_sign_are_calculated_as_big_numbers(
            one in any::<[u64; 3]>(), other in any::<[u64; 2]>(), from in 0..200_u32,
        ) {
            let unsigned = |limbs: &[u64]| {
                let bytes: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
                BigInt::from_bytes_le(num_bigint::Sign::Plus, &bytes)
            };
            let all = product::<3, 2, 5>(one, other);
            prop_assert_eq!(unsigned(&all), unsigned(&one) * unsigned(&other));
            prop_assert_eq!(u64::from(bits(&all)), unsigned(&all).bits());
            let wide = [other[0], other[1], 0];
            let (difference, is_negative) = minus(one, wide);
            prop_assert_eq!(is_negative, unsigned(&one) < unsigned(&wide));
            if !is_negative {
                prop_assert_eq!(unsigned(&difference), unsigned(&one) - unsigned(&wide));
            }
            let positive = BigInt::from(number(&one).magnitude().clone());
            prop_assert_eq!(unsigned(&magnitude(one).0), positive);
            let (above, is_cut) = shifted(&one, from);
            let expected = unsigned(&one) >> from;
            prop_assert_eq!(BigInt::from(above), &expected % (BigInt::from(1) << 128));
            prop_assert_eq!(is_cut, expected << from != unsigned(&one));
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
