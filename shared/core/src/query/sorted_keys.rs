use std::cmp::Ordering;

use crate::partition::Partition;

/// Numbered keys in the order of a run: by partition, and then by the keys' bytes.
pub(super) struct SortedKeys {
    /// For each partition its keys in their order.
    partitions: Vec<Vec<SortedKey>>,
}

/// A key of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortedKey {
    /// The bytes that tell most keys apart.
    bytes: u64,
    pub(super) number: u32,
    /// Where the row is that has the key, so that its place need not be looked up in random order.
    pub(super) start: u32,
}

impl SortedKeys {
    /// Sorts so many keys, of numbers from 0. `key` returns the bytes of one, and where its row starts.
    pub(super) fn of<'k>(
        count: u32,
        partitions: u16,
        key: impl Fn(u32) -> (&'k [u8], u32),
    ) -> Self {
        let all = AllKeys::of((0..count).map(|number| key(number).0));
        let mut sorted = vec![Vec::new(); partitions.into()];
        for number in 0..count {
            let (key, start) = key(number);
            let partition = Partition::number_of(key, partitions);
            sorted[usize::from(partition)].push(SortedKey {
                bytes: all.bytes_of(key),
                number,
                start,
            });
        }
        for keys in &mut sorted {
            keys.sort_unstable_by(|one, other| {
                let order = one.bytes.cmp(&other.bytes);
                match order == Ordering::Equal && !all.are_told_apart {
                    true => key(one.number).0.cmp(key(other.number).0),
                    false => order,
                }
            });
        }
        Self { partitions: sorted }
    }

    /// Returns the keys, at most `at_once` of one partition at a time.
    pub(super) fn in_order(&self, at_once: usize) -> impl Iterator<Item = (u16, &[SortedKey])> {
        let partitions = (0..).zip(&self.partitions);
        partitions
            .flat_map(move |(number, keys)| keys.chunks(at_once).map(move |some| (number, some)))
    }
}

/// What is known of all keys of a run.
struct AllKeys {
    /// How many bytes are the same at the start of each, as the length of a number is.
    same: usize,
    /// Whether the eight bytes after these tell different keys apart.
    are_told_apart: bool,
}

impl AllKeys {
    fn of<'k>(mut keys: impl Iterator<Item = &'k [u8]>) -> Self {
        let first = keys.next().unwrap_or_default();
        let (mut same, mut are_equally_long) = (first, true);
        for key in keys {
            are_equally_long &= key.len() == first.len();
            if !key.starts_with(same) {
                let equal = same.iter().zip(key).take_while(|(one, other)| one == other);
                same = &same[..equal.count()];
            }
        }
        let same = same.len();
        Self { same, are_told_apart: are_equally_long && first.len() <= same + size_of::<u64>() }
    }

    /// Returns the bytes of a key after those that are the same, as a number that is in their order.
    #[inline]
    fn bytes_of(&self, key: &[u8]) -> u64 {
        let rest = &key[self.same..];
        match rest.first_chunk() {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => {
                let mut bytes = [0; size_of::<u64>()];
                bytes[..rest.len()].copy_from_slice(rest);
                u64::from_be_bytes(bytes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_partition_and_bytes(
            mut keys in prop_oneof![
                prop::collection::vec(prop::collection::vec(0..2_u8, 0..12), 0..30),
                prop::collection::vec(prop::collection::vec(any::<u8>(), 3), 0..30),
            ],
            same in prop::collection::vec(any::<u8>(), 0..20),
            partitions in 1..4_u16,
        ) {
            keys.iter_mut().for_each(|key| *key = [&same, &key[..]].concat());
            let key = |number: u32| (&keys[number as usize][..], number + 7);
            let sorted = SortedKeys::of(keys.len() as u32, partitions, key);
            let mut found = Vec::new();
            for (partition, some) in sorted.in_order(5) {
                prop_assert!(some.len() <= 5 && some.iter().all(|key| key.start == key.number + 7));
                found.extend(some.iter().map(|key| (partition, &keys[key.number as usize])));
            }
            let all = keys.iter().map(|key| (Partition::number_of(key, partitions), key));
            let mut expected: Vec<(u16, &Vec<u8>)> = all.collect();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
