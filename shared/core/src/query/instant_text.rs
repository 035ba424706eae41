//! Days, times and instants of the database as texts, as ISO 8601 has them. An infinity is
//! `infinity` or `-infinity`.

use std::fmt::{Display, Formatter, Result, from_fn};

const MICROS_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The days from 1970-01-01 to 2000-01-01, from which the database counts.
const EPOCH_DAYS: i64 = 10_957;

/// Returns the day of an instant: `2026-11-01`.
pub fn day(micros: i64) -> impl Display {
    from_fn(move |f| match infinite(micros) {
        Some(text) => f.write_str(text),
        None => write_date(f, micros.div_euclid(MICROS_A_DAY)),
    })
}

/// Returns a day since 2000-01-01, which has a wider range than instants: `2026-11-01`. The least
/// number of days is minus infinity, the greatest is infinity.
pub fn date(days: i32) -> impl Display {
    from_fn(move |f| match days {
        i32::MIN => f.write_str(MINUS_INFINITY),
        i32::MAX => f.write_str(INFINITY),
        _ => write_date(f, days.into()),
    })
}

/// Returns a time of day: `12:00:00.5`. Zeros at the end of the second's fraction are left out. The
/// end of a day is `24:00:00`.
pub fn time(micros: i64) -> impl Display {
    from_fn(move |f| write_time(f, micros))
}

/// Returns an instant without a time zone: `2026-11-01T12:00:00.5`.
pub fn day_and_time(micros: i64) -> impl Display {
    from_fn(move |f| write_day_and_time(f, micros, ""))
}

/// Returns an instant: `2026-11-01T12:00:00Z`.
pub fn instant(micros: i64) -> impl Display {
    from_fn(move |f| write_day_and_time(f, micros, "Z"))
}

const INFINITY: &str = "infinity";
const MINUS_INFINITY: &str = "-infinity";

const fn infinite(micros: i64) -> Option<&'static str> {
    match micros {
        i64::MIN => Some(MINUS_INFINITY),
        i64::MAX => Some(INFINITY),
        _ => None,
    }
}

fn write_day_and_time(f: &mut Formatter<'_>, micros: i64, zone: &str) -> Result {
    if let Some(text) = infinite(micros) {
        return f.write_str(text);
    }
    write_date(f, micros.div_euclid(MICROS_A_DAY))?;
    f.write_str("T")?;
    write_time(f, micros.rem_euclid(MICROS_A_DAY))?;
    f.write_str(zone)
}

fn write_time(f: &mut Formatter<'_>, micros: i64) -> Result {
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    write!(f, "{hour:02}:{minute:02}:{second:02}")?;
    if micros == 0 {
        return Ok(());
    }
    let zeros = (1..6).find(|zeros| micros % 10_i64.pow(*zeros) != 0).map_or(5, |zeros| zeros - 1);
    write!(f, ".{:0places$}", micros / 10_i64.pow(zeros), places = 6 - zeros as usize)
}

/// Writes the date of a day since 2000-01-01 in the proleptic Gregorian calendar, by the algorithm
/// `civil_from_days` of <https://howardhinnant.github.io/date_algorithms.html>. Years before 1 and
/// after 9999 have a sign and at least six digits, as ISO 8601 has them.
fn write_date(f: &mut Formatter<'_>, days: i64) -> Result {
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
        1..=9999 => write!(f, "{year:04}-{month:02}-{day:02}"),
        _ => write!(f, "{year:+07}-{month:02}-{day:02}"),
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
            assert_eq!(instant(micros).to_string(), text);
        }
        assert_eq!(day(MICROS_A_DAY * 59).to_string(), "2000-02-29");
        assert_eq!(day(i64::MAX).to_string(), "infinity");
        let last = day_and_time(MICROS_A_DAY - 1).to_string();
        assert_eq!(last, "2000-01-01T23:59:59.999999");
        assert!(instant(i64::MAX - 1).to_string().starts_with("+29427"));
    }

    #[test]
    fn dates_beyond_the_range_of_instants_are_written() {
        for (days, text) in [
            (0, "2000-01-01"),
            (-730_119, "0001-01-01"),
            (-730_120, "+000000-12-31"),
            // The first and the last date of PostgreSQL.
            (-2_451_545, "-004713-11-24"),
            (2_145_031_948, "+5874897-12-31"),
            (i32::MAX, "infinity"),
            (i32::MIN, "-infinity"),
        ] {
            assert_eq!(date(days).to_string(), text);
        }
    }

    #[test]
    fn times_have_as_many_places_as_they_need() {
        for (micros, text) in [
            (0, "00:00:00"),
            (1, "00:00:00.000001"),
            (100, "00:00:00.0001"),
            (120_000, "00:00:00.12"),
            (500_000, "00:00:00.5"),
            (MICROS_A_DAY - 1, "23:59:59.999999"),
            (MICROS_A_DAY, "24:00:00"),
        ] {
            assert_eq!(time(micros).to_string(), text);
        }
    }
}
