//! The database: the table at each of its instants, and the instants that are held.

use std::sync::Arc;

use pgfold_core::{RelationId, SnapshotId};
use pgfold_tests::Random;

use crate::table::Table;

/// The database of a schedule. An instant is a number.
#[derive(Debug)]
pub(crate) struct Database {
    instants: Vec<Arc<Table>>,
    /// Which relation has the table's name at each of them.
    relations: Vec<u32>,
    held: Vec<Held>,
}

/// An instant that was held for others to read at. Times are milliseconds from the start of the
/// schedule.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) id: SnapshotId,
    /// Who held it.
    pub(crate) actor: usize,
    pub(crate) instant: usize,
    from: u64,
    /// When it was let go of; before that, when it will be at the latest.
    until: u64,
}

impl Database {
    pub(crate) fn new(table: Table) -> Self {
        Self { instants: vec![Arc::new(table)], relations: vec![1], held: Vec::new() }
    }

    /// This instant.
    pub(crate) fn now(&self) -> usize {
        self.instants.len() - 1
    }

    /// A transaction is committed, after which it is another instant.
    pub(crate) fn commit(&mut self, random: &mut Random) {
        let before = &self.instants[self.now()];
        let mut relation = self.relations[self.now()];
        let after = if random.chance(1) {
            // Another table takes the name.
            relation += 1;
            Arc::new(Table::new(random))
        } else if random.chance(25) {
            // It was about another table.
            Arc::clone(before)
        } else {
            let mut table = Table::clone(before);
            table.change(random);
            Arc::new(table)
        };
        self.instants.push(after);
        self.relations.push(relation);
    }

    /// The relation that has the table's name at an instant.
    pub(crate) fn relation(&self, instant: usize) -> RelationId {
        RelationId::of(&self.relations[instant].to_string())
    }

    /// The table as it was at an instant.
    pub(crate) fn table(&self, instant: usize) -> &Arc<Table> {
        &self.instants[instant]
    }

    /// What readings call an instant.
    pub(crate) fn name(instant: usize) -> String {
        format!("{instant}:{instant}:")
    }

    /// The instant that readings call so.
    pub(crate) fn instant(&self, name: &str) -> Option<usize> {
        let instant = name.split(':').next()?.parse().ok()?;
        (instant <= self.now() && Self::name(instant) == name).then_some(instant)
    }

    /// Takes hold of this instant, for `limit` milliseconds at most.
    pub(crate) fn hold(&mut self, actor: usize, now: u64, limit: u64) -> &Held {
        let id = SnapshotId::new(format!("00000003-{:08X}-1", self.held.len())).unwrap();
        let (instant, until) = (self.now(), now + limit);
        self.held.push(Held { id, actor, instant, from: now, until });
        &self.held[self.held.len() - 1]
    }

    /// What is or was held by this name.
    pub(crate) fn held(&self, id: &SnapshotId) -> Option<&Held> {
        self.held.iter().find(|held| held.id == *id)
    }

    /// Lets go of an instant, unless that has happened; says whether it was held.
    pub(crate) fn let_go(&mut self, id: &SnapshotId, now: u64) -> bool {
        let Some(held) = self.held.iter_mut().find(|held| held.id == *id) else { return false };
        let was_held = held.is_held(now);
        held.until = held.until.min(now);
        was_held
    }

    /// Whether an actor holds an instant.
    pub(crate) fn is_holder(&self, actor: usize, now: u64) -> bool {
        self.held.iter().any(|held| held.actor == actor && held.is_held(now))
    }
}

impl Held {
    /// Whether it is held.
    pub(crate) fn is_held(&self, now: u64) -> bool {
        now < self.until
    }

    /// For how many milliseconds it has been held.
    pub(crate) fn held_ms(&self, now: u64) -> u64 {
        self.until.min(now).saturating_sub(self.from)
    }
}
