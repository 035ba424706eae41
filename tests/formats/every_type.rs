//! `every_type DIRECTORY` writes files of every format with values of every type, for `read_test.py`,
//! and the same without a row.

use std::{fs, path::PathBuf};

use pgfold_core::Format;
use pgfold_tests::formats::{file, file_of_all, samples};

fn main() {
    let directory = std::env::args().nth(1).expect("a directory");
    for format in Format::ALL {
        let write = |name: &str, bytes: Vec<u8>| {
            let path = PathBuf::from(&directory).join(name).with_extension(format.name());
            fs::write(path, bytes).expect("to write");
        };
        write("every_type", file_of_all(format, &samples()));
        let columns = samples().into_iter().map(|sample| sample.column).collect();
        write("empty", file(format, columns, []).expect("a file"));
    }
}
