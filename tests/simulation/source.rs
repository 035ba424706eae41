//! The table as an actor has it: the database is slow, away, or gone in the middle of a read, and
//! lets go of what was held for too long.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use pgfold_core::{
    ChunkCount, ChunkRange, Error, FoldAggregates, FoldRows, HeldSnapshot, Planned, Projection,
    ReadTimes, Reading, RelationId, Result, SnapshotId, Source, SourceDescription,
    kernel::Aggregates,
};

use crate::{
    aggregated::aggregated,
    asked::{COORDINATES, SIDE, batch, columns, group_types},
    database::Database,
    fate::{Call, Service},
    site::{Extent, Site},
    table::{Row, Table},
    world::{State, World},
};

/// What is wrong with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceFlaw {
    /// Who comes too late for an instant reads at a newer one.
    BeginsAnew,
    /// The same, and says that it is the instant that was asked for.
    SaysItBeganInTime,
    /// An instant is let go of as soon as it was taken hold of.
    LetsGoAtOnce,
    /// An instant is held for as long as the database lets it be.
    NeverLetsGo,
    /// Whatever has the table's name is read.
    ReadsAnyRelation,
}

/// The table, over a database that is sometimes away.
pub(crate) struct SimulatedSource<'a> {
    site: Site<'a>,
    columns: Vec<String>,
}

impl<'a> SimulatedSource<'a> {
    pub(crate) fn new(site: Site<'a>) -> Self {
        Self { site, columns: COORDINATES.into_iter().chain([SIDE]).map(str::to_owned).collect() }
    }

    /// How this instant of the table is cut.
    fn planned(
        &self,
        state: &mut State,
        chunks: ChunkCount,
        projection: &Projection,
        by_blocks: bool,
    ) -> Planned {
        let instant = state.database.now();
        let table = state.database.table(instant);
        // Statistics may be of any time before.
        let analysed = state.random.below(instant as u64 + 1) as usize;
        let plan = match by_blocks {
            true => table.cut_by_blocks(chunks),
            false => table.cut_by_keys(state.database.table(analysed), chunks),
        };
        let estimated_rows = table.0.len() as u64;
        state.actors[self.site.actor].planned = Some(instant);
        let relation = Some(state.database.relation(instant));
        Planned {
            relation,
            filter: projection.filter.clone(),
            group_types: group_types(projection),
            columns: columns(projection),
            ..Planned::new(plan, estimated_rows)
        }
    }

    fn call(name: &'static str) -> Call {
        Call::new(Service::Postgres, name)
    }
}

#[async_trait]
impl Source for SimulatedSource<'_> {
    fn definition(&self) -> &str {
        "the table"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn filters(&self) -> Vec<String> {
        self.columns.clone()
    }

    async fn describe(&self) -> Result<SourceDescription> {
        unreachable!("no job describes its source")
    }

    async fn plan(&self, chunks: ChunkCount, projection: &Projection) -> Result<Planned> {
        let plan =
            async |_| Ok(self.planned(&mut self.site.world.lock(), chunks, projection, false));
        self.site.call(Self::call("plan"), plan).await
    }

    async fn hold(
        &self,
        chunks: ChunkCount,
        projection: &Projection,
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
        let hold = async |_| {
            let state = &mut *self.site.world.lock();
            let by_blocks = state.setting.cut_by_blocks;
            let planned = self.planned(state, chunks, projection, by_blocks);
            let limit = limit.as_millis() as u64;
            let id = state.take_hold(self.site.actor, limit);
            let world = Arc::clone(self.site.world);
            let held = SimulatedSnapshot { world, actor: self.site.actor, id };
            Ok((planned, Box::new(held) as Box<dyn HeldSnapshot>))
        };
        self.site.call(Self::call("hold"), hold).await
    }

    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
        let begin = async |_| {
            let state = &mut *self.site.world.lock();
            let (name, instant) = state.instant_to_read(self.site.actor, snapshot)?;
            let table = Arc::clone(state.database.table(instant));
            let relation = state.database.relation(instant);
            let (world, actor) = (Arc::clone(self.site.world), self.site.actor);
            let reading = SimulatedReading { world, actor, table, relation, name };
            Ok(Box::new(reading) as Box<dyn Reading>)
        };
        let reading = self.site.call(Self::call("begin"), begin).await?;
        self.site.observe(|state| state.actors[self.site.actor].began = snapshot.cloned());
        Ok(reading)
    }
}

impl State {
    /// An actor takes hold of this instant.
    fn take_hold(&mut self, actor: usize, limit: u64) -> SnapshotId {
        let sane = (1..=30_000).contains(&limit);
        self.ledger.must(sane, || format!("an instant is to be held for up to {limit} ms"));
        let id = self.database.hold(actor, self.now, limit).id.clone();
        if self.source_flaw == Some(SourceFlaw::LetsGoAtOnce) {
            self.database.let_go(&id, self.now);
        }
        self.note(Some(actor), |_| format!("  holds {id}"));
        id
    }

    /// The instant at which somebody may begin to read, and what it is called.
    fn instant_to_read(
        &mut self,
        actor: usize,
        snapshot: Option<&SnapshotId>,
    ) -> Result<(String, usize)> {
        let now = self.database.now();
        let Some(id) = snapshot else { return Ok((Database::name(now), now)) };
        let held = self.database.held(id);
        let asked = held.map_or(now, |held| held.instant);
        if held.is_some_and(|held| held.is_held(self.now)) {
            return Ok((Database::name(asked), asked));
        }
        match self.source_flaw {
            Some(SourceFlaw::BeginsAnew) => Ok((Database::name(now), now)),
            Some(SourceFlaw::SaysItBeganInTime) => Ok((Database::name(asked), now)),
            Some(
                SourceFlaw::LetsGoAtOnce | SourceFlaw::NeverLetsGo | SourceFlaw::ReadsAnyRelation,
            )
            | None => {
                self.statistics.snapshots_gone += 1;
                self.actors[actor].may_give_up |= self.now >= self.actors[actor].alone_from;
                Err(Error::SnapshotGone(id.clone()))
            }
        }
    }

    /// Checks that an actor reads the relation that was planned.
    fn check_relation(
        &mut self,
        actor: usize,
        planned: &Projection,
        read: &RelationId,
    ) -> Result<()> {
        let is_planned = planned.relation.as_ref().is_none_or(|planned| planned == read);
        if is_planned || self.source_flaw == Some(SourceFlaw::ReadsAnyRelation) {
            return Ok(());
        }
        self.statistics.replaced += 1;
        self.actors[actor].may_give_up = true;
        Err(Error::Misconfigured("another table has the name now".to_owned()))
    }

    /// An actor lets go of an instant; says whether it was held by then.
    fn let_go(&mut self, actor: usize, id: &SnapshotId) -> bool {
        if self.source_flaw == Some(SourceFlaw::NeverLetsGo) {
            return true;
        }
        let held = self.database.let_go(id, self.now);
        if held {
            self.note(Some(actor), |_| format!("  lets go of {id}"));
        }
        held
    }

    /// The connection ends on which an actor may hold an instant.
    fn hang_up(&mut self, actor: usize, id: &SnapshotId) {
        // Of one that was killed the database may not know for long that it is no more.
        if !self.actors[actor].killed || self.random.chance(50) {
            self.let_go(actor, id);
        }
    }
}

/// An instant that is held until it is released, dropped, or held for too long.
struct SimulatedSnapshot {
    world: Arc<World>,
    actor: usize,
    id: SnapshotId,
}

#[async_trait]
impl HeldSnapshot for SimulatedSnapshot {
    fn id(&self) -> &SnapshotId {
        &self.id
    }

    async fn release(self: Box<Self>) -> Result<()> {
        let site = Site { world: &self.world, actor: self.actor };
        let call = SimulatedSource::call("release");
        let release = async |_| {
            let state = &mut *self.world.lock();
            let held = state.let_go(self.actor, &self.id);
            state.statistics.lapsed += u64::from(!held);
            held.then_some(()).ok_or_else(|| call.unavailable())
        };
        site.call(call, release).await
    }
}

impl Drop for SimulatedSnapshot {
    fn drop(&mut self) {
        self.world.lock().hang_up(self.actor, &self.id);
    }
}

/// A reading at one instant, which stays as it was.
struct SimulatedReading {
    world: Arc<World>,
    actor: usize,
    table: Arc<Table>,
    relation: RelationId,
    name: String,
}

impl SimulatedReading {
    /// Calls `take` with the rows of a chunk; before an error with half of them, perhaps.
    async fn rows(
        &self,
        range: &ChunkRange,
        projection: &Projection,
        take: &mut (dyn FnMut(&[Row]) -> Result<()> + Send),
    ) -> Result<ReadTimes> {
        let site = Site { world: &self.world, actor: self.actor };
        let taking = {
            let state = &mut *self.world.lock();
            state.random.below(state.setting.slow_reads + 1)
        };
        if taking > 0 {
            site.sleep(Duration::from_millis(taking)).await;
        }
        let read = async |extent| {
            self.world.lock().check_relation(self.actor, projection, &self.relation)?;
            let mut rows = self.table.rows_of(range);
            if extent == Extent::Half {
                rows.truncate(rows.len().div_ceil(2));
            }
            take(&rows)?;
            Ok(ReadTimes::default())
        };
        site.call(SimulatedSource::call("read").divisible(true), read).await
    }
}

#[async_trait]
impl Reading for SimulatedReading {
    fn snapshot(&self) -> &str {
        &self.name
    }

    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        fold: &mut dyn FoldRows,
    ) -> Result<ReadTimes> {
        let mut take = |rows: &[Row]| fold.fold(batch(projection, rows).batch());
        self.rows(range, projection, &mut take).await
    }

    async fn aggregate(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        aggregates: &[Aggregates],
        fold: &mut dyn FoldAggregates,
    ) -> Result<ReadTimes> {
        let mut take =
            |rows: &[Row]| fold.fold_aggregates(aggregated(projection, aggregates, rows).batch());
        let times = self.rows(range, projection, &mut take).await?;
        self.world.lock().statistics.aggregated += 1;
        Ok(times)
    }
}
