use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    partition::Partition,
};

/// Consecutive partitions of a job: those from `start` to, and not including, `end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u16, u16, u16)", into = "(u16, u16, u16)")]
pub(super) struct Partitions {
    pub(super) start: u16,
    pub(super) end: u16,
    /// How many the job has.
    pub(super) of: u16,
}

impl Partitions {
    pub(super) const NONE: Self = Self { start: 0, end: 0, of: 0 };

    pub(super) fn len(self) -> usize {
        usize::from(self.end - self.start)
    }

    pub(super) fn is_none(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn get(self, at: usize) -> Option<Partition> {
        let number = u16::try_from(at).ok()?.checked_add(self.start)?;
        Partition::new(number, self.of).ok().filter(|partition| partition.number() < self.end)
    }

    /// Returns those at these places.
    pub(super) fn slice(self, range: Range<usize>) -> Self {
        let place = |at: usize| self.start + at.min(self.len()) as u16;
        match (place(range.start), place(range.end)) {
            (start, end) if start < end => Self { start, end, of: self.of },
            _ => Self::NONE,
        }
    }

    /// Adds those that follow. Returns whether they do.
    pub(super) fn join(&mut self, next: Self) -> bool {
        if next.is_none() {
            return true;
        }
        let follows = self.is_none() && next.start == 0
            || !self.is_none() && next.start == self.end && next.of == self.of;
        *self = Self { start: if self.is_none() { 0 } else { self.start }, ..next };
        follows
    }
}

impl TryFrom<(u16, u16, u16)> for Partitions {
    type Error = Error;

    fn try_from((start, end, of): (u16, u16, u16)) -> Result<Self> {
        match start <= end && end <= of {
            true => Ok(Self { start, end, of }),
            false => Err(Error::Invalid(format!("partitions {start} to {end} of {of}"))),
        }
    }
}

impl From<Partitions> for (u16, u16, u16) {
    fn from(Partitions { start, end, of }: Partitions) -> Self {
        (start, end, of)
    }
}
