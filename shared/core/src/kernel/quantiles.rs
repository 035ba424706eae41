use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value, json};
use sketches_ddsketch::{Config, DDSketch};

use super::{Folded, Kernel, sketch};
use crate::{Error, KeyRef, Result};

/// Values at given ranks, by DDSketch: each within 1 % of the value that is there, as
/// `percentile_disc` has it, or within 10^-9 of it near zero. (Where values span more than some 17
/// powers of ten, those nearest to zero are taken for larger.) A NULL, NaN or infinity is skipped.
#[derive(Debug)]
pub struct Quantiles {
    ranks: Vec<f64>,
}

/// What a job may set of [`Quantiles`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuantilesParams {
    /// From 0, the least, to 1, the greatest.
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

/// A sketch of the values so far; none before the first.
#[derive(Clone)]
pub struct QuantilesPartial(Option<DDSketch>);

impl Kernel for Quantiles {
    const NAME: &'static str = "quantiles";
    const ABOUT: &'static str = "Values at given ranks, such as the median, within 1 %.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<f64>; 1];
    type Params = QuantilesParams;
    type Partial = QuantilesPartial;

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

    fn schema() -> Value {
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

    fn largest_partial(&self) -> usize {
        // Twice 2,048 bins of a count, as hexadecimal digits.
        2 * (2 * 2048 * 10 + 128)
    }

    fn identity(&self) -> QuantilesPartial {
        QuantilesPartial(None)
    }

    fn fold(&self, all: &mut QuantilesPartial, _: KeyRef<'_>, [value]: [Option<f64>; 1]) -> Folded {
        match value {
            Some(value) if value.is_finite() => {
                // Of -0 and 0 the sketch would keep the first.
                let value = value + 0.0;
                all.0.get_or_insert_with(|| DDSketch::new(Config::defaults())).add(value);
                Folded::Used
            }
            _ => Folded::Skipped,
        }
    }

    fn merge(&self, left: QuantilesPartial, right: QuantilesPartial) -> QuantilesPartial {
        match (left.0, right.0) {
            (Some(mut left), Some(right)) => {
                #[expect(clippy::expect_used, reason = "reading a sketch checks that it merges")]
                left.merge(&right).expect("sketches of one configuration");
                QuantilesPartial(Some(left))
            }
            (left, right) => QuantilesPartial(left.or(right)),
        }
    }

    /// `{"quantiles": [{"rank": 0.5, "value": 50.2}, …]}`, `null` if there is no value.
    fn answer(&self, QuantilesPartial(sketch): QuantilesPartial) -> Value {
        let value = |rank: f64| sketch.as_ref().and_then(|sketch| sketch.quantile(rank).ok()?);
        let quantile = |rank: &f64| json!({ "rank": rank, "value": value(*rank) });
        json!({ "quantiles": self.ranks.iter().map(quantile).collect::<Vec<_>>() })
    }
}

impl Serialize for QuantilesPartial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.as_ref().map(DDSketch::to_java_bytes).unwrap_or_default();
        sketch::serialize(&bytes, serializer)
    }
}

impl<'de> Deserialize<'de> for QuantilesPartial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*sketch::deserialize(deserializer)? {
            [] => Ok(Self(None)),
            bytes => {
                let mut sketch = DDSketch::new(Config::defaults());
                let read = DDSketch::from_java_bytes(bytes).map_err(de::Error::custom)?;
                sketch.merge(&read).map_err(de::Error::custom)?;
                Ok(Self(Some(sketch)))
            }
        }
    }
}
