//! What is written down of snapshots: who attached to one, and that it was let go of.

use pgfold_core::{ChunkIndex, Error, Job, JobId};

use crate::world::State;

impl State {
    /// Only a mapper that has begun to read at its job's snapshot says so.
    pub(crate) fn attached(
        &mut self,
        actor: usize,
        job: &Job,
        chunk: ChunkIndex,
        attached: Result<&(), &Error>,
    ) {
        let id = job.job_id;
        self.written(actor, id, attached.copied());
        let began = &self.actors[actor].began;
        let right = began.is_some() && *began == job.computation.snapshot;
        self.ledger.must(right, || {
            format!("chunk {chunk} of {id} is attached, and its mapper has not begun")
        });
        if let (Ok(()), Some(known)) = (attached, self.ledger.chunk(id, chunk)) {
            known.attached = true;
        }
    }

    /// A snapshot that is said to be let go of is, after no longer than is said.
    pub(crate) fn released(&mut self, id: JobId, held_ms: u64) {
        let (step, now) = (self.step, self.now);
        let Some(known) = self.ledger.job(id) else { return };
        known.released.get_or_insert((step, held_ms));
        let snapshot = known.job.computation.snapshot.as_ref();
        let held = snapshot.and_then(|snapshot| self.database.held(snapshot));
        let right = held.is_some_and(|held| !held.is_held(now) && held.held_ms(now) <= held_ms);
        self.ledger.must(right, || format!("{id} was not held for {held_ms} ms: {held:?}"));
    }

    /// Only of a chunk that has its record something is discarded, and not that record.
    pub(crate) fn discarded(
        &mut self,
        actor: usize,
        id: JobId,
        chunk: ChunkIndex,
        discarded: Result<&(), &Error>,
    ) {
        let step = self.step;
        self.written(actor, id, discarded.copied());
        let Some(known) = self.ledger.chunk(id, chunk) else { return };
        if discarded.is_ok() {
            known.discarded.push(step);
        }
        let right = (known.record.is_some() || known.unsure) && !self.actors[actor].counts;
        self.ledger
            .must(right, || format!("of chunk {chunk} of {id} there was nothing to discard"));
    }

    /// Who has ended holds nothing. Of one that was killed the database may hear later.
    pub(crate) fn holds_nothing(&mut self, actor: usize) {
        let holds = self.database.is_holder(actor, self.now);
        let killed = self.actors[actor].killed;
        self.statistics.orphaned += u64::from(holds && killed);
        self.ledger.must(!holds || killed, || {
            format!("{} {actor} has ended and holds a snapshot", self.actors[actor].name)
        });
    }
}
