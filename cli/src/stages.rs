//! The two stages of a job that writes groups into files: the chunks of its source, and then the
//! partitions of its groups, which the API counts and numbers together.

use pgfold_api::Job;

/// How many chunks of a job each stage has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stages {
    done: u16,
    chunks: u16,
    partitions: u16,
}

impl Stages {
    /// Returns the stages of a job.
    pub(crate) fn of(job: &Job) -> Self {
        let partitions = job.output.and_then(|output| output.parts).unwrap_or_default();
        let partitions = partitions.min(job.progress.total);
        Self { done: job.progress.done, chunks: job.progress.total - partitions, partitions }
    }

    /// Returns how many chunks of its source are done, of how many, and the same of its partitions if
    /// it has some. Chunks are done first.
    pub(crate) fn progress(self) -> ((u16, u16), Option<(u16, u16)>) {
        let Self { done, chunks, partitions } = self;
        let of_partitions = (done.saturating_sub(chunks), partitions);
        ((done.min(chunks), chunks), (partitions > 0).then_some(of_partitions))
    }

    /// Returns the number of the partition that a chunk is; `None` for a chunk of the source.
    pub(crate) fn partition(self, chunk: u16) -> Option<u16> {
        chunk.checked_sub(self.chunks).filter(|_| self.partitions > 0)
    }

    /// Returns how many partitions there are.
    pub(crate) const fn partitions(self) -> u16 {
        self.partitions
    }

    /// Names a chunk: `chunk 3`, or `partition 0 of 2`.
    pub(crate) fn name(self, chunk: u16) -> String {
        match self.partition(chunk) {
            Some(partition) => format!("partition {partition} of {}", self.partitions),
            None => format!("chunk {chunk}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example_job::detail;
    use pgfold_api::{Format, Output, Progress, State};

    fn stages(parts: Option<u16>, done: u16) -> Stages {
        let mut job = detail(State::Pending).job;
        job.output = Some(Output { format: Format::Parquet, parts });
        job.progress = Progress { done, total: 6 };
        Stages::of(&job)
    }

    #[test]
    fn the_last_chunks_are_partitions() {
        let names = [0, 3, 4, 5].map(|chunk| stages(Some(2), 0).name(chunk));
        assert_eq!(names, ["chunk 0", "chunk 3", "partition 0 of 2", "partition 1 of 2"]);
        assert_eq!(stages(None, 0).name(5), "chunk 5");
    }

    #[test]
    fn the_chunks_of_the_source_are_done_first() {
        for (done, chunks, partitions) in [(0, 0, 0), (3, 3, 0), (4, 4, 0), (5, 4, 1), (6, 4, 2)] {
            let expected = ((chunks, 4), Some((partitions, 2)));
            assert_eq!(stages(Some(2), done).progress(), expected, "{done}");
        }
        assert_eq!(stages(None, 3).progress(), ((3, 6), None));
    }
}
