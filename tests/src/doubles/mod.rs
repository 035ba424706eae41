//! Doubles of the ports: each stands for one thing that can happen behind a port.

mod delay_notes;
mod down_queue;
mod fixed_clock;
mod half_down_queue;
mod late_clock;
mod manual_clock;
mod plan_only_source;
mod redefined_source;
mod refusing_store;
mod shared_queue;
mod spoiled_source;
mod unread_metrics;

pub use delay_notes::DelayNotes;
pub use down_queue::DownQueue;
pub use fixed_clock::FixedClock;
pub use half_down_queue::HalfDownQueue;
pub use late_clock::LateClock;
pub use manual_clock::ManualClock;
pub use plan_only_source::PlanOnlySource;
pub use redefined_source::RedefinedSource;
pub use refusing_store::RefusingStore;
pub use shared_queue::SharedQueue;
pub use spoiled_source::{SpoiledSource, Step};
pub use unread_metrics::unread_metrics;
