use std::{collections::HashSet, hash::Hash};

use super::{pieces::Pieces, values::Values};

/// How many values tell whether a dictionary pays.
const SAMPLE: usize = 4096;

/// Returns whether a dictionary of these values pays: whether enough of them are equal.
///
/// A row group of 122,880 values with 5 to 20,000 different ones takes a third to a half of the bytes
/// with a dictionary, and no more time. If all values differ, it takes as many bytes and three times
/// the time.
pub(super) fn pays(values: &Values) -> bool {
    match values {
        // Bits are smaller than any dictionary.
        Values::Boolean(_) => false,
        Values::Smallint(values)
        | Values::Integer(values)
        | Values::Date(values)
        | Values::Decimal32(values, _) => repeat(values.len(), |at| values[at]),
        Values::Bigint(values)
        | Values::Time(values)
        | Values::Timestamp(values)
        | Values::Decimal64(values, _) => repeat(values.len(), |at| values[at]),
        Values::Real(values) => repeat(values.len(), |at| values[at].to_bits()),
        Values::Double(values) => repeat(values.len(), |at| values[at].to_bits()),
        Values::Text(values)
        | Values::Bytes(values)
        | Values::Uuid(values)
        | Values::Decimal(values, ..) => strings_repeat(values),
    }
}

fn strings_repeat(values: &Pieces) -> bool {
    repeat(values.len(), |at| values.get(at))
}

/// Returns whether at most three quarters of a sample are different. `get` returns the value of a number.
fn repeat<V: Eq + Hash>(values: usize, get: impl Fn(usize) -> V) -> bool {
    let step = values.div_ceil(SAMPLE).max(1);
    let sample = (0..values).step_by(step);
    let taken = sample.len();
    let different: HashSet<V> = sample.map(get).collect();
    taken > 0 && 4 * different.len() <= 3 * taken
}
