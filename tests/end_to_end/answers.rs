//! The answers are those of SQL.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::end_to_end::deployment::{Deployment, distance};

#[tokio::test]
async fn the_answer_does_not_depend_on_the_number_of_chunks() {
    let deployment = Deployment::with_million_rows().await;
    let four = deployment.run(json!({})).await;
    for chunks in [1, 7, 64, 200] {
        let result = deployment.run(json!({ "chunks": chunks })).await;
        assert_eq!(result["chunks"].as_array().unwrap().len(), chunks);
        for field in ["result", "pair", "rows", "skipped"] {
            assert_eq!(result[field], four[field], "{field} of {chunks} chunks");
        }
    }
}

#[tokio::test]
async fn the_answer_does_not_depend_on_who_looks_at_the_rows() {
    let deployment = Deployment::with_million_rows().await;
    let streamed = deployment.run(json!({})).await;
    assert_eq!(streamed["execution"], "streaming");
    for consistency in ["per-chunk", "snapshot"] {
        let request = json!({ "execution": "pushdown", "consistency": consistency });
        let pushed = deployment.run(request).await;
        assert_eq!(pushed["execution"], "pushdown");
        for field in ["result", "pair", "rows", "skipped"] {
            assert_eq!(pushed[field], streamed[field], "{field} with {consistency}");
        }
    }
}

#[tokio::test]
async fn eight_jobs_at_once_all_have_the_right_answer() {
    let deployment = Deployment::with_million_rows().await;
    let minimum = deployment.minimum().await.unwrap();
    let results = join_all((0..8).map(|_| deployment.run(json!({})))).await;
    for result in &results {
        assert_eq!(distance(result).to_bits(), minimum.to_bits());
        assert_eq!(result["rows"], 1_000_000);
    }
}

#[tokio::test]
async fn the_earths_distances_are_those_of_their_formulas() {
    // A tenth of the million rows has a latitude beyond the pole and so no distance.
    let deployment = Deployment::with_million_rows().await;
    let sql = "SELECT id::int8, metres FROM (
                   SELECT id, 2 * 6371008.8 * asin(sqrt(
                       sin(radians(y2 - y1) / 2) ^ 2
                       + cos(radians(y1)) * cos(radians(y2)) * sin(radians(x2 - x1) / 2) ^ 2
                   )) AS metres
                   FROM points WHERE y1 <= 90 AND y2 <= 90
               ) distances ORDER BY metres, id LIMIT 1";
    let nearest = deployment.database.query_one(sql, &[]).await.unwrap();
    let (id, metres): (i64, f64) = (nearest.get(0), nearest.get(1));
    let beyond = "SELECT count(*) FROM points WHERE y1 > 90 OR y2 > 90";
    let beyond: i64 = deployment.database.query_one(beyond, &[]).await.unwrap().get(0);

    let haversine = deployment.run(json!({ "metric": "haversine" })).await;
    assert_eq!(haversine["pair"]["id"].as_i64(), Some(id));
    assert!((distance(&haversine) / metres - 1.0).abs() < 1e-9, "{haversine}");
    assert_eq!(haversine["skipped"].as_i64(), Some(beyond));

    // The ellipsoid's distances lie within 0.6 % of the sphere's.
    let geodesic = deployment.run(json!({ "metric": "geodesic" })).await;
    assert!((distance(&geodesic) / metres - 1.0).abs() < 6e-3, "{geodesic}");
    assert_eq!(geodesic["skipped"].as_i64(), Some(beyond));
}

#[tokio::test]
async fn awkward_tables_have_the_answer_of_sql() {
    const COLUMNS: &str = "x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT";
    let tables = [
        ("empty", "BIGINT", ""),
        ("one row", "INT", "(1, 0, 0, 3, 4)"),
        ("fewer rows than chunks", "INT", "(1, 0, 0, 3, 4), (2, 0, 0, 0, 1), (9, 0, 0, 1, 1)"),
        ("all NULL", "INT", "(1, NULL, NULL, NULL, NULL), (2, 1, 2, 3, NULL)"),
        ("some NULL", "INT", "(1, NULL, 0, 0, 0), (2, 0, 0, 6, 8), (3, 0, 0, 0, 9)"),
        ("negative ids", "SMALLINT", "(-32768, 0, 0, 3, 4), (-5, 0, 0, 1, 0), (-1, 0, 0, 2, 0)"),
        (
            "the whole range of ids",
            "BIGINT",
            "(-9223372036854775808, 0, 0, 3, 4), (0, 0, 0, 2, 0), (9223372036854775807, 1, 1, 2, 1)",
        ),
        (
            "a gap of billions",
            "BIGINT",
            "(1, 0, 0, 3, 4), (2, 0, 0, 5, 5), (6000000000, 0, 0, 0, 0.5), (6000000001, 9, 9, 0, 0)",
        ),
        ("ties", "INT", "(5, 0, 0, 1, 0), (3, 0, 0, 0, 1), (4, 1, 1, 1, 2), (9, 0, 0, 2, 2)"),
        ("the same point", "INT", "(1, 0, 0, 1, 0), (2, 3.5, 3.5, 3.5, 3.5)"),
    ];
    for (name, key, values) in tables {
        let insert = match values {
            "" => String::new(),
            values => format!("INSERT INTO points VALUES {values};"),
        };
        // `points` is created in the schema that comes first, that of the role.
        let create = format!("CREATE TABLE points (id {key} PRIMARY KEY, {COLUMNS}); {insert}");
        let deployment = Deployment::with_table(&create).await;
        let result = deployment.run(json!({})).await;

        let rows = "SELECT count(*), count(*) FILTER (WHERE x1 + y1 + x2 + y2 IS NULL) FROM points";
        let counted = deployment.database.query_one(rows, &[]).await.unwrap();
        assert_eq!(result["rows"].as_i64(), Some(counted.get(0)), "{name}: {result}");
        assert_eq!(result["skipped"].as_i64(), Some(counted.get(1)), "{name}: {result}");

        let nearest = "SELECT id::int8, sqrt((x2-x1)^2 + (y2-y1)^2) FROM points
                       WHERE x1 + y1 + x2 + y2 IS NOT NULL ORDER BY 2, 1 LIMIT 1";
        match deployment.database.query_opt(nearest, &[]).await.unwrap() {
            Some(row) => {
                assert_eq!(distance(&result), row.get::<_, f64>(1), "{name}");
                assert_eq!(result["pair"]["id"].as_i64(), Some(row.get(0)), "{name}");
            }
            None => {
                let answer = (&result["result"], &result["distance"], &result["pair"]);
                assert_eq!(answer, (&Value::Null, &Value::Null, &Value::Null), "{name}");
            }
        }
        deployment.restore().await;
    }
}
