use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value, json};

use super::{Folded, Kernel, bytes, quantile_sketch::QuantileSketch};
use crate::{
    error::{Error, Result},
    rows::KeyRef,
};

/// Approximate values at given ranks, each within the answer's `relative_error` of the value that
/// `percentile_disc` returns. The error is 1 %, unless the values need more than 4,096 bins of that
/// width. The least and the greatest value are exact. A NULL, NaN or infinity is skipped.
#[derive(Debug)]
pub struct Quantiles {
    ranks: Vec<f64>,
}

/// The parameters of [`Quantiles`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuantilesParams {
    /// From 1 to [`Quantiles::MOST`] ranks: 0 is the least value, 1 the greatest.
    pub ranks: Vec<f64>,
}

impl Default for QuantilesParams {
    fn default() -> Self {
        Self { ranks: vec![0.5, 0.9, 0.99] }
    }
}

impl Quantiles {
    /// The most ranks.
    pub const MOST: usize = 100;
}

/// A sketch of the values.
#[derive(Debug)]
pub struct QuantilesPartial(QuantileSketch);

impl Kernel for Quantiles {
    const NAME: &'static str = "quantiles";
    const ABOUT: &'static str = "Values at given ranks, such as the median, within relative_error: \
         1 % unless values need more than 4,096 bins.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<f64>; 1];
    const READS_KEY: bool = false;
    type Params = QuantilesParams;
    type Partial = QuantilesPartial;
    const VERSION: u16 = 2;

    fn new(QuantilesParams { ranks }: QuantilesParams) -> Result<Self> {
        let most = Self::MOST;
        if (1..=most).contains(&ranks.len()) && ranks.iter().all(|rank| (0.0..=1.0).contains(rank))
        {
            return Ok(Self { ranks });
        }
        Err(Error::Invalid(format!("ranks must be 1 to {most} numbers from 0 to 1")))
    }

    fn examples() -> Vec<QuantilesParams> {
        vec![QuantilesParams::default(), QuantilesParams { ranks: vec![0.0, 0.25, 1.0] }]
    }

    fn params_schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": { "ranks": {
                "type": "array", "minItems": 1, "maxItems": Self::MOST,
                "items": { "type": "number", "minimum": 0, "maximum": 1 },
                "default": [0.5, 0.9, 0.99]
            } }
        })
    }

    fn answer_schema() -> Value {
        json!({
            "type": "object",
            "required": ["quantiles", "relative_error"],
            "additionalProperties": false,
            "properties": {
                "relative_error": {
                    "description": "The most that a value can differ from that of \
                        `percentile_disc`, as a part of it: 1 %, doubled each time that the values \
                        need more than 4,096 bins.",
                    "type": "number",
                    "enum": [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64]
                },
                "quantiles": {
                    "type": "array", "minItems": 1, "maxItems": Self::MOST,
                    "items": {
                        "type": "object",
                        "required": ["rank", "value"],
                        "additionalProperties": false,
                        "properties": {
                            "rank": { "type": "number", "minimum": 0, "maximum": 1 },
                            "value": { "type": ["number", "null"] }
                        }
                    }
                }
            }
        })
    }

    fn largest_partial(&self) -> usize {
        5 + QuantileSketch::MOST_BYTES
    }

    fn identity(&self) -> QuantilesPartial {
        QuantilesPartial(QuantileSketch::empty())
    }

    #[inline]
    fn fold(&self, all: &mut QuantilesPartial, _: KeyRef<'_>, [value]: [Option<f64>; 1]) -> Folded {
        match value {
            Some(value) if value.is_finite() => {
                all.0.add(value);
                Folded::Used
            }
            _ => Folded::Skipped,
        }
    }

    fn merge(&self, left: QuantilesPartial, right: QuantilesPartial) -> QuantilesPartial {
        QuantilesPartial(left.0.merge(right.0))
    }

    /// `{"quantiles": [{"rank": 0.5, "value": 50.2}, …], "relative_error": 0.01}`; each `value` is
    /// `null` if no row has a value.
    fn answer(&self, QuantilesPartial(sketch): QuantilesPartial) -> Value {
        let values = sketch.quantiles(&self.ranks);
        let quantile = |(rank, value): (&f64, _)| json!({ "rank": rank, "value": value });
        let quantiles: Vec<Value> = self.ranks.iter().zip(values).map(quantile).collect();
        json!({ "quantiles": quantiles, "relative_error": sketch.relative_error() })
    }
}

impl Serialize for QuantilesPartial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        bytes::serialize(&self.0.to_bytes(), serializer)
    }
}

impl<'de> Deserialize<'de> for QuantilesPartial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sketch = QuantileSketch::of_bytes(&bytes::deserialize(deserializer)?);
        sketch.map(Self).ok_or_else(|| de::Error::custom("the bytes are not a sketch of quantiles"))
    }
}
