use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Expression, Folded, Kernel, Measure, extended_float,
    metric::{Meter, Metric},
};
use crate::{
    error::Result,
    rows::{Key, KeyRef},
};

/// The row whose two points lie nearest to each other.
///
/// At equal distances the row with the smallest key wins, so the answer does not depend on how the
/// table was cut. A row with a NULL or without a distance is skipped.
#[derive(Debug)]
pub struct MinDistance {
    meter: Meter,
}

/// The parameters of [`MinDistance`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MinDistanceParams {
    /// How distance is measured.
    pub metric: Metric,
}

/// The nearest pair of some rows; `None` if no row has a distance.
pub type MinDistancePartial = Option<NearestPair>;

/// A row of two points and the distance between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearestPair {
    /// The distance, in the metric's unit; not NaN, not negative.
    #[serde(with = "extended_float")]
    pub distance: f64,
    /// The row and its points.
    #[serde(flatten)]
    pub pair: Pair,
}

/// A row of two points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The row's key.
    pub id: Key,
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

impl Pair {
    pub(super) fn new(key: KeyRef<'_>, [x1, y1, x2, y2]: [f64; 4]) -> Self {
        Self { id: key.to_key(), x1, y1, x2, y2 }
    }

    fn schema() -> Value {
        let id = json!({
            "description": "The row's key: a number, or the text that Postgres writes for it.",
            "type": ["integer", "string"],
            "maxLength": Key::LONGEST
        });
        let coordinate = extended_float::schema();
        json!({
            "type": "object",
            "required": ["id", "x1", "y1", "x2", "y2"],
            "additionalProperties": false,
            "properties": {
                "id": id,
                "x1": coordinate, "y1": coordinate, "x2": coordinate, "y2": coordinate
            }
        })
    }
}

impl NearestPair {
    /// The most bytes of the stored form: five doubles of at most 10 bytes with their names, and a
    /// key with its length.
    pub(super) const LARGEST: usize = 100 + Key::LONGEST;

    /// Returns the values that pairs are ordered by.
    pub(super) fn place(&self) -> (f64, KeyRef<'_>) {
        (self.distance, self.pair.id.as_ref())
    }

    /// Returns the JSON Schema of [`answer`](NearestPair::answer).
    pub(super) fn schema() -> Value {
        json!({
            "type": "object",
            "required": ["distance", "pair"],
            "additionalProperties": false,
            "properties": {
                "distance": { "anyOf": [
                    { "type": "number", "minimum": 0 },
                    { "const": "Infinity" }
                ] },
                "pair": Pair::schema()
            }
        })
    }

    /// `{"distance": 1.5, "pair": {"id": 7, "x1": …}}`.
    pub(super) fn answer(&self) -> Value {
        let Self { distance, pair } = self;
        json!({
            "distance": if distance.is_finite() { json!(distance) } else { json!("Infinity") },
            "pair": pair,
        })
    }
}

impl MinDistance {
    /// Folds a row that may be the nearest. This is out of line and takes single coordinates so
    /// that the coordinates of all other rows stay in registers.
    #[cold]
    fn consider(
        &self,
        partial: &mut MinDistancePartial,
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
        if partial.as_ref().is_none_or(|nearest| (distance, key) < nearest.place()) {
            *partial = Some(NearestPair { distance, pair: Pair::new(key, points) });
        }
        Folded::Used
    }
}

impl Kernel for MinDistance {
    const NAME: &'static str = "min_distance";
    const ABOUT: &'static str = "The row whose two points lie nearest to each other.";
    const COLUMNS: &'static [&'static str] = &["x1", "y1", "x2", "y2"];
    type Row<'r> = Option<[f64; 4]>;
    type Params = MinDistanceParams;
    type Partial = MinDistancePartial;

    fn new(params: MinDistanceParams) -> Result<Self> {
        Ok(Self { meter: params.metric.into() })
    }

    fn examples() -> Vec<MinDistanceParams> {
        Metric::NAMED.into_iter().map(|(_, metric)| MinDistanceParams { metric }).collect()
    }

    fn params_schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": { "metric": Metric::schema() }
        })
    }

    fn pushdown_schema() -> Option<Value> {
        Some(json!({ "properties": { "metric": { "const": "euclidean" } } }))
    }

    fn answer_schema() -> Value {
        json!({
            "description": "The row whose two points lie nearest to each other; of several at the \
                same distance, the one with the smallest key. `null` if no row has a distance.",
            "oneOf": [NearestPair::schema(), {
                "type": "object",
                "required": ["distance", "pair"],
                "additionalProperties": false,
                "properties": { "distance": { "type": "null" }, "pair": { "type": "null" } }
            }]
        })
    }

    fn largest_partial(&self) -> usize {
        NearestPair::LARGEST
    }

    /// Measures the way along the axes, which is at least the distance and at most the root of two
    /// times the distance. It is cheaper for Postgres than squares and a root, and does not
    /// overflow where a square does.
    fn measure(&self) -> Option<Measure> {
        let Meter::Euclidean = self.meter else { return None };
        let [x1, y1, x2, y2] = [0, 1, 2, 3].map(Expression::Column);
        Some(Measure { number: (x2 - x1).abs() + (y2 - y1).abs(), reach: 1.4143 })
    }

    fn identity(&self) -> MinDistancePartial {
        None
    }

    #[inline]
    fn fold(
        &self,
        partial: &mut MinDistancePartial,
        key: KeyRef<'_>,
        row: Option<[f64; 4]>,
    ) -> Folded {
        let Some(points) = row else { return Folded::Skipped };
        if partial.as_ref().is_some_and(|nearest| self.meter.is_beyond(nearest.distance, points)) {
            return Folded::Used;
        }
        let [x1, y1, x2, y2] = points;
        self.consider(partial, key, x1, y1, x2, y2)
    }

    fn merge(&self, left: MinDistancePartial, right: MinDistancePartial) -> MinDistancePartial {
        match (left, right) {
            (Some(left), Some(right)) if right.place() < left.place() => Some(right),
            (left, right) => left.or(right),
        }
    }

    /// `{"distance": 1.5, "pair": {"id": 7, "x1": …}}`, both `null` if no row has a distance.
    fn answer(&self, partial: MinDistancePartial) -> Value {
        let none = || json!({ "distance": null, "pair": null });
        partial.as_ref().map_or_else(none, NearestPair::answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(metric: Metric, rows: &[(i64, Option<[f64; 4]>)]) -> (MinDistancePartial, usize) {
        let kernel = MinDistance::new(MinDistanceParams { metric }).unwrap();
        let mut partial = kernel.identity();
        let skipped = rows
            .iter()
            .filter(|(key, values)| {
                kernel.fold(&mut partial, (*key).into(), *values) == Folded::Skipped
            })
            .count();
        (partial, skipped)
    }

    fn pair(x1: f64, y1: f64, x2: f64, y2: f64) -> Option<[f64; 4]> {
        Some([x1, y1, x2, y2])
    }

    #[test]
    fn the_partial_is_the_nearest_pair_with_its_points() {
        let rows = [(1, pair(0.0, 0.0, 3.0, 4.0)), (2, pair(1.0, 1.0, 1.0, 3.0))];
        let (nearest, skipped) = fold(Metric::Euclidean, &rows);
        let pair = Pair { id: 2.into(), x1: 1.0, y1: 1.0, x2: 1.0, y2: 3.0 };
        assert_eq!((nearest, skipped), (Some(NearestPair { distance: 2.0, pair }), 0));
    }

    #[test]
    fn at_equal_distances_the_smallest_key_wins() {
        let rows = [7, -3, 5].map(|key| (key, pair(1.0, 1.0, 2.0, 2.0)));
        assert_eq!(fold(Metric::Euclidean, &rows).0.unwrap().pair.id, (-3).into());
    }

    #[test]
    fn rows_without_a_distance_are_skipped_and_counted() {
        let rows = [
            (1, None),
            (2, pair(f64::NAN, 0.0, f64::NAN, 0.0)),
            (3, pair(0.0, f64::NAN, 0.0, 0.0)),
            (4, pair(f64::INFINITY, 0.0, f64::INFINITY, 0.0)),
        ];
        assert_eq!(fold(Metric::Euclidean, &rows), (None, 4));
        let beyond_the_pole = [(5, pair(0.0, 0.0, 0.0, 90.5))];
        assert_eq!(fold(Metric::Euclidean, &beyond_the_pole).1, 0);
        assert_eq!(fold(Metric::Haversine, &beyond_the_pole).1, 1);
        assert_eq!(fold(Metric::Geodesic, &beyond_the_pole).1, 1);
    }

    #[test]
    fn distances_are_right_for_coordinates_of_any_magnitude() {
        for scale in [1e300, 1e-300] {
            let rows = [(1, pair(0.0, 0.0, 3.0 * scale, 4.0 * scale))];
            let distance = fold(Metric::Euclidean, &rows).0.unwrap().distance;
            assert!((distance / scale - 5.0).abs() < 1e-14, "{distance}");
        }
    }

    #[test]
    fn an_infinite_distance_survives_json() {
        let (partial, _) = fold(Metric::Euclidean, &[(1, pair(f64::NEG_INFINITY, 0.0, 0.0, 0.0))]);
        let json = serde_json::to_string(&partial).unwrap();
        assert!(json.contains(r#""distance":"Infinity""#) && json.contains(r#""x1":"-Infinity""#));
        assert_eq!(serde_json::from_str::<MinDistancePartial>(&json).unwrap(), partial);
        let kernel = MinDistance::new(MinDistanceParams::default()).unwrap();
        assert_eq!(Kernel::answer(&kernel, partial)["distance"], "Infinity");
    }
}
