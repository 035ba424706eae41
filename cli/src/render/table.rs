//! A table with a heading for each column.

/// Returns a table of these rows. The columns of `numbers` are aligned to the right.
pub(super) fn table<const N: usize>(
    headings: [&str; N],
    rows: Vec<[String; N]>,
    numbers: &[usize],
) -> String {
    let headings = headings.map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&headings]).map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if numbers.contains(&column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    [&headings].into_iter().chain(&rows).map(line).collect()
}
