//! Writing files of samples.

use pgfold_adapters::FileFormats;
use pgfold_core::{Encoders, Format, KeyKind, Output, OutputColumn, Result, RowBuffer};

use super::samples::Sample;

/// Returns the bytes of a file of these columns, each row a field a column.
pub fn file<'f>(
    format: Format,
    columns: Vec<OutputColumn>,
    rows: impl IntoIterator<Item = Vec<Option<&'f [u8]>>>,
) -> Result<Vec<u8>> {
    let mut encoder = FileFormats.begin(&Output { format, columns })?;
    let mut bytes = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        let mut buffer = RowBuffer::new(KeyKind::Integer);
        let key = (at as i64).to_be_bytes();
        buffer.push(std::iter::once(Some(&key[..])).chain(row));
        encoder.add(buffer.batch())?;
        bytes.extend(encoder.take());
    }
    bytes.extend(encoder.finish()?);
    Ok(bytes)
}

/// Returns the bytes of a file whose columns are the samples. All are as long as the longest, and one
/// row more, by NULL.
pub fn file_of_all(format: Format, samples: &[Sample]) -> Vec<u8> {
    let longest = samples.iter().map(|sample| sample.values.len()).max().unwrap_or_default();
    let row = |at: usize| {
        let fields = samples.iter().map(|sample| sample.values.get(at));
        fields.map(|value| value.map(|value| value.sent.as_slice())).collect()
    };
    let columns = samples.iter().map(|sample| sample.column.clone()).collect();
    file(format, columns, (0..=longest).map(row)).unwrap()
}
