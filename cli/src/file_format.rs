//! The formats of files, by the names that files have.

use std::path::Path;

use pgfold_api::Format;

use crate::error::{Error, Result};

/// Returns the format that the name of a file or directory says, if any.
pub(crate) fn of_name(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_lowercase();
    parse(&extension).ok()
}

/// Reads the name of a format; `ndjson` is another one of `jsonl`.
pub(crate) fn parse(name: &str) -> Result<Format, String> {
    let name = if name == "ndjson" { Format::Jsonl.name() } else { name };
    let known = Format::ALL.into_iter().find(|format| format.name() == name);
    known.ok_or_else(|| format!("it must be one of {}", Format::ALL.map(Format::name).join(", ")))
}

/// Checks that a file's name does not say another format than it will have.
pub(crate) fn check_name(path: &Path, format: Format) -> Result<()> {
    match of_name(path).filter(|said| *said != format) {
        None => Ok(()),
        Some(said) => Err(Error::Usage(format!(
            "{} is a name for {}, and the format is {}",
            path.display(),
            said.name(),
            format.name()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_format_by_its_extension() {
        for (name, format) in [
            ("a.jsonl", Some(Format::Jsonl)),
            ("a.ndjson", Some(Format::Jsonl)),
            ("b/a.b.CSV", Some(Format::Csv)),
            ("a.parquet/", Some(Format::Parquet)),
            ("a.json", None),
            ("parquet", None),
            (".csv", None),
            ("-", None),
        ] {
            assert_eq!(of_name(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn a_name_may_say_nothing_but_not_something_else() {
        assert!(check_name(Path::new("a.dat"), Format::Csv).is_ok());
        let error = check_name(Path::new("a.csv"), Format::Parquet).unwrap_err().to_string();
        assert_eq!(error, "a.csv is a name for csv, and the format is parquet");
    }
}
