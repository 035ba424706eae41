//! What must hold of every answer that anybody is given.

use std::collections::BTreeSet;

use pgfold_core::{
    ChunkIndex, Completed, CompletedChunk, Computation, Compute, Consistency, Usage,
};

use crate::{
    asked::folded,
    database::Database,
    files,
    invariants::Asked,
    ledger::{KnownChunk, KnownJob},
};

impl KnownJob {
    /// What is wrong with an answer, if something is. It is that of the rows that its chunks say
    /// they saw: of the whole table at one instant, if the job reads one.
    pub(crate) fn wrong_answer(
        &self,
        completed: &Completed,
        asked: Asked,
        database: &Database,
    ) -> Option<String> {
        let wrong =
            self.wrong_held(completed, asked).or_else(|| self.wrong_discarded(completed, asked));
        if let (None, Some((_, seen))) = (&wrong, &self.answer) {
            return (lasting(seen) != lasting(completed)).then(|| format!("it was {seen:?}"));
        }
        let receipts =
            completed.chunks.iter().map(|chunk| (chunk.chunk, chunk.receipt.range.clone()));
        if !receipts.eq(self.plan.chunks()) {
            return Some("its receipts are not those of the plan".to_owned());
        }
        let first = |chunk: &&CompletedChunk| match &self.chunks[usize::from(chunk.chunk.0)] {
            KnownChunk { record: Some((_, Some(first))), .. } => *first == chunk.receipt,
            known => known.record.is_some() || known.unsure,
        };
        if !completed.chunks.iter().all(|chunk| first(&chunk)) {
            return Some("a receipt is not that of its chunk's first record".to_owned());
        }
        wrong.or_else(|| self.wrong_rows(completed, database))
    }

    /// What its chunks say they saw is what was there.
    fn wrong_rows(&self, completed: &Completed, database: &Database) -> Option<String> {
        let Computation { query, group_types, .. } = &self.job.computation;
        let opened = query.open().unwrap();
        let mut partials = Vec::new();
        let mut instants = BTreeSet::new();
        let of_source = usize::from(self.job.source_chunks());
        for CompletedChunk { chunk, receipt, .. } in &completed.chunks[..of_source] {
            let instant = database.instant(&receipt.snapshot);
            let Some(instant) = instant.filter(|instant| *instant >= self.instant) else {
                return Some(format!("chunk {chunk} saw an instant that it cannot have seen"));
            };
            if database.relation(instant) != database.relation(self.instant) {
                return Some(format!("chunk {chunk} read another table"));
            }
            let rows = folded(query, &database.table(instant).rows_of(&receipt.range));
            if (receipt.rows, receipt.skipped) != (rows.rows, rows.skipped) {
                return Some(format!("chunk {chunk} had {} rows at its instant", rows.rows));
            }
            instants.insert(instant);
            partials.push(rows);
        }
        let rows = partials.iter().map(|chunk| chunk.rows).sum::<u64>();
        let skipped = partials.iter().map(|chunk| chunk.skipped).sum::<u64>();
        let partials = partials.iter().map(|chunk| &chunk.partial);
        let answer = opened.answer(group_types, partials).unwrap();
        if completed.answer().is_some_and(|seen| *seen != answer)
            || completed.rows != rows
            || completed.skipped != skipped
        {
            return Some(format!("of {rows} rows the answer is {answer:?}"));
        }
        let lines = match query.compute {
            Compute::Rows(_) => {
                let mut lines = Vec::new();
                for CompletedChunk { receipt, .. } in &completed.chunks {
                    let instant = database.instant(&receipt.snapshot);
                    let table = instant.map(|instant| database.table(instant));
                    let rows = table.map(|table| table.rows_of(&receipt.range));
                    lines.extend(files::of_rows(query, &rows.unwrap_or_default()));
                }
                lines.sort_unstable();
                lines
            }
            _ if self.plan.is_empty() => Vec::new(),
            _ => files::of_answer(query, &answer),
        };
        if completed.answer().is_none() && self.files.as_ref() != Some(&Ok(lines.clone())) {
            return Some(format!("its files have {:?}, not {lines:?}", self.files));
        }
        self.wrong_consistency(completed, &instants).or_else(|| {
            let at_once = instants.is_empty() || instants == BTreeSet::from([self.instant]);
            let whole = self.job.computation.snapshot.is_some() || at_once;
            whole.then(|| self.wrong_whole(completed, database)).flatten()
        })
    }

    /// What its chunks saw together is at least what the job asks for, and is said to be so.
    fn wrong_consistency(
        &self,
        completed: &Completed,
        instants: &BTreeSet<usize>,
    ) -> Option<String> {
        let reached = match instants.len() {
            0 | 1 => Consistency::Snapshot,
            _ => Consistency::PerChunk,
        };
        let asked = self.job.computation.consistency();
        if self.job.computation.snapshot.is_some()
            && instants.iter().any(|instant| *instant != self.instant)
        {
            Some(format!("it reads instant {}, and saw {instants:?}", self.instant))
        } else if (completed.consistency, completed.consistency_reached) != (asked, reached) {
            Some(format!("it asked for {asked:?} and saw {instants:?}"))
        } else {
            None
        }
    }

    /// An answer of one instant is that of the whole table as it was then.
    fn wrong_whole(&self, completed: &Completed, database: &Database) -> Option<String> {
        let Computation { query, group_types, .. } = &self.job.computation;
        let whole = folded(query, &database.table(self.instant).0);
        let opened = query.open().unwrap();
        let answer = opened.answer(group_types, [&whole.partial].into_iter()).unwrap();
        let right = completed.answer().is_none_or(|seen| seen.answer == answer.answer)
            && (whole.rows, whole.skipped) == (completed.rows, completed.skipped);
        (!right).then(|| format!("of all {} rows the answer is {answer:?}", whole.rows))
    }

    /// For how long a snapshot was held is said as soon as that is kept, and stays.
    fn wrong_held(&self, completed: &Completed, asked: Asked) -> Option<String> {
        let right = match (self.released, completed.held_ms) {
            (Some((step, _)), None) => step >= asked.after_step,
            (released, Some(held_ms)) => released.is_some_and(|(_, ms)| ms == held_ms),
            (None, None) => true,
        };
        (!right).then(|| format!("its snapshot was let go of as {:?} says", self.released))
    }

    /// What was discarded is counted.
    fn wrong_discarded(&self, completed: &Completed, asked: Asked) -> Option<String> {
        let wrong = |&CompletedChunk { chunk, discarded, .. }: &CompletedChunk| {
            let known = &self.chunks.get(usize::from(chunk.0))?.discarded;
            let before = known.iter().filter(|&&step| step < asked.after_step).count();
            (!(before..=known.len()).contains(&(discarded as usize))).then_some(chunk)
        };
        let chunk: Option<ChunkIndex> = completed.chunks.iter().find_map(wrong);
        chunk.map(|chunk| format!("of chunk {chunk} something else was discarded"))
    }
}

/// What of an answer never changes.
fn lasting(completed: &Completed) -> Completed {
    let mut completed = Completed { held_ms: None, usage: Usage::default(), ..completed.clone() };
    for chunk in &mut completed.chunks {
        chunk.discarded = 0;
    }
    completed
}
