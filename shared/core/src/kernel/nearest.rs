use num_bigint::{BigInt, Sign};

/// Returns the double nearest to `whole` / `parts` / 2^`places`; at a tie the even one, as IEEE 754
/// rounds.
pub(super) fn nearest(whole: &BigInt, parts: &BigInt, places: i64) -> f64 {
    let negative = whole.sign() == Sign::Minus;
    let (whole, parts) = (whole.magnitude(), parts.magnitude());
    // The value is `quotient` * 2^`exponent`. The quotient has 55 to 57 bits, or fewer if the
    // exponent is -1076, which is two less than that of the least double.
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
    // A remainder sets the last bit, so that a value beyond a tie does not round like the tie.
    let quotient = quotient.iter_u64_digits().next().unwrap_or(0) | u64::from(!exact);
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
    if negative { -value } else { value }
}

/// Returns 2^`exponent`, where `exponent` is at least -1022; infinity from 1024 on.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023).clamp(1, 0x7ff) as u64) << 52)
}
