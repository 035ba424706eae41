use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Numbers groups by their keys, from 0 in the order in which they are met, and counts their rows.
#[derive(Debug, Default)]
pub(super) struct GroupTable {
    numbers: HashTable<u32>,
    /// The keys, one after the other.
    keys: Vec<u8>,
    /// The end of each key.
    ends: Vec<usize>,
    /// The number of rows of each group.
    rows: Vec<u64>,
    hasher: DefaultHashBuilder,
}

impl GroupTable {
    /// Adds rows to the group of a key, and returns its number; a new key gets the next number.
    #[inline]
    pub(super) fn add(&mut self, key: &[u8], rows: u64) -> u32 {
        let number = self.number(key);
        self.rows[number as usize] += rows;
        number
    }

    #[inline]
    fn number(&mut self, key: &[u8]) -> u32 {
        let Self { numbers, keys, ends, rows, hasher } = self;
        let hash = hash_of(hasher, key);
        let of = |number: &u32| key_of(keys, ends, *number);
        let found = match words(key) {
            Some(two) => numbers.find(hash, |number| {
                let other = of(number);
                other.len() == key.len() && words(other) == Some(two)
            }),
            None => numbers.find(hash, |number| of(number) == key),
        };
        if let Some(number) = found {
            return *number;
        }
        // A chunk's groups are bounded by the size of its record.
        let number = ends.len() as u32;
        numbers.insert_unique(hash, number, |number| hash_of(hasher, of(number)));
        keys.extend_from_slice(key);
        ends.push(keys.len());
        rows.push(0);
        number
    }

    /// Forgets all groups.
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.keys.clear();
        self.ends.clear();
        self.rows.clear();
    }

    /// Returns the number of groups.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the bytes of all keys.
    pub(super) const fn key_bytes(&self) -> usize {
        self.keys.len()
    }

    /// Returns the number of rows of a group.
    pub(super) fn rows(&self, number: u32) -> u64 {
        self.rows[number as usize]
    }

    /// Returns the number of all rows.
    pub(super) fn all_rows(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// Returns the key of a group.
    pub(super) fn key(&self, number: u32) -> &[u8] {
        key_of(&self.keys, &self.ends, number)
    }
}

#[inline]
fn key_of<'k>(keys: &'k [u8], ends: &[usize], number: u32) -> &'k [u8] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &keys[start..ends[number]]
}

#[inline]
fn hash_of(hasher: &DefaultHashBuilder, key: &[u8]) -> u64 {
    match words(key) {
        Some([first, last]) => hasher.hash_one((first, last)),
        None => hasher.hash_one(key),
    }
}

/// Returns the first and the last eight bytes of a key of 8 to 16 bytes, as of a number or a short
/// text, which with its length are all of it. They are compared and hashed without a call.
#[inline]
fn words(key: &[u8]) -> Option<[u64; 2]> {
    if key.len() > 16 {
        return None;
    }
    let (first, last) = (key.first_chunk()?, key.last_chunk()?);
    Some([u64::from_ne_bytes(*first), u64::from_ne_bytes(*last)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_one_number() {
        let mut table = GroupTable::default();
        let keys: Vec<Vec<u8>> =
            (0..10_000_u32).map(|key| key.to_le_bytes()[..3].to_vec()).collect();
        for round in 0..2 {
            for (number, key) in keys.iter().enumerate() {
                assert_eq!(table.add(key, 1) as usize, number, "round {round}");
            }
        }
        assert_eq!(table.add(b"", 7), 10_000);
        assert_eq!((table.len(), table.key_bytes()), (10_001, 30_000));
        assert_eq!((table.rows(7), table.rows(10_000), table.all_rows()), (2, 7, 20_007));
        assert_eq!(table.key(7), keys[7]);
        assert_eq!(table.key(10_000), b"");
    }

    #[test]
    fn keys_of_all_lengths_are_different_though_they_begin_and_end_alike() {
        let mut table = GroupTable::default();
        let mut keys: Vec<Vec<u8>> = (0..40).map(|length| vec![7; length]).collect();
        for length in [8, 12, 16, 17, 30] {
            for at in [0, length / 2, length - 1] {
                let mut key = vec![7; length];
                key[at] = 8;
                keys.push(key);
            }
        }
        for _ in 0..2 {
            for (number, key) in keys.iter().enumerate() {
                assert_eq!(table.add(key, 1) as usize, number, "{key:?}");
            }
        }
    }
}
