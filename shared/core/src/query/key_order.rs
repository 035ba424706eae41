use std::cmp::Ordering;

/// Where a key comes among others. It has the first bytes of the key, which are all of most keys. So two
/// keys are compared as two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyOrder(u128);

impl KeyOrder {
    /// The most bytes of a key that are all in the order.
    const WHOLE: usize = 15;

    #[inline]
    pub(super) fn of(key: &[u8]) -> Self {
        let mut bytes = [0; 16];
        let length = key.len().min(Self::WHOLE);
        bytes[..length].copy_from_slice(&key[..length]);
        // Of keys that begin alike the shorter is the first; longer ones have all one length here.
        bytes[15] = key.len().min(Self::WHOLE + 1) as u8;
        Self(u128::from_be_bytes(bytes))
    }

    /// Returns whether the order has all bytes of the key.
    #[inline]
    pub(super) const fn is_whole(self) -> bool {
        self.0 as u8 as usize <= Self::WHOLE
    }

    /// Compares with the order of another key. `keys` compares the keys themselves, and is called if
    /// neither order is whole.
    #[inline]
    pub(super) fn compare(self, other: &Self, keys: impl FnOnce() -> Ordering) -> Ordering {
        match self.0.cmp(&other.0) {
            Ordering::Equal if !self.is_whole() => keys(),
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
            one in prop::collection::vec(0..2_u8, 0..19),
            other in prop::collection::vec(0..2_u8, 0..19),
        ) {
            let (of_one, of_other) = (KeyOrder::of(&one), KeyOrder::of(&other));
            let order = of_one.compare(&of_other, || one.cmp(&other));
            prop_assert_eq!(order, one.cmp(&other));
            prop_assert_eq!(of_one.is_whole(), one.len() < 16);
        }
    }
}
