use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Number;
use time::{
    Date, OffsetDateTime, PrimitiveDateTime, UtcOffset, format_description::well_known::Iso8601,
};

use super::FilterType;
use crate::rows::Numeric;

/// A value that rows are compared with: a boolean, a number or a text, as JSON has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
}

impl Literal {
    /// Returns the same value with a number in one form: a whole number without a point.
    pub(super) fn spelled_out(self) -> Self {
        match self {
            Self::Number(number) => Self::Number(whole(&number).map_or(number, Number::from)),
            literal => literal,
        }
    }

    /// Returns the value in the one form that the type has for it.
    ///
    /// A time is checked here, so that no word such as `now` reaches the database, which would
    /// mean another time in every chunk. A boolean or a whole number may be a text, because a client
    /// may not know the type of a column, and many read no whole number beyond 2^53.
    ///
    /// # Errors
    /// What a value of the type must be, if this is none.
    pub(super) fn checked(&self, filter_type: &FilterType) -> Result<Self, String> {
        let checked = match (filter_type, self) {
            (FilterType::Boolean, Self::Boolean(_)) => Some(self.clone()),
            (FilterType::Boolean, Self::Text(text)) => text.parse().ok().map(Self::Boolean),
            (FilterType::Integer(bits), Self::Number(number)) => integer(number, *bits),
            (FilterType::Integer(bits), Self::Text(text)) => {
                digits(text).and_then(|number| integer(&number, *bits))
            }
            (FilterType::Float(bits), Self::Number(number)) => float(number, *bits),
            (FilterType::Float(_), Self::Text(text)) => {
                matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity").then(|| self.clone())
            }
            (FilterType::Numeric, Self::Number(number)) => decimal_of_number(number),
            (FilterType::Numeric, Self::Text(text)) => decimal(text),
            (FilterType::Text, Self::Text(text)) => (!text.contains('\0')).then(|| self.clone()),
            (FilterType::Enum(labels), Self::Text(text)) => {
                labels.contains(text).then(|| self.clone())
            }
            (FilterType::Date, Self::Text(text)) => date(text),
            (FilterType::Timestamp, Self::Text(text)) => timestamp(text),
            (FilterType::TimestampTz, Self::Text(text)) => instant(text),
            (FilterType::Uuid, Self::Text(text)) => {
                uuid::Uuid::try_parse(text).ok().map(|uuid| Self::Text(uuid.to_string()))
            }
            _ => None,
        };
        checked.ok_or_else(|| filter_type.must_be())
    }
}

/// Writes the value as SQL's input functions read it.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

/// Returns the whole number that a text spells.
fn digits(text: &str) -> Option<Number> {
    let is_spelled =
        text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<i64>().ok().filter(|_| is_spelled).map(Number::from)
}

fn whole(number: &Number) -> Option<i64> {
    match number.as_i64() {
        Some(whole) => Some(whole),
        // 3.0 is a whole number, too. Beyond 2^53 a double does not tell whole numbers apart.
        None => Some(number.as_f64().filter(|x| x.fract() == 0.0 && x.abs() <= 9e15)? as i64),
    }
}

fn integer(number: &Number, bits: u8) -> Option<Literal> {
    let whole = whole(number)?;
    let most = i64::MAX >> (64 - u32::from(bits));
    (-most - 1..=most).contains(&whole).then(|| Literal::Number(whole.into()))
}

fn float(number: &Number, bits: u8) -> Option<Literal> {
    let value = number.as_f64()?;
    let narrow = value as f32;
    // PostgreSQL refuses a number that would become an infinity or 0.
    let fits = bits == 64 || narrow.is_finite() && (narrow == 0.0) == (value == 0.0);
    fits.then(|| Number::from_f64(value).map(Literal::Number))?
}

/// Returns a number of a request as a decimal. A number with more than 15 digits may have been
/// rounded when the request was read.
fn decimal_of_number(number: &Number) -> Option<Literal> {
    let text = match number.as_i128() {
        Some(whole) => whole.to_string(),
        None => number.as_f64()?.to_string(),
    };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (number.is_i64() || digits <= 15).then_some(Literal::Text(text))
}

fn decimal(text: &str) -> Option<Literal> {
    Numeric::parse(text).map(|_| Literal::Text(text.to_owned()))
}

fn date(text: &str) -> Option<Literal> {
    let is_short = text.len() == "2026-11-01".len();
    let date = Date::parse(text, &Iso8601::DATE).ok().filter(|_| is_short)?;
    day(date).map(Literal::Text)
}

fn timestamp(text: &str) -> Option<Literal> {
    if let Some(Literal::Text(day)) = date(text) {
        return Some(Literal::Text(format!("{day}T00:00:00")));
    }
    // The parser ignores a time zone.
    let has_zone = text.bytes().skip(10).any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
    let parsed = PrimitiveDateTime::parse(text, &Iso8601::DATE_TIME).ok().filter(|_| !has_zone)?;
    day_and_time(parsed).map(Literal::Text)
}

fn instant(text: &str) -> Option<Literal> {
    if let Some(Literal::Text(day)) = date(text) {
        return Some(Literal::Text(format!("{day}T00:00:00Z")));
    }
    let parsed = OffsetDateTime::parse(text, &Iso8601::DATE_TIME_OFFSET).ok()?;
    let utc = parsed.checked_to_offset(UtcOffset::UTC)?;
    let text = day_and_time(PrimitiveDateTime::new(utc.date(), utc.time()))?;
    Some(Literal::Text(text + "Z"))
}

/// Returns a day as SQL has it; `None` for a year before 1.
fn day(date: Date) -> Option<String> {
    let (year, month, day) = date.to_calendar_date();
    (year >= 1).then(|| format!("{year:04}-{:02}-{day:02}", u8::from(month)))
}

/// Returns a day and a time as SQL and a request may have them; `None` if the time has parts of a
/// microsecond.
fn day_and_time(at: PrimitiveDateTime) -> Option<String> {
    let (hour, minute, second, micros) = at.as_hms_micro();
    let day = day(at.date()).filter(|_| at.nanosecond().is_multiple_of(1000))?;
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    Some(format!("{day}T{hour:02}:{minute:02}:{second:02}{fraction}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checked(filter_type: &FilterType, value: Value) -> Result<String, String> {
        let literal: Literal = serde_json::from_value(value).unwrap();
        literal.checked(filter_type).map(|literal| literal.to_string())
    }

    #[test]
    fn values_are_written_in_the_one_form_of_their_type() {
        for (filter_type, value, written) in [
            (FilterType::Boolean, json!(true), "true"),
            (FilterType::Boolean, json!("false"), "false"),
            (FilterType::Integer(64), json!("-9223372036854775808"), "-9223372036854775808"),
            (FilterType::Integer(16), json!(-32768), "-32768"),
            (FilterType::Integer(64), json!(3.0), "3"),
            (FilterType::Float(64), json!(0.1), "0.1"),
            (FilterType::Float(32), json!("NaN"), "NaN"),
            (FilterType::Float(32), json!(1e-45), "1e-45"),
            (FilterType::Float(32), json!(0), "0.0"),
            (FilterType::Numeric, json!(12.5), "12.5"),
            (FilterType::Numeric, json!("-0.10"), "-0.10"),
            (FilterType::Numeric, json!(i64::MAX), "9223372036854775807"),
            (FilterType::Text, json!("O'Neil; DROP"), "O'Neil; DROP"),
            (FilterType::Date, json!("2026-11-01"), "2026-11-01"),
            (FilterType::Timestamp, json!("2026-11-01"), "2026-11-01T00:00:00"),
            (FilterType::Timestamp, json!("2026-11-01T12:00:00.5"), "2026-11-01T12:00:00.500000"),
            (FilterType::TimestampTz, json!("2026-11-01"), "2026-11-01T00:00:00Z"),
            (FilterType::TimestampTz, json!("2026-11-01T00:30:00+01:00"), "2026-10-31T23:30:00Z"),
            (
                FilterType::Uuid,
                json!("0192F0C12F6E7A529C1E3D2F0A4B5C6D"),
                "0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d",
            ),
            (FilterType::Enum(vec!["new".to_owned(), "paid".to_owned()]), json!("paid"), "paid"),
        ] {
            assert_eq!(checked(&filter_type, value).as_deref(), Ok(written), "{filter_type:?}");
        }
    }

    #[test]
    fn a_time_in_its_one_form_is_a_value_of_a_request_too() {
        for (filter_type, value) in [
            (FilterType::Date, "2026-11-01"),
            (FilterType::Timestamp, "2026-11-01T12:00:00.5"),
            (FilterType::TimestampTz, "2026-11-01T00:30:00.000001+01:00"),
        ] {
            let written = checked(&filter_type, json!(value)).unwrap();
            assert_eq!(checked(&filter_type, json!(written)), Ok(written), "{filter_type:?}");
        }
    }

    #[test]
    fn a_value_that_the_type_cannot_hold_is_an_error_that_says_what_it_can() {
        for (filter_type, value) in [
            (FilterType::Boolean, json!("t")),
            (FilterType::Boolean, json!(1)),
            (FilterType::Integer(16), json!(32768)),
            (FilterType::Integer(32), json!(-2_147_483_649_i64)),
            (FilterType::Integer(64), json!(1.5)),
            (FilterType::Integer(64), json!(1e19)),
            (FilterType::Integer(64), json!("7.0")),
            (FilterType::Integer(64), json!("+7")),
            (FilterType::Integer(16), json!("32768")),
            (FilterType::Float(32), json!(1e39)),
            (FilterType::Float(32), json!(-1e-46)),
            (FilterType::Float(64), json!("nan")),
            (FilterType::Numeric, json!(0.123_456_789_012_345_6)),
            (FilterType::Numeric, json!(1e300)),
            (FilterType::Numeric, json!("1e5")),
            (FilterType::Text, json!("a\u{0}b")),
            (FilterType::Text, json!(7)),
            (FilterType::Date, json!("2026-02-29")),
            (FilterType::Date, json!("today")),
            (FilterType::Timestamp, json!("2026-11-01T12:00:00Z")),
            (FilterType::Timestamp, json!("2026-11-01T12:00:00-05:00")),
            (FilterType::Timestamp, json!("2026-11-01T12:00:00.1234567")),
            (FilterType::TimestampTz, json!("2026-11-01T12:00:00")),
            (FilterType::TimestampTz, json!("now")),
            (FilterType::TimestampTz, json!("0000-01-01T00:00:00Z")),
            (FilterType::Uuid, json!("7")),
            (FilterType::Enum(vec!["new".to_owned()]), json!("old")),
        ] {
            let error = checked(&filter_type, value.clone()).unwrap_err();
            assert_eq!(error, filter_type.must_be(), "{value}");
        }
    }
}
