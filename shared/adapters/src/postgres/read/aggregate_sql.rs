//! Aggregates of the rows of a chunk, in SQL.

use pgfold_core::{
    Form,
    kernel::{Aggregates, Bound, EndsOf, RowTest},
};

use crate::postgres::plan::column::ReadColumn;

/// Returns the SQL of the aggregates, in the order in which a fold takes them, each after a comma.
/// `columns` are those of the projection.
pub(super) fn sql(aggregates: &[Aggregates], columns: &[ReadColumn]) -> String {
    let mut list = String::new();
    for Aggregates { counts, ends } in aggregates {
        for test in counts {
            list += &format!(", count(*) FILTER (WHERE {})", passes(test, columns));
        }
        for EndsOf { column, finite } in ends {
            let value = columns[*column].sql();
            let others = finite.iter().filter(|other| *other != column);
            let others: Vec<String> = others.map(|other| is_finite(&columns[*other])).collect();
            // What is not finite on the other side is never the least, or never the greatest, beside
            // a finite number. So one comparison is enough; it takes 10 ns a row.
            for (function, beyond) in [("min", "> '-Infinity'"), ("max", "< 'Infinity'")] {
                let own = has_limits(&columns[*column]).then(|| format!("{value} {beyond}"));
                let tests: Vec<String> = others.iter().cloned().chain(own).collect();
                let filter = match tests.is_empty() {
                    true => String::new(),
                    false => format!(" FILTER (WHERE {})", tests.join(" AND ")),
                };
                list += &format!(", {function}({value}){filter}");
            }
        }
    }
    list
}

/// Returns the forms of the values of [`sql`].
pub(super) fn forms(aggregates: &[Aggregates], columns: &[ReadColumn]) -> Vec<Form> {
    let of_each = |Aggregates { counts, ends }: &Aggregates| {
        let counts = counts.iter().map(|_| Form::Integer);
        let ends = ends.iter().flat_map(|ends| [columns[ends.column].number_form(); 2]);
        counts.chain(ends).collect::<Vec<Form>>()
    };
    aggregates.iter().flat_map(of_each).collect()
}

fn passes(test: &RowTest, columns: &[ReadColumn]) -> String {
    match test {
        RowTest::NotNull(column) => format!("{} IS NOT NULL", columns[*column].sql()),
        RowTest::NotNan(column) => match has_limits(&columns[*column]) {
            // PostgreSQL orders NaN above all other numbers.
            true => format!("{} < 'NaN'", columns[*column].sql()),
            false => format!("{} IS NOT NULL", columns[*column].sql()),
        },
        RowTest::Finite(finite) => {
            let tests: Vec<String> = finite.iter().map(|at| is_finite(&columns[*at])).collect();
            tests.join(" AND ")
        }
        RowTest::Below(column, bound) => {
            let column = &columns[*column];
            format!("{} < {}", column.sql(), limit(bound, column.number_form()))
        }
    }
}

fn is_finite(column: &ReadColumn) -> String {
    let value = column.sql();
    match has_limits(column) {
        true => format!("{value} > '-Infinity' AND {value} < 'Infinity'"),
        false => format!("{value} IS NOT NULL"),
    }
}

/// Returns whether a column may have values that are not finite.
fn has_limits(column: &ReadColumn) -> bool {
    column.number_form() != Form::Integer
}

/// Returns a bound as the value that numbers of a form are compared with.
fn limit(bound: &Bound, form: Form) -> String {
    match (form, bound.least_integer()) {
        // PostgreSQL reads the same double from the digits that Rust writes.
        (Form::Float, _) => format!("'{}'::float8", bound.double()),
        (Form::Integer, Some(least)) => format!("'{least}'::int8"),
        _ => format!("'{}'::numeric", bound.exact()),
    }
}
