//! What is written down when a call of the store was carried out, and what must not have been.

use pgfold_core::{ChunkIndex, ChunkRecord, Error, Job, OpenChunk, Recorded, TaskId, Timestamp};

use crate::world::State;

impl State {
    /// No mapper meets a message without its job.
    pub(crate) fn opened(&mut self, actor: usize, id: TaskId, opened: Result<&OpenChunk, &Error>) {
        // A message that fits no job may meet any answer.
        if self.actors[actor].poisoned {
            return;
        }
        let there = !matches!(opened, Err(Error::NotFound(_) | Error::OtherPlan(_)));
        self.ledger
            .must(there, || format!("a message of {id} was delivered before its job was kept"));
    }

    /// Of each chunk one record is the first, and somebody is told when the last is in.
    pub(crate) fn recorded(
        &mut self,
        actor: usize,
        job: &Job,
        chunk: ChunkIndex,
        record: &ChunkRecord,
        recorded: Result<&Recorded, &Error>,
    ) {
        let (step, id) = (self.step, job.task_id);
        self.written(actor, id, recorded.map(drop));
        let Some(known) = self.ledger.chunk(id, chunk) else { return };
        let Ok(&Recorded { first, complete }) = recorded else {
            known.unsure = true;
            return;
        };
        let right = match known.record {
            Some(_) => !first,
            None => first || known.unsure,
        };
        let receipt = first.then(|| record.receipt.clone());
        known.record.get_or_insert((step, receipt));
        self.note(Some(actor), |_| format!("  first {first}, complete {complete}"));
        self.ledger.must(right, || {
            format!("a record of chunk {chunk} of {id} is said to be the first: {first}")
        });
        let Some(known) = self.ledger.job(id) else { return };
        if complete {
            known.complete.get_or_insert(step);
        }
        let sure = known.chunks.iter().all(|chunk| chunk.record.is_some());
        let right = if complete { known.may_be_complete() } else { !sure };
        self.ledger.must(right, || {
            format!("{id} is said to be complete: {complete}, after chunk {chunk}")
        });
    }

    /// A chunk is given up only when nothing else is left.
    pub(crate) fn told(
        &mut self,
        actor: usize,
        id: TaskId,
        chunk: ChunkIndex,
        told: Result<&(), &Error>,
    ) {
        let step = self.step;
        self.written(actor, id, told.copied());
        let may = self.actors[actor].may_give_up;
        self.ledger.must(may, || format!("chunk {chunk} of {id} is given up before its time"));
        let Some(known) = self.ledger.chunk(id, chunk) else { return };
        match told {
            Ok(()) => known.told = Some(step),
            Err(_) => known.unsure = true,
        }
        self.ledger.excuse(id, "a chunk was given up");
    }

    /// A job that is taken up again forgets why it failed, and has time until `deadline`.
    pub(crate) fn reopened(&mut self, id: TaskId, deadline: Timestamp) {
        let step = self.step;
        if let Some(known) = self.ledger.job(id) {
            known.reopened = Some(step);
            known.deadline = known.deadline.max(deadline);
        }
    }

    /// A message that fits no job changes none.
    fn written(&mut self, actor: usize, id: TaskId, written: Result<(), &Error>) {
        let harmless = !self.actors[actor].poisoned || written.is_err();
        self.ledger.must(harmless, || format!("a message that fits no job changed {id}"));
    }

    /// A job is cancelled or completed, not both.
    pub(crate) fn cancelled(&mut self, id: TaskId, cancelled: Result<&(), &Error>) {
        let step = self.step;
        let Some(known) = self.ledger.job(id) else { return };
        let was_complete = known.complete.is_some() || known.chunks.is_empty();
        let may_be_complete = known.may_be_complete();
        let (right, what) = match cancelled {
            Ok(()) => {
                let cancelled_before = known.cancelled.is_some();
                known.cancelled.get_or_insert(step);
                known.excuse.get_or_insert("cancelled");
                (cancelled_before || !was_complete, "it is completed and was cancelled")
            }
            Err(Error::AlreadyCompleted(_)) => {
                (may_be_complete && known.cancelled.is_none(), "it is said to be completed")
            }
            Err(Error::Unavailable { .. }) => (true, ""),
            Err(_) => (false, "it could not be cancelled"),
        };
        self.ledger.must(right, || format!("{id}: {what}"));
    }
}
