//! `every_type DIRECTORY` writes files of every format with values of every type, for `read_test.py`.

use std::{fs, path::PathBuf};

use pgfold_core::Format;
use pgfold_tests::formats::{file_of_all, samples};

fn main() {
    let directory = std::env::args().nth(1).expect("a directory");
    for format in Format::ALL {
        let path = PathBuf::from(&directory).join("every_type").with_extension(format.name());
        fs::write(path, file_of_all(format, &samples())).expect("to write");
    }
}
