//! Jobs whose database is a hot standby: it cancels what it reads rather than wait with what its
//! primary writes.

mod conflicts;
mod servers;

use serde_json::json;

use servers::Standby;

#[tokio::test]
async fn jobs_on_a_standby_are_right_per_chunk_in_a_snapshot_and_by_pushdown() {
    let standby = Standby::alone().await;
    let minimum = "SELECT min(sqrt((x2-x1)^2 + (y2-y1)^2)) FROM points";
    let minimum: f64 = standby.replica.query_one(minimum, &[]).await.unwrap().get(0);
    for consistency in ["per-chunk", "snapshot"] {
        for execution in ["streaming", "pushdown"] {
            let query = json!({
                "kernel": "min_distance", "consistency": consistency, "execution": execution
            });
            let job = standby.run(&query).await;
            assert_eq!(job["state"], "completed", "{job}");
            assert_eq!(job["answer"]["distance"].as_f64(), Some(minimum), "{query}");
            assert_eq!(job["rows"], 1_000_000, "{query}");
            if consistency == "snapshot" {
                assert_eq!(job["consistency_reached"], "snapshot", "{query}");
            }
        }
    }
}
