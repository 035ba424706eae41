//! Queries that no job can carry out: refused before anything is queued.

use pgfold_adapters::SourceTable;
use pgfold_core::{Consistency, Error};
use serde_json::{Value, json};

use crate::queries::ledger::{Ledger, ask, summary};

#[tokio::test]
async fn a_query_that_does_not_fit_the_table_is_refused_by_name() {
    let ledger = Ledger::with(
        "CREATE DOMAIN feeling AS mood; ALTER TABLE ledger ALTER short TYPE feeling USING NULL;
         ALTER TABLE ledger ADD other TEXT",
    )
    .await;
    let filter = |column: &str, value: Value| json!({ "where": [{ "column": column, "test": { "compare": ["eq", value] } }], "compute": summary("int") });
    let group = |by: Value| json!({ "group_by": [by], "compute": summary("int") });
    for (query, problem) in [
        (
            filter("small", json!(40000)),
            "column \"small\" must be a whole number from -32768 to 32767, not 40000",
        ),
        (
            filter("int", json!("7 or so")),
            "column \"int\" must be a whole number from -2147483648 to 2147483647, not \"7 or so\"",
        ),
        (filter("at", json!("yesterday")), "column \"at\" must be an instant such as"),
        (
            filter("mood", json!("mad")),
            "column \"mood\" must be one of sad, ok, happy, not \"mad\"",
        ),
        (filter("short", json!("ok")), "column \"short\" is a domain over mood; rows can be"),
        (filter("price", json!(0.5)), "column \"price\" must be a whole number"),
        (filter("other", json!("x")), "no column \"other\" for this; it has small, int"),
        (
            group(json!({ "column": "double", "name": "d" })),
            "column \"double\" is double precision; groups are made of",
        ),
        (
            group(json!({ "column": "int", "unit": "day", "name": "d" })),
            "column \"int\" is integer; a unit is for date and timestamp",
        ),
        (
            group(
                json!({ "column": "day", "unit": "day", "time_zone": "Europe/Rome", "name": "d" }),
            ),
            "a time zone is for timestamp with time zone",
        ),
        (
            group(
                json!({ "column": "at", "unit": "day", "time_zone": "Europe/Atlantis", "name": "d" }),
            ),
            "PostgreSQL knows no time zone \"Europe/Atlantis\"",
        ),
        (
            group(
                json!({ "column": "at", "unit": "day", "time_zone": "Europe/\u{0}Rome", "name": "d" }),
            ),
            "PostgreSQL knows no time zone \"Europe/\\0Rome\"",
        ),
        (
            group(json!({ "column": "at", "time_zone": "UTC", "name": "d" })),
            "has the time zone \"UTC\" and no unit",
        ),
    ] {
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            let refused = ask(&ledger.source, query.clone(), consistency).await.err().unwrap();
            assert!(matches!(refused, Error::Invalid(_)), "{refused:?}");
            assert!(refused.to_string().contains(problem), "{query}: {refused}");
        }
    }
}

#[tokio::test]
async fn texts_that_their_collation_calls_equal_make_no_groups() {
    let ledger = Ledger::with(
        "DO $$ BEGIN
             CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         EXCEPTION WHEN feature_not_supported THEN -- a server without ICU, as the wheels have it
             CREATE COLLATION loose FROM \"C\";
         END $$;
         ALTER TABLE ledger ALTER name TYPE TEXT COLLATE loose",
    )
    .await;
    let by = json!([{ "column": "name", "name": "name" }]);
    let query = json!({ "group_by": by, "compute": summary("int") });
    let asked = ask(&ledger.source, query, Consistency::PerChunk).await;
    // An expression has the collation of what it is made of.
    let mut table = SourceTable::new("ledger", "id", ["int"]).unwrap();
    table.expressions.insert("named".to_owned(), "name || ''".to_owned());
    table.expressions.insert("strict".to_owned(), "name COLLATE \"C\"".to_owned());
    let source = ledger.configured(table);
    let of = async |column: &str| {
        let by = json!([{ "column": column, "name": column }]);
        let query = json!({ "group_by": by, "compute": summary("int") });
        ask(&source, query, Consistency::PerChunk).await
    };
    assert_eq!(of("strict").await.unwrap().answer.answer["group_count"], 8);
    let is_loose = "SELECT NOT collisdeterministic FROM pg_collation WHERE collname = 'loose'";
    let is_loose = ledger.sql(is_loose).await.as_bool().unwrap();
    for asked in [asked, of("named").await] {
        match is_loose {
            true => {
                let refused = asked.err().unwrap().to_string();
                assert!(refused.contains("its collation calls different texts equal"), "{refused}");
            }
            false => assert_eq!(asked.unwrap().answer.answer["group_count"], 8),
        }
    }
    // A filter compares as the collation does.
    let filter = json!([{ "column": "name", "test": { "compare": ["eq", "oslo"] } }]);
    let expected = ledger.sql("SELECT count(*) FROM ledger WHERE name = 'oslo'").await;
    assert_ne!(expected, 0);
    assert_eq!(ledger.count(filter).await, expected.as_u64().unwrap());
}

#[tokio::test]
async fn a_table_that_changes_its_types_after_planning_is_another_relation() {
    let ledger = Ledger::new().await;
    let filter = json!([{ "column": "int", "test": { "compare": ["lt", 500] } }]);
    assert!(ledger.count(filter.clone()).await > 0);
    ledger.client.batch_execute("ALTER TABLE ledger ALTER int TYPE TEXT").await.unwrap();
    let query = json!({ "where": filter, "compute": summary("big") });
    let refused =
        ask(&ledger.source, query, Consistency::PerChunk).await.err().unwrap().to_string();
    assert!(refused.contains("column \"int\" must be a text"), "{refused}");
}
