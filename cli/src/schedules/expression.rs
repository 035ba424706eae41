//! When a schedule starts jobs, as EventBridge Scheduler writes it. What it would refuse is refused
//! here, with a sentence that says what is wrong.

use std::ops::RangeInclusive;

/// An expression of EventBridge Scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression(String);

impl Expression {
    /// Returns the expression as Scheduler writes it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it means one moment.
    pub(crate) fn is_once(&self) -> bool {
        self.0.starts_with("at(")
    }
}

/// The fields of a cron expression: names, numbers, and the words in place of numbers.
const FIELDS: [(&str, RangeInclusive<u16>, &[&str]); 6] = [
    ("minute", 0..=59, &[]),
    ("hour", 0..=23, &[]),
    ("day of the month", 1..=31, &[]),
    (
        "month",
        1..=12,
        &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    ),
    ("day of the week", 1..=7, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ("year", 1970..=2199, &[]),
];

/// Reads `MINUTE HOUR DAY MONTH WEEKDAY YEAR`, with or without `cron()` around it.
pub(crate) fn cron(text: &str) -> Result<Expression, String> {
    let fields: Vec<&str> = inner(text, "cron").split_whitespace().collect();
    let &[minute, hour, day, month, weekday, year] = fields.as_slice() else {
        let hint = match fields.as_slice() {
            [minute, hour, day, month, "*"] => {
                format!("; did you mean \"{minute} {hour} {day} {month} ? *\"?")
            }
            [minute, hour, "*", month, weekday] => {
                format!("; did you mean \"{minute} {hour} ? {month} {weekday} *\"?")
            }
            _ => String::new(),
        };
        return Err(format!(
            "it has the six fields minute, hour, day of the month, month, day of the week and year, \
             such as \"0 3 * * ? *\", not {}{hint}",
            fields.len()
        ));
    };
    for (text, (name, range, words)) in
        [minute, hour, day, month, weekday, year].iter().zip(&FIELDS)
    {
        if !is_field(text, name, range, words) {
            let (from, to) = (range.start(), range.end());
            return Err(format!("the {name} is from {from} to {to}, not {text:?}"));
        }
    }
    if (day == "?") == (weekday == "?") {
        return Err(format!(
            "one of the day of the month and the day of the week is ?, not {day:?} and {weekday:?}"
        ));
    }
    Ok(Expression(format!("cron({})", fields.join(" "))))
}

/// Returns whether a field has numbers or words of its range, in lists, ranges and steps. What only
/// days have, such as L, W and #, Scheduler checks.
fn is_field(text: &str, name: &str, range: &RangeInclusive<u16>, words: &[&str]) -> bool {
    let is_day = name.starts_with("day");
    if is_day && (text == "?" || text.contains(['L', 'W', '#'])) {
        return true;
    }
    let is_one = |one: &str| {
        words.iter().any(|word| word.eq_ignore_ascii_case(one))
            || one.parse().is_ok_and(|number: u16| range.contains(&number))
    };
    text.split(',').all(|item| {
        let (values, step) = item.split_once('/').unwrap_or((item, "1"));
        let is_step = step.parse().is_ok_and(|step: u16| step > 0);
        let (from, to) = values.split_once('-').unwrap_or((values, values));
        is_step && (values == "*" || (is_one(from) && is_one(to)))
    })
}

/// Reads `NUMBER UNIT`, with or without `rate()` around it.
pub(crate) fn rate(text: &str) -> Result<Expression, String> {
    let words: Vec<&str> = inner(text, "rate").split_whitespace().collect();
    let read = match words[..] {
        [number, unit] => number.parse::<u32>().ok().filter(|number| *number > 0).zip(
            ["minute", "hour", "day"]
                .into_iter()
                .find(|known| unit.trim_end_matches('s') == *known),
        ),
        _ => None,
    };
    let Some((number, unit)) = read else {
        return Err("it is a whole number of minutes, hours or days, such as \"1 hour\"".to_owned());
    };
    let plural = if number == 1 { "" } else { "s" };
    Ok(Expression(format!("rate({number} {unit}{plural})")))
}

/// Reads `YYYY-MM-DDTHH:MM[:SS]`, with or without `at()` around it.
pub(crate) fn at(text: &str) -> Result<Expression, String> {
    let text = inner(text, "at");
    let shape: String =
        text.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
    let seconds = match &*shape {
        "0000-00-00T00:00" => ":00",
        "0000-00-00T00:00:00" => "",
        _ => {
            return Err("it is YYYY-MM-DDTHH:MM:SS without a zone, such as 2026-12-01T03:00:00; \
                        --time-zone gives the zone"
                .to_owned());
        }
    };
    let number = |place: usize| text.get(place..place + 2).and_then(|two| two.parse::<u8>().ok());
    let parts =
        [("month", 5, 1..=12), ("day", 8, 1..=31), ("hour", 11, 0..=23), ("minute", 14, 0..=59)];
    for (name, place, range) in parts {
        if !number(place).is_some_and(|number| range.contains(&number)) {
            let (from, to) = (range.start(), range.end());
            return Err(format!("its {name} is from {from} to {to}"));
        }
    }
    Ok(Expression(format!("at({text}{seconds})")))
}

/// Returns what is in the brackets of an expression of this kind, or the text itself.
fn inner<'t>(text: &'t str, kind: &str) -> &'t str {
    let text = text.trim();
    let within = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('('));
    within.and_then(|rest| rest.strip_suffix(')')).unwrap_or(text).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(read: Result<Expression, String>) -> String {
        read.unwrap().0
    }

    #[test]
    fn expressions_are_written_as_scheduler_has_them() {
        for (text, expected) in [
            ("0 3 * * ? *", "cron(0 3 * * ? *)"),
            ("cron( 0/15  8-18 ? * mon-FRI * )", "cron(0/15 8-18 ? * mon-FRI *)"),
            ("0 10 L * ? 2026,2027", "cron(0 10 L * ? 2026,2027)"),
            ("0 10 ? JAN,JUL 6#3 *", "cron(0 10 ? JAN,JUL 6#3 *)"),
        ] {
            assert_eq!(written(cron(text)), expected);
        }
        for (text, expected) in [
            ("1 hour", "rate(1 hour)"),
            ("rate(1 minutes)", "rate(1 minute)"),
            ("5 minute", "rate(5 minutes)"),
            ("30 days", "rate(30 days)"),
        ] {
            assert_eq!(written(rate(text)), expected);
        }
        assert_eq!(written(at("2026-12-01T03:00")), "at(2026-12-01T03:00:00)");
        assert_eq!(written(at("at(2026-12-01T03:00:30)")), "at(2026-12-01T03:00:30)");
        assert!(at("2026-12-01T03:00").unwrap().is_once());
        assert!(!rate("1 hour").unwrap().is_once());
    }

    #[test]
    fn a_wrong_cron_expression_says_which_field_is_wrong() {
        for (text, expected) in [
            ("0 3 * * *", "not 5; did you mean \"0 3 * * ? *\"?"),
            ("0 3 * * MON", "not 5; did you mean \"0 3 ? * MON *\"?"),
            ("@daily", "not 1"),
            ("60 3 * * ? *", "the minute is from 0 to 59, not \"60\""),
            ("0 24 * * ? *", "the hour is from 0 to 23, not \"24\""),
            ("0 3 0 * ? *", "the day of the month is from 1 to 31, not \"0\""),
            ("0 3 * FOO ? *", "the month is from 1 to 12, not \"FOO\""),
            ("0 3 ? * 0 *", "the day of the week is from 1 to 7, not \"0\""),
            ("*/0 3 * * ? *", "the minute is from 0 to 59, not \"*/0\""),
            ("1, 3 * * ? *", "the minute is from 0 to 59, not \"1,\""),
            ("0 3 * * * *", "is ?, not \"*\" and \"*\""),
            ("0 3 ? * ? *", "is ?, not \"?\" and \"?\""),
        ] {
            let why = cron(text).unwrap_err();
            assert!(why.ends_with(expected), "{text}: {why}");
        }
    }

    #[test]
    fn wrong_rates_and_moments_are_refused() {
        for text in ["", "hour", "0 minutes", "-1 hours", "1.5 hours", "1 week", "1 hour 2 minutes"]
        {
            assert!(rate(text).is_err(), "{text}");
        }
        for text in ["tomorrow", "2026-12-01", "2026-12-01 03:00", "2026-12-01T03:00:00Z"] {
            assert!(at(text).unwrap_err().contains("--time-zone"), "{text}");
        }
        assert_eq!(at("2026-13-01T03:00").unwrap_err(), "its month is from 1 to 12");
        assert_eq!(at("2026-12-01T24:00").unwrap_err(), "its hour is from 0 to 23");
    }
}
