//! The bytes of a row of the demo's table: an integer key and four doubles.

/// Bytes of a page of PostgreSQL, with its header.
const PAGE: f64 = 8192.0;
const PAGE_HEADER: f64 = 24.0;

/// Bytes in the heap: a header of 23, padded to 24; the key, padded to 8; the doubles; and a line
/// pointer of 4. So 120 rows fit in a page.
pub(crate) fn heap() -> f64 {
    let tuple = 24.0 + 8.0 + 4.0 * 8.0 + 4.0;
    PAGE / ((PAGE - PAGE_HEADER) / tuple).floor()
}

/// Bytes in the heap and in the key's index, whose entries have 16 and a line pointer of 4, and
/// whose pages are 90 % full. Ranges of keys read both.
pub(crate) fn disk() -> f64 {
    heap() + (16.0 + 4.0) / 0.9
}

/// Bytes on the network: a message's type, length and count of columns; the key; and the doubles,
/// which PostgreSQL sends as one `lseg`. Each column has its length before it.
pub(crate) const WIRE: f64 = (1.0 + 4.0 + 2.0) + (4.0 + 4.0) + (4.0 + 4.0 * 8.0);

/// Bytes in a Parquet file, of the four columns that are read: random doubles do not compress.
pub(crate) const PARQUET: f64 = 4.0 * 8.0;

/// Bytes on the network of a row with an integer of 64 bits to group by and a double, without its key.
pub(crate) const GROUPED: f64 = (1.0 + 4.0 + 2.0) + 2.0 * (4.0 + 8.0);

/// Bytes in which such a row is exchanged: the number of its shape and its values.
pub(crate) const EXCHANGED: f64 = 1.0 + 2.0 * 8.0;
