//! The ports: traits that state what pgfold needs of the world, a database to read, queues,
//! a store, objects, events and a clock.
//!
//! May use: `job`, `kernel`, `output`, `plan`, `query`, `rows`.

mod catalogue;
mod clock;
mod encoder;
mod events;
mod files;
mod objects;
mod queue;
mod reminders;
mod source;
mod source_description;
mod store;
mod workflows;

pub use catalogue::Catalogue;
pub use clock::Clock;
pub use encoder::{Encoder, Encoders};
pub use events::{Event, Events};
pub use files::{Files, Upload};
pub use objects::Objects;
pub use queue::{Backlog, Depth, Queue};
pub use reminders::Reminders;
pub use source::{HeldSnapshot, ReadTimes, Reading, RowCount, Source};
pub use source_description::{ColumnType, ReadableColumn, SourceDescription};
pub use store::{OpenChunk, Recorded, Store};
pub use workflows::{Outcome, Workflows};
