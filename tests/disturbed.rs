//! Jobs that are disturbed: by faults at chosen moments, and by those who write to their table.

mod faults;
mod under_fire;
