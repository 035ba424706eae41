//! What jobs say, against what is known of the table.

use std::collections::BTreeSet;

use pgfold_core::{Completed, Consistency};

use crate::under_fire::{
    jobs::JobRunner,
    table::{Table, is_untouched},
    witness::{Answer, Begin},
};

/// Runs jobs whose chunks each see an instant of their own. Every row that nobody touches is read
/// once by each.
pub(crate) async fn per_chunk(table: &Table, jobs: usize) {
    let mut runner = JobRunner::start(&table.database(), Begin::AsAsked).await;
    let untouched = Table::untouched();
    let mut of_several_instants = 0;
    for job in 0..jobs {
        let committed = table.writers.committed();
        let completed = runner.run(Consistency::PerChunk, 8).await;
        assert!(table.writers.committed() > committed, "nobody wrote in job {job}");
        let mut keys = std::mem::take(&mut *runner.notes.keys.lock().unwrap());
        assert_eq!(keys.len() as u64, completed.rows);
        keys.retain(|key| is_untouched(*key));
        keys.sort_unstable();
        assert_eq!(keys, untouched, "job {job}");
        of_several_instants += usize::from(completed.consistency_reached == Consistency::PerChunk);
    }
    assert!(of_several_instants > 0, "the chunks of every job saw the same");
}

/// How jobs compare with one SELECT each.
#[derive(Debug)]
pub(crate) struct Audit {
    /// How many jobs said something else.
    pub(crate) differing: usize,
    /// How many different answers there were.
    pub(crate) answers: usize,
    /// How many different numbers of rows there were.
    pub(crate) row_counts: usize,
}

/// Runs jobs that read one snapshot, and a SELECT at the same.
pub(crate) async fn snapshots(table: &Table, jobs: usize, begin: Begin) -> Audit {
    let mut runner = JobRunner::start(&table.database(), begin).await;
    let (mut differing, mut answers, mut row_counts) = (0, BTreeSet::new(), BTreeSet::new());
    for _ in 0..jobs {
        table.writers.commit(6).await;
        let completed = runner.run(Consistency::Snapshot, 4).await;
        let select = runner.notes.select.lock().unwrap().take().expect("a held snapshot");
        answers.insert((select.distance, select.id));
        row_counts.insert(select.rows);
        differing += usize::from(answer(&completed) != select);
    }
    Audit { differing, answers: answers.len(), row_counts: row_counts.len() }
}

fn answer(completed: &Completed) -> Answer {
    let answer = &completed.answer().expect("no files").answer;
    Answer {
        rows: completed.rows,
        distance: answer["distance"].as_f64().expect("a distance").to_bits(),
        id: answer["pair"]["id"].as_i64().expect("an id"),
    }
}
