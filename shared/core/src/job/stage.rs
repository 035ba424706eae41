/// The stage of a job: where the chunks are that it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Chunks of the source do not count yet.
    Map,
    /// All chunks of the source count, and partitions do not yet.
    Reduce,
    /// Every chunk counts.
    Done,
}
