use std::cmp::Ordering;

/// Where a group comes among others: by a number, then by its key.
///
/// It has the first bytes of the key, which are all of most keys. So two groups are compared as two
/// numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyOrder(u128);

impl KeyOrder {
    /// The most bytes of a key that are all in the order.
    const WHOLE: usize = 13;

    /// Makes the order of a key among those of its number, and of numbers.
    #[inline]
    pub(super) fn of(number: u16, key: &[u8]) -> Self {
        let mut bytes = [0; 16];
        let length = key.len().min(Self::WHOLE);
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        bytes[2..2 + length].copy_from_slice(&key[..length]);
        // Of keys that begin alike the shorter is the first; longer ones have all one length here.
        bytes[15] = key.len().min(Self::WHOLE + 1) as u8;
        Self(u128::from_be_bytes(bytes))
    }

    /// Returns the number.
    pub(super) const fn number(self) -> u16 {
        (self.0 >> 112) as u16
    }

    /// Compares with the order of another key. `keys` compares the keys themselves, and is called if
    /// that is needed.
    #[inline]
    pub(super) fn compare(self, other: &Self, keys: impl FnOnce() -> Ordering) -> Ordering {
        match self.0.cmp(&other.0) {
            Ordering::Equal if self.0 as u8 as usize > Self::WHOLE => keys(),
            order => order,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_their_bytes(
            one in (0..3_u16, prop::collection::vec(0..2_u8, 0..17)),
            other in (0..3_u16, prop::collection::vec(0..2_u8, 0..17)),
        ) {
            let (of_one, of_other) = (KeyOrder::of(one.0, &one.1), KeyOrder::of(other.0, &other.1));
            let order = of_one.compare(&of_other, || one.1.cmp(&other.1));
            prop_assert_eq!(order, one.cmp(&other));
            prop_assert_eq!(of_one.number(), one.0);
        }
    }
}
