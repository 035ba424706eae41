//! Writes the JSON Schema of the event about a job that has ended to stdout: `make openapi`.

use pgfold_api::JobEnded;

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&JobEnded::schema())?);
    Ok(())
}
