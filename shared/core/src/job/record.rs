use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::Timestamp,
    plan::ChunkRange,
    query::QueryPartial,
};

/// The record of a chunk: what its mapper stores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkRecord {
    /// The partial of the chunk's rows, or where it is.
    pub partial: QueryPartial,
    /// The evidence of the work.
    pub receipt: Receipt,
}

impl ChunkRecord {
    /// The most bytes of a partial in a record, which has them in base64, 8,000 bytes.
    ///
    /// By list prices an S3 PUT costs what eight DynamoDB writes of a kilobyte cost, and a record is
    /// written into an item with up to 15 others, which is billed as a whole. All 16 have 160 KB at
    /// most, so a store never has to ask how large a kernel's partials are.
    pub const ROOM: u64 = 6000;

    /// Returns the record as JSON; every number reads back bit for bit.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("record of {}", self.receipt.range), error))
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the JSON is not a record.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a chunk's record", error))
    }
}

/// The receipt of one chunk: what was read, by which attempt, in what time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The keys that were read.
    pub range: ChunkRange,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that kernels skipped, a row once for each of them.
    pub skipped: u64,
    /// How often the chunk's message was delivered up to this record, from 1.
    pub attempts: u32,
    /// Milliseconds from the sending of the chunk's message to the start of the mapper's work on
    /// it, earlier attempts included.
    pub queue_ms: u64,
    /// Milliseconds from the start of the mapper's work on the chunk to this record.
    pub map_ms: u64,
    /// The part of `map_ms` until all rows had arrived, except folding, in milliseconds.
    pub read_ms: u64,
    /// The part of `map_ms` spent on folding, in milliseconds.
    pub fold_ms: u64,
    /// Memory of the mapper in megabytes.
    pub memory_mb: u32,
    /// The instant of the database that was read, as [`Reading::snapshot`](crate::Reading) names it.
    pub snapshot: String,
    /// When the record was made.
    pub recorded_at: Timestamp,
}

#[test]
fn a_record_reads_back_as_it_was_stored() {
    // The golden sample of a record: deployed builds store and read it.
    let json = concat!(
        r#"{"partial":{"one":{"v":2,"data":"ksDA"}},"#,
        r#""receipt":{"range":{"keys":{"start":1,"end":250001}},"rows":250000,"skipped":0,"#,
        r#""attempts":1,"queue_ms":42,"map_ms":366,"read_ms":283,"fold_ms":61,"memory_mb":1769,"#,
        r#""snapshot":"1160:1160:","recorded_at":1795348800430}}"#,
    );
    assert_eq!(ChunkRecord::from_json(json).unwrap().to_json().unwrap(), json);
    // Of a partial in an object.
    let object = concat!(
        r#"{"run":{"bytes":70123,"footer":150,"checksum":"#,
        r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}}"#
    );
    let json = json.replacen(r#"{"one":{"v":2,"data":"ksDA"}}"#, object, 1);
    let record = ChunkRecord::from_json(&json).unwrap();
    assert_eq!((record.to_json().unwrap(), record.partial.bytes()), (json, 70_123));
}
