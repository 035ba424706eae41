use std::collections::HashSet;

use pgfold_core::{Encoder, Encoders, Error, Format, Output, OutputColumn, Result, ValueType};

use super::{csv::CsvFile, jsonl::JsonlFile, parquet::ParquetFile};

/// Every [`Format`].
#[derive(Debug, Clone, Copy, Default)]
pub struct FileFormats;

impl Encoders for FileFormats {
    fn begin(&self, output: &Output) -> Result<Box<dyn Encoder>> {
        check(&output.columns)?;
        let columns = output.columns.clone();
        Ok(match output.format {
            Format::Jsonl => Box::new(JsonlFile::new(columns)),
            Format::Csv => Box::new(CsvFile::new(columns)),
            Format::Parquet => Box::new(ParquetFile::new(columns)?),
        })
    }
}

/// Checks what no format can have.
fn check(columns: &[OutputColumn]) -> Result<()> {
    if columns.is_empty() {
        return Err(Error::Invalid("a file must have a column".to_owned()));
    }
    let mut names = HashSet::new();
    for OutputColumn { name, value_type, .. } in columns {
        if !names.insert(name) {
            return Err(Error::Invalid(format!("a file cannot have two columns {name:?}")));
        }
        if let ValueType::Numeric { precision, scale } = value_type
            && (!(1..=ValueType::MOST_DIGITS).contains(precision) || scale > precision)
        {
            return Err(Error::Invalid(format!(
                "the column {name:?} cannot have {precision} digits and {scale} of them after the \
                 point; {} digits are the most",
                ValueType::MOST_DIGITS
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(columns: &[(&str, ValueType)]) -> Result<()> {
        let column = |(name, value_type): &(&str, ValueType)| OutputColumn {
            name: (*name).to_owned(),
            value_type: value_type.clone(),
            sql_type: None,
        };
        let columns: Vec<_> = columns.iter().map(column).collect();
        for format in Format::ALL {
            FileFormats.begin(&Output { format, columns: columns.clone() })?;
        }
        Ok(())
    }

    #[test]
    fn columns_that_no_file_can_have_are_invalid() {
        let numeric = |precision, scale| ValueType::Numeric { precision, scale };
        fn refusal(columns: &[(&str, ValueType)]) -> String {
            match begin(columns) {
                Err(Error::Invalid(refusal)) => refusal,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(refusal(&[]), "a file must have a column");
        let twice = &[("a", ValueType::Text), ("a", ValueType::Real)];
        assert_eq!(refusal(twice), "a file cannot have two columns \"a\"");
        for wrong in [numeric(39, 0), numeric(0, 0), numeric(3, 4)] {
            assert!(refusal(&[("n", wrong)]).starts_with("the column \"n\" cannot have "));
        }
        begin(&[("a", numeric(38, 38)), ("A", numeric(1, 0))]).unwrap();
    }
}
