//! The groups of an answer.

use pgfold_api::JobDetail;
use serde_json::Value;

use crate::{
    answer_rows::AnswerRows,
    render::{
        json,
        lines::Lines,
        table::{Column, Table},
    },
    text::{clean, counted, cut, grouped},
};

/// Returns a table of the groups, in lines of at most `width` if there is one, with their number
/// and what is left out below.
pub(super) fn groups(detail: &JobDetail, answer: &Value, width: Option<usize>) -> String {
    let rows = AnswerRows::new(&detail.job.query, answer);
    let names: Vec<String> = rows.names().collect();
    let rows: Vec<Vec<&Value>> = rows.rows().map(Iterator::collect).collect();
    let any = |place: usize, is: fn(&Value) -> bool| rows.iter().any(|row| is(row[place]));
    let (nested, shown): (Vec<usize>, Vec<usize>) = (0..names.len())
        .partition(|place| any(*place, |value| value.is_array() || value.is_object()));
    let is_number = |place: usize| {
        // The numbers of answers are texts where they are infinite or have many digits.
        any(place, Value::is_number) || place > detail.job.query.group_by.len()
    };
    let columns = shown.iter().map(|place| {
        let heading = clean(&names[*place]);
        Column { heading, is_number: is_number(*place) }
    });
    let cells = rows.iter().map(|row| shown.iter().map(|place| cell(row[*place])).collect());
    let table = Table::new(columns.collect(), cells.collect());
    let fitting = table.fitting(width);
    let mut text: String =
        table.lines(fitting).map(|line| format!("{}\n", cut(line.trim_end(), width))).collect();

    let mut lines = Lines::default();
    lines.add("groups", count(answer, rows.len() as u64));
    if let Some(left_out) = detail.groups_left_out {
        let left_out = counted(left_out, "group");
        lines.add("", format!("{left_out} left out: too many for an answer; --limit lists fewer"));
    }
    let have = "--csv and --json have them";
    if fitting < shown.len() {
        let more = counted((shown.len() - fitting) as u64, "column");
        lines.add("left out", format!("{more} for which this terminal is too narrow; {have}"));
    }
    if !nested.is_empty() {
        let names: Vec<&str> = nested.iter().map(|place| names[*place].as_str()).collect();
        lines.add("left out", format!("{} (lists, objects); {have}", clean(&names.join(", "))));
    }
    text.push('\n');
    text + &lines.0
}

/// Returns how many groups there are, and how many of them are listed if it is not all.
fn count(answer: &Value, listed: u64) -> String {
    let all = answer.get("group_count").and_then(Value::as_u64).unwrap_or(listed);
    if all == listed { grouped(all) } else { format!("{} of {}", grouped(listed), grouped(all)) }
}

fn cell(value: &Value) -> String {
    match value {
        // Not "none", which may be a text.
        Value::Null => "NULL".to_owned(),
        value => json::value(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example_job;
    use pgfold_api::State;
    use serde_json::json;

    fn detail() -> JobDetail {
        let mut detail = example_job::detail(State::Completed);
        let query = json!({ "group_by": ["city"], "compute": {} });
        detail.job.query = serde_json::from_value(query).unwrap();
        detail
    }

    fn answer() -> Value {
        json!({ "group_count": 62, "groups": [
            { "city": "Rome", "rows": 12, "fare": { "sum": 123.5, "max": "Infinity", "at": [1] } },
            { "city": "Ab\u{1b}", "rows": 3, "fare": { "sum": 7.25, "max": null, "at": [] } },
            { "city": null, "rows": 1, "fare": { "sum": null, "max": null, "at": null } },
        ] })
    }

    #[test]
    fn groups_are_a_table_and_what_is_nested_is_left_out() {
        let expected = "\
city      rows  fare.sum  fare.max
Rome        12     123.5  Infinity
Ab\\u{1b}     3      7.25      NULL
NULL         1      NULL      NULL

groups     3 of 62
left out   fare.at (lists, objects); --csv and --json have them
";
        assert_eq!(groups(&detail(), &answer(), None), expected);
    }

    #[test]
    fn a_narrow_terminal_shows_whole_columns_and_says_how_many_it_leaves_out() {
        for width in 8..40 {
            let text = groups(&detail(), &answer(), Some(width));
            let lines: Vec<&str> = text.lines().take(4).collect();
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {text}");
            let shown = lines[0].split_whitespace().count();
            match 4 - shown {
                0 => assert!(!text.contains("too narrow"), "{text}"),
                1 => assert!(text.contains("\nleft out   1 column for which"), "{text}"),
                more => assert!(text.contains(&format!("{more} columns for which")), "{text}"),
            }
        }
        let first = groups(&detail(), &answer(), Some(5));
        assert!(first.starts_with("city\nRome\nAb\\u…\nNULL\n\n"), "{first}");
    }

    #[test]
    fn groups_that_did_not_fit_in_the_answer_are_counted() {
        let mut detail = detail();
        detail.groups_left_out = Some(59);
        let text = groups(&detail, &answer(), None);
        assert!(text.contains("\n           59 groups left out: "), "{text}");
    }
}
