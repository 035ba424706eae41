use std::num::NonZeroU16;

use pgfold_core::kernel::LARGEST_IN_RECORD;

use super::DynamoDbStore;

/// The most bytes of a record besides its partial: a receipt with two long text keys.
const RECEIPT: usize = 2 * 1000;

/// Bytes of the records in an item, which has at most 400 KB: at least one record fits. The rest is
/// for the job, its plan and the reasons of failures.
const RECORDS: usize = LARGEST_IN_RECORD + RECEIPT;

impl DynamoDbStore {
    /// The most chunks of a job in one item.
    ///
    /// A record usually has about 500 bytes, so 16 of them have 8 KB, and DynamoDB bills a write by
    /// 4 KB on average. With more chunks each write costs more; with fewer a job has more items to
    /// count, each by another write.
    pub const MOST_TOGETHER: NonZeroU16 = NonZeroU16::new(16).unwrap();

    /// Returns how many chunks of a job share an item, from 1 to
    /// [`MOST_TOGETHER`](Self::MOST_TOGETHER): as many as always fit if each partial has at most
    /// `largest_partial` bytes.
    pub fn together(largest_partial: usize) -> NonZeroU16 {
        let fit = u16::try_from(RECORDS / (largest_partial + RECEIPT)).unwrap_or(u16::MAX);
        NonZeroU16::new(fit).unwrap_or(NonZeroU16::MIN).min(Self::MOST_TOGETHER)
    }
}

#[test]
fn chunks_share_an_item_as_far_as_they_fit() {
    let together = [100, 20_000, 100_000, LARGEST_IN_RECORD].map(DynamoDbStore::together);
    assert_eq!(together.map(NonZeroU16::get), [16, 15, 3, 1]);
}
