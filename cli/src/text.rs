//! Numbers and foreign text for people.

use std::time::Duration;

use console::{measure_text_width, truncate_str};

/// Returns text from the server or a database that is safe on a terminal: control characters, and
/// those that change the direction of writing, are escaped.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() || turns_writing(char) {
            cleaned.extend(char.escape_default());
        } else {
            cleaned.push(char);
        }
    }
    cleaned
}

/// Returns whether a character changes the direction of writing, which can make "gnp.exe" look like
/// "exe.png".
pub(crate) fn turns_writing(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Cuts a line to `width` characters if there is one, and marks that it was cut.
pub(crate) fn cut(line: &str, width: Option<usize>) -> String {
    match width {
        Some(width) if measure_text_width(line) > width => {
            truncate_str(line, width, "…").into_owned()
        }
        _ => line.to_owned(),
    }
}

/// Groups digits: `1,000,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a number with its noun: `1 chunk`, `2 chunks`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Returns milliseconds in a suitable unit.
pub(crate) fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.2} s", ms as f64 / 1e3),
        _ => {
            let seconds = Duration::from_millis(ms).as_secs();
            match seconds / 3600 {
                0 => format!("{} min {} s", seconds / 60, seconds % 60),
                hours => format!("{hours} h {} min", seconds / 60 % 60),
            }
        }
    }
}

/// Returns the rows per second; `None` without a row or a millisecond.
pub(crate) fn rate(rows: u64, ms: u64) -> Option<String> {
    let rate = (u128::from(rows) * 1_000).checked_div(ms.into()).filter(|_| rows > 0)?;
    Some(format!("{} rows/s", grouped(u64::try_from(rate).ok()?)))
}

/// Returns US dollars with enough digits for a job, which costs a few millionths.
pub(crate) fn dollars(dollars: f64) -> String {
    format!("${dollars:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(clean("a\u{1b}[2Jb\r\n\u{9b}c\u{7f}"), r"a\u{1b}[2Jb\r\n\u{9b}c\u{7f}");
        assert_eq!(clean("\u{202e}gnp.exe"), r"\u{202e}gnp.exe");
        assert_eq!(clean("Größe 数 \"x\""), "Größe 数 \"x\"");
    }

    #[test]
    fn a_line_is_cut_to_the_terminal_and_says_so() {
        assert_eq!(cut("größer", Some(6)), "größer");
        assert_eq!(cut("größer", Some(5)), "größ…");
        assert_eq!(cut("größer", None), "größer");
        assert_eq!(cut("東京都", Some(5)), "東京…");
    }

    #[test]
    fn digits_are_grouped_by_three() {
        let numbers = [0, 999, 1_000, 123_456, 1_234_567, u64::MAX];
        let expected = ["0", "999", "1,000", "123,456", "1,234,567", "18,446,744,073,709,551,615"];
        assert_eq!(numbers.map(grouped), expected);
        assert_eq!([counted(1, "chunk"), counted(2, "chunk")], ["1 chunk", "2 chunks"]);
    }

    #[test]
    fn durations_have_a_suitable_unit() {
        let durations = [0, 999, 1_000, 59_994, 60_000, 3_599_999, 7_260_000].map(duration);
        let expected =
            ["0 ms", "999 ms", "1.00 s", "59.99 s", "1 min 0 s", "59 min 59 s", "2 h 1 min"];
        assert_eq!(durations, expected);
    }

    #[test]
    fn a_rate_needs_rows_and_a_duration() {
        assert_eq!(rate(1_000_000, 430).as_deref(), Some("2,325,581 rows/s"));
        assert_eq!(rate(1_000_000, 0), None);
        assert_eq!(rate(0, 430), None);
        assert_eq!(rate(u64::MAX, 1), None);
    }
}
