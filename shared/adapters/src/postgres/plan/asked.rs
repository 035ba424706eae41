//! What the database knows of the rows that a job asks for.

use pgfold_core::{ChunkCount, Planned, Projection, Result};

use crate::postgres::{
    SourceTable,
    connect::connection::Connection,
    plan::{
        checks::{check_equality, check_expressions, doubts},
        column::ReadColumn,
        explain::Explained,
        filter::checked_filter,
        groups::check_time_zones,
        keys::Cut,
        relation::{Found, Relation, columns_of},
        type_facts::TypeFacts,
        window::{self, Window},
    },
};

/// What the database knows of the rows that a job asks for.
pub(in crate::postgres) struct Asked {
    pub(in crate::postgres) relation: Relation,
    /// The types of the columns of the filter.
    types: Vec<(String, TypeFacts)>,
    pub(in crate::postgres) explained: Explained,
    /// The estimate of the number of rows without the filter.
    all_rows: u64,
    doubts: Vec<String>,
}

impl Asked {
    /// Opens a transaction, looks up in it the relation that is read, and checks what is asked of it.
    pub(in crate::postgres) async fn of(
        connection: &Connection,
        source: &SourceTable,
        projection: &Projection,
    ) -> Result<Self> {
        // `join!` polls in this order, so both queries are sent together and take one round trip.
        let (begun, found) = tokio::join!(
            biased;
            connection.begin_planning(),
            Found::ask(connection, source, columns_of(projection))
        );
        begun?;
        let found = found?;
        let filter = checked_filter(&found, &projection.filter)?;
        let mut types: Vec<(String, TypeFacts)> = Vec::new();
        for condition in &filter {
            if types.iter().all(|(column, _)| *column != condition.column) {
                types.push((condition.column.clone(), found.type_facts(&condition.column)?));
            }
        }
        let relation = found.relation(&Projection { filter, ..projection.clone() })?;
        check_time_zones(connection, &projection.groups).await?;
        for column in &relation.columns {
            check_equality(connection, source, column).await?;
        }
        let explained = Explained::of(connection, source, &relation).await?;
        check_expressions(source, columns_of(projection), &explained)?;
        let doubts = doubts(source, &explained)?;
        let all_rows = match relation.filter.as_slice() {
            [] => explained.rows(),
            _ => {
                let all = Relation { filter: Vec::new(), ..relation.clone() };
                Explained::of(connection, source, &all).await?.rows()
            }
        };
        Ok(Self { relation, types, explained, all_rows, doubts })
    }

    /// Cuts the rows of the filter by a range that it states, if it states one.
    pub(in crate::postgres) async fn window(
        &self,
        connection: &Connection,
        source: &SourceTable,
        chunks: ChunkCount,
    ) -> Result<Option<Window>> {
        let Self { relation, types, explained, .. } = self;
        window::plan(connection, source, relation, types, explained, chunks).await
    }

    /// Returns the relation by whose rows keys are cut: without the filter, if most rows meet it.
    /// The histogram of all keys is then better than a sample of those that meet it.
    pub(in crate::postgres) fn relation_to_cut(&self) -> Relation {
        let meets_most = self.explained.rows() >= self.all_rows / 2;
        let filter = if meets_most { Vec::new() } else { self.relation.filter.clone() };
        Relation { filter, ..self.relation.clone() }
    }

    /// Returns the plan of the job, with what its caller should know.
    pub(in crate::postgres) fn planned(&self, window: Window) -> Planned {
        let Window { cut_by, cut: Cut { plan, warnings } } = window;
        let Self { relation, explained, all_rows, doubts, .. } = self;
        let is_filtered = !relation.filter.is_empty();
        Planned {
            estimated_rows: if plan.is_empty() { 0 } else { explained.rows() },
            plan,
            relation: Some(relation.id.clone()),
            is_one_instant: explained.not_at_one_instant().is_none(),
            filter: relation.filter.clone(),
            columns: relation.columns.iter().map(ReadColumn::output).collect(),
            group_types: relation.groups.iter().map(|(_, group_type)| *group_type).collect(),
            cut_by,
            index: explained.index().filter(|_| is_filtered),
            all_rows: *all_rows,
            warnings: [warnings, doubts.clone()].concat(),
        }
    }
}
