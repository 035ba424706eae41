use num_bigint::{BigInt, Sign};

use super::limbs;

/// Returns the double nearest to `whole` / `parts` / 2^`places`; at a tie the even one, as IEEE 754
/// rounds.
pub(super) fn nearest(whole: &BigInt, parts: &BigInt, places: i64) -> f64 {
    let is_negative = whole.sign() == Sign::Minus;
    let (whole, parts) = (whole.magnitude(), parts.magnitude());
    let exponent = exponent_of(whole.bits(), parts.bits(), places);
    let up = -(exponent + places);
    let (whole, parts) = if up >= 0 {
        (whole << up.unsigned_abs(), parts.clone())
    } else {
        (whole.clone(), parts << up.unsigned_abs())
    };
    let quotient = &whole / &parts;
    let is_exact = &quotient * &parts == whole;
    rounded(is_negative, quotient.iter_u64_digits().next().unwrap_or(0), is_exact, exponent)
}

/// As [`nearest`], of a number of some limbs and its sign. `None` if `parts` is too large for it.
pub(super) fn nearest_of_limbs<const N: usize>(
    is_negative: bool,
    whole: &[u64; N],
    parts: u128,
    places: i64,
) -> Option<f64> {
    let (bits, of_parts) = (limbs::bits(whole), u128::BITS - parts.leading_zeros());
    // The bits of the dividend that are needed.
    (of_parts + 57 <= u128::BITS).then_some(())?;
    let exponent = exponent_of(bits.into(), of_parts.into(), places);
    let up = -(exponent + places);
    let (whole, is_cut) = if up >= 0 {
        (limbs::shifted(whole, 0).0 << up, false)
    } else {
        limbs::shifted(whole, up.unsigned_abs() as u32)
    };
    let quotient = whole / parts;
    let is_exact = !is_cut && quotient * parts == whole;
    Some(rounded(is_negative, quotient as u64, is_exact, exponent))
}

/// Returns the exponent with which the value is `quotient` * 2^`exponent`. The quotient has 55 to 57
/// bits, or fewer if the exponent is -1076, which is two less than that of the least double.
fn exponent_of(bits_of_whole: u64, bits_of_parts: u64, places: i64) -> i64 {
    let bits = bits_of_whole as i64 - bits_of_parts as i64;
    (bits - 56 - places).max(-1076)
}

/// Returns the double nearest to such a value, whose quotient is cut to a whole number unless it is
/// exact.
fn rounded(is_negative: bool, quotient: u64, is_exact: bool, exponent: i64) -> f64 {
    // A remainder sets the last bit, so that a value beyond a tie does not round like the tie.
    let quotient = quotient | u64::from(!is_exact);
    let value = if exponent == -1076 && quotient < 1 << 54 {
        // Subnormal doubles all have this exponent. Rounds off the last two bits here, because a
        // product would be rounded a second time.
        let (kept, cut) = (quotient >> 2, quotient & 3);
        let up = cut == 3 || cut == 2 && kept & 1 == 1;
        f64::from_bits(kept + u64::from(up))
    } else {
        // Two steps, because 2^`exponent` may be too small for a double although the product is
        // not.
        let half = exponent / 2;
        quotient as f64 * power_of_two(half) * power_of_two(exponent - half)
    };
    if is_negative { -value } else { value }
}

/// Returns 2^`exponent`, where `exponent` is at least -1022; infinity from 1024 on.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023).clamp(1, 0x7ff) as u64) << 52)
}
