//! Writes the description of the API to stdout: `make openapi`.

use pgfold_api::{KernelList, openapi};

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&openapi::document(&KernelList::all()))?);
    Ok(())
}
