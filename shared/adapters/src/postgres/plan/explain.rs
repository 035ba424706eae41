//! Postgres' plan to read a source, and what it shows about the rows: how many there are, whether
//! one instant covers all of them, and whether their keys stay the same.

use std::collections::{BTreeMap, BTreeSet};

use pgfold_core::{Error, Result};
use serde_json::Value;
use tokio_postgres::types::{FromSql, Type};

use crate::postgres::{
    SourceTable,
    connect::connection::Connection,
    plan::{
        plan_text::{called_functions, column_of, names_column},
        relation::{Relation, query},
    },
    selection::Selection,
    service::SERVICE,
};

/// Nodes of extensions that read this database at the transaction's instant. Nodes of other
/// extensions may read elsewhere, as those of Citus do.
/// <https://github.com/timescale/timescaledb>
const LOCAL_PROVIDERS: [&str; 7] = [
    "ChunkAppend",
    "ColumnarIndexScan",
    "ColumnarScan",
    "ConstraintAwareAppend",
    "DecompressChunk",
    "SkipScan",
    "VectorAgg",
];

/// Nodes that return rows in a defined order.
const ORDERED: [&str; 6] =
    ["Sort", "Incremental Sort", "Index Scan", "Index Only Scan", "Merge Append", "Gather Merge"];

/// Postgres' plan to read a source.
#[derive(Debug)]
pub(in crate::postgres) struct Explained {
    plan: Value,
    /// The functions of the plan that are VOLATILE, each with whether it may be outside of
    /// `pg_catalog`.
    volatile: BTreeMap<String, bool>,
}

/// The text of a plan, which is of the type json.
struct PlanText<'a>(&'a str);

impl<'a> FromSql<'a> for PlanText<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?))
    }

    fn accepts(of: &Type) -> bool {
        matches!(*of, Type::JSON | Type::TEXT)
    }
}

/// Why the key of a row may differ between queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres) enum KeyDoubt {
    /// The key differs between queries.
    Unstable(String),
    /// The key may differ; only the author of the view knows.
    Doubtful(String),
}

impl Explained {
    /// Asks Postgres for its plan to read the columns of a source. Reads no rows.
    pub(in crate::postgres) async fn of(
        connection: &Connection,
        source: &SourceTable,
        relation: &Relation,
    ) -> Result<Self> {
        let read = relation.columns.iter().map(|read| &read.column.name);
        let groups = relation.groups.iter().map(|(by, _)| &by.column);
        let list = source.key.iter().chain(read).chain(groups).map(|name| source.sql_of(name));
        let list: Vec<String> = list.collect();
        let selection = Selection::of(source, &relation.filter, 1);
        let (list, table, filter) = (list.join(", "), &source.table, selection.where_clause());
        let explain = format!("EXPLAIN (VERBOSE, FORMAT JSON) SELECT {list} FROM {table}{filter}");
        let rows = query(connection, &explain, &selection.parameters()).await?;
        let PlanText(text) = rows[0].get(0);
        let mut explained: Value =
            serde_json::from_str(text).map_err(|error| Error::unavailable(SERVICE, error))?;
        let plan = explained[0]["Plan"].take();
        let called = functions(&plan);
        let volatile = if called.is_empty() {
            BTreeMap::new()
        } else {
            let called: Vec<&String> = called.iter().collect();
            let sql = "SELECT proname::text, bool_or(pronamespace <> 'pg_catalog'::regnamespace)
                       FROM pg_proc WHERE provolatile = 'v' AND proname = ANY ($1)
                       GROUP BY proname";
            let rows = query(connection, sql, &[(&called, Type::TEXT_ARRAY)]).await?;
            rows.iter().map(|row| (row.get(0), row.get(1))).collect()
        };
        Ok(Self { plan, volatile })
    }

    /// Returns the estimated number of rows, by Postgres' statistics and the present size of the
    /// source.
    pub(in crate::postgres) fn rows(&self) -> u64 {
        self.plan["Plan Rows"].as_f64().unwrap_or_default() as u64
    }

    /// Returns the first index by which the rows are found; `None` if all rows are looked at.
    pub(in crate::postgres) fn index(&self) -> Option<String> {
        self.indexes().next().map(|(name, _)| name)
    }

    /// Returns the index by which the rows are found that have some values of a column.
    pub(in crate::postgres) fn index_on(&self, column: &str) -> Option<String> {
        let mut indexes = self.indexes();
        indexes.find(|(_, condition)| names_column(condition, column)).map(|(name, _)| name)
    }

    /// Returns the indexes by which rows are found, with their conditions.
    fn indexes(&self) -> impl Iterator<Item = (String, String)> {
        nodes(&self.plan).into_iter().filter_map(|node| {
            let (name, condition) = (&node["Index Name"], &node["Index Cond"]);
            Some((name.as_str()?.to_owned(), condition.as_str()?.to_owned()))
        })
    }

    /// Returns the VOLATILE function that an expression calls, if it calls one.
    pub(in crate::postgres) fn volatile_in(&self, expression: &str) -> Option<String> {
        called_functions(expression).into_iter().find(|name| self.volatile.contains_key(name))
    }

    /// Returns why no instant of this database covers all rows, in words that end a sentence;
    /// `None` if one does.
    pub(in crate::postgres) fn not_at_one_instant(&self) -> Option<String> {
        let foreign = nodes(&self.plan).into_iter().find_map(|node| {
            let (table, provider) = (&node["Relation Name"], &node["Custom Plan Provider"]);
            match node["Node Type"].as_str()? {
                "Foreign Scan" => Some(format!(
                    "the foreign table {} is in another database, which has its own instants",
                    table.as_str().or(node["Relations"].as_str()).unwrap_or("it reads")
                )),
                "Custom Scan" if !is_local(provider) => Some(format!(
                    "{} may read other databases, which have their own instants",
                    provider.as_str().unwrap_or("an extension")
                )),
                "Sample Scan" if node.get("Repeatable Seed").is_none() => Some(format!(
                    "TABLESAMPLE returns different rows of {} each time",
                    table.as_str().unwrap_or("the table")
                )),
                _ => None,
            }
        });
        foreign.or_else(|| {
            // PostgreSQL's own functions read no other database.
            let (function, _) = self.volatile.iter().find(|(_, is_foreign)| **is_foreign)?;
            Some(format!(
                "the function {function} is VOLATILE, so it need not see the instant; declare it \
                 STABLE or IMMUTABLE if it does"
            ))
        })
    }

    /// Returns why the key of a row may differ between queries, as far as the plan shows; `None` if
    /// the plan shows no reason, as for a stored column.
    pub(in crate::postgres) fn key_doubt(&self) -> Option<KeyDoubt> {
        let mut node = &self.plan;
        let mut key = node["Output"][0].as_str()?;
        // A view that is not merged into the query is a separate node, whose output has names
        // instead of expressions.
        while node["Node Type"] == "Subquery Scan" {
            let within = &node["Plans"][0];
            let output = || within["Output"].as_array().into_iter().flatten();
            let same =
                output().filter_map(Value::as_str).find(|one| column_of(one) == column_of(key));
            let varying: Vec<&str> =
                output().filter_map(Value::as_str).filter(|one| self.varies(one)).collect();
            key = match (same, varying.as_slice()) {
                (Some(same), _) => same,
                (None, []) => return None,
                (None, [one]) => one,
                (None, _) => {
                    let unknown = "it may be made by a window function, or by one that is VOLATILE";
                    return Some(KeyDoubt::Doubtful(unknown.to_owned()));
                }
            };
            node = within;
        }
        if let Some(function) =
            called_functions(key).iter().find(|name| self.volatile.contains_key(*name))
        {
            return Some(KeyDoubt::Unstable(format!(
                "it is made by the function {function}, which is VOLATILE"
            )));
        }
        if !is_window(key) {
            return None;
        }
        let window = nodes(node).into_iter().find(|node| node["Node Type"] == "WindowAgg")?;
        let ordered =
            window["Plans"][0]["Node Type"].as_str().is_some_and(|of| ORDERED.contains(&of));
        Some(match ordered {
            true => KeyDoubt::Doubtful(
                "it is made by a window function, so it stays only if the rows do and if the \
                 window's ORDER BY tells all rows apart"
                    .to_owned(),
            ),
            false => KeyDoubt::Unstable(
                "it is made by a window function over rows in no order".to_owned(),
            ),
        })
    }

    /// Returns whether a LIMIT returns some rows in no defined order.
    pub(in crate::postgres) fn takes_some_rows(&self) -> bool {
        let of =
            |node: &Value| node["Plans"][0]["Node Type"].as_str().map(|of| ORDERED.contains(&of));
        nodes(&self.plan)
            .into_iter()
            .any(|node| node["Node Type"] == "Limit" && of(node) == Some(false))
    }

    /// Returns whether an expression may have different values for the same row in two queries.
    fn varies(&self, expression: &str) -> bool {
        is_window(expression)
            || called_functions(expression).iter().any(|name| self.volatile.contains_key(name))
    }
}

fn is_window(expression: &str) -> bool {
    expression.contains(" OVER ")
}

fn is_local(provider: &Value) -> bool {
    provider.as_str().is_some_and(|provider| LOCAL_PROVIDERS.contains(&provider))
}

/// Returns a node and all nodes below it.
fn nodes(plan: &Value) -> Vec<&Value> {
    let mut nodes = vec![plan];
    let mut at = 0;
    while let Some(node) = nodes.get(at) {
        nodes.extend(node["Plans"].as_array().into_iter().flatten());
        at += 1;
    }
    nodes
}

/// Returns the names, without schemas, of the functions that the expressions of a plan call.
fn functions(plan: &Value) -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    for node in nodes(plan) {
        let Value::Object(fields) = node else { continue };
        functions.extend(node["Function Name"].as_str().map(str::to_owned));
        for (_, field) in fields.iter().filter(|(name, _)| *name != "Plans") {
            let texts = field.as_array().map_or(std::slice::from_ref(field), Vec::as_slice);
            let texts = texts.iter().filter_map(Value::as_str);
            functions.extend(texts.flat_map(called_functions));
        }
    }
    functions
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn explained(plan: Value, volatile: &[&str]) -> Explained {
        let volatile = volatile.iter().map(|name| ((*name).to_owned(), *name != "random"));
        Explained { plan, volatile: volatile.collect() }
    }

    #[test]
    fn rows_of_another_database_are_not_at_one_instant() {
        let scan = |scan: Value| {
            let join =
                json!({ "Node Type": "Append", "Plans": [{ "Node Type": "Seq Scan" }, scan] });
            explained(json!({ "Node Type": "Sort", "Plans": [join] }), &[]).not_at_one_instant()
        };
        let foreign = json!({ "Node Type": "Foreign Scan", "Relation Name": "accounts" });
        assert!(scan(foreign).unwrap().contains("the foreign table accounts"));
        let citus = json!({ "Node Type": "Custom Scan", "Custom Plan Provider": "Citus Adaptive" });
        assert!(scan(citus).unwrap().contains("Citus Adaptive"));
        let sample = json!({ "Node Type": "Sample Scan", "Relation Name": "points" });
        assert!(scan(sample).unwrap().contains("TABLESAMPLE"));
        for local in [
            json!({ "Node Type": "Custom Scan", "Custom Plan Provider": "ChunkAppend" }),
            json!({ "Node Type": "Sample Scan", "Repeatable Seed": "'7'::double precision" }),
            json!({ "Node Type": "Index Scan" }),
        ] {
            assert_eq!(scan(local), None);
        }
    }

    #[test]
    fn a_volatile_function_may_not_see_the_instant() {
        let plan = json!({ "Node Type": "Seq Scan", "Output": ["t.id"],
                           "Filter": "(other.rate(t.x) > 1)" });
        assert_eq!(functions(&plan), BTreeSet::from(["rate".to_owned()]));
        assert!(explained(plan.clone(), &["rate"]).not_at_one_instant().unwrap().contains("rate"));
        assert_eq!(explained(plan, &["random"]).not_at_one_instant(), None);
    }

    #[test]
    fn the_key_is_traced_through_views() {
        let doubt = |output: &str, within: Value| {
            let plan =
                json!({ "Node Type": "Subquery Scan", "Output": [output], "Plans": [within] });
            explained(plan, &["random"]).key_doubt()
        };
        let window = |output: Value, scan: &str| {
            let of = json!([{ "Node Type": scan }]);
            json!({ "Node Type": "WindowAgg", "Output": output, "Plans": of })
        };
        // A view of each person's latest row has a window function, but the key is a stored column.
        let latest = window(json!(["t.id", "row_number() OVER (?)"]), "Sort");
        assert_eq!(doubt("v.id", latest), None);
        let renamed = window(json!(["t.pk", "row_number() OVER (?)"]), "Sort");
        assert!(matches!(doubt("v.id", renamed), Some(KeyDoubt::Doubtful(_))));
        let two = json!(["t.pk", "row_number() OVER (?)", "rank() OVER (?)"]);
        assert!(matches!(doubt("v.id", window(two, "Seq Scan")), Some(KeyDoubt::Doubtful(_))));
        let random = json!({ "Node Type": "Seq Scan", "Output": ["random()"] });
        assert!(matches!(doubt("v.id", random), Some(KeyDoubt::Unstable(_))));
        let renamed = json!({ "Node Type": "HashAggregate", "Output": ["t.pk", "count(*)"] });
        assert_eq!(doubt("v.id", renamed), None);
    }

    #[test]
    fn row_numbers_without_an_order_cannot_be_a_key() {
        let plan = |scan: &str, key: &str| {
            let of = json!([{ "Node Type": scan }]);
            let plan = json!({ "Node Type": "WindowAgg", "Output": [key], "Plans": of });
            explained(plan, &["random"]).key_doubt()
        };
        let number = "row_number() OVER (?)";
        assert!(matches!(plan("Seq Scan", number), Some(KeyDoubt::Unstable(_))));
        assert!(matches!(plan("Sort", number), Some(KeyDoubt::Doubtful(_))));
        assert!(matches!(plan("Sort", "(random() * 9)"), Some(KeyDoubt::Unstable(_))));
        assert_eq!(plan("Sort", "t.id"), None);
    }
}
