use std::borrow::Cow;

/// `2 * atanh(0.00999)`, the natural logarithm of γ, the ratio of a bin's upper edge to its lower
/// edge. The relative error within a bin is tanh(ln γ / 2) = 0.999 %, slightly below the stated 1
/// %, so that no rounding exceeds 1 %.
const LN_GAMMA: f64 = 0.019980664708469237;

/// `-1057 * ln(2)`, the natural logarithm of 2^-1057. Doubles below 2^-1057 lie so far apart that
/// rounding an estimate can cost half of the allowed error, so bins are half as wide there.
const LN_TINY: f64 = -732.6565705514097;

/// Added to a bin's number so that the least double is in bin 1 or above. It is a multiple of
/// 2^[`MOST_LEVEL`](QuantileSketch::MOST_LEVEL), so that each rise of the level can halve it.
const OFFSET: f64 = 37_888.0;

/// The number of the greatest double's bin.
const MOST_SLOT: i32 = 73_412;

/// An approximation of a column's distribution by at most [`MOST_BINS`](Self::MOST_BINS) counts.
/// Each counts the values within a relative error of one value (Epicoco et al., "UDDSketch:
/// Accurate Tracking of Quantiles in Data Streams", arXiv:2004.08604).
///
/// A value v > 0 is counted in bin ⌊ln v / ln γ⌋. A negative value v is counted in the bin of -v
/// with the opposite sign, and 0 in its own bin. All values of a bin are within 1 % of one value.
/// If more than `MOST_BINS` bins have a count, neighbouring bins are merged in pairs: the level
/// rises by 1 and the error doubles.
///
/// The sketch does not depend on how the values were cut or ordered. Each bin of a level is a union
/// of bins of the level below, so values fill at most as many bins of a level as of the level
/// below. And more values never fill fewer bins of a level. So if some of the values do not fit in
/// a level, all values do not fit in it either. No part therefore rises above the least level that
/// fits all values, and the merged sketch rises to exactly that level.
#[derive(Debug)]
pub(super) struct QuantileSketch {
    level: u32,
    /// The bins with a count, in ascending order; empty while the counts are in `dense`, as those of
    /// many values are.
    bins: Vec<Bin>,
    dense: Option<Dense>,
    /// How many values were added to `bins` one by one.
    added: u16,
    /// The least and the greatest value.
    ends: Option<(f64, f64)>,
}

/// The number of a bin and its count. The numbers have the signs and the order of the bins' values.
type Bin = (i32, u64);

/// A count for every possible bin, used while values are added.
#[derive(Debug)]
struct Dense {
    /// The counts of bins -[`MOST_SLOT`] to [`MOST_SLOT`]. Pages that no value touches take no
    /// memory.
    counts: Box<[u64]>,
    /// The number of bins with a count.
    filled: usize,
}

impl QuantileSketch {
    /// The most bins with a count.
    pub(super) const MOST_BINS: usize = 4096;

    /// The most bytes of [`to_bytes`](Self::to_bytes): level, least, greatest, and on average 10
    /// bytes for each bin. With fewer than 2^64 values the 4,096 counts have 8 bytes each, except
    /// 256 counts that may have 9; and the gaps have 1 byte each, except one in eight that may have
    /// 2.
    pub(super) const MOST_BYTES: usize = 1 + 2 * 8 + 10 * Self::MOST_BINS;

    /// The most values that are added to bins in order, and the most bins, before the counts are
    /// `dense`.
    const FEW_VALUES: u16 = 4096;
    const FEW_BINS: usize = 256;

    /// The greatest level: at it all doubles fit in 2,295 bins.
    const MOST_LEVEL: u32 = 6;

    pub(super) const fn empty() -> Self {
        Self { level: 0, bins: Vec::new(), dense: None, added: 0, ends: None }
    }

    /// Adds a finite value.
    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        // Turns -0 into 0.
        let value = value + 0.0;
        let (least, greatest) = self.ends.unwrap_or((value, value));
        self.ends = Some((least.min(value), greatest.max(value)));
        let slot = risen(slot(value), self.level);
        match &mut self.dense {
            Some(dense) => {
                let count = &mut dense.counts[place(slot)];
                *count += 1;
                if *count == 1 {
                    dense.filled += 1;
                    if dense.filled > Self::MOST_BINS {
                        self.settle();
                    }
                }
            }
            None => self.add_to_bins(slot),
        }
    }

    /// Adds a value to a sketch of few values, which takes some bytes instead of a page of memory for
    /// each of its bins. There may be one for every group of rows.
    #[cold]
    fn add_to_bins(&mut self, slot: i32) {
        self.added += 1;
        match self.bins.binary_search_by_key(&slot, |(slot, _)| *slot) {
            Ok(place) => self.bins[place].1 += 1,
            Err(place) => self.bins.insert(place, (slot, 1)),
        }
        if self.added >= Self::FEW_VALUES || self.bins.len() >= Self::FEW_BINS {
            let dense = Dense::of(std::mem::take(&mut self.bins));
            let is_full = dense.filled > Self::MOST_BINS;
            self.dense = Some(dense);
            if is_full {
                self.settle();
            }
        }
    }

    pub(super) fn merge(mut self, mut other: Self) -> Self {
        self.settle();
        other.settle();
        let level = self.level.max(other.level);
        let (mut bins, others) = (self.risen_to(level), other.risen_to(level));
        bins.extend(others);
        bins.sort_by_key(|(slot, _)| *slot);
        let ends = match (self.ends, other.ends) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        let mut merged = Self { level, bins: joined(bins), dense: None, added: 0, ends };
        merged.fit();
        merged
    }

    /// Returns the greatest error of an estimate, relative to the true value.
    pub(super) fn relative_error(&self) -> f64 {
        // The exact error of 2^level merged bins is less: tanh(2^level * atanh(0.00999)).
        0.01 * f64::from(1_u32 << self.level)
    }

    /// Returns the approximate value at each rank, from 0 to 1, as `percentile_disc` defines ranks.
    /// The least and the greatest value are exact. `None` if the sketch has no value.
    pub(super) fn quantiles(&self, ranks: &[f64]) -> Vec<Option<f64>> {
        let bins = self.filled_bins();
        let total: u64 = bins.iter().map(|(_, count)| count).sum();
        let value = |rank: &f64| {
            let (least, greatest) = self.ends?;
            let position = ((rank * total as f64).ceil() as u64).clamp(1, total);
            if position == 1 {
                return Some(least);
            }
            if position == total {
                return Some(greatest);
            }
            let mut up_to = 0;
            let bin = bins.iter().find(|(_, count)| {
                up_to += count;
                up_to >= position
            });
            bin.map(|(slot, _)| middle(*slot, self.level).clamp(least, greatest))
        };
        ranks.iter().map(value).collect()
    }

    /// Returns the sketch as bytes; no bytes if the sketch has no value.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Some((least, greatest)) = self.ends else { return Vec::new() };
        let mut bytes = vec![self.level as u8];
        bytes.extend(least.to_be_bytes());
        bytes.extend(greatest.to_be_bytes());
        let mut last = -MOST_SLOT - 1;
        for (slot, count) in &*self.filled_bins() {
            push_varint(&mut bytes, u64::from(slot.abs_diff(last)));
            push_varint(&mut bytes, *count);
            last = *slot;
        }
        bytes
    }

    /// Reads the bytes of [`to_bytes`](Self::to_bytes); `None` if they are not a sketch.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let Some((level, bytes)) = bytes.split_first() else { return Some(Self::empty()) };
        let (least, bytes) = bytes.split_first_chunk()?;
        let (greatest, mut bytes) = bytes.split_first_chunk()?;
        let (least, greatest) = (f64::from_be_bytes(*least), f64::from_be_bytes(*greatest));
        let level = u32::from(*level);
        let are_ends = least.is_finite() && greatest.is_finite() && least <= greatest;
        if level > Self::MOST_LEVEL || !are_ends {
            return None;
        }
        let (mut bins, mut last, mut total) = (Vec::new(), -MOST_SLOT - 1, 0_u64);
        while !bytes.is_empty() {
            let gap = i32::try_from(take_varint(&mut bytes)?).ok().filter(|gap| *gap > 0)?;
            let count = take_varint(&mut bytes).filter(|count| *count > 0)?;
            last = last.checked_add(gap).filter(|slot| *slot <= risen(MOST_SLOT, level))?;
            total = total.checked_add(count)?;
            bins.push((last, count));
        }
        let begins = bins.first().is_some_and(|(slot, _)| *slot >= -risen(MOST_SLOT, level));
        (begins && bins.len() <= Self::MOST_BINS).then_some(Self {
            level,
            bins,
            dense: None,
            added: 0,
            ends: Some((least, greatest)),
        })
    }

    /// Returns the bins with a count, in ascending order.
    fn filled_bins(&self) -> Cow<'_, [Bin]> {
        match (&self.dense, self.ends) {
            (Some(dense), Some((least, greatest))) => {
                let [first, last] = [least, greatest].map(|end| risen(slot(end), self.level));
                let bins = (first..).zip(&dense.counts[place(first)..=place(last)]);
                bins.filter(|(_, count)| **count > 0).map(|(slot, count)| (slot, *count)).collect()
            }
            _ => Cow::Borrowed(&self.bins),
        }
    }

    /// Moves all counts to `bins`, and raises the level until they fit.
    fn settle(&mut self) {
        if self.dense.is_some() {
            self.bins = self.filled_bins().into_owned();
            self.dense = None;
            self.fit();
        }
    }

    /// Raises the level until the bins fit.
    fn fit(&mut self) {
        while self.bins.len() > Self::MOST_BINS {
            self.bins = self.risen_to(self.level + 1);
            self.level += 1;
        }
    }

    fn risen_to(&mut self, level: u32) -> Vec<Bin> {
        let by = level - self.level;
        let bins = std::mem::take(&mut self.bins);
        joined(bins.into_iter().map(|(slot, count)| (risen(slot, by), count)).collect())
    }
}

impl Dense {
    #[cold]
    fn of(bins: Vec<Bin>) -> Self {
        let mut counts = vec![0; 2 * MOST_SLOT as usize + 1].into_boxed_slice();
        let filled = bins.len();
        for (slot, count) in bins {
            counts[place(slot)] = count;
        }
        Self { counts, filled }
    }
}

/// Adds up the counts of equal numbers among ascending bins.
fn joined(mut bins: Vec<Bin>) -> Vec<Bin> {
    bins.dedup_by(|next, bin| {
        let is_same = next.0 == bin.0;
        bin.1 += if is_same { next.1 } else { 0 };
        is_same
    });
    bins
}

/// Returns the index of a bin's count in [`Dense`].
#[inline]
const fn place(slot: i32) -> usize {
    (slot + MOST_SLOT) as usize
}

/// Returns the bin of a finite value at level 0.
#[inline]
fn slot(value: f64) -> i32 {
    if value == 0.0 {
        return 0;
    }
    let ln = value.abs().ln();
    let ln = if ln < LN_TINY { 2.0 * ln - LN_TINY } else { ln };
    let slot = (ln * (1.0 / LN_GAMMA) + OFFSET) as i32 + 1;
    if value > 0.0 { slot } else { -slot }
}

/// Returns the bin that contains this bin, `levels` levels up.
#[inline]
const fn risen(slot: i32, levels: u32) -> i32 {
    let risen = (slot.abs() + (1 << levels) - 1) >> levels;
    if slot < 0 { -risen } else { risen }
}

/// Returns the value with equal relative distances to both edges of a bin, each relative to its
/// edge. It may be infinity for the greatest bins.
fn middle(slot: i32, level: u32) -> f64 {
    if slot == 0 {
        return 0.0;
    }
    let ln_at = |edge: i32| {
        let ln = (f64::from(edge << level) - OFFSET) * LN_GAMMA;
        if ln < LN_TINY { (ln + LN_TINY) / 2.0 } else { ln }
    };
    let (begin, end) = (ln_at(slot.abs() - 1), ln_at(slot.abs()));
    let middle = (begin + (2.0 / (1.0 + (begin - end).exp())).ln()).exp();
    if slot > 0 { middle } else { -middle }
}

/// Appends a number as LEB128: seven bits in each byte, the least significant first. The eighth bit
/// says whether another byte follows.
fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes.split_off_first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests;
