use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::stored_group::{Stored, corrupt};
use crate::{
    error::Result,
    rows::{HEADER, ROW_TAG, RowLayout, split_field},
};

/// The shapes of the rows in a run. A row is stored as the number of its shape and the bytes of its
/// values, without the lengths that it shares with others: half of the bytes of a row of numbers.
///
/// Rows of rare shapes are stored as the source sent them. They and groups begin with other bytes than
/// the number of a shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RowShapes {
    shapes: Vec<Shape>,
    /// The shape of the last row, which most often is that of the next.
    last: usize,
}

/// The length of a row's message and of each field.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    /// A message of this shape.
    message: Vec<u8>,
    /// Where in it the fields start, with their lengths.
    fields: Vec<usize>,
    /// Where in it the values are that have bytes.
    values: Vec<Range<usize>>,
}

impl RowShapes {
    /// The most shapes. Each is compared with a row of another shape than the row before.
    const MOST: usize = 32;

    /// The most bytes of the message of a shape.
    const LONGEST: usize = 4096;

    /// How many times the bytes of its stored form a row has at most. A reader counts on it.
    const EXPANSION: usize = 2;

    /// Appends the stored form of a row.
    #[inline]
    pub(super) fn write(&mut self, to: &mut Vec<u8>, message: &[u8]) {
        match self.number_of(message) {
            Some(number) => {
                to.push(number as u8);
                for value in &self.shapes[number].values {
                    to.extend_from_slice(&message[value.clone()]);
                }
            }
            None => to.extend_from_slice(message),
        }
    }

    /// Returns the number of a row's shape; `None` if its shape is to have none.
    #[inline]
    fn number_of(&mut self, message: &[u8]) -> Option<usize> {
        if !self.shapes.get(self.last).is_some_and(|shape| shape.is_of(message)) {
            self.last = self.find(message)?;
        }
        Some(self.last)
    }

    fn find(&mut self, message: &[u8]) -> Option<usize> {
        let known = self.shapes.iter().position(|shape| shape.is_of(message));
        known.or_else(|| {
            let is_added = self.shapes.len() < Self::MOST && message.len() <= Self::LONGEST;
            self.shapes.push(is_added.then(|| Shape::of(message)).flatten()?);
            Some(self.shapes.len() - 1)
        })
    }

    /// Returns how many times the bytes of [`expanded`](Self::expanded) groups and rows have at most those
    /// of their stored form.
    pub(crate) const fn expansion(&self) -> u64 {
        if self.shapes.is_empty() { 1 } else { Self::EXPANSION as u64 }
    }

    /// Returns groups and rows with each row as the source sent it. Rows have this layout.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if they do not read back.
    pub(crate) fn expanded(&self, stored: Vec<u8>, layout: Option<&RowLayout>) -> Result<Vec<u8>> {
        if self.shapes.is_empty() {
            return Ok(stored);
        }
        let (mut left, mut expanded) =
            (&stored[..], Vec::with_capacity(Self::EXPANSION * stored.len()));
        while let Some((number, values)) = left.split_first() {
            left = match self.shapes.get(usize::from(*number)) {
                Some(shape) => shape.write(&mut expanded, values)?,
                None => {
                    let (_, length) = Stored::read(left, layout, 0)?;
                    let (as_it_is, rest) = left.split_at(length);
                    expanded.extend_from_slice(as_it_is);
                    rest
                }
            };
        }
        Ok(expanded)
    }
}

impl Shape {
    /// Returns the shape of a row; `None` if the row would expand too much.
    fn of(message: &[u8]) -> Option<Self> {
        let mut left = message.get(HEADER + 2..)?;
        let (mut fields, mut values) = (Vec::new(), Vec::new());
        while !left.is_empty() {
            fields.push(message.len() - left.len());
            let value;
            (value, left) = split_field(left).ok()?;
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let end = message.len() - left.len();
                values.push(end - value.len()..end);
            }
        }
        let stored = 1 + values.iter().map(Range::len).sum::<usize>();
        let is_small = message.len() <= RowShapes::EXPANSION * stored;
        is_small.then(|| Self { message: message.to_vec(), fields, values })
    }

    /// Returns the shape of rows whose fields have these lengths, -1 for NULL.
    fn of_lengths(lengths: &[i32]) -> Option<Self> {
        let bytes = |length: &i32| usize::try_from(*length).ok().or((*length == -1).then_some(0));
        let mut message = vec![ROW_TAG, 0, 0, 0, 0];
        message.extend(u16::try_from(lengths.len()).ok()?.to_be_bytes());
        for length in lengths {
            message.extend(length.to_be_bytes());
            let end = message.len() + bytes(length)?;
            message.resize((end <= RowShapes::LONGEST).then_some(end)?, 0);
        }
        let length = message.len() as i32 - 1;
        message[1..HEADER].copy_from_slice(&length.to_be_bytes());
        Self::of(&message)
    }

    fn lengths(&self) -> Vec<i32> {
        self.fields.iter().filter_map(|field| length_at(&self.message, *field)).collect()
    }

    /// Returns whether a row has this shape.
    #[inline]
    fn is_of(&self, message: &[u8]) -> bool {
        let is_as_long = |field: &usize| {
            length_at(message, *field)
                .is_some_and(|length| Some(length) == length_at(&self.message, *field))
        };
        message.len() == self.message.len()
            && message[..HEADER + 2] == self.message[..HEADER + 2]
            && self.fields.iter().all(is_as_long)
    }

    /// Appends the message of a row from its values, and returns the bytes after these.
    #[inline]
    fn write<'b>(&self, to: &mut Vec<u8>, mut values: &'b [u8]) -> Result<&'b [u8]> {
        let start = to.len();
        to.extend_from_slice(&self.message);
        let message = &mut to[start..];
        for place in &self.values {
            let value =
                values.split_off(..place.len()).ok_or_else(|| corrupt("a row is cut off"))?;
            message[place.clone()].copy_from_slice(value);
        }
        Ok(values)
    }
}

/// Returns the length of the field that starts at `field`.
#[inline]
fn length_at(message: &[u8], field: usize) -> Option<i32> {
    message.get(field..)?.first_chunk().copied().map(i32::from_be_bytes)
}

impl Serialize for RowShapes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.shapes.iter().map(Shape::lengths))
    }
}

impl<'de> Deserialize<'de> for RowShapes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = Vec::<Vec<i32>>::deserialize(deserializer)?;
        if all.len() > Self::MOST {
            return Err(de::Error::custom(format!("{} shapes of rows", all.len())));
        }
        let shape = |lengths: &Vec<i32>| {
            let wrong = || de::Error::custom(format!("no row has fields of {lengths:?} bytes"));
            Shape::of_lengths(lengths).ok_or_else(wrong)
        };
        let shapes = all.iter().map(shape).collect::<Result<_, D::Error>>()?;
        Ok(Self { shapes, last: 0 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::stored_group::StoredGroup, *};
    use crate::rows::{KeyKind, RowBuffer, split_message};

    proptest! {
        #[test]
        fn rows_of_any_shapes_come_back_as_they_were(
            rows in prop::collection::vec(
                prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..30)), 1..3),
                0..60,
            ),
            long in 0..5000_usize,
        ) {
            let mut buffer = RowBuffer::new(KeyKind::Unsent);
            rows.iter().for_each(|row| buffer.push(row.iter().map(Option::as_deref)));
            buffer.push([Some(&vec![7; long][..])]);
            let layout = RowLayout::from(buffer.batch());
            let messages = buffer.batch().messages();
            let mut group = Vec::new();
            StoredGroup::begin(&mut group, b"Rome", 7, 0).unwrap();
            let (mut shapes, mut stored, mut expected) =
                (RowShapes::default(), Vec::new(), Vec::new());
            let mut left = messages;
            while let Some((message, rest)) = split_message(left) {
                shapes.write(&mut stored, message);
                stored.extend_from_slice(&group);
                expected.extend_from_slice(message);
                expected.extend_from_slice(&group);
                left = rest;
            }
            prop_assert!(shapes.shapes.len() <= RowShapes::MOST);
            prop_assert!(expected.len() as u64 <= shapes.expansion() * stored.len() as u64);
            let read: RowShapes =
                rmp_serde::from_slice(&rmp_serde::to_vec(&shapes).unwrap()).unwrap();
            let cut = stored[..stored.len() - 1].to_vec();
            // Without shapes nothing is read here.
            prop_assert!(read.shapes.is_empty() || read.expanded(cut, Some(&layout)).is_err());
            prop_assert_eq!(read.expanded(stored, Some(&layout)).unwrap(), expected);
        }
    }

    #[test]
    fn a_row_of_numbers_has_its_values_and_a_byte() {
        let mut buffer = RowBuffer::new(KeyKind::Unsent);
        (0..10_u64).for_each(|row| buffer.push([Some(&row.to_be_bytes()[..]), Some(&[7; 8])]));
        let (mut shapes, mut stored) = (RowShapes::default(), Vec::new());
        let messages = buffer.batch().messages();
        messages.chunks(messages.len() / 10).for_each(|row| shapes.write(&mut stored, row));
        assert_eq!((messages.len(), stored.len()), (310, 170));
    }

    #[test]
    fn shapes_that_no_rows_have_are_refused() {
        for wrong in [vec![vec![-2, 99]], vec![vec![i32::MAX]], vec![vec![99]; 33], vec![vec![1]]] {
            let bytes = rmp_serde::to_vec(&wrong).unwrap();
            assert!(rmp_serde::from_slice::<RowShapes>(&bytes).is_err(), "{wrong:?}");
        }
    }
}
