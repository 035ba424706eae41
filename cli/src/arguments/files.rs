//! The options of a job for a result as files.

use std::path::Path;

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use pgfold_api::Format;
use serde::Serialize;

use crate::{
    arguments::number::whole_number,
    error::{Error, Result},
    file_format,
};

#[derive(Debug, Args)]
pub(crate) struct FileOptions {
    /// The format of the files; without --output they stay in the deployment, for `pgfold fetch`
    #[arg(long, value_parser = formats(), requires = "computed")]
    format: Option<Format>,
    /// Into how many files groups are written
    #[arg(long, value_name = "N", value_parser = whole_number, requires = "computed")]
    parts: Option<u64>,
}

/// The files that a request asks for. The server checks their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct AskedFiles {
    pub(crate) format: Format,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<u64>,
}

impl FileOptions {
    /// Returns the files to ask for, in the format that is given or that the name of the file that
    /// they are downloaded to says.
    ///
    /// # Errors
    /// [`Error::Usage`] if neither says it, or each another one.
    pub(crate) fn asked(&self, output: Option<&Path>) -> Result<Option<AskedFiles>> {
        let named = output.and_then(file_format::of_name);
        let why = match (self.format.or(named), output, self.parts) {
            (Some(format), output, parts) => {
                if let Some(output) = output {
                    file_format::check_name(output, format)?;
                }
                return Ok(Some(AskedFiles { format, parts }));
            }
            (None, Some(output), _) => format!(
                "{} says no format: end it in .jsonl, .csv or .parquet, or give --format",
                output.display()
            ),
            (None, None, Some(_)) => "--parts is for files: give --output or --format".to_owned(),
            (None, None, None) => return Ok(None),
        };
        Err(Error::Usage(why))
    }
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| match format {
        Format::Jsonl => PossibleValue::new(format.name()).alias("ndjson"),
        Format::Csv | Format::Parquet => PossibleValue::new(format.name()),
    };
    PossibleValuesParser::new(Format::ALL.map(value)).try_map(|name| file_format::parse(&name))
}
