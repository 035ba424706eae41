use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Returns the bytes by which a list of `count` values begins in MessagePack.
pub(super) fn list_header(count: usize) -> Vec<u8> {
    match count {
        0..16 => vec![0x90 | count as u8],
        16..0x1_0000 => [&[0xdc][..], &(count as u16).to_be_bytes()].concat(),
        _ => [&[0xdd][..], &(count as u32).to_be_bytes()].concat(),
    }
}

/// Returns the length of the [`list_header`] by which `data` begins.
pub(super) fn header_length(data: &[u8]) -> usize {
    let length = match data.first() {
        Some(0xdc) => 3,
        Some(0xdd) => 5,
        _ => 1,
    };
    length.min(data.len())
}

/// A group of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredGroup {
    /// The fields that its rows share.
    #[serde(with = "bytes")]
    pub(super) key: Vec<u8>,
    /// The number of its rows.
    pub(super) rows: u64,
    /// What each kernel has of it.
    pub(super) kernels: Vec<StoredPartial>,
}

impl StoredGroup {
    /// Appends the stored form of the group.
    pub(super) fn write(&self, to: &mut Vec<u8>) -> Result<()> {
        rmp_serde::encode::write(to, self).map_err(|error| Error::corrupt("a group", error))
    }
}

/// A kernel's partial of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredPartial {
    /// The number of rows that the kernel skipped.
    pub(super) skipped: u64,
    #[serde(with = "bytes")]
    pub(super) partial: Vec<u8>,
}

/// Bytes as such, instead of a list of numbers.
mod bytes {
    pub(super) use crate::kernel::{
        deserialize_bytes as deserialize, serialize_bytes as serialize,
    };
}

#[test]
fn groups_are_a_list_of_messagepack() {
    for count in [0, 1, 15, 16, 300, 70_000] {
        let group = StoredGroup { key: vec![7], rows: 1, kernels: Vec::new() };
        let mut data = list_header(count);
        for _ in 0..count {
            group.write(&mut data).unwrap();
        }
        assert_eq!(data, rmp_serde::to_vec(&vec![group; count]).unwrap());
        assert_eq!(header_length(&data), list_header(count).len());
    }
}
