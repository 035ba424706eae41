//! Named expressions: columns that are SQL of whoever deploys.

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{Consistency, Source};
use serde_json::json;

use crate::queries::ledger::{Ledger, ask, summary};

fn source(ledger: &Ledger, expressions: &[(&str, &str)]) -> PostgresSource {
    let mut table = SourceTable::new("ledger", "id", ["int"]).unwrap();
    let named = expressions.iter().map(|(name, sql)| ((*name).to_owned(), (*sql).to_owned()));
    table.expressions = named.collect();
    ledger.configured(table)
}

#[tokio::test]
async fn an_expression_is_read_filtered_and_grouped_by_like_a_column() {
    let ledger = Ledger::new().await;
    let source = source(
        &ledger,
        &[
            ("net", "exact * (1 - 0.1) -- of cents"),
            ("city", "lower(name)"),
            ("later", "at + interval '1 day'"),
            ("feeling", "mood"),
        ],
    );
    let filter = json!([
        { "column": "net", "test": { "compare": ["ge", "0.09"] } },
        { "column": "net", "test": { "compare": ["ne", "NaN"] } },
        { "column": "later", "test": { "compare": ["ge", "2026-03-30"] } },
        { "column": "feeling", "test": { "in": ["sad", "ok"] } },
    ]);
    let filter = json!([filter[0], filter[2], filter[3]]);
    let by = json!([{ "column": "city", "name": "city" }]);
    let query = json!({ "where": filter, "group_by": by, "compute": summary("net") });
    let asked = ask(&source, query, Consistency::PerChunk).await.unwrap();
    let sql = "SELECT json_agg(grouped) FROM (
                   SELECT lower(name) COLLATE \"C\" AS city, count(*) AS rows,
                          sum(exact * 0.9) FILTER (WHERE exact <> 'NaN') AS sum
                   FROM ledger
                   WHERE exact * 0.9 >= 0.09 AND at + interval '1 day' >= '2026-03-30Z'
                     AND mood IN ('sad', 'ok')
                   GROUP BY 1 ORDER BY 1 NULLS LAST
               ) AS grouped";
    let expected = ledger.sql(sql).await;
    let groups = asked.answer.answer["groups"].as_array().unwrap().clone();
    assert_eq!(groups.len(), expected.as_array().unwrap().len());
    for (group, expected) in groups.iter().zip(expected.as_array().unwrap()) {
        assert_eq!((&group["city"], &group["rows"]), (&expected["city"], &expected["rows"]));
        let sum = group["summary"]["sum"].as_f64().unwrap();
        assert!((sum - expected["sum"].as_f64().unwrap()).abs() < 1e-9, "{group} {expected}");
    }
}

#[tokio::test]
async fn an_expression_that_cannot_be_read_is_named() {
    let ledger = Ledger::new().await;
    for (sql, problem) in [
        ("random()", "calls the function random, which is VOLATILE"),
        ("int +", "the named expression \"x\": postgres: "),
        ("nothing", "the named expression \"x\": postgres: "),
    ] {
        let source = source(&ledger, &[("x", sql)]);
        let query = json!({ "compute": summary("x") });
        let refused = ask(&source, query, Consistency::PerChunk).await.err().unwrap().to_string();
        assert!(refused.contains(problem), "{sql}: {refused}");
        let described = source.describe().await.unwrap();
        assert!(described.problem.is_some_and(|why| why.contains("\"x\"")), "{sql}");
    }
}

#[tokio::test]
async fn expressions_are_described_with_their_types() {
    let ledger = Ledger::new().await;
    let described = source(&ledger, &[("net", "exact * 2")]).describe().await.unwrap();
    assert_eq!(described.problem, None);
    let filters = described.filters.iter();
    let filters = filters.map(|filter| (&*filter.column, filter.type_name.as_deref()));
    assert_eq!(
        filters.collect::<Vec<_>>(),
        [("int", Some("integer")), ("net", Some("numeric")), ("id", Some("bigint"))]
    );
    let net = &described.columns[1];
    assert_eq!(net.column.type_name.as_deref(), Some("numeric"));
    assert_eq!(net.expression.as_deref(), Some("exact * 2"));
    assert!(!net.reads_as.is_empty());
}
