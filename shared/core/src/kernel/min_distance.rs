use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Folded, Kernel, extended_float,
    metric::{Meter, Metric},
};
use crate::{Result, Row};

/// The row whose two points lie nearest to each other.
///
/// Of rows at the same distance the one with the smallest key wins, so that the answer does
/// not depend on how the table was cut. A row with a NULL, or without a distance, is skipped.
#[derive(Debug)]
pub struct MinDistance {
    meter: Meter,
}

/// What a job may set of [`MinDistance`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MinDistanceParams {
    /// How distance is measured.
    pub metric: Metric,
}

/// The nearest pair among some rows, if any of them has a distance. At most 200 bytes as JSON.
pub type MinDistancePartial = Option<NearestPair>;

/// A row of two points and the distance between them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NearestPair {
    /// The distance, in the metric's unit; not NaN, not negative.
    #[serde(with = "extended_float")]
    pub distance: f64,
    /// The row and its points.
    #[serde(flatten)]
    pub pair: Pair,
}

/// A row of two points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The row's key.
    pub id: i64,
    /// First coordinate of the first point.
    #[serde(with = "extended_float")]
    pub x1: f64,
    /// Second coordinate of the first point.
    #[serde(with = "extended_float")]
    pub y1: f64,
    /// First coordinate of the second point.
    #[serde(with = "extended_float")]
    pub x2: f64,
    /// Second coordinate of the second point.
    #[serde(with = "extended_float")]
    pub y2: f64,
}

impl NearestPair {
    fn is_before(&self, other: &Self) -> bool {
        (self.distance, self.pair.id) < (other.distance, other.pair.id)
    }
}

impl Kernel for MinDistance {
    const NAME: &'static str = "min_distance";
    const COLUMNS: &'static [&'static str] = &["x1", "y1", "x2", "y2"];
    type Params = MinDistanceParams;
    type Partial = MinDistancePartial;

    fn new(params: MinDistanceParams) -> Result<Self> {
        Ok(Self { meter: params.metric.into() })
    }

    fn identity(&self) -> MinDistancePartial {
        None
    }

    fn fold(&self, partial: &mut MinDistancePartial, row: Row<'_>) -> Folded {
        let &[Some(x1), Some(y1), Some(x2), Some(y2)] = row.values else {
            return Folded::Skipped;
        };
        let distance = self.meter.distance(x1, y1, x2, y2);
        if distance.is_nan() {
            return Folded::Skipped;
        }
        let candidate = NearestPair { distance, pair: Pair { id: row.key, x1, y1, x2, y2 } };
        if partial.is_none_or(|nearest| candidate.is_before(&nearest)) {
            *partial = Some(candidate);
        }
        Folded::Used
    }

    fn merge(&self, left: MinDistancePartial, right: MinDistancePartial) -> MinDistancePartial {
        match (left, right) {
            (Some(left), Some(right)) if right.is_before(&left) => Some(right),
            (left, right) => left.or(right),
        }
    }

    /// `{"distance": 1.5, "pair": {"id": 7, "x1": …}}`, both `null` if no row has a distance.
    fn answer(&self, partial: MinDistancePartial) -> Value {
        match partial {
            Some(NearestPair { distance, pair }) => json!({
                "distance": if distance.is_finite() { json!(distance) } else { json!("Infinity") },
                "pair": pair,
            }),
            None => json!({ "distance": null, "pair": null }),
        }
    }
}
