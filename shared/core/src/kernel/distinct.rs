use datasketches::hll::{HllSketch, HllType, HllUnion};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value, json};

use super::{Folded, Kernel, NoParams, bytes};
use crate::{
    error::Result,
    rows::{Identity, KeyRef},
};

/// The binary logarithm of the number of registers of a sketch.
const LOG_REGISTERS: u8 = 12;

/// The approximate number of different values, by HyperLogLog with 4,096 registers. The database
/// decides which values are equal. The standard error is 1.6 %, and almost 0 up to a few hundred
/// values. NULLs are skipped.
#[derive(Debug)]
pub struct Distinct;

/// A HyperLogLog sketch of the values; `None` before the first value.
#[derive(Debug, Clone)]
pub struct DistinctPartial(Option<HllSketch>);

impl Kernel for Distinct {
    const NAME: &'static str = "distinct";
    const ABOUT: &'static str =
        "About how many different values there are, with a standard error of 1.6 %.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = (Option<Identity<'r>>,);
    const READS_KEY: bool = false;
    type Params = NoParams;
    type Partial = DistinctPartial;
    const VERSION: u16 = 3;

    fn new(NoParams {}: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn answer_schema() -> Value {
        json!({
            "type": "object",
            "required": ["distinct"],
            "additionalProperties": false,
            "properties": { "distinct": { "type": "integer", "minimum": 0 } }
        })
    }

    fn largest_partial(&self) -> usize {
        // One byte for each register, and a header of at most 64 bytes. Five bytes state the length.
        5 + 4096 + 64
    }

    fn identity(&self) -> DistinctPartial {
        DistinctPartial(None)
    }

    #[inline]
    fn fold(
        &self,
        all: &mut DistinctPartial,
        _: KeyRef<'_>,
        row: (Option<Identity<'_>>,),
    ) -> Folded {
        let (Some(Identity(value)),) = row else { return Folded::Skipped };
        all.0.get_or_insert_with(empty).update(value);
        Folded::Used
    }

    fn merge(&self, left: DistinctPartial, right: DistinctPartial) -> DistinctPartial {
        let (Some(one), Some(other)) = (&left.0, &right.0) else {
            return DistinctPartial(left.0.or(right.0));
        };
        #[expect(clippy::expect_used, reason = "the sketch accepts this constant")]
        let mut union = HllUnion::new(LOG_REGISTERS).expect("a number of registers");
        union.update(one);
        union.update(other);
        DistinctPartial(Some(union.to_sketch(HllType::Hll8)))
    }

    /// `{"distinct": 1000}`.
    fn answer(&self, DistinctPartial(sketch): DistinctPartial) -> Value {
        // The sketch's default estimate depends on the order of the values; this one does not.
        let estimate = sketch.map_or(0.0, |sketch| sketch.composite_estimate());
        json!({ "distinct": estimate.round() as u64 })
    }
}

fn empty() -> HllSketch {
    #[expect(clippy::expect_used, reason = "the sketch accepts this constant")]
    HllSketch::new(LOG_REGISTERS, HllType::Hll8).expect("a number of registers")
}

impl Serialize for DistinctPartial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.as_ref().map(HllSketch::serialize).unwrap_or_default();
        bytes::serialize(&bytes, serializer)
    }
}

impl<'de> Deserialize<'de> for DistinctPartial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*bytes::deserialize(deserializer)? {
            [] => Ok(Self(None)),
            bytes => HllSketch::deserialize(bytes)
                .map(|sketch| Self(Some(sketch)))
                .map_err(|error| de::Error::custom(format!("{error:?}"))),
        }
    }
}
