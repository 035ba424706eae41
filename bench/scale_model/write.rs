//! Numbers and tables as the page has them.

/// A number of rows or jobs with two digits that count: `1.5 M`, `100 B`.
pub(crate) fn count(value: f64) -> String {
    let units = [(1e12, " T"), (1e9, " B"), (1e6, " M"), (1e3, ",000"), (1.0, "")];
    let rounded = two_digits(value);
    let (unit, name) = units.into_iter().find(|unit| rounded >= unit.0).unwrap_or((1.0, ""));
    if name == ",000" {
        return thousands(rounded);
    }
    format!("{}{name}", plain(rounded / unit))
}

/// A time with two digits that count: `0.35 s`, `12 min`, `4.3 h`, `2.1 days`.
pub(crate) fn time(seconds: f64) -> String {
    let units = [(86_400.0, "days", 2.0), (3600.0, "h", 1.0), (60.0, "min", 2.0)];
    let fits = |unit: &&(f64, &str, f64)| seconds >= unit.0 * unit.2;
    let (unit, name, _) = units.iter().find(fits).copied().unwrap_or((1.0, "s", 0.0));
    format!("{} {name}", plain(two_digits(seconds / unit)))
}

/// US dollars with two digits that count, from a cent on in whole cents.
pub(crate) fn dollars(value: f64) -> String {
    if value >= 10.0 {
        return format!("${}", thousands(value.round()));
    }
    if value >= 0.1 { format!("${value:.2}") } else { format!("${}", plain(two_digits(value))) }
}

/// Bytes in decimal units.
pub(crate) fn bytes(value: f64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB"), (1.0, "B")];
    let fits = |unit: &&(f64, &str)| value >= unit.0;
    let (unit, name) = units.iter().find(fits).copied().unwrap_or((1.0, "B"));
    format!("{} {name}", plain(two_digits(value / unit)))
}

/// Seconds rounded up to two digits, as a parameter may be set to them.
pub(crate) fn at_least(seconds: f64) -> String {
    let unit = 10_f64.powi(seconds.log10().floor() as i32 - 1).max(1.0);
    thousands((seconds / unit).ceil() * unit)
}

/// A whole number with commas.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with two digits that count: `7.4`, `0.0074`.
pub(crate) fn figure(value: f64) -> String {
    plain(two_digits(value))
}

fn two_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let unit = 10_f64.powi(value.abs().log10().floor() as i32 - 1);
    (value / unit).round() * unit
}

/// Without zeros at the end, or the last bits of a quotient.
fn plain(value: f64) -> String {
    let text = format!("{value:.7}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A Markdown table; all but the columns that are named to be text are figures.
pub(crate) fn table(head: &[&str], text: &[usize], lines: &[Vec<String>]) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|title| (*title).to_owned()).collect();
    let side = |at| if text.contains(&at) { "---" } else { "---:" }.to_owned();
    let rule: Vec<String> = (0..head.len()).map(side).collect();
    let lines: String = lines.iter().map(|line| row(line)).collect();
    row(&head) + &row(&rule) + &lines
}

#[test]
fn figures_have_two_digits_that_count() {
    for (value, text) in
        [(1.0, "1"), (12_345.0, "12,000"), (999_900.0, "1 M"), (1e11, "100 B"), (2.66e9, "2.7 B")]
    {
        assert_eq!(count(value), text);
    }
    for (seconds, text) in [
        (0.3456, "0.35 s"),
        (119.0, "120 s"),
        (181.0, "3 min"),
        (5400.0, "1.5 h"),
        (2e5, "2.3 days"),
    ] {
        assert_eq!(time(seconds), text);
    }
    for (value, text) in
        [(0.000_034_56, "$0.000035"), (0.023, "$0.023"), (1.5, "$1.50"), (1234.5, "$1,235")]
    {
        assert_eq!(dollars(value), text);
    }
    assert_eq!((at_least(107.2), at_least(106_900.0)), ("110".into(), "110,000".into()));
    assert_eq!(
        (bytes(9.06e12), bytes(68.3), bytes(0.0)),
        ("9.1 TB".into(), "68 B".into(), "0 B".into())
    );
}
