use std::hint::black_box;

use geographiclib_rs::{Geodesic, InverseGeodesic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The mean radius of the earth in metres: the IUGG's R1, (2a + b) / 3 of WGS84.
const MEAN_EARTH_RADIUS_M: f64 = 6_371_008.8;

/// The least sum of two squares that has lost no digits to the subnormals: at 2^-960 and above, the
/// squares have at least 53 bits above the smallest `f64`.
const SMALLEST_EXACT_SQUARE: f64 = f64::from_bits((1023 - 960) << 52);

/// Below this many metres a distance on the earth is accurate to micrometres. Beyond, near
/// antipodes, the haversine formula is off by decimetres.
const QUARTER_OF_EARTH_M: f64 = 1e7;

/// The length of a degree of latitude on the sphere, in metres.
const DEGREE_M: f64 = MEAN_EARTH_RADIUS_M * std::f64::consts::PI / 180.0;

/// A lower bound of the length of a degree of latitude on the ellipsoid, in metres. The least is at
/// the equator, where the meridian's radius of curvature is a (1 - e^2) = 6,335,439.327 m.
const SHORTEST_DEGREE_M: f64 = 6_335_439.0 * std::f64::consts::PI / 180.0;

/// How the distance between two points is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Metric {
    /// `sqrt((x2-x1)^2 + (y2-y1)^2)`, in the unit of the coordinates.
    #[default]
    Euclidean,
    /// Metres along a great circle of a sphere with the earth's mean radius; x is the
    /// longitude and y the latitude, in degrees.
    Haversine,
    /// Metres along the geodesic of the WGS84 ellipsoid; x is the longitude and y the
    /// latitude, in degrees.
    Geodesic,
}

impl Metric {
    /// Every metric with its name in requests.
    pub const NAMED: [(&'static str, Self); 3] = [
        ("euclidean", Self::Euclidean),
        ("haversine", Self::Haversine),
        ("geodesic", Self::Geodesic),
    ];

    /// Returns the JSON Schema of a kernel's `metric` parameter.
    pub(super) fn schema() -> Value {
        let names = Self::NAMED.map(|(name, _)| name);
        json!({ "type": "string", "enum": names, "default": "euclidean" })
    }
}

impl TryFrom<String> for Metric {
    type Error = String;

    /// Reads a metric from its name only; serde's derived code would also read `{"euclidean":
    /// null}`.
    fn try_from(name: String) -> Result<Self, String> {
        let named = Self::NAMED.into_iter().find(|(known, _)| *known == name);
        named.map(|(_, metric)| metric).ok_or_else(|| {
            let names = Self::NAMED.map(|(known, _)| known).join(" or ");
            format!("metric must be {names}, not {name:?}")
        })
    }
}

/// A [`Metric`] with the state that measuring many points needs.
#[derive(Debug)]
pub(super) enum Meter {
    Euclidean,
    Haversine,
    Geodesic(Box<Geodesic>),
}

impl From<Metric> for Meter {
    fn from(metric: Metric) -> Self {
        match metric {
            Metric::Euclidean => Self::Euclidean,
            Metric::Haversine => Self::Haversine,
            Metric::Geodesic => Self::Geodesic(Box::new(Geodesic::wgs84())),
        }
    }
}

impl Meter {
    /// Returns whether the distance from (x1, y1) to (x2, y2) exists and is certainly more than
    /// `limit`, also a distance; `false` if uncertain. This is cheaper than `distance`, so most
    /// rows need not be measured.
    #[inline(always)]
    pub(super) fn is_beyond(&self, limit: f64, [x1, y1, x2, y2]: [f64; 4]) -> bool {
        let degree = match self {
            Self::Euclidean => {
                let (dx, dy) = (x2 - x1, y2 - y1);
                // The factor covers both sides' rounding errors: at most 5 roundings in each side
                // and fewer in `distance`. A comparison with NaN is false.
                return dx * dx + dy * dy
                    > (limit * limit * (1.0 + 1e-14)).max(SMALLEST_EXACT_SQUARE);
            }
            Self::Haversine => DEGREE_M,
            Self::Geodesic(_) => SHORTEST_DEGREE_M,
        };
        // No path is shorter than the difference of latitudes. A micrometre is more than the error
        // of both metrics below `QUARTER_OF_EARTH_M`.
        (y2 - y1).abs() * degree > limit * (1.0 + 1e-12) + 1e-6
            && limit < QUARTER_OF_EARTH_M
            && y1.abs() <= 90.0
            && y2.abs() <= 90.0
            && (x2 - x1).is_finite()
    }

    /// Returns the distance from (x1, y1) to (x2, y2), which is not negative. It is NaN for a NaN
    /// coordinate and for two equal infinities; on the earth also for any infinite coordinate and
    /// for a latitude beyond the poles.
    pub(super) fn distance(&self, [x1, y1, x2, y2]: [f64; 4]) -> f64 {
        match self {
            Self::Euclidean => euclidean(x2 - x1, y2 - y1),
            _ if !(on_earth(x1, y1) && on_earth(x2, y2)) => f64::NAN,
            Self::Haversine => haversine(x1, y1, x2, y2),
            Self::Geodesic(earth) => earth.inverse(y1, x1, y2, x2),
        }
    }
}

fn on_earth(longitude: f64, latitude: f64) -> bool {
    longitude.is_finite() && latitude.abs() <= 90.0
}

/// Returns PostgreSQL's `sqrt(dx ^ 2 + dy ^ 2)` bit for bit; the true length where an intermediate
/// result of that leaves the range of an `f64`.
fn euclidean(dx: f64, dy: f64) -> f64 {
    let sum = square(dx) + square(dy);
    if (SMALLEST_EXACT_SQUARE..f64::INFINITY).contains(&sum) || dx.is_nan() || dy.is_nan() {
        sum.sqrt()
    } else {
        dx.hypot(dy)
    }
}

/// Returns PostgreSQL's `x ^ 2`, which is the C library's `pow`. One time in 1,200 its last bit
/// differs from that of `x * x`. `black_box` keeps the compiler from replacing it with `x * x`.
fn square(x: f64) -> f64 {
    x.powf(black_box(2.0))
}

fn haversine(longitude1: f64, latitude1: f64, longitude2: f64, latitude2: f64) -> f64 {
    let (phi1, phi2) = (latitude1.to_radians(), latitude2.to_radians());
    let sin_half_phi = ((phi2 - phi1) / 2.0).sin();
    let sin_half_lambda = ((longitude2 - longitude1).to_radians() / 2.0).sin();
    let h =
        sin_half_phi * sin_half_phi + phi1.cos() * phi2.cos() * sin_half_lambda * sin_half_lambda;
    // For antipodes rounding may lift h above 1, where asin has no value. `clamp` keeps a NaN.
    2.0 * MEAN_EARTH_RADIUS_M * h.clamp(0.0, 1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Points of any magnitude, many of them near each other, and places on the earth.
    fn points() -> impl Strategy<Value = [f64; 4]> {
        let sizes =
            prop::sample::select(vec![1.0, 100.0, 1e-3, 1e-155, 1e-165, 1e-300, 1e150, 1e300]);
        let near =
            (prop::array::uniform2(-1.0..1.0_f64), prop::array::uniform2(-1.0..1.0_f64), sizes)
                .prop_map(|([x, y], [dx, dy], size)| [x, y, x + dx * size, y + dy * size]);
        let small = (prop::array::uniform4(-1.0..1.0_f64), Just(1e-158))
            .prop_map(|(points, size)| points.map(|x| x * size));
        let latitude = prop_oneof![-90.0..=90.0, Just(90.0), Just(-90.0), Just(90.000001)];
        let place = (-200.0..400.0, latitude.clone(), -1e-5..1e-5, latitude)
            .prop_map(|(x1, y1, dx, y2)| [x1, y1, x1 + 180.0 + dx, y2]);
        let steps = (-180.0..180.0, -90.0..90.0, -1e-9..1e-9_f64)
            .prop_map(|(x, y, dy): (f64, f64, f64)| [x, y, x, y + dy]);
        let any = prop::array::uniform4(prop::num::f64::ANY);
        prop_oneof![near, small, place, steps, any]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// A row that `is_beyond` excludes has a distance, and that distance exceeds the limit. So
        /// the answer equals that of measuring every row.
        #[test]
        fn points_beyond_a_limit_are_farther_apart_than_it(row in points(), other in points(), ulps in -40..40_i64) {
            for (_, metric) in Metric::NAMED {
                let meter = Meter::from(metric);
                let distance = meter.distance(row);
                // Limits next to the distance, equal to it, and unrelated to it.
                let near = f64::from_bits(distance.to_bits().saturating_add_signed(ulps));
                for limit in [near, distance, meter.distance(other)] {
                    if !limit.is_nan() && meter.is_beyond(limit.abs(), row) {
                        prop_assert!(distance > limit.abs(), "{metric:?}: {distance} {limit}");
                    }
                }
            }
        }
    }

    #[test]
    fn most_rows_need_not_be_measured() {
        for (_, metric) in Metric::NAMED {
            let meter = Meter::from(metric);
            assert!(meter.is_beyond(1.0, [10.0, 10.0, 12.0, 13.0]), "{metric:?}");
            assert!(!meter.is_beyond(f64::INFINITY, [10.0, 10.0, 12.0, 13.0]), "{metric:?}");
            assert!(!meter.is_beyond(1.0, [10.0, f64::NAN, 12.0, 13.0]), "{metric:?}");
        }
        let beyond_the_pole = [0.0, -91.0, 0.0, 0.0];
        assert!(!Meter::from(Metric::Haversine).is_beyond(1.0, beyond_the_pole));
    }

    fn distance(metric: Metric, from: (f64, f64), to: (f64, f64)) -> f64 {
        Meter::from(metric).distance([from.0, from.1, to.0, to.1])
    }

    fn assert_near(actual: f64, expected: f64, tolerance: f64) {
        assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected}");
    }

    #[test]
    fn euclidean_is_right_at_any_size() {
        for scale in [1e-300, 1e-200, 1e-160, 1e-150, 1.0, 1e150, 1e200, 1e300] {
            let length = distance(Metric::Euclidean, (0.0, 0.0), (3.0 * scale, 4.0 * scale));
            assert_near(length / scale, 5.0, 1e-14);
        }
        assert_eq!(distance(Metric::Euclidean, (1.0, 1e-200), (1.0, 1e-200)), 0.0);
        assert_eq!(distance(Metric::Euclidean, (0.0, 0.0), (1.0, 1e-200)), 1.0);
        assert_eq!(distance(Metric::Euclidean, (0.0, 0.0), (1e300, 1e-300)), 1e300);
    }

    #[test]
    fn euclidean_treats_infinities_as_postgres_does() {
        let far = f64::INFINITY;
        assert_eq!(distance(Metric::Euclidean, (0.0, 0.0), (far, 0.0)), far);
        assert_eq!(distance(Metric::Euclidean, (-far, 0.0), (far, 0.0)), far);
        assert!(distance(Metric::Euclidean, (far, 0.0), (far, 0.0)).is_nan());
        assert!(distance(Metric::Euclidean, (far, 0.0), (far, far)).is_nan());
        assert!(distance(Metric::Euclidean, (f64::NAN, 0.0), (far, far)).is_nan());
    }

    #[test]
    fn squares_are_those_of_the_c_library() {
        let differing = (0..1_000_000)
            .map(|step| f64::from(step) * 1.000_1e-4)
            .filter(|&x| square(x) != x * x)
            .count();
        assert!(differing > 0, "powf(2) was compiled to a product");
    }

    #[test]
    fn haversine_distances_on_the_earth_are_right() {
        let quarter = std::f64::consts::FRAC_PI_2 * MEAN_EARTH_RADIUS_M;
        assert_near(distance(Metric::Haversine, (0.0, 0.0), (90.0, 0.0)), quarter, 1e-6);
        assert_near(distance(Metric::Haversine, (0.0, -90.0), (77.0, 90.0)), 2.0 * quarter, 1e-6);
        assert_near(distance(Metric::Haversine, (10.0, 1e-9), (190.0, 0.0)), 2.0 * quarter, 1e-3);
        // Across the date line, not around the world.
        assert_near(distance(Metric::Haversine, (179.5, 0.0), (-179.5, 0.0)), quarter / 90.0, 1e-6);
    }

    #[test]
    fn geodesic_distances_are_those_of_geographiclib() {
        // GeographicLib's example: JFK to LHR, `GeodSolve -i`: 40.6 -73.8 51.6 -0.5.
        let metres = distance(Metric::Geodesic, (-73.8, 40.6), (-0.5, 51.6));
        assert_near(metres, 5_551_759.400_319, 1e-5);
    }

    #[test]
    fn a_latitude_beyond_a_pole_has_no_distance() {
        for metric in [Metric::Haversine, Metric::Geodesic] {
            for (x, y) in [(0.0, 90.1), (0.0, -91.0), (f64::INFINITY, 0.0), (f64::NAN, 0.0)] {
                assert!(distance(metric, (0.0, 0.0), (x, y)).is_nan(), "{metric:?} {x} {y}");
            }
            assert!(distance(metric, (0.0, 0.0), (540.0, 90.0)).is_finite());
        }
        // The difference of the longitudes overflows an f64.
        assert!(distance(Metric::Haversine, (-1e308, 0.0), (1e308, 0.0)).is_nan());
    }
}
