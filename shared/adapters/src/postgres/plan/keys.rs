//! Cutting a source by its keys, without reading it.

use pgfold_core::{ChunkCount, Error, Key, KeyKind, KeyStatistics, Plan, Result};

use crate::postgres::{
    SourceTable,
    connect::connection::Connection,
    plan::{
        ends::{Ends, ends},
        histogram::{STALE, histogram},
        relation::{Relation, query},
        sample::sample,
    },
};

/// The fewest rows of a useful sample of a filtered table. With fewer, the histogram of the whole
/// table is better.
const FEW: i64 = 50;

/// The plan of a source, with warnings for the caller.
#[derive(Debug)]
pub(in crate::postgres) struct Cut {
    pub(in crate::postgres) plan: Plan,
    pub(in crate::postgres) warnings: Vec<String>,
}

/// Keys in the database's order, with equally many rows between neighbours.
#[derive(Debug)]
struct Quantiles {
    keys: Vec<String>,
    /// Why they may be wrong; `None` if nothing suggests that.
    doubt: Option<&'static str>,
}

const NO_STATISTICS: &str = "the source has no statistics, so chunks are equally wide ranges of its \
                             key and may have very different numbers of rows";
const SAMPLED: &str = "the key's statistics are missing or out of date, so chunks were cut by a \
                       sample and may be uneven; ANALYZE the table";
const FEW_SAMPLED: &str = "few rows that meet the source's filter were found in a sample, so chunks \
                           may be uneven";
const ENDS_UNKNOWN: &str = "the first or last key took too long to find, as among dead rows, so the \
                            first and last chunk may be uneven; VACUUM the table";

/// Cuts a source by its keys.
///
/// # Errors
/// [`Error::Invalid`] if no key is configured; [`Error::Misconfigured`] if the source cannot be cut
/// by its key.
pub(in crate::postgres) async fn plan(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    chunks: ChunkCount,
) -> Result<Cut> {
    match (&source.key, relation.key) {
        (Some(key), Some(KeyKind::Integer)) => {
            integers(connection, source, relation, key, chunks).await
        }
        (Some(key), Some(KeyKind::Text)) => texts(connection, source, relation, key, chunks).await,
        _ => Err(Error::Invalid(format!(
            "table {} has no key configured, so it can only be read by its blocks, with \
             consistency \"snapshot\"",
            source.table
        ))),
    }
}

async fn integers(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    key: &str,
    chunks: ChunkCount,
) -> Result<Cut> {
    let ends = ends(connection, source, key).await?;
    let Quantiles { keys, doubt } = match ends {
        Ends::NoRows => return Ok(Cut { plan: Plan::empty(), warnings: Vec::new() }),
        Ends::Keys { min, max } => {
            let reaches = |bounds: &[String]| reaches_ends(bounds, min, max);
            quantiles(connection, source, relation, key, chunks, reaches).await?
        }
        Ends::Unknown => quantiles(connection, source, relation, key, chunks, |_| true).await?,
    };
    let unread = |_| Error::Misconfigured(format!("the key of {} is not an integer", source.table));
    let quantiles: Vec<i64> =
        keys.iter().map(|key| key.parse()).collect::<Result<_, _>>().map_err(unread)?;
    let mut warnings: Vec<String> = doubt.map(str::to_owned).into_iter().collect();
    let known = quantiles.first().copied().zip(quantiles.last().copied());
    let plan = match (ends, known) {
        (Ends::Keys { min, max }, _) => {
            let plan = Plan::of_keys(&KeyStatistics { min, max, quantiles }, chunks);
            // Open ends include rows without a key, which Postgres does not exclude here.
            if source.trusted_key { plan.with_open_ends() } else { plan }
        }
        (_, Some((min, max))) => {
            warnings.push(ENDS_UNKNOWN.to_owned());
            Plan::of_keys(&KeyStatistics { min, max, quantiles }, chunks).with_open_ends()
        }
        (_, None) => {
            warnings.push(ENDS_UNKNOWN.to_owned());
            Plan::of_texts(&[], chunks)
        }
    };
    warnings.extend(fewer_chunks(&plan, chunks, "its keys are too few or too close together"));
    Ok(Cut { plan, warnings })
}

/// Checks that a source can be cut by its key, if it has one.
///
/// # Errors
/// [`Error::Misconfigured`] if it cannot.
pub(in crate::postgres) fn check_cuttable(source: &SourceTable, relation: &Relation) -> Result<()> {
    match (&source.key, relation.key) {
        (Some(key), Some(KeyKind::Text)) if !relation.kind.is_stored() => {
            Err(Error::Misconfigured(format!(
                "{} is not a table of this database, so there are no statistics to cut it by: its \
                 key {key:?} must be an integer",
                source.table
            )))
        }
        _ => Ok(()),
    }
}

async fn texts(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    key: &str,
    chunks: ChunkCount,
) -> Result<Cut> {
    check_cuttable(source, relation)?;
    let sql = format!("SELECT EXISTS (SELECT FROM {})", source.table);
    if !query(connection, &sql, &[]).await?[0].get::<_, bool>(0) {
        return Ok(Cut { plan: Plan::empty(), warnings: Vec::new() });
    }
    // Cuts lie at bounds only, so there must be more bounds than chunks.
    let has_enough = |bounds: &[String]| bounds.len() > usize::from(chunks.get());
    let Quantiles { keys, doubt } =
        quantiles(connection, source, relation, key, chunks, has_enough).await?;
    // Rows with longer keys are an error when they are read.
    let mut short: Vec<String> = keys.into_iter().filter(|key| key.len() <= Key::LONGEST).collect();
    short.dedup();
    let plan = Plan::of_texts(&short, chunks);
    let mut warnings: Vec<String> = doubt.map(str::to_owned).into_iter().collect();
    let known = short.len().saturating_sub(2);
    warnings.extend(fewer_chunks(
        &plan,
        chunks,
        &format!("only {known} different keys are known to cut at; ANALYZE with more STATISTICS"),
    ));
    Ok(Cut { plan, warnings })
}

/// Returns a warning if the plan has fewer chunks than requested.
pub(in crate::postgres) fn fewer_chunks(
    plan: &Plan,
    asked: ChunkCount,
    why: &str,
) -> Option<String> {
    let (chunks, asked) = (plan.len(), usize::from(asked.get()));
    (0 < chunks && chunks < asked)
        .then(|| format!("the source is cut in {}, not {asked}: {why}", counted(chunks, "chunk")))
}

/// Returns a number with its noun: `1 block`, `2 blocks`.
pub(in crate::postgres) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// Returns whether the bounds of a histogram reach about as far as the keys. If many keys lie
/// beyond the bounds, rows were added that are not in the counts.
fn reaches_ends(bounds: &[String], min: i64, max: i64) -> bool {
    let bound = |bound: Option<&String>| bound.and_then(|bound| bound.parse::<i128>().ok());
    let (Some(first), Some(last)) = (bound(bounds.first()), bound(bounds.last())) else {
        return false;
    };
    let beyond = (first - i128::from(min)).max(0) + (i128::from(max) - last).max(0);
    beyond as f64 <= STALE * (last - first) as f64
}

/// Returns keys with equally many rows between neighbours; no keys if there are no statistics. Uses
/// the histogram if it `is_good`, otherwise a sample.
async fn quantiles(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    key: &str,
    chunks: ChunkCount,
    is_good: impl Fn(&[String]) -> bool,
) -> Result<Quantiles> {
    if !relation.kind.is_stored() {
        return Ok(Quantiles { keys: Vec::new(), doubt: Some(NO_STATISTICS) });
    }
    let known = histogram(connection, source, key).await?;
    // The histogram covers all rows, not only those that meet the filter.
    if source.filter.is_some() || !relation.filter.is_empty() {
        let sampled = sample(connection, source, relation, key, chunks).await?;
        return Ok(match known {
            _ if sampled.is_whole || sampled.rows >= FEW => {
                Quantiles { keys: sampled.keys, doubt: None }
            }
            Some(known) => Quantiles { keys: known.bounds, doubt: Some(FEW_SAMPLED) },
            None => Quantiles { keys: sampled.keys, doubt: Some(FEW_SAMPLED) },
        });
    }
    // The ends of keys that are not integers are not known, so only the count shows whether rows
    // were added.
    let is_sure = |is_counted: bool| is_counted || relation.key == Some(KeyKind::Integer);
    if let Some(known) = &known
        && is_sure(known.is_counted)
        && is_good(&known.bounds)
    {
        let keys = known.bounds.clone();
        return Ok(Quantiles { keys, doubt: None });
    }
    let sampled = sample(connection, source, relation, key, chunks).await?;
    Ok(match known {
        // A valid histogram is better than a coarser sample.
        Some(known) if is_sure(known.is_counted) && sampled.keys.len() < known.bounds.len() => {
            Quantiles { keys: known.bounds, doubt: None }
        }
        _ if sampled.is_whole => Quantiles { keys: sampled.keys, doubt: None },
        _ => Quantiles { keys: sampled.keys, doubt: Some(SAMPLED) },
    })
}
