use pgfold_core::{Error, Result};

/// The table to read, its key, and its columns in the order in which a kernel names them.
///
/// Every name reaches SQL as a quoted identifier, in the case in which it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTable {
    name: String,
    key: String,
    columns: Vec<String>,
}

impl SourceTable {
    /// `table` is `name` or `schema.name`; spaces around a name are left out.
    pub fn new<'a>(table: &str, key: &str, columns: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            name: table.trim().split('.').map(quoted).collect::<Vec<_>>().join("."),
            key: key.trim().to_owned(),
            columns: columns.into_iter().map(|column| column.trim().to_owned()).collect(),
        }
    }

    /// The name as SQL has it, quoted.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The key's name as the catalogue has it, not quoted.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The key's name as SQL has it, quoted.
    pub(super) fn quoted_key(&self) -> String {
        quoted(&self.key)
    }

    /// The columns' names as the catalogue has them, not quoted.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The number of columns besides the key.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is a column for each that a kernel reads.
    pub(super) fn check_width(&self, wanted: &[&str]) -> Result<()> {
        if wanted.len() == self.columns.len() {
            return Ok(());
        }
        Err(Error::Misconfigured(format!(
            "the kernel reads {} columns ({}), but the source {} has {} configured ({})",
            wanted.len(),
            wanted.join(", "),
            self.name,
            self.columns.len(),
            self.columns.join(", ")
        )))
    }

    /// The query for the key and columns of a chunk that starts at `$1` and, if `ends`, ends
    /// before `$2`.
    pub(super) fn select(&self, ends: bool) -> String {
        let key = self.quoted_key();
        let columns: String =
            self.columns.iter().map(|column| format!(", {}::float8", quoted(column))).collect();
        let end = if ends { format!(" AND {key} < $2") } else { String::new() };
        format!("SELECT {key}::int8{columns} FROM {} WHERE {key} >= $1{end}", self.name)
    }
}

/// `name` as an SQL identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_whatever_they_hold() {
        let table = SourceTable::new("geo.Po\"ints", "id", ["x 1", "y1; DROP TABLE geo"]);
        assert_eq!(
            table.select(true),
            "SELECT \"id\"::int8, \"x 1\"::float8, \"y1; DROP TABLE geo\"::float8 \
             FROM \"geo\".\"Po\"\"ints\" WHERE \"id\" >= $1 AND \"id\" < $2"
        );
        assert!(table.select(false).ends_with("WHERE \"id\" >= $1"));
    }

    #[test]
    fn a_kernel_that_wants_other_columns_is_told_which_there_are() {
        let table = SourceTable::new("points", "id", ["x1", "y1"]);
        assert!(table.check_width(&["x", "y"]).is_ok());
        let error = table.check_width(&["x1", "y1", "x2", "y2"]).unwrap_err().to_string();
        assert!(error.contains("x1, y1, x2, y2") && error.contains("(x1, y1)"), "{error}");
    }
}
