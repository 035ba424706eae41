//! The ports: traits that state what pgfold needs of the world.

mod clock;
mod queue;
mod source;
mod store;

pub use clock::Clock;
pub use queue::{Backlog, Depth, Queue};
pub use source::{HeldSnapshot, Planned, ReadTimes, Reading, RowCount, Source};
pub use store::{OpenChunk, Recorded, Store};
