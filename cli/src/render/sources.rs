//! The sources.

use std::fmt::Write;

use pgfold_api::{SourceColumn, SourceDescription};

use crate::{
    render::{
        lines::Lines,
        table::{Column, Table},
    },
    text::{clean, cut, grouped},
};

/// A table of all sources in lines of at most `width` if there is one, with their problems below.
pub(crate) fn sources(sources: &[SourceDescription], width: Option<usize>) -> String {
    let rows = sources.iter().map(|described| {
        let columns = described.columns.iter().map(typed).collect::<Vec<_>>().join(", ");
        let rows = described.estimated_rows.map(grouped).unwrap_or_default();
        [&*described.source, &described.table, &key(described), &rows, &columns].map(clean).into()
    });
    let columns = vec![
        Column::text("SOURCE"),
        Column::text("TABLE"),
        Column::text("KEY"),
        Column::number("ROWS"),
        Column::text("COLUMNS"),
    ];
    let table = Table::new(columns, rows.collect()).whole();
    // There may be hundreds of columns; `pgfold sources SOURCE` shows them all.
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
    if !described.filters.is_empty() {
        let filters = described.filters.iter();
        let filters = filters.map(|filter| with_type(&filter.column, filter.type_name.as_deref()));
        lines.add("filters", clean(&filters.collect::<Vec<_>>().join(", ")));
    }
    format!("{}\n{}", lines.0, columns(&described.columns))
}

/// A table of the columns, with the SQL of those that are expressions.
fn columns(columns: &[SourceColumn]) -> String {
    let rows = columns.iter().map(|SourceColumn { column, type_name, expression, reads_as }| {
        let type_name = type_name.as_deref().unwrap_or("missing");
        let expression = expression.as_deref().unwrap_or_default();
        [column, type_name, &reads_as.join(", "), expression].map(clean).into()
    });
    let headings = ["COLUMN", "TYPE", "READ AS", "EXPRESSION"].map(Column::text);
    let table = Table::new(headings.into(), rows.collect());
    let has_expressions = columns.iter().any(|column| column.expression.is_some());
    table.lines(if has_expressions { 4 } else { 3 }).collect()
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
