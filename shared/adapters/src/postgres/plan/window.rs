//! Cutting the rows of a filter by the column whose range it states, without reading them.

use pgfold_core::{ChunkCount, Comparison, Condition, Key, KeyStatistics, Plan, Result, Test};
use tokio_postgres::types::{ToSql, Type};

use crate::postgres::{
    SourceTable,
    connect::connection::Connection,
    plan::{
        ends::within_limit,
        explain::Explained,
        histogram::histogram,
        keys::{Cut, fewer_chunks},
        relation::{Relation, query},
        type_facts::TypeFacts,
    },
    selection::Selection,
};

/// The most rows that are read as one chunk if a database finds them by an index that no range cuts.
const FEW_ROWS: u64 = 100_000;

/// The cut of a filter's rows.
#[derive(Debug)]
pub(in crate::postgres) struct Window {
    /// The column by which they are cut; `None` if it is the source's key.
    pub(in crate::postgres) cut_by: Option<String>,
    pub(in crate::postgres) cut: Cut,
}

impl Window {
    /// Makes the cut of a source by its key or its blocks.
    pub(in crate::postgres) const fn of_source(cut: Cut) -> Self {
        Self { cut_by: None, cut }
    }
}

/// How a column's values are written as whole numbers, which can be cut anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Integers, as such.
    Integer,
    /// Times, as microseconds, and the SQL name of their type.
    Time(&'static str),
}

impl Scale {
    fn of(facts: &TypeFacts) -> Option<Self> {
        Some(match facts.base {
            Type::INT2 | Type::INT4 | Type::INT8 => Self::Integer,
            Type::DATE => Self::Time("date"),
            Type::TIMESTAMP => Self::Time("timestamp"),
            Type::TIMESTAMPTZ => Self::Time("timestamptz"),
            _ => return None,
        })
    }

    /// Returns the SQL of a value as a whole number; NULL for an infinite time.
    fn number(self, value: &str) -> String {
        match self {
            Self::Integer => format!("({value})::int8"),
            Self::Time(_) => format!(
                "CASE WHEN isfinite({value}) \
                 THEN (extract(epoch FROM ({value})::timestamptz) * 1000000)::int8 END"
            ),
        }
    }
}

/// The least and the greatest value of a range of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Each of them; `None` if it is infinite, or not known.
    Known { min: Option<i64>, max: Option<i64> },
    /// No row has a value in the range.
    NoRows,
}

/// Cuts the rows that meet the filter by a column with a range in the filter: the key, or a column
/// by whose index Postgres would find the rows. Returns `None` if there is no such column, or if the
/// source has no key.
///
/// Every row that meets the filter has a value of that column, because NULL is in no range. Rows of
/// equal values are in one chunk.
pub(in crate::postgres) async fn plan(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    types: &[(String, TypeFacts)],
    explained: &Explained,
    chunks: ChunkCount,
) -> Result<Option<Window>> {
    // Rows of ranges are read with their keys.
    if source.key.is_none() {
        return Ok(None);
    }
    let is_key = |column: &String| source.key.as_ref() == Some(column);
    let found = types.iter().find_map(|(column, facts)| {
        let has_range = relation.filter.iter().any(|one| one.column == *column && is_range(one));
        let is_indexed = is_key(column) || explained.index_on(column).is_some();
        let scale = Scale::of(facts).filter(|_| has_range && is_indexed)?;
        Some((column, scale))
    });
    let Some((column, scale)) = found else {
        let is_found = !relation.filter.is_empty() && explained.index().is_some();
        // Statistics that are out of date may know nothing of most rows.
        let key = source.key.as_deref().unwrap_or_default();
        let are_few = is_found
            && explained.rows() <= FEW_ROWS
            && histogram(connection, source, key).await?.is_some();
        return Ok(are_few.then(|| {
            let plan = Plan::of_cuts(Vec::new());
            let few = "few rows meet the filter, and an index finds them together";
            let warnings = fewer_chunks(&plan, chunks, few).into_iter().collect();
            Window { cut_by: None, cut: Cut { plan, warnings } }
        }));
    };
    let cut_by = (!is_key(column)).then(|| column.clone());
    let (plan, why) = match ends(connection, source, relation, column, scale).await? {
        Ends::NoRows => (Plan::empty(), ""),
        Ends::Known { min, max } => {
            let quantiles = quantiles(connection, source, column, scale).await?;
            let why = match (min, max) {
                (Some(_), Some(_)) => "its values are too few",
                _ => "an end of its range is infinite, or took too long to find",
            };
            // Cuts are right wherever they are; about the ends of all values they are even enough.
            let min = min.or(quantiles.first().copied());
            let cuts = match (min, max.or(quantiles.last().copied())) {
                (Some(min), Some(max)) => KeyStatistics { min, max, quantiles }.cuts(chunks),
                _ => Vec::new(),
            };
            (Plan::of_cuts(keys(connection, scale, cuts).await?), why)
        }
    };
    let warnings = fewer_chunks(&plan, chunks, why).into_iter().collect();
    Ok(Some(Window { cut_by, cut: Cut { plan, warnings } }))
}

/// Returns whether a condition states an end of a range.
fn is_range(condition: &Condition) -> bool {
    match &condition.test {
        Test::Compare(comparison, _) => *comparison != Comparison::Ne,
        Test::In(_) | Test::Is(_) => false,
    }
}

/// Returns the least and the greatest value of the column within the range, from its index.
async fn ends(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    column: &str,
    scale: Scale,
) -> Result<Ends> {
    let range = relation.filter.iter().filter(|one| one.column == column && is_range(one));
    let range: Vec<Condition> = range.cloned().collect();
    // Without the source's own condition, because the first row that meets it may lie far from the
    // end.
    let of_all = SourceTable { filter: None, ..source.clone() };
    let selection = Selection::of(&of_all, &range, 1);
    let (name, table, filter) = (source.sql_of(column), &source.table, selection.where_clause());
    let [min, max] = ["min", "max"].map(|end| scale.number(&format!("{end}({name})")));
    let sql = format!("SELECT {min}, {max}, min({name}) IS NULL FROM {table}{filter}");
    let parameters = selection.parameters();
    let Some(row) = within_limit(connection, connection.query_typed(&sql, &parameters)).await?
    else {
        return Ok(Ends::Known { min: None, max: None });
    };
    Ok(match row.get(2) {
        true => Ends::NoRows,
        false => Ends::Known { min: row.get(0), max: row.get(1) },
    })
}

/// Returns values of the column with equally many rows between neighbours; none if there are no
/// statistics.
async fn quantiles(
    connection: &Connection,
    source: &SourceTable,
    column: &str,
    scale: Scale,
) -> Result<Vec<i64>> {
    let Some(known) = histogram(connection, source, column).await? else { return Ok(Vec::new()) };
    let value = match scale {
        Scale::Integer => "bound",
        Scale::Time(_) => "bound::timestamptz",
    };
    let number = scale.number(value);
    let sql = format!(
        "SELECT {number} FROM unnest($1::text[]) WITH ORDINALITY AS known (bound, place) \
         ORDER BY place"
    );
    let rows = query(connection, &sql, &[(&known.bounds, Type::TEXT_ARRAY)]).await?;
    Ok(rows.iter().filter_map(|row| row.get(0)).collect())
}

/// Returns the values of these whole numbers, as keys of a plan.
async fn keys(connection: &Connection, scale: Scale, cuts: Vec<i64>) -> Result<Vec<Key>> {
    let Scale::Time(type_name) = scale else {
        return Ok(cuts.into_iter().map(Key::Integer).collect());
    };
    let sql = format!(
        "SELECT (to_timestamp(cut / 1000000) + (cut % 1000000) * interval '1 microsecond')\
             ::{type_name}::text
         FROM unnest($1::int8[]) WITH ORDINALITY AS cuts (cut, place) ORDER BY place"
    );
    let parameter: (&(dyn ToSql + Sync), Type) = (&cuts, Type::INT8_ARRAY);
    let rows = query(connection, &sql, &[parameter]).await?;
    let mut keys: Vec<Key> = rows.iter().map(|row| Key::Text(row.get(0))).collect();
    // Several cuts may fall on one day.
    keys.dedup();
    Ok(keys)
}
