use std::num::NonZeroU16;

use super::DynamoDbStore;

impl DynamoDbStore {
    /// The chunks of a job in one item.
    ///
    /// A record usually has about 500 bytes, so 16 of them have 8 KB, and DynamoDB bills a write by
    /// 4 KB on average. With more chunks each write costs more; with fewer a job has more items to
    /// count, each by another write. The largest records have 10 KB, a receipt with two long text
    /// keys included, and an item has at most 400 KB.
    pub const TOGETHER: NonZeroU16 = NonZeroU16::new(16).unwrap();
}
