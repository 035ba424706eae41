//! Rows as a source sends them and kernels read them: keys, fields, typed values.
//!
//! Rows have the form of PostgreSQL's binary protocol, so that they are folded where they lie in
//! the network buffer, without a copy.
//!
//! May use: no other room.

mod column;
mod decode;
mod field_index;
mod fields;
mod fold_rows;
mod from_row;
mod indexed_batch;
mod key;
mod number;
mod numeric;
mod row_batch;
mod row_buffer;
mod row_layout;
pub(crate) mod unscaled;
mod unscaled_numeric;
mod value_type;

pub use column::Column;
pub use decode::{Decimal, Decode, Form, Identity, Instant, Kind};
pub use field_index::FieldIndex;
pub use fields::{Fields, RowFields};
pub(crate) use fields::{malformed, split_field};
pub use fold_rows::{FoldAggregates, FoldRows};
pub use from_row::{FromRow, Nulls};
pub use indexed_batch::{IndexedBatch, IndexedRow, PickedFields};
pub use key::{Key, KeyKind, KeyRef};
pub use number::Number;
pub use numeric::Numeric;
pub use row_batch::RowBatch;
pub(crate) use row_batch::{HEADER, ROW_TAG, split_message};
pub(crate) use row_buffer::NewRow;
pub use row_buffer::{Cell, RowBuffer};
pub(crate) use row_layout::RowLayout;
pub use unscaled_numeric::unscaled_numeric;
pub use value_type::ValueType;
