//! Jobs that read one instant.

use std::sync::atomic::{AtomicBool, Ordering};

use pgfold_tests::{connect, disposable_database};
use serde_json::{Value, json};

use crate::end_to_end::deployment::{Deployment, distance};

/// A pair that is nearer than any other of the table, and 40,000 others.
const MOVING: &str = "
    CREATE TABLE points (id SERIAL PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO points (x1, y1, x2, y2)
    SELECT g, 0, 0, 2 + random() FROM generate_series(1, 40000) g;
    INSERT INTO points (x1, y1, x2, y2) VALUES (0, 0, 0, 0.5);
    ANALYZE points";

/// In one step removes the nearest pair and a thousand others, and makes as many anew, with other
/// keys and in other blocks: at every instant there are 40,001 rows, one of them the nearest.
const MOVE: &str = "
    WITH gone AS (
        DELETE FROM points
        WHERE y2 = 0.5 OR id IN (SELECT id FROM points ORDER BY random() LIMIT 1000)
        RETURNING x1, y1, x2, y2
    )
    INSERT INTO points (x1, y1, x2, y2) SELECT * FROM gone";

#[tokio::test]
async fn rows_that_move_all_the_time_are_read_once_each() {
    let deployment = Deployment::with_table(MOVING).await;
    let over = AtomicBool::new(false);
    let moving = async {
        let client = connect(&disposable_database()).await;
        let mut moves = 0;
        while !over.load(Ordering::Relaxed) {
            client.batch_execute(MOVE).await.unwrap();
            moves += 1;
        }
        moves
    };
    let reading = async {
        for _ in 0..10 {
            let result = deployment.run(json!({ "consistency": "snapshot" })).await;
            assert_eq!(result["consistency_reached"], "snapshot");
            assert_eq!((&result["rows"], distance(&result)), (&json!(40_001), 0.5), "{result}");
        }
        over.store(true, Ordering::Relaxed);
    };
    let (moves, ()) = tokio::join!(moving, reading);
    assert!(moves > 10, "only {moves} moves");
    deployment.restore().await;
}

#[tokio::test]
async fn an_empty_table_has_no_rows_at_any_instant() {
    let table = "CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)";
    let deployment = Deployment::with_table(table).await;
    let result = deployment.run(json!({ "consistency": "snapshot" })).await;
    assert_eq!((&result["result"], &result["rows"]), (&Value::Null, &json!(0)));
    deployment.restore().await;
}
