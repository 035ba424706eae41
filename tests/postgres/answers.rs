//! PostgreSQL's values and arithmetic.

use pgfold_core::{
    Consistency, KeyKind, RowBuffer,
    kernel::{ChunkFold, Metric},
};
use pgfold_tests::{TestSchema, connect, min_distance};
use serde_json::{Value, json};

use crate::postgres::chunks::{POINTS, points, read};

async fn smallest(schema: &TestSchema) -> Value {
    read(&points(schema), Consistency::PerChunk, 4).await.unwrap().answer()
}

#[tokio::test]
async fn every_numeric_type_is_read() {
    let schema = TestSchema::new(
        "CREATE TABLE points (id SMALLINT PRIMARY KEY, x1 INT, y1 NUMERIC, x2 REAL, y2 BIGINT);
         INSERT INTO points VALUES (-7, 1, 0.5, 4, 4), (3, 1, 1, 1.5, 1)",
    )
    .await;
    let pair = json!({ "id": 3, "x1": 1.0, "y1": 1.0, "x2": 1.5, "y2": 1.0 });
    assert_eq!(smallest(&schema).await, json!({ "distance": 0.5, "pair": pair }));
}

#[tokio::test]
async fn the_minimum_is_that_of_sql_bit_for_bit() {
    // Each row is a table of its own here: the distance of every row is compared, not just
    // that of the one that is the least.
    let schema = TestSchema::new(&format!(
        "{POINTS};
         SELECT setseed(0.1);
         INSERT INTO points (x1, y1, x2, y2)
         SELECT random() * 100, random() * 100, random() * 100, random() * 100
         FROM generate_series(1, 20000)"
    ))
    .await;
    let client = connect(&schema.database()).await;
    let sql = "SELECT id::int8, x1, y1, x2, y2, sqrt((x2-x1)^2 + (y2-y1)^2) AS distance
               FROM points";
    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let mut differing_products = 0;
    for row in client.query(sql, &[]).await.unwrap() {
        let mut buffer = RowBuffer::new(KeyKind::Integer);
        let coordinates = (1..5).map(|column| row.get::<_, Option<f64>>(column));
        buffer.push_cells(&row.get::<_, i64>(0).into(), coordinates);
        let mut fold: Box<dyn ChunkFold> = kernel.fold();
        fold.fold(buffer.batch()).unwrap();
        let answer = kernel.answer(&mut [fold.finish().unwrap().partial].iter()).unwrap();
        let expected: f64 = row.get("distance");
        assert_eq!(answer["distance"].as_f64().unwrap().to_bits(), expected.to_bits());
        let [x1, y1, x2, y2]: [f64; 4] = std::array::from_fn(|column| row.get(column + 1));
        let product = ((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)).sqrt();
        differing_products += usize::from(product.to_bits() != expected.to_bits());
    }
    // Were it never so, these rows could not tell a product from Postgres' power.
    assert!(differing_products > 0);
}

#[tokio::test]
async fn coordinates_that_postgres_cannot_square_have_their_distance() {
    let schema = TestSchema::new(&format!(
        "{POINTS}; INSERT INTO points (x1, y1, x2, y2) VALUES
         (0, 0, 3e300, 4e300), (0, 0, 3e-300, 4e-300), ('NaN', 0, 0, 0), (NULL, 0, 0, 0)"
    ))
    .await;
    assert_eq!(smallest(&schema).await["distance"], 5e-300);
    schema.execute("DELETE FROM points WHERE x2 = 3e-300").await;
    assert_eq!(smallest(&schema).await["distance"], 5e300);
    schema.execute("DELETE FROM points WHERE x2 = 3e300").await;
    assert_eq!(smallest(&schema).await["distance"], Value::Null);
}
