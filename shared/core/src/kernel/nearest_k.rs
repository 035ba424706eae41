use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Folded, Kernel,
    metric::{Meter, Metric},
    min_distance::{NearestPair, Pair},
};
use crate::{
    error::{Error, Result},
    rows::KeyRef,
    whole_number,
};

/// The `k` rows whose two points lie nearest to each other, in ascending order of distance and, at
/// equal distances, of key. A row with a NULL or without a distance is skipped.
#[derive(Debug)]
pub struct NearestK {
    meter: Meter,
    k: usize,
}

/// The parameters of [`NearestK`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NearestKParams {
    /// How distance is measured.
    pub metric: Metric,
    /// The number of rows, from 1 to [`NearestK::MOST`].
    #[serde(deserialize_with = "whole_number::deserialize")]
    pub k: u64,
}

impl Default for NearestKParams {
    fn default() -> Self {
        Self { metric: Metric::default(), k: 10 }
    }
}

impl NearestK {
    /// The most rows that a job can ask for.
    pub const MOST: u64 = 100;
}

impl NearestK {
    /// Folds a row that may be among the nearest. It is out of line for the reason that
    /// `MinDistance::consider` gives.
    #[cold]
    fn consider(
        &self,
        nearest: &mut Vec<NearestPair>,
        key: KeyRef<'_>,
        x1: f64,
        y1: f64,
        x2: f64,
        y2: f64,
    ) -> Folded {
        let points = [x1, y1, x2, y2];
        let distance = self.meter.distance(points);
        if distance.is_nan() {
            return Folded::Skipped;
        }
        let before = |pair: &NearestPair| pair.place() < (distance, key);
        if nearest.len() < self.k || nearest.last().is_some_and(|last| !before(last)) {
            let place = nearest.partition_point(before);
            nearest.insert(place, NearestPair { distance, pair: Pair::new(key, points) });
            nearest.truncate(self.k);
        }
        Folded::Used
    }
}

impl Kernel for NearestK {
    const NAME: &'static str = "nearest_k";
    const ABOUT: &'static str = "The k rows whose two points lie nearest to each other.";
    const COLUMNS: &'static [&'static str] = &["x1", "y1", "x2", "y2"];
    type Row<'r> = Option<[f64; 4]>;
    type Params = NearestKParams;
    type Partial = Vec<NearestPair>;

    fn new(NearestKParams { metric, k }: NearestKParams) -> Result<Self> {
        match k {
            1..=Self::MOST => Ok(Self { meter: metric.into(), k: k as usize }),
            k => Err(Error::Invalid(format!("k must be from 1 to {}, not {k}", Self::MOST))),
        }
    }

    fn examples() -> Vec<NearestKParams> {
        vec![NearestKParams { k: 3, ..NearestKParams::default() }, NearestKParams::default()]
    }

    fn params_schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "k": { "type": "integer", "minimum": 1, "maximum": Self::MOST, "default": 10 },
                "metric": Metric::schema()
            }
        })
    }

    fn answer_schema() -> Value {
        json!({
            "type": "object",
            "required": ["pairs"],
            "additionalProperties": false,
            "properties": { "pairs": {
                "description": "The nearest first.",
                "type": "array", "maxItems": Self::MOST, "items": NearestPair::schema()
            } }
        })
    }

    fn largest_partial(&self) -> usize {
        3 + self.k * NearestPair::LARGEST
    }

    fn identity(&self) -> Vec<NearestPair> {
        Vec::new()
    }

    #[inline]
    fn fold(
        &self,
        nearest: &mut Vec<NearestPair>,
        key: KeyRef<'_>,
        row: Option<[f64; 4]>,
    ) -> Folded {
        let Some(points) = row else { return Folded::Skipped };
        if let Some(last) = nearest.get(self.k - 1)
            && self.meter.is_beyond(last.distance, points)
        {
            return Folded::Used;
        }
        let [x1, y1, x2, y2] = points;
        self.consider(nearest, key, x1, y1, x2, y2)
    }

    fn merge(&self, mut left: Vec<NearestPair>, right: Vec<NearestPair>) -> Vec<NearestPair> {
        left.extend(right);
        // No distance is NaN.
        left.sort_by(|a, b| a.place().partial_cmp(&b.place()).unwrap_or(Ordering::Equal));
        left.truncate(self.k);
        left
    }

    /// `{"pairs": [{"distance": 1.5, "pair": {"id": 7, "x1": …}}, …]}`.
    fn answer(&self, nearest: Vec<NearestPair>) -> Value {
        json!({ "pairs": nearest.iter().map(NearestPair::answer).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Key;

    #[test]
    fn pairs_are_ordered_by_distance_and_key() {
        let kernel = NearestK::new(NearestKParams { k: 2, ..NearestKParams::default() }).unwrap();
        let mut nearest = kernel.identity();
        for (key, y) in [(7, 3.0), (5, 1.0), (9, 1.0), (1, 2.0)] {
            kernel.fold(&mut nearest, KeyRef::Integer(key), Some([0.0, 0.0, 0.0, y]));
        }
        let keys: Vec<&Key> = nearest.iter().map(|pair| &pair.pair.id).collect();
        assert_eq!(keys, [&Key::Integer(5), &Key::Integer(9)]);
    }

    #[test]
    fn k_out_of_range_is_an_error() {
        for k in [0, 101] {
            let params = NearestKParams { k, ..NearestKParams::default() };
            let error = NearestK::new(params).unwrap_err().to_string();
            assert_eq!(error, format!("k must be from 1 to 100, not {k}"));
        }
    }
}
