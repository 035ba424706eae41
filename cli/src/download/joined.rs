use std::{
    fs::{self, File},
    io::{self, BufReader, Write},
    path::Path,
};

use pgfold_api::{Files, Format};

use super::header;

/// The bytes that are copied at once.
const COPIED: usize = 1 << 20;

/// Parts after each other in one file: lines of JSON, or CSV with one header.
pub(super) struct Joined {
    to: Box<dyn Write>,
    format: Format,
    parts: usize,
    pub(super) bytes: u64,
}

impl Joined {
    pub(super) fn new(to: Box<dyn Write>, format: Format) -> Self {
        Self { to, format, parts: 0, bytes: 0 }
    }

    /// Adds a part and removes its file.
    pub(super) fn add(&mut self, part: &Path) -> io::Result<()> {
        let mut file = BufReader::with_capacity(COPIED, File::open(part)?);
        if self.format == Format::Csv && self.parts > 0 {
            header::skip(&mut file)?;
        }
        self.bytes += io::copy(&mut file, &mut self.to)?;
        self.parts += 1;
        fs::remove_file(part)
    }

    /// Completes the file. CSV without any part has a header, too.
    pub(super) fn finish(&mut self, files: &Files) -> io::Result<()> {
        if self.format == Format::Csv && self.parts == 0 {
            let mut header = csv::Writer::from_writer(Vec::new());
            header.write_record(files.columns.iter().map(|column| &column.name))?;
            let header = header.into_inner().map_err(|error| error.into_error())?;
            self.bytes += header.len() as u64;
            self.to.write_all(&header)?;
        }
        self.to.flush()
    }
}
