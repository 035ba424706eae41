//! Instants of the database as texts.

const MICROS_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The days from 1970-01-01 to 2000-01-01, from which the database counts.
const EPOCH_DAYS: i64 = 10_957;

/// Returns the day of an instant: `2026-11-01`.
pub(super) fn day(micros: i64) -> String {
    infinite(micros).unwrap_or_else(|| date(micros.div_euclid(MICROS_A_DAY)))
}

/// Returns an instant without a time zone: `2026-11-01T12:00:00.5`. Zeros at the end of the second's
/// fraction are left out.
pub(super) fn day_and_time(micros: i64) -> String {
    infinite(micros).unwrap_or_else(|| {
        let (day, micros) = (micros.div_euclid(MICROS_A_DAY), micros.rem_euclid(MICROS_A_DAY));
        let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = format!(".{micros:06}");
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        format!("{}T{hour:02}:{minute:02}:{second:02}{fraction}", date(day))
    })
}

/// Returns an instant: `2026-11-01T12:00:00Z`.
pub(super) fn instant(micros: i64) -> String {
    infinite(micros).unwrap_or_else(|| day_and_time(micros) + "Z")
}

fn infinite(micros: i64) -> Option<String> {
    match micros {
        i64::MIN => Some("-infinity".to_owned()),
        i64::MAX => Some("infinity".to_owned()),
        _ => None,
    }
}

/// Returns the date of a day since 2000-01-01 in the proleptic Gregorian calendar, by the algorithm
/// `civil_from_days` of <https://howardhinnant.github.io/date_algorithms.html>. Years before 1 and
/// after 9999 have a sign and at least six digits, as ISO 8601 has them.
fn date(days: i64) -> String {
    let days = days + EPOCH_DAYS + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    match year {
        1..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:+07}-{month:02}-{day:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_iso_8601_has_them() {
        for (micros, text) in [
            (0, "2000-01-01T00:00:00Z"),
            (-1, "1999-12-31T23:59:59.999999Z"),
            (1_500_000, "2000-01-01T00:00:01.5Z"),
            // date_part('epoch', timestamp '2024-02-29 12:34:56') - date_part('epoch', '2000-01-01')
            ((1_709_210_096 - 946_684_800) * 1_000_000, "2024-02-29T12:34:56Z"),
            (-63_082_281_600 * 1_000_000, "0001-01-01T00:00:00Z"),
            (-63_113_817_600 * 1_000_000, "+000000-01-02T00:00:00Z"),
            (i64::MAX, "infinity"),
            (i64::MIN, "-infinity"),
        ] {
            assert_eq!(instant(micros), text);
        }
        assert_eq!(day(MICROS_A_DAY * 59), "2000-02-29");
        assert_eq!(day(i64::MAX), "infinity");
        assert_eq!(day_and_time(MICROS_A_DAY - 1), "2000-01-01T23:59:59.999999");
        assert!(instant(i64::MAX - 1).starts_with("+29427"));
    }
}
