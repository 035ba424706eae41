use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, as 64 hexadecimal digits in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checksum(String);

impl Checksum {
    /// Returns the checksum of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut running = RunningChecksum::default();
        running.add(bytes);
        running.finish()
    }
}

/// The checksum of bytes that arrive one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunningChecksum(Sha256);

impl RunningChecksum {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Checksum {
        Checksum(self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[test]
fn a_checksum_is_that_of_every_other_program() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(Checksum::of(b"abc").to_string(), abc);
}
