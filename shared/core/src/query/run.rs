use super::{
    QueryPartial, StoredRun,
    group_cursor::GroupCursor,
    stored_group::{StoredGroup, StoredPartial},
    stored_run::{Block, Footer, corrupt},
};
use crate::{error::Result, kernel::Partial};

/// The bytes of a block, at least; the last group may exceed them, and the last block has fewer. A
/// reader has a block of each chunk in memory, and asks for several at a time.
const BLOCK: usize = 64 * 1024;

/// A run: the partial of a chunk as one object, which a reader need not have in memory as a whole.
///
/// It has groups sorted by their keys, in blocks, and then a footer with the length and the checksum
/// of each block. The partial of a kernel over all rows is one group with an empty key. The blocks
/// are in partitions, so that several readers can share the groups; there is one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What the record has of the object.
    pub stored: StoredRun,
    /// The bytes of the object.
    pub bytes: Vec<u8>,
}

impl Run {
    /// Makes the run of a partial.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the partial does not read back, or is a run.
    pub fn of(partial: QueryPartial) -> Result<Self> {
        let (kernels, bytes) = match partial {
            QueryPartial::One(partial) => {
                let (version, partial) = partial.into_stored();
                let kernels = vec![StoredPartial { skipped: 0, partial }];
                let mut bytes = Vec::new();
                StoredGroup { key: Vec::new(), rows: 0, kernels }.write(&mut bytes)?;
                (vec![version], bytes)
            }
            QueryPartial::Groups(groups) => groups.into_groups()?,
            QueryPartial::Run(_) => return Err(corrupt("it is in an object already")),
        };
        Self::of_groups(kernels, bytes)
    }

    /// Makes the run of groups that `bytes` has one after the other.
    fn of_groups(kernels: Vec<u16>, mut bytes: Vec<u8>) -> Result<Self> {
        let (mut blocks, mut start) = (Vec::new(), 0);
        let mut cursor = GroupCursor::new(&bytes);
        while cursor.next()?.is_some() {
            if cursor.at() - start >= BLOCK || cursor.left() == 0 {
                let block = &bytes[start..cursor.at()];
                blocks.push(Block::of(block));
                start = cursor.at();
            }
        }
        let footer = Footer::new(kernels, vec![blocks]).write()?;
        bytes.extend_from_slice(&footer);
        Ok(Self { stored: StoredRun::new(bytes.len() as u64, &footer), bytes })
    }
}

/// Reads the partial of one kernel over all rows from the blocks of its run.
///
/// # Errors
/// [`Error::Corrupt`](crate::Error::Corrupt) if they are not of such a run.
pub(crate) fn partial_of_one(kernels: &[u16], bytes: &[u8]) -> Result<Partial> {
    let group = GroupCursor::new(bytes).next()?.filter(|group| group.key.is_empty());
    let partial = group.and_then(|mut group| group.kernels.pop());
    match (kernels, partial) {
        ([version], Some(StoredPartial { partial, .. })) => {
            Ok(Partial::from_stored(*version, partial))
        }
        _ => Err(corrupt("it is not of one kernel over all rows")),
    }
}
