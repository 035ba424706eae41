//! Values are told apart exactly where their type tells them apart, however they are spelled.

use std::{collections::BTreeSet, time::Duration};

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{
    ChunkCount, Column, Error, FoldRows, Identity, Kind, Nulls, Projection, Result, RowBatch,
    Source,
};
use pgfold_tests::{TestSchema, connect};

/// Keeps identities.
#[derive(Default)]
struct Identities {
    different: BTreeSet<Vec<u8>>,
    rows: u64,
}

impl FoldRows for Identities {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        batch.for_each(|_, (value,): (Option<Identity<'_>>,)| {
            self.rows += u64::from(value.is_some());
            self.different.extend(value.map(|Identity(bytes)| bytes.to_vec()));
        })
    }
}

/// How many different values the column has here, and how many values.
async fn different(schema: &TestSchema, setting: &str) -> Result<(u64, u64)> {
    let mut config = schema.database();
    config.options(format!("{} {setting}", config.get_options().unwrap()));
    let table = SourceTable::new("things", "id", ["v"]).unwrap();
    let source = PostgresSource::new(config, table, Duration::from_secs(60));
    let columns = vec![Column { name: "v".to_owned(), kind: Kind::Identity }];
    let projection = Projection::of_columns(columns, Nulls::PerColumn);
    let planned = source.plan(ChunkCount::default(), &projection).await?;
    let mut identities = Identities::default();
    for (_, range) in planned.plan.chunks() {
        let reading = source.begin(None).await?;
        reading.read(&range, &projection, &mut identities).await?;
    }
    Ok((identities.different.len() as u64, identities.rows))
}

/// A column of this type with these values, and NULLs.
async fn things(column: &str, values: &str) -> TestSchema {
    TestSchema::new(&format!(
        "DO $$ BEGIN
             CREATE COLLATION any_case
                 (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         EXCEPTION WHEN feature_not_supported THEN -- a server without ICU, as the wheels have it
             CREATE COLLATION any_case FROM \"C\";
         END $$;
         CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
         CREATE TYPE pair AS (a NUMERIC, b TEXT);
         CREATE DOMAIN price AS NUMERIC;
         CREATE DOMAIN net_price AS price;
         CREATE TABLE things (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v {column});
         INSERT INTO things (v) SELECT v FROM ({values}) AS v (v);
         INSERT INTO things (v) VALUES (NULL), (NULL)"
    ))
    .await
}

#[tokio::test]
async fn values_are_as_many_as_sql_counts() {
    let each = |values: &str, column: &str| format!("SELECT unnest(ARRAY[{values}])::{column}");
    for (column, values) in [
        (
            "NUMERIC",
            "SELECT trim(to_char(g % 100, '990.' || repeat('0', g % 9)), '. ')::numeric
                     FROM generate_series(1, 900) g"
                .to_owned(),
        ),
        ("net_price", each("1, 1.0, 1.00, -0.0, 0, 'NaN', 'NaN', 'Infinity'", "numeric")),
        ("FLOAT8", each("0, -0.0, 1, 1.0000000000000002, 'NaN', 'NaN', 'Infinity'", "float8")),
        ("REAL", each("0, -0.0, 0.1, 0.10000001, 'NaN', 'NaN'", "real")),
        ("TEXT COLLATE any_case", each("'a', 'A', 'b', 'ä', 'Ä', ''", "text")),
        ("VARCHAR(9) COLLATE any_case", each("'a', 'A', 'b'", "varchar")),
        ("TEXT", each("'a', 'A', 'a ', '', ' '", "text")),
        ("CHAR(9)", each("'a', 'a ', 'A', ''", "char(9)")),
        ("INTERVAL", each("'1 day', '24:00:00', '30 days', '1 month', '1 mon -1 sec'", "interval")),
        (
            "JSONB",
            each("'1', '1.0', '{\"a\": 1, \"b\": 2}', '{\"b\": 2, \"a\": 1.00}', 'null'", "jsonb"),
        ),
        (
            "NUMERIC[]",
            each("'{1,2}', '{1.0,2.00}', '{2,1}', '{}', '{NULL}'", "numeric[]")
                .replace("unnest(ARRAY[", "unnest((ARRAY[")
                .replace("])::numeric[]", "])::text[])::numeric[]"),
        ),
        ("NUMRANGE", each("'[1,2)', '[1.0,2.00)', '[1,2]', 'empty'", "numrange")),
        ("INT4RANGE", each("'[1,2)', '[1,1]', '(0,2)', 'empty'", "int4range")),
        ("pair", each("'(1,a)', '(1.0,a)', '(1,A)', '(,)'", "text") + "::pair"),
        ("mood", each("'sad', 'ok', 'sad'", "mood")),
        ("BOOLEAN", each("true, false, true", "boolean")),
        ("BIGINT", "SELECT g << 32 | g FROM generate_series(1, 500::bigint) g".to_owned()),
        ("SMALLINT", "SELECT g % 7 FROM generate_series(1, 500) g".to_owned()),
        ("UUID", "SELECT md5((g % 9)::text)::uuid FROM generate_series(1, 50) g".to_owned()),
        (
            "TIMESTAMPTZ",
            each("'2026-01-01 12:00+00', '2026-01-01 13:00+01', 'infinity'", "timestamptz"),
        ),
        ("TIMESTAMP", each("'2026-01-01 12:00', '2026-01-01 12:00:00.0'", "timestamp")),
        ("TIMETZ", each("'12:00+00', '12:00:00+00', '13:00+01'", "timetz")),
        ("DATE", each("'2026-01-01', '20260101', 'infinity'", "date")),
        ("TIME", each("'12:00', '12:00:00.000', '24:00'", "time")),
        ("INET", each("'10.0.0.1', '10.0.0.1/32', '10.0.0.1/24', '::1', '0::1'", "inet")),
        ("MACADDR", each("'08:00:2b:01:02:03', '08-00-2b-01-02-03'", "macaddr")),
        ("BYTEA", each("'\\x00', '\\000', '\\x01'", "bytea")),
        ("MONEY", each("1, 1.00, 2", "numeric") + "::money"),
        ("BIT VARYING", each("'1', '01', '1'", "varbit")),
        ("TSVECTOR", each("'a b', 'b a', 'a'", "tsvector")),
        ("OID", each("1, 4294967295, 1", "bigint") + "::oid"),
        ("NAME", each("'a', 'A', 'a'", "name")),
        ("XID8", each("'1', '1', '4294967297'", "text") + "::xid8"),
    ] {
        let schema = things(column, &values).await;
        let client = connect(&schema.database()).await;
        let sql = "SELECT count(DISTINCT v), count(v) FROM things";
        let row = client.query_one(sql, &[]).await.unwrap();
        let expected = (row.get::<_, i64>(0) as u64, row.get::<_, i64>(1) as u64);
        let settings =
            ["", "-c extra_float_digits=-15 -c intervalstyle=iso_8601 -c bytea_output=escape"];
        for setting in settings {
            let different = different(&schema, setting).await;
            assert_eq!(different.unwrap(), expected, "{column} {setting}");
        }
    }
}

#[tokio::test]
async fn integers_that_postgres_hashes_alike_are_told_apart() {
    // Its hash of an int8 is that of the exclusive or of both halves.
    let values = "SELECT g << 32 | g FROM generate_series(1, 30000::bigint) g";
    for column in ["BIGINT", "TIMESTAMPTZ"] {
        let values = match column {
            "TIMESTAMPTZ" => {
                format!("SELECT 'epoch'::timestamptz + v * interval '1 us' FROM ({values}) v (v)")
            }
            _ => values.to_owned(),
        };
        assert_eq!(different(&things(column, &values).await, "").await.unwrap(), (30_000, 30_000));
    }
}

#[tokio::test]
async fn values_without_equality_cannot_be_counted() {
    for (column, value) in
        [("JSON", "'1'::json"), ("POINT", "'(1,1)'::point"), ("JSON[]", "'{1}'::json[]")]
    {
        let schema = things(column, &format!("SELECT {value}")).await;
        let Err(Error::Invalid(why)) = different(&schema, "").await else { panic!("{column}") };
        assert!(why.contains("cannot compare for equality"), "{why}");
    }
}
