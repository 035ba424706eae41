use crate::{
    bounded::shown,
    error::{Error, Result},
    rows::Kind,
};

/// Returns a column of the source for each column of a kernel: the columns that a request names, or
/// the source's first columns.
///
/// # Errors
/// [`Error::Invalid`] if the number of columns is wrong, or if a column is not one of `readable`.
/// The error lists the readable columns.
pub(super) fn columns(
    parts: &[(&'static str, Kind)],
    asked: Option<&[String]>,
    readable: &[String],
) -> Result<Vec<String>> {
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
    Ok(chosen[..parts.len()].to_vec())
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
        columns(&PARTS, asked.as_deref(), &names(readable)).unwrap_err().to_string()
    }

    #[test]
    fn a_request_names_columns_or_takes_the_first() {
        let readable = names(&["a", "b", "c"]);
        assert_eq!(columns(&PARTS, None, &readable).unwrap(), names(&["a", "b"]));
        let asked = names(&["c", "a"]);
        assert_eq!(columns(&PARTS, Some(&asked), &readable).unwrap(), asked);
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
