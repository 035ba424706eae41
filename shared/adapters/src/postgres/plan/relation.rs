//! The catalogue's description of a source, and whether the source can be read as configured.

use std::collections::BTreeMap;

use pgfold_core::{
    Column, Condition, Error, GroupBy, GroupType, KeyKind, Nulls, Projection, RelationId, Result,
};
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};

use crate::postgres::{
    SourceTable,
    connect::{connection::Connection, failure::from_postgres},
    plan::{
        column::{ReadColumn, base_type, kind_of_key, misfit},
        expressions::expression_types,
        key::{KEY_FACTS, check_key},
        relation_kind::Kind,
        type_facts::{TypeFacts, group_type},
    },
};

/// The relation of the name $1 and all relations that inherit from it, partitions included. A query
/// that uses `tree` must follow.
pub(in crate::postgres) const TREE: &str = "
    WITH RECURSIVE tree (oid) AS (
        SELECT to_regclass($1)::oid
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
        WHERE NOT i.inhdetachpending
    )";

/// The view of the name $1 and all views that it reads; empty if the name is not a view.
const VIEWS: &str = ",
    views (oid) AS (
        SELECT oid FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'v'
        UNION
        SELECT c.oid
        FROM views
        JOIN pg_rewrite r ON r.ev_class = views.oid
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                        AND d.refclassid = 'pg_class'::regclass
        JOIN pg_class c ON c.oid = d.refobjid AND c.relkind = 'v'
    )";

/// Describes a relation and each requested column that it has, with the column's type. For a
/// domain, or a domain over a domain, that is the base type.
const RELATION: &str = "
    SELECT r.oid AS oid,
           r.relkind::text AS kind,
           has_table_privilege(r.oid, 'SELECT') AS is_readable_whole,
           (SELECT string_agg(hashtextextended(pg_get_viewdef(oid), 0)::text, ',' ORDER BY oid)
            FROM views) AS views,
           a.attname::text AS name,
           a.attnum AS number,
           a.attcollation AS collation,
           base.oid AS base,
           format_type(base.oid, NULL) AS type,
           coalesce(a.atttypmod, -1) AS modifier,
           coalesce(format_type(a.atttypid, a.atttypmod), '') AS declared,
           (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
            FROM pg_enum e WHERE e.enumtypid = base.oid) AS labels,
           coalesce(a.atttypid <> base.oid, false) AS is_domain,
           coalesce((SELECT c.collisdeterministic FROM pg_collation c WHERE c.oid = a.attcollation),
                    true) AS is_deterministic,";

const OF_COLUMNS: &str = "
    FROM pg_class r
    LEFT JOIN pg_attribute a
        ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY ($2)
    LEFT JOIN LATERAL (
        WITH RECURSIVE made_of AS (
            SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t WHERE t.oid = a.atttypid
            UNION ALL
            SELECT t.oid, t.typtype, t.typbasetype
            FROM made_of JOIN pg_type t ON t.oid = made_of.typbasetype
            WHERE made_of.typtype = 'd'
        )
        SELECT oid FROM made_of WHERE typtype <> 'd'
    ) base ON true
    WHERE r.oid = to_regclass($1)";

/// The relation of a source that can be read as configured.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Relation {
    pub(in crate::postgres) oid: u32,
    pub(in crate::postgres) kind: Kind,
    /// How keys are read; `None` if no key is configured.
    pub(in crate::postgres) key: Option<KeyKind>,
    /// The values that make groups, in the order of the projection.
    pub(in crate::postgres) groups: Vec<(GroupBy, GroupType)>,
    /// The conditions of the projection.
    pub(in crate::postgres) filter: Vec<Condition>,
    /// The column by whose values chunks are cut, and how its values are read, if it is not the
    /// key.
    pub(in crate::postgres) cut_by: Option<(String, KeyKind)>,
    /// The columns that are read, in the order of the projection, after the groups.
    pub(in crate::postgres) columns: Vec<ReadColumn>,
    /// What the kernel needs to know of NULLs in these columns.
    pub(in crate::postgres) nulls: Nulls,
    /// Whether rows are sent with their keys.
    pub(in crate::postgres) sends_key: bool,
    pub(in crate::postgres) may_share_fields: bool,
    /// Whether the role may read all columns, system columns included.
    pub(in crate::postgres) is_readable_whole: bool,
    /// The id that distinguishes the relation from others that have or will have its name.
    pub(in crate::postgres) id: RelationId,
}

impl Relation {
    /// Returns how keys that are read in this way are sent.
    pub(in crate::postgres) const fn sent(&self, keys: KeyKind) -> KeyKind {
        if self.sends_key { keys } else { KeyKind::Unsent }
    }
}

/// Looks up a source, and checks that it can be read with this projection.
///
/// # Errors
/// [`Error::Misconfigured`] if the relation or a column does not exist, the key cannot be used, or
/// the relation is not that of the projection; [`Error::Invalid`] if a column's type cannot be read
/// as its kind.
pub(in crate::postgres) async fn look_up(
    connection: &Connection,
    source: &SourceTable,
    projection: &Projection,
) -> Result<Relation> {
    Found::ask(connection, source, columns_of(projection)).await?.relation(projection)
}

/// Returns every column that a projection names.
pub(in crate::postgres) fn columns_of(projection: &Projection) -> impl Iterator<Item = &String> {
    let Projection { filter, groups, columns, cut_by, .. } = projection;
    let filter = filter.iter().map(|condition| &condition.column);
    let groups = groups.iter().map(|by| &by.column);
    columns.iter().map(|column| &column.name).chain(groups).chain(filter).chain(cut_by)
}

/// What the catalogue has about a source.
#[derive(Debug)]
pub(in crate::postgres) struct Found<'a> {
    source: &'a SourceTable,
    /// A row for each column that was asked for and exists. A relation without any of them has one
    /// row.
    rows: Vec<Row>,
    /// The types of the named expressions that were asked for.
    expressions: BTreeMap<String, TypeFacts>,
}

impl<'a> Found<'a> {
    /// Looks up a source, its key and these columns.
    pub(in crate::postgres) async fn ask(
        connection: &Connection,
        source: &'a SourceTable,
        columns: impl Iterator<Item = &String>,
    ) -> Result<Self> {
        let mut names: Vec<&String> = columns.collect();
        let expressions = expression_types(connection, source, &names).await?;
        names.extend(&source.key);
        let name = source.table.to_string();
        let sql = format!("{TREE} {VIEWS} {RELATION} {KEY_FACTS} {OF_COLUMNS}");
        let rows =
            query(connection, &sql, &[(&name, Type::TEXT), (&names, Type::TEXT_ARRAY)]).await?;
        Ok(Self { source, rows, expressions })
    }

    /// Checks that the source can be read with this projection.
    ///
    /// # Errors
    /// As for [`look_up`].
    pub(in crate::postgres) fn relation(&self, projection: &Projection) -> Result<Relation> {
        let source = self.source;
        let Some(first) = self.rows.first() else {
            let missing = format!("table {} does not exist", source.table);
            return Err(Error::Misconfigured(missing));
        };
        let kind = kind_of(source, first.get("kind"))?;
        let id = id_of(first, &self.rows);
        if projection.relation.as_ref().is_some_and(|planned| *planned != id) {
            return Err(other_relation(source));
        }
        let columns = projection.columns.iter().map(|wanted| self.column(wanted));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let key = match &source.key {
            Some(key) => Some(check_key(source, kind, key, self.row(key)?)?),
            None => None,
        };
        let group = |by: &GroupBy| {
            let facts = self.type_facts(&by.column)?;
            Ok((by.clone(), group_type(by, &facts)?))
        };
        let groups = projection.groups.iter().map(group).collect::<Result<Vec<_>>>()?;
        let cut_by = match &projection.cut_by {
            Some(column) => Some((column.clone(), self.cut_kind(column)?)),
            None => None,
        };
        Ok(Relation {
            oid: first.get("oid"),
            kind,
            key,
            groups,
            filter: projection.filter.clone(),
            cut_by,
            columns,
            nulls: projection.nulls,
            // A trusted key may be NULL, which is an error that is found only where it is read.
            sends_key: projection.reads_key || source.trusted_key,
            may_share_fields: projection.may_share_fields,
            is_readable_whole: first.get("is_readable_whole"),
            id,
        })
    }

    /// Checks that a column can be read as this kind.
    ///
    /// # Errors
    /// As for [`look_up`].
    pub(in crate::postgres) fn column(&self, wanted: &Column) -> Result<ReadColumn> {
        let TypeFacts { base, name, modifier, declared, is_deterministic, .. } =
            self.type_facts(&wanted.name)?;
        match misfit(wanted.kind, &base) {
            Some(types) => Err(unfit(self.source, wanted, &name, types)),
            None => Ok(ReadColumn {
                column: wanted.clone(),
                name_sql: self.source.sql_of(&wanted.name),
                base,
                type_name: name,
                modifier,
                declared,
                is_deterministic,
            }),
        }
    }

    /// Returns the type of a column.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] if there is no such column.
    pub(in crate::postgres) fn type_facts(&self, column: &str) -> Result<TypeFacts> {
        if let Some(facts) = self.expressions.get(column) {
            return Ok(facts.clone());
        }
        let row = self.row(column)?;
        Ok(TypeFacts {
            base: base_type(row),
            name: row.get("type"),
            // That of a domain is not the column's.
            modifier: if row.get("is_domain") { -1 } else { row.get("modifier") },
            declared: row.get("declared"),
            labels: row.get("labels"),
            is_domain: row.get("is_domain"),
            is_deterministic: row.get("is_deterministic"),
        })
    }

    /// Returns how the values are read of a column by which chunks are cut.
    fn cut_kind(&self, column: &str) -> Result<KeyKind> {
        let facts = self.type_facts(column)?;
        let uncuttable = || Error::Misconfigured(format!("chunks cannot be cut by {column:?}"));
        kind_of_key(&facts.base).ok_or_else(uncuttable)
    }

    /// Returns the SQL name of a column's type; `None` if there is no such column.
    pub(in crate::postgres) fn type_name(&self, column: &str) -> Option<String> {
        self.type_facts(column).ok().map(|facts| facts.name)
    }

    fn row(&self, name: &str) -> Result<&Row> {
        let mut rows = self.rows.iter();
        let found = rows.find(|row| row.get::<_, Option<&str>>("name") == Some(name));
        let table = &self.source.table;
        let missing = || Error::Misconfigured(format!("table {table} has no column {name:?}"));
        found.ok_or_else(missing)
    }
}

/// Looks up what kind of relation a source is.
///
/// # Errors
/// [`Error::Misconfigured`] if the relation does not exist or cannot be read.
pub(in crate::postgres) async fn kind(
    connection: &Connection,
    source: &SourceTable,
) -> Result<Kind> {
    let name = source.table.to_string();
    let sql = "SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)";
    let found = query(connection, sql, &[(&name, Type::TEXT)]).await?;
    match found.first() {
        Some(row) => kind_of(source, row.get(0)),
        None => Err(Error::Misconfigured(format!("table {} does not exist", source.table))),
    }
}

/// Makes the error of a source whose name belongs to another relation than at planning.
pub(in crate::postgres) fn other_relation(source: &SourceTable) -> Error {
    Error::Misconfigured(format!(
        "{} is another relation than the one that the job was planned over: it was replaced, or \
         its columns were, while the job ran; submit the job again",
        source.table
    ))
}

fn kind_of(source: &SourceTable, relkind: &str) -> Result<Kind> {
    match relkind {
        "r" | "p" => Ok(Kind::Table),
        "m" => Ok(Kind::MaterializedView),
        "v" => Ok(Kind::View),
        "f" => Ok(Kind::ForeignTable),
        other => {
            let table = &source.table;
            let problem = format!("{table} is not a table or view, but of kind {other:?}");
            Err(Error::Misconfigured(problem))
        }
    }
}

fn id_of(relation: &Row, columns: &[Row]) -> RelationId {
    let (oid, views): (u32, Option<&str>) = (relation.get("oid"), relation.get("views"));
    let mut columns: Vec<String> = columns
        .iter()
        .filter_map(|row| {
            let (name, number): (Option<&str>, Option<i16>) = (row.get("name"), row.get("number"));
            let (base, collation): (Option<u32>, Option<u32>) =
                (row.get("base"), row.get("collation"));
            let modifier: i32 = row.get("modifier");
            Some(format!("{:?} {} {} {} {modifier}", name?, number?, base?, collation?))
        })
        .collect();
    columns.sort_unstable();
    RelationId::of(&format!("{oid}; {}; {}", views.unwrap_or_default(), columns.join(", ")))
}

fn unfit(source: &SourceTable, Column { name, kind }: &Column, is: &str, types: &str) -> Error {
    let (table, kind) = (&source.table, kind.name());
    Error::Invalid(format!(
        "column {name:?} of table {table} is {is}; to be read as {kind} it must be one of {types}"
    ))
}

/// A parameter of a query with its type. Stating the type saves the round trip that asks Postgres
/// for it.
///
/// The SQL of these queries casts every value to the type that is read, so `Row::get` does not
/// panic.
pub(in crate::postgres) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

pub(in crate::postgres) async fn query(
    connection: &Connection,
    sql: &str,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Row>> {
    connection.query_typed(sql, parameters).await.map_err(from_postgres)
}
