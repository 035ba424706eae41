//! A table with a heading for each column.

use console::measure_text_width;

/// A column of a table.
pub(super) struct Column {
    pub(super) heading: String,
    /// Whether it is aligned to the right.
    pub(super) is_number: bool,
}

impl Column {
    pub(super) fn text(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), is_number: false }
    }

    pub(super) fn number(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), is_number: true }
    }
}

/// Rows of cells, one for each column.
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    widths: Vec<usize>,
}

impl Table {
    pub(super) fn new(columns: Vec<Column>, rows: Vec<Vec<String>>) -> Self {
        let width = |(place, column): (usize, &Column)| {
            let cells = rows.iter().map(|row| measure_text_width(&row[place]));
            cells.chain([measure_text_width(&column.heading)]).max().unwrap_or_default()
        };
        let widths = columns.iter().enumerate().map(width).collect();
        Self { columns, rows, widths }
    }

    /// Returns how many columns from the left fit in lines of at most `width`, at least one.
    pub(super) fn fitting(&self, width: Option<usize>) -> usize {
        let mut total = 0;
        let fits = |column: &&usize| {
            total += *column + 2;
            width.is_none_or(|width| total <= width + 2)
        };
        self.widths.iter().take_while(fits).count().clamp(1, self.widths.len().max(1))
    }

    /// Returns the lines with the first `count` columns.
    pub(super) fn lines(&self, count: usize) -> impl Iterator<Item = String> {
        let headings = self.columns.iter().map(|column| column.heading.clone()).collect();
        let headings: Vec<String> = headings;
        let line = move |row: &Vec<String>| {
            let cells = row.iter().zip(&self.columns).zip(&self.widths).take(count);
            let cells = cells.map(|((cell, column), width)| {
                let space = " ".repeat(width.saturating_sub(measure_text_width(cell)));
                if column.is_number { space + cell } else { cell.clone() + &space }
            });
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        [line(&headings)].into_iter().chain(self.rows.iter().map(line))
    }

    /// Returns the table with all columns.
    pub(super) fn whole(&self) -> String {
        self.lines(self.columns.len()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).into();
        let columns = vec![Column::text("city"), Column::number("rows"), Column::text("note")];
        Table::new(columns, vec![row(["Rome", "12", "a"]), row(["東京", "7", ""])])
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        assert_eq!(table().whole(), "city  rows  note\nRome    12  a\n東京     7\n");
    }

    #[test]
    fn as_many_columns_fit_as_the_terminal_is_wide() {
        let widths = [None, Some(16), Some(15), Some(10), Some(9), Some(4), Some(1)];
        assert_eq!(widths.map(|width| table().fitting(width)), [3, 3, 2, 2, 1, 1, 1]);
        assert_eq!(table().lines(1).collect::<String>(), "city\nRome\n東京\n");
    }
}
