use crate::{
    bounded::shown,
    error::{Error, Result},
    kernel::DynKernel,
    plan::RelationId,
    rows::{Kind, Nulls},
};

/// A column of a source, and the kind of value that it is read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column's name, as it was created.
    pub name: String,
    /// The kind of value that it is read as.
    pub kind: Kind,
}

/// The columns that are read of each row of a source, besides its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The columns, in the order of the fields of a row.
    pub columns: Vec<Column>,
    /// What the kernel needs to know of NULLs.
    pub nulls: Nulls,
    /// The relation that was planned; no rows of another relation may be read. `None` while
    /// planning.
    pub relation: Option<RelationId>,
}

/// Returns the columns of a source that a kernel reads.
///
/// # Errors
/// As for [`cast`].
pub(crate) fn projection(
    kernel: &dyn DynKernel,
    asked: Option<&[String]>,
    readable: &[String],
) -> Result<Projection> {
    let columns = cast(&kernel.columns(), asked, readable)?;
    Ok(Projection { columns, nulls: kernel.nulls(), relation: None })
}

/// Returns a column of the source for each column of a kernel: the columns that a request names, or
/// the source's first columns.
///
/// # Errors
/// [`Error::Invalid`] if the number of columns is wrong, or if a column is not one of `readable`.
/// The error lists the readable columns.
fn cast(
    parts: &[(&'static str, Kind)],
    asked: Option<&[String]>,
    readable: &[String],
) -> Result<Vec<Column>> {
    let names: Vec<&str> = parts.iter().map(|(part, _)| *part).collect();
    let (names, may) = (names.join(", "), readable.join(", "));
    if let Some(asked) = asked {
        if asked.len() != parts.len() {
            return Err(Error::Invalid(format!(
                "columns must be {}, one for each of {names}, not {}",
                parts.len(),
                asked.len()
            )));
        }
        if let Some(other) = asked.iter().find(|name| !readable.contains(name)) {
            return Err(Error::Invalid(format!(
                "the source has no column {:?} to read; it has {may}",
                shown(other)
            )));
        }
    }
    let chosen = asked.unwrap_or(readable);
    if chosen.len() < parts.len() {
        return Err(Error::Invalid(format!(
            "the kernel reads {} columns ({names}), and the source has {} ({may})",
            parts.len(),
            readable.len()
        )));
    }
    let column =
        |(name, (_, kind)): (&String, &(_, Kind))| Column { name: name.clone(), kind: *kind };
    Ok(chosen.iter().zip(parts).map(column).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [(&str, Kind); 2] = [("x", Kind::Number), ("name", Kind::Text)];

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn error(asked: Option<&[&str]>, readable: &[&str]) -> String {
        let asked = asked.map(names);
        cast(&PARTS, asked.as_deref(), &names(readable)).unwrap_err().to_string()
    }

    #[test]
    fn a_request_names_columns_or_takes_the_first() {
        let readable = names(&["a", "b", "c"]);
        let first = cast(&PARTS, None, &readable).unwrap();
        assert_eq!(first[1], Column { name: "b".to_owned(), kind: Kind::Text });
        let asked = cast(&PARTS, Some(&names(&["c", "a"])), &readable).unwrap();
        assert_eq!(asked[0], Column { name: "c".to_owned(), kind: Kind::Number });
    }

    #[test]
    fn an_error_lists_the_columns_that_exist() {
        assert_eq!(
            error(Some(&["a"]), &["a", "b"]),
            "columns must be 2, one for each of x, name, not 1"
        );
        assert_eq!(
            error(Some(&["a", "secret"]), &["a", "b"]),
            "the source has no column \"secret\" to read; it has a, b"
        );
        assert_eq!(
            error(None, &["a"]),
            "the kernel reads 2 columns (x, name), and the source has 1 (a)"
        );
    }
}
