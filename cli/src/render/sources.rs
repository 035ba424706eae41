//! The sources.

use std::fmt::Write;

use pgfold_api::{SourceColumn, SourceDescription};

use crate::{
    render::{lines::Lines, table::table},
    text::{clean, grouped},
};

/// A table of all sources in lines of at most `width` if there is one, with their problems below.
pub(crate) fn sources(sources: &[SourceDescription], width: Option<usize>) -> String {
    let rows = sources.iter().map(|described| {
        let columns = described.columns.iter().map(typed).collect::<Vec<_>>().join(", ");
        let rows = described.estimated_rows.map(grouped).unwrap_or_default();
        [&*described.source, &described.table, &key(described), &rows, &columns].map(clean)
    });
    let headings = ["SOURCE", "TABLE", "KEY", "ROWS", "COLUMNS"];
    let table = table(headings, rows.collect(), &[3]);
    let mut shown: String = table.lines().map(|line| format!("{}\n", cut(line, width))).collect();
    let problems = sources.iter().filter_map(|described| {
        Some(format!("{}: {}", clean(&described.source), clean(described.problem.as_ref()?)))
    });
    for (index, problem) in problems.enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(shown, "{before}{problem}");
    }
    shown
}

/// All about a source.
pub(crate) fn source(described: &SourceDescription) -> String {
    let mut lines = Lines::default();
    lines.add("source", clean(&described.source));
    if let Some(problem) = &described.problem {
        lines.add("problem", clean(problem));
    }
    lines.add("table", clean(&described.table));
    if described.key.is_some() {
        lines.add("key", clean(&key(described)));
    }
    if let Some(filter) = &described.filter {
        lines.add("where", clean(filter));
    }
    if let Some(rows) = described.estimated_rows {
        lines.add("rows", format!("about {}", grouped(rows)));
    }
    if let Some(at) = &described.analyzed_at {
        lines.add("analyzed", clean(&at.0));
    }
    let rows =
        described.columns.iter().map(|SourceColumn { column, type_name, reads_as, .. }| {
            let type_name = type_name.as_deref().unwrap_or("missing");
            [column, type_name, &reads_as.join(", ")].map(clean)
        });
    format!("{}\n{}", lines.0, table(["COLUMN", "TYPE", "READ AS"], rows.collect(), &[]))
}

/// Cuts a line to `width` characters, and marks that it was cut. There may be hundreds of columns;
/// `pgfold sources SOURCE` shows them all.
fn cut(line: &str, width: Option<usize>) -> String {
    match width {
        Some(width) if line.chars().count() > width => {
            line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
        }
        _ => line.to_owned(),
    }
}

fn key(described: &SourceDescription) -> String {
    let key = described.key.as_ref();
    key.map(|key| with_type(&key.column, key.type_name.as_deref())).unwrap_or_default()
}

fn typed(column: &SourceColumn) -> String {
    with_type(&column.column, column.type_name.as_deref())
}

fn with_type(column: &str, type_name: Option<&str>) -> String {
    format!("{column} ({})", type_name.unwrap_or("missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_to_the_terminal_and_says_so() {
        assert_eq!(cut("größer", Some(6)), "größer");
        assert_eq!(cut("größer", Some(5)), "größ…");
        assert_eq!(cut("größer", None), "größer");
    }
}
