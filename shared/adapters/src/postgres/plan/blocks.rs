//! Cutting a source by its blocks, which is exact at a single instant only.

use pgfold_core::{ChunkCount, Plan, Result};
use tokio_postgres::types::Type;

use crate::postgres::{
    SourceTable,
    connect::connection::Connection,
    plan::relation::{Relation, TREE, query},
};

/// The most relations whose blocks a plan lists. A source with more is cut by its keys.
const MOST_RELATIONS: usize = 1000;

/// Lists a table and all relations that inherit from it: the number of blocks of each, and whether
/// they can be read. A role that may read a table may lack the right to read or name a partition.
/// And the row security of a table applies to queries that name the table, that of a partition to
/// queries that name the partition.
const BLOCKS: &str = "
    SELECT c.oid,
           (pg_relation_size(c.oid) / current_setting('block_size')::int8)::int8 AS blocks,
           c.relkind = 'p' OR c.relkind IN ('r', 'm') AND am.amname = 'heap' AS has_blocks,
           c.oid = to_regclass($1) AND NOT c.relhassubclass
               OR has_table_privilege(c.oid, 'SELECT')
                   AND has_schema_privilege(c.relnamespace, 'USAGE')
                   AND NOT row_security_active(c.oid) AS is_readable
    FROM tree
    JOIN pg_class c USING (oid)
    LEFT JOIN pg_am am ON am.oid = c.relam
    ORDER BY c.oid";

/// Why a source cannot be cut by its blocks, in words that follow the source's name.
pub(in crate::postgres) type NoBlocks = String;

/// Cuts a source by its present blocks. Returns the reason if that is not possible.
pub(in crate::postgres) async fn plan(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    chunks: ChunkCount,
) -> Result<Result<Plan, NoBlocks>> {
    let no_blocks = || Ok(Err("has no readable blocks".to_owned()));
    if !relation.kind.is_stored() {
        return no_blocks();
    }
    let name = source.table.to_string();
    let tree = query(connection, &format!("{TREE} {BLOCKS}"), &[(&name, Type::TEXT)]).await?;
    let usable = |column| tree.iter().all(|row| row.get::<_, Option<bool>>(column) == Some(true));
    if !usable("has_blocks") {
        return no_blocks();
    }
    if !usable("is_readable") {
        let hidden = "has partitions that this role may not read by their own names, or only some \
                      rows of them";
        return Ok(Err(hidden.to_owned()));
    }
    if tree.len() > MOST_RELATIONS {
        let (partitions, most) = (tree.len() - 1, MOST_RELATIONS);
        return Ok(Err(format!(
            "has {partitions} partitions, and the blocks of at most {most} relations are listed"
        )));
    }
    // A relation has fewer than 2^32 blocks.
    let blocks = |row: &tokio_postgres::Row| -> (u32, u32) {
        (row.get("oid"), u32::try_from(row.get::<_, i64>("blocks")).unwrap_or(u32::MAX))
    };
    let relations: Vec<(u32, u32)> = tree.iter().map(blocks).collect();
    Ok(Ok(Plan::of_blocks(&relations, chunks)))
}
