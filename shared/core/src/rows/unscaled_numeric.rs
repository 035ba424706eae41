/// The powers of ten that an `i128` can have.
const POWERS: [i128; 39] = {
    let (mut powers, mut at) = ([1; 39], 1);
    while at < 39 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Reads a numeric in PostgreSQL's binary form as a whole number of 10^-`scale`: -12.50 at scale 2 is
/// -1250. `None` if it is NaN or infinite, has more than `precision` digits at this scale, at most
/// 38, or is not exact at this scale; or if the bytes are no numeric.
pub fn unscaled_numeric(bytes: &[u8], precision: u8, scale: u8) -> Option<i128> {
    // The number of groups of four digits, the weight of the first group, the sign, the scale.
    let ([count, weight, sign, _], groups) = bytes.as_chunks().0.split_first_chunk()?;
    if bytes.len() != 8 + 2 * groups.len()
        || usize::from(u16::from_be_bytes(*count)) != groups.len()
    {
        return None;
    }
    let negative = match u16::from_be_bytes(*sign) {
        0x0000 => false,
        0x4000 => true,
        _ => return None,
    };
    let Some((last, first)) = groups.split_last() else { return Some(0) };
    let digits = |group: &[u8; 2]| {
        let group = u16::from_be_bytes(*group);
        (group < 10_000).then_some(group)
    };
    // The zeros to add to the groups at this scale; negative if the last group has too many.
    let weight = i32::from(i16::from_be_bytes(*weight));
    let zeros = 4 * (weight + 1 - groups.len() as i32) + i32::from(scale);
    let last = u32::from(digits(last)?);
    let (last, places, zeros) = match zeros {
        0.. => (last, 4, zeros),
        -3..0 => {
            let power = 10_u32.pow(zeros.unsigned_abs());
            (last.is_multiple_of(power).then_some(last / power)?, 4 + zeros, 0)
        }
        _ => return None,
    };
    let first = if first.len() <= 4 {
        // Of numbers in most tables; a `u64` takes less time.
        let mut all = 0_u64;
        for group in first {
            all = 10_000 * all + u64::from(digits(group)?);
        }
        i128::from(all)
    } else {
        first.iter().try_fold(0_i128, |all, group| {
            all.checked_mul(10_000)?.checked_add(digits(group)?.into())
        })?
    };
    let all = first.checked_mul(POWERS[places as usize])?.checked_add(last.into())?;
    let all = match zeros {
        0 => all,
        _ => all.checked_mul(*POWERS.get(zeros as usize)?)?,
    };
    let limit = *POWERS.get(usize::from(precision))?;
    (all < limit).then_some(if negative { -all } else { all })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rows::{Cell, Key, KeyKind, Number, Numeric, RowBuffer, fields::RowFields};

    /// Returns a number in PostgreSQL's binary form.
    fn binary(number: Number) -> Vec<u8> {
        let mut rows = RowBuffer::new(KeyKind::Unsent);
        rows.push_cells(&Key::Integer(0), [Cell::Numeric(number)]);
        let mut bytes = Vec::new();
        let take = |fields: &mut crate::rows::Fields<'_>| {
            bytes = fields.field()?.unwrap_or_default().to_vec();
            Ok(())
        };
        rows.batch().for_each_row(1, take).unwrap();
        bytes
    }

    fn unscaled(text: &str, precision: u8, scale: u8) -> Option<i128> {
        let number = Number::Numeric(Numeric::parse(text).unwrap());
        unscaled_numeric(&binary(number), precision, scale)
    }

    #[test]
    fn a_numeric_is_a_whole_number_at_its_scale() {
        let nines = "9".repeat(38);
        let greatest = POWERS[38] - 1;
        for (text, precision, scale, expected) in [
            ("0", 1, 0, Some(0)),
            ("0.00", 10, 2, Some(0)),
            ("-12.50", 10, 2, Some(-1250)),
            ("-12.5", 10, 2, Some(-1250)),
            ("12.500", 10, 2, Some(1250)),
            ("12.501", 10, 2, None),
            ("12.00001", 10, 2, None),
            ("10000", 5, 0, Some(10_000)),
            ("100000000", 9, 0, Some(100_000_000)),
            ("100000000", 8, 0, None),
            ("99.99", 4, 2, Some(9999)),
            ("100", 4, 2, None),
            ("0.0001", 4, 4, Some(1)),
            ("0.00000001", 8, 8, Some(1)),
            (&nines, 38, 0, Some(greatest)),
            (&format!("-{nines}"), 38, 0, Some(-greatest)),
            (&format!("0.{nines}"), 38, 38, Some(greatest)),
            (&format!("{}.{}", "9".repeat(37), 9), 38, 1, Some(greatest)),
            (&format!("{}.{}", "9".repeat(3), "9".repeat(35)), 38, 35, Some(greatest)),
            (&format!("1{}", "0".repeat(38)), 38, 0, None),
            (&format!("1{}", "0".repeat(400)), 38, 0, None),
        ] {
            assert_eq!(unscaled(text, precision, scale), expected, "{text} {precision} {scale}");
        }
    }

    #[test]
    fn what_is_no_finite_numeric_is_none() {
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(unscaled_numeric(&binary(Number::Float(float)), 38, 0), None);
        }
        let whole = binary(Number::Numeric(Numeric::from(7)));
        for length in 0..whole.len() {
            assert_eq!(unscaled_numeric(&whole[..length], 38, 0), None, "{length}");
        }
        // A group of more than four digits.
        let wrong = [&whole[..8], &10_000_u16.to_be_bytes()].concat();
        assert_eq!(unscaled_numeric(&wrong, 38, 0), None);
    }

    proptest! {
        #[test]
        fn it_is_the_number_of_the_digits(all in -(POWERS[38] - 1)..POWERS[38], scale in 0_u8..=38) {
            let sign = if all < 0 { "-" } else { "" };
            let digits = format!("{:0>width$}", all.unsigned_abs(), width = usize::from(scale) + 1);
            let (before, after) = digits.split_at(digits.len() - usize::from(scale));
            let point = if scale > 0 { "." } else { "" };
            let text = format!("{sign}{before}{point}{after}");
            prop_assert_eq!(unscaled(&text, 38, scale), Some(all), "{}", text);
        }

        #[test]
        fn bytes_of_any_kind_cause_no_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
            precision in any::<u8>(),
            scale in any::<u8>(),
        ) {
            let mut bytes = bytes;
            if bytes.len() >= 8 {
                let count = ((bytes.len() - 8) / 2) as u16;
                bytes[..2].copy_from_slice(&count.to_be_bytes());
                bytes[4] = 0;
                bytes[5] = 0;
            }
            let _ = unscaled_numeric(&bytes, precision, scale);
        }
    }
}
