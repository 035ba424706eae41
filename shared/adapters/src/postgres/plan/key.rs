//! Checks whether the configured key of a source can be its key.

use pgfold_core::{Error, KeyKind, Result};
use tokio_postgres::Row;

use crate::postgres::{
    SourceTable,
    plan::{
        column::{KEY_TYPES, base_type, kind_of_key},
        relation_kind::Kind,
    },
};

/// Returns what the catalogue states about the column "a": whether rows of the relation, or of any
/// relation that inherits from it, may have NULL there; and for each unique index on the column why
/// the index does not identify a row. A NOT NULL that was never validated (PostgreSQL 18) does not
/// exclude NULLs, and an inheriting table may lack it.
pub(in crate::postgres) const KEY_FACTS: &str = "
           NOT EXISTS (
               SELECT FROM tree JOIN pg_attribute n ON n.attrelid = tree.oid
               WHERE n.attname = a.attname AND NOT (n.attnotnull AND NOT EXISTS (
                   SELECT FROM pg_constraint c
                   WHERE c.conrelid = n.attrelid AND c.conkey = ARRAY[n.attnum]
                     AND c.contype = 'n' AND NOT c.convalidated
               ))
           ) AS is_not_null,
           ARRAY(
               SELECT CASE
                          WHEN NOT i.indisvalid THEN format('the unique index %I is invalid', x.relname)
                          WHEN i.indnkeyatts > 1
                              THEN format('the unique index %I has other columns too', x.relname)
                          WHEN i.indkey[0] = 0
                              THEN format('the unique index %I is of an expression', x.relname)
                          WHEN i.indpred IS NOT NULL
                              THEN format('the unique index %I is of some rows only', x.relname)
                          WHEN NOT i.indimmediate
                              THEN format('the unique constraint %I is deferrable', x.relname)
                          ELSE ''
                      END
               FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
               WHERE i.indrelid = a.attrelid AND i.indisunique
                 AND (a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                      OR i.indkey[0] = 0 AND EXISTS (
                          SELECT FROM pg_depend d
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
                            AND d.refobjsubid = a.attnum
                      ))
               ORDER BY x.relname
           ) AS unique_by";

/// Returns how the keys of a source are read. `key` is the catalogue's row of the key's column.
///
/// # Errors
/// [`Error::Misconfigured`] if the column cannot identify rows.
pub(in crate::postgres) fn check_key(
    source: &SourceTable,
    kind: Kind,
    name: &str,
    key: &Row,
) -> Result<KeyKind> {
    let problem = |problem: &str| {
        let (table, type_name): (_, &str) = (&source.table, key.get("type"));
        let sentence = format!("column {name:?} of table {table} is {type_name}; it {problem}");
        Err(Error::Misconfigured(sentence))
    };
    let Some(key_kind) = kind_of_key(&base_type(key)) else {
        return problem(&format!("must be one of {KEY_TYPES} to be the key"));
    };
    if source.trusted_key {
        return Ok(key_kind);
    }
    if kind != Kind::Table {
        return problem(
            "is not of a table, so PostgreSQL does not say whether it is unique and has no NULL; \
             if it is and has none, say so with \"trusted_key\": true",
        );
    }
    if !key.get::<_, bool>("is_not_null") {
        return problem("must be NOT NULL to be the key");
    }
    let unique_by: Vec<&str> = key.get("unique_by");
    if unique_by.contains(&"") {
        return Ok(key_kind);
    }
    let found = match unique_by.as_slice() {
        [] => "no unique index has it".to_owned(),
        unusable => unusable.join(", "),
    };
    problem(&format!("must be unique by itself (UNIQUE or PRIMARY KEY) to be the key; {found}"))
}
