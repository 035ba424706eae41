use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A partition of the groups of a job: those whose keys have its number by their hash. One reducer
/// merges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u16, u16)", into = "(u16, u16)")]
pub struct Partition {
    number: u16,
    of: u16,
}

impl Partition {
    /// Makes partition `number` of `of` partitions. Numbers count from 0.
    ///
    /// # Errors
    /// [`Error::Invalid`] if `number` is not less than `of`.
    pub fn new(number: u16, of: u16) -> Result<Self> {
        match number < of {
            true => Ok(Self { number, of }),
            false => Err(Error::Invalid(format!("there is no partition {number} of {of}"))),
        }
    }

    /// Returns its number, from 0.
    pub const fn number(self) -> u16 {
        self.number
    }

    /// Returns the number of partitions.
    pub const fn of(self) -> u16 {
        self.of
    }

    /// Returns whether a group with this key is in the partition.
    pub fn contains(self, key: &[u8]) -> bool {
        Self::number_of(key, self.of) == self.number
    }

    /// Returns the number of the partition, of so many, in which a group with this key is.
    ///
    /// It is FNV-1a over 64 bits, whose upper half is scaled to the number of partitions.
    /// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
    pub fn number_of(key: &[u8], partitions: u16) -> u16 {
        let hash = key.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // The last bytes of a key change the upper bits of FNV-1a least, so they are mixed once more.
        let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Less than the number of partitions.
        (((mixed >> 32) * u64::from(partitions)) >> 32) as u16
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "partition {} of {}", self.number, self.of)
    }
}

impl TryFrom<(u16, u16)> for Partition {
    type Error = Error;

    fn try_from((number, of): (u16, u16)) -> Result<Self> {
        Self::new(number, of)
    }
}

impl From<Partition> for (u16, u16) {
    fn from(Partition { number, of }: Partition) -> Self {
        (number, of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spread_evenly_over_partitions() {
        for partitions in [1, 2, 3, 7, 64] {
            let mut counts = vec![0_u32; usize::from(partitions)];
            for key in 0..64_000_i64 {
                let key = [&8_i32.to_be_bytes()[..], &key.to_be_bytes()].concat();
                let number = Partition::number_of(&key, partitions);
                counts[usize::from(number)] += 1;
                assert!(Partition::new(number, partitions).unwrap().contains(&key));
            }
            let mean = 64_000 / u32::from(partitions);
            let even = |count: &u32| count.abs_diff(mean) < mean / 5;
            assert!(counts.iter().all(even), "{partitions}: {counts:?}");
        }
    }

    /// Mappers and reducers of different builds must agree.
    #[test]
    fn a_key_stays_in_its_partition() {
        let numbers: Vec<u16> =
            [&b""[..], b"a", b"b", b"Rome"].map(|key| Partition::number_of(key, 1000)).into();
        assert_eq!(numbers, [521, 510, 289, 343]);
    }
}
