//! What is written down when a call of the store was carried out, and what must not have been.

use pgfold_core::{
    ChunkIndex, ChunkRecord, Error, FailedAttempt, Job, JobId, JobRequest, OpenChunk, Plan,
    Recorded, Stage, Submitted, Timestamp,
};

use crate::{table::Row, world::State};

impl State {
    /// A job is kept that covers the table as it was planned, holds its snapshot, and is its key's.
    pub(crate) fn created(&mut self, actor: usize, job: &Job, plan: &Plan) {
        let id = job.job_id;
        let (planned, key) = (self.actors[actor].planned, self.actors[actor].key.clone());
        let instant = planned.unwrap_or_default();
        let table = self.database.table(instant);
        let covered: Vec<Row> =
            plan.chunks().flat_map(|(_, range)| table.rows_of(&range)).collect();
        let covers = planned.is_some() && covered == table.0;
        let holder = job.computation.snapshot.as_ref().is_none_or(|snapshot| {
            let held = self.database.held(snapshot);
            held.is_some_and(|held| held.actor == actor && held.instant == instant)
        });
        let claimed = key.is_none_or(|key| self.ledger.is_claimed(&key, id));
        self.ledger.must(covers, || format!("{id} does not cover the table once"));
        self.ledger.must(holder, || format!("{id} reads a snapshot that is another's"));
        self.ledger.must(claimed, || format!("{id} was started though its key is another job's"));
        self.ledger.created(job, plan, actor, instant);
    }

    /// A client learned that its job is submitted.
    pub(crate) fn answered(&mut self, actor: usize, request: &JobRequest, submitted: &Submitted) {
        let key = self.actors[actor].key.clone();
        self.ledger.answered(actor, key.as_ref(), request, submitted);
    }

    /// No mapper meets a message without its job.
    pub(crate) fn opened(&mut self, actor: usize, id: JobId, opened: Result<&OpenChunk, &Error>) {
        // A message that fits no job may meet any answer.
        if self.actors[actor].poisoned {
            return;
        }
        let there = !matches!(opened, Err(Error::NotFound(_) | Error::OtherPlan(_)));
        self.ledger
            .must(there, || format!("a message of {id} was delivered before its job was kept"));
    }

    /// Each chunk has one first record, and somebody learns when the last is in.
    pub(crate) fn recorded(
        &mut self,
        actor: usize,
        job: &Job,
        chunk: ChunkIndex,
        record: &ChunkRecord,
        recorded: Result<&Recorded, &Error>,
    ) {
        let (step, id) = (self.step, job.job_id);
        self.written(actor, id, recorded.map(drop));
        let Some(known) = self.ledger.chunk(id, chunk) else { return };
        let Ok(&Recorded { first, stage }) = recorded else {
            known.unsure = true;
            return;
        };
        let complete = stage == Stage::Done;
        let right = match known.record {
            Some(_) => !first,
            None => first || known.unsure,
        };
        let receipt = first.then(|| record.receipt.clone());
        known.record.get_or_insert((step, receipt));
        self.actors[actor].counts |= first;
        let attached =
            job.computation.snapshot.is_none() || known.attached || job.is_partition(chunk);
        self.note(Some(actor), |_| format!("  first {first}, {stage:?}"));
        self.ledger.must(attached, || format!("chunk {chunk} of {id} was read unattached"));
        self.ledger.must(right, || {
            format!("a record of chunk {chunk} of {id} is said to be the first: {first}")
        });
        let now = self.database.now();
        let Some(known) = self.ledger.job(id) else { return };
        let outlived = first && job.computation.snapshot.is_some() && now > known.instant;
        self.statistics.outlived += u64::from(outlived);
        if complete {
            known.complete.get_or_insert(step);
        }
        let sure = known.chunks.iter().all(|chunk| chunk.record.is_some());
        let right = if complete { known.may_be_complete() } else { !sure };
        self.ledger.must(right, || {
            format!("{id} is said to be complete: {complete}, after chunk {chunk}")
        });
    }

    /// A job is said that an attempt at a chunk of it failed.
    pub(crate) fn noted(
        &mut self,
        actor: usize,
        id: JobId,
        failed: &FailedAttempt,
        noted: Result<&(), &Error>,
    ) {
        self.written(actor, id, noted.copied());
        if noted.is_ok() {
            self.statistics.noted += 1;
            self.ledger.noted(id, failed, self.step);
        }
    }

    /// A chunk is given up only when nothing else is left.
    pub(crate) fn reported(
        &mut self,
        actor: usize,
        id: JobId,
        chunk: ChunkIndex,
        answer: Result<&Option<Stage>, &Error>,
    ) {
        let step = self.step;
        self.written(actor, id, answer.map(drop));
        let may = self.actors[actor].may_give_up;
        self.ledger.must(may, || format!("chunk {chunk} of {id} is given up before its time"));
        let Some(known) = self.ledger.chunk(id, chunk) else { return };
        match answer {
            Ok(_) => known.reported = Some(step),
            Err(_) => known.unsure = true,
        }
        self.ledger.excuse(id, "a chunk was given up");
    }

    /// A job that is taken up again forgets why it failed, and has time until `deadline`.
    pub(crate) fn reopened(&mut self, id: JobId, deadline: Timestamp) {
        let step = self.step;
        let Some(known) = self.ledger.job(id) else { return };
        known.reopened = Some(step);
        known.deadline = known.deadline.max(deadline);
        known.soonest_deadline = known.soonest_deadline.min(deadline);
        let right = known.job.computation.snapshot.is_none();
        self.ledger.must(right, || format!("{id} reads a snapshot and is taken up again"));
    }

    /// A message that fits no job changes none.
    pub(crate) fn written(&mut self, actor: usize, id: JobId, written: Result<(), &Error>) {
        let harmless = !self.actors[actor].poisoned || written.is_err();
        self.ledger.must(harmless, || format!("a message that fits no job changed {id}"));
    }

    /// A job is cancelled or completed, not both.
    pub(crate) fn cancelled(&mut self, id: JobId, cancelled: Result<&(), &Error>) {
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
